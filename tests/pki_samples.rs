//! Certificates and signed data of real issuers. They are not ours to ship: the folder is named by
//! `ICCARD_SAMPLES`, and without it these tests say that they were skipped.

use iccard::pki::{SignedData, oid};
use iccard::tlv::{self, Tag};

use crate::support::data::samples;

#[test]
fn real_security_objects_verify_with_the_certificate_they_carry() {
    const TEST: &str = "real_security_objects_verify_with_the_certificate_they_carry";
    let Some(folder) = samples(TEST, 10) else { return };
    let card_security = iccard::pki::Oid::new_unwrap("0.4.0.127.0.7.3.2.1");
    let mut files: Vec<_> = std::fs::read_dir(folder.join("real_sod"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .chain([folder.join("bsi2008/EF_SOD.bin"), folder.join("loes2006/ef011D.bin")])
        .collect();
    files.sort();
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let cms = tlv::parse_one(&bytes, Tag::new(0x77)).map_or(&bytes[..], |t| t.value);
        let verify = |cms: &[u8]| {
            let signed = SignedData::parse(cms)?;
            let verified = signed.verify_any(&[oid::LDS_SECURITY_OBJECT, card_security])?;
            assert!(!verified.loosely_named, "{}", file.display());
            Ok::<_, iccard::pki::PkiError>(signed.content().to_vec())
        };
        let content = verify(cms).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        // No byte of what is signed can change.
        let at = cms.windows(content.len()).position(|w| w == content);
        let at = at.map_or(cms.len() - 5, |at| at + content.len() - 1);
        let mut bad = cms.to_vec();
        bad[at] ^= 1;
        verify(&bad).unwrap_err();
    }
    assert_eq!(files.len(), 10);
}
