//! The credential endpoint, and those beside it that take an access token.

use iccard::crypto::{Curve, SecretKey, SeededRng};
use iccard::issuance::mdoc;
use iccard::issuance::proof::{key_attestation, key_proof};
use iccard::issuance::status_list;
use iccard::issuer::{MDOC, SD_JWT};
use iccard::wallet::{CLIENT_ID, Patience};
use serde_json::{Value, json};
use time::{Duration, UtcDateTime};

use super::{Case, refused, refused_but_for, started};
use crate::support::hand::{
    Hand, Headers, JSON, Seal, asking, code_of_tap, forged, form, misformed, with, without,
};
use crate::support::register;
use crate::support::rig::{Phone, Rig};

const JWT: &str = "application/jwt";
const NO_TOKEN: (u16, &str) = (401, "invalid_token");
const NO_PROOF: (u16, &str) = (400, "invalid_proof");
const NO_NONCE: (u16, &str) = (400, "invalid_nonce");
const NO_REQUEST: (u16, &str) = (400, "invalid_credential_request");
const NO_ENCRYPTION: (u16, &str) = (400, "invalid_encryption_parameters");
const DENIED: (u16, &str) = (400, "credential_request_denied");

/// An access token for that code. Its first use counts as one, whatever becomes of the request.
fn token(own: &Hand<'_>, form: &str) -> String {
    let (status, tokens) = own.token(form);
    assert_eq!(status, 200, "{tokens}");
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    refused_but_for(own.rig, "the first use", NO_REQUEST, &["grants"], || {
        own.send("/credential", &own.headers("/credential", Some(&token)), JSON, b"{")
    });
    token
}

fn credential(answer: &(u16, Value)) -> String {
    assert_eq!(answer.0, 200, "{}", answer.1);
    assert!(answer.1["error"].is_null());
    answer.1["credentials"][0]["credential"].as_str().unwrap().to_owned()
}

/// Heads in front of a request that would do.
fn heads(own: &Hand<'_>, token: &str) -> Vec<(String, Headers, (u16, &'static str))> {
    let good = || own.headers("/credential", Some(token));
    let (now, hour) = (UtcDateTime::now(), Duration::hours(1));
    let dpop = |token, at| with(good(), "DPoP", own.dpop("/credential", token, at));
    let refusal = (401, "invalid_dpop_proof");
    let bearer = format!("Bearer {token}");
    let mut all: Vec<(String, Headers, (u16, &'static str))> = vec![
        ("no token".into(), without(good(), "Authorization"), NO_TOKEN),
        ("a bearer's token".into(), with(good(), "Authorization", bearer), NO_TOKEN),
        ("an unknown token".into(), own.headers("/credential", Some("abc")), NO_TOKEN),
        ("no DPoP proof".into(), without(good(), "DPoP"), refusal),
        ("a DPoP proof without the token".into(), dpop(None, now), refusal),
        ("a DPoP proof for another token".into(), dpop(Some("abc"), now), refusal),
        ("a stale DPoP proof".into(), dpop(Some(token), now - hour), refusal),
        ("a DPoP proof of the future".into(), dpop(Some(token), now + hour), refusal),
    ];
    let proof = own.dpop("/credential", Some(token), now);
    for (what, proof) in misformed(&proof, own.phone.wallet.state.dpop.secret()) {
        all.push((format!("a DPoP proof, {what}"), with(good(), "DPoP", proof), refusal));
    }
    all
}

/// Proofs of a key that would be good but for one thing, all with the same fresh nonce.
fn proofs(own: &Hand<'_>, nonce: &str) -> Vec<(String, Vec<String>, (u16, &'static str))> {
    let (key, url) = (own.holder(0), own.rig.url.as_str());
    let (now, hour) = (UtcDateTime::now(), Duration::hours(1));
    let good = own.proof(key, nonce, None);
    let made = |aud: &str, nonce: &str, at| {
        key_proof::make(key, aud, Some(CLIENT_ID), nonce, None, at).unwrap()
    };
    let signed = |change: &dyn Fn(&mut Value, &mut Value)| forged(&good, &Seal::Key(key), change);
    let without_nonce = signed(&|_, claims| drop(claims.as_object_mut().unwrap().remove("nonce")));
    let other = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"another key", "holder"));
    let attest = |hand: &Hand<'_>, key: &SecretKey, nonce| {
        hand.provider.attest_keys(&[key.public()], nonce, now).unwrap()
    };
    let with_attestation =
        |key: &SecretKey, attestation: &str| own.proof(key, nonce, Some(attestation));
    let mut all: Vec<(String, Vec<String>, (u16, &'static str))> = [
        ("for another audience", made("https://other.example", nonce, now), NO_PROOF),
        ("stale", made(url, nonce, now - hour), NO_PROOF),
        ("of the future", made(url, nonce, now + hour), NO_PROOF),
        ("without a nonce", without_nonce, NO_PROOF),
        ("with a nonce of nobody", made(url, "AAAA", now), NO_NONCE),
        ("by a DID", signed(&|header, _| header["kid"] = "did:key:z6Mk#0".into()), NO_PROOF),
        ("by nobody", signed(&|header, _| header["jwk"] = Value::Null), NO_PROOF),
        ("signed by another", forged(&good, &Seal::Key(&other), |_, _| {}), NO_PROOF),
        ("of another key", own.proof(&other, nonce, None), NO_PROOF),
        // A key that the wallet's maker vouches for, and that the session did not commit to.
        (
            "of another attested key",
            with_attestation(&other, &attest(own, &other, nonce)),
            NO_PROOF,
        ),
        ("self-attested", with_attestation(key, &attest(&own.self_made(), key, nonce)), NO_PROOF),
        ("with a stale attestation", with_attestation(key, &attest(own, key, "AAAA")), NO_NONCE),
    ]
    .map(|(what, proof, refusal)| (format!("a proof {what}"), vec![proof], refusal))
    .into();
    for (what, proof) in misformed(&good, key) {
        all.push((format!("a proof, {what}"), vec![proof], NO_PROOF));
    }
    all.push(("a proof twice".into(), vec![good.clone(); 2], NO_PROOF));
    all.push(("eleven proofs".into(), vec![good; 11], NO_PROOF));
    all
}

/// Bodies that are none, with what would otherwise be good.
fn bodies(own: &Hand<'_>, nonce: &str) -> Vec<(&'static str, String, (u16, &'static str))> {
    let good = asking(MDOC, &[own.proof(own.holder(0), nonce, None)]);
    let changed = |member: &str, value: Value| {
        let mut request = good.clone();
        request[member] = value;
        request.to_string()
    };
    let left_out = |member: &str| {
        let mut request = good.clone();
        request.as_object_mut().unwrap().remove(member);
        request
    };
    let mut identifier = left_out("credential_configuration_id");
    identifier["credential_identifier"] = MDOC.into();
    let said = |nonce| key_attestation::Said {
        key_storage: &[],
        user_authentication: &[],
        nonce,
        iat: UtcDateTime::now(),
        exp: UtcDateTime::now() + Duration::hours(1),
    };
    let stranger = own.self_made().attested(nonce);
    let signer = own.maker();
    let no_nonce = key_attestation::make(&[own.holder(0).public()], &said(None), &signer).unwrap();
    let twice = good.to_string().replacen('{', r#"{"proofs":{"jwt":["a"]},"#, 1);
    let answer = json!({ "jwk": {}, "enc": "A128GCM" });
    let jwk = iccard::issuance::jwk_of(&own.holder(0).public());
    let mut jwk = json!({ "jwk": jwk, "enc": "A128GCM" });
    jwk["jwk"]["alg"] = "ECDH-ES".into();
    let attestation = |jwt: &str| json!({ "attestation": [jwt] });
    vec![
        ("nothing", " ".into(), NO_REQUEST),
        ("half an object", "{".into(), NO_REQUEST),
        ("a list", "[]".into(), NO_REQUEST),
        ("a byte that is no JSON", "\u{0}".into(), NO_REQUEST),
        ("a deep list", "[".repeat(100_000), NO_REQUEST),
        ("a member twice", twice, NO_REQUEST),
        (
            "an unknown configuration",
            changed("credential_configuration_id", "driving_licence".into()),
            (400, "unknown_credential_configuration"),
        ),
        ("an identifier", identifier.to_string(), (400, "unknown_credential_identifier")),
        ("no configuration", left_out("credential_configuration_id").to_string(), NO_REQUEST),
        ("no proofs", left_out("proofs").to_string(), NO_PROOF),
        ("null for proofs", changed("proofs", Value::Null), NO_PROOF),
        ("proofs of nothing", changed("proofs", json!({})), NO_PROOF),
        ("an empty list of proofs", changed("proofs", json!({ "jwt": [] })), NO_PROOF),
        ("a null proof", changed("proofs", json!({ "jwt": [null] })), NO_PROOF),
        ("an empty proof", changed("proofs", json!({ "jwt": [""] })), NO_PROOF),
        ("the proof of a draft", changed("proof", json!({ "proof_type": "jwt" })), NO_PROOF),
        ("a self-signed attestation", changed("proofs", attestation(&stranger)), NO_PROOF),
        ("an attestation without a nonce", changed("proofs", attestation(&no_nonce)), NO_PROOF),
        ("no key to answer to", changed("credential_response_encryption", answer), NO_ENCRYPTION),
        (
            "in plain for a sealed answer",
            changed("credential_response_encryption", jwk),
            NO_ENCRYPTION,
        ),
        ("too long", "x".repeat(129 << 10), (413, "content_too_large")),
    ]
}

#[test]
fn a_credential_request_that_is_refused_leaves_the_register_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (rig, _running) = started(folder.path(), 2, &[]);
    let client = rig.client(Patience::default()).unwrap();
    let mut phone = Phone::new("credential");
    phone.tap(&client, &rig.people[0]).unwrap();
    let own = Hand::of(&rig, &phone);
    let token = token(&own, &form(&code_of_tap(&phone), None));
    // One nonce for all of them: a refused request does not use it up.
    let nonce = own.nonce();
    let good = asking(MDOC, &[own.proof(own.holder(0), &nonce, None)]);
    let head = || own.headers("/credential", Some(&token));
    let mut cases: Vec<Case> = heads(&own, &token)
        .into_iter()
        .map(|(what, head, refusal)| Case::new(&what, head, JSON, &good.to_string(), refusal))
        .collect();
    for (what, proofs, refusal) in proofs(&own, &nonce) {
        let body = asking(MDOC, &proofs).to_string();
        cases.push(Case::new(&what, head(), JSON, &body, refusal));
    }
    for (what, body, refusal) in bodies(&own, &nonce) {
        cases.push(Case::new(what, head(), JSON, &body, refusal));
    }
    cases.push(Case::new("no JWE", head(), JWT, "a.b.c", NO_ENCRYPTION));
    let cbor = (415, "unsupported_media_type");
    cases.push(Case::new("CBOR", head(), "application/cbor", "\u{1}", cbor));
    let mut thief = Phone::new("thief of a token");
    thief.tap(&client, &rig.people[1]).unwrap();
    let other = Hand::of(&rig, &thief).headers("/credential", Some(&token));
    cases.push(Case::new("another wallet", other, JSON, &good.to_string(), NO_TOKEN));
    assert!(cases.len() > 45);
    for Case { what, headers, content_type, body, refusal } in &cases {
        refused(&rig, what, *refusal, || {
            own.send("/credential", headers, content_type, body.as_bytes())
        });
    }
    let transaction = json!({ "transaction_id": "abc" });
    refused(&rig, "deferred", (400, "invalid_transaction_id"), || {
        own.json("/deferred", Some(&token), &transaction)
    });
    for (body, refusal) in [
        (json!({}), (400, "invalid_notification_request")),
        (
            json!({ "notification_id": "abc", "event": "lost" }),
            (400, "invalid_notification_request"),
        ),
        (
            json!({ "notification_id": "abc", "event": "credential_deleted" }),
            (400, "invalid_notification_id"),
        ),
    ] {
        refused(&rig, "notification", refusal, || own.json("/notification", Some(&token), &body));
    }

    let first = own.json("/credential", Some(&token), &good);
    let issued = credential(&first);
    // Now the nonce is used up, for another request; the same one again is answered as it was.
    let next = |nonce: &str| asking(SD_JWT, &[own.proof(own.holder(1), nonce, None)]);
    refused(&rig, "a nonce again", NO_NONCE, || {
        own.json("/credential", Some(&token), &next(&nonce))
    });
    let before = register::rows(&rig.folder);
    let retry = asking(MDOC, &[own.proof(own.holder(0), &own.nonce(), None)]);
    assert_eq!(credential(&own.json("/credential", Some(&token), &retry)), issued);
    let left = register::differences(&before, &register::rows(&rig.folder));
    assert!(left.is_empty(), "a retry left {left:?}");
    credential(&own.json("/credential", Some(&token), &next(&own.nonce())));
    status_in_both_forms(&rig, &issued);
}

/// Under the URI that the credential names, as a JWT and as a CWT.
fn status_in_both_forms(rig: &Rig, issued: &str) {
    use base64::Engine as _;
    let (roots, now) = (rig.roots(), UtcDateTime::now());
    let mdoc = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(issued).unwrap();
    let status = mdoc::verify(&mdoc, &roots, now).unwrap().status.unwrap();
    for form in ["application/statuslist+jwt", "application/statuslist+cwt"] {
        let reply = rig.http().get("read a status", &status.uri, form).unwrap();
        assert_eq!((reply.status, reply.content_type.as_str()), (200, form));
        let opened = status_list::open(&reply.body, &status.uri, &roots, now).unwrap();
        assert_eq!(opened.list.get(status.idx).unwrap(), iccard::issuance::Status::Valid);
    }
}

#[test]
fn what_waits_for_a_clerk_is_issued_to_the_keys_that_asked() {
    let folder = tempfile::tempdir().unwrap();
    let changes = [("confirm_offers = false", "confirm_offers = true")];
    let (rig, _running) = started(folder.path(), 2, &changes);
    let (phone, other) = (Phone::new("waits"), Phone::new("does not wait"));
    let redeemed = |hand: &Hand<'_>, person: usize| {
        let offer = rig.offer(&rig.people[person]);
        let tx_code = offer["tx_code"].as_str().unwrap();
        (token(hand, &form(&rig.offer_code(&offer), Some(tx_code))), offer)
    };
    let (own, theirs) = (Hand::of(&rig, &phone), Hand::of(&rig, &other));
    let ((token, offer), (their_token, _)) = (redeemed(&own, 0), redeemed(&theirs, 1));
    let ask = |hand: &Hand<'_>, token: &str, key: usize, attested: bool| {
        let nonce = hand.nonce();
        let attestation = attested.then(|| hand.attested(&nonce));
        let proof = hand.proof(hand.holder(key), &nonce, attestation.as_deref());
        hand.json("/credential", Some(token), &asking(MDOC, &[proof]))
    };
    // Who comes from an office has shown no keys before: each needs its maker's word.
    refused(&rig, "a key that nobody vouches for", NO_PROOF, || ask(&own, &token, 0, false));
    let (status, waiting) = ask(&own, &token, 0, true);
    assert_eq!(status, 202, "{waiting}");
    assert!(waiting["credentials"].is_null() && waiting["transaction_id"].is_string());
    let fetch = |hand: &Hand<'_>, token: &str| {
        let body = json!({ "transaction_id": waiting["transaction_id"] });
        hand.json("/deferred", Some(token), &body)
    };
    refused(&rig, "another key meanwhile", DENIED, || ask(&own, &token, 1, true));
    refused(&rig, "another wallet", (400, "invalid_transaction_id"), || {
        fetch(&theirs, &their_token)
    });
    assert_eq!(fetch(&own, &token).0, 202);
    let (status, told) = rig.office("confirmations", &json!({ "offer": offer["offer"] }));
    assert_eq!(status, 200, "{told}");
    refused(&rig, "another wallet", (400, "invalid_transaction_id"), || {
        fetch(&theirs, &their_token)
    });
    let issued = credential(&fetch(&own, &token));
    use base64::Engine as _;
    let mdoc = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&issued).unwrap();
    let read = mdoc::verify(&mdoc, &rig.roots(), UtcDateTime::now()).unwrap();
    assert_eq!(read.holder, own.holder(0).public());
    refused(&rig, "another key afterwards", DENIED, || ask(&own, &token, 1, true));
    assert_eq!(credential(&fetch(&own, &token)), issued);
}
