//! What a judge has to notice.

mod chain;
mod issuers;
mod key_only;
mod remote;
mod revocation;
mod store;

use time::macros::utc_datetime;

use super::testing::{Fixture, TAPPED, judge_bound, judge_live, pace_info};
use super::*;
use crate::crypto::{Hash, RsaPrivateKey, SeededRng};
use crate::lds::{Dg15, File, HolderVerification, Password, SecurityInfos};
use crate::pki::PkiError;
use crate::protocol::active_auth::Chip;
use crate::tlv::{Tag, Writer, find, parse_one};

const BIND: [u8; 32] = [0xB1; 32];
const CHALLENGE: [u8; 8] = [0xB1; 8];

fn text<R: std::fmt::Display>(check: &Check<R>) -> String {
    check.to_string()
}

#[test]
fn a_good_card_is_verified_live_and_offline() {
    let card = Fixture::new();
    let (evidence, anchors) = (card.evidence(CHALLENGE), card.anchors());
    let live = judge_live(&evidence, &anchors);
    assert!(live.verified, "{live:#?}");
    assert_eq!(live.level, Level::L3);
    assert_eq!(live.passive.groups.matched.len(), 4);
    assert_eq!(live.passive.signer.as_ref().unwrap().subject, card.signer.subject());
    assert_eq!(live.passive.anchor.as_ref().unwrap().subject, card.csca.subject());
    assert_eq!((live.judged_at, live.trust.count), (TAPPED, 1));
    assert!(live.card_access.passed());

    let offline = judge_bound(&evidence, &anchors, BIND);
    assert!(offline.verified);
    assert_eq!(offline.level, Level::L2);
    assert_eq!(offline.chip.chip_authentication, Check::NotDone(Reason::NotProvable));
    assert!(offline.chip.active_authentication.passed());

    // A signature over a challenge that nobody chose shows a genuine chip, but not when.
    let unbound = judge(&evidence, &anchors, &Judging::offline(None));
    assert!(unbound.verified && unbound.chip.active_authentication.passed());
    assert_eq!(unbound.level, Level::L1);
}

#[test]
fn json_has_the_documented_shape() {
    let card = Fixture::new();
    let verdict = judge_live(&card.evidence(CHALLENGE), &card.anchors());
    let json = serde_json::to_value(&verdict).unwrap();
    assert_eq!(json["level"], "L3");
    assert_eq!(json["passive"]["result"], "passed");
    assert_eq!(json["passive"]["groups"]["matched"][0], "EF.DG1");
    assert_eq!(json["chip"]["active_authentication"]["result"], "passed");
    assert_eq!(json["holder_verification"]["result"], "not_done");
    assert_eq!(json["holder_verification"]["password"], "CAN");
    assert_eq!(json["holder_verification"]["pin_tries_left"], 3);
    assert_eq!(json["judged_at"], "2025-03-28T09:00:00Z");
    assert_eq!(json["trust"]["sha256"], hex::encode(card.anchors().fingerprint()));
    let offline = judge(&card.evidence([0; 8]), &card.anchors(), &Judging::offline(Some(BIND)));
    let json = serde_json::to_value(&offline).unwrap();
    assert_eq!(json["chip"]["chip_authentication"]["result"], "not_done");
    let reason = json["chip"]["chip_authentication"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("not provable to a third party"), "{reason}");
}

#[test]
fn a_flipped_bit_in_any_file_is_noticed() {
    let card = Fixture::new();
    let anchors = card.anchors();
    let good = card.evidence(CHALLENGE);
    for (&file, bytes) in &good.files {
        for at in 0..bytes.len() {
            let mut evidence = good.clone();
            evidence.files.get_mut(&file).unwrap()[at] ^= 1 << (at % 8);
            let verdict = judge_live(&evidence, &anchors);
            if card.groups.contains_key(&file) {
                assert_eq!(verdict.passive.groups.mismatched, [file]);
                assert!(!verdict.verified);
                assert_eq!(verdict.level, Level::L0);
            } else if file == File::Sod && verdict.verified {
                // Version numbers and the list of digest algorithms are signed by nobody.
                let first = good.file(File::Sod).unwrap();
                assert!(!find_signed(first).any(|part| part.contains(&at)), "byte {at}");
            }
        }
    }
    // Unlike hashes of other files are named together.
    let mut evidence = good;
    for file in [File::Dg1, File::Dg15] {
        evidence.files.get_mut(&file).unwrap()[3] ^= 1;
    }
    let verdict = judge_live(&evidence, &anchors);
    let files = vec![File::Dg1, File::Dg15];
    assert_eq!(verdict.passive.check, Check::Failed(Reason::HashMismatch { files }));
    assert!(!verdict.chip.active_authentication.passed());
}

// Where content and certificate of EF.SOD lie: what a pass may never survive a change of.
fn find_signed(sod: &[u8]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let sequence = Tag::new(0x30);
    let data = find(sod, &[Tag::new(0x77), sequence, Tag::new(0xA0), sequence]).unwrap().unwrap();
    let content = data.need(sequence).unwrap().raw;
    let certificate = data.need(Tag::new(0xA0)).unwrap().raw;
    [content, certificate]
        .map(|part| {
            let start = sod.windows(part.len()).position(|w| w == part).unwrap();
            start..start + part.len()
        })
        .into_iter()
}

#[test]
fn only_the_given_anchors_are_believed() {
    let card = Fixture::new();
    let evidence = card.evidence(CHALLENGE);
    // None at all.
    let verdict = judge_live(&evidence, &Anchors::new("nobody"));
    assert_eq!(verdict.passive.chain, Check::NotDone(Reason::NoAnchors));
    assert_eq!((verdict.verified, verdict.level), (false, Level::L0));
    assert!(!verdict.chip.check.passed());
    // A stranger of the same name: its key differs, so its key identifier does.
    let stranger = Fixture::of("stranger");
    let verdict = judge_live(&evidence, &stranger.anchors());
    assert!(matches!(verdict.passive.chain, Check::Failed(Reason::UnknownIssuer { .. })));
    assert_eq!((verdict.verified, verdict.level), (false, Level::L0));
    // Both: the right one is found.
    let mut both = stranger.anchors();
    both.add("csca", card.csca.der()).unwrap();
    assert!(judge_live(&evidence, &both).verified);
    // A CA that signs a document itself is refused, though it is an anchor.
    let direct = Fixture::new().signed_by_ca();
    let verdict = judge_live(&direct.evidence(CHALLENGE), &direct.anchors());
    let why = text(&verdict.passive.chain);
    assert!(why.contains("is a CA, which signs no documents"), "{why}");
}

#[test]
fn validity_is_judged_at_the_time_asked_for() {
    let expired =
        Fixture::new().signer_valid(utc_datetime!(2025-01-01 0:00), utc_datetime!(2025-03-01 0:00));
    let (evidence, anchors) = (expired.evidence(CHALLENGE), expired.anchors());
    let verdict = judge_live(&evidence, &anchors);
    assert!(matches!(verdict.passive.check, Check::Failed(Reason::OutsideValidity { .. })));
    assert!(!verdict.verified && verdict.passive.chain.passed());
    let then = Judging::live(ChipRun::Proven, None).at(utc_datetime!(2025-02-01 0:00));
    let verdict = judge(&evidence, &anchors, &then);
    assert!(verdict.verified);
    assert_eq!(verdict.judged_at, utc_datetime!(2025-02-01 0:00));
    // The anchor's dates count too.
    let card = Fixture::new();
    let late = Judging::live(ChipRun::Proven, None).at(utc_datetime!(2036-01-01 0:00));
    let verdict = judge(&card.evidence(CHALLENGE), &card.anchors(), &late);
    assert!(!verdict.verified && verdict.passive.validity.failed());
}

#[test]
fn a_group_that_is_not_signed_disqualifies_what_it_holds() {
    // EF.SOD omits EF.DG15, the card shows one all the same: the attacker's key.
    let mut card = Fixture::new();
    let dg15 = card.groups.remove(&File::Dg15).unwrap();
    let honest = card.evidence(CHALLENGE);
    let verdict = judge_live(&honest, &card.anchors());
    assert!(verdict.verified, "without EF.DG15 there is Chip Authentication: {verdict:#?}");
    let not_offered = Check::NotDone(Reason::NotOffered { file: File::Dg15 });
    assert_eq!(verdict.chip.active_authentication, not_offered);
    let mut evidence = honest;
    evidence.files.insert(File::Dg15, dg15);
    let verdict = judge_bound(&evidence, &card.anchors(), BIND);
    let not_listed = Reason::NotListed { files: vec![File::Dg15] };
    assert_eq!(verdict.passive.check, Check::Failed(not_listed.clone()));
    assert_eq!(verdict.chip.active_authentication, Check::Failed(not_listed));
    assert_eq!((verdict.verified, verdict.level), (false, Level::L0));
}

#[test]
fn what_is_listed_and_was_not_read_is_named() {
    let card = Fixture::new();
    let mut evidence = card.evidence(CHALLENGE);
    evidence.files.remove(&File::Dg2);
    let verdict = judge_live(&evidence, &card.anchors());
    assert!(verdict.verified);
    assert_eq!(
        (verdict.passive.groups.listed, &verdict.passive.groups.unread[..]),
        (4, &[File::Dg2][..])
    );
    // Whoever holds back the keys cannot prove the chip.
    evidence.files.remove(&File::Dg14);
    evidence.files.remove(&File::Dg15);
    let verdict = judge_live(&evidence, &card.anchors());
    assert!(verdict.passive.check.passed() && !verdict.verified);
    assert_eq!(verdict.level, Level::L1);
    assert_eq!(verdict.chip.check, Check::NotDone(Reason::NotRead { file: File::Dg15 }));
    // Nothing read is nothing shown.
    evidence.files.remove(&File::Dg1);
    let verdict = judge_live(&evidence, &card.anchors());
    assert_eq!(verdict.passive.check, Check::NotDone(Reason::NothingRead));
    evidence.files.remove(&File::Sod);
    let verdict = judge_live(&evidence, &card.anchors());
    assert_eq!(verdict.passive.check, Check::NotDone(Reason::NotRead { file: File::Sod }));
    assert_eq!(verdict.level, Level::L0);
}

#[test]
fn pace_that_is_signed_and_was_not_offered_was_hidden() {
    let card = Fixture::new();
    let mut evidence = card.evidence(CHALLENGE);
    evidence.access = Access::Bac;
    // Offered and not used is the reader's choice.
    assert!(judge_live(&evidence, &card.anchors()).verified);
    let without_pace = SecurityInfos::new([]).encode();
    evidence.files.insert(File::CardAccess, without_pace);
    let emptied = judge_live(&evidence, &card.anchors());
    evidence.files.remove(&File::CardAccess);
    let gone = judge_live(&evidence, &card.anchors());
    for verdict in [emptied, gone] {
        assert_eq!(verdict.card_access, Check::Failed(Reason::PaceHidden));
        assert!(!verdict.verified && verdict.passive.check.passed());
    }
}

#[test]
fn a_card_without_chip_keys_is_a_possible_copy() {
    let mut card = Fixture::new();
    card.groups.remove(&File::Dg14);
    card.groups.remove(&File::Dg15);
    let verdict = judge(
        &card.evidence(CHALLENGE),
        &card.anchors(),
        &Judging::live(ChipRun::NotOffered, None),
    );
    assert!(verdict.verified);
    assert_eq!(verdict.level, Level::L1);
    assert_eq!(verdict.chip.check, Check::NotDone(Reason::CannotProve));
    assert!(!verdict.card_access.passed());
    // Of nobody in particular it is not even that.
    let mut evidence = card.evidence(CHALLENGE);
    evidence.files.remove(&File::Dg1);
    let verdict = judge(&evidence, &card.anchors(), &Judging::live(ChipRun::NotOffered, None));
    assert!(!verdict.verified && verdict.passive.check.passed(), "{verdict:#?}");
}

#[test]
fn chip_authentication_alone_convinces_nobody_who_was_not_there() {
    let mut card = Fixture::new();
    card.groups.remove(&File::Dg15);
    let (evidence, anchors) = (card.evidence(CHALLENGE), card.anchors());
    assert!(judge_live(&evidence, &anchors).verified);
    let offline = judge(&evidence, &anchors, &Judging::offline(None));
    assert!(offline.passive.check.passed() && !offline.verified);
    assert_eq!(offline.chip.check, Check::NotDone(Reason::NotProvable));
    assert_eq!(offline.level, Level::L1);
}

#[test]
fn a_copy_fails_both_proofs() {
    let card = Fixture::new();
    let anchors = card.anchors();
    // The right data, another key.
    let mut evidence = card.evidence(CHALLENGE);
    let copy = Fixture::of("copy").active(CHALLENGE);
    evidence.active_authentication = Some(copy);
    let verdict = judge_bound(&evidence, &anchors, BIND);
    assert!(verdict.passive.check.passed() && !verdict.verified);
    assert!(matches!(verdict.chip.check, Check::Failed(Reason::ActiveAuthentication(_))));
    assert_eq!(verdict.level, Level::L1);
    // Even live, and even where Chip Authentication passed: the two contradict each other.
    let verdict = judge_live(&evidence, &anchors);
    assert!(!verdict.verified && verdict.level == Level::L1);

    let why = || ChipRun::Failed("6988 under the new keys".to_owned());
    let evidence = card.evidence(CHALLENGE);
    let verdict = judge(&evidence, &anchors, &Judging::live(why(), None));
    let detail = "6988 under the new keys".to_owned();
    assert_eq!(verdict.chip.check, Check::Failed(Reason::ChipAuthentication { detail }));
    assert_eq!((verdict.verified, verdict.level), (false, Level::L1));

    let refused = Judging::live(ChipRun::Proven, Some("6985".into()));
    let mut evidence = card.evidence(CHALLENGE);
    evidence.active_authentication = None;
    let verdict = judge(&evidence, &anchors, &refused);
    assert!(matches!(verdict.chip.active_authentication, Check::Failed(Reason::Refused { .. })));
    // A reader that wrote down no protected reply has no proof.
    let mut evidence = card.evidence(CHALLENGE);
    evidence.chip_authentication.as_mut().unwrap().protected_reply = false;
    let verdict = judge_live(&evidence, &anchors);
    assert_eq!(verdict.chip.chip_authentication, Check::NotDone(Reason::NotRecorded));
    // Nor is one with a key that EF.DG14 does not number so.
    evidence.chip_authentication.as_mut().unwrap().protected_reply = true;
    evidence.chip_authentication.as_mut().unwrap().key_id = Some(9);
    assert!(judge_live(&evidence, &anchors).chip.chip_authentication.failed());
}

#[test]
fn an_rsa_key_proves_the_chip_too() {
    let mut rng = SeededRng::new(b"fixture", "rsa");
    let key = RsaPrivateKey::generate(1024, &mut rng).unwrap();
    let mut card = Fixture::new();
    card.groups.insert(File::Dg15, Dg15 { spki: key.public().to_spki_der() }.encode());
    let chip = Chip::rsa(key, Hash::Sha1).unwrap();
    let mut evidence = card.evidence(CHALLENGE);
    let signature = chip.internal_authenticate(&CHALLENGE, &mut rng).unwrap();
    evidence.active_authentication = Some(ActiveAuthentication { challenge: CHALLENGE, signature });
    let verdict = judge_bound(&evidence, &card.anchors(), BIND);
    assert!(verdict.verified && verdict.chip.active_authentication.passed(), "{verdict:#?}");
    assert_eq!(verdict.level, Level::L2);
    let weak: Vec<_> = verdict.weak.iter().map(ToString::to_string).collect();
    assert_eq!(weak, ["a short key: EF.DG15 has RSA 1024"]);
    evidence.active_authentication.as_mut().unwrap().signature[0] ^= 1;
    let verdict = judge_bound(&evidence, &card.anchors(), BIND);
    assert!(matches!(verdict.chip.check, Check::Failed(Reason::ActiveAuthentication(_))));
}

#[test]
fn another_challenge_than_the_bound_one_fails() {
    let card = Fixture::new();
    let mut bind = BIND;
    bind[7] ^= 1;
    let verdict = judge_bound(&card.evidence(CHALLENGE), &card.anchors(), bind);
    assert!(matches!(verdict.chip.check, Check::Failed(Reason::ChallengeNotBound { .. })));
    assert!(!verdict.verified && verdict.level == Level::L1);
    // Only eight bytes fit into a challenge; the rest of the binding is signed by the device.
    bind = BIND;
    bind[8] ^= 1;
    assert!(judge_bound(&card.evidence(CHALLENGE), &card.anchors(), bind).verified);
    // The challenge was altered after the card signed.
    let mut evidence = card.evidence([1; 8]);
    evidence.active_authentication.as_mut().unwrap().challenge = CHALLENGE;
    let verdict = judge_bound(&evidence, &card.anchors(), BIND);
    assert!(matches!(verdict.chip.check, Check::Failed(Reason::ActiveAuthentication(_))));
}

#[test]
fn a_weakened_card_access_is_noticed() {
    let mut card = Fixture::new();
    card.card_access = SecurityInfos::new([pace_info(12), pace_info(0)]).encode();
    let verdict = judge_live(&card.evidence(CHALLENGE), &card.anchors());
    assert_eq!(verdict.card_access, Check::Failed(Reason::CardAccessAltered { count: 1 }));
    assert!(!verdict.verified);
    card.card_access = vec![0x31, 0x05];
    assert!(judge_live(&card.evidence(CHALLENGE), &card.anchors()).card_access.failed());
}

#[test]
fn the_holder_counts_only_under_the_chips_own_keys() {
    let card = Fixture::new();
    let anchors = card.anchors();
    let mut evidence = card.evidence(CHALLENGE);
    let holder = |v: &Verdict| v.holder_verification.clone().unwrap().check;
    let no_pin = Check::NotDone(Reason::NoPin { password: Password::Can });
    assert_eq!(holder(&judge_live(&evidence, &anchors)), no_pin);
    let file = HolderVerification { password: Password::Pin, pin_tries_left: 3, counter: 2 };
    evidence.files.insert(File::HolderVerification, file.encode());
    assert!(matches!(
        holder(&judge_live(&evidence, &anchors)),
        Check::Failed(Reason::AccessDiffers { .. })
    ));
    evidence.access = Access::PacePin;
    assert_eq!(holder(&judge_live(&evidence, &anchors)), Check::Passed);
    assert_eq!(
        holder(&judge_bound(&evidence, &anchors, BIND)),
        Check::NotDone(Reason::NotProvable)
    );
    let without = judge(&evidence, &anchors, &Judging::live(ChipRun::NotOffered, None));
    assert_eq!(holder(&without), Check::NotDone(Reason::NotAttested));
    let mut refused = evidence.clone();
    refused.active_authentication = None;
    let contradicted = Judging::live(ChipRun::Proven, Some("6985".into()));
    let contradicted = judge(&refused, &anchors, &contradicted);
    assert!(contradicted.chip.answered_the_judge());
    assert_eq!(holder(&contradicted), Check::NotDone(Reason::NotAttested));
    evidence.files.insert(File::HolderVerification, vec![1]);
    assert!(holder(&judge_live(&evidence, &anchors)).failed());
    evidence.files.remove(&File::HolderVerification);
    assert!(judge_live(&evidence, &anchors).holder_verification.is_none());
}

#[test]
fn signed_objects_that_say_too_much_or_nothing_known_fail() {
    let card = Fixture::new();
    let anchors = card.anchors();
    let with = |content: &[u8]| {
        let mut evidence = card.evidence(CHALLENGE);
        evidence.files.insert(File::Sod, card.sign(content));
        judge_live(&evidence, &anchors)
    };
    let mut twice = card.object();
    twice.hashes.push(twice.hashes[0].clone());
    let verdict = with(&twice.encode());
    assert!(text(&verdict.passive.check).contains("twice"), "{}", verdict.passive.check);
    let mut unknown = card.object();
    unknown.hash_algorithm = crate::pki::Oid::new_unwrap("1.2.3.4");
    let verdict = with(&unknown.encode());
    let why = text(&verdict.passive.check);
    assert!(why.contains("1.2.3.4") && why.contains("not supported"), "{why}");
    assert!(!verdict.chip.check.passed());
    assert!(with(b"").passive.check.failed());

    // Two signers, both genuine.
    let sod = card.sign(&card.object().encode());
    let mut evidence = card.evidence(CHALLENGE);
    evidence.files.insert(File::Sod, two_signers(&sod));
    let verdict = judge_live(&evidence, &anchors);
    let source = Box::new(PkiError::SignerCount { got: 2 });
    let expected = Check::Failed(Reason::Signed { file: File::Sod, source });
    assert_eq!(verdict.passive.check, expected);
    assert!(!verdict.verified && !verdict.chip.check.passed());
}

fn two_signers(sod: &[u8]) -> Vec<u8> {
    let (sequence, set) = (Tag::new(0x30), Tag::new(0x31));
    let info = parse_one(sod, Tag::new(0x77)).unwrap().need(sequence).unwrap();
    let data = find(info.raw, &[sequence, Tag::new(0xA0), sequence]).unwrap().unwrap();
    let fields: Vec<_> = data.children().unwrap().map(Result::unwrap).collect();
    let mut w = Writer::new();
    w.constructed(Tag::new(0x77), |w| {
        w.constructed(sequence, |w| {
            w.raw(info.children().unwrap().next().unwrap().unwrap().raw);
            w.constructed(Tag::new(0xA0), |w| {
                w.constructed(sequence, |w| {
                    for field in &fields[..fields.len() - 1] {
                        w.raw(field.raw);
                    }
                    let signer = fields[fields.len() - 1].value;
                    w.primitive(set, &[signer, signer].concat());
                });
            });
        });
    });
    w.finish()
}

#[test]
fn evidence_of_garbage_never_panics() {
    let card = Fixture::new();
    let anchors = card.anchors();
    let nested = [0x30, 0x80].repeat(30_000);
    for garbage in [&[][..], &[0x77], &[0xFF; 300], &nested] {
        let mut evidence = card.evidence(CHALLENGE);
        for bytes in evidence.files.values_mut() {
            garbage.clone_into(bytes);
        }
        evidence.active_authentication.as_mut().unwrap().signature = garbage.to_vec();
        for judging in [Judging::offline(None), Judging::live(ChipRun::Proven, None)] {
            let verdict = judge(&evidence, &anchors, &judging);
            assert!(!verdict.verified && verdict.level == Level::L0);
        }
    }
}
