//! Key-only cards: what a judge believes of them, and that they and documents stay apart.

use time::Duration;

use super::super::testing::{Fixture, TAPPED, judge_bound, key, profile};
use super::super::*;
use crate::crypto::SecretKey;
use crate::lds::{CardLabel, File};
use crate::pki::{Certificate, CrlProfile, Revoked, oid};
use crate::protocol::key_only::Chip;

const BIND: [u8; 32] = [0xB1; 32];

struct KeyCard {
    ca: Certificate,
    ca_key: SecretKey,
    card: Certificate,
    card_key: SecretKey,
}

impl KeyCard {
    fn new() -> Self {
        let (ca_key, card_key) = (key("card ca"), key("key card"));
        let ca = profile("TEST Card CA KR", 1).card_ca(&ca_key).unwrap();
        let card = issued(&card_key, &ca, &ca_key);
        Self { ca, ca_key, card, card_key }
    }

    fn anchors(&self) -> Anchors {
        of(&[&self.ca])
    }

    fn evidence(&self, challenge: [u8; 32], pin: bool) -> Evidence {
        let card = Card { source: "test".into(), atr: vec![0x3B, 0x80, 0x80, 0x01] };
        let access = if pin { Access::PacePin } else { Access::PaceCan };
        let mut evidence = Evidence::new(card, TAPPED, access);
        evidence.files.insert(File::CardLabel, CardLabel { label: "test".into() }.encode());
        evidence.files.insert(File::CardCertificate, self.card.der().to_vec());
        let chip = Chip::new(self.card_key.clone(), self.card.fingerprint()).unwrap();
        let answer = chip.sign(&challenge, pin, 41);
        evidence.key_only = Some(KeyOnlyAuthentication { challenge, answer });
        evidence
    }
}

fn issued(card_key: &SecretKey, ca: &Certificate, ca_key: &SecretKey) -> Certificate {
    let card = profile("TEST Card 1", 7);
    card.signer_for(oid::KEY_ONLY_CARD, &card_key.public(), ca, ca_key).unwrap()
}

fn of(certificates: &[&Certificate]) -> Anchors {
    let mut anchors = Anchors::new("test");
    for certificate in certificates {
        anchors.add("anchor", certificate.der()).unwrap();
    }
    anchors
}

fn key_only(verdict: &Verdict) -> &KeyOnly {
    verdict.key_only.as_ref().unwrap()
}

fn told<R: std::fmt::Display>(check: &Check<R>) -> String {
    check.to_string()
}

#[test]
fn a_signature_over_the_binding_is_provable_to_anybody() {
    let card = KeyCard::new();
    let evidence = card.evidence(BIND, true);
    // By way of the file, as a third party gets it.
    let json = evidence.to_json().unwrap();
    let evidence = Evidence::from_json(json.as_bytes()).unwrap();
    let verdict = judge_bound(&evidence, &card.anchors(), BIND);
    assert!(verdict.verified, "{verdict:#?}");
    assert_eq!(verdict.level, Level::L2);
    let found = key_only(&verdict);
    assert_eq!((found.pin, found.counter), (Some(true), Some(41)));
    assert_eq!(found.card, Some(Named::from(&card.card)));
    assert!(verdict.holder_verification.as_ref().unwrap().check.passed());
    // Nothing that was not done counts as passed.
    assert!(!verdict.passive.check.passed() && !verdict.chip.active_authentication.passed());
    assert!(!verdict.card_access.passed());

    // Whoever demanded nothing learns that the card signed some time.
    let verdict = judge(&evidence, &card.anchors(), &Judging::offline(None));
    assert!(verdict.verified);
    assert_eq!(verdict.level, Level::L1);
    // The tap chose the challenge itself.
    let live = Judging::live(ChipRun::NotOffered, None);
    assert_eq!(judge(&evidence, &card.anchors(), &live).level, Level::L2);

    let json = serde_json::to_value(&verdict).unwrap();
    assert_eq!(json["key_only"]["result"], "passed");
    assert_eq!(json["key_only"]["signature"]["result"], "passed");
    assert_eq!(
        (&json["key_only"]["pin"], &json["key_only"]["counter"]),
        (&true.into(), &41.into())
    );
    assert_eq!(json["passive"]["result"], "not_done");
}

#[test]
fn an_old_signature_is_none_for_another_binding() {
    let card = KeyCard::new();
    for other in [[0xB2; 32], {
        // The first eight bytes alone do not do here.
        let mut near = BIND;
        near[31] ^= 1;
        near
    }] {
        let verdict = judge_bound(&card.evidence(BIND, true), &card.anchors(), other);
        assert!(!verdict.verified);
        assert_eq!(verdict.level, Level::L1);
        let found = key_only(&verdict);
        assert!(matches!(found.signature, Check::Failed(Reason::ChallengeNotBound { .. })));
        assert_eq!((found.pin, found.counter), (None, None));
        assert!(verdict.holder_verification.is_none());
        // Nor does the challenge written anew over the old answer.
        let mut relabelled = card.evidence(BIND, true);
        relabelled.key_only.as_mut().unwrap().challenge = other;
        let verdict = judge_bound(&relabelled, &card.anchors(), other);
        assert!(!verdict.verified && key_only(&verdict).signature.failed());
    }
}

#[test]
fn a_copy_without_the_key_is_not_verified() {
    let genuine = KeyCard::new();
    let copy = KeyCard { card_key: key("another"), ..KeyCard::new() };
    let verdict = judge_bound(&copy.evidence(BIND, true), &genuine.anchors(), BIND);
    assert!(!verdict.verified);
    assert_eq!(verdict.level, Level::L1);
    assert!(told(&verdict.chip.check).contains("does not hold the key"), "{}", verdict.chip.check);
    // One that refuses, or of which nothing is recorded.
    let mut silent = genuine.evidence(BIND, true);
    silent.key_only = None;
    let verdict = judge_bound(&silent, &genuine.anchors(), BIND);
    assert!(!verdict.verified && key_only(&verdict).certificate.passed());
    assert_eq!(verdict.level, Level::L1);
    let live = Judging::live(ChipRun::NotOffered, Some("6982".into()));
    let verdict = judge(&silent, &genuine.anchors(), &live);
    assert!(!verdict.verified && key_only(&verdict).signature.failed());
    // And a signature without a certificate.
    let mut bare = genuine.evidence(BIND, true);
    bare.files.remove(&File::CardCertificate);
    let verdict = judge_bound(&bare, &genuine.anchors(), BIND);
    assert!(!verdict.verified);
    assert_eq!(verdict.level, Level::L0);
}

#[test]
fn a_forged_certificate_leads_nowhere() {
    let genuine = KeyCard::new();
    let forger = KeyCard { ca_key: key("forger"), ..KeyCard::new() };
    // A CA of the same name, and a card that it made.
    let ca = profile("TEST Card CA KR", 1).card_ca(&forger.ca_key).unwrap();
    let card = issued(&forger.card_key, &ca, &forger.ca_key);
    let forged = KeyCard { card, ..forger };
    let verdict = judge_bound(&forged.evidence(BIND, true), &genuine.anchors(), BIND);
    assert!(!verdict.verified);
    assert_eq!(verdict.level, Level::L0);
    assert!(key_only(&verdict).chain.failed());
    assert_eq!(key_only(&verdict).pin, None, "nothing is told of what nobody vouches for");
    // Nobody is believed.
    let verdict = judge_bound(&genuine.evidence(BIND, true), &Anchors::new("none"), BIND);
    assert_eq!(verdict.level, Level::L0);
    assert!(!verdict.verified && !key_only(&verdict).chain.failed());
    // A bit of the certificate, or of the answer.
    let good = genuine.evidence(BIND, true);
    for at in (0..genuine.card.der().len()).step_by(7) {
        let mut bad = good.clone();
        bad.files.get_mut(&File::CardCertificate).unwrap()[at] ^= 0x10;
        let verdict = judge_bound(&bad, &genuine.anchors(), BIND);
        assert!(!verdict.verified && verdict.level < Level::L2, "byte {at}");
    }
    for at in 0..good.key_only.as_ref().unwrap().answer.len() {
        let mut bad = good.clone();
        bad.key_only.as_mut().unwrap().answer[at] ^= 0x01;
        let verdict = judge_bound(&bad, &genuine.anchors(), BIND);
        assert!(!verdict.verified && verdict.level < Level::L2, "byte {at}");
    }
}

#[test]
fn cards_and_documents_have_issuers_of_their_own() {
    let (card, document) = (KeyCard::new(), Fixture::new());
    let both = of(&[&card.ca, &document.csca]);
    // Side by side in one set each is judged by its own.
    assert!(judge_bound(&card.evidence(BIND, true), &both, BIND).verified);
    let challenge = BIND[..8].try_into().unwrap();
    assert!(judge_bound(&document.evidence(challenge), &both, BIND).verified);

    // A CSCA makes no key-only card, though it is believed for documents.
    let by_csca = issued(&card.card_key, &document.csca, &document.csca_key);
    let by_csca = KeyCard { card: by_csca, ..KeyCard::new() };
    let verdict = judge_bound(&by_csca.evidence(BIND, true), &both, BIND);
    assert!(!verdict.verified && verdict.level == Level::L0);
    assert!(told(&key_only(&verdict).chain).contains("not for key-only cards"));
    // Nor is a document signer's certificate that of a card, whoever issued it.
    for (ca, ca_key) in [(&document.csca, &document.csca_key), (&card.ca, &card.ca_key)] {
        let signer = profile("TEST Document Signer 9", 9);
        let signer = signer.document_signer(&card.card_key.public(), ca, ca_key).unwrap();
        let posing = KeyCard { card: signer, ..KeyCard::new() };
        let verdict = judge_bound(&posing.evidence(BIND, true), &both, BIND);
        assert!(!verdict.verified && verdict.level == Level::L0);
    }
    // Nor that of the CA itself.
    let own = KeyCard { card: card.ca.clone(), card_key: card.ca_key.clone(), ..KeyCard::new() };
    assert!(!judge_bound(&own.evidence(BIND, true), &both, BIND).verified);

    // A card CA makes no document, and a card signs none.
    let by_card_ca = Fixture::new().issued_by(&card.ca, &card.ca_key);
    let verdict = judge_bound(&by_card_ca.evidence(challenge), &both, BIND);
    assert!(!verdict.verified && verdict.level == Level::L0);
    assert!(told(&verdict.passive.chain).contains("something else than documents"));
    let mut by_card = Fixture::new();
    by_card.signer = issued(&by_card.signer_key, &by_card.csca, &by_card.csca_key);
    let verdict = judge_bound(&by_card.evidence(challenge), &both, BIND);
    assert!(!verdict.verified && verdict.passive.chain.failed());
}

#[test]
fn what_belongs_to_another_card_does_not_mix() {
    let (card, document) = (KeyCard::new(), Fixture::new());
    let both = of(&[&card.ca, &document.csca]);
    let challenge = BIND[..8].try_into().unwrap();
    let mut mixed = document.evidence(challenge);
    let own = card.evidence(BIND, true);
    mixed.files.extend(own.files.clone());
    mixed.key_only.clone_from(&own.key_only);
    mixed.access = Access::PacePin;
    let verdict = judge_bound(&mixed, &both, BIND);
    assert!(!verdict.verified && verdict.level == Level::L0);
    assert!(matches!(key_only(&verdict).check, Check::Failed(Reason::OtherApplication { .. })));
    // A file alone turns a document into nothing either.
    let mut mixed = document.evidence(challenge);
    mixed.files.insert(File::CardCertificate, card.card.der().to_vec());
    assert!(!judge_bound(&mixed, &both, BIND).verified);
}

#[test]
fn the_pin_is_what_the_card_signed() {
    let card = KeyCard::new();
    let verdict = judge_bound(&card.evidence(BIND, false), &card.anchors(), BIND);
    // The card is genuine; its holder is not shown.
    assert!(verdict.verified && verdict.level == Level::L2);
    let holder = verdict.holder_verification.unwrap();
    assert_eq!(holder.check, Check::NotDone(Reason::WithoutPin));
    // A reader that says more than the card does.
    let mut claimed = card.evidence(BIND, false);
    claimed.access = Access::PacePin;
    let holder = judge_bound(&claimed, &card.anchors(), BIND).holder_verification.unwrap();
    assert!(matches!(holder.check, Check::Failed(Reason::PinDiffers { pin: false, .. })));
}

#[test]
fn a_card_expires_and_is_revoked() {
    let card = KeyCard::new();
    let evidence = card.evidence(BIND, true);
    let end = card.card.validity().not_after + Duration::SECOND;
    let late = judge(&evidence, &card.anchors(), &Judging::offline(Some(BIND)).at(end));
    assert!(!late.verified && late.level == Level::L0 && key_only(&late).validity.failed());

    let list = |revoked, ca: &Certificate, ca_key: &SecretKey| {
        let (this_update, next_update) = (TAPPED - Duration::DAY, TAPPED + Duration::DAY);
        let crl = CrlProfile { number: 1, this_update, next_update, revoked };
        crl.issue(ca, ca_key).unwrap()
    };
    let lost = || {
        let serial = card.card.serial().to_vec();
        vec![Revoked { serial, at: TAPPED - Duration::DAY, reason: None, invalid_since: None }]
    };
    for (revoked, ca_key, passes) in [
        (vec![], card.ca_key.clone(), true),
        (lost(), card.ca_key.clone(), false),
        // Somebody else's list revokes nobody.
        (lost(), key("forger"), true),
    ] {
        let ca = profile("TEST Card CA KR", 1).card_ca(&ca_key).unwrap();
        let mut anchors = card.anchors();
        anchors.add("crl", list(revoked, &ca, &ca_key).der()).unwrap();
        let verdict = judge_bound(&evidence, &anchors, BIND);
        assert_eq!(verdict.verified, passes, "{verdict:#?}");
        assert_eq!(key_only(&verdict).revocation.failed(), !passes);
    }
}
