use ciborium::Value;
use proptest::prelude::*;
use serde_json::json;
use time::macros::utc_datetime;
use time::{Duration, UtcDateTime};

use super::super::subject::testing::hong;
use super::super::{Order, Period, PeriodError, Signer, SignerError, StatusRef, Subject};
use super::cbor::{self, decode, embed, encode};
use super::mso::Mso;
use super::*;
use crate::crypto::{Curve, PublicKey, SecretKey, SeededRng};
use crate::pki::{Certificate, Contact, DistinguishedName, Profile};

mod issued;
mod presented;
mod published;
mod refused;

const DOC_TYPE: &str = "kr.example.resident.1";
const NOW: UtcDateTime = utc_datetime!(2025-03-28 3:04:05.678);

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"mdoc", label))
}

fn profile(cn: &str) -> Profile {
    Profile {
        subject: DistinguishedName::new("KR", "TEST", cn),
        serial: vec![1],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2026-01-01 0:00),
    }
}

fn contact() -> Contact {
    Contact { uri: "https://issuer.example".into(), crl: None }
}

fn iaca() -> Certificate {
    profile("TEST IACA").iaca(&key("iaca"), &contact()).unwrap()
}

fn signer() -> Signer {
    let key = key("signer");
    let certificate = profile("TEST DS");
    let certificate =
        certificate.mdoc_signer(&key.public(), &iaca(), &self::key("iaca"), &contact());
    Signer::new(key, vec![certificate.unwrap()]).unwrap()
}

fn status() -> StatusRef {
    StatusRef { idx: 412, uri: "https://issuer.example/status/1".into() }
}

fn period() -> Period {
    Period::new(NOW, utc_datetime!(2025-06-26 0:00), signer().certificate()).unwrap()
}

fn issue_to(subject: &Subject, holder: &PublicKey) -> Result<Vec<u8>, MdocError> {
    let order = Order { subject, holder, period: period(), status: &status() };
    issue(&order, DOC_TYPE, &signer(), &mut SeededRng::new(b"mdoc", "salts"))
}

fn issued() -> Vec<u8> {
    issue_to(&hong(), &key("holder").public()).unwrap()
}

fn judged(mdoc: &[u8]) -> Result<Verified, MdocError> {
    verify(mdoc, &[iaca()], NOW)
}

fn member<'a>(map: &'a mut Value, key: &str) -> &'a mut Value {
    let map = map.as_map_mut().unwrap();
    &mut map.iter_mut().find(|(k, _)| k.as_text() == Some(key)).unwrap().1
}

fn altered(mdoc: &[u8], alter: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value = decode("test", mdoc).unwrap();
    alter(&mut value);
    encode("test", &value).unwrap()
}

fn items(mdoc: &mut Value) -> &mut Vec<Value> {
    member(member(mdoc, "nameSpaces"), DOC_TYPE).as_array_mut().unwrap()
}
