//! Many phones at one issuer at once, over TLS, and everything that is good once shown twice.

use std::sync::Barrier;

use iccard::issuance::proof::{dpop, wallet_pop};
use iccard::issuance::tap_session::{Answer, Evidence, Open, Opened, Reply};
use iccard::registry::DeviceState;
use iccard::wallet::claim::Claim;
use iccard::wallet::{By, Client, EnrollError, Patience, Post, Provider, WalletError};
use serde_json::{Value, json};
use time::UtcDateTime;

use crate::support::rig::{Person, Phone, Rig, Running};

/// Phones that race for one person's place.
const PHONES: usize = 200;
/// Wallets that race for one offer.
const WALLETS: usize = 100;

fn code_of(error: &WalletError) -> &str {
    error.code().unwrap_or_else(|| panic!("a refusal expected: {error}"))
}

/// The states of a person's phones, and how many credentials are valid on the live one.
fn phones_of(running: &Running, person: &Person) -> (usize, usize, usize) {
    let registry = &running.issuer.registry;
    let devices = registry.devices_of(&registry.person_id(&person.id)).unwrap();
    let live: Vec<_> = devices.iter().filter(|d| d.state == DeviceState::Active).collect();
    let mut valid = 0;
    for device in &devices {
        for credential in registry.credentials_of(&device.id).unwrap() {
            let good = credential.status.value() == 0;
            valid += usize::from(good);
            assert_eq!(good, device.state == DeviceState::Active, "{credential:?} of {device:?}");
        }
    }
    (devices.len(), live.len(), valid)
}

#[test]
fn of_200_phones_with_verified_taps_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let running = rig.start();
    let (client, roots) = (rig.client(Patience::default()).unwrap(), rig.roots());
    let barrier = Barrier::new(PHONES);
    let ends: Vec<Result<(), String>> = std::thread::scope(|scope| {
        let phones: Vec<_> = (0..PHONES)
            .map(|number| {
                let (rig, client, roots, barrier) = (&rig, &client, &roots, &barrier);
                scope.spawn(move || {
                    let mut phone = Phone::new(&format!("barrier {number}"));
                    let tapped = phone.tap(client, &rig.people[0]);
                    // Nobody goes on before the last tap is verified; a panic before would hang.
                    barrier.wait();
                    tapped.unwrap();
                    phone.go_on(client, roots).map_err(|e| code_of(&e).to_owned())
                })
            })
            .collect();
        phones.into_iter().map(|phone| phone.join().unwrap()).collect()
    });
    let won = ends.iter().filter(|end| end.is_ok()).count();
    let denied = Err("credential_request_denied".to_owned());
    let lost = ends.iter().filter(|end| **end == denied).count();
    assert_eq!((won, lost), (1, PHONES - 1), "{ends:?}");
    assert_eq!(phones_of(&running, &rig.people[0]), (1, 1, 2));
}

#[test]
fn of_200_phones_without_order_one_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let running = rig.start();
    let (client, roots) = (rig.client(Patience::default()).unwrap(), rig.roots());
    let mut phones: Vec<(Phone, bool)> = std::thread::scope(|scope| {
        let phones: Vec<_> = (0..PHONES)
            .map(|number| {
                let (rig, client, roots) = (&rig, &client, &roots);
                scope.spawn(move || {
                    let mut phone = Phone::new(&format!("free {number}"));
                    phone.tap(client, &rig.people[0]).unwrap();
                    let end = phone.go_on(client, roots);
                    if let Err(error) = &end {
                        // Overtaken before its first credential, or between the two.
                        let code = code_of(error);
                        let known = ["credential_request_denied", "invalid_token", "invalid_grant"];
                        assert!(known.contains(&code), "{error}");
                    }
                    (phone, end.is_ok())
                })
            })
            .collect();
        phones.into_iter().map(|phone| phone.join().unwrap()).collect()
    });
    let (all, live, valid) = phones_of(&running, &rig.people[0]);
    assert_eq!((live, valid), (1, 2), "{all} phones");
    // What the phones hold says the same by the published list.
    let (http, mut good) = (rig.http(), 0);
    for (phone, finished) in &mut phones {
        let statuses = phone.statuses(&http, &roots);
        let valid = statuses.iter().filter(|status| **status == 0).count();
        assert!(valid == 0 || *finished, "valid credentials on a phone that was refused");
        assert!(statuses.iter().all(|status| *status <= 1));
        good += valid;
    }
    assert_eq!(good, 2);
}

fn offer(rig: &Rig, person: &Person) -> Value {
    let bearer = format!("Bearer {}", rig.clerk_token);
    let body = json!({ "person": person.id }).to_string();
    let post = Post {
        url: &format!("{}/office/offers", rig.url),
        headers: &[("Authorization", &bearer)],
        content_type: "application/json",
        body: body.as_bytes(),
    };
    let reply = rig.http().post("make an offer", &post).unwrap();
    let told = String::from_utf8_lossy(&reply.body).into_owned();
    assert_eq!(reply.status, 200, "{told}");
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn of_100_wallets_at_one_offer_one_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let running = rig.start();
    let (client, roots) = (rig.client(Patience::default()).unwrap(), rig.roots());
    let offer = offer(&rig, &rig.people[0]);
    let barrier = Barrier::new(WALLETS);
    let ends: Vec<Result<(), String>> = std::thread::scope(|scope| {
        let wallets: Vec<_> = (0..WALLETS)
            .map(|number| {
                let (client, roots, barrier, offer) = (&client, &roots, &barrier, &offer);
                scope.spawn(move || {
                    let mut phone = Phone::new(&format!("offer {number}"));
                    let text = offer["offer_uri"].as_str().unwrap();
                    let claim = Claim::read(client, text);
                    barrier.wait();
                    let tx_code = offer["tx_code"].as_str().unwrap().to_owned();
                    let Phone { wallet, rng, .. } = &mut phone;
                    claim.unwrap().begin(client, wallet, Some(tx_code.into()), rng).unwrap();
                    phone.go_on(client, roots).map_err(|e| code_of(&e).to_owned())
                })
            })
            .collect();
        wallets.into_iter().map(|wallet| wallet.join().unwrap()).collect()
    });
    let won = ends.iter().filter(|end| end.is_ok()).count();
    let lost = ends.iter().filter(|end| **end == Err("invalid_grant".to_owned())).count();
    assert_eq!((won, lost), (1, WALLETS - 1), "{ends:?}");
    assert_eq!(phones_of(&running, &rig.people[0]), (1, 1, 2));
}

/// Requests by hand, to be sent twice.
struct Hand<'a> {
    rig: &'a Rig,
    phone: &'a Phone,
    provider: Provider,
}

impl Hand<'_> {
    fn headers(&self, path: &str, token: Option<&str>, seed: &str) -> Vec<(&'static str, String)> {
        let mut rng = iccard::crypto::SeededRng::new(seed.as_bytes(), "hand");
        let (state, now) = (&self.phone.wallet.state, UtcDateTime::now());
        let url = format!("{}{path}", self.rig.url);
        let proof =
            dpop::make(state.dpop.secret(), "POST", &url, token, None, now, &mut rng).unwrap();
        let instance = state.instance.secret();
        let attestation = self.provider.attest_instance(&instance.public(), now).unwrap();
        let pop = wallet_pop::make(instance, &self.rig.url, None, now, &mut rng).unwrap();
        let mut headers = vec![
            ("DPoP", proof),
            ("OAuth-Client-Attestation", attestation),
            ("OAuth-Client-Attestation-PoP", pop),
        ];
        headers.extend(token.map(|token| ("Authorization", format!("DPoP {token}"))));
        headers
    }

    /// Status and answer of a request.
    fn send(
        &self,
        path: &str,
        headers: &[(&str, String)],
        content_type: &str,
        body: &[u8],
    ) -> (u16, Value) {
        let url = format!("{}{path}", self.rig.url);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let post = Post { url: &url, headers: &headers, content_type, body };
        let reply = self.rig.http().post("by hand", &post).unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
    }

    fn json(&self, path: &str, seed: &str, body: &Value) -> (u16, Value) {
        let headers = self.headers(path, None, seed);
        self.send(path, &headers, "application/json", body.to_string().as_bytes())
    }

    fn nonce(&self) -> String {
        let (_, reply) = self.send("/nonce", &[], "", b"");
        reply["c_nonce"].as_str().unwrap().to_owned()
    }

    fn attested(&self, nonce: &str) -> String {
        let holders = self.phone.wallet.state.holders.iter();
        let keys: Vec<_> = holders.map(|key| key.secret().public()).collect();
        self.provider.attest_keys(&keys, nonce, UtcDateTime::now()).unwrap()
    }
}

fn refused(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"].as_str().unwrap_or("no error"))
}

fn hand<'a>(rig: &'a Rig, phone: &'a Phone) -> Hand<'a> {
    let provider = Provider::load(&rig.folder.join("wallet-provider")).unwrap();
    Hand { rig, phone, provider }
}

#[test]
fn a_code_a_nonce_and_a_proof_are_good_once() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let _running = rig.start();
    let (client, roots) = (rig.client(Patience::default()).unwrap(), rig.roots());
    let mut phone = Phone::new("replay");
    phone.tap(&client, &rig.people[0]).unwrap();
    let pending = phone.wallet.state.pending.clone().unwrap();
    let By::Code { code, .. } = pending.by else { panic!("a code expected") };
    let grant_type = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
    let form = format!("grant_type={grant_type}&pre-authorized_code={}", code.as_str());
    let form_type = "application/x-www-form-urlencoded";

    // The code with another wallet's keys.
    let thief = Phone::new("thief");
    let other = hand(&rig, &thief);
    let headers = other.headers("/token", None, "1");
    let stolen = other.send("/token", &headers, form_type, form.as_bytes());
    assert_eq!(refused(&stolen), (400, "invalid_grant"));

    // The same wallet, but the same proof again; then with a fresh one, which is a retry.
    let own = hand(&rig, &phone);
    let headers = own.headers("/token", None, "2");
    let first = own.send("/token", &headers, form_type, form.as_bytes());
    assert_eq!(first.0, 200, "{}", first.1);
    let again = own.send("/token", &headers, form_type, form.as_bytes());
    assert_eq!(again.1["error"], "invalid_dpop_proof");
    // A proof for another address, and none at all.
    let elsewhere = own.headers("/credential", None, "3");
    let moved = own.send("/token", &elsewhere, form_type, form.as_bytes());
    assert_eq!(moved.1["error"], "invalid_dpop_proof");
    let bare = own.send("/token", &[], form_type, form.as_bytes());
    assert_eq!(bare.1["error"], "invalid_dpop_proof");
    let retry = own.send("/token", &own.headers("/token", None, "4"), form_type, form.as_bytes());
    assert_eq!(retry.0, 200, "{}", retry.1);
    let old = own.headers("/credential", first.1["access_token"].as_str(), "5");
    let void = own.send("/credential", &old, "application/json", b"{}");
    assert_eq!(refused(&void), (401, "invalid_token"));

    // A nonce is used up by the tap session that it opened.
    let nonce = own.nonce();
    let open = json!({ "key_attestation": own.attested(&nonce) });
    assert_eq!(own.json("/tap/session", "6", &open).0, 200);
    assert_eq!(refused(&own.json("/tap/session", "7", &open)), (400, "invalid_nonce"));

    // Once the access token was used, the code is over for its own wallet too.
    phone.go_on(&client, &roots).unwrap();
    let own = hand(&rig, &phone);
    let late = own.send("/token", &own.headers("/token", None, "8"), form_type, form.as_bytes());
    assert_eq!(refused(&late), (400, "invalid_grant"));
}

/// A tap by hand, for its messages.
fn transcript(rig: &Rig, client: &Client, phone: &mut Phone) -> (Value, Value) {
    use iccard::issuance::{CredentialRequest, thumbprint};
    use iccard::tap::{Options, Relay};

    let person = &rig.people[0];
    let own = hand(rig, phone);
    let open = Open { key_attestation: own.attested(&own.nonce()) };
    let (status, opened) = own.json("/tap/session", "t1", &serde_json::to_value(&open).unwrap());
    assert_eq!(status, 200, "{opened}");
    let opened: Opened = serde_json::from_value(opened).unwrap();
    let dpop_key = phone.wallet.state.dpop.secret();
    let bind = *opened.session.binding(&thumbprint(&dpop_key.public())).as_bytes();
    person.with_card(|session, options| {
        let options = Options { bind: Some(bind), relay: true, ..options };
        let mut rng = iccard::crypto::SeededRng::new(b"transcript", "terminal");
        let now = client.now();
        let tapped = iccard::tap::tap(session, &options, &mut rng, now, &mut |_| {}).unwrap();
        let holders = phone.wallet.state.holders.iter();
        let keys: Vec<_> = holders.map(|key| key.secret().public()).collect();
        let request =
            CredentialRequest::sign_for(dpop_key, &keys, &opened.session, tapped.evidence, now);
        let evidence = Evidence { request: request.unwrap(), picture: None };
        let evidence = serde_json::to_value(&evidence).unwrap();
        let (status, mut reply) = own.json("/tap/evidence", "t2", &evidence);
        assert_eq!(status, 200, "{reply}");
        let mut last = Value::Null;
        let mut step = 2;
        while let Ok(Reply::Frame(frame)) = serde_json::from_value(reply.clone()) {
            step += 1;
            let mut silent = |_| {};
            let response =
                Relay::new(session, &mut silent).forward(&frame.command, frame.protect).unwrap();
            let answer = Answer { session: frame.session, step: frame.step, response };
            last = serde_json::to_value(&answer).unwrap();
            let (status, next) = own.json("/tap/frame", &format!("t{step}"), &last);
            assert_eq!(status, 200, "{next}");
            reply = next;
        }
        assert!(reply["done"].is_object(), "{reply}");
        (evidence, last)
    })
}

#[test]
fn a_transcript_of_a_tap_is_worth_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let _running = rig.start();
    let client = rig.client(Patience::default()).unwrap();
    let mut phone = Phone::new("transcript");
    let (evidence, answer) = transcript(&rig, &client, &mut phone);
    let own = hand(&rig, &phone);
    let told = own.json("/tap/evidence", "r1", &evidence);
    assert_eq!(refused(&told), (400, "invalid_tap_session"));
    let told = own.json("/tap/frame", "r2", &answer);
    assert!(["invalid_tap_session", "invalid_tap_frame"].contains(&refused(&told).1), "{}", told.1);
    // By another wallet, in a session of its own: the evidence names the first one's.
    let thief = Phone::new("transcript thief");
    let other = hand(&rig, &thief);
    let open = json!({ "key_attestation": other.attested(&other.nonce()) });
    assert_eq!(other.json("/tap/session", "r3", &open).0, 200);
    let told = other.json("/tap/evidence", "r4", &evidence);
    assert!((400..404).contains(&told.0), "{}", told.1);
    assert_ne!(told.1["error"], Value::Null);
}

#[test]
fn a_stranger_s_attestation_gets_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let _running = rig.start();
    // Another issuer's test provider: as good as this one's, but not believed here.
    let elsewhere = tempfile::tempdir().unwrap();
    let stranger = Rig::new(elsewhere.path(), 1, None);
    let provider = Provider::load(&stranger.folder.join("wallet-provider")).unwrap();
    let clock = std::sync::Arc::new(UtcDateTime::now);
    let client = Client::connect(rig.http(), &rig.url, provider, clock).unwrap();
    let mut phone = Phone::new("stranger");
    let Err(EnrollError::Wallet(error)) = phone.tap(&client, &rig.people[0]) else {
        panic!("a refusal expected")
    };
    assert!(["invalid_client", "invalid_client_attestation"].contains(&code_of(&error)), "{error}");
}
