//! A tap of each quirk of the field (docs/faults.md): it reads the card, or says precisely why not.

use std::{collections::BTreeSet, path::PathBuf, thread};

use iccard::{
    profile::{self, Personalised, Profile},
    tap::Options,
    transport::Loopback,
};

use super::{faulty, told};
use crate::support::card::{of_profile, tap_over};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("card-profiles")
}

fn read(name: &str) -> Profile {
    let path = folder().join(format!("quirk-{name}.toml"));
    profile::read(&path).unwrap_or_else(|e| panic!("{e}"))
}

fn quirk(name: &str) -> Personalised {
    read(name).personalise().unwrap()
}

fn tap(card: &Personalised, options: &Options) -> String {
    told(card, &tap_over(Box::new(Loopback::new(faulty(card, ""))), options))
}

const L3: &str = "verified L3, pace-can";
const BAC: &str = "verified L2, bac";

/// Number or name, how the line that tells of the tap begins, and what else stands in it.
const TAPS: &[(&str, &str, &[&str])] = &[
    ("01-cn", L3, &[]),
    ("01-us", L3, &[]),
    ("02-ua", L3, &[]),
    ("03-6ce7", BAC, &[]),
    ("04-us-6988", BAC, &[]),
    ("05-ru", BAC, &[]),
    ("06-es", L3, &[]),
    ("07-si", BAC, &[]),
    ("08-nl", L3, &[]),
    ("09-dg3", L3, &["EF.DG3: 6982"]),
    (
        "10-downgrade",
        "error: EF.SOD: secure messaging: a protected response expected, an unprotected 9000 (success) came",
        &[],
    ),
    (
        "11-do99",
        "error: SELECT eMRTD application: secure messaging: DO99: a status word of 2 bytes expected, 1 bytes came",
        &[],
    ),
    ("12-endless", "error: EF.DG12: 2147483653 bytes by its header, at most 524288 are read", &[]),
    ("13-do85", L3, &[]),
    ("14-ua", L3, &[]),
    ("14-nl", L3, &[]),
    ("14-vn", L3, &[]),
    ("15-lv", L3, &[]),
    ("16-us-dir", BAC, &[]),
    ("17-de", L3, &[]),
    ("18-pt", BAC, &[]),
    ("19-my", L3, &[]),
    ("20-nl", L3, &[]),
    ("21-de", L3, &[]),
    ("22-two-keys", L3, &[]),
    (
        "23-no-fallback",
        "error: PACE refused: the card answered 6A80 (incorrect parameters in the command data field) to MSE:Set AT (step 0 of 4)",
        &[],
    ),
    (
        "24-de-6700",
        "error: PACE refused: the card answered 6700 (wrong length) to GENERAL AUTHENTICATE (step 1 of 4)",
        &[],
    ),
    (
        "25-gr",
        "error: PACE refused: the card answered 6300",
        &["to the terminal's token (step 4 of 4): the CAN is wrong"],
    ),
    (
        "25-sk",
        "error: PACE refused: the card answered 6A80",
        &["to GENERAL AUTHENTICATE (step 3 of 4)"],
    ),
    ("26-im", L3, &[]),
    ("27-slow", L3, &[]),
    ("28-mt", L3, &[]),
    ("29-6982", BAC, &[]),
    ("29-truncated", "error: EF.CardAccess: ", &["bytes by its header, the card gave"]),
    ("30-fr", L3, &[]),
    (
        "31-clone",
        "not verified L1, pace-can",
        &["the chip does not hold the private key of EF.DG14"],
    ),
    (
        "32-6f00",
        "not verified L1, pace-can",
        &["the card answered 6F00 (no precise diagnosis) to GENERAL AUTHENTICATE"],
    ),
    ("33-34cc", L3, &[]),
    ("34-pt-der", BAC, &["EF.DG14: 6A82"]),
    ("34-other-hash", "not verified L1, bac", &["this chip does not hold the key of EF.DG15"]),
    ("36-rsa", BAC, &["EF.DG14: 6A82"]),
    ("37-lt", BAC, &[]),
    ("38-old", BAC, &[]),
    ("38-cn", BAC, &[]),
    ("40-unread", L3, &["EF.DG12: 6982"]),
    ("41-torn", "error: EF.DG2: the card left emulated", &[]),
    ("61xx", BAC, &[]),
    ("atr", L3, &[]),
    ("extended-6700", L3, &[]),
    ("extended-cut", L3, &[]),
    ("extended-ga", L3, &[]),
];

fn wrong((name, start, parts): &(&str, &str, &[&str])) -> Option<String> {
    let card = quirk(name);
    let got = tap(&card, &of_profile(&card));
    let fits = got.starts_with(start) && parts.iter().all(|part| got.contains(part));
    (!fits).then(|| format!("{name}: {start} {parts:?} expected, {got}"))
}

#[test]
fn a_tap_reads_each_quirk_or_says_precisely_why_not() {
    // Two at a time: each is a card to make and a card to tap.
    let half = TAPS.len().div_ceil(2);
    let wrong: Vec<String> = thread::scope(|scope| {
        let all: Vec<_> = TAPS
            .chunks(half)
            .map(|rows| scope.spawn(|| rows.iter().filter_map(wrong).collect::<Vec<_>>()))
            .collect();
        all.into_iter().flat_map(|rows| rows.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

// Where BAC is asked for in so many words, its own refusal is told.
#[test]
fn bac_that_is_off_is_told_when_it_was_asked_for() {
    for (name, sw) in [("20-nl", "6985"), ("24-de-6700", "6A88")] {
        let card = quirk(name);
        let mrz = card.mrz.as_ref().unwrap().as_str();
        let passwords = iccard::tap::Passwords::from_mrz(mrz);
        let options = Options { passwords, allow_bac: true, ..of_profile(&card) };
        let got = tap(&card, &options);
        assert!(
            got.starts_with("error: ") && got.contains(sw) && got.contains("GET CHALLENGE"),
            "{got}"
        );
    }
}

// A reader that keeps to short APDUs gets no signature of 256 bytes from a chip without 61xx.
#[test]
fn a_signature_that_fits_no_short_answer_is_told_as_refused() {
    let card = quirk("08-nl");
    let options = Options { max_apdu: iccard::transport::Limits::SHORT, ..of_profile(&card) };
    let got = tap(&card, &options);
    assert!(got.starts_with("not verified L1"), "{got}");
    assert!(got.contains("Active Authentication refused: the card answered 6700"), "{got}");
}

#[test]
fn every_quirk_profile_is_in_the_table_and_in_the_document() {
    let names: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.strip_prefix("quirk-")?.to_owned()))
        .collect();
    let table: BTreeSet<String> = TAPS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(names, table);
    let document = include_str!("../../docs/faults.md");
    for name in &names {
        assert!(document.contains(&format!("`quirk-{name}`")), "docs/faults.md lacks quirk-{name}");
        assert_eq!(read(name).name, format!("quirk-{name}"));
    }
    // Every number of the list has a row there.
    for number in 1..=41 {
        assert!(document.contains(&format!("\n| {number} |")), "docs/faults.md lacks {number}");
    }
}

#[test]
fn extended_length_that_lies_is_read_by_short_apdus() {
    let card = quirk("extended-cut");
    let options = Options { max_apdu: iccard::transport::Limits::SHORT, ..of_profile(&card) };
    let got = tap(&card, &options);
    assert!(got.starts_with(L3), "{got}");
}
