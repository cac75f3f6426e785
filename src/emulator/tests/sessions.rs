//! Secure messaging, PACE's rules, Chip and Active Authentication, EF.HolderVerification.

use ecdsa::signature::hazmat::PrehashVerifier;
use sha2::{Digest, Sha256};

use super::{
    CAN, CAN_REF, PIN, PIN_REF, PUK, PUK_REF, WRONG, card, resident,
    terminal::{CA_OID, PACE_OID, Terminal, bytes},
};
use crate::{
    emulator::Counter,
    lds::{Dg14, Dg15, File},
    transport::{Power, Responder},
};

const SELECT_LDS: &str = "00A4040C 07 A0000002471001";
const READ_DG1: &str = "00B08100 00";

fn opened(mut terminal: Terminal) -> Terminal {
    assert_eq!(terminal.pace(CAN_REF, CAN), (0x9000, 0x9000));
    assert_eq!(terminal.status(SELECT_LDS), 0x9000);
    terminal
}

// The point of a P-256 SubjectPublicKeyInfo: its last 65 bytes.
fn point_of(spki: &[u8]) -> &[u8] {
    &spki[spki.len() - 65..]
}

fn chip_key() -> Vec<u8> {
    let dg14 = Dg14::parse(&resident().files[&File::Dg14]).unwrap();
    let key = dg14.infos.chip_authentication_keys().next().unwrap();
    point_of(&key.spki).to_vec()
}

// No session is left: a protected command is refused without secure messaging, a plain one too.
fn assert_gone(terminal: &mut Terminal) {
    let protected = terminal.wrap(&bytes(READ_DG1));
    assert_eq!(terminal.raw(&protected), (vec![], 0x6882));
    assert_eq!(terminal.plain(READ_DG1), (vec![], 0x6982));
}

#[test]
fn an_error_of_secure_messaging_is_told_in_plain_and_ends_the_session() {
    type Spoil = fn(&mut Vec<u8>);
    let cases: [(Spoil, u16); 6] = [
        // A bit of the MAC, of Le, of the header.
        (|c| *c.iter_mut().rev().nth(1).unwrap() ^= 1, 0x6988),
        (|c| c[7] ^= 1, 0x6988),
        (|c| c[2] ^= 1, 0x6988),
        // DO8E cut off, all objects cut off, an object that does not belong.
        (|c| *c = bytes("0CB08100 03 970100 00"), 0x6987),
        (|c| *c = bytes("0CB08100 00"), 0x6987),
        (|c| *c = bytes("0CB08100 03 810100 00"), 0x6988),
    ];
    for (spoil, sw) in cases {
        let mut terminal = opened(Terminal::resident());
        let mut command = terminal.wrap(&bytes(READ_DG1));
        spoil(&mut command);
        assert_eq!(terminal.raw(&command), (vec![], sw), "{}", hex::encode(&command));
        assert_gone(&mut terminal);
    }
}

#[test]
fn a_command_sent_twice_ends_the_session() {
    let mut terminal = opened(Terminal::resident());
    let command = terminal.wrap(&bytes(READ_DG1));
    let answer = terminal.raw(&command);
    assert_eq!(terminal.unwrap(&bytes(READ_DG1), answer).1, 0x9000);
    assert_eq!(terminal.raw(&command), (vec![], 0x6988));
    assert_gone(&mut terminal);
}

#[test]
fn a_plain_or_malformed_command_ends_the_session() {
    for (command, sw) in [
        (READ_DG1, 0x6982),
        (SELECT_LDS, 0x9000),
        ("00B00004078A", 0x6700),
        ("80000000", 0x6E00),
        ("00840000 08", 0x6D00),
        ("00C00000 00", 0x6985),
    ] {
        let mut terminal = opened(Terminal::resident());
        assert_eq!(terminal.plain(command), (vec![], sw), "{command}");
        assert_gone(&mut terminal);
    }
}

#[test]
fn a_wrong_can_in_a_session_leaves_the_session() {
    let mut terminal = opened(Terminal::resident());
    assert_eq!(terminal.pace(CAN_REF, WRONG), (0x9000, 0x6300));
    assert_eq!(terminal.status(READ_DG1), 0x9000);
    assert_eq!(terminal.pace(PIN_REF, PIN), (0x9000, 0x9000));
    assert_eq!(terminal.status(READ_DG1), 0x9000);
}

// The conformance cases P of the ICAO technical report that a P-256, AES-128 chip can be asked.
#[test]
fn set_at_takes_what_the_standard_says_and_nothing_else() {
    let mut terminal = Terminal::resident();
    for (template, sw) in [
        (format!("800A{PACE_OID} 830102 84010C"), 0x9000),
        (format!("830102 84010C 800A{PACE_OID}"), 0x9000),
        (format!("800A{PACE_OID} 830102 5F2003414243"), 0x9000),
        (format!("810A{PACE_OID} 830102"), 0x6A80),
        (format!("060A{PACE_OID} 830102"), 0x6A80),
        (format!("800C060A{PACE_OID} 830102"), 0x6A80),
        ("8000 830102".into(), 0x6A80),
        ("830102".into(), 0x6A80),
        ("800904007F000702020402 830102".into(), 0x6A80),
        (format!("800B{PACE_OID}00 830102"), 0x6A80),
        // Offered by others: 3DES, integrated mapping.
        ("800A04007F00070202040201 830102".into(), 0x6A80),
        ("800A04007F00070202040402 830102".into(), 0x6A80),
        (format!("800A{PACE_OID}"), 0x6A80),
        (format!("800A{PACE_OID} 8300"), 0x6A80),
        (format!("800A{PACE_OID} 830202FF"), 0x6A80),
        (format!("800A{PACE_OID} 830202"), 0x6A80),
        (format!("800A{PACE_OID} 830100"), 0x6A88),
        (format!("800A{PACE_OID} 8301FF"), 0x6A88),
        (format!("800A{PACE_OID} 830102 8400"), 0x6A80),
        (format!("800A{PACE_OID} 830102 84010D"), 0x6A88),
        (String::new(), 0x6A80),
    ] {
        let data = bytes(&template);
        let command = format!("0022C1A4 {:02X} {template}", data.len());
        let command = if data.is_empty() { "0022C1A4".into() } else { command };
        assert_eq!(terminal.plain(&command), (vec![], sw), "{template}");
        // A refused one leaves no PACE behind.
        let begins = if sw == 0x9000 { 0x9000 } else { 0x6985 };
        assert_eq!(terminal.plain("10860000 02 7C00 00").1, begins, "{template}");
    }
}

#[test]
fn pace_ends_with_the_first_command_that_is_wrong() {
    let set_at = format!("0022C1A4 12 800A{PACE_OID} 830102 84010C");
    for (command, sw) in [
        ("00860000 02 7C00 00", 0x6A80),
        ("10860000 02 8C00 00", 0x6A80),
        ("10860000 00", 0x6A80),
        ("10860000 05 7C03810101 00", 0x6A80),
        ("10860001 02 7C00 00", 0x6A86),
        ("80860000 02 7C00 00", 0x6E00),
        ("00B09C00 01", 0x9000),
        ("00860000057C00", 0x6700),
        ("00A4020C 02 0202", 0x6A82),
        ("0022C1B6 00", 0x6985),
    ] {
        let mut terminal = Terminal::resident();
        assert_eq!(terminal.plain(&set_at).1, 0x9000);
        assert_eq!(terminal.plain(command).1, sw, "{command}");
        assert_eq!(terminal.plain("10860000 02 7C00 00"), (vec![], 0x6985), "{command}");
    }
    // In the middle: a read between nonce and mapping, and points that are none.
    let zeros = "00".repeat(64);
    let max = "FF".repeat(64);
    for (data, sw) in [
        (format!("7C438141 04{zeros}"), 0x6300),
        (format!("7C438141 04{max}"), 0x6300),
        (format!("7C438141 02{zeros}"), 0x6300),
        (format!("7C438241 04{zeros}"), 0x6A80),
        ("7C028100".into(), 0x6300),
    ] {
        let mut terminal = Terminal::resident();
        assert_eq!(terminal.plain(&set_at).1, 0x9000);
        assert_eq!(terminal.plain("10860000 02 7C00 00").1, 0x9000);
        let len = bytes(&data).len();
        assert_eq!(terminal.plain(&format!("10860000 {len:02X} {data} 00")).1, sw, "{data}");
        assert_eq!(terminal.plain("10860000 02 7C00 00").1, 0x6985);
    }
    let mut terminal = Terminal::resident();
    assert_eq!(terminal.plain(&set_at).1, 0x9000);
    assert_eq!(terminal.plain("10860000 02 7C00 00").1, 0x9000);
    assert_eq!(terminal.plain("00B09C00 01").1, 0x9000);
    assert_eq!(terminal.plain(&format!("10860000 45 7C438141 04{zeros} 00")), (vec![], 0x6985));
}

#[test]
fn chip_authentication_changes_the_keys_after_its_answer() {
    let mut terminal = opened(Terminal::resident());
    let key = chip_key();
    assert_eq!(terminal.chip_authentication(&key), 0x9000);
    assert_eq!(terminal.line.as_ref().unwrap().ssc, 0);
    assert_eq!(terminal.read(1), resident().files[&File::Dg1]);

    let mut terminal = opened(Terminal::resident());
    let command = terminal.wrap(&bytes(READ_DG1));
    terminal.line.as_mut().unwrap().ssc -= 1;
    assert_eq!(terminal.chip_authentication(&key), 0x9000);
    assert_eq!(terminal.raw(&command), (vec![], 0x6988), "the old keys are gone");
}

#[test]
fn a_clone_without_the_chips_key_fails_at_the_first_answer() {
    let mut terminal = opened(Terminal::new(card(|c| {
        let mut rng = crate::crypto::SeededRng::new(b"a clone", "key");
        let other = crate::crypto::SecretKey::generate(crate::crypto::Curve::P256, &mut rng);
        c.keys.chip_authentication = vec![other.into()];
    })));
    let key = chip_key();
    assert_eq!(terminal.chip_authentication(&key), 0x9000, "agreeing proves nothing");
    let command = terminal.wrap(&bytes(READ_DG1));
    assert_eq!(terminal.raw(&command), (vec![], 0x6988));
}

#[test]
fn a_failed_chip_authentication_leaves_the_session() {
    let mut terminal = opened(Terminal::resident());
    let zeros = "00".repeat(64);
    let set_at = format!("002241A4 0C 800A{CA_OID}");
    for (data, sw) in [
        (format!("7C438041 04{zeros}"), 0x6300),
        (format!("7C438041 04{}", "FF".repeat(64)), 0x6300),
        ("7C138011 0400000000000000000000000000000000".into(), 0x6300),
        (format!("7C438141 04{zeros}"), 0x6A80),
        (format!("8C438041 04{zeros}"), 0x6A80),
        ("7C00".into(), 0x6A80),
    ] {
        assert_eq!(terminal.status(&set_at), 0x9000);
        let len = bytes(&data).len();
        assert_eq!(terminal.send(&format!("00860000 {len:02X} {data} 00")), (vec![], sw));
        assert_eq!(terminal.status(READ_DG1), 0x9000, "{data}");
        // It takes a new MSE:Set AT.
        assert_eq!(terminal.status(&format!("00860000 {len:02X} {data} 00")), 0x6985);
    }
    for (template, sw) in [
        ("800A04007F00070202030204", 0x6A80),
        ("840101", 0x6A80),
        (&format!("800A{CA_OID} 840101"), 0x6A88),
        (&format!("800A{CA_OID} 8400"), 0x6A80),
        ("80FF", 0x6A80),
    ] {
        let len = bytes(template).len();
        assert_eq!(terminal.status(&format!("002241A4 {len:02X} {template}")), sw, "{template}");
        assert_eq!(terminal.status("00860000 02 7C00 00"), 0x6985);
    }
    assert_eq!(terminal.status("002241A6 02 9100"), 0x6A81);
    assert_eq!(terminal.chip_authentication(&chip_key()), 0x9000);
}

#[test]
fn chip_authentication_takes_a_chained_key() {
    let mut terminal = opened(Terminal::resident());
    assert_eq!(terminal.status(&format!("002241A4 0C 800A{CA_OID}")), 0x9000);
    let point = hex::encode(chip_key());
    let data = format!("7C438041{point}");
    assert_eq!(terminal.send(&format!("10860000 20 {}", &data[..64])), (vec![], 0x9000));
    let rest = &data[64..];
    let len = rest.len() / 2;
    let (reply, sw) = terminal.send(&format!("00860000 {len:02X} {rest} 00"));
    assert_eq!((reply, sw), (bytes("7C00"), 0x9000));
    // Another command in the middle ends the chain.
    let mut terminal = opened(Terminal::resident());
    assert_eq!(terminal.status("10880000 04 01020304"), 0x9000);
    assert_eq!(terminal.status(READ_DG1), 0x6883);
    assert_eq!(terminal.status(READ_DG1), 0x9000);
}

#[test]
fn active_authentication_signs_the_challenge_with_the_key_of_dg15() {
    let mut terminal = opened(Terminal::resident());
    let (signature, sw) = terminal.send("00880000 08 0102030405060708 00");
    assert_eq!((signature.len(), sw), (64, 0x9000));
    let dg15 = Dg15::parse(&resident().files[&File::Dg15]).unwrap();
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point_of(&dg15.spki)).unwrap();
    let signature = p256::ecdsa::Signature::from_slice(&signature).unwrap();
    let digest = Sha256::digest([1, 2, 3, 4, 5, 6, 7, 8]);
    key.verify_prehash(&digest, &signature).unwrap();
    for (command, sw) in [
        ("00880000 07 01020304050607 00", 0x6700),
        ("00880000 09 010203040506070809 00", 0x6700),
        ("00880000 00", 0x6700),
        ("00880100 08 0102030405060708 00", 0x6A86),
    ] {
        assert_eq!(terminal.send(command), (vec![], sw), "{command}");
    }
    let mut puk = Terminal::resident();
    assert_eq!(puk.pace(PUK_REF, PUK), (0x9000, 0x9000));
    assert_eq!(puk.status(SELECT_LDS), 0x9000);
    assert_eq!(puk.status("00880000 08 0102030405060708 00"), 0x6982);
}

#[test]
fn holder_verification_tells_the_password_the_tries_and_a_counter() {
    let file = |password: u8, tries: u8, counter: u64| {
        bytes(&format!("7313 800101 8101{password:02X} 8201{tries:02X} 8308{counter:016X}"))
    };
    let mut terminal = opened(Terminal::resident());
    assert_eq!(terminal.send("00B09100 00"), (file(2, 3, 1), 0x9000));
    assert_eq!(terminal.send("00B09100 00"), (file(2, 3, 2), 0x9000));
    // Read in pieces it is one file.
    let (head, _) = terminal.send("00B09100 04");
    let (tail, sw) = terminal.send("00B09104 00");
    assert_eq!(([head, tail].concat(), sw), (file(2, 3, 3), 0x9000));
    assert_eq!(terminal.status("00A4020C 02 0111"), 0x9000);
    let (head, _) = terminal.send("00B00000 04");
    let (tail, _) = terminal.send("00B00004 11");
    assert_eq!([head, tail].concat(), file(2, 3, 4));

    // A wrong PIN and the right one change what it says; Chip Authentication does not.
    assert_eq!(terminal.pace(PIN_REF, WRONG), (0x9000, 0x63C2));
    assert_eq!(terminal.send("00B09100 00").0, file(2, 2, 5));
    assert_eq!(terminal.pace(PIN_REF, PIN), (0x63C2, 0x9000));
    assert_eq!(terminal.chip_authentication(&chip_key()), 0x9000);
    assert_eq!(terminal.send("00B09100 00").0, file(3, 3, 6));

    // A new session does not see what was made for the old one, and power does not reset it.
    assert_eq!(terminal.send("00B09100 04").0.len(), 4);
    terminal.card.power(Power::Reset);
    terminal.line = None;
    let mut terminal = opened(terminal);
    assert_eq!(terminal.send("00B09104 00").0, file(2, 3, 8)[4..]);

    terminal.card.env().store().set_counter(Counter::HolderVerification, u64::MAX).unwrap();
    assert_eq!(terminal.send("00B09100 00"), (vec![], 0x6581));
}

#[test]
fn two_cards_with_one_seed_hold_one_dialogue() {
    let dialogue = |terminal: Terminal| {
        let mut terminal = opened(terminal);
        terminal.chip_authentication(&chip_key());
        terminal.send("00B09100 00");
        terminal.read(0x1D);
        terminal.plain("FFCA0000 00");
        terminal.heard
    };
    let one = dialogue(Terminal::resident());
    assert_eq!(one, dialogue(Terminal::resident()));
    let other = crate::emulator::SeededEnv::new(b"another");
    let other = crate::emulator::Card::from_profile(resident(), Box::new(other)).unwrap();
    assert_ne!(one, dialogue(Terminal::new(other)));
}

#[test]
fn two_taps_back_to_back_are_alike() {
    let mut terminal = Terminal::resident();
    let mut taps = Vec::new();
    for _ in 0..2 {
        terminal = opened(terminal);
        terminal.chip_authentication(&chip_key());
        let files: Vec<_> = [0x1D, 1, 2, 11, 12, 14, 15].map(|sfi| terminal.read(sfi)).into();
        let lens: Vec<_> = terminal.heard.drain(..).map(|r| r.len()).collect();
        taps.push((files, lens));
        // A terminal that does not clean up, and the reset that the next one begins with.
        terminal.card.power(Power::Reset);
        terminal.line = None;
    }
    assert_eq!(taps[0], taps[1]);
}
