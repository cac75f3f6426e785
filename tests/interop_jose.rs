//! jose, a JavaScript library, as the outside judge of proofs and encrypted messages: it accepts
//! and opens what we make, and we accept and open what it makes. Its half is
//! tests/interop/jose/judge.mjs; tests/interop/jose/install installs it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use iccard::crypto::{Curve, SecretKey, SeededRng};
use iccard::issuance::proof::jwe::{Enc, Recipient};
use iccard::issuance::proof::{
    ProofError, dpop, jwe, key_attestation, key_proof, wallet_attestation, wallet_pop,
};
use iccard::issuance::{Signer, jwk_of, thumbprint};
use iccard::pki::{DistinguishedName, Profile};
use serde_json::{Value, json};
use time::{Duration, UtcDateTime, macros::utc_datetime};

const NOW: UtcDateTime = utc_datetime!(2025-03-28 09:00:00);
const SKEW: Duration = Duration::seconds(60);
const ISSUER: &str = "https://issuer.example";
const URL: &str = "https://issuer.example/credential";
const ACCESS_TOKEN: &str = "an access token";
const CONTENT: &str = r#"{"credentials":[{"credential":"가나다"}]}"#;

fn installed(test: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let installed = target.join("interop/jose");
    if !installed.join("node_modules/jose").is_dir() {
        crate::support::skipped(test, "jose is not installed: tests/interop/jose/install");
        return None;
    }
    Some(installed)
}

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"jose", label))
}

fn private(key: &SecretKey) -> Value {
    let mut jwk = jwk_of(&key.public());
    jwk["d"] = URL_SAFE_NO_PAD.encode(key.to_bytes().as_slice()).into();
    jwk
}

#[test]
fn jose_and_we_take_each_others_proofs_and_messages() {
    let test = "jose_and_we_take_each_others_proofs_and_messages";
    let Some(installed) = installed(test) else { return };
    let dir = tempfile::tempdir().unwrap();
    let rng = &mut SeededRng::new(b"jose", "numbers");
    let (root, signing, holder, instance, reader) =
        (key("root"), key("signer"), key("holder"), key("instance"), key("reader"));
    let profile = |name: &str| Profile {
        subject: DistinguishedName::new("KR", "TEST wallet maker", name),
        serial: vec![1],
        not_before: utc_datetime!(2025-01-01 00:00:00),
        not_after: utc_datetime!(2026-01-01 00:00:00),
    };
    let anchor = profile("root").csca(&root).unwrap();
    let own = profile("signer").document_signer(&signing.public(), &anchor, &root).unwrap();
    let signer = Signer::new(signing.clone(), vec![own.clone()]).unwrap();
    let until = NOW + Duration::hours(1);
    let said = key_attestation::Said {
        key_storage: &["iso_18045_high"],
        user_authentication: &[],
        nonce: Some("a nonce"),
        iat: NOW,
        exp: until,
    };
    let attested = [holder.public(), instance.public()];
    let attestation = key_attestation::make(&attested, &said, &signer).unwrap();
    let to = |enc, zip, kid| Recipient { key: reader.public(), kid, enc, zip };
    let mut messages = BTreeMap::new();
    for enc in Enc::ALL {
        let message = jwe::encrypt(CONTENT.as_bytes(), &to(enc, false, None), None, rng).unwrap();
        messages.insert(enc.name(), message);
    }
    let zip = to(Enc::A256Gcm, true, Some("r".into()));
    let token = Some(ACCESS_TOKEN);
    let ours = json!({
        "now": NOW.unix_timestamp(),
        "issuer": ISSUER,
        "url": URL,
        "access_token": ACCESS_TOKEN,
        "anchor": anchor.to_pem(),
        "signer": private(&signing),
        "x5c": [STANDARD.encode(own.der())],
        "jkt": thumbprint(&holder.public()),
        "dpop": dpop::make(&holder, "POST", URL, token, None, NOW, rng).unwrap(),
        "key_proof":
            key_proof::make(&holder, ISSUER, None, "a nonce", Some(&attestation), NOW).unwrap(),
        "key_attestation": attestation,
        "attested": attested.each_ref().map(thumbprint),
        "wallet_attestation": wallet_attestation::make(
            "a wallet", &instance.public(), "TEST wallet", NOW, until, &signer,
        ).unwrap(),
        "wallet_pop": wallet_pop::make(&instance, ISSUER, Some("c"), NOW, rng).unwrap(),
        "reader": private(&reader),
        "content": CONTENT,
        "messages": messages,
        "compressed": jwe::encrypt(CONTENT.as_bytes(), &zip, Some("json"), rng).unwrap(),
    });
    std::fs::write(dir.path().join("ours.json"), ours.to_string()).unwrap();
    let judge = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/interop/jose/judge.mjs");
    let out = Command::new("node").arg(judge).arg(dir.path()).arg(&installed).output().unwrap();
    let told = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{told}{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(told.lines().filter(|line| line.starts_with("PASS")).count(), 18, "{told}");

    let theirs = std::fs::read(dir.path().join("theirs.json")).unwrap();
    let theirs: Value = serde_json::from_slice(&theirs).unwrap();
    let text = |name: &str| theirs[name].as_str().unwrap();
    let thumb = text("thumbprint");
    let anchors = [anchor];
    let shown = dpop::check(&[text("dpop").to_owned()], "POST", URL, token, NOW, SKEW).unwrap();
    assert_eq!(shown.jkt.to_string(), thumb);
    let attested = key_attestation::check(text("key_attestation"), &anchors, 1, NOW, SKEW).unwrap();
    assert_eq!(thumbprint(&attested.keys[0]).to_string(), thumb);
    assert_eq!(attested.nonce.as_deref(), Some("a nonce"));
    let proof = |text: &str| key_proof::check(text, ISSUER, None, (&anchors, 1), NOW, SKEW);
    let proven = proof(text("key_proof")).unwrap();
    assert_eq!((proven.nonce.as_str(), proven.attestation), ("a nonce", Some(attested)));
    assert!(matches!(proof(text("symmetric")), Err(ProofError::Algorithm { .. })));
    assert!(matches!(proof(text("unsigned")), Err(ProofError::Algorithm { .. })));
    let wallet = wallet_attestation::check(text("wallet_attestation"), &anchors, NOW, SKEW);
    let wallet = wallet.unwrap();
    assert_eq!(
        (wallet.client_id.as_str(), wallet.instance.to_string().as_str()),
        ("their wallet", thumb)
    );
    let pop = wallet_pop::check(text("wallet_pop"), &wallet, ISSUER, NOW, SKEW).unwrap();
    assert_eq!(pop.challenge.as_deref(), Some("a challenge"));
    let messages = theirs["messages"].as_object().unwrap();
    assert_eq!(messages.len(), 4);
    for (name, message) in messages {
        let opened = jwe::decrypt(message.as_str().unwrap(), &reader, Some("r"), 1 << 16);
        let opened = opened.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(opened.as_slice(), CONTENT.as_bytes(), "{name}");
    }
}
