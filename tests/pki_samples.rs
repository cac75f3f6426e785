//! Certificates and signed data of real issuers. They are not ours to ship: the folder is named by
//! `ICCARD_SAMPLES`, and without it these tests say that they were skipped.

use iccard::lds::File;
use iccard::pki::{SignedData, oid};
use iccard::tlv::{self, Tag};
use iccard::trust::{Anchors, authenticate};

use crate::support::data::{read, samples, vectors};
use crate::support::vectors::{bytes, load};

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

#[test]
fn ef_card_security_of_worked_examples_and_test_cards_verifies() {
    const TEST: &str = "ef_card_security_of_worked_examples_and_test_cards_verifies";
    let security_object = iccard::pki::Oid::new_unwrap("0.4.0.127.0.7.3.2.1");
    let verify = |file: &[u8]| {
        let signed = SignedData::parse(file).unwrap();
        let verified = signed.verify_any(&[security_object]).unwrap();
        assert!(!verified.loosely_named && !verified.bare);
        // No byte of what is signed can change.
        let content = signed.content();
        let at = file.windows(content.len()).position(|w| w == content).unwrap();
        let mut bad = file.to_vec();
        bad[at + content.len() / 2] ^= 1;
        assert!(SignedData::parse(&bad).unwrap().verify_any(&[security_object]).is_err());
        verified.certificate.clone()
    };
    for example in
        [include_str!("vectors/tr03110_eac_ecdh.json"), include_str!("vectors/tr03110_eac_dh.json")]
    {
        let signer = verify(&bytes(&load(example)["values"]["ef_cardsecurity"]));
        assert!(signer.subject().starts_with("CN=HJP PB DS,"), "{signer:?}");
    }
    let Some(folder) = vectors(TEST, 2) else { return };
    let cards = read(&folder, "cardaccess_samples.json");
    let files = &load(std::str::from_utf8(&cards).unwrap())["files"];
    let file = bytes(&files["ef_cardsecurity_dan"]);
    let csca = bytes(&files["csca_germany_013_self_signed_cer"]);
    let mut anchors = Anchors::new("cardaccess_samples");
    anchors.add("csca_germany_013", &csca).unwrap();
    let signed = SignedData::parse(&file).unwrap();
    let at = verify(&file).validity().not_before;
    let found = authenticate(&signed, File::CardSecurity, &[security_object], &anchors, at);
    assert!(found.passed() && found.weak.is_empty(), "{found:?}");
    assert_eq!(found.anchor.unwrap().der(), csca);
}
