//! Signing master lists, as a test country does.

use super::super::algorithm::{INTEGER, SEQUENCE, SET};
use super::super::{Certificate, PkiError, SignedData, Signer, oid};
use super::MasterList;
use crate::tlv::Writer;

impl MasterList {
    /// A list of these certificates as they are, even those that are none, and the certificates
    /// that go with the signature beside the signer's own.
    ///
    /// # Errors
    /// As [`SignedData::sign`].
    pub fn sign(
        certificates: &[&[u8]],
        by: &Signer<'_>,
        with: &[&Certificate],
    ) -> Result<Vec<u8>, PkiError> {
        let mut w = Writer::new();
        w.constructed(SEQUENCE, |w| {
            w.primitive(INTEGER, &[0]);
            w.constructed(SET, |w| {
                for certificate in certificates {
                    w.raw(certificate);
                }
            });
        });
        SignedData::sign_with(oid::MASTER_LIST, &w.finish(), by, with, None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::utc_datetime;

    use super::*;
    use crate::crypto::{Curve, SecretKey, SeededRng};
    use crate::pki::{DistinguishedName, Profile};

    struct Country {
        ca: Certificate,
        signer: Certificate,
        key: SecretKey,
    }

    fn country() -> Country {
        let key = |label| SecretKey::generate(Curve::P256, &mut SeededRng::new(b"list", label));
        let profile = |cn: &str, serial| Profile {
            subject: DistinguishedName::new("KR", "TEST", cn),
            serial: vec![serial],
            not_before: utc_datetime!(2025-01-01 0:00),
            not_after: utc_datetime!(2040-01-01 0:00),
        };
        let ca = profile("TEST CSCA", 1).csca(&key("ca")).unwrap();
        let public = key("signer").public();
        let signer = profile("TEST Master List Signer", 2);
        let signer = signer.master_list_signer(&public, &ca, &key("ca")).unwrap();
        Country { ca, signer, key: key("signer") }
    }

    #[test]
    fn a_list_comes_back_with_its_broken_parts_in_their_places() {
        let Country { ca, signer, key } = country();
        let by = Signer { certificate: &signer, key: &key };
        let broken = hex::decode("30060201010201ff").unwrap();
        let list = MasterList::sign(&[ca.der(), &broken, ca.der()], &by, &[&ca]).unwrap();
        let list = MasterList::parse(&list).unwrap();
        assert_eq!(list.verify().unwrap().certificate, &signer);
        assert_eq!(list.embedded(), [signer.clone(), ca.clone()]);
        let read: Vec<_> =
            list.entries().iter().map(|e| (e.place, e.certificate.is_ok())).collect();
        assert_eq!(read, [(1, true), (2, false), (3, true)]);
        assert_eq!(list.entries()[2].sha256, ca.fingerprint());

        // What else is signed is no list.
        let error = MasterList::parse(&SignedData::sign(oid::DATA, b"", &by).unwrap()).unwrap_err();
        assert!(matches!(error, PkiError::ContentType { .. }));
        for bad in ["", "3000", "3005020101 3100", "3005020100 3000", "3007020100 3100 0500"] {
            let content = hex::decode(bad.replace(' ', "")).unwrap();
            let list = SignedData::sign(oid::MASTER_LIST, &content, &by).unwrap();
            assert!(MasterList::parse(&list).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_who_may_sign_lists_does() {
        let Country { ca, key, .. } = country();
        let ca_key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"list", "ca"));
        let profile = Profile {
            subject: DistinguishedName::new("KR", "TEST", "TEST other"),
            serial: vec![3],
            not_before: utc_datetime!(2025-01-01 0:00),
            not_after: utc_datetime!(2040-01-01 0:00),
        };
        // A document signer says nothing of its purpose: it signs documents. A CA signs its list.
        let documents = profile.document_signer(&key.public(), &ca, &ca_key).unwrap();
        for (certificate, key, may) in [(&documents, &key, false), (&ca, &ca_key, true)] {
            let list = MasterList::sign(&[ca.der()], &Signer { certificate, key }, &[]).unwrap();
            assert_eq!(MasterList::parse(&list).unwrap().verify().is_ok(), may);
        }
        let timestamps = crate::pki::Oid::new_unwrap("1.3.6.1.5.5.7.3.8");
        let other = profile.signer_for(timestamps, &key.public(), &ca, &ca_key).unwrap();
        let by = Signer { certificate: &other, key: &key };
        let list = MasterList::parse(&MasterList::sign(&[ca.der()], &by, &[]).unwrap()).unwrap();
        let error = list.verify().unwrap_err().to_string();
        assert!(error.contains("must not sign it"), "{error}");
    }

    proptest! {
        #[test]
        fn nothing_in_a_list_trips_it(
            edits in proptest::collection::vec((0_usize..2000, any::<u8>()), 1..8),
        ) {
            let Country { ca, signer, key } = country();
            let by = Signer { certificate: &signer, key: &key };
            let mut list = MasterList::sign(&[ca.der()], &by, &[&ca]).unwrap();
            for (at, with) in edits {
                let at = at % list.len();
                list[at] = with;
            }
            if let Ok(list) = MasterList::parse(&list) {
                let _ = list.verify();
            }
        }
    }
}
