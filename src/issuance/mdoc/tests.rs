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

// ---- what the standards print ----

fn published() -> serde_json::Value {
    let text = include_str!("../../../tests/vectors/mdoc_iso18013_5.json");
    serde_json::from_str(text).unwrap()
}

fn bytes(value: &serde_json::Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn the_example_of_the_standard_verifies() {
    let published = published();
    let iaca = Certificate::from_der(&bytes(&published["iaca"])).unwrap();
    let element = |e: &serde_json::Value| decode("test", &bytes(e)).unwrap();
    let shown = published["elements"].as_array().unwrap().iter().map(element).collect();
    let auth = decode("test", &bytes(&published["issuer_auth"])).unwrap();
    let namespace = "org.iso.18013.5.1";
    let document = Value::Map(vec![
        ("nameSpaces".into(), Value::Map(vec![(namespace.into(), Value::Array(shown))])),
        ("issuerAuth".into(), auth),
    ]);
    let document = encode("test", &document).unwrap();
    let at = utc_datetime!(2021-01-01 0:00);
    let verified = verify(&document, std::slice::from_ref(&iaca), at).unwrap();
    assert_eq!(verified.doc_type, "org.iso.18013.5.1.mDL");
    let shown = &verified.elements[namespace];
    assert_eq!(shown["family_name"], "Doe");
    assert_eq!(shown["issue_date"], "2019-10-20");
    assert_eq!(shown["document_number"], "123456789");
    assert_eq!(shown["driving_privileges"][1]["vehicle_category_code"], "B");
    assert_eq!(shown.len(), 5);
    assert_eq!(verified.period.valid_until(), utc_datetime!(2021-10-01 13:30:02));
    assert_eq!(verified.status, None);
    let holder = SecretKey::from_bytes(Curve::P256, &bytes(&published["device_key_private"]));
    let holder = holder.unwrap();
    assert_eq!(verified.holder, holder.public());

    // Its own times reach beyond the certificate, which ends first.
    let late = utc_datetime!(2021-10-01 0:00:01);
    let late = verify(&document, std::slice::from_ref(&iaca), late);
    assert!(matches!(late, Err(MdocError::Signer(SignerError::NotValid { .. }))), "{late:?}");
    let ours = verify(&document, &[self::iaca()], at);
    assert!(matches!(ours, Err(MdocError::Signer(SignerError::NoAnchor { .. }))), "{ours:?}");

    // And it can be shown.
    let transcript = Transcript::openid4vp("c", "n", None, "u").unwrap();
    let response = present(&document, &["family_name"], &transcript, &holder).unwrap();
    let shown = verify_presentation(&response, &transcript, &[iaca], at).unwrap();
    assert_eq!(shown.elements[namespace].len(), 1);
}

#[test]
fn the_example_with_a_status_verifies() {
    let published = published();
    let iaca = Certificate::from_der(&bytes(&published["iaca"])).unwrap();
    let auth = decode("test", &bytes(&published["issuer_auth_with_status"])).unwrap();
    let document = encode("test", &Value::Map(vec![("issuerAuth".into(), auth)])).unwrap();
    let verified = verify(&document, &[iaca], utc_datetime!(2025-01-01 0:00)).unwrap();
    let uri = "https://example.com/statuslists/1".to_owned();
    assert_eq!(verified.status, Some(StatusRef { idx: 412, uri }));
    assert!(verified.elements.is_empty());
}

#[test]
fn transcripts_are_those_of_openid4vp() {
    let example = &published()["openid4vp"];
    let text = |name: &str| example[name].as_str().unwrap();
    let jwk: super::super::jwk::RawJwk = serde_json::from_value(example["jwk"].clone()).unwrap();
    let thumbprint = super::super::thumbprint(&jwk.to_public().unwrap());
    assert_eq!(thumbprint.as_bytes(), &bytes(&example["thumbprint"])[..]);
    let (nonce, key) = (text("nonce"), Some(&thumbprint));
    let redirect = Transcript::openid4vp(text("client_id"), nonce, key, text("response_uri"));
    assert_eq!(redirect.unwrap().to_cbor().unwrap(), bytes(&example["transcript"]));
    let api = Transcript::openid4vp_dc_api(text("origin"), nonce, key).unwrap();
    assert_eq!(api.to_cbor().unwrap(), bytes(&example["transcript_dc_api"]));
}

// ---- what is issued ----

#[test]
fn what_is_issued_says_what_was_ordered() {
    let verified = judged(&issued()).unwrap();
    assert_eq!(verified.doc_type, DOC_TYPE);
    assert_eq!(verified.holder, key("holder").public());
    assert_eq!((verified.period, verified.status.as_ref()), (period(), Some(&status())));
    assert_eq!(verified.issuer, *signer().certificate());
    let expected = json!({
        "family_name": "HONG", "given_name": "GILDONG",
        "family_name_national_character": "홍", "given_name_national_character": "길동",
        "birth_date": "2007-02-28", "sex": 1, "nationality": "KR",
        "personal_administrative_number": "070228-3980016",
        "resident_address": "세종특별자치시 시험로 1 (TEST)", "portrait": "_9j_2Q",
        "document_number": "TS0000001", "issuing_authority": "TEST iccard",
        "issuing_country": "KR", "issue_date": "2025-03-28", "expiry_date": "2028-03-28",
        "age_over_14": true, "age_over_15": true, "age_over_17": true, "age_over_18": true,
        "age_over_19": false, "age_over_20": false, "age_over_65": false,
    });
    assert_eq!(json!(verified.elements[DOC_TYPE]), expected);
    assert_eq!(verified.element("sex"), Some(&json!(1)));
    let told = format!("{verified:?}");
    assert!(!told.contains("HONG") && !told.contains("2007"), "{told}");

    let sparse = Subject {
        family_name_national: None,
        given_name_national: None,
        sex: None,
        personal_number: None,
        address: None,
        portrait: None,
        document_number: None,
        ..hong()
    };
    let sparse = judged(&issue_to(&sparse, &key("holder").public()).unwrap()).unwrap();
    assert_eq!(sparse.elements[DOC_TYPE].len(), 22 - 7);
    assert_eq!(sparse.element("portrait"), None);
}

#[test]
fn the_wire_is_that_of_the_standard() {
    let mut mdoc = decode("test", &issued()).unwrap();
    let auth = member(&mut mdoc, "issuerAuth").clone().into_array().unwrap();
    assert_eq!(auth[0], Value::Bytes(vec![0xA1, 0x01, 0x26]));
    let chain = Value::Bytes(signer().certificate().der().to_vec());
    assert_eq!(auth[1], Value::Map(vec![(33.into(), chain)]));
    assert_eq!(auth[3].as_bytes().unwrap().len(), 64);
    let payload = auth[2].as_bytes().unwrap();
    assert_eq!(payload[..3], [0xD8, 0x18, 0x59]);
    let payload = cbor::embedded("test", &decode("test", payload).unwrap()).unwrap();
    let text = String::from_utf8_lossy(&payload).into_owned();
    for time in ["2025-03-28T03:04:05Z", "2025-06-26T00:00:00Z"] {
        assert!(text.contains(time), "{text}");
    }
    // The salts are 32 bytes and differ; the digests' order says nothing of the elements'.
    let read = items(&mut mdoc).iter().map(|item| {
        let mut item = decode("test", &cbor::embedded("test", item).unwrap()).unwrap();
        let id = cbor::uint("test", member(&mut item, "digestID")).unwrap();
        (id, member(&mut item, "random").clone().into_bytes().unwrap())
    });
    let (ids, salts): (Vec<u64>, Vec<_>) = read.unzip();
    assert!(!ids.is_sorted(), "{ids:?}");
    let (mut sorted, mut different) = (ids.clone(), salts.clone());
    sorted.sort_unstable();
    different.sort();
    different.dedup();
    assert_eq!(sorted, (0..22).collect::<Vec<_>>());
    assert!(different.len() == 22 && salts.iter().all(|s| s.len() == 32));
    // Two certificates stand in an array (RFC 9360).
    let chain = [vec![1], vec![2]];
    let two = cose::sign("test", b"", false, &chain, &key("signer")).unwrap();
    let expected = Value::Array(chain.into_iter().map(Value::Bytes).collect());
    assert_eq!(two.as_array().unwrap()[1], Value::Map(vec![(33.into(), expected)]));
}

#[test]
fn who_may_not_sign_does_not() {
    let (subject, holder) = (hong(), key("holder").public());
    let issue_by = |subject: &Subject, period, signer: &Signer| {
        let order = Order { subject, holder: &holder, period, status: &status() };
        issue(&order, DOC_TYPE, signer, &mut SeededRng::new(b"mdoc", "salts"))
    };
    let abroad = Subject { issuing_country: "XX".into(), ..hong() };
    let abroad = issue_by(&abroad, period(), &signer());
    assert_eq!(abroad, Err(MdocError::Country { certificate: "KR".into() }));

    let status = profile("TEST Status");
    let status = status.status_signer(&key("signer").public(), &iaca(), &key("iaca")).unwrap();
    let status = Signer::new(key("signer"), vec![status]).unwrap();
    let refused = issue_by(&subject, period(), &status);
    assert!(matches!(refused, Err(MdocError::Signer(SignerError::Purpose { .. }))), "{refused:?}");

    let chain = vec![signer().certificate().clone(), iaca()];
    let with_root = Signer::new(key("signer"), chain).unwrap();
    let refused = issue_by(&subject, period(), &with_root);
    assert!(matches!(refused, Err(MdocError::Signer(SignerError::SelfSigned { .. }))));

    let day = Duration::DAY;
    let of = |from, until| Period::of(from, from, until).unwrap();
    let early = utc_datetime!(2024-12-31 0:00);
    let refused = issue_by(&subject, of(early, early + 9 * day), &signer());
    assert!(matches!(refused, Err(MdocError::SignedOutside { .. })), "{refused:?}");
    let refused = issue_by(&subject, of(NOW, NOW + 365 * day), &signer());
    assert!(matches!(refused, Err(MdocError::NotValid { .. })), "{refused:?}");

    let brainpool =
        SecretKey::generate(Curve::BrainpoolP256r1, &mut SeededRng::new(b"mdoc", "brainpool"));
    let refused = issue_to(&subject, &brainpool.public());
    assert_eq!(refused, Err(MdocError::Algorithm { what: "deviceKey" }));
    let large = Subject { portrait: Some(vec![0; MAX_MDOC]), ..hong() };
    assert!(matches!(issue_to(&large, &holder), Err(MdocError::TooMuch { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    // Whole seconds, in order, inside the certificate's validity, and read as they were ordered.
    #[test]
    fn times_are_read_as_they_were_ordered(now in 0_i64..365 * 86_400, nanos in 0_i64..1_000_000_000, days in 1_i64..4000) {
        let now = utc_datetime!(2025-01-01 0:00) + Duration::seconds(now) + Duration::nanoseconds(nanos);
        let signer = signer();
        let period = Period::new(now, now + Duration::days(days), signer.certificate());
        prop_assume!(period.is_ok());
        let period = period.unwrap();
        let (subject, holder, status) = (hong(), key("holder").public(), status());
        let order = Order { subject: &subject, holder: &holder, period, status: &status };
        let mdoc = issue(&order, DOC_TYPE, &signer, &mut SeededRng::new(b"mdoc", "time")).unwrap();
        let verified = verify(&mdoc, &[iaca()], now).unwrap();
        prop_assert_eq!(verified.period, period);
        let last = period.valid_until();
        prop_assert!(last <= signer.certificate().validity().not_after);
        prop_assert!(verify(&mdoc, &[iaca()], last + Duration::milliseconds(999)).is_ok());
        prop_assert!(verify(&mdoc, &[iaca()], last + Duration::SECOND).is_err());
        prop_assert!(verify(&mdoc, &[iaca()], period.valid_from() - Duration::SECOND).is_err());
    }
}

// ---- what is refused ----

#[test]
fn every_flipped_bit_is_noticed() {
    let mdoc = issued();
    let transcript = Transcript::openid4vp("c", "n", None, "u").unwrap();
    let shown = present(&mdoc, &["age_over_19"], &transcript, &key("holder")).unwrap();
    let anchors = [iaca()];
    for at in 0..mdoc.len() {
        let mut bad = mdoc.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(verify(&bad, &anchors, NOW).is_err(), "byte {at}");
        assert!(at % 64 != 0 || verify(&mdoc[..at], &anchors, NOW).is_err());
    }
    // The same bytes in part: every third.
    for at in (0..shown.len()).step_by(3) {
        let mut bad = shown.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(verify_presentation(&bad, &transcript, &anchors, NOW).is_err(), "byte {at}");
    }
}

#[test]
fn elements_that_were_not_signed_are_refused() {
    let mdoc = issued();
    let alter = |alter: &dyn Fn(&mut Vec<Value>)| {
        judged(&altered(&mdoc, |mdoc| alter(items(mdoc)))).unwrap_err()
    };
    let twice = alter(&|items| items.push(items[0].clone()));
    assert_eq!(twice, MdocError::Twice { element: "family_name".into() });
    // Another value with the right salt, and an element that nobody signed.
    let forged = alter(&|items| {
        let mut item = decode("test", &cbor::embedded("test", &items[19]).unwrap()).unwrap();
        *member(&mut item, "elementValue") = true.into();
        items[19] = embed(encode("test", &item).unwrap());
    });
    assert_eq!(forged, MdocError::Digest { element: "age_over_19".into() });
    let stranger = alter(&|items| {
        items.push(item::Item::new(99, &[0; 32], "stranger", 1.into()).unwrap().into_value());
    });
    assert_eq!(stranger, MdocError::Digest { element: "stranger".into() });
    let moved = altered(&mdoc, |mdoc| {
        let all = member(mdoc, "nameSpaces").as_map_mut().unwrap();
        all[0].0 = "kr.example.other.1".into();
    });
    assert!(matches!(judged(&moved), Err(MdocError::Digest { .. })));
    // Fewer are no fault: the holder chooses.
    let fewer = altered(&mdoc, |mdoc| items(mdoc).truncate(1));
    assert_eq!(judged(&fewer).unwrap().elements[DOC_TYPE].len(), 1);
}

// A document that this signer signed, whatever it says.
fn signed(mso: &Mso, items: Vec<item::Item>) -> Vec<u8> {
    let chain = [signer().certificate().der().to_vec()];
    let auth = cose::sign("test", &mso.encode().unwrap(), false, &chain, &key("signer")).unwrap();
    let items = items.into_iter().map(item::Item::into_value).collect();
    let namespaces = Value::Map(vec![(DOC_TYPE.into(), Value::Array(items))]);
    let document = Value::Map(vec![("nameSpaces".into(), namespaces), ("issuerAuth".into(), auth)]);
    encode("test", &document).unwrap()
}

fn mso(items: &[item::Item]) -> Mso {
    let hash = crate::crypto::Hash::Sha384;
    let digests = items.iter().map(|i| (i.digest_id, i.digest(hash).unwrap())).collect();
    Mso {
        doc_type: DOC_TYPE.into(),
        hash,
        digests: [(DOC_TYPE.to_owned(), digests)].into(),
        holder: key("holder").public(),
        period: period(),
        status: None,
    }
}

#[test]
fn a_signature_does_not_excuse_what_is_signed() {
    let item = |id, random: &[u8], name: &str, value: Value| {
        item::Item::new(id, random, name, value).unwrap()
    };
    let with = |items: Vec<item::Item>, alter: &dyn Fn(&mut Mso)| {
        let mut mso = mso(&items);
        alter(&mut mso);
        judged(&signed(&mso, items))
    };
    let good = || vec![item(7, &[1; 16], "issuing_country", "KR".into())];
    let verified = with(good(), &|_| {}).unwrap();
    assert_eq!(
        (verified.element("issuing_country"), &verified.status),
        (Some(&json!("KR")), &None)
    );

    let abroad = with(vec![item(0, &[1; 16], "issuing_country", "XX".into())], &|_| {});
    assert_eq!(abroad.unwrap_err(), MdocError::Country { certificate: "KR".into() });
    let same = |name| item(0, &[1; 16], name, 1.into());
    assert!(matches!(with(vec![same("a"), same("b")], &|_| {}), Err(MdocError::Digest { .. })));
    let twice = with(vec![same("a"), item(1, &[1; 16], "a", 2.into())], &|_| {});
    assert_eq!(twice.unwrap_err(), MdocError::Twice { element: "a".into() });
    let short = with(vec![item(0, &[1; 15], "a", 1.into())], &|_| {});
    assert_eq!(short.unwrap_err(), MdocError::structure("random", "at least 16 bytes"));
    let high = with(vec![item(1 << 31, &[1; 16], "a", 1.into())], &|_| {});
    assert!(matches!(high, Err(MdocError::Structure { .. })), "{high:?}");

    let day = Duration::DAY;
    let stale = |from: Duration, until: Duration| {
        with(good(), &move |mso| {
            let (from, until) = (NOW.truncate_to_second() + from, NOW + until);
            mso.period = Period::of(from, from, until).unwrap();
        })
    };
    assert!(matches!(stale(-9 * day, -day), Err(MdocError::NotValid { .. })));
    assert!(matches!(stale(day, 9 * day), Err(MdocError::NotValid { .. })));
    assert!(matches!(stale(-180 * day, 9 * day), Err(MdocError::SignedOutside { .. })));
    let control = |mso: &mut Mso| mso.doc_type = "\u{1b}[2J".into();
    assert!(matches!(with(good(), &control), Err(MdocError::Structure { what: "docType", .. })));
    let uri = |mso: &mut Mso| mso.status = Some(StatusRef { idx: 1, uri: "a\nb".into() });
    assert!(matches!(with(good(), &uri), Err(MdocError::Structure { what: "uri", .. })));
}

// The payload as we would never write it.
#[test]
fn security_objects_that_say_too_little_or_otherwise_are_refused() {
    let payload = Mso { status: Some(status()), ..mso(&[]) }.encode().unwrap();
    let payload = cbor::embedded("test", &decode("test", &payload).unwrap()).unwrap();
    let read = |alter: &dyn Fn(&mut Value)| {
        let payload = altered(&payload, |mso| alter(mso));
        Mso::read(&encode("test", &embed(payload)).unwrap()).map(drop).unwrap_err().to_string()
    };
    let set =
        |name: &'static str, value: Value| read(&move |mso| *member(mso, name) = value.clone());
    assert!(set("version", "2.0".into()).contains("1.0 expected"));
    assert!(set("digestAlgorithm", "MD5".into()).contains("digestAlgorithm"));
    let tdate = |text: &str| Value::Tag(0, Box::new(text.into()));
    for (bad, expected) in [
        (tdate("2025-03-28T03:04:05.5Z"), "whole seconds"),
        (tdate("2025-03-28T12:04:05+09:00"), "whole seconds"),
        (tdate("2025-02-30T00:00:00Z"), "whole seconds"),
        ("2025-03-28T03:04:05Z".into(), "whole seconds"),
        (Value::Tag(1, Box::new(0.into())), "whole seconds"),
        (tdate("2025-06-26T00:00:00Z"), "it would be good"),
    ] {
        let told = read(&|mso| *member(member(mso, "validityInfo"), "validFrom") = bad.clone());
        assert!(told.contains(expected), "{bad:?}: {told}");
    }
    assert!(
        set("status", Value::Map(vec![("identifier_list".into(), 1.into())]))
            .contains("status_list")
    );
    let key = |label: i64, value: Value| {
        read(&move |mso| {
            let key = member(member(mso, "deviceKeyInfo"), "deviceKey").as_map_mut().unwrap();
            key.retain(|(k, _)| *k != label.into());
            key.push((label.into(), value.clone()));
        })
    };
    let off_the_curve = Value::Bytes(vec![1; 32]);
    for told in [
        key(1, 1.into()),
        key(-1, 8.into()),
        key(-2, off_the_curve),
        key(-3, false.into()),
        key(-4, Value::Bytes(vec![1; 32])),
        key(3, (-35).into()),
    ] {
        assert!(told.contains("COSE_Key"), "{told}");
    }
    assert!(Period::of(NOW, NOW, NOW).is_err_and(|e| matches!(e, PeriodError::Empty { .. })));
}

#[test]
fn headers_that_could_mean_something_else_are_refused() {
    let mdoc = issued();
    let auth = |at: usize, value: Value| {
        let bad = altered(&mdoc, |mdoc| {
            member(mdoc, "issuerAuth").as_array_mut().unwrap()[at] = value;
        });
        judged(&bad).unwrap_err().to_string()
    };
    let header = |map: Vec<(i64, Value)>| {
        Value::Map(map.into_iter().map(|(k, v)| (Value::from(k), v)).collect())
    };
    let protected = |map| auth(0, Value::Bytes(encode("test", &header(map)).unwrap()));
    let chain = || (33, Value::Bytes(signer().certificate().der().to_vec()));
    assert!(protected(vec![]).contains("algorithm alone"));
    assert!(protected(vec![(1, (-7).into()), chain()]).contains("algorithm alone"));
    for other in [-35, -8, -257, 5] {
        assert!(protected(vec![(1, other.into())]).contains("algorithm came"), "{other}");
    }
    assert!(auth(1, header(vec![])).contains("x5chain"));
    for forbidden in [1, 2] {
        let told = auth(1, header(vec![chain(), (forbidden, 1.into())]));
        assert!(told.contains("unprotected"), "{told}");
    }
    assert!(auth(2, Value::Null).contains("payload"));
    assert!(auth(3, Value::Bytes(vec![0; 64])).contains("signature"));
    assert!(auth(3, Value::Bytes(vec![])).contains("signature"));
    let two = Value::Array(vec![chain().1, Value::Bytes(iaca().der().to_vec())]);
    assert!(auth(1, header(vec![(33, two)])).contains("signed itself"));
    let tagged = altered(&mdoc, |mdoc| {
        let auth = member(mdoc, "issuerAuth");
        *auth = Value::Tag(18, Box::new(auth.clone()));
    });
    assert!(judged(&tagged).unwrap_err().to_string().contains("without a tag"));
    let more = altered(&mdoc, |mdoc| mdoc.as_map_mut().unwrap().push(("x".into(), 1.into())));
    assert!(judged(&more).unwrap_err().to_string().contains("no other member"));

    let nested = super::super::cose::testing::nested(9000);
    assert!(auth(0, Value::Bytes(nested.clone())).contains("algorithm alone"));
    let nested: Value = ciborium::from_reader(nested.as_slice()).unwrap();
    assert!(auth(1, nested).contains("not countersigned"));
}

#[test]
fn a_presentation_is_good_for_one_request_and_shows_what_was_chosen() {
    let mdoc = issued();
    let transcript = |nonce| Transcript::openid4vp("client", nonce, None, "https://v.example/r");
    let transcript = |nonce| transcript(nonce).unwrap();
    let holder = key("holder");
    let chosen = ["age_over_19", "portrait"];
    let shown = present(&mdoc, &chosen, &transcript("1"), &holder).unwrap();
    let judge =
        |response: &[u8], nonce| verify_presentation(response, &transcript(nonce), &[iaca()], NOW);
    let verified = judge(&shown, "1").unwrap();
    assert_eq!(verified.elements[DOC_TYPE].keys().collect::<Vec<_>>(), ["age_over_19", "portrait"]);
    assert_eq!(verified.status, Some(status()));
    assert_eq!(judge(&shown, "2").unwrap_err(), MdocError::NotHolder);
    for hidden in ["HONG", "2007-02-28", "070228"] {
        assert!(!shown.windows(hidden.len()).any(|w| w == hidden.as_bytes()), "{hidden}");
    }
    let none = present(&mdoc, &[], &transcript("1"), &holder).unwrap();
    assert!(judge(&none, "1").unwrap().elements.is_empty());

    let missing = present(&mdoc, &["shoe_size"], &transcript("1"), &holder);
    assert_eq!(missing, Err(MdocError::NoElement { element: "shoe_size".into() }));
    let stranger = present(&mdoc, &chosen, &transcript("1"), &key("stranger"));
    assert_eq!(stranger, Err(MdocError::NotHolder));

    let bad = |alter: &dyn Fn(&mut Value)| {
        let bad = altered(&shown, |response| {
            alter(&mut member(response, "documents").as_array_mut().unwrap()[0]);
        });
        judge(&bad, "1").unwrap_err().to_string()
    };
    let told = bad(&|document| *member(document, "docType") = "kr.example.other.1".into());
    assert!(told.contains("kr.example.other.1"), "{told}");
    let told = bad(&|document| {
        let own = encode("test", &Value::Map(vec![("x".into(), Value::Map(vec![]))])).unwrap();
        *member(member(document, "deviceSigned"), "nameSpaces") = embed(own);
    });
    assert!(told.contains("device's own"), "{told}");
    let told = bad(&|document| {
        let auth = member(member(document, "deviceSigned"), "deviceAuth");
        auth.as_map_mut().unwrap()[0].0 = "deviceMac".into();
    });
    assert!(told.contains("deviceSignature"), "{told}");
    let told = bad(&|document| {
        let mac = member(member(document, "deviceSigned"), "deviceAuth");
        let signature = member(mac, "deviceSignature").as_array_mut().unwrap();
        signature[2] = Value::Bytes(vec![1]);
    });
    assert!(told.contains("no payload"), "{told}");
    let top = |name: &'static str, value: Value| {
        let bad = altered(&shown, |response| *member(response, name) = value);
        judge(&bad, "1").unwrap_err().to_string()
    };
    assert!(top("status", 10.into()).contains("status"));
    assert!(top("version", "1.1".into()).contains("version"));
    assert!(top("documents", Value::Array(vec![])).contains("one document"));
}
