//! What holds beyond one command: channels, restarts, documents with files of their own.

use super::*;

#[test]
fn channels_have_a_selection_and_a_status_each() {
    let mut chip = Chip::new();
    chip.says(&[
        ("01A4000C", "", 0x6881),
        ("00700000 01", "01", 0x9000),
        ("00700000 01", "02", 0x9000),
        ("00700003", "", 0x9000),
        ("00700000 01", "", 0x6A81),
        ("00700000", "", 0x6700),
        APP,
        PIN,
        ("00B08200 01", "00", 0x9000),
        ("01B08200 01", "", 0x6A82),
        ("01A4040C 09 A000000063504B4353", "", 0x9000),
        ("01B08200 01", "", 0x6982),
        ("01B08300 01", "", 0x6981),
        ("01700000 01", "", 0x6A81),
        ("00708003", "", 0x9000),
        ("03B08100 01", "", 0x6881),
        // A channel opened from another begins where that one stands.
        ("01700000 01", "03", 0x9000),
        ("03B08100 01", "00", 0x9000),
        ("01708000", "", 0x9000),
        ("01B08100 01", "", 0x6881),
        ("00708000", "", 0x6A86),
        ("0CB08100 0A 8E080000000000000000 00", "", 0x6882),
        // A chain does not go on elsewhere.
        ("10D68100 01 AA", "", 0x9000),
        ("02A4000C", "", 0x6883),
        // A file that is deleted is selected nowhere.
        ("02A4040C 09 A000000063504B4353", "", 0x9000),
        ("02A4020C 02 4401", "", 0x9000),
        ("00E40000 02 4401", "", 0x9000),
        ("02B00000 01", "", 0x6986),
    ]);
    chip.card.power(Power::Reset);
    chip.says(&[("02A4000C", "", 0x6881), ("00B08100 00", "", 0x6A82)]);
}

#[test]
fn what_was_changed_is_there_after_a_restart() {
    let mut chip = Chip::new();
    chip.says(&[
        APP,
        ("00D68100 02 AABB", "", 0x9000),
        ("00E20018 02 6566", "", 0x9000),
        ("00240081 0C 31323334FFFFFFFF 35363738", "", 0x9000),
        PIN_WRONG,
        ("CREATE 80020003 820101 83024501 880130", "", 0x9000),
        ("00D60001 01 CC", "", 0x9000),
        ("CREATE 820138 83024601", "", 0x9000),
        ("CREATE 8205 0441000803 83024602 88 01 38 8A0105", "", 0x9000),
        ("00E20000 03 616263", "", 0x9000),
        ("00040000", "", 0x9000),
        APP,
        ("00E40000 02 4402", "", 0x6982),
        ("00200081 08 35363738FFFFFFFF", "", 0x9000),
        ("00DA5F50 01 41", "", 0x9000),
        PIN_WRONG,
    ]);
    let mut chip = chip.restart();
    chip.says(&[
        APP,
        ("00B08100 03", "AABB02", 0x9000),
        ("00B2031C 00", "6566", 0x9000),
        ("00200081", "", 0x63C2),
        ("00200081 08 35363738FFFFFFFF", "", 0x9000),
        ("00B08600 00", "00CC00", 0x9000),
        ("00CA5F50 00", "41", 0x9000),
        ("00A4090C 04 46014602", "", 0x6283),
        ("00440000", "", 0x9000),
        ("00B20104 00", "616263", 0x9000),
        APP,
        ("00E40000 02 4401", "", 0x9000),
        ("00E40000 02 4601", "", 0x9000),
        // A new file in the place of a declared one.
        ("CREATE 80020002 820101 83024401 880108", "", 0x9000),
    ]);
    let mut chip = chip.restart();
    chip.says(&[
        APP,
        ("00A4010C 02 4601", "", 0x6A82),
        ("00B08100 00", "0000", 0x9000),
        ("00E40000 02 4401", "", 0x9000),
    ]);
    chip.restart().says(&[APP, ("00B08100 00", "", 0x6A82), ("00B08600 00", "00CC00", 0x9000)]);
}

#[test]
fn one_command_is_one_commit_and_a_failed_one_changes_nothing() {
    let mut chip = Chip::new();
    chip.says(&[PUK, APP]);
    for (text, commits) in [
        ("00D68100 02 AABB", 1),
        ("00DC011C 02 7A7A", 1),
        ("00E20018 02 7A7A", 1),
        ("CREATE 80020003 820101 83024501 880130", 1),
        ("00E40000 02 4501", 1),
        ("00040000 02 4401", 1),
        ("00440000 02 4401", 1),
        // The try, then what came of it.
        ("00200081 08 31323334FFFFFFFF", 2),
        ("00240081 0C 31323334FFFFFFFF 35363738", 2),
        ("002C0381", 1),
        ("00DB3FFF 04 5F500141", 1),
        // Nothing changes.
        ("00B08100 00", 0),
        ("00200081", 0),
    ] {
        if text == "002C0381" {
            chip.says(&[PUK]);
        }
        if text.starts_with("00DB") {
            chip.says(&[("00200081 08 35363738FFFFFFFF", "", 0x9000)]);
        }
        let before = chip.memory.shared().clone();
        chip.memory.shared().fails = true;
        let sw = chip.send(&command(text)).1;
        assert_eq!(sw, if commits > 0 { 0x6581 } else { sw }, "{text}");
        chip.memory.shared().fails = false;
        assert_eq!(chip.memory.shared().entries, before.entries, "{text}");
        let before = chip.memory.shared().commits;
        assert_eq!(chip.send(&command(text)).1, 0x9000, "{text}");
        assert_eq!(chip.memory.shared().commits - before, commits, "{text}");
    }
}

#[test]
fn a_document_with_files_of_its_own_keeps_its_protocols() {
    let made = super::super::card(|card| card.profile.layout = layout());
    let mut terminal = super::super::terminal::Terminal::new(made);
    assert_eq!(terminal.plain("00B09C00 01").1, 0x9000, "EF.CardAccess");
    assert_eq!(terminal.pace(super::super::CAN_REF, super::super::CAN), (0x9000, 0x9000));
    assert_eq!(terminal.status("00A4040C 07 A0000002471001"), 0x9000);
    assert_eq!(terminal.status("00B08100 00"), 0x9000);
    assert_eq!(terminal.send("00880000 08 0102030405060708 00").0.len(), 64);
    // Under secure messaging the rules of the layout hold too.
    assert_eq!(terminal.status("00A4040C 09 A000000063504B4353"), 0x9000);
    assert_eq!(terminal.status("00B08200 00"), 0x6982);
    assert_eq!(terminal.status("00200081 08 31323334FFFFFFFF"), 0x9000);
    assert_eq!(terminal.send("00B08200 00"), (bytes("00010203"), 0x9000));
    // An applet is the basic channel's, and a plain command ends the session.
    assert_eq!(terminal.plain("00700001"), (vec![], 0x9000));
    assert_eq!(terminal.plain("01A4040C 07 A0000002471001"), (vec![], 0x6985));
    assert_eq!(terminal.plain("01A4040C 09 A000000063504B4353"), (vec![], 0x9000));
    // The session has gone, and with it what was shown inside it.
    assert_eq!(terminal.plain("00B08200 00"), (vec![], 0x6982));
}
