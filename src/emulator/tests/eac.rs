//! Extended Access Control: Terminal Authentication of both versions, Chip Authentication around
//! it, and what it opens.

use super::{built_in, reader::Reader, terminal::bytes};
use crate::{
    apdu::{Command, Header, StatusWord, ins},
    crypto::{AgreementSecretKey, Curve, Hash, SecretKey, SeededRng},
    emulator::{Card, Change, Counter, MemoryStore, SeededEnv, Store},
    lds::File,
    pki::cvc::{
        Chat, CvCertificate, CvcProfile, CvcSigner, PrivateKey, Role, TaAlgorithm, TerminalType,
        encode_ef_cvca,
    },
    profile::Personalised,
    protocol::{
        bac::AccessKey,
        chip_auth::ChipAuthError,
        pace::{PaceError, Password},
        terminal_auth::{Credentials, TerminalAuthError},
    },
};

const SELECT_LDS: &str = "00A4040C 07 A0000002471001";
const SELECT_MF: &str = "00A4000C 02 3F00";
const DG1: &str = "00B08100 00";
const DG3: &str = "00B08300 00";

fn credentials(made: &Personalised) -> Credentials {
    made.terminal.clone().unwrap()
}

// The keys of the card's country follow from the seed, as the profile makes them.
fn signer(made: &Personalised, label: &str) -> CvcSigner {
    let rng = &mut SeededRng::new(made.profile.seed.as_bytes(), label);
    let key = PrivateKey::Ec(SecretKey::generate(Curve::BrainpoolP256r1, rng));
    CvcSigner::new(TaAlgorithm::Ecdsa(Hash::Sha256), key).unwrap()
}

fn issued(holder: &str, role: Role, rights: u64, days: [&str; 2]) -> CvcProfile {
    CvcProfile {
        holder: holder.parse().unwrap(),
        chat: Chat::new(TerminalType::InspectionSystem, role).with_rights(rights),
        effective: days[0].parse().unwrap(),
        expires: days[1].parse().unwrap(),
        extensions: Vec::new(),
    }
}

// Another terminal of the same document verifier.
fn other_terminal(made: &Personalised, rights: u64, days: [&str; 2]) -> Credentials {
    let verifier = credentials(made).chain[0].clone();
    let key = signer(made, "another terminal");
    let terminal = issued("KRISOTHER001", Role::Terminal, rights, days);
    let rng = &mut SeededRng::new(b"eac", "issue");
    let terminal =
        terminal.issue(&key.public(), &verifier, &signer(made, "document verifier"), rng).unwrap();
    Credentials { chain: vec![verifier, terminal], key }
}

const LONG: [&str; 2] = ["2025-02-01", "2034-12-31"];

// The passport, selected, opened by BAC, its chip authenticated; and the ephemeral key of that.
fn passport(index: usize) -> (Reader<'static>, Vec<u8>) {
    let made = built_in("passport-eac");
    let mut reader = Reader::new(made);
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap();
    let ephemeral = reader.chip_auth(index, None).unwrap();
    (reader, ephemeral)
}

#[test]
fn version_1_opens_the_fingers_after_bac_by_either_key() {
    for index in [0, 1] {
        let (mut reader, ephemeral) = passport(index);
        let made = reader.made;
        assert_eq!(reader.send(DG3), (vec![], 0x6982));
        assert_eq!(reader.send("00A4020C 02 0103"), (vec![], 0x6982));
        reader.reads(File::Cvca);
        reader.terminal_auth(credentials(made), ephemeral).unwrap();
        reader.reads(File::Dg3);
        assert_eq!(reader.status("00B08400 00"), 0x6A82, "there are no irises");
        // Rights go with the session.
        reader.reset();
        assert_eq!(reader.status(SELECT_LDS), 0x9000);
        reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap();
        assert_eq!(reader.status(DG1), 0x9000);
        assert_eq!(reader.status(DG3), 0x6982);
    }
}

#[test]
fn version_1_names_the_chip_by_its_key_of_pace() {
    let made = built_in("passport-eac");
    let mut reader = Reader::new(made);
    let chat = Chat::new(TerminalType::InspectionSystem, Role::Terminal).with_rights(1);
    let established = reader.pace(reader.can(), Some(chat)).unwrap();
    let cvca = made.cvca.as_ref().unwrap().holder();
    assert_eq!(established.authority_references, [cvca.as_bytes().to_vec()]);
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    // By MSE:Set KAT, whose key goes in compressed as well.
    let ephemeral = reader.chip_auth(0, None).unwrap();
    let (right, wrong) = (reader.id_picc.clone(), b"TE0000001<".to_vec());
    reader.id_picc = wrong;
    let error = reader.terminal_auth(credentials(made), ephemeral.clone()).unwrap_err();
    let refused = |error| matches!(error, TerminalAuthError::Refused { command: "EXTERNAL AUTHENTICATE", sw, .. } if sw == StatusWord::WARNING_CHANGED);
    assert!(refused(error));
    assert_eq!(reader.status(DG3), 0x6982);
    reader.id_picc = right;
    // Another ephemeral key than that of this session, then the right one.
    let error = reader.terminal_auth(credentials(made), vec![1; 32]).unwrap_err();
    assert!(refused(error));
    reader.terminal_auth(credentials(made), ephemeral).unwrap();
    reader.reads(File::Dg3);
    // Without announcing it the references stay unsaid.
    reader.reset();
    assert!(reader.pace(reader.can(), None).unwrap().authority_references.is_empty());
}

#[test]
fn version_1_needs_chip_authentication_and_the_right_order() {
    let made = built_in("passport-eac");
    let mut reader = Reader::new(made);
    let dst = made.cvca.as_ref().unwrap().holder();
    let dst = [&[0x83, dst.as_bytes().len() as u8], dst.as_bytes()].concat();
    let set_dst = |reader: &mut Reader<'_>| reader.with_data("002281B6", &dst);
    assert_eq!(set_dst(&mut reader), 0x6982, "no session");
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap();
    for command in ["002281B6 00", "002A00BE 00", "002281A4 00", "00840000 08", "00820000 00"] {
        assert_eq!(reader.status(command), 0x6982, "{command} before Chip Authentication");
    }
    reader.chip_auth(1, None).unwrap();
    let chain = credentials(made).chain;
    assert_eq!(reader.with_data("002A00BE", chain[0].content()), 0x6985, "no key is selected");
    assert_eq!(reader.status("00840000 08"), 0x6985);
    assert_eq!(reader.with_data("00820000", &[0; 64]), 0x6985);
    assert_eq!(reader.with_data("002281B6", &bytes("830C 4B52435643414F54484552")), 0x6A80);
    assert_eq!(reader.with_data("002281B6", &bytes("830B 4B52435643414F54484552")), 0x6A88);
    assert_eq!(reader.with_data("002281B6", &[]), 0x6A80);
    assert_eq!(set_dst(&mut reader), 0x9000);
    // The terminal's certificate is not one of the CVCA's.
    assert_eq!(reader.with_data("002A00BE", chain[1].content()), 0x6300);
    assert_eq!(set_dst(&mut reader), 0x9000);
    let mut forged = chain[0].content().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(reader.with_data("002A00BE", &forged), 0x6300);
    assert_eq!(set_dst(&mut reader), 0x9000);
    assert_eq!(reader.with_data("002A00BE", &forged[..40]), 0x6A80);
    assert_eq!(set_dst(&mut reader), 0x9000);
    assert_eq!(reader.with_data("002A0001", chain[0].content()), 0x6A86);
    // In parts, as a card with short length fields would get it.
    let header = Header::new(0x00, ins::PERFORM_SECURITY_OPERATION, 0x00, 0xBE);
    let command = Command::new(header).with_data(chain[0].content());
    assert_eq!(set_dst(&mut reader), 0x9000);
    let answers: Vec<_> = command.chain(60).map(|part| reader.exchange(&part).sw.0).collect();
    assert!(answers.len() > 2 && answers.iter().all(|sw| *sw == 0x9000), "{answers:04X?}");
    // The verifier is no terminal, and its name is no trust point.
    let name = [&[0x83, 12], chain[0].holder().as_bytes()].concat();
    assert_eq!(reader.with_data("002281A4", &name), 0x6A88);
    assert_eq!(reader.status("00840000 08"), 0x6985, "before MSE:Set AT");
    assert_eq!(reader.status(DG1), 0x9000, "the session goes on");
    // At the master file there is nothing of this.
    assert_eq!(reader.status(SELECT_MF), 0x9000);
    assert_eq!(set_dst(&mut reader), 0x6982);
}

#[test]
fn version_1_looks_at_days_rights_and_at_one_terminal_a_session() {
    let (mut reader, ephemeral) = passport(1);
    let made = reader.made;
    let refused = |error| match error {
        TerminalAuthError::Refused { command, sw, .. } => (command, sw.0),
        other => panic!("{other}"),
    };
    // The chip's clock has stood at the day of issue since it was made.
    let expired = other_terminal(made, 3, ["2024-01-01", "2024-12-31"]);
    let error = reader.terminal_auth(expired, ephemeral.clone()).unwrap_err();
    assert_eq!(refused(error), ("PSO:VERIFY CERTIFICATE", 0x6300));
    let irises = other_terminal(made, 2, LONG);
    reader.terminal_auth(irises, ephemeral.clone()).unwrap();
    assert_eq!(reader.status(DG3), 0x6982, "irises are not fingers");
    let error = reader.terminal_auth(credentials(made), ephemeral).unwrap_err();
    assert_eq!(refused(error), ("MSE:Set DST", 0x6982));
    // That terminal's certificate was of February 2025: what ended before has expired, here and
    // after power off.
    reader.reset();
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap();
    let ephemeral = reader.chip_auth(1, None).unwrap();
    let january = other_terminal(made, 3, ["2025-01-02", "2025-01-31"]);
    let error = reader.terminal_auth(january, ephemeral.clone()).unwrap_err();
    assert_eq!(refused(error), ("PSO:VERIFY CERTIFICATE", 0x6300));
    reader.terminal_auth(other_terminal(made, 1, LONG), ephemeral).unwrap();
    reader.reads(File::Dg3);
}

#[test]
fn a_link_certificate_changes_the_trust_points_for_good() {
    let (mut reader, ephemeral) = passport(0);
    let made = reader.made;
    let (old, rng) = (made.cvca.as_ref().unwrap(), &mut SeededRng::new(b"eac", "link"));
    let next = signer(made, "the next CVCA");
    let link = issued("KRCVCATST002", Role::Cvca, 3, ["2025-06-01", "2036-06-01"]);
    let link: CvCertificate = link.issue(&next.public(), old, &signer(made, "cvca"), rng).unwrap();
    let name = |holder: &CvCertificate| [&[0x83, 12], holder.holder().as_bytes()].concat();
    assert_eq!(reader.with_data("002281B6", &name(old)), 0x9000);
    assert_eq!(reader.with_data("002A00BE", link.content()), 0x9000);
    let both = encode_ef_cvca(&[link.holder(), old.holder()]);
    assert_eq!(reader.send("00B09C00 00"), (both.clone(), 0x9000));
    // The old chain is as good as before, in this session and after power off.
    reader.terminal_auth(credentials(made), ephemeral).unwrap();
    reader.reset();
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap();
    assert_eq!(reader.send("00B09C00 00"), (both.clone(), 0x9000));
    reader.chip_auth(0, None).unwrap();
    assert_eq!(reader.with_data("002281B6", &name(&link)), 0x9000);

    // Another card with what this one kept: its trust points, EF.CVCA, and its date, that of the
    // link certificate.
    let kept = reader.card.env().store().entry("trust").unwrap().to_vec();
    let mut store = MemoryStore::default();
    store.commit(&[Change::set("trust", kept)]).unwrap();
    let env = SeededEnv::new(b"restart").with_store(Box::new(store));
    let mut reader = Reader::new(made);
    reader.card = Card::from_profile(made, Box::new(env)).unwrap();
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap();
    assert_eq!(reader.send("00B09C00 00"), (both, 0x9000));
    let ephemeral = reader.chip_auth(0, None).unwrap();
    let may = other_terminal(made, 1, ["2025-02-01", "2025-05-31"]);
    let error = reader.terminal_auth(may, ephemeral.clone()).unwrap_err();
    assert!(matches!(error, TerminalAuthError::Refused { command: "PSO:VERIFY CERTIFICATE", .. }));
    assert_eq!(reader.with_data("002281B6", &name(&link)), 0x9000);
    reader.terminal_auth(other_terminal(made, 1, LONG), ephemeral).unwrap();
    reader.reads(File::Dg3);
}

#[test]
fn a_failed_chip_authentication_leaves_session_and_keys() {
    let made = built_in("passport-eac");
    let mut reader = Reader::new(made);
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    assert_eq!(reader.status("002241A6 05 9103040000"), 0x6982, "no session");
    reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap();
    let zeros = "00".repeat(64);
    for (command, sw) in [
        // MSE:Set KAT: no point, none of this key, none at all, a key that is for AES.
        (format!("002241A6 43 914104{zeros}"), 0x6A80),
        (format!("002241A6 46 914104{zeros} 840101"), 0x6A80),
        (format!("002241A6 46 914104{zeros} 840109"), 0x6A88),
        (format!("002241A6 46 914104{zeros} 840102"), 0x6A88),
        ("002241A6 03 840101".into(), 0x6A80),
        // MSE:Set AT: 3DES is by the other command, and AES has one key.
        ("002241A4 0C 800A04007F00070202030201".into(), 0x6A80),
        ("002241A4 0F 800A04007F00070202030202 840101".into(), 0x6A88),
        ("002241A4 0C 800A04007F00070202030202".into(), 0x9000),
        (format!("00860000 45 7C438041 04{zeros} 00"), 0x6300),
        ("002241A8 00".into(), 0x6A81),
    ] {
        assert_eq!(reader.status(&command), sw, "{command}");
        assert_eq!(reader.status(DG1), 0x9000, "{command}");
    }
    reader.chip_auth(0, None).unwrap();
    reader.reads(File::Dg1);
    // The old channel is gone after a good one.
    let old = reader.channel.clone();
    reader.chip_auth(1, None).unwrap();
    reader.channel = old;
    let mut wire = Vec::new();
    let command = Command::new(Header::new(0, ins::READ_BINARY, 0x81, 0)).with_ne(256);
    reader.channel.as_mut().unwrap().protect_command(&command, &mut wire).unwrap();
    let mut answer = Vec::new();
    crate::transport::Responder::respond(&mut reader.card, &wire, &mut answer);
    assert_eq!(answer, [0x69, 0x88]);
}

fn inspection(rights: u64) -> Chat {
    Chat::new(TerminalType::InspectionSystem, Role::Terminal).with_rights(rights)
}

// The identity card after PACE with the PIN, this announced if anything.
fn identity(chat: Option<Chat>) -> Reader<'static> {
    let mut reader = Reader::new(built_in("eid-pin"));
    let pin = reader.made.profile.secrets.pin.as_ref().unwrap();
    reader.pace(Password::pin(pin), chat).unwrap();
    reader
}

#[test]
fn only_the_pin_opens_the_data_of_the_identity_card() {
    let made = built_in("eid-pin");
    let mut reader = Reader::new(made);
    reader.pace(reader.can(), None).unwrap();
    reader.reads(File::CardSecurity);
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    for command in [DG1, DG3, "00B09D00 00", "00B08E00 00", "00A4020C 02 0101"] {
        assert_eq!(reader.status(command), 0x6982, "{command}");
    }
    assert_eq!(reader.status("002241A4 0F 800A04007F00070202030202 840102"), 0x6982);
    // Inside the same session the PIN does.
    let pin = made.profile.secrets.pin.as_ref().unwrap();
    reader.pace(Password::pin(pin), None).unwrap();
    reader.reads(File::Dg1);
    reader.chip_auth(1, None).unwrap();
    reader.reads(File::Sod);
    assert_eq!(reader.status(DG3), 0x6982);
}

#[test]
fn the_puk_unblocks_the_pin_of_the_identity_card() {
    let made = built_in("eid-pin");
    let secrets = &made.profile.secrets;
    let (pin, puk) = (secrets.pin.as_ref().unwrap(), secrets.puk.as_ref().unwrap());
    let mut reader = Reader::new(made);
    reader.card.env().store().set_counter(Counter::PinTries, 0).unwrap();
    let error = reader.pace(Password::pin(pin), None).unwrap_err();
    assert!(matches!(error, PaceError::Blocked { .. }), "{error}");
    reader.reset();
    reader.pace(reader.can(), None).unwrap();
    assert_eq!(reader.status("002C0303"), 0x6982, "the CAN resumes and does not unblock");
    reader.reset();
    reader.pace(Password::puk(puk), None).unwrap();
    assert_eq!(reader.status("002C0303"), 0x9000);
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    assert_eq!(reader.status(DG1), 0x6982, "the PUK opens no data");
    reader.reset();
    reader.pace(Password::pin(pin), None).unwrap();
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    reader.reads(File::Dg1);
}

#[test]
fn version_2_opens_the_fingers_after_both_authentications() {
    let mut reader = identity(Some(inspection(3)));
    let made = reader.made;
    let ephemeral = reader.ephemeral();
    // Chip Authentication cannot be first.
    let early = reader.chip_auth(0, Some(ephemeral.clone())).unwrap_err();
    assert!(matches!(early, ChipAuthError::Refused { sw: StatusWord::SECURITY_STATUS, .. }));
    let compressed = ephemeral.public().compressed();
    reader.terminal_auth(credentials(made), compressed).unwrap();
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    assert_eq!(reader.status(DG3), 0x6982, "not before Chip Authentication");
    assert_eq!(reader.status(SELECT_MF), 0x9000);

    // A key that was not announced, and the session goes on.
    let other: AgreementSecretKey = reader.ephemeral();
    let error = reader.chip_auth(0, Some(other)).unwrap_err();
    assert!(matches!(error, ChipAuthError::Refused { sw: StatusWord::WARNING_CHANGED, .. }));
    reader.reads(File::CardSecurity);
    reader.chip_auth(0, Some(ephemeral.clone())).unwrap();
    reader.reads(File::CardSecurity);
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    reader.reads(File::Dg3);
    reader.reads(File::Dg1);
    // The announced key has been used.
    assert_eq!(reader.status(SELECT_MF), 0x9000);
    assert!(reader.chip_auth(0, Some(ephemeral)).is_err());
    // A terminal may prove the chip by version 1 as well, and keeps its rights.
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    reader.chip_auth(1, None).unwrap();
    reader.reads(File::Dg3);
}

#[test]
fn version_2_needs_a_chat_and_gives_no_more_than_it_asks_for() {
    let set_dst = |reader: &mut Reader<'_>| {
        let cvca = reader.made.cvca.as_ref().unwrap().holder();
        let data = [&[0x83, cvca.as_bytes().len() as u8], cvca.as_bytes()].concat();
        reader.with_data("002281B6", &data)
    };
    let mut reader = identity(None);
    assert_eq!(set_dst(&mut reader), 0x6982, "nothing was announced");
    let mut reader = identity(Some(inspection(3)));
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    assert_eq!(set_dst(&mut reader), 0x6982, "only in the master file");
    assert_eq!(reader.status(SELECT_MF), 0x9000);
    assert_eq!(set_dst(&mut reader), 0x9000);

    // Announced for irises, or as another kind of terminal: no fingers.
    let signing = Chat::new(TerminalType::SignatureTerminal, Role::Terminal).with_rights(1);
    for chat in [inspection(2), signing] {
        let mut reader = identity(Some(chat));
        let ephemeral = reader.ephemeral();
        let compressed = ephemeral.public().compressed();
        reader.terminal_auth(credentials(reader.made), compressed).unwrap();
        reader.chip_auth(0, Some(ephemeral)).unwrap();
        assert_eq!(reader.status(SELECT_LDS), 0x9000);
        assert_eq!(reader.status(DG3), 0x6982, "{chat:?}");
        reader.reads(File::Dg1);
    }
    // With the CAN a terminal gets as far, and data stay closed.
    let mut reader = Reader::new(built_in("eid-pin"));
    reader.pace(reader.can(), Some(inspection(3))).unwrap();
    let ephemeral = reader.ephemeral();
    let compressed = ephemeral.public().compressed();
    reader.terminal_auth(credentials(reader.made), compressed).unwrap();
    reader.chip_auth(0, Some(ephemeral)).unwrap();
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    assert_eq!((reader.status(DG3), reader.status(DG1)), (0x6982, 0x6982));
}

#[test]
fn a_malformed_chat_is_wrong_data_where_the_card_reads_it() {
    let set_at = "0022C1A4 19 800A04007F00070202040202 830102 84010D 7F4C04530103FF";
    for (name, sw) in [("eid-pin", 0x6A80), ("passport-eac", 0x6A80)] {
        let mut reader = Reader::new(built_in(name));
        assert_eq!(reader.send(set_at), (vec![], sw), "{name}");
    }
    // Others pass it over: it is no data object of theirs.
    let mut reader = Reader::new(built_in("passport-pace-gm"));
    let offered = &reader.made.profile.pace[0];
    let (oid, id) = (hex::encode(offered.oid().as_bytes()), offered.parameter_id());
    let other =
        set_at.replace("04007F00070202040202", &oid).replace("84010D", &format!("8401{id:02X}"));
    assert_eq!(reader.status(&other), 0x9000);
}
