//! Passive Authentication of real and specimen documents against the German master list. They are
//! not ours to ship: the folder is named by `ICCARD_SAMPLES`, and without it these tests say how
//! many checks they leave out.

use std::path::Path;

use iccard::{
    lds::File,
    pki::{Certificate, MasterList, SignedData},
    trust::{
        Access, Anchors, Card, Check, Evidence, Judging, Reason, Store, Verdict, Weakness,
        authenticate, judge,
    },
};
use time::{UtcDateTime, macros::utc_datetime};

use crate::support::data::{read, samples};

/// The day of the master list.
const THEN: UtcDateTime = utc_datetime!(2026-05-28 12:00);

fn evidence(files: impl IntoIterator<Item = (File, Vec<u8>)>) -> Evidence {
    let card = Card { source: "sample".into(), atr: vec![0x3B] };
    let mut evidence = Evidence::new(card, THEN, Access::PaceMrz);
    evidence.files.extend(files);
    evidence
}

fn judged(evidence: &Evidence, anchors: &Anchors, at: UtcDateTime) -> Verdict {
    judge(evidence, anchors, &Judging::offline(None).at(at))
}

// The folder of the master list and its root, as anyone would give it with --trust.
fn german(folder: &Path) -> Anchors {
    Anchors::from_dir(&folder.join("csca")).unwrap()
}

fn sha1(verdict: &Verdict) -> usize {
    verdict.weak.iter().filter(|w| matches!(w, Weakness::Sha1 { .. })).count()
}

/// File, country of the anchor, when it says that it was signed, places with SHA-1.
const REAL: [(&str, &str, Option<UtcDateTime>, usize); 7] = [
    ("AT", "AT", Some(utc_datetime!(2023-03-17 13:40:18)), 0),
    ("AU", "AU", Some(utc_datetime!(2016-11-15 23:40:14)), 0),
    ("DE", "DE", None, 0),
    ("FR", "FR", Some(utc_datetime!(2017-09-05 20:41:33)), 0),
    ("NZ", "NZ", Some(utc_datetime!(2017-11-15 00:36:12)), 0),
    ("RU", "RU", Some(utc_datetime!(2020-01-22 07:21:58)), 3),
    ("US", "US", Some(utc_datetime!(2021-09-16 13:45:00)), 0),
];

#[test]
fn every_real_security_object_leads_to_its_country_in_the_german_master_list() {
    const TEST: &str = "every_real_security_object_leads_to_its_country_in_the_german_master_list";
    let Some(folder) = samples(TEST, REAL.len()) else { return };
    let anchors = german(&folder);
    for (name, country, signed_at, weak) in REAL {
        let sod = read(&folder, &format!("real_sod/{name}_EF_SOD.bin"));
        let given = evidence([(File::Sod, sod.clone())]);
        let verdict = judged(&given, &anchors, THEN);
        let passive = &verdict.passive;
        assert!(passive.signature.passed(), "{name}: {}", passive.signature);
        assert!(passive.chain.passed(), "{name}: {}", passive.chain);
        assert!(passive.validity.passed(), "{name}: {}", passive.validity);
        assert!(matches!(passive.revocation, Check::NotDone(Reason::NoCrl { .. })), "{name}");
        assert_eq!(passive.signed_at, signed_at, "{name}");
        let anchor = passive.anchor.as_ref().unwrap();
        assert!(anchor.subject.contains(&format!("C={country}")), "{}", anchor.subject);
        assert_eq!(sha1(&verdict), weak, "{name}: {:?}", verdict.weak);
        // No data group is in the folder, so nothing is shown of any.
        assert!(passive.groups.listed > 0);
        assert_eq!(passive.check, Check::NotDone(Reason::NothingRead));
        assert!(!verdict.verified);

        // No byte of what is signed can change.
        for at in [sod.len() - 3, sod.len() / 4] {
            let mut bad = sod.clone();
            bad[at] ^= 1;
            let verdict = judged(&evidence([(File::Sod, bad)]), &anchors, THEN);
            assert!(verdict.passive.check.failed(), "{name}, byte {at}");
        }
        // A century later nobody is valid; before it was signed it was not there.
        let late = judged(&given, &anchors, utc_datetime!(2099-01-01 0:00));
        assert!(matches!(late.passive.validity, Check::Failed(Reason::OutsideValidity { .. })));
        let early = judged(&given, &anchors, utc_datetime!(2005-01-01 0:00));
        assert!(early.passive.validity.failed());
        let nobody = judged(&given, &Anchors::new("nobody"), THEN);
        assert_eq!(nobody.passive.chain, Check::NotDone(Reason::NoAnchors));
    }
}

#[test]
fn documents_of_test_issuers_are_whole_and_of_nobody_in_the_list() {
    const TEST: &str = "documents_of_test_issuers_are_whole_and_of_nobody_in_the_list";
    let Some(folder) = samples(TEST, 2) else { return };
    let anchors = german(&folder);
    let file = |file, name: &str| (file, read(&folder, name));
    let bsi = evidence([
        file(File::Sod, "bsi2008/EF_SOD.bin"),
        file(File::Dg1, "bsi2008/Datagroup1.bin"),
        file(File::Dg2, "bsi2008/Datagroup2.bin"),
        file(File::Dg3, "bsi2008/Datagroup3.bin"),
        file(File::Dg14, "bsi2008/Datagroup14.bin"),
    ]);
    let loes = evidence([
        file(File::Sod, "loes2006/ef011D.bin"),
        file(File::Dg1, "loes2006/ef0101.bin"),
        file(File::Dg2, "loes2006/ef0102.bin"),
        file(File::Dg15, "loes2006/ef010F.bin"),
    ]);
    for (name, evidence, matched, issuer, weak) in [
        ("bsi2008", bsi, 4, "CN=CSCA BDR TEST 19.09.07", 2),
        ("loes2006", loes, 3, "C=NL,O=Sdu Identification bv", 0),
    ] {
        let verdict = judged(&evidence, &anchors, THEN);
        let passive = &verdict.passive;
        assert!(passive.signature.passed(), "{name}: {}", passive.signature);
        assert_eq!(passive.groups.matched.len(), matched, "{name}: {:?}", passive.groups);
        assert!(passive.groups.check.passed(), "{name}: {}", passive.groups.check);
        let Check::Failed(Reason::UnknownIssuer { issuer: named, .. }) = &passive.chain else {
            panic!("{name}: {}", passive.chain)
        };
        assert!(named.contains(issuer), "{named}");
        assert_eq!(sha1(&verdict), weak, "{name}: {:?}", verdict.weak);
        assert!(!verdict.verified && verdict.passive.check.failed());
        // Another picture.
        let mut altered = evidence;
        altered.files.get_mut(&File::Dg2).unwrap()[100] ^= 1;
        let verdict = judged(&altered, &anchors, THEN);
        assert_eq!(verdict.passive.groups.mismatched, [File::Dg2]);
    }
}

#[test]
fn ef_card_security_leads_to_the_same_anchor_as_ef_sod() {
    const TEST: &str = "ef_card_security_leads_to_the_same_anchor_as_ef_sod";
    let Some(folder) = samples(TEST, 1) else { return };
    let security_object = iccard::pki::Oid::new_unwrap("0.4.0.127.0.7.3.2.1");
    let anchors = german(&folder);
    let file = read(&folder, "real_sod/DE_EF_CardSecurity.bin");
    let signed = SignedData::parse(&file).unwrap();
    let found = authenticate(&signed, File::CardSecurity, &[security_object], &anchors, THEN);
    assert!(found.passed() && found.weak.is_empty(), "{found:?}");
    let sod = evidence([(File::Sod, read(&folder, "real_sod/DE_EF_SOD.bin"))]);
    let anchor = judged(&sod, &anchors, THEN).passive.anchor.unwrap().sha256;
    assert_eq!(hex::encode(found.anchor.unwrap().fingerprint()), anchor);
}

#[test]
fn the_german_master_list_is_imported_whole_under_its_root() {
    const TEST: &str = "the_german_master_list_is_imported_whole_under_its_root";
    let Some(folder) = samples(TEST, 1) else { return };
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path().join("trust"));
    let list = folder.join("csca/DE_ML_2026-05-28-08-28-45.ml");
    // The root stands in the list too.
    let report = store.import(&[folder.join("csca")], true).unwrap();
    assert_eq!((report.added, report.known, report.faults.len()), (588, 1, 0), "{report:?}");
    let vouched = &report.lists[0].vouched;
    assert!(vouched.believed && vouched.for_lists);
    assert_eq!(vouched.signed_at, Some(utc_datetime!(2026-05-28 06:28:45)));
    let anchors = store.anchors().unwrap();
    assert_eq!(anchors.len(), 588);
    assert_eq!(anchors.fingerprint(), german(&folder).fingerprint());
    // Every key of all those countries can be used.
    for certificate in anchors.certificates() {
        certificate.subject_key().unwrap_or_else(|e| panic!("{certificate:?}: {e}"));
    }
    // Without a root it stands for itself, and says so; altered it stands for nothing.
    let alone = Store::new(dir.path().join("alone"));
    let report = alone.import(std::slice::from_ref(&list), false).unwrap();
    assert!(!report.lists[0].vouched.believed && report.added == 588);
    let bytes = std::fs::read(&list).unwrap();
    let mut bad = bytes.clone();
    bad[500_000] ^= 1;
    let altered = dir.path().join("altered.ml");
    std::fs::write(&altered, bad).unwrap();
    let report = Store::new(dir.path().join("none")).import(&[altered], false).unwrap();
    assert_eq!((report.added, report.faults.len()), (0, 1));
    assert_eq!(MasterList::parse(&bytes).unwrap().entries().len(), 588);
}

#[test]
fn every_key_of_the_german_master_list_is_vouched_for_by_a_signature() {
    const TEST: &str = "every_key_of_the_german_master_list_is_vouched_for_by_a_signature";
    let Some(folder) = samples(TEST, 588) else { return };
    let list = read(&folder, "csca/DE_ML_2026-05-28-08-28-45.ml");
    let list = MasterList::parse(&list).unwrap();
    let all: Vec<_> = list.entries().iter().map(|e| e.certificate.as_ref().unwrap()).collect();
    // Both of them prove the algorithm that they are signed with: every one of the list occurs.
    let (own, rest): (Vec<&Certificate>, Vec<&Certificate>) =
        all.iter().copied().partition(|c| c.verify_signature(c).is_ok());
    let by_another = |c: &Certificate| {
        all.iter().any(|ca| *ca != c && c.names_as_issuer(ca) && c.verify_signature(ca).is_ok())
    };
    let (linked, alone): (Vec<&Certificate>, Vec<&Certificate>) =
        rest.into_iter().partition(|c| by_another(c));
    println!(
        "{} certificates: {} signed by themselves, {} by another of the list, {} links of older \
         keys that are not in it",
        all.len(),
        own.len(),
        linked.len(),
        alone.len()
    );
    assert_eq!((all.len(), own.len(), linked.len(), alone.len()), (588, 375, 199, 14));
    // The new key of such a link stands in a certificate of its own beside it.
    let key = |c: &Certificate| c.subject_key().unwrap();
    for link in alone {
        assert!(own.iter().any(|c| key(c) == key(link)), "{link:?} <- {}", link.issuer());
    }
    for certificate in all {
        assert!(certificate.may_issue(), "{certificate:?}");
        assert_eq!(certificate.unknown_critical_extension(), None, "{certificate:?}");
        key(certificate).check_strength().unwrap();
    }
}
