mod attacks;
mod presentation;
mod standard;

use serde_json::{Map, Value, json};
use time::macros::utc_datetime;
use time::{Duration, UtcDateTime};

use super::disclosure::{digest, of_claim};
use super::*;
use crate::crypto::{Curve, SecretKey, SeededRng};
use crate::issuance::signed::sign_with_chain;
use crate::issuance::subject::testing::hong;
use crate::issuance::{AGES, Order, Period, Signer, StatusRef, Subject};
use crate::pki::{Certificate, DistinguishedName, Oid, Profile, oid};

const NOW: UtcDateTime = utc_datetime!(2025-03-28 00:00);
const UNTIL: UtcDateTime = utc_datetime!(2025-06-28 14:59:59);
const VCT: &str = "urn:kr.example:resident:1";
const AUDIENCE: Audience<'static> =
    Audience { aud: "x509_san_dns:verifier.example", nonce: "n-0S6_WzA2Mj" };

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"sd-jwt", label))
}

fn rng() -> SeededRng {
    SeededRng::new(b"sd-jwt", "salts")
}

fn profile(cn: &str, serial: u8) -> Profile {
    Profile {
        subject: DistinguishedName::new("KR", "TEST", cn),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2026-01-01 0:00),
    }
}

fn iaca() -> Certificate {
    profile("TEST IACA", 1).csca(&key("iaca")).unwrap()
}

fn signer_for(purpose: Oid) -> Signer {
    let profile = profile("TEST DS", 2);
    let certificate =
        profile.signer_for(purpose, &key("signer").public(), &iaca(), &key("iaca")).unwrap();
    Signer::new(key("signer"), vec![certificate]).unwrap()
}

fn signer() -> Signer {
    signer_for(oid::MDL_DS)
}

fn status() -> StatusRef {
    StatusRef { idx: 4711, uri: "https://issuer.example/status/1".into() }
}

fn issue_for(subject: &Subject) -> String {
    let holder = key("holder").public();
    let period = Period::new(NOW, UNTIL, signer().certificate()).unwrap();
    let order = Order { subject, holder: &holder, period, status: &status() };
    issue(&order, VCT, &signer(), &mut rng()).unwrap()
}

fn issued() -> String {
    issue_for(&hong())
}

/// What the issuer signs of [`hong`], to be changed.
fn payload(credential: &str) -> Map<String, Value> {
    let payload = credential.split(['.', '~']).nth(1).unwrap();
    let payload = crate::trust::encoding::base64url::decode(payload).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

/// A credential of a payload and disclosures, rightly signed.
fn signed(payload: &Map<String, Value>, disclosures: &[String]) -> String {
    let mut text = sign_with_chain(TYP, payload, &signer()).unwrap() + "~";
    for disclosure in disclosures {
        text = text + disclosure + "~";
    }
    text
}

/// The open claims alone.
fn bare() -> Map<String, Value> {
    let mut payload = payload(&issued());
    payload.remove("_sd");
    payload
}

#[test]
fn what_is_issued_says_all_of_a_person_and_openly_none_of_it() {
    let credential = issued();
    let verified = verify(&credential, &[iaca()], NOW).unwrap();
    assert_eq!(verified.vct, VCT);
    assert_eq!(verified.holder, key("holder").public());
    assert_eq!(verified.status, Some(status()));
    assert_eq!(verified.signer, *signer().certificate());
    let period = verified.period;
    assert_eq!((period.signed(), period.valid_from(), period.valid_until()), (NOW, NOW, UNTIL));
    let ages = [true, true, true, true, false, false, false];
    let ages: Map<_, _> =
        AGES.iter().zip(ages).map(|(age, is)| (age.to_string(), is.into())).collect();
    let expected = json!({
        "family_name": "HONG",
        "given_name": "GILDONG",
        "name": "홍길동",
        "birthdate": "2007-02-28",
        "age_equal_or_over": ages,
        "sex": 1,
        "nationalities": ["KR"],
        "personal_administrative_number": "070228-3980016",
        "address": { "formatted": "세종특별자치시 시험로 1 (TEST)" },
        "picture": "data:image/jpeg;base64,/9j/2Q==",
        "document_number": "TS0000001",
        "issuing_authority": "TEST iccard",
        "issuing_country": "KR",
        "date_of_issuance": "2025-03-28",
        "date_of_expiry": "2028-03-28",
    });
    assert_eq!(Value::Object(verified.claims), expected);

    // What is signed has nothing but digests of it, as many whoever it is about.
    let open: Vec<String> = payload(&credential).keys().cloned().collect();
    assert_eq!(open, ["_sd", "_sd_alg", "cnf", "exp", "iat", "nbf", "status", "vct"]);
    let digests = |credential: &str| payload(credential)["_sd"].as_array().unwrap().len();
    let mut little = hong();
    (little.portrait, little.address, little.personal_number) = (None, None, None);
    (little.family_name_national, little.given_name_national) = (None, None);
    let little = issue_for(&little);
    assert_eq!((digests(&credential), digests(&little)), (CLAIMS.len(), CLAIMS.len()));
    let claims = verify(&little, &[iaca()], NOW).unwrap().claims;
    for absent in ["picture", "address", "name", "personal_administrative_number"] {
        assert!(!claims.contains_key(absent), "{absent}");
    }
    // The same seed gives the same bytes, and no salt is used twice.
    assert_eq!(issued(), credential);
    let mut salts: Vec<String> = credential
        .split('~')
        .skip(1)
        .filter(|text| !text.is_empty())
        .map(|text| crate::trust::encoding::base64url::decode(text).unwrap())
        .map(|json| serde_json::from_slice::<Value>(&json).unwrap()[0].as_str().unwrap().into())
        .collect();
    let count = salts.len();
    salts.sort_unstable();
    salts.dedup();
    assert_eq!((salts.len(), count), (CLAIMS.len() + AGES.len() + 1, count));
    assert!(salts.iter().all(|salt| salt.len() == 22));
}

#[test]
fn it_is_good_from_its_first_second_to_its_last() {
    let credential = issued();
    let at = |at| verify(&credential, &[iaca()], at);
    assert!(at(NOW - Duration::MINUTE).is_ok() && at(UNTIL).is_ok());
    assert!(at(UNTIL + Duration::milliseconds(999)).is_ok());
    let early = NOW - Duration::seconds(61);
    assert_eq!(at(early), Err(SdJwtError::NotYet { from: NOW, at: early }));
    let late = UNTIL + Duration::SECOND;
    assert_eq!(at(late), Err(SdJwtError::Expired { until: UNTIL, at: late }));
}

#[test]
fn nothing_personal_is_printed() {
    let verified = verify(&issued(), &[iaca()], NOW).unwrap();
    assert_eq!(format!("{verified:?}"), format!("Verified {{ vct: {VCT:?}, .. }}"));
}
