//! What a judge believes who spoke to the chip through somebody else's reader.

use super::super::testing::{Fixture, key, pace_info};
use super::super::*;
use super::{BIND, CHALLENGE};
use crate::lds::{
    ChipAuthenticationPublicKeyInfo, Dg14, File, HolderVerification, Password, SecurityInfo,
    SecurityInfos, oids,
};
use crate::pki::spki;

/// What the judge ran itself: with the key without a number, as the fixture has it.
fn relayed(password: Option<Password>) -> Relayed {
    let record = ChipAuthentication {
        protocol: oids::CA_ECDH_AES_CBC_CMAC_128.to_string(),
        key_file: KeyFile::Dg14,
        key_id: None,
        terminal_public_key: key("the judge's").public().sec1().to_vec(),
        protected_reply: true,
    };
    let file = |password| HolderVerification { password, pin_tries_left: 3, counter: 9 }.encode();
    Relayed {
        chip_authentication: ChipRun::Proven,
        record: Some(record),
        holder_verification: password.map(file),
    }
}

fn not_run() -> Relayed {
    Relayed { chip_authentication: ChipRun::NotRun("not yet".into()), ..Relayed::default() }
}

fn judge_remote(card: &Fixture, evidence: &Evidence, relayed: Relayed) -> Verdict {
    judge(evidence, &card.anchors(), &Judging::remote(relayed, BIND))
}

#[test]
fn the_judges_own_run_proves_the_chip_and_the_pin() {
    let card = Fixture::new();
    let mut evidence = card.evidence(CHALLENGE);
    evidence.access = Access::PacePin;
    // The phone left it out, and its file is of another moment.
    evidence.chip_authentication = None;
    let verdict = judge_remote(&card, &evidence, relayed(Some(Password::Pin)));
    assert!(verdict.verified, "{verdict:#?}");
    assert_eq!(verdict.level, Level::L3);
    let holder = verdict.holder_verification.unwrap();
    assert_eq!((holder.check, holder.file.unwrap().counter), (Check::Passed, 9));
    // The chip is believed, not the reader.
    let verdict = judge_remote(&card, &evidence, relayed(Some(Password::Can)));
    let holder = verdict.holder_verification.unwrap();
    assert!(matches!(holder.check, Check::Failed(Reason::AccessDiffers { .. })));
    evidence.access = Access::PaceCan;
    let verdict = judge_remote(&card, &evidence, relayed(Some(Password::Can)));
    let holder = verdict.holder_verification.unwrap();
    assert_eq!(holder.check, Check::NotDone(Reason::NoPin { password: Password::Can }));
}

#[test]
fn what_the_phone_says_of_the_chip_counts_for_nothing() {
    let card = Fixture::new();
    // Evidence with `protected_reply: true` and a file that tells of a PIN.
    let mut evidence = card.evidence(CHALLENGE);
    evidence.access = Access::PacePin;
    let told = HolderVerification { password: Password::Pin, pin_tries_left: 3, counter: 9 };
    evidence.files.insert(File::HolderVerification, told.encode());
    evidence.active_authentication = None;
    for run in [
        not_run(),
        Relayed::default(),
        Relayed { record: None, ..relayed(None) },
        Relayed { chip_authentication: ChipRun::Failed("no answer".into()), ..relayed(None) },
    ] {
        let verdict = judge_remote(&card, &evidence, run);
        assert_eq!((verdict.verified, verdict.level), (false, Level::L1), "{verdict:#?}");
        assert!(!verdict.chip.chip_authentication.passed());
        assert_eq!(verdict.holder_verification.unwrap().check, Check::NotDone(Reason::OnlyTold));
    }
    // The chip is proven, and gave the judge no such file.
    let verdict = judge_remote(&card, &evidence, relayed(None));
    assert_eq!((verdict.verified, verdict.level), (true, Level::L3));
    assert_eq!(verdict.holder_verification.unwrap().check, Check::NotDone(Reason::OnlyTold));
    // A file that came in a channel which proved nothing.
    let run = Relayed { chip_authentication: ChipRun::NotOffered, ..relayed(Some(Password::Pin)) };
    let verdict = judge_remote(&card, &evidence, run);
    assert_eq!(verdict.holder_verification.unwrap().check, Check::NotDone(Reason::NotAttested));
}

#[test]
fn a_run_with_a_key_that_the_issuer_did_not_sign_proves_nothing() {
    let mut card = Fixture::new();
    let numbered = ChipAuthenticationPublicKeyInfo {
        protocol: oids::PK_ECDH,
        spki: spki::encode(&key("chip").public()),
        key_id: Some(7),
    };
    let infos = [pace_info(12), SecurityInfo::ChipAuthenticationPublicKey(numbered)];
    let infos = SecurityInfos::new(infos);
    card.groups.insert(File::Dg14, Dg14 { infos }.encode());
    let verdict = judge_remote(&card, &card.evidence(CHALLENGE), relayed(Some(Password::Pin)));
    assert!(matches!(verdict.chip.check, Check::Failed(Reason::KeyNotAuthentic { .. })));
    assert_eq!((verdict.verified, verdict.level), (false, Level::L1));
}

#[test]
fn the_card_has_to_have_signed_this_binding() {
    let card = Fixture::new();
    let verdict = judge_remote(&card, &card.evidence(CHALLENGE), not_run());
    assert_eq!((verdict.verified, verdict.level), (true, Level::L2), "{verdict:#?}");
    // Another session's signature is none, and spoils what Chip Authentication showed.
    for run in [not_run(), relayed(Some(Password::Pin))] {
        let verdict = judge_remote(&card, &card.evidence([7; 8]), run);
        let why = verdict.chip.active_authentication.reason().unwrap();
        assert!(matches!(why, Reason::ChallengeNotBound { .. }), "{why}");
        assert_eq!((verdict.verified, verdict.level), (false, Level::L1));
    }
}

#[test]
fn the_mapping_is_no_proof_to_somebody_else() {
    let card = Fixture::new();
    let mut evidence = card.evidence(CHALLENGE);
    evidence.active_authentication = None;
    evidence.chip_authentication_mapping = Some(ChipAuthenticationMapping {
        protocol: oids::PACE_ECDH_GM_AES_CBC_CMAC_128.to_string(),
        parameter_id: 12,
        mapping_key: key("mapping").public().sec1().to_vec(),
        data: vec![1; 32],
    });
    let verdict = judge_remote(&card, &evidence, not_run());
    assert!(!verdict.chip.chip_authentication_mapping.passed());
    assert_eq!((verdict.verified, verdict.level), (false, Level::L1));
}
