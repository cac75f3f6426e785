//! A wallet's requests by hand, so that any part of one can be wrong or come twice.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use iccard::crypto::{Curve, Hash, PublicKey, SecretKey, SeededRng};
use iccard::issuance::proof::{dpop, key_proof, wallet_pop};
use iccard::issuance::tap_session::{Evidence, Open, Opened};
use iccard::issuance::{CredentialRequest, Session, Signer, thumbprint};
use iccard::pki::cvc::PrivateKey;
use iccard::pki::{Certificate, DistinguishedName, Profile};
use iccard::tap::{Options, tap};
use iccard::wallet::{By as Began, CLIENT_ID, Post, Provider};
use serde_json::{Value, json};
use time::{Duration, UtcDateTime};

use super::rig::{Phone, Rig};

pub const FORM: &str = "application/x-www-form-urlencoded";
pub const JSON: &str = "application/json";
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

pub type Headers = Vec<(&'static str, String)>;
/// Status and answer of a request.
pub type Answered = (u16, Value);

/// Identifiers of proofs differ, whoever makes them.
fn rng() -> SeededRng {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    SeededRng::new(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes(), "hand")
}

/// Writes a wallet's requests.
pub struct Hand<'a> {
    pub rig: &'a Rig,
    pub phone: &'a Phone,
    pub provider: Provider,
}

impl<'a> Hand<'a> {
    pub fn of(rig: &'a Rig, phone: &'a Phone) -> Self {
        let provider = Provider::load(&rig.folder.join("wallet-provider")).unwrap();
        Self { rig, phone, provider }
    }

    /// The same wallet, vouched for by nobody but itself.
    pub fn self_made(&self) -> Self {
        let key = SecretKey::generate(Curve::P256, &mut rng());
        let now = UtcDateTime::now();
        let profile = Profile {
            subject: DistinguishedName::new("KR", "TEST", "its own maker"),
            serial: vec![1],
            not_before: now - Duration::days(1),
            not_after: now + Duration::days(1),
        };
        let own = profile.csca(&key).unwrap();
        Self { provider: Provider::new(Signer::new(key, vec![own]).unwrap()), ..*self }
    }

    /// The key of the wallet's maker.
    pub fn maker(&self) -> Signer {
        let folder = self.rig.folder.join("wallet-provider");
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
        let chain = Certificate::all_from_pem(&read("cert.pem")).unwrap();
        let PrivateKey::Ec(key) = PrivateKey::from_bytes(&read("key.pem")).unwrap() else {
            panic!("a key on P-256 expected")
        };
        Signer::new(key, chain).unwrap()
    }

    pub fn holder(&self, number: usize) -> &SecretKey {
        self.phone.wallet.state.holders[number].secret()
    }

    pub fn dpop(&self, path: &str, token: Option<&str>, at: UtcDateTime) -> String {
        let (key, url) = (self.phone.wallet.state.dpop.secret(), self.url(path));
        dpop::make(key, "POST", &url, token, None, at, &mut rng()).unwrap()
    }

    pub fn attestation(&self, at: UtcDateTime) -> String {
        let instance = self.phone.wallet.state.instance.secret().public();
        self.provider.attest_instance(&instance, at).unwrap()
    }

    pub fn pop(&self, audience: &str, at: UtcDateTime) -> String {
        let instance = self.phone.wallet.state.instance.secret();
        wallet_pop::make(instance, audience, None, at, &mut rng()).unwrap()
    }

    /// Everything that a head has to show, made for this one request.
    pub fn headers(&self, path: &str, token: Option<&str>) -> Headers {
        let now = UtcDateTime::now();
        let mut headers = vec![
            ("DPoP", self.dpop(path, token, now)),
            ("OAuth-Client-Attestation", self.attestation(now)),
            ("OAuth-Client-Attestation-PoP", self.pop(&self.rig.url, now)),
        ];
        headers.extend(token.map(|token| ("Authorization", format!("DPoP {token}"))));
        headers
    }

    pub fn send(&self, path: &str, headers: &Headers, content_type: &str, body: &[u8]) -> Answered {
        let url = self.url(path);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let post = Post { url: &url, headers: &headers, content_type, body };
        let reply = self.rig.http().post("by hand", &post).unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
    }

    pub fn json(&self, path: &str, token: Option<&str>, body: &Value) -> Answered {
        self.send(path, &self.headers(path, token), JSON, body.to_string().as_bytes())
    }

    pub fn token(&self, form: &str) -> Answered {
        self.send("/token", &self.headers("/token", None), FORM, form.as_bytes())
    }

    pub fn nonce(&self) -> String {
        let (_, reply) = self.send("/nonce", &Vec::new(), "", b"");
        reply["c_nonce"].as_str().unwrap().to_owned()
    }

    /// The provider's word for all keys of the wallet.
    pub fn attested(&self, nonce: &str) -> String {
        let holders = self.phone.wallet.state.holders.iter();
        let keys: Vec<PublicKey> = holders.map(|key| key.secret().public()).collect();
        self.provider.attest_keys(&keys, nonce, UtcDateTime::now()).unwrap()
    }

    /// The proof of a key for this issuer.
    pub fn proof(&self, key: &SecretKey, nonce: &str, attestation: Option<&str>) -> String {
        let now = UtcDateTime::now();
        key_proof::make(key, &self.rig.url, Some(CLIENT_ID), nonce, attestation, now).unwrap()
    }

    /// Opens a tap session for the wallet's keys.
    pub fn open(&self) -> Session {
        let open = Open { key_attestation: self.attested(&self.nonce()) };
        let open = serde_json::to_value(&open).unwrap();
        let (status, opened) = self.json("/tap/session", None, &open);
        assert_eq!(status, 200, "{opened}");
        serde_json::from_value::<Opened>(opened).unwrap().session
    }

    /// Reads the card for that session: what a phone that changes it on the way would send.
    pub fn read(
        &self,
        card: &mut iccard::session::Session,
        options: Options,
        session: &Session,
        change: impl FnOnce(&mut iccard::trust::Evidence),
    ) -> Value {
        let state = &self.phone.wallet.state;
        let bind = *session.binding(&thumbprint(&state.dpop.secret().public())).as_bytes();
        let options = Options { bind: Some(bind), relay: true, ..options };
        let now = UtcDateTime::now();
        let tapped = tap(card, &options, &mut rng(), now, &mut |_| {}).unwrap();
        let mut evidence = tapped.evidence;
        change(&mut evidence);
        let keys: Vec<_> = state.holders.iter().map(|key| key.secret().public()).collect();
        let dpop = state.dpop.secret();
        let request = CredentialRequest::sign_for(dpop, &keys, session, evidence, now).unwrap();
        serde_json::to_value(Evidence { request, picture: None }).unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.rig.url)
    }
}

/// The code with which a tap ended.
pub fn code_of_tap(phone: &Phone) -> String {
    let Began::Code { code, .. } = phone.wallet.state.pending.clone().unwrap().by else {
        panic!("a code expected")
    };
    code.to_string()
}

/// A token request for a code.
pub fn form(code: &str, tx_code: Option<&str>) -> String {
    let tx_code = tx_code.map(|digits| format!("&tx_code={digits}")).unwrap_or_default();
    format!("grant_type={GRANT_TYPE}&pre-authorized_code={code}{tx_code}")
}

/// A credential request with proofs of keys.
pub fn asking(configuration: &str, proofs: &[String]) -> Value {
    json!({ "credential_configuration_id": configuration, "proofs": { "jwt": proofs } })
}

/// The headers with that one in the place of its like.
pub fn with(mut headers: Headers, name: &'static str, value: String) -> Headers {
    headers.retain(|(other, _)| *other != name);
    headers.push((name, value));
    headers
}

pub fn without(mut headers: Headers, name: &str) -> Headers {
    headers.retain(|(other, _)| *other != name);
    headers
}

/// By what a forged token is signed.
pub enum Seal<'a> {
    Nothing,
    /// HMAC-SHA-256, under something that everybody knows.
    Secret(&'a [u8]),
    Key(&'a SecretKey),
}

/// The token with another header or other claims, sealed anew.
pub fn forged(token: &str, seal: &Seal<'_>, change: impl FnOnce(&mut Value, &mut Value)) -> String {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    });
    let (mut header, mut claims) = (parts.next().unwrap(), parts.next().unwrap());
    change(&mut header, &mut claims);
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(&header), encode(&claims));
    let signature = match seal {
        Seal::Nothing => Vec::new(),
        Seal::Secret(secret) => {
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
            mac.update(message.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }
        Seal::Key(key) => {
            key.sign_prehash(&Hash::Sha256.digest(&[message.as_bytes()])).to_plain().to_vec()
        }
    };
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The token as nobody may sign one: unsigned, by HMAC under its own public key, and with the
/// private key in its `jwk`, where it has one. Each with its name.
pub fn misformed(token: &str, key: &SecretKey) -> Vec<(&'static str, String)> {
    let public = key.public();
    let alg =
        |alg: &'static str| move |header: &mut Value, _: &mut Value| header["alg"] = alg.into();
    let mut all = vec![
        ("alg none", forged(token, &Seal::Nothing, alg("none"))),
        ("alg HS256", forged(token, &Seal::Secret(public.sec1()), alg("HS256"))),
    ];
    let mut private = false;
    let with_d = forged(token, &Seal::Key(key), |header, _| {
        if let Some(jwk) = header.get_mut("jwk") {
            jwk["d"] = URL_SAFE_NO_PAD.encode(key.to_bytes().as_slice()).into();
            private = true;
        }
    });
    if private {
        all.push(("a private key in its jwk", with_d));
    }
    all
}
