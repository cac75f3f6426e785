//! What an issuer's signature does not cover, and what an issuer may not sign.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::crypto::Hash;
use crate::issuance::signer::SignerError;
use crate::issuance::{JwkError, SignedError};
use crate::trust::encoding::base64url;

fn refused(text: &str) -> SdJwtError {
    verify(text, &[iaca()], NOW).unwrap_err()
}

/// A claim's disclosure, and an object with its digest.
fn hidden(name: &str, value: &Value) -> (String, Value) {
    let text = of_claim(name, value, &mut SeededRng::new(b"sd-jwt", name));
    let digest = digest(&text);
    (text, json!([digest]))
}

#[test]
fn a_digest_leads_to_one_place_and_a_disclosure_to_a_digest() {
    let good = issued();
    let disclosures: Vec<&str> = good.split('~').filter(|text| !text.is_empty()).skip(1).collect();
    // One more than was issued, one twice, one changed.
    let (stranger, _) = hidden("family_name", &"KIM".into());
    let index = disclosures.len() + 1;
    assert_eq!(refused(&format!("{good}{stranger}~")), SdJwtError::Unreferenced { index });
    let twice = format!("{good}{}~", disclosures[3]);
    assert_eq!(refused(&twice), SdJwtError::DigestTwice);
    let changed = good.replace(disclosures[0], &stranger);
    assert_eq!(refused(&changed), SdJwtError::Unreferenced { index: 1 });
    // A child without its parent.
    let parent = verify_without(&good, "address");
    assert!(matches!(parent, SdJwtError::Unreferenced { .. }), "{parent}");

    // The same digest at two places, whether anything leads from it or not.
    let (text, digests) = hidden("given_name", &"MINSU".into());
    for disclosures in [&[][..], &[text]] {
        let mut payload = bare();
        payload.insert("_sd".into(), digests.clone());
        payload.insert("extra".into(), json!({ "_sd": digests }));
        assert_eq!(refused(&signed(&payload, disclosures)), SdJwtError::DigestTwice);
    }
    let mut payload = bare();
    payload.insert("extra".into(), json!([{ "...": digests[0] }, { "...": digests[0] }]));
    assert_eq!(refused(&signed(&payload, &[])), SdJwtError::DigestTwice);
}

fn verify_without(credential: &str, name: &str) -> SdJwtError {
    let kept = credential.split_inclusive('~').filter(|part| {
        let json = base64url::decode(part.trim_end_matches('~')).unwrap_or_default();
        let parts: Value = serde_json::from_slice(&json).unwrap_or_default();
        parts.get(1) != Some(&name.into())
    });
    refused(&kept.collect::<String>())
}

#[test]
fn a_disclosure_brings_no_digests_by_name_and_no_second_claim() {
    let with = |name: &str, value: Value| {
        let (text, digests) = hidden(name, &value);
        let mut payload = bare();
        payload.insert("_sd".into(), digests);
        payload.insert("sub".into(), "somebody".into());
        refused(&signed(&payload, &[text]))
    };
    for name in ["_sd", "...", "_sd_alg"] {
        assert_eq!(with(name, json!(["x"])), SdJwtError::Reserved { name: name.into() });
    }
    let taken = with("sub", "somebody else".into());
    assert_eq!(taken, SdJwtError::NameTaken { index: 1, name: "sub".into() });
    // Claims that are there already are not replaced, whatever they are.
    for name in ["vct", "exp", "cnf", "status", "iat", "nbf"] {
        let error = with(name, json!({}));
        assert_eq!(error, SdJwtError::NameTaken { index: 1, name: name.into() });
    }
    // Nor do they come by disclosure where they are not there: they stand openly or not at all.
    for name in ["status", "iss", "vct#integrity", "nbf", "exp", "cnf", "vct", "iat"] {
        let (text, digests) = hidden(name, &json!("x"));
        let mut payload = bare();
        payload.remove(name);
        payload.insert("_sd".into(), digests);
        let error = refused(&signed(&payload, &[text]));
        assert_eq!(error, SdJwtError::NotDisclosable { name: name.into() });
    }
    // Below the top they mean nothing, and two levels do not meet.
    let (inner, digests) = hidden("exp", &1.into());
    let (outer, digests) = hidden("license", &json!({ "_sd": digests }));
    let mut payload = bare();
    payload.insert("_sd".into(), digests);
    let verified = verify(&signed(&payload, &[outer, inner]), &[iaca()], NOW).unwrap();
    assert_eq!(verified.claims["license"], json!({ "exp": 1 }));
}

#[test]
fn elements_of_arrays_are_hidden_whole_and_have_no_name() {
    let element = base64url::encode(r#"["c2FsdA", "FR"]"#);
    let named = base64url::encode(r#"["c2FsdA", "x", "FR"]"#);
    let with = |value: Value, disclosure: &[String]| {
        let mut payload = bare();
        payload.insert("nationalities".into(), value);
        verify(&signed(&payload, disclosure), &[iaca()], NOW).map(|v| v.claims)
    };
    let array = |text: &str| json!(["KR", { "...": digest(text) }, "US"]);
    let claims = with(array(&element), std::slice::from_ref(&element)).unwrap();
    assert_eq!(claims["nationalities"], json!(["KR", "FR", "US"]));
    // What is not disclosed leaves no trace.
    assert_eq!(with(array(&element), &[]).unwrap()["nationalities"], json!(["KR", "US"]));
    let error = with(array(&named), &[named]).unwrap_err();
    assert!(matches!(error, SdJwtError::Disclosure { index: 1, .. }), "{error}");
    let mut payload = bare();
    payload.insert("_sd".into(), json!([digest(&element)]));
    let error = refused(&signed(&payload, std::slice::from_ref(&element)));
    assert!(matches!(error, SdJwtError::Disclosure { index: 1, .. }), "{error}");
    for bad in [
        json!([{ "...": digest(&element), "x": 1 }]),
        json!({ "...": digest(&element) }),
        json!({ "_sd": digest(&element) }),
        json!({ "_sd_alg": "sha-256" }),
    ] {
        let error = with(bad, &[]).unwrap_err();
        assert!(matches!(error, SdJwtError::Reserved { .. }), "{error}");
    }
    assert!(matches!(with(json!([{ "...": 7 }]), &[]), Err(SdJwtError::Claim { .. })));
    assert!(matches!(with(json!({ "_sd": [7] }), &[]), Err(SdJwtError::Claim { .. })));
}

#[test]
fn disclosures_and_payloads_of_another_form_are_refused() {
    for bad in ["[]", "{}", r#"["s"]"#, r#"[1, "n", 2]"#, r#"["s", 1, 2]"#, r#"["s", "n", 1, 2]"#] {
        let error = refused(&format!("{}{}~", issued(), base64url::encode(bad)));
        assert!(matches!(error, SdJwtError::Disclosure { .. }), "{bad}: {error}");
    }
    for bad in ["*", "WyJz"] {
        let error = refused(&format!("{}{bad}~", issued()));
        assert!(matches!(error, SdJwtError::Disclosure { .. } | SdJwtError::Json { .. }));
    }
    let twice = base64url::encode(r#"["s", "n", {"a": 1, "a": 2}]"#);
    assert!(refused(&format!("{}{twice}~", issued())).to_string().contains("twice"));
    assert_eq!(refused(""), SdJwtError::Form);
    assert_eq!(refused("~"), SdJwtError::Form);
    assert_eq!(refused(issued().split('~').next().unwrap()), SdJwtError::Form);
    assert_eq!(refused(&issued().replacen('~', "~~", 1)), SdJwtError::Form);
    let many = issued() + &"WyJz~".repeat(MAX_DISCLOSURES);
    assert!(matches!(refused(&many), SdJwtError::TooMany { .. }));
    let long = issued() + &"A".repeat(MAX_CREDENTIAL) + "~";
    assert!(matches!(refused(&long), SdJwtError::TooLarge { .. }));
    let mut deep = json!(1);
    for _ in 0..20 {
        deep = json!([deep]);
    }
    let mut payload = bare();
    payload.insert("deep".into(), deep);
    assert_eq!(refused(&signed(&payload, &[])), SdJwtError::TooDeep);
    let deeper =
        base64url::encode(format!(r#"["s", "n", {}1{}]"#, "[".repeat(500), "]".repeat(500)));
    assert!(matches!(refused(&format!("{}{deeper}~", issued())), SdJwtError::Json { .. }));

    let with = |name: &str, value: Value| {
        let mut payload = bare();
        payload.insert(name.into(), value);
        refused(&signed(&payload, &[]))
    };
    assert_eq!(with("_sd_alg", "sha-512".into()), SdJwtError::Hash { got: "sha-512".into() });
    for (name, value) in [
        ("_sd_alg", json!(1)),
        ("vct", json!("")),
        ("vct", json!(7)),
        ("exp", json!("2025")),
        ("exp", json!(1.5e9)),
        ("exp", json!(i64::MAX)),
        ("iat", json!(-1)),
        ("nbf", json!(4_000_000_000_000_i64)),
        ("status", json!({})),
        ("status", json!({ "status_list": { "idx": -1, "uri": "x" } })),
        ("cnf", json!({ "kid": "1" })),
    ] {
        let error = with(name, value.clone());
        assert!(matches!(error, SdJwtError::Claim { .. }), "{name} {value}: {error}");
    }
    for name in ["vct", "exp", "iat", "cnf"] {
        let mut payload = bare();
        payload.remove(name);
        assert!(matches!(refused(&signed(&payload, &[])), SdJwtError::Claim { .. }), "{name}");
    }
    // The holder's private key in the credential: then anyone is the holder.
    let mut jwk = bare()["cnf"]["jwk"].clone();
    jwk["d"] = base64url::encode(key("holder").to_bytes().as_slice()).into();
    assert_eq!(with("cnf", json!({ "jwk": jwk })), SdJwtError::Holder(JwkError::Private));
    let other = json!({ "kty": "oct", "k": "AAAA" });
    assert_eq!(with("cnf", json!({ "jwk": other })), SdJwtError::Holder(JwkError::Private));
    for jwk in [json!("x"), json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" })] {
        let error = with("cnf", json!({ "jwk": jwk }));
        assert!(matches!(error, SdJwtError::Holder(_)), "{error}");
    }
}

#[test]
fn what_others_say_more_is_passed_over() {
    let mut payload = bare();
    for (name, value) in [("kid", "1"), ("use", "sig"), ("alg", "ES256"), ("x-of-ours", "y")] {
        payload["cnf"]["jwk"][name] = value.into();
    }
    payload["status"]["status_list"]["later"] = 1.into();
    payload["status"]["other_mechanism"] = json!({});
    let read = verify(&signed(&payload, &[]), &[iaca()], NOW).unwrap();
    assert_eq!((read.holder, read.status), (key("holder").public(), Some(status())));
    payload["cnf"]["jwk"]["use"] = "enc".into();
    let error = verify(&signed(&payload, &[]), &[iaca()], NOW).unwrap_err();
    assert!(matches!(error, SdJwtError::Holder(JwkError::Use { .. })), "{error}");
}

#[test]
fn only_a_document_signer_of_an_anchor_makes_credentials() {
    let jws = |error: SdJwtError| match error {
        SdJwtError::Jws { part: "issuer", source } => source,
        other => panic!("{other}"),
    };
    let other = profile("TEST IACA", 1).csca(&key("other")).unwrap();
    for anchors in [&[][..], std::slice::from_ref(&other)] {
        let error = jws(verify(&issued(), anchors, NOW).unwrap_err());
        assert!(matches!(error, SignedError::Signer(SignerError::NoAnchor { .. })), "{error}");
    }
    // The signer of status lists stands under the same CA.
    let text = sign_with_chain(TYP, &bare(), &signer_for(oid::OAUTH_STATUS_SIGNING)).unwrap() + "~";
    let error = jws(refused(&text));
    assert!(matches!(error, SignedError::Signer(SignerError::Purpose { .. })), "{error}");
    // A chain with its root, and a signer that is its own root.
    let rooted = Signer::new(key("signer"), vec![signer().certificate().clone(), iaca()]).unwrap();
    let own = Signer::new(key("other"), vec![other]).unwrap();
    for signer in [rooted, own] {
        let text = sign_with_chain(TYP, &bare(), &signer).unwrap() + "~";
        let error = jws(refused(&text));
        assert!(matches!(error, SignedError::Signer(SignerError::SelfSigned { .. })), "{error}");
    }
    let long = Signer::new(key("signer"), vec![signer().certificate().clone(); 4]).unwrap();
    assert!(
        verify(&(sign_with_chain(TYP, &bare(), &long).unwrap() + "~"), &[iaca()], NOW).is_err()
    );

    // Another header over the same payload, with a signature that fits it.
    let good = issued();
    let mut parts = good.split(['.', '~']);
    let header = base64url::decode(parts.next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    let body = parts.next().unwrap();
    let with = |name: &str, value: Value, signature: bool| {
        let mut header = header.clone();
        header[name] = value;
        let input = format!("{}.{body}", base64url::encode(header.to_string()));
        let digest = Hash::Sha256.digest(&[input.as_bytes()]);
        let text = if signature {
            base64url::encode(key("signer").sign_prehash(&digest).to_plain())
        } else {
            String::new()
        };
        verify(&format!("{input}.{text}~"), &[iaca()], NOW)
    };
    assert!(with("kid", "1".into(), true).is_ok());
    assert!(with("typ", "application/dc+sd-jwt".into(), true).is_ok());
    for alg in ["none", "None", "HS256", "ES384", "RS256"] {
        for signature in [true, false] {
            let error = jws(with("alg", alg.into(), signature).unwrap_err());
            assert!(matches!(error, SignedError::Algorithm { .. }), "{alg}: {error}");
        }
    }
    for typ in ["vc+sd-jwt", "JWT", "kb+jwt", "statuslist+jwt"] {
        let error = jws(with("typ", typ.into(), true).unwrap_err());
        assert!(matches!(error, SignedError::Type { .. }), "{typ}: {error}");
    }
    for x5c in [json!([]), json!(["AAAA"]), json!(["*"]), json!("AAAA"), Value::Null] {
        assert!(with("x5c", x5c, true).is_err());
    }
    assert_eq!(jws(with("crit", json!(["b64"]), true).unwrap_err()), SignedError::Critical);
    let error = jws(with("alg", "ES256".into(), false).unwrap_err());
    assert!(matches!(error, SignedError::Signature { .. }), "{error}");
}

#[test]
fn every_flipped_bit_is_noticed() {
    let mut little = hong();
    little.portrait = None;
    let (good, anchors) = (issue_for(&little), [iaca()]);
    for at in 0..good.len() {
        let mut bad = good.clone().into_bytes();
        bad[at] ^= 1 << (at % 7);
        let bad = String::from_utf8(bad).unwrap();
        // A tilde that becomes another character joins two disclosures; both are refused.
        assert!(verify(&bad, &anchors, NOW).is_err(), "character {at}");
        // Cut at a tilde it is the same credential with fewer disclosures, unless a child is
        // left without its parent.
        let cut = &good[..at];
        assert!(cut.ends_with('~') || verify(cut, &anchors, NOW).is_err(), "length {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn only_what_was_issued_is_ever_read(take in prop::collection::vec(0usize..30, 0..30)) {
        // Any choice of the parts in any order: refused, or a part of what was issued.
        static ISSUED: LazyLock<(String, [Certificate; 1])> =
            LazyLock::new(|| (issued(), [iaca()]));
        let (good, anchors) = &*ISSUED;
        let whole = verify(good, anchors, NOW).unwrap().claims;
        let parts: Vec<&str> = good.split_inclusive('~').collect();
        let mut text = parts[0].to_owned();
        for at in take {
            text.push_str(parts[1 + at % (parts.len() - 1)]);
        }
        if let Ok(verified) = verify(&text, anchors, NOW) {
            for (name, value) in verified.claims {
                match (value, &whole[&name]) {
                    (Value::Object(some), Value::Object(all)) => {
                        prop_assert!(some.iter().all(|(name, value)| all[name] == *value));
                    }
                    (value, whole) => prop_assert_eq!(&value, whole),
                }
            }
        }
    }
}
