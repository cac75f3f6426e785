//! Revoked signers, and lists that say less than they seem to.

use time::UtcDateTime;
use time::macros::utc_datetime;

use super::super::testing::{Fixture, TAPPED, judge_live, key, profile};
use super::super::*;
use super::{CHALLENGE, text};
use crate::pki::{Certificate, Crl, CrlProfile, RevocationReason, Revoked};

fn list(revoked: &[&Certificate]) -> CrlProfile {
    let entry = |certificate: &&Certificate| Revoked {
        serial: certificate.serial().to_vec(),
        at: utc_datetime!(2025-03-01 0:00),
        reason: Some(RevocationReason(1)),
        invalid_since: None,
    };
    CrlProfile {
        number: 7,
        this_update: utc_datetime!(2025-03-20 0:00),
        next_update: utc_datetime!(2025-06-20 0:00),
        revoked: revoked.iter().map(entry).collect(),
    }
}

fn with(card: &Fixture, crls: &[&Crl]) -> Verdict {
    let mut anchors = card.anchors();
    for crl in crls {
        anchors.add("list", crl.der()).unwrap();
    }
    judge_live(&card.evidence(CHALLENGE), &anchors)
}

#[test]
fn who_is_revoked_signs_nothing_and_who_is_not_passes() {
    let card = Fixture::new();
    let issue = |profile: CrlProfile| profile.issue(&card.csca, &card.csca_key).unwrap();
    let good = issue(list(&[]));
    let verdict = with(&card, &[&good]);
    assert!(verdict.verified && verdict.passive.revocation.passed(), "{verdict:#?}");
    let json = serde_json::to_value(&verdict).unwrap();
    assert_eq!(json["passive"]["revocation"]["result"], "passed");
    assert_eq!(json["passive"]["crl"]["number"], "07");
    assert_eq!(json["passive"]["crl"]["next_update"], "2025-06-20T00:00:00Z");
    assert_eq!(json["trust"]["crls"]["count"], 1);
    assert_eq!(json["passive"]["crl"]["sha256"], hex::encode(good.fingerprint()));

    // Nothing is known: told, and no obstacle.
    let verdict = with(&card, &[]);
    assert!(verdict.verified);
    assert!(matches!(verdict.passive.revocation, Check::NotDone(Reason::NoCrl { .. })));
    assert_eq!(verdict.trust.crls.count, 0);

    let bad = issue(list(&[&card.signer]));
    let verdict = with(&card, &[&bad]);
    assert!(!verdict.verified && verdict.level == Level::L0);
    assert!(verdict.passive.check.failed() && !verdict.chip.check.passed());
    let why = text(&verdict.passive.check);
    assert!(why.ends_with("was revoked at 2025-03-01T00:00:00Z, keyCompromise"), "{why}");
    // Even before: that it was signed then is not shown.
    let mut anchors = card.anchors();
    anchors.add("list", bad.der()).unwrap();
    let early = Judging::live(ChipRun::Proven, None).at(utc_datetime!(2025-02-01 0:00));
    assert!(!judge(&card.evidence(CHALLENGE), &anchors, &early).verified);

    // The newest list counts, whatever comes first.
    let mut newer = list(&[]);
    newer.this_update = utc_datetime!(2025-03-25 0:00);
    let newer = issue(newer);
    for order in [[&bad, &newer], [&newer, &bad]] {
        assert!(with(&card, &order).passive.revocation.passed());
    }
    // Off hold again.
    let mut back = list(&[&card.signer]);
    back.revoked[0].reason = Some(RevocationReason(8));
    assert!(with(&card, &[&issue(back)]).passive.revocation.passed());
}

#[test]
fn a_list_that_does_not_speak_of_that_time_is_told() {
    let card = Fixture::new();
    let between = |from: UtcDateTime, to: UtcDateTime| {
        let profile = CrlProfile { this_update: from, next_update: to, ..list(&[]) };
        profile.issue(&card.csca, &card.csca_key).unwrap()
    };
    let outdated = between(utc_datetime!(2025-01-01 0:00), utc_datetime!(2025-03-27 0:00));
    let verdict = with(&card, &[&outdated]);
    assert!(verdict.verified, "it is reported, and no verdict of its own");
    assert!(matches!(verdict.passive.revocation, Check::NotDone(Reason::CrlOutdated { .. })));
    let why = text(&verdict.passive.revocation);
    assert!(why.contains("out of date: the next one was due at 2025-03-27T00:00:00Z"), "{why}");
    assert!(verdict.passive.crl.is_some());
    // What is on it stays on it.
    let revoked = CrlProfile { next_update: TAPPED, ..list(&[&card.signer]) };
    let revoked = revoked.issue(&card.csca, &card.csca_key).unwrap();
    assert!(with(&card, &[&revoked]).passive.revocation.failed());
    // A list from after the tap knows more, unless the signer had expired by then.
    let later = between(utc_datetime!(2026-01-01 0:00), utc_datetime!(2026-03-01 0:00));
    assert!(with(&card, &[&later]).passive.revocation.passed());
    let much_later = between(utc_datetime!(2036-01-01 0:00), utc_datetime!(2036-03-01 0:00));
    let verdict = with(&card, &[&much_later]);
    assert!(matches!(verdict.passive.revocation, Check::NotDone(Reason::CrlTooLate { .. })));
}

#[test]
fn only_the_issuers_own_list_counts() {
    let card = Fixture::new();
    let stranger = Fixture::of("stranger");
    // Of the same name, with another key: it can neither revoke nor acquit.
    for revoked in [&[][..], &[&card.signer]] {
        let forged = list(revoked).issue(&stranger.csca, &stranger.csca_key).unwrap();
        let verdict = with(&card, &[&forged]);
        assert!(verdict.verified);
        let Check::NotDone(Reason::CrlNotVerified { .. }) = verdict.passive.revocation else {
            panic!("{}", verdict.passive.revocation)
        };
    }
    // The next key of the same CA signs for the one before, once it is believed.
    let next_key = key("next");
    let next = profile("TEST CSCA KR", 50);
    let next_own = next.csca(&next_key).unwrap();
    let crl = list(&[&card.signer]).issue(&next_own, &next_key).unwrap();
    assert!(!with(&card, &[&crl]).passive.revocation.failed());
    let mut anchors = card.anchors();
    anchors.add("list", crl.der()).unwrap();
    let link = next.link(&next_key.public(), &card.csca, &card.csca_key).unwrap();
    anchors.add("link", link.der()).unwrap();
    let verdict = judge_live(&card.evidence(CHALLENGE), &anchors);
    assert!(verdict.passive.revocation.failed(), "{}", verdict.passive.revocation);
    // Another country's list is not even looked at.
    let other_key = key("other");
    let other = profile("TEST CSCA JP", 1).csca(&other_key).unwrap();
    let other = list(&[&card.signer]).issue(&other, &other_key).unwrap();
    let verdict = with(&card, &[&other]);
    assert!(matches!(verdict.passive.revocation, Check::NotDone(Reason::NoCrl { .. })));
}

#[test]
fn links_and_cas_can_be_revoked_too() {
    let new_key = key("new");
    let old = Fixture::new();
    let link = profile("TEST CSCA KR", 60);
    let link = link.link(&new_key.public(), &old.csca, &old.csca_key).unwrap();
    let card = Fixture::new().issued_by(&link, &new_key);
    for (revoked, verified) in [(&link, false), (&old.csca, false), (&old.signer, true)] {
        let mut anchors = old.anchors();
        anchors.add("link", link.der()).unwrap();
        let crl = list(&[revoked]).issue(&old.csca, &old.csca_key).unwrap();
        anchors.add("list", crl.der()).unwrap();
        let verdict = judge_live(&card.evidence(CHALLENGE), &anchors);
        assert_eq!(verdict.verified, verified, "{}", verdict.passive.revocation);
    }
}

// The same list with an issuingDistributionPoint that lets it cover CAs alone, or with the mark of
// a list of changes.
fn with_extension(crl: &Crl, id: &str, value: &str, by: &Fixture) -> Vec<u8> {
    use crate::crypto::Hash;
    use crate::tlv::{Tag, Writer, parse_one};
    let sequence = Tag::new(0x30);
    let whole = parse_one(crl.der(), sequence).unwrap();
    let tbs = whole.need(sequence).unwrap();
    let mut w = Writer::new();
    w.constructed(sequence, |w| {
        for field in tbs.children().unwrap().map(Result::unwrap) {
            if field.tag != Tag::new(0xA0) {
                w.raw(field.raw);
                continue;
            }
            w.constructed(field.tag, |w| {
                w.constructed(sequence, |w| {
                    w.raw(field.need(sequence).unwrap().value);
                    w.constructed(sequence, |w| {
                        w.primitive(Tag::new(6), &hex::decode(id).unwrap());
                        w.primitive(Tag::new(4), &hex::decode(value).unwrap());
                    });
                });
            });
        }
    });
    let tbs = w.finish();
    let signature = by.csca_key.sign_prehash(&Hash::Sha256.digest(&[&tbs])).to_der();
    let algorithm = whole.children().unwrap().nth(1).unwrap().unwrap().raw;
    let mut w = Writer::new();
    w.constructed(sequence, |w| {
        w.raw(&tbs).raw(algorithm);
        w.primitive(Tag::new(3), &[&[0], &signature[..]].concat());
    });
    w.finish()
}

#[test]
fn a_newer_list_of_some_does_not_hide_who_stands_on_the_list_of_all() {
    let card = Fixture::new();
    let issue = |profile: CrlProfile| profile.issue(&card.csca, &card.csca_key).unwrap();
    let newer = |revoked: &[&Certificate]| CrlProfile {
        this_update: utc_datetime!(2025-03-25 0:00),
        ..list(revoked)
    };
    let some = |revoked: &[&Certificate]| {
        let der = with_extension(&issue(newer(revoked)), "551d1c", "30038201ff", &card);
        Crl::from_der(&der).unwrap()
    };
    let (all, all_bad) = (issue(list(&[])), issue(list(&[&card.signer])));
    let (some, some_bad) = (some(&[]), some(&[&card.signer]));
    assert!(some.is_partial() && some.this_update() > all.this_update());
    for (lists, expected) in [
        ([&all_bad, &some], "failed"),
        ([&some, &all_bad], "failed"),
        ([&all, &some_bad], "failed"),
        ([&some, &all], "passed"),
        ([&some, &some], "not_done"),
    ] {
        let verdict = with(&card, &lists);
        assert_eq!(verdict.passive.revocation.result(), expected);
        assert_eq!(verdict.verified, expected != "failed");
    }
    // A list of changes is no list, even where it hides that (RFC 5280 clause 5.2.4).
    let changes = with_extension(&all, "551d1b", "020101", &card);
    assert!(Crl::from_der(&changes).unwrap_err().to_string().contains("the changes to another"));
}
