//! Certificates and signed data of real issuers. They are not ours to ship: the folder is named by
//! `ICCARD_SAMPLES`, and without it these tests say that they were skipped.

use std::path::PathBuf;

use iccard::pki::{Certificate, PkiError, SignedData};
use iccard::tlv::{self, Tag};

fn samples(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ICCARD_SAMPLES").map(PathBuf::from);
    if folder.is_none() {
        crate::support::skipped(test, "ICCARD_SAMPLES is not set");
    }
    folder
}

#[test]
fn every_certificate_of_a_master_list_is_read() {
    let Some(folder) = samples("every_certificate_of_a_master_list_is_read") else { return };
    let list = std::fs::read(folder.join("csca/DE_ML_2026-05-28-08-28-45.ml")).unwrap();
    let list = SignedData::parse(&list).unwrap();
    // CscaMasterList ::= SEQUENCE { version, certList SET OF Certificate }
    let list = tlv::parse_one(list.content(), Tag::new(0x30)).unwrap();
    let certificates = list.need(Tag::new(0x31)).unwrap();
    let mut cas = 0;
    for der in certificates.children().unwrap() {
        let der = der.unwrap().raw;
        let certificate = Certificate::from_der(der).unwrap();
        assert_eq!(certificate.der(), der);
        assert!(certificate.country().is_some(), "{certificate:?}");
        cas += usize::from(certificate.is_ca());
        match certificate.public_key() {
            Ok(_)
            | Err(
                PkiError::UnsupportedAlgorithm { .. }
                | PkiError::UnsupportedCurve { .. }
                | PkiError::ExplicitCurve,
            ) => {}
            Err(e) => panic!("{certificate:?}: {e}"),
        }
    }
    // Link certificates and some old ones say nothing of a CA, or that they are none.
    assert!(cas > 500);
}

#[test]
fn real_security_objects_are_read_and_their_signers_found() {
    let Some(folder) = samples("real_security_objects_are_read_and_their_signers_found") else {
        return;
    };
    let mut read = 0;
    for file in std::fs::read_dir(folder.join("real_sod")).unwrap() {
        let file = file.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        let cms = tlv::parse_one(&bytes, Tag::new(0x77)).map_or(&bytes[..], |t| t.value);
        let signed = SignedData::parse(cms).unwrap();
        assert!(signed.certificates().iter().any(|c| signed.signers()[0].id().names(c)));
        // Their algorithms are not supported; that is said, and is no other fault.
        match signed.verify(signed.content_type()) {
            Ok(_) | Err(PkiError::UnsupportedAlgorithm { .. } | PkiError::ExplicitCurve) => {}
            Err(e) => panic!("{}: {e}", file.display()),
        }
        read += 1;
    }
    assert!(read >= 8);
}
