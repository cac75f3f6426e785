//! A wallet, its maker and an issuer, with one of each proof and one encrypted message.

use std::sync::OnceLock;

use iccard::crypto::{Curve, PublicKey, SecretKey, SeededRng};
use iccard::issuance::Signer;
use iccard::issuance::proof::jwe::{self, Enc, Recipient};
use iccard::issuance::proof::nonce::{self, Kind};
use iccard::issuance::proof::{dpop, key_attestation, key_proof, wallet_attestation, wallet_pop};
use iccard::pki::{Certificate, DistinguishedName, Profile};
use time::macros::utc_datetime;
use time::{Duration, UtcDateTime};

/// When everything is judged.
pub const NOW: UtcDateTime = utc_datetime!(2025-03-28 00:00);
/// How far the clocks may differ.
pub const SKEW: Duration = Duration::seconds(60);
/// The issuer.
pub const ISSUER: &str = "https://issuer.example";
/// Where it is asked.
pub const URL: &str = "https://issuer.example/credential";
/// With what it is asked.
pub const ACCESS_TOKEN: &str = "an access token";
/// Under what its nonces are made.
pub const NONCE_KEY: [u8; 32] = [7; 32];
/// What is encrypted to it.
pub const CONTENT: &[u8] = br#"{"credential_configuration_id":"a","proofs":{"jwt":["b"]}}"#;

/// What the wallet made, and its maker for it.
pub struct Wallet {
    /// The maker's root.
    pub anchors: [Certificate; 1],
    /// The key of its requests.
    pub dpop_key: PublicKey,
    /// The key of a credential.
    pub holder: PublicKey,
    /// The key of the instance.
    pub instance: PublicKey,
    /// One of each proof, in the order of the target's choices.
    pub proofs: [String; 5],
    /// A nonce of the issuer's.
    pub nonce: String,
    /// The key that opens messages.
    pub reader: SecretKey,
    /// Messages: plain and compressed.
    pub messages: [String; 2],
}

/// A key of that name.
pub fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"fuzz", label))
}

/// The one wallet.
///
/// # Panics
/// Where it cannot be made.
pub fn wallet() -> &'static Wallet {
    static ONCE: OnceLock<Wallet> = OnceLock::new();
    ONCE.get_or_init(make)
}

fn make() -> Wallet {
    let profile = |cn: &str| Profile {
        subject: DistinguishedName::new("KR", "TEST wallet maker", cn),
        serial: vec![1],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2026-01-01 0:00),
    };
    let (root, signing) = (key("maker"), key("attester"));
    let anchor = profile("root").csca(&root).expect("a root");
    let own = profile("signer").document_signer(&signing.public(), &anchor, &root);
    let signer = Signer::new(signing, vec![own.expect("a certificate")]).expect("a signer");
    let (dpop_key, holder, instance, reader) =
        (key("dpop"), key("holder"), key("instance"), key("reader"));
    let rng = &mut SeededRng::new(b"fuzz", "numbers");
    let until = NOW + Duration::HOUR;
    let said = key_attestation::Said {
        key_storage: &["iso_18045_high"],
        user_authentication: &["iso_18045_high"],
        nonce: Some("n"),
        iat: NOW,
        exp: until,
    };
    let attestation =
        key_attestation::make(&[holder.public()], &said, &signer).expect("an attestation");
    let public = instance.public();
    let proofs = [
        dpop::make(&dpop_key, "POST", URL, Some(ACCESS_TOKEN), None, NOW, rng),
        key_proof::make(&holder, ISSUER, None, "n", Some(&attestation), NOW),
        Ok(attestation),
        wallet_attestation::make("wallet", &public, "TEST wallet", NOW, until, &signer),
        wallet_pop::make(&instance, ISSUER, Some("c"), NOW, rng),
    ]
    .map(|proof| proof.expect("a proof"));
    let message = |enc, zip, rng: &mut SeededRng| {
        let to = Recipient { key: reader.public(), kid: Some("r".into()), enc, zip };
        jwe::encrypt(CONTENT, &to, Some("json"), rng).expect("a message")
    };
    Wallet {
        anchors: [anchor],
        dpop_key: dpop_key.public(),
        holder: holder.public(),
        instance: public,
        proofs,
        nonce: nonce::make(Kind::Credential, &NONCE_KEY, NOW, Duration::HOUR, rng),
        messages: [message(Enc::A128Gcm, false, rng), message(Enc::A256Gcm, true, rng)],
        reader,
    }
}
