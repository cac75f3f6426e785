use ciborium::Value;
use coset::{CoseSign1, TaggedCborSerializable};
use proptest::prelude::*;
use time::macros::utc_datetime;
use time::{Duration, UtcDateTime};

use super::super::signer::SignerError;
use super::super::{SignedError, Signer, Status};
use super::*;
use crate::crypto::{Curve, Hash, SecretKey, SeededRng};
use crate::pki::{Certificate, DistinguishedName, Oid, Profile, oid};
use crate::trust::encoding::base64url;

const URI: &str = "https://issuer.example/status/1";
const NOW: UtcDateTime = utc_datetime!(2025-03-28 00:00);

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"status list", label))
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
    let certificate = profile("TEST status", 2);
    let certificate =
        certificate.signer_for(purpose, &key("status").public(), &iaca(), &key("iaca")).unwrap();
    Signer::new(key("status"), vec![certificate]).unwrap()
}

fn signer() -> Signer {
    signer_for(oid::OAUTH_STATUS_SIGNING)
}

fn token() -> Token {
    let (iat, exp) = (NOW, NOW + Duration::DAY);
    Token { uri: URI.into(), iat, exp, ttl: Duration::minutes(10) }
}

fn list() -> StatusList {
    let mut list = StatusList::new(1000);
    list.set(1, Status::Invalid).unwrap();
    list.set(998, Status::Suspended).unwrap();
    list
}

#[derive(serde::Deserialize)]
struct Vector {
    bits: u64,
    lst: String,
    entries: u64,
    // Every other entry is 0.
    status: Vec<(u64, u8)>,
}

#[test]
fn the_vectors_of_the_draft_are_read_and_made() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    assert_eq!(vectors.len(), 5);
    for vector in vectors {
        let zlib = base64url::decode(&vector.lst).unwrap();
        let read = StatusList::decompress(vector.bits, &zlib).unwrap();
        assert_eq!(read.entries(), vector.entries);
        let len = usize::try_from(vector.entries * vector.bits / 8).unwrap();
        let mut made = StatusList::from_bytes(read.bits(), vec![0; len]).unwrap();
        for (idx, value) in &vector.status {
            assert_eq!(read.get(*idx), Ok(Status::of(*value)), "{idx}");
            made.set(*idx, Status::of(*value)).unwrap();
        }
        // Every entry that the draft does not name is 0.
        assert_eq!(made, read);
        let again = made.compress().unwrap();
        assert_eq!(StatusList::decompress(vector.bits, &again).unwrap(), read);
        // Level 9 of zlib, in whatever encoder.
        assert!(again.len() <= zlib.len() * 2 + 16, "{} for {}", again.len(), zlib.len());
        let past = StatusError::NoEntry { idx: vector.entries, entries: vector.entries };
        assert_eq!(read.get(vector.entries), Err(past));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_list_is_an_array(
        bits in prop::sample::select(vec![1u8, 2, 4, 8]),
        len in 1usize..64,
        changes in prop::collection::vec((0u64..600, any::<u8>()), 0..80),
    ) {
        let mut list = StatusList::from_bytes(bits, vec![0; len]).unwrap();
        let mut array = vec![0; usize::try_from(list.entries()).unwrap()];
        for (idx, value) in changes {
            let fits = u32::from(value) < 1 << bits;
            match array.get_mut(usize::try_from(idx).unwrap()) {
                Some(entry) if fits => {
                    *entry = value;
                    list.set(idx, Status::of(value)).unwrap();
                }
                _ => prop_assert!(list.set(idx, Status::of(value)).is_err()),
            }
        }
        let again = StatusList::decompress(bits.into(), &list.compress().unwrap()).unwrap();
        for (idx, value) in array.iter().enumerate() {
            prop_assert_eq!(again.get(idx as u64), Ok(Status::of(*value)));
        }
    }
}

#[test]
fn what_does_not_inflate_to_a_list_is_refused() {
    let zlib = list().compress().unwrap();
    for bits in [0, 3, 5, 16, 256, u64::MAX] {
        assert_eq!(StatusList::decompress(bits, &zlib), Err(StatusError::Bits { got: bits }));
    }
    let broken = |zlib: &[u8]| {
        let error = StatusList::decompress(2, zlib).unwrap_err();
        assert!(matches!(error, StatusError::Malformed { what: "zlib", .. }), "{error}");
    };
    for len in 0..zlib.len() {
        broken(&zlib[..len]);
    }
    broken(&[&zlib[..], &[0]].concat());
    for at in [0, 1, zlib.len() - 1] {
        let mut bad = zlib.clone();
        bad[at] ^= 0x55;
        broken(&bad);
    }
    // A bomb: one byte too many, and a thousandfold.
    let most = usize::try_from(MAX_ENTRIES / 4).unwrap();
    let fits = StatusList::from_bytes(2, vec![0; most]).unwrap().compress().unwrap();
    assert_eq!(StatusList::decompress(2, &fits).unwrap().entries(), MAX_ENTRIES);
    let too_large = StatusError::TooLarge { most };
    // The same bytes are a list of eight bits an entry.
    let bomb = StatusList::from_bytes(8, vec![0; most + 1]).unwrap().compress().unwrap();
    assert!(bomb.len() < 10_000);
    assert_eq!(StatusList::decompress(2, &bomb), Err(too_large.clone()));
    assert_eq!(StatusList::decompress(1, &fits), Err(StatusError::TooLarge { most: most / 2 }));
    assert_eq!(StatusList::from_bytes(2, vec![0; most + 1]), Err(too_large));
    assert_eq!(StatusList::new(u64::MAX).entries(), MAX_ENTRIES);
}

fn open_both(
    signed: &Signed,
    uri: &str,
    anchors: &[Certificate],
    at: UtcDateTime,
) -> [Result<Opened, StatusError>; 2] {
    [open_jwt(&signed.jwt, uri, anchors, at), open_cwt(&signed.cwt, uri, anchors, at)]
}

#[test]
fn both_forms_say_the_same_and_only_where_and_while_they_may() {
    let signed = sign(&list(), &token(), &signer()).unwrap();
    assert_eq!(signed.jwt, sign_jwt(&list(), &token(), &signer()).unwrap());
    assert_eq!(signed.cwt, sign_cwt(&list(), &token(), &signer()).unwrap());
    let anchors = [iaca()];
    let last = NOW + Duration::DAY - Duration::SECOND;
    for at in [NOW - Duration::MINUTE, NOW, last] {
        for opened in open_both(&signed, URI, &anchors, at) {
            let opened = opened.unwrap();
            for form in [signed.jwt.as_bytes(), &signed.cwt] {
                assert_eq!(open(form, URI, &anchors, at).unwrap().list, opened.list);
            }
            assert_eq!(opened.list, list());
            assert_eq!(opened.status(0), Ok(Status::Valid));
            assert_eq!(opened.status(1), Ok(Status::Invalid));
            assert_eq!(opened.status(998), Ok(Status::Suspended));
            assert!(matches!(opened.status(1000), Err(StatusError::NoEntry { .. })));
            let Opened { uri, iat, exp, ttl, .. } = &opened;
            assert_eq!((uri.as_str(), *iat, *exp), (URI, NOW, Some(token().exp)));
            assert_eq!(*ttl, Some(token().ttl));
            assert_eq!(opened.should_refresh(at), at == last);
        }
    }
    let refused = |uri: &str, anchors: &[Certificate], at| {
        open_both(&signed, uri, anchors, at).map(Result::unwrap_err)
    };
    for error in refused("https://issuer.example/status/2", &anchors, NOW) {
        assert!(matches!(error, StatusError::Subject { .. }), "{error}");
    }
    for error in refused(URI, &anchors, token().exp) {
        assert_eq!(error, StatusError::Stale { exp: token().exp, at: token().exp });
    }
    for error in refused(URI, &anchors, NOW - Duration::seconds(61)) {
        assert!(matches!(error, StatusError::NotYet { .. }), "{error}");
    }
    let other = profile("TEST IACA", 1).csca(&key("other")).unwrap();
    for anchors in [&[][..], &[other]] {
        for error in refused(URI, anchors, NOW) {
            let error = signer_error(&error);
            assert!(matches!(error, SignerError::NoAnchor { .. }), "{error}");
        }
    }
    let document = sign(&list(), &token(), &signer_for(oid::KEY_ONLY_CARD)).unwrap();
    for result in open_both(&document, URI, &anchors, NOW) {
        let error = result.unwrap_err();
        assert!(matches!(signer_error(&error), SignerError::Purpose { .. }), "{error}");
    }
    let mut backwards = token();
    backwards.exp = NOW;
    assert!(sign(&list(), &backwards, &signer()).is_err());
    backwards = token();
    backwards.ttl = Duration::ZERO;
    assert!(sign(&list(), &backwards, &signer()).is_err());
}

fn signer_error(error: &StatusError) -> &SignerError {
    match error {
        StatusError::Signer(error) | StatusError::Jws(SignedError::Signer(error)) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let signed = sign(&StatusList::new(4), &token(), &signer()).unwrap();
    let anchors = [iaca()];
    for at in 0..signed.cwt.len() {
        let mut bad = signed.cwt.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(open_cwt(&bad, URI, &anchors, NOW).is_err(), "byte {at}");
        assert!(open_cwt(&signed.cwt[..at], URI, &anchors, NOW).is_err());
    }
    for at in 0..signed.jwt.len() {
        let mut bad = signed.jwt.clone().into_bytes();
        bad[at] ^= 1 << (at % 7);
        let bad = String::from_utf8(bad).unwrap();
        assert!(open_jwt(&bad, URI, &anchors, NOW).is_err(), "character {at}");
        assert!(open_jwt(&signed.jwt[..at], URI, &anchors, NOW).is_err());
    }
}

/// A JWT with another header, signed or not.
fn jwt_with(header: &serde_json::Value) -> String {
    let signed = sign_jwt(&list(), &token(), &signer()).unwrap();
    let payload = signed.split('.').nth(1).unwrap();
    let input = format!("{}.{payload}", base64url::encode(header.to_string()));
    let signature = key("status").sign_prehash(&Hash::Sha256.digest(&[input.as_bytes()]));
    format!("{input}.{}", base64url::encode(signature.to_plain()))
}

#[test]
fn another_type_or_algorithm_is_refused_whatever_the_signature() {
    let signed = sign_jwt(&list(), &token(), &signer()).unwrap();
    let header = base64url::decode(signed.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    let open = |name: &str, value: serde_json::Value| {
        let mut header = header.clone();
        header[name] = value;
        open_jwt(&jwt_with(&header), URI, &[iaca()], NOW)
    };
    assert!(open("alg", "ES256".into()).is_ok());
    assert!(open("typ", "application/statuslist+jwt".into()).is_ok());
    for alg in ["none", "HS256", "ES384", "es256"] {
        let error = open("alg", alg.into()).unwrap_err();
        assert!(matches!(error, StatusError::Jws(SignedError::Algorithm { .. })), "{error}");
    }
    for typ in ["JWT", "dc+sd-jwt", "statuslist+cwt", ""] {
        let error = open("typ", typ.into()).unwrap_err();
        assert!(matches!(error, StatusError::Jws(SignedError::Type { .. })), "{error}");
    }
    let critical = open("crit", serde_json::json!(["exp"])).unwrap_err();
    assert_eq!(critical, StatusError::Jws(SignedError::Critical));
    let none = open("x5c", serde_json::Value::Null).unwrap_err();
    assert_eq!(none, StatusError::Jws(SignedError::Chain));
    let too_large = open_jwt(&"A".repeat(MAX_TOKEN + 1), URI, &[iaca()], NOW).unwrap_err();
    assert!(matches!(too_large, StatusError::Jws(SignedError::TooLarge { .. })));
}

/// A CWT of ours with other claims, signed again.
fn cwt_with(change: impl FnOnce(&mut Vec<(Value, Value)>)) -> Vec<u8> {
    let signed = sign_cwt(&list(), &token(), &signer()).unwrap();
    let mut token = CoseSign1::from_tagged_slice(&signed).unwrap();
    let claims: Value = ciborium::from_reader(&token.payload.unwrap()[..]).unwrap();
    let mut claims = claims.into_map().unwrap();
    change(&mut claims);
    let mut payload = Vec::new();
    ciborium::into_writer(&Value::Map(claims), &mut payload).unwrap();
    token.payload = Some(payload);
    let digest = Hash::Sha256.digest(&[&token.tbs_data(&[])]);
    token.signature = key("status").sign_prehash(&digest).to_plain().to_vec();
    token.to_tagged_vec().unwrap()
}

#[test]
fn claims_of_a_cwt_stand_under_their_numbers_once() {
    let open = |cwt: &[u8]| open_cwt(cwt, URI, &[iaca()], NOW);
    // Tag 18, typ in the protected header, and the numbers of the draft, byte by byte.
    let cwt = cwt_with(|_| {});
    assert_eq!(cwt[0], 0xD2);
    let typ = [&[0x10, 0x78, 0x1A][..], b"application/statuslist+cwt"].concat();
    let position = |what: &[u8]| cwt.windows(what.len()).position(|w| w == what);
    assert!(position(&typ).is_some_and(|at| at < 16));
    for number in [&[0x19, 0xFF, 0xFD, 0xA2, 0x64][..], &[0x19, 0xFF, 0xFE, 0x19, 0x02, 0x58]] {
        assert!(position(number).is_some());
    }
    open(&cwt).unwrap();

    // 65535 is the status of a referenced token.
    let wrong = cwt_with(|claims| {
        for (number, _) in claims {
            if *number == Value::from(65533) {
                *number = 65535.into();
            }
        }
    });
    let error = open(&wrong).unwrap_err().to_string();
    assert!(error.contains("65533"), "{error}");
    for number in [2, 4, 6, 65533, 65534] {
        let twice = cwt_with(|claims| {
            let again = claims.iter().find(|(n, _)| *n == Value::from(number)).unwrap().clone();
            claims.push(again);
        });
        assert!(open(&twice).is_err(), "{number}");
        let text = cwt_with(|claims| {
            let claim = claims.iter_mut().find(|(n, _)| *n == Value::from(number)).unwrap();
            claim.1 = Value::Bool(true);
        });
        assert!(open(&text).is_err(), "{number}");
    }
    // A list need not end.
    let endless = cwt_with(|claims| claims.retain(|(n, _)| *n != Value::from(4)));
    assert_eq!(open(&endless).unwrap().exp, None);
    let untagged = cwt[1..].to_vec();
    assert!(open(&untagged).is_err());
    // The claims stand in the payload as they are, not as encoded CBOR in tag 24.
    let mut wrapped = CoseSign1::from_tagged_slice(&cwt).unwrap();
    let payload = wrapped.payload.take().unwrap();
    assert_eq!(payload[0], 0xA5);
    let inside = Value::Tag(24, Box::new(Value::Bytes(payload)));
    let mut payload = Vec::new();
    ciborium::into_writer(&inside, &mut payload).unwrap();
    wrapped.payload = Some(payload);
    let digest = Hash::Sha256.digest(&[&wrapped.tbs_data(&[])]);
    wrapped.signature = key("status").sign_prehash(&digest).to_plain().to_vec();
    let error = open(&wrapped.to_tagged_vec().unwrap()).unwrap_err();
    assert!(matches!(error, StatusError::Malformed { what: "claims", .. }), "{error}");
    // Another type, signed rightly.
    let mut token = CoseSign1::from_tagged_slice(&cwt).unwrap();
    token.protected.original_data = None;
    token.protected.header.rest[0].1 = Value::Text("application/cwt".into());
    let digest = Hash::Sha256.digest(&[&token.tbs_data(&[])]);
    token.signature = key("status").sign_prehash(&digest).to_plain().to_vec();
    let error = open(&token.to_tagged_vec().unwrap()).unwrap_err();
    assert!(matches!(error, StatusError::Malformed { what: "typ", .. }), "{error}");
}
