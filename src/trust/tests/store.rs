//! What is imported, what is left out, and what is kept.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use tempfile::TempDir;
use time::macros::utc_datetime;

use super::super::testing::{Fixture, judge_live, key, profile};
use super::super::*;
use super::CHALLENGE;
use crate::crypto::SecretKey;
use crate::pki::{Certificate, CrlProfile, MasterList, RevocationReason, Revoked, Signer};

struct Place {
    dir: TempDir,
    store: Store,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path().join("store/trust"));
        Self { dir, store }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn import(&self, paths: &[PathBuf]) -> ImportReport {
        self.store.import(paths, false).unwrap()
    }

    fn kept(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.store.dir())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

struct Country {
    ca: Certificate,
    ca_key: SecretKey,
    signer: Certificate,
    signer_key: SecretKey,
}

impl Country {
    fn new() -> Self {
        let (ca_key, signer_key) = (key("list ca"), key("list signer"));
        let ca = profile("TEST CSCA of lists", 1).csca(&ca_key).unwrap();
        let signer = profile("TEST Master List Signer", 2);
        let signer = signer.master_list_signer(&signer_key.public(), &ca, &ca_key).unwrap();
        Self { ca, ca_key, signer, signer_key }
    }

    fn list(&self, certificates: &[&[u8]]) -> Vec<u8> {
        let by = Signer { certificate: &self.signer, key: &self.signer_key };
        MasterList::sign(certificates, &by, &[&self.ca]).unwrap()
    }
}

fn names(report: &ImportReport) -> Vec<String> {
    report.faults.iter().map(ToString::to_string).collect()
}

#[test]
fn of_six_hundred_certificates_three_broken_ones_are_named_and_the_rest_is_taken() {
    let place = Place::new();
    let country = Country::new();
    let ca_key = key("one for all");
    let all: Vec<_> = (0..600_u16)
        .map(|i| profile(&format!("TEST CSCA {i}"), 1).csca(&ca_key).unwrap().der().to_vec())
        .collect();
    let mut all: Vec<Vec<u8>> = all;
    // Cut short, signed by nobody, and one that is no CA.
    let no_structure = all[99][..all[99].len() - 40].to_vec();
    all[99] = [
        &[0x30, 0x82],
        &u16::try_from(no_structure.len() - 4).unwrap().to_be_bytes()[..],
        &no_structure[4..],
    ]
    .concat();
    *all[299].last_mut().unwrap() ^= 1;
    all[599] = Fixture::new().signer.der().to_vec();
    let parts: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    let list = place.file("test.ml", &country.list(&parts));
    let report = place.import(std::slice::from_ref(&list));
    assert_eq!((report.added, report.known, report.faults.len()), (597, 0, 3));
    let faults = names(&report).join("\n");
    for (place, why) in [
        ("certificate 100 (SHA-256", "certificate: "),
        ("certificate 300: ", "the signature does not verify with the key of CN=TEST CSCA 299"),
        ("certificate 600: ", "CN=TEST Document Signer 1,O=TEST,C=KR is no CA"),
    ] {
        assert!(faults.contains(place) && faults.contains(why), "{faults}");
    }
    let [list_report] = &report.lists[..] else { panic!("one list") };
    assert!(!list_report.vouched.believed && list_report.vouched.for_lists);
    assert_eq!(list_report.vouched.certificates, 600);
    assert_eq!(place.store.anchors().unwrap().len(), 597);
    // Once more changes nothing.
    let report = place.import(&[list]);
    assert_eq!((report.added, report.known, report.faults.len()), (0, 597, 3));
    assert_eq!(place.kept().len(), 597);
}

#[test]
fn a_list_counts_by_its_signature_and_by_who_stands_above_it() {
    let place = Place::new();
    let country = Country::new();
    let card = Fixture::new();
    let good = country.list(&[card.csca.der()]);
    let file = place.file("good.ml", &good);
    // Only what is anchored: nobody is believed yet.
    let report = place.store.import(std::slice::from_ref(&file), true).unwrap();
    assert_eq!(report.added, 0);
    assert!(names(&report)[0].contains("which is none of the 0 anchors"), "{:?}", names(&report));
    // A bit of the content or the signature.
    for at in [good.iter().rposition(|b| *b == 0x31).unwrap() - 700, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let bad = place.file("bad.ml", &bad);
        let report = place.import(&[bad]);
        assert_eq!((report.added, report.faults.len()), (0, 1), "{:?}", names(&report));
        assert!(place.store.anchors().unwrap().is_empty());
    }
    // With the CA beside it, whatever the order, it is anchored.
    let ca = place.file("z.cer", country.ca.der());
    let report = place.store.import(&[file.clone(), ca.clone()], true).unwrap();
    assert_eq!((report.added, report.faults.len()), (2, 0), "{:?}", names(&report));
    assert!(report.lists[0].vouched.believed);
    assert_eq!(report.lists[0].vouched.anchor.sha256, hex::encode(country.ca.fingerprint()));
    // What is kept is what a judge needs.
    let verdict = judge_live(&card.evidence(CHALLENGE), &place.store.anchors().unwrap());
    assert!(verdict.verified);
    assert_eq!(verdict.trust.source, place.store.dir().display().to_string());
    assert_eq!(place.kept().len(), 2);
    assert!(place.kept()[0].starts_with("KR-") && place.kept()[0].ends_with(".cer"));

    // A revoked list signer brings nothing in any more.
    let other = Place::new();
    let revoked = Revoked {
        serial: country.signer.serial().to_vec(),
        at: utc_datetime!(2025-02-01 0:00),
        reason: None,
        invalid_since: None,
    };
    let crl = crl(1, vec![revoked]).issue(&country.ca, &country.ca_key).unwrap();
    other.import(&[ca, other.file("a.crl", crl.der())]);
    let report = other.import(&[file]);
    assert_eq!(report.added, 0);
    assert!(names(&report)[0].contains("was revoked at"), "{:?}", names(&report));
}

fn crl(day: u8, revoked: Vec<Revoked>) -> CrlProfile {
    let this_update = utc_datetime!(2025-03-01 0:00).replace_day(day).unwrap();
    CrlProfile {
        number: u32::from(day),
        this_update,
        next_update: utc_datetime!(2025-06-01 0:00),
        revoked,
    }
}

#[test]
fn a_newer_revocation_list_takes_the_place_of_the_older_and_a_forged_one_does_not() {
    let place = Place::new();
    let card = Fixture::new();
    let issue = |day, by: &Fixture| crl(day, vec![]).issue(&by.csca, &by.csca_key).unwrap();
    let ca = place.file("ca.cer", card.csca.der());
    let first = place.file("1.crl", issue(2, &card).der());
    // Before its issuer is there, a list is nobody's.
    let report = place.import(std::slice::from_ref(&first));
    assert!(names(&report)[0].contains("no certificate that is believed has signed"));
    let report = place.import(&[first.clone(), ca]);
    assert_eq!((report.added, report.crls_added), (1, 1));
    assert_eq!(place.import(std::slice::from_ref(&first)).crls_known, 1);
    let forged = place.file("f.crl", issue(9, &Fixture::of("stranger")).der());
    assert_eq!(place.import(&[forged]).crls_added, 0);
    let newer = place.file("2.crl", issue(5, &card).der());
    assert_eq!(place.import(&[newer]).crls_added, 1);
    let anchors = place.store.anchors().unwrap();
    assert_eq!(anchors.crls(), [issue(5, &card)]);
    let report = place.import(&[first]);
    assert!(names(&report)[0].contains("there is a newer revocation list"));
    assert_eq!(place.kept().len(), 2);
    // Two at once: one stays.
    let both =
        [place.file("3.crl", issue(7, &card).der()), place.file("4.crl", issue(8, &card).der())];
    place.import(&both);
    assert_eq!(place.store.anchors().unwrap().crls(), [issue(8, &card)]);
}

fn ldif(place: &Place, entries: &[(&str, &[u8])]) -> PathBuf {
    let mut text = "version: 1\n\n".to_owned();
    for (i, (attribute, der)) in entries.iter().enumerate() {
        let base64 = STANDARD.encode(der);
        text.push_str(&format!("dn: cn=entry {i},o=dsc,c=KR,dc=data\nobjectClass: top\n"));
        let line = format!("{attribute}:: {base64}");
        for (j, part) in line.as_bytes().chunks(76).enumerate() {
            text.push_str(if j == 0 { "" } else { " " });
            text.push_str(std::str::from_utf8(part).unwrap());
            text.push('\n');
        }
        text.push('\n');
    }
    place.file("icaopkd.ldif", text.as_bytes())
}

#[test]
fn a_directory_is_read_entry_by_entry() {
    let place = Place::new();
    let country = Country::new();
    let card = Fixture::new();
    let list = country.list(&[card.csca.der(), country.ca.der()]);
    let mut broken = list.clone();
    *broken.last_mut().unwrap() ^= 1;
    let revoked = crl(
        3,
        vec![Revoked {
            serial: card.signer.serial().to_vec(),
            at: utc_datetime!(2025-03-02 0:00),
            reason: Some(RevocationReason(4)),
            invalid_since: None,
        }],
    );
    let revoked = revoked.issue(&card.csca, &card.csca_key).unwrap();
    let file = ldif(
        &place,
        &[
            ("userCertificate;binary", card.signer.der()),
            ("certificateRevocationList;binary", revoked.der()),
            ("pkdMasterListContent", &broken),
            ("userCertificate;binary", b"0no certificate"),
            ("CscaMasterListData;binary", &list),
        ],
    );
    let report = place.import(std::slice::from_ref(&file));
    assert_eq!(
        (report.added, report.crls_added, report.signers),
        (2, 1, 1),
        "{:?}",
        names(&report)
    );
    let faults = names(&report);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults.iter().any(|f| f.contains("cn=entry 2,o=dsc")), "{faults:?}");
    assert!(faults.iter().any(|f| f.contains("cn=entry 3,o=dsc")), "{faults:?}");
    let evidence = card.evidence(CHALLENGE);
    let stored = judge_live(&evidence, &place.store.anchors().unwrap());
    assert!(stored.passive.revocation.failed());
    // The same folder, believed as it is.
    let given = Anchors::from_dir(place.dir.path()).unwrap();
    assert_eq!((given.len(), given.crls().len(), given.faults().len()), (2, 1, 2));
    assert!(judge_live(&evidence, &given).passive.revocation.failed());
}

#[test]
fn what_is_no_anchor_is_named_and_the_rest_of_a_folder_is_taken() {
    let place = Place::new();
    let card = Fixture::new();
    let mut broken = profile("TEST other", 3).csca(&key("other")).unwrap().der().to_vec();
    *broken.last_mut().unwrap() ^= 1;
    place.file("a.cer", card.csca.der());
    place.file("b.pem", format!("{}\n{}", card.signer.to_pem(), card.csca.to_pem()).as_bytes());
    place.file("c.der", &broken);
    place.file("d.crt", b"nothing");
    place.file("e.txt", b"is not looked at");
    let report = place.import(&[place.dir.path().to_owned()]);
    assert_eq!((report.added, report.faults.len()), (1, 3), "{:?}", names(&report));
    // A link without its CA is kept, and stands for nothing until that comes.
    let link = profile("TEST CSCA KR", 70);
    let link = link.link(&key("next").public(), &card.csca, &card.csca_key).unwrap();
    let alone = Place::new();
    assert_eq!(alone.import(&[alone.file("link.cer", link.der())]).added, 1);
    // One that its CA has not signed is broken.
    let mut forged = link.der().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let report = place.import(&[place.file("link.cer", &forged)]);
    assert!(names(&report)[0].contains("does not verify"), "{:?}", names(&report));
    assert!(matches!(
        place.store.import(&[Path::new("/nowhere/at/all.cer").to_owned()], false),
        Err(StoreError::Anchors(AnchorError::Io { .. }))
    ));
}

#[test]
fn a_store_that_was_tampered_with_is_no_store() {
    let place = Place::new();
    assert!(place.store.anchors().unwrap().is_empty());
    place.import(&[place.file("a.cer", Fixture::new().csca.der())]);
    let file = place.store.dir().join(&place.kept()[0]);
    std::fs::write(&file, b"0").unwrap();
    let error = place.store.anchors().unwrap_err().to_string();
    assert!(error.contains(&place.kept()[0]), "{error}");
    // A file that was being written when the light went out is none yet.
    std::fs::write(place.store.dir().join(".tmpXYZ"), b"0").unwrap();
    std::fs::remove_file(file).unwrap();
    assert!(place.store.anchors().unwrap().is_empty());
}
