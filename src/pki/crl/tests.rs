//! Revocation lists: found, out of date, forged.

use proptest::prelude::*;
use time::macros::utc_datetime;

use super::*;
use crate::crypto::{Curve, SecretKey, SeededRng};
use crate::pki::{DistinguishedName, Profile};

fn ca(label: &str) -> (SecretKey, Certificate) {
    let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"crl", label));
    let profile = Profile {
        subject: DistinguishedName::new("KR", "TEST", "TEST CSCA"),
        serial: vec![1],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2040-01-01 0:00),
    };
    let certificate = profile.csca(&key).unwrap();
    (key, certificate)
}

fn revoked(serial: &[u8]) -> Revoked {
    Revoked {
        serial: serial.to_vec(),
        at: utc_datetime!(2025-06-01 0:00),
        reason: Some(RevocationReason(1)),
        invalid_since: Some(utc_datetime!(2025-05-01 0:00)),
    }
}

fn list() -> Crl {
    let (key, certificate) = ca("a");
    let plain = Revoked { reason: None, invalid_since: None, ..revoked(&[7]) };
    let profile = CrlProfile {
        number: 200,
        this_update: utc_datetime!(2025-07-01 0:00),
        next_update: utc_datetime!(2050-07-01 0:00),
        revoked: vec![revoked(&[0xFF, 1]), plain, revoked(&[1; 20])],
    };
    profile.issue(&certificate, &key).unwrap()
}

#[test]
fn entries_are_found_whatever_zeros_stand_before_them() {
    let crl = list();
    assert_eq!(crl.entry(&[0, 0xFF, 1]), Some(&revoked(&[0xFF, 1])));
    assert_eq!(crl.entry(&[7]).unwrap().reason, None);
    assert_eq!(crl.entry(&[1; 20]).unwrap().reason.unwrap().to_string(), "keyCompromise");
    assert_eq!((crl.entry(&[8]), crl.revoked().len()), (None, 3));
    assert_eq!(crl.number(), Some(&[200][..]));
    assert_eq!(crl.this_update(), utc_datetime!(2025-07-01 0:00));
    assert_eq!(crl.next_update(), Some(utc_datetime!(2050-07-01 0:00)));
    assert_eq!(crl.authority_key_id(), ca("a").1.subject_key_id());
    assert!(!crl.is_partial());
    // On hold, off hold and revoked at last, in whichever order: it is revoked.
    let (key, issuer) = ca("a");
    let reason = |n| Revoked { reason: Some(RevocationReason(n)), ..revoked(&[9]) };
    for order in [[8, 1], [1, 8]] {
        let profile = CrlProfile { revoked: order.map(reason).to_vec(), ..profile() };
        let crl = profile.issue(&issuer, &key).unwrap();
        assert_eq!(crl.entry(&[9]).unwrap().reason, Some(RevocationReason(1)));
    }
    let pem = pem::wrap(PEM_LABEL, crl.der());
    assert_eq!(Crl::all_from(format!("{pem}\n{pem}").as_bytes()).unwrap(), [crl.clone(), crl]);
    assert!(matches!(Crl::all_from(b"nothing"), Err(PkiError::Pem { .. })));
}

#[test]
fn only_the_issuer_signs_its_list() {
    let crl = list();
    let (key, own) = ca("a");
    crl.verify_signature(&own).unwrap();
    let stranger = ca("b").1;
    assert!(matches!(crl.verify_signature(&stranger), Err(PkiError::BadSignature { .. })));
    assert!(CrlProfile { revoked: vec![], ..profile() }.issue(&stranger, &key).is_err());
    // A document signer with the same key signs no lists.
    let signer = Profile {
        subject: DistinguishedName::new("KR", "TEST", "TEST DS"),
        serial: vec![2],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2040-01-01 0:00),
    };
    let signer = signer.document_signer(&key.public(), &own, &key).unwrap();
    let error = crl.verify_signature(&signer).unwrap_err().to_string();
    assert!(error.contains("must not sign it"), "{error}");
    for at in 0..crl.der().len() {
        let mut bad = crl.der().to_vec();
        bad[at] ^= 1 << (at % 8);
        let passes = Crl::from_der(&bad).is_ok_and(|c| c.verify_signature(&own).is_ok());
        assert!(!passes, "byte {at}");
        assert!(Crl::from_der(&crl.der()[..at]).is_err());
    }
}

fn profile() -> CrlProfile {
    CrlProfile {
        number: 1,
        this_update: utc_datetime!(2025-07-01 0:00),
        next_update: utc_datetime!(2025-08-01 0:00),
        revoked: vec![],
    }
}

#[test]
fn lists_that_say_less_than_they_seem_to_are_noticed() {
    let point = |hex_fields: &str| {
        let fields = hex::decode(hex_fields).unwrap();
        is_partial(&[&[0x30, u8::try_from(fields.len()).unwrap()], &fields[..]].concat())
    };
    assert_eq!(point(""), Ok(false));
    assert_eq!(point("8101ff"), Ok(false)); // users only: document signers are some
    assert_eq!(point("8201ff"), Ok(true)); // CAs only
    assert_eq!(point("8302 0780".replace(' ', "").as_str()), Ok(true)); // some reasons
    assert_eq!(point("820100"), Ok(false));
    assert_eq!(point("a003810161"), Ok(true)); // those that name this place
    assert!(point("8401ff").unwrap_err().to_string().contains("other issuers"));
    // What changes the meaning of a list and is not understood makes it unusable: only the changes
    // to another list, an entry for another issuer's certificate.
    let (delta, other_issuer) = ("300e 300c 0603551d1b 0101ff 0402 0500", "0603551d1d");
    for (extensions, refused) in [
        (delta.to_owned(), true),
        (delta.replace("0603551d1b", other_issuer).replace("0101ff", "010100"), false),
        (delta.replace("0603551d1b", other_issuer), true),
    ] {
        let bytes = hex::decode(extensions.replace(' ', "")).unwrap();
        let extensions = tlv::parse_one(&bytes, SEQUENCE).unwrap();
        assert_eq!(list().extensions(extensions).is_err(), refused);
        assert_eq!(revoked(&[1]).extensions(extensions).is_err(), refused);
    }
    let (key, certificate) = ca("a");
    let empty = profile().issue(&certificate, &key).unwrap();
    assert!(empty.revoked().is_empty());
}

proptest! {
    #[test]
    fn nothing_in_a_list_trips_it(
        edits in proptest::collection::vec((0_usize..600, any::<u8>()), 1..8),
        garbage: Vec<u8>,
    ) {
        let mut der = list().der().to_vec();
        for (at, with) in edits {
            let at = at % der.len();
            der[at] = with;
        }
        if let Ok(read) = Crl::from_der(&der) {
            let _ = (read.entry(&[7]), read.issuer().to_string(), read.fingerprint());
        }
        let _ = Crl::all_from(&garbage);
    }
}
