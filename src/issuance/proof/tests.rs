//! The standard's own proofs, and every member of a proof changed alone.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::{Duration, UtcDateTime, macros::utc_datetime};

use super::super::{Signer, jwk, jws, thumbprint};
use super::key_attestation::Said;
use super::{ProofError, What};
use super::{dpop, key_attestation, key_proof, wallet_attestation, wallet_pop};
use crate::crypto::{Curve, PublicKey, SecretKey, SeededRng};
use crate::pki::{Certificate, DistinguishedName, Profile};
use crate::trust::encoding::base64url;

const NOW: UtcDateTime = utc_datetime!(2025-03-28 09:00:00.7);
const SKEW: Duration = Duration::seconds(60);
const ISSUER: &str = "https://issuer.example";
const TOKEN_URL: &str = "https://issuer.example/token";

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"proofs", label))
}

fn profile(name: &str, serial: u8) -> Profile {
    Profile {
        subject: DistinguishedName::new("KR", "TEST wallet maker", name),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 00:00:00),
        not_after: utc_datetime!(2026-01-01 00:00:00),
    }
}

/// A wallet's maker: the anchor, and who signs attestations under it.
fn maker() -> (Certificate, Signer) {
    let (root, signer) = (key("root"), key("signer"));
    let anchor = profile("root", 1).csca(&root).unwrap();
    let own = profile("signer", 2).document_signer(&signer.public(), &anchor, &root).unwrap();
    (anchor, Signer::new(signer, vec![own]).unwrap())
}

/// The header and claims of a token.
fn parts(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(base64url::decode);
    let mut next = || serde_json::from_slice(&parts.next().unwrap().unwrap()).unwrap();
    (next(), next())
}

/// The token again, with one member changed (or taken away) and signed again.
fn changed(token: &str, part: &str, member: &str, value: Option<Value>, by: &SecretKey) -> String {
    let (mut header, mut claims) = parts(token);
    let object = if part == "header" { &mut header } else { &mut claims };
    match value {
        Some(value) => object[member] = value,
        None => drop(object.as_object_mut().unwrap().remove(member)),
    }
    jws::sign_values(&header, &claims, by).unwrap()
}

type Change = (&'static str, &'static str, Option<Value>, &'static str);

/// Each change has to be refused with these words, and no two with the same error.
fn refused<T: std::fmt::Debug>(
    token: &str,
    by: &SecretKey,
    changes: Vec<Change>,
    check: impl Fn(&str) -> Result<T, ProofError>,
) {
    check(token).unwrap();
    let mut errors: Vec<ProofError> = Vec::new();
    for (part, member, value, words) in changes {
        let what = format!("{part} {member} = {value:?}");
        let error = check(&changed(token, part, member, value, by)).unwrap_err();
        assert!(error.to_string().contains(words), "{what}: {error}");
        assert!(!errors.contains(&error), "{what}: the same error as another: {error}");
        errors.push(error);
    }
    // Changed without being signed again.
    let (mut header, claims) = parts(token);
    header["x"] = 1.into();
    let signature = token.rsplit_once('.').unwrap().1;
    let encode = |v: &Value| base64url::encode(v.to_string());
    let altered = format!("{}.{}.{signature}", encode(&header), encode(&claims));
    assert!(matches!(check(&altered), Err(ProofError::BadSignature { .. })));
    assert!(matches!(check(&format!("{token}.")), Err(ProofError::NotJws { .. })));
    assert!(matches!(check(&format!("{token}=")), Err(ProofError::BadSignature { .. })));
    assert!(matches!(check(""), Err(ProofError::NotJws { .. })));
    assert!(matches!(check(&"A".repeat(1 << 20)), Err(ProofError::TooLarge { .. })));
    let (_, rest) = token.split_once('.').unwrap();
    let twice = base64url::encode(r#"{"alg":"ES256","alg":"ES256"}"#);
    let error = check(&format!("{twice}.{rest}")).unwrap_err().to_string();
    assert!(error.contains("\"alg\" stands there twice"), "{error}");
}

/// What no header may say, whatever the token.
fn bad_headers() -> Vec<Change> {
    let algorithms = ["none", "HS256", "RS256", "ES384", "es256", ""];
    let mut all: Vec<Change> = algorithms
        .map(|alg| ("header", "alg", Some(json!(alg)), "alg ES256 expected"))
        .into_iter()
        .collect();
    all.push(("header", "typ", Some(json!("JWT")), "typ"));
    all.push(("header", "typ", None, "typ"));
    all.push(("header", "crit", Some(json!(["b64"])), "crit"));
    all
}

fn bad_keys(key: &SecretKey) -> Vec<Change> {
    let mut private = serde_json::to_value(jwk::RawJwk::private(key)).unwrap();
    let with = |member: &str, value: Value| {
        let mut jwk = jwk::jwk_of(&key.public());
        jwk[member] = value;
        Some(jwk)
    };
    private["d"] = Value::Null;
    vec![
        ("header", "jwk", None, "there is none"),
        ("header", "jwk", Some(Value::Null), "no JSON object"),
        ("header", "jwk", Some(private), "private key"),
        ("header", "jwk", Some(json!({ "kty": "oct", "crv": "P-256" })), "oct and P-256"),
        ("header", "jwk", with("crv", json!("P-384")), "EC and P-384"),
        ("header", "jwk", with("use", json!("enc")), "use \"sig\" expected"),
        ("header", "jwk", with("alg", json!("ES384")), "alg \"ES256\" expected"),
        ("header", "jwk", with("x", json!("AAAA")), "\"x\" is not 32 bytes"),
        ("header", "jwk", with("y", json!(5)), "\"y\" is no text"),
    ]
}

fn seconds(at: UtcDateTime) -> Value {
    at.unix_timestamp().into()
}

// RFC 9449 figures 2, 6 and 12, with the thumbprint of figure 7 and the token of figure 5.
#[test]
fn the_proofs_of_rfc_9449_hold_for_their_requests() {
    const HEADER: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieC\
        I6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHp\
        iVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19";
    const ACCESS_TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let server = "https://server.example.com/token";
    let resource = "https://resource.example.org/protectedresource";
    let proofs = [
        (
            "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV\
             4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLv\
             qRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg",
            ("POST", server, None, 1_562_262_616),
        ),
        (
            "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV\
             4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjY1Mjk2fQ.pAqut2IRDm_De6PR93SYmGBPXpwrAk90e8cP\
             2hjiaG5QsGSuKDYW7_X620BxqhvYC8ynrrvZLTk41mSRroapUA",
            ("POST", server, None, 1_562_265_296),
        ),
        (
            "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5\
             leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJ\
             aM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimP\
             PToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA",
            ("GET", resource, Some(ACCESS_TOKEN), 1_562_262_618),
        ),
    ];
    let mut ids = Vec::new();
    for (proof, (method, url, token, iat)) in proofs {
        let headers = [format!("{HEADER}.{proof}")];
        let at = |seconds: i64| UtcDateTime::from_unix_timestamp(iat + seconds).unwrap();
        let check = |at| dpop::check(&headers, method, url, token, at, SKEW);
        let proof = check(at(0)).unwrap();
        assert_eq!(proof.jkt.to_string(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert_eq!((proof.expires, proof.nonce.as_deref()), (at(61), None));
        ids.push(proof.id);
        check(at(60)).unwrap();
        check(at(-60)).unwrap();
        assert!(matches!(check(at(61)), Err(ProofError::IssuedAt { .. })));
        assert!(matches!(check(at(-61)), Err(ProofError::IssuedAt { .. })));
        let other = dpop::check(&headers, method, url, Some("another token"), at(0), SKEW);
        assert!(other.unwrap_err().to_string().contains("ath"));
    }
    // The first two have one jti: whoever saw one would refuse the other.
    assert!(ids[0] == ids[1] && ids[1] != ids[2]);
}

#[test]
fn a_dpop_proof_is_good_for_its_own_request() {
    let key = key("dpop");
    let rng = &mut SeededRng::new(b"proofs", "jti");
    let token = Some("an access token");
    let proof = dpop::make(&key, "POST", TOKEN_URL, token, Some("n"), NOW, rng).unwrap();
    let check = |proof: &str| dpop::check(&[proof.to_owned()], "POST", TOKEN_URL, token, NOW, SKEW);
    let good = check(&proof).unwrap();
    assert_eq!((good.jkt, good.nonce.as_deref()), (thumbprint(&key.public()), Some("n")));
    let mut changes = bad_headers();
    changes.extend(bad_keys(&key));
    changes.extend([
        ("claims", "htm", Some(json!("GET")), "htm: \"POST\" expected"),
        ("claims", "htm", Some(json!("post")), "\"post\" came"),
        ("claims", "htm", None, "htm is missing"),
        ("claims", "htu", Some(json!("https://issuer.example/credential")), "htu"),
        ("claims", "htu", Some(json!("token")), "\"token\" came"),
        ("claims", "htu", None, "htu is missing"),
        ("claims", "jti", None, "jti is missing"),
        ("claims", "jti", Some(json!("")), "jti: 1 to 256 bytes"),
        ("claims", "jti", Some(json!("j".repeat(257))), "257 came"),
        ("claims", "jti", Some(json!(7)), "claims: invalid type"),
        ("claims", "iat", None, "iat is missing"),
        ("claims", "iat", Some(seconds(NOW - SKEW * 2)), "too old"),
        ("claims", "iat", Some(seconds(NOW + SKEW * 2)), "clocks differ"),
        ("claims", "iat", Some(json!("1743152400")), "claims: invalid type: string"),
        ("claims", "iat", Some(json!(-1)), "no time"),
        ("claims", "ath", None, "ath is missing"),
        ("claims", "ath", Some(json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo")), "ath:"),
    ]);
    refused(&proof, &key, changes, check);
    // What foreign keys and headers say besides is passed over.
    let (header, _) = parts(&proof);
    let mut jwk = header["jwk"].clone();
    for (member, value) in [("kid", "1"), ("use", "sig"), ("alg", "ES256"), ("ext", "x")] {
        jwk[member] = value.into();
    }
    check(&changed(&proof, "header", "jwk", Some(jwk), &key)).unwrap();
    check(&changed(&proof, "header", "x", Some(json!({ "deep": [1] })), &key)).unwrap();
    check(&changed(&proof, "claims", "iat", Some(json!(1_743_152_400.5)), &key)).unwrap();

    for count in [0, 2] {
        let headers = vec![proof.clone(); count];
        let error = dpop::check(&headers, "POST", TOKEN_URL, token, NOW, SKEW).unwrap_err();
        assert_eq!(error, ProofError::Count { what: What::Dpop, got: count });
    }
    // Each has an identifier of its own, and it is the same each time.
    let again = dpop::make(&key, "POST", TOKEN_URL, token, None, NOW, rng).unwrap();
    assert_ne!(check(&again).unwrap().id, good.id);
    assert_eq!(check(&proof).unwrap().id, good.id);
}

#[test]
fn a_key_proof_names_its_key_issuer_and_nonce() {
    let key = key("holder");
    let proof = key_proof::make(&key, ISSUER, Some("wallet"), "n", None, NOW).unwrap();
    let check = |client: Option<&'static str>| {
        move |proof: &str| key_proof::check(proof, ISSUER, client, (&[], 10), NOW, SKEW)
    };
    let good = check(Some("wallet"))(&proof).unwrap();
    assert_eq!((&good.key, good.nonce.as_str()), (&key.public(), "n"));
    let mut changes = bad_headers();
    changes.extend(bad_keys(&key));
    let proof_age = key_proof::MAX_AGE + Duration::seconds(1);
    changes.extend([
        ("header", "kid", Some(json!("did:key:z#0")), "kid is not taken"),
        ("header", "x5c", Some(json!([])), "x5c is not taken"),
        ("header", "trust_chain", Some(json!([])), "trust_chain is not taken"),
        ("header", "key_attestation", Some(json!(1)), "key_attestation is no text"),
        ("claims", "aud", Some(json!("https://other.example")), "aud: \"https://issuer"),
        ("claims", "aud", Some(json!("https://issuer.example/")), "issuer.example/\" came"),
        ("claims", "aud", Some(json!([ISSUER, "https://other.example"])), "claims:"),
        ("claims", "aud", None, "aud is missing"),
        ("claims", "iss", Some(json!("another")), "iss: \"wallet\" expected"),
        ("claims", "iat", Some(seconds(NOW - proof_age)), "too old"),
        ("claims", "iat", Some(seconds(NOW + SKEW * 2)), "clocks differ"),
        ("claims", "iat", None, "iat is missing"),
        ("claims", "nonce", None, "nonce is missing"),
        ("claims", "nonce", Some(json!(1)), "invalid type: integer"),
    ]);
    refused(&proof, &key, changes, check(Some("wallet")));
    let (bare, of_another) = (
        changed(&proof, "claims", "iss", None, &key),
        changed(&proof, "claims", "iss", Some(json!("x")), &key),
    );
    check(None)(&bare).unwrap();
    check(Some("wallet"))(&bare).unwrap();
    // Who asks is not known from every request: the key is proven all the same.
    check(None)(&proof).unwrap();
    check(None)(&of_another).unwrap();
    assert!(check(Some("wallet"))(&of_another).unwrap_err().to_string().contains("iss"));
    check(None)(&changed(&bare, "claims", "aud", Some(json!([ISSUER])), &key)).unwrap();
}

fn said(nonce: &str) -> Said<'_> {
    Said {
        key_storage: &["iso_18045_high"],
        user_authentication: &["iso_18045_moderate"],
        nonce: Some(nonce),
        iat: NOW - Duration::hours(1),
        exp: NOW + Duration::hours(1),
    }
}

fn chain_changes(signer: &Signer) -> Vec<Change> {
    // Another's certificate for the same key that signs, and the key alone.
    let stranger = key("stranger");
    let root = profile("root", 1).csca(&stranger).unwrap();
    let of_stranger =
        profile("signer", 2).document_signer(&signer.key().public(), &root, &stranger).unwrap();
    let own = profile("signer", 3).csca(signer.key()).unwrap();
    let x5c = |all: &[&Certificate]| {
        let all: Vec<String> = all.iter().map(|c| STANDARD.encode(c.der())).collect();
        Some(json!(all))
    };
    let good = signer.certificate();
    vec![
        ("header", "x5c", None, "there is none"),
        ("header", "x5c", Some(json!([])), "0 came"),
        ("header", "x5c", Some(json!([1])), "certificates in base64 expected"),
        ("header", "x5c", Some(json!(["AAAA"])), "certificate chain: "),
        ("header", "x5c", x5c(&[&own]), "signed itself"),
        ("header", "x5c", x5c(&[&of_stranger]), "none of the 1 anchors"),
        (
            "header",
            "x5c",
            x5c(&[good, &maker().0]),
            "CN=root,O=TEST wallet maker,C=KR signed itself",
        ),
    ]
}

#[test]
fn attested_keys_are_believed_under_an_anchor_alone() {
    let (anchor, signer) = maker();
    let holder = key("holder");
    let keys: Vec<PublicKey> = vec![key("other").public(), holder.public()];
    let attestation = key_attestation::make(&keys, &said("n"), &signer).unwrap();
    let anchors = [anchor];
    let check = |token: &str| key_attestation::check(token, &anchors, 2, NOW, SKEW);
    let good = check(&attestation).unwrap();
    assert_eq!((&good.keys, good.nonce.as_deref()), (&keys, Some("n")));
    assert_eq!(good.key_storage, ["iso_18045_high"]);
    assert_eq!(good.user_authentication, ["iso_18045_moderate"]);
    let one = jwk::jwk_of(&keys[0]);
    let mut private = one.clone();
    private["d"] = "AA".into();
    let mut changes = bad_headers();
    changes.extend(chain_changes(&signer));
    changes.extend([
        ("claims", "iat", None, "iat is missing"),
        ("claims", "iat", Some(seconds(NOW + SKEW * 2)), "clocks differ"),
        ("claims", "nbf", Some(seconds(NOW + SKEW * 2)), "nbf"),
        ("claims", "exp", Some(seconds(NOW)), "exp: it ended"),
        ("claims", "attested_keys", None, "attested_keys is missing"),
        ("claims", "attested_keys", Some(json!([])), "0 came"),
        ("claims", "attested_keys", Some(json!([one, one])), "2 came"),
        ("claims", "attested_keys", Some(json!([1, 2, 3])), "3 came"),
        ("claims", "attested_keys", Some(json!([private])), "private key"),
        ("claims", "attested_keys", Some(json!({})), "invalid type: map"),
        ("claims", "key_storage", Some(json!("iso_18045_high")), "invalid type: string"),
        ("claims", "key_storage", Some(json!(vec!["x"; 17])), "at most 16 words"),
    ]);
    refused(&attestation, signer.key(), changes, check);
    let unknown = key_attestation::check(&attestation, &[], 2, NOW, SKEW).unwrap_err();
    assert!(unknown.to_string().contains("none of the 0 anchors"), "{unknown}");

    // Beside a proof: of one of its keys, and with an end.
    let proof = |key: &SecretKey, attestation: &str| {
        let proof = key_proof::make(key, ISSUER, None, "n", Some(attestation), NOW).unwrap();
        key_proof::check(&proof, ISSUER, None, (&anchors, 2), NOW, SKEW)
    };
    assert_eq!(proof(&holder, &attestation).unwrap().attestation.unwrap().keys, keys);
    assert_eq!(proof(&key("third"), &attestation), Err(ProofError::NotAttested));
    let endless = changed(&attestation, "claims", "exp", None, signer.key());
    let error = proof(&holder, &endless).unwrap_err().to_string();
    assert_eq!(error, "key attestation, claims: exp is missing");
    let of_self = changed(&attestation, "header", "x5c", None, &holder);
    assert!(matches!(proof(&holder, &of_self), Err(ProofError::KeyMember { .. })));
}

#[test]
fn a_wallet_is_known_by_its_attestation_and_answers_for_itself() {
    let (anchor, signer) = maker();
    let instance = key("instance");
    let anchors = [anchor];
    let attestation = wallet_attestation::make(
        "https://wallet.example",
        &instance.public(),
        "TEST wallet",
        NOW - Duration::hours(1),
        NOW + Duration::hours(1),
        &signer,
    )
    .unwrap();
    let check = |token: &str| wallet_attestation::check(token, &anchors, NOW, SKEW);
    let good = check(&attestation).unwrap();
    assert_eq!(good.client_id, "https://wallet.example");
    assert_eq!(good.instance, thumbprint(&instance.public()));
    let mut private = jwk::jwk_of(&instance.public());
    private["d"] = "AA".into();
    let mut changes = bad_headers();
    changes.extend(chain_changes(&signer));
    changes.extend([
        ("claims", "sub", None, "sub is missing"),
        ("claims", "sub", Some(json!("")), "sub: 1 to 512"),
        ("claims", "exp", None, "exp is missing"),
        ("claims", "exp", Some(seconds(NOW)), "exp: it ended"),
        ("claims", "nbf", Some(seconds(NOW + SKEW * 2)), "nbf"),
        ("claims", "iat", Some(seconds(NOW + SKEW * 2)), "clocks differ"),
        ("claims", "cnf", None, "cnf.jwk is missing"),
        ("claims", "cnf", Some(json!({ "jwk": private })), "private key"),
        ("claims", "cnf", Some(json!({ "jwk": "x" })), "no JSON object"),
        ("claims", "cnf", Some(json!("x")), "claims: invalid type"),
    ]);
    refused(&attestation, signer.key(), changes, check);

    let rng = &mut SeededRng::new(b"proofs", "pop");
    let pop = wallet_pop::make(&instance, ISSUER, Some("c"), NOW, rng).unwrap();
    let check = |token: &str| wallet_pop::check(token, &good, ISSUER, NOW, SKEW);
    assert_eq!(check(&pop).unwrap().challenge.as_deref(), Some("c"));
    let mut changes = bad_headers();
    let pop_age = wallet_pop::MAX_AGE + Duration::seconds(1);
    changes.extend([
        ("claims", "aud", Some(json!("https://other.example")), "aud: \"https://issuer"),
        ("claims", "aud", None, "aud is missing"),
        ("claims", "jti", None, "jti is missing"),
        ("claims", "iat", None, "iat is missing"),
        ("claims", "iat", Some(seconds(NOW - pop_age)), "too old"),
        ("claims", "iat", Some(seconds(NOW + SKEW * 2)), "clocks differ"),
        ("claims", "iss", Some(json!("another")), "iss: \"https://wallet.example\" expected"),
        ("claims", "exp", Some(seconds(NOW)), "exp: it ended"),
        ("claims", "nbf", Some(seconds(NOW + SKEW * 2)), "nbf"),
    ]);
    refused(&pop, &instance, changes, check);
    let of_another = wallet_pop::make(&key("other"), ISSUER, Some("c"), NOW, rng).unwrap();
    assert_eq!(check(&of_another), Err(ProofError::BadSignature { what: What::WalletPop }));
    // Its name in earlier drafts.
    let old = changed(&pop, "claims", "challenge", None, &instance);
    let old = changed(&old, "claims", "nonce", Some(json!("d")), &instance);
    assert_eq!(check(&old).unwrap().challenge.as_deref(), Some("d"));
}

/// Whatever is signed as one is not taken as another, though key and claims would do.
#[test]
fn no_proof_is_taken_for_another() {
    let (anchor, signer) = maker();
    let anchors = [anchor];
    let rng = &mut SeededRng::new(b"proofs", "mix");
    let holder = key("holder");
    let wallet = wallet_attestation::make("w", &holder.public(), "w", NOW, NOW + SKEW, &signer);
    let wallet = wallet.unwrap();
    let known = wallet_attestation::check(&wallet, &anchors, NOW, SKEW).unwrap();
    let all = [
        dpop::make(&holder, "POST", TOKEN_URL, None, None, NOW, rng).unwrap(),
        key_proof::make(&holder, ISSUER, None, "n", None, NOW).unwrap(),
        key_attestation::make(&[holder.public()], &said("n"), &signer).unwrap(),
        wallet,
        wallet_pop::make(&holder, ISSUER, None, NOW, rng).unwrap(),
    ];
    for (i, token) in all.iter().enumerate() {
        let taken = [
            dpop::check(std::slice::from_ref(token), "POST", TOKEN_URL, None, NOW, SKEW).err(),
            key_proof::check(token, ISSUER, None, (&anchors, 1), NOW, SKEW).err(),
            key_attestation::check(token, &anchors, 1, NOW, SKEW).err(),
            wallet_attestation::check(token, &anchors, NOW, SKEW).err(),
            wallet_pop::check(token, &known, ISSUER, NOW, SKEW).err(),
        ];
        for (j, error) in taken.into_iter().enumerate() {
            match error {
                None => assert_eq!(i, j),
                Some(ProofError::Type { .. }) => assert_ne!(i, j),
                Some(other) => panic!("{i} as {j}: {other}"),
            }
        }
    }
    let p384 = SecretKey::generate(Curve::P384, rng);
    let error = dpop::make(&p384, "POST", TOKEN_URL, None, None, NOW, rng).unwrap_err();
    assert!(matches!(error, ProofError::NotMade { .. }), "{error}");
}
