//! Where what a terminal may do ends: other DFs and channels, the room of an answer, a restart.

use super::iso::{APP, Chip, PIN};
use crate::{
    apdu::StatusWord,
    profile::Quirks,
    transport::{Responder, fault::Damage},
};

#[test]
fn a_local_password_holds_where_it_was_shown() {
    for in_the_master_file in ["0020FF81", "00200081 04 30303030"] {
        let mut chip = Chip::new();
        let sw = if in_the_master_file == "0020FF81" { 0x9000 } else { 0x63C2 };
        chip.says(&[
            (in_the_master_file, "", sw),
            APP,
            PIN,
            ("00B08200 00", "00010203", 0x9000),
            ("00A4000C 02 5016", "", 0x9000),
            ("00200081", "", 0x63C3),
        ]);
    }
    // What was shown in the MF holds below it.
    Chip::new().says(&[PIN, APP, ("00200081", "", 0x9000), ("00B08200 00", "00010203", 0x9000)]);
}

#[test]
fn a_path_enters_no_closed_df() {
    let mut chip = Chip::new();
    chip.says(&[
        ("00A4080C 04 50174401", "", 0x6982),
        ("00A4080C 04 50174409", "", 0x6982),
        ("00A4090C 04 50174401", "", 0x6982),
        ("00E80800 04 50174401", "", 0x6982),
        ("00E80800 04 50174409", "", 0x6982),
        ("00E40900 04 50174401", "", 0x6982),
        ("00040800 04 50174401", "", 0x6982),
        ("00B08100 00", "", 0x6A82),
        PIN,
        ("00A4080C 04 50174409", "", 0x6A82),
        ("00A4080C 04 50174401", "", 0x9000),
        // Who stands in it is in.
        ("0020FF81", "", 0x9000),
        ("00A4080C 04 50174401", "", 0x9000),
        ("00E80800 04 50174409", "", 0x6A82),
        ("00E80800 04 50174401", "", 0x9000),
    ]);
}

#[test]
fn a_file_with_a_long_rule_outlives_a_restart() {
    let mut chip = Chip::new();
    chip.says(&[
        APP,
        ("00D68800 02 AABB", "", 0x9000),
        ("00A4020C 02 4406", "", 0x9000),
        ("00040000", "", 0x9000),
    ]);
    let mut chip = chip.restart();
    chip.says(&[
        APP,
        ("00A4020C 02 4406", "", 0x6283),
        ("00440000", "", 0x9000),
        ("00B00000 00", "AABB", 0x9000),
    ]);
}

#[test]
fn a_command_on_another_channel_voids_a_challenge() {
    let mut chip = Chip::new();
    let answer = "00820001 10 00000000000000000000000000000000";
    chip.says(&[("00700001", "", 0x9000)]);
    for (between, sw) in [("", 0x6300), ("01A4000C", 0x6985), ("01820001 01 00", 0x6985)] {
        assert_eq!(chip.send(&super::terminal::bytes("00840000 10")).1, 0x9000);
        if !between.is_empty() {
            chip.send(&super::terminal::bytes(between));
        }
        chip.says(&[(answer, "", sw)]);
    }
}

#[test]
fn an_answer_has_the_room_of_the_card() {
    let mut chip = Chip::new();
    let sevens = |n: usize| "07".repeat(n);
    let (full, rest, most) = (sevens(998), sevens(502), sevens(202));
    chip.says(&[
        ("00CA00C2 000000", &full, 0x6100),
        ("00C00000 000000", &rest, 0x9000),
        APP,
        ("00B2014D 0007D0", &full, 0x61CA),
        ("00C00000 CA", &most, 0x9000),
        ("00B2034D 0007D0", &sevens(800), 0x6282),
    ]);
}

#[test]
fn a_blocked_password_is_changed_on_no_channel() {
    Chip::new().says(&[
        ("00700001", "", 0x9000),
        PIN,
        ("01200081 01 00", "", 0x63C2),
        ("01200081 01 00", "", 0x63C1),
        ("01200081 01 00", "", 0x63C0),
        ("00240181 04 35363738", "", 0x6983),
        ("01200081", "", 0x6983),
    ]);
}

#[test]
fn damage_is_done_to_one_command() {
    let mut chip = Chip::new();
    let quirk = StatusWord::WRONG_LENGTH;
    let quirks = Quirks { extended_general_authenticate: Some(quirk), ..Quirks::default() };
    chip.card = chip.card.with_quirks(quirks);
    chip.card.damage(Damage::Status(StatusWord::NO_DIAGNOSIS));
    chip.says(&[("00860000 000001 00", "", quirk.0), ("00200081", "", 0x63C3)]);
}
