//! The worked examples of RFC 9901, whose keys stand in its appendix A.5.

use serde::Deserialize;

use super::super::combined::Combined;
use super::super::disclosure::Disclosure;
use super::super::reveal::reveal;
use super::super::verify::holder;
use super::super::{json, present};
use super::*;
use crate::issuance::jwk::RawJwk;
use crate::issuance::signed::Unverified;

#[derive(Deserialize)]
struct Vectors {
    issuer: RawJwk,
    examples: Vec<Example>,
    disclosures: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Example {
    clause: String,
    sd_jwt: String,
    claims: Map<String, Value>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../rfc9901.json")).unwrap()
}

#[test]
fn its_examples_are_read_as_it_says() {
    let Vectors { issuer, examples, .. } = vectors();
    let issuer = issuer.to_public().unwrap();
    assert_eq!(examples.len(), 3);
    for Example { clause, sd_jwt, claims } in examples {
        let combined = Combined::parse(&sd_jwt).unwrap();
        // Its own type, since it is no credential.
        let jws = Unverified::parse(combined.jwt, "example+sd-jwt", MAX_CREDENTIAL).unwrap();
        jws.signed_by(&issuer, "issuer").unwrap();
        assert!(jws.signed_by(&key("other").public(), "issuer").is_err());
        let payload = json::object("payload", &jws.payload).unwrap();
        let revealed = reveal(payload, &combined.disclosures).unwrap();
        assert_eq!(revealed.claims, claims, "{clause}");
        assert_eq!(has_key_binding(&sd_jwt), clause == "5.2");
        let Some(binding) = combined.key_binding else { continue };
        let binding = Unverified::parse(binding, TYP_KEY_BINDING, MAX_CREDENTIAL).unwrap();
        binding.signed_by(&holder(&claims).unwrap(), "holder").unwrap();
        let binding = json::object("key binding", &binding.payload).unwrap();
        assert_eq!(binding["sd_hash"], combined.sd_hash());
    }
}

#[test]
fn a_digest_is_over_the_text_of_a_disclosure() {
    for (i, (text, expected)) in vectors().disclosures.iter().enumerate() {
        assert_eq!(digest(text), *expected);
        let read = Disclosure::parse(1, text).unwrap();
        let (name, value) = [(Some("family_name"), "Möbius"), (None, "FR")][i];
        assert_eq!((read.name.as_deref(), read.value), (name, value.into()));
    }
}

#[test]
fn what_is_no_credential_does_not_pass_for_one() {
    for example in vectors().examples {
        let error = verify(&example.sd_jwt, &[iaca()], NOW).unwrap_err().to_string();
        let expected = if example.clause == "5.2" { "key binding" } else { "dc+sd-jwt" };
        assert!(error.contains(expected), "{error}");
        assert!(present(&example.sd_jwt, &["given_name"], AUDIENCE, &key("holder"), NOW).is_err());
    }
}
