//! Files, access rules, and what foreign readers demand of a card: one test a demand.

use super::{
    CAN, CAN_REF, MRZ_REF, PIN, PIN_REF, PUK, PUK_REF, card, resident,
    terminal::{PACE_OID, Terminal, bytes},
};
use crate::{
    atr::Atr,
    emulator::SeededEnv,
    lds::{AtrInfo, Df, Dg1, Dg14, Dir, File, LDS_AID, SecurityInfos},
    transport::{Power, Responder},
};

const SELECT_LDS: &str = "00A4040C 07 A0000002471001";

fn holder_session() -> Terminal {
    let mut terminal = Terminal::resident();
    assert_eq!(terminal.pace(CAN_REF, CAN), (0x9000, 0x9000));
    assert_eq!(terminal.status(SELECT_LDS), 0x9000);
    terminal
}

fn files_in(df: Df) -> Vec<File> {
    let files = resident().files.keys().copied();
    files.chain([File::HolderVerification]).filter(|f| f.df() == df).collect()
}

#[test]
fn before_pace_only_the_files_of_the_mf_are_readable() {
    let mut terminal = Terminal::resident();
    for file in files_in(Df::MasterFile) {
        assert_eq!(terminal.status(&format!("00A4020C 02 {:04X}", file.fid())), 0x9000);
        assert_eq!(terminal.read(file.sfi()), resident().files[&file], "{file}");
    }
    assert_eq!(terminal.status(SELECT_LDS), 0x9000);
    for file in files_in(Df::Lds) {
        let (fid, sfi) = (file.fid(), 0x80 | file.sfi());
        for command in [
            format!("00A4020C 02 {fid:04X}"),
            format!("00A40000 02 {fid:04X} 00"),
            format!("00B0{sfi:02X}00 00"),
            format!("00B1{fid:04X} 03 540100 00"),
            format!("00B100{:02X} 03 540100 00", file.sfi()),
        ] {
            assert_eq!(terminal.plain(&command), (vec![], 0x6982), "{file} {command}");
        }
    }
    for command in ["00880000 08 0102030405060708 00", "002241A4 0C 800A04007F00070202030202"] {
        assert_eq!(terminal.plain(command), (vec![], 0x6982));
    }
    assert_eq!(terminal.status("00B00000 00"), 0x6986);
}

#[test]
fn the_mrz_the_can_and_the_pin_open_the_data_and_the_puk_does_not() {
    let mrz = resident().mrz.as_ref().unwrap().as_str();
    let mrz = crate::crypto::Hash::Sha1.digest(&[mrz.as_bytes()]);
    for (reference, secret) in [(MRZ_REF, mrz.as_slice()), (CAN_REF, CAN), (PIN_REF, PIN)] {
        let mut terminal = Terminal::resident();
        assert_eq!(terminal.pace(reference, secret), (0x9000, 0x9000));
        assert_eq!(terminal.status(SELECT_LDS), 0x9000);
        for file in files_in(Df::Lds) {
            let read = terminal.read(file.sfi());
            match resident().files.get(&file) {
                Some(bytes) => assert_eq!(read, *bytes, "{file}"),
                None => assert_eq!(read.len(), 21, "{file}"),
            }
            assert_eq!(terminal.status(&format!("00A4020C 02 {:04X}", file.fid())), 0x9000);
        }
    }
    let mut terminal = Terminal::resident();
    assert_eq!(terminal.pace(PUK_REF, PUK), (0x9000, 0x9000));
    assert_eq!(terminal.status(SELECT_LDS), 0x9000);
    for file in files_in(Df::Lds) {
        let expected = if file == File::HolderVerification { 0x9000 } else { 0x6982 };
        assert_eq!(terminal.status(&format!("00B0{:02X}00 00", 0x80 | file.sfi())), expected);
    }
}

#[test]
fn demand_1_the_atr_offers_t1() {
    let card = card(|_| {});
    assert_eq!(card.atr(), bytes("3B8A80018031F873F741E082900075"));
    assert_eq!(Atr::parse(card.atr()).unwrap().protocols(), [0, 1]);
}

#[test]
fn demand_2_pseudo_apdus_are_answered() {
    let mut terminal = holder_session();
    let (uid, sw) = terminal.plain("FFCA0000 00");
    assert_eq!((uid.len(), uid[0], sw), (4, 0x08, 0x9000));
    for (command, data, sw) in [
        ("FFCA0100 00", "8031F873F741E0829000", 0x9000),
        ("FFCA0100", "8031F873F741E0829000", 0x9000),
        ("FFCA0100 0A", "8031F873F741E0829000", 0x9000),
        ("FFCA0100 04", "", 0x6C0A),
        ("FFCA0100 20", "8031F873F741E0829000", 0x6282),
        ("FFCA0200 00", "", 0x6A81),
        ("FF000000", "", 0x6D00),
        ("FFFFFFFF 03 FFFFFF 00", "", 0x6D00),
    ] {
        assert_eq!(terminal.plain(command), (bytes(data), sw), "{command}");
    }
    // No card sees them, so the session goes on.
    assert_eq!(terminal.status("00B08100 00"), 0x9000);
    terminal.card.power(Power::Reset);
    assert_ne!(terminal.plain("FFCA0000 00").0, uid, "a fixed identifier would track its holder");
}

#[test]
fn demand_3_selects_as_readers_send_them() {
    let mut terminal = Terminal::resident();
    for (command, data, sw) in [
        ("00A4000C", "", 0x9000),
        ("00A4000C 02 3F00", "", 0x9000),
        ("00A40000", "", 0x9000),
        ("00A40000 02 3F00 00", "6F0782013883023F00", 0x9000),
        ("00A4020C 02 011C", "", 0x9000),
        ("00A4080002011CFF", "6F0E8002001682010183 02011C 8801E0", 0x9000),
        ("00A40804 04 3F00011C 00", "620E8002001682010183 02011C 8801E0", 0x9000),
        ("00B09C00 04", "31143012", 0x9000),
        ("00A4040C 07 A0000002471001", "", 0x9000),
        ("00A40400 07 A0000002471001 00", "6F098407A0000002471001", 0x9000),
        ("00A40400 05 A000000247 00", "6F098407A0000002471001", 0x9000),
        ("00A40400 07 A0000002471001", "", 0x9000),
        ("00A40402 05 A000000247 00", "", 0x6A82),
        ("00A4040C 08 A000000247100101", "", 0x6A82),
        ("00A4040C 07 A0000002471002", "", 0x6A82),
        ("00A40400 00", "", 0x6A82),
        ("00A4020C 02 011C", "", 0x6A82),
        ("00A4080C 02 2F01", "", 0x9000),
        ("00B00000 03", "4301F8", 0x9000),
        ("00A4030C", "", 0x9000),
        ("00B00000 03", "", 0x6986),
    ] {
        assert_eq!(terminal.plain(command), (bytes(data), sw), "{command}");
    }
}

#[test]
fn demand_4_a_missing_file_is_6a82_and_protected() {
    let mut terminal = Terminal::resident();
    let missing = ["00A4020C 02 0202", "00A4020C 02 011D", "00B09D00 00", "00B10202 03 540100 00"];
    for command in missing {
        assert_eq!(terminal.plain(command), (vec![], 0x6A82), "{command}");
    }
    let mut terminal = holder_session();
    for command in ["00A4020C 02 0103", "00B08300 00", "00A4020C 02 0202", "00B10110 03 540100 00"]
    {
        // The terminal's `send` demands DO99 and DO8E.
        assert_eq!(terminal.send(command), (vec![], 0x6A82), "{command}");
        let protected = terminal.heard.last().unwrap();
        assert_eq!((protected.len(), &protected[..4]), (16, &[0x99, 2, 0x6A, 0x82][..]));
    }
    // What was selected stays selected.
    assert_eq!(terminal.status("00A4020C 02 0101"), 0x9000);
    assert_eq!(terminal.status("00A4020C 02 0103"), 0x6A82);
    assert_eq!(terminal.send("00B00000 02"), (bytes("615D"), 0x9000));
}

// 231 bytes under 3DES follow from the same computation, which `sm` tests for every cipher.
#[test]
fn demand_5_a_short_le_is_cut_to_223_bytes_with_9000() {
    let mut terminal = holder_session();
    let file = &resident().files[&File::Dg2];
    let (data, sw) = terminal.send("00B08200 00");
    assert_eq!((data.as_slice(), sw), (&file[..223], 0x9000));
    assert_eq!(terminal.heard.last().unwrap().len(), 244);
    let (data, sw) = terminal.send("00B08200 E0");
    assert_eq!((data.len(), sw), (223, 0x9000));
    let (data, sw) = terminal.send("00B0829F DF");
    assert_eq!((data.as_slice(), sw), (&file[0x9F..0x9F + 0xDF], 0x9000));
    // DG1 has 95 bytes: an Le of zeros is no error, a number beyond the end is told.
    assert_eq!(terminal.send("00B08100 00").1, 0x9000);
    let (data, sw) = terminal.send("00B08100 60");
    assert_eq!((data.len(), sw), (95, 0x6282));
}

#[test]
fn demand_6_the_offset_of_an_sfi_read_is_unsigned() {
    let mut terminal = holder_session();
    let file = &resident().files[&File::Dg2];
    for offset in [0x7F_u8, 0x80, 0xDF, 0xFF] {
        let from = usize::from(offset);
        let (data, sw) = terminal.send(&format!("00B082{offset:02X} 10"));
        assert_eq!((data.as_slice(), sw), (&file[from..from + 16], 0x9000));
    }
}

#[test]
fn demand_7_malformed_commands_are_6700() {
    let mut terminal = Terminal::resident();
    for command in ["00B00004078A", "", "00", "00B000", "00A4040C0501", "00860000000005AA"] {
        assert_eq!(terminal.plain(command), (vec![], 0x6700), "{command}");
    }
}

#[test]
fn demand_8_dg14_repeats_cardaccess_and_the_countries_agree() {
    let card = resident();
    let access = SecurityInfos::parse(&card.files[&File::CardAccess]).unwrap();
    let dg14 = Dg14::parse(&card.files[&File::Dg14]).unwrap();
    assert_eq!(access.iter().count(), 1);
    assert_eq!(access.missing_from(&dg14.infos).count(), 0);
    let dg1 = Dg1::parse(&card.files[&File::Dg1]).unwrap();
    assert_eq!(dg1.mrz().issuing_state, "KOR");
    for certificate in [&card.csca, &card.signer].map(|c| c.as_ref().unwrap()) {
        assert_eq!(certificate.country().as_deref(), Some("KR"));
        assert!(certificate.subject().contains("TEST"), "{}", certificate.subject());
    }
}

#[test]
fn demand_9_session_state_dies_with_reset_power_and_a_plain_select() {
    for event in [Power::Off, Power::On, Power::Reset] {
        let mut terminal = holder_session();
        assert_eq!(terminal.status("00A4020C 02 0101"), 0x9000);
        let protected = terminal.wrap(&bytes("00B0000000"));
        terminal.card.power(event);
        assert_eq!(terminal.raw(&protected), (vec![], 0x6882), "{event:?}");
        assert_eq!(terminal.plain("00B00000 00").1, 0x6986, "the EF is not selected any more");
        assert_eq!(terminal.plain("00B08100 00").1, 0x9000, "nor the application: EF.ATR/INFO");
    }
    let mut terminal = holder_session();
    assert_eq!(terminal.status("00A4020C 02 0101"), 0x9000);
    assert_eq!(terminal.plain(SELECT_LDS), (vec![], 0x9000));
    assert_eq!(terminal.plain("00B08100 00").1, 0x6982);
    let protected = terminal.wrap(&bytes("00B0810000"));
    assert_eq!(terminal.raw(&protected), (vec![], 0x6882));
}

#[test]
fn demand_10_one_parameter_set_need_not_be_named() {
    let mut terminal = Terminal::resident();
    let set_at = format!("0022C1A4 0F 800A{PACE_OID} 830102");
    assert_eq!(terminal.pace_after(&set_at, CAN), (0x9000, 0x9000));

    // Where two are offered it must be.
    let mut two = resident().clone();
    let curves = [crate::crypto::Curve::P256, crate::crypto::Curve::BrainpoolP256r1];
    two.profile.pace = curves
        .map(|curve| {
            let oid = crate::lds::oids::PACE_ECDH_GM_AES_CBC_CMAC_128;
            crate::protocol::pace::Parameters::new(oid, Some(curve.parameter_id())).unwrap()
        })
        .to_vec();
    let env = Box::new(SeededEnv::new(b"two"));
    let mut terminal = Terminal::new(crate::emulator::Card::from_profile(&two, env).unwrap());
    assert_eq!(terminal.plain(&set_at), (vec![], 0x6A88));
    assert_eq!(terminal.pace(CAN_REF, CAN), (0x9000, 0x9000));
}

#[test]
fn extended_length_reads_a_file_at_once_and_stays_in_the_stated_sizes() {
    let info = AtrInfo::parse(&resident().files[&File::AtrInfo]).unwrap();
    assert_eq!(info.extended_length(), Some((65_535, 65_535)));
    let mut terminal = holder_session();
    let file = &resident().files[&File::Dg2];
    assert_eq!(terminal.send("00B08200 000000"), (file.clone(), 0x9000));

    let mut terminal = Terminal::new(card(|c| c.profile.limits.extended = Some((1_000, 1_000))));
    assert_eq!(terminal.pace(CAN_REF, CAN), (0x9000, 0x9000));
    assert_eq!(terminal.status(SELECT_LDS), 0x9000);
    let (data, sw) = terminal.send("00B08200 000000");
    assert_eq!((data.as_slice(), sw), (&file[..data.len()], 0x9000));
    let got = terminal.heard.last().unwrap().len();
    assert!((980..=1_000).contains(&got), "{got}");
    let mut long = bytes("0086000000 0400");
    long.resize(7 + 0x400, 0);
    assert_eq!(terminal.raw(&long), (vec![], 0x6700));

    let mut terminal = Terminal::new(card(|c| c.profile.limits.extended = None));
    assert_eq!(terminal.plain("00B09C00 000000"), (vec![], 0x6700));
    assert_eq!(terminal.plain("00B09C00 00").1, 0x9000);
}

#[test]
fn odd_instruction_reads_carry_a_data_object() {
    let mut terminal = Terminal::resident();
    // The conformance cases Q 3 and 4.
    assert_eq!(terminal.plain("00A4020C 02 011C"), (vec![], 0x9000));
    assert_eq!(terminal.plain("00B10000 04 54020000 06"), (bytes("530431143012"), 0x9000));
    assert_eq!(terminal.plain("00B1001C 04 54020000 03"), (bytes("530131"), 0x9000));
    let mut terminal = holder_session();
    let file = &resident().files[&File::Dg2];
    let (data, sw) = terminal.send("00B10102 04 54022000 00");
    assert_eq!((&data[..3], sw), (&[0x53, 0x81, 0xDC][..], 0x9000));
    assert_eq!(data[3..], file[0x2000..0x2000 + 0xDC]);
}

#[test]
fn a_response_that_does_not_fit_waits_for_get_response() {
    let mut terminal = Terminal::resident();
    // GENERAL AUTHENTICATE without Le, as over T=0.
    let set_at = format!("0022C1A4 12 800A{PACE_OID} 830102 84010C");
    assert_eq!(terminal.plain(&set_at), (vec![], 0x9000));
    assert_eq!(terminal.plain("10860000 02 7C00"), (vec![], 0x6114));
    assert_eq!(terminal.plain("00C00000"), (vec![], 0x6700));
    assert_eq!(terminal.plain("00C00100 14"), (vec![], 0x6A86));
    let (first, sw) = terminal.plain("00C00000 08");
    assert_eq!((first.len(), sw), (8, 0x610C));
    let (rest, sw) = terminal.plain("00C00000 00");
    assert_eq!((rest.len(), sw), (12, 0x9000));
    assert_eq!(terminal.plain("00C00000 00"), (vec![], 0x6985));
    // PACE has gone on: this is taken for the mapping, whose point is none.
    assert_eq!(terminal.plain("10860000 04 7C028100 00"), (vec![], 0x6300));
    // Information about a file that does not fit its Le.
    assert_eq!(terminal.plain("00A40000 02 3F00 02"), (bytes("6F07"), 0x6107));
    assert_eq!(terminal.plain("00B09C00 01"), (bytes("31"), 0x9000));
    assert_eq!(terminal.plain("00C00000 07"), (vec![], 0x6985), "another command came");
}

#[test]
fn classes_and_instructions_that_are_none() {
    let mut terminal = Terminal::resident();
    for (command, sw) in [
        ("80A4000C", 0x6E00),
        ("20A4000C", 0x6E00),
        ("E0A4000C", 0x6E00),
        ("01A4000C", 0x6881),
        ("40A4000C", 0x6881),
        ("04A4000C", 0x6882),
        ("08A4000C", 0x6882),
        ("0CA4000C 0A 8E080000000000000000 00", 0x6882),
        ("00840000 08", 0x6D00),
        ("00200001 06 313233343536", 0x6D00),
        ("00D60000 01 00", 0x6D00),
        ("00880000 08 0102030405060708 00", 0x6D00),
        ("00860000 02 7C00 00", 0x6985),
        ("10B09C00 00", 0x6884),
        ("10A4020C 02 011C", 0x6884),
        ("002C0303", 0x6982),
        ("0022C1B6", 0x6985),
    ] {
        assert_eq!(terminal.plain(command), (vec![], sw), "{command}");
    }
}

#[test]
fn the_mf_lists_the_application() {
    assert!(Dir::parse(&resident().files[&File::Dir]).unwrap().lists(&LDS_AID));
}
