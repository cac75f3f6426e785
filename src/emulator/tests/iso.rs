//! The commands of ISO/IEC 7816-4, -8 and -9 on a card that declares files, passwords and keys: a
//! table of answers for each, what power and restart leave, and what a failing memory does.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use super::terminal::bytes;
use crate::{
    crypto::{BlockKey, Cipher, Curve, Hash, MacKey, Signature},
    emulator::{Card, Change, Parts, Passwords, Store, StoreError, SystemEnv, fs::Tree},
    profile::{
        DataObjectSpec, FileKind, FileRules, FileSpec, KeyMaterial, KeySpec, KeyUse, Layout,
        PasswordSpec, Rule, Structure,
    },
    transport::{Power, Responder},
};

const AES_KEY: [u8; 16] = *b"0123456789abcdef";

fn rule(text: &str) -> Rule {
    Rule::parse(text).unwrap()
}

fn rules(read: &str, update: &str, manage: &str) -> FileRules {
    FileRules {
        read: rule(read),
        update: rule(update),
        delete: rule(manage),
        activate: rule(manage),
        terminate: rule(manage),
        create: rule(manage),
    }
}

// As long as a rule may be, and longer when it is printed.
fn long_rule() -> String {
    format!("always{}", " or verified(1)".repeat(26))
}

fn transparent(sfi: u8, len: u8) -> FileKind {
    FileKind::Transparent { sfi: Some(sfi), content: (0..len).collect() }
}

fn records(sfi: u8, structure: Structure, record_size: u8, most: u8, all: &[&[u8]]) -> FileKind {
    let records = all.iter().map(|record| record.to_vec()).collect();
    FileKind::Records { sfi: Some(sfi), structure, record_size, most, records }
}

fn password(
    reference: u8,
    value: &str,
    unblocked_by: Option<u8>,
    padding: Option<u8>,
) -> PasswordSpec {
    let value = bytes(value).into();
    PasswordSpec {
        reference,
        value,
        tries: 3,
        unblocked_by,
        is_pin: reference == 0x81,
        lengths: (4, 8),
        padding,
    }
}

fn layout() -> Layout {
    let df = |name: &str| FileKind::Df { name: Some(bytes(name)) };
    let files = [
        (vec![], FileKind::Df { name: None }, rules("always", "never", "verified(0x82)")),
        (vec![0x5015], df("A000000063504B4353"), rules("always", "never", "always")),
        (vec![0x5015, 0x4401], transparent(1, 10), rules("always", "always", "always")),
        (vec![0x5015, 0x4402], transparent(2, 4), rules("pin", "pin", "never")),
        (
            vec![0x5015, 0x4403],
            records(3, Structure::LinearFixed, 2, 3, &[b"ab", b"cd"]),
            rules("always", "always", "never"),
        ),
        (
            vec![0x5015, 0x4404],
            records(4, Structure::Cyclic, 1, 2, &[b"1"]),
            rules("always", "always", "never"),
        ),
        (vec![0x5015, 0x4405], transparent(5, 4), rules("key(1)", "key(2)", "never")),
        (vec![0x5016], df("A000000063"), rules("always", "never", "never")),
        (vec![0x5017], FileKind::Df { name: None }, rules("pin", "never", "always")),
        (vec![0x5017, 0x4401], transparent(1, 2), rules("always", "always", "always")),
        (vec![0x5015, 0x4406], transparent(8, 2), rules("always", &long_rule(), "always")),
        (
            vec![0x5015, 0x4407],
            records(9, Structure::LinearFixed, 200, 6, &[[7; 200].as_slice(); 6]),
            rules("always", "never", "never"),
        ),
    ];
    let uses = |all: &[(KeyUse, &str)]| all.iter().map(|(of, text)| (*of, rule(text))).collect();
    Layout {
        files: files.map(|(path, kind, rules)| FileSpec { path, kind, rules }).to_vec(),
        passwords: vec![
            password(0x81, "31323334FFFFFFFF", Some(0x82), Some(0xFF)),
            password(0x82, "3837363534333231", None, None),
        ],
        keys: vec![
            KeySpec {
                number: 1,
                key: KeyMaterial::Symmetric {
                    cipher: Cipher::Aes128,
                    value: AES_KEY.to_vec().into(),
                },
                uses: uses(&[
                    (KeyUse::Internal, "always"),
                    (KeyUse::External, "always"),
                    (KeyUse::Mutual, "always"),
                    (KeyUse::Cipher, "always"),
                    (KeyUse::Checksum, "always"),
                ]),
            },
            KeySpec {
                number: 2,
                key: KeyMaterial::Ec {
                    curve: Curve::P256,
                    hash: Hash::Sha256,
                    value: Some(vec![7; 32].into()),
                },
                uses: uses(&[(KeyUse::Sign, "pin"), (KeyUse::Internal, "always")]),
            },
        ],
        data_objects: vec![
            DataObjectSpec {
                tag: 0x5F50,
                value: b"url".to_vec(),
                read: rule("always"),
                update: rule("pin"),
            },
            DataObjectSpec {
                tag: 0x00C1,
                value: vec![1],
                read: rule("pin"),
                update: rule("never"),
            },
            DataObjectSpec {
                tag: 0x00C2,
                value: vec![7; 1_500],
                read: rule("always"),
                update: rule("never"),
            },
        ],
        ..Layout::default()
    }
}

/// Memory that outlives a card, counts what is asked of it, and can be made to fail.
#[derive(Clone, Default)]
struct Memory {
    here: BTreeMap<String, Vec<u8>>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Clone, Default)]
struct Shared {
    entries: BTreeMap<String, Vec<u8>>,
    fails: bool,
    commits: usize,
}

impl Memory {
    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }
}

impl Store for Memory {
    fn entry(&self, name: &str) -> Option<&[u8]> {
        self.here.get(name).map(Vec::as_slice)
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let mut shared = self.shared.lock().unwrap();
        if shared.fails {
            let source = std::io::ErrorKind::StorageFull.into();
            return Err(StoreError::Io { path: "nowhere".into(), source });
        }
        for change in changes {
            match &change.value {
                Some(value) => self.here.insert(change.name.clone(), value.clone()),
                None => self.here.remove(&change.name),
            };
        }
        shared.commits += 1;
        shared.entries = self.here.clone();
        Ok(())
    }
}

pub(super) struct Chip {
    pub(super) card: Card,
    memory: Memory,
}

impl Chip {
    pub(super) fn new() -> Self {
        Self::with(Memory::default())
    }

    // A card that finds what this memory holds.
    fn with(mut memory: Memory) -> Self {
        let entries = memory.shared().entries.clone();
        memory.here = entries;
        let layout = layout();
        let mut tree = Tree::default();
        layout.files.iter().for_each(|spec| tree.declare(spec).unwrap());
        let parts = Parts {
            atr: vec![0x3B, 0x80],
            historical: Vec::new(),
            tree,
            layout,
            iso: true,
            applets: Vec::new(),
            pace: Vec::new(),
            mapping: BTreeMap::new(),
            chip_auth: None,
            terminal_auth: None,
            passwords: Passwords {
                mrz: None,
                can: None,
                pin: None,
                puk: None,
                pin_tries: 3,
                pin_activated: true,
                puk_uses: 0,
            },
            extended: Some((1_000, 1_000)),
        };
        let env = SystemEnv::new(&mut crate::crypto::SeededRng::new(b"iso", "card"));
        let card = Card::new(parts, Box::new(env.with_store(Box::new(memory.clone()))));
        Self { card, memory }
    }

    pub(super) fn restart(self) -> Self {
        Self::with(self.memory)
    }

    pub(super) fn send(&mut self, command: &[u8]) -> (Vec<u8>, u16) {
        let mut response = Vec::new();
        self.card.respond(command, &mut response);
        let (data, sw) = response.split_last_chunk::<2>().unwrap();
        (data.to_vec(), u16::from_be_bytes(*sw))
    }

    pub(super) fn says(&mut self, rows: &[(&str, &str, u16)]) {
        for (text, data, sw) in rows {
            let (got, got_sw) = self.send(&command(text));
            let got = format!("{} {got_sw:04X}", hex::encode_upper(got));
            let wanted = format!("{} {sw:04X}", data.replace(' ', ""));
            assert_eq!(got, wanted, "{text}");
        }
    }
}

// A command in hexadecimal; `CREATE` stands for CREATE FILE of the file control parameters behind it.
fn command(text: &str) -> Vec<u8> {
    let Some(fcp) = text.strip_prefix("CREATE ") else { return bytes(text) };
    let fcp = bytes(fcp);
    let len = fcp.len() as u8;
    [&[0x00, 0xE0, 0x00, 0x00, len + 2, 0x62, len][..], &fcp].concat()
}

pub(super) const APP: (&str, &str, u16) = ("00A4040C 09 A000000063504B4353", "", 0x9000);
pub(super) const PIN: (&str, &str, u16) = ("00200081 08 31323334FFFFFFFF", "", 0x9000);
pub(super) const PUK: (&str, &str, u16) = ("00200082 08 3837363534333231", "", 0x9000);

#[test]
fn select_tells_what_a_file_is() {
    Chip::new().says(&[
        ("00A40004 02 3F00 00", "620A 820138 83023F00 8A0105", 0x9000),
        ("00A40400 05 A000000063 00", "6F15 820138 83025015 8409A000000063504B4353 8A0105", 0x9000),
        ("00A40406 05 A000000063 00", "6211 820138 83025016 8405A000000063 8A0105", 0x9000),
        ("00A4040E 05 A000000063", "", 0x6A82),
        ("00A4040F 05 A000000063", "", 0x9000),
        ("00A40804 06 3F0050154401 00", "6211 8002000A 820101 83024401 880108 8A0105", 0x9000),
        ("00A40004 02 4403 00", "6215 80020004 82050241000202 83024403 880118 8A0105", 0x9000),
        ("00A4020C 02 4402", "", 0x6982),
        ("00A40408 05 A000000063 00", "640B 8409A000000063504B4353", 0x9000),
        ("00A4030C", "", 0x9000),
        ("00A4090C 04 50154401", "", 0x9000),
        ("00A4010C 02 5016", "", 0x6A82),
        ("00A4000C 02 5016", "", 0x9000),
        ("00A4020C 02 4401", "", 0x6A82),
    ]);
}

#[test]
fn binaries_are_written() {
    let mut chip = Chip::new();
    chip.says(&[
        ("00D60000 01 AA", "", 0x6986),
        APP,
        ("00D68100 02 AABB", "", 0x9000),
        ("00B00000 00", "AABB0203040506070809", 0x9000),
        ("00D60009 02 AABB", "", 0x6A84),
        ("00D6000A 01 AA", "", 0x6B00),
        ("00D60000", "", 0x6700),
        ("00D00002 02 F0F0", "", 0x9000),
        ("00B00002 02", "F2F3", 0x9000),
        ("000E0004 02 0006", "", 0x9000),
        ("000E0008", "", 0x9000),
        ("000E0004 02 0002", "", 0x6B00),
        ("000E0004 01 02", "", 0x6700),
        ("00B08100 00", "AABBF2F3000006070000", 0x9000),
        ("00D70001 07 540107 5302CAFE", "", 0x9000),
        ("00D10000 06 540100 530144", "", 0x9000),
        ("000F0000 03 540109", "", 0x9000),
        ("000F0000 06 540102 540103", "", 0x9000),
        ("00D70000 03 540100", "", 0x6A80),
        ("00B14401 03 540100 00", "530A EEBB00F3000006CAFE00", 0x9000),
        ("00D68200 01 AA", "", 0x6982),
        ("00D68300 01 AA", "", 0x6981),
        ("00D69F00 01 AA", "", 0x6A86),
        // In parts, and by a short identifier.
        ("10D68100 02 0102", "", 0x9000),
        ("00D68100 02 0304", "", 0x9000),
        ("00B08100 05", "0102030400", 0x9000),
    ]);
}

#[test]
fn records_are_read_and_written() {
    let mut chip = Chip::new();
    chip.says(&[
        APP,
        ("00B2011C 00", "6162", 0x9000),
        ("00B20002 00", "6162", 0x9000),
        ("00B20002 00", "6364", 0x9000),
        ("00B20002 00", "", 0x6A83),
        ("00B20003 00", "6162", 0x9000),
        ("00B20001 00", "6364", 0x9000),
        ("00B20004 00", "6364", 0x9000),
        ("00B20105 00", "61626364", 0x9000),
        ("00B20106 00", "63646162", 0x9000),
        ("00B20105 03", "616263", 0x6101),
        ("00B20104 03", "6162", 0x6282),
        ("00B20304 00", "", 0x6A83),
        ("00B20100 00", "", 0x6A81),
        ("00B20107 00", "", 0x6A86),
        ("00B201FC 00", "", 0x6A86),
        ("00B20104", "", 0x6700),
        ("00B2010C 00", "", 0x6981),
        ("00E20018 00", "", 0x6700),
        ("00E20018 02 6566", "", 0x9000),
        ("00E20000 02 6768", "", 0x6A84),
        ("00E20000 01 67", "", 0x6700),
        ("00DC0204 02 4344", "", 0x9000),
        ("00D20204 02 2020", "", 0x9000),
        ("00B20204 00", "6364", 0x9000),
        ("00DC0404 02 4344", "", 0x6A83),
        ("00DC0105 02 4344", "", 0x6A86),
        ("00DC0023 01 32", "", 0x9000),
        ("00DC0003 01 33", "", 0x9000),
        ("00B20105 00", "3332", 0x9000),
        ("00E20000 01 34", "", 0x9000),
        ("00B20105 00", "3433", 0x9000),
    ]);
}

#[test]
fn passwords_open_block_and_are_changed() {
    let mut chip = Chip::new();
    chip.says(&[
        ("00200083 01 00", "", 0x6A88),
        ("00200081", "", 0x63C3),
        APP,
        ("00200081 04 31323334", "", 0x63C2),
        ("00200081", "", 0x63C2),
        PIN,
        ("00200081", "", 0x9000),
        ("00B08200 00", "00010203", 0x9000),
        ("00D68200 01 AA", "", 0x9000),
        ("00200081 01 00", "", 0x63C2),
        ("00B08200 00", "", 0x6982),
        ("00210081 0A 8008 31323334FFFFFFFF", "", 0x9000),
        ("00210081 03 800100 00", "", 0x63C2),
        ("00210081 01 80", "", 0x6A80),
        ("00200181", "", 0x6A86),
        // CHANGE REFERENCE DATA.
        ("00240081 0C 31323334FFFFFFFF 35363738", "", 0x9000),
        PIN_WRONG,
        ("00200081 08 35363738FFFFFFFF", "", 0x9000),
        ("0020FF81", "", 0x9000),
        ("00240181 04 31323334", "", 0x6982),
        ("00240081 0B 35363738FFFFFFFF 393939", "", 0x6A80),
        ("00240081 04 35363738", "", 0x6700),
        ("00200081 08 35363738FFFFFFFF", "", 0x9000),
        ("00240181 06 393939393939", "", 0x9000),
        // Until it is blocked.
        PIN_WRONG,
        ("00200081 08 35363738FFFFFFFF", "", 0x63C1),
        ("00200081 08 35363738FFFFFFFF", "", 0x63C0),
        ("00200081 08 393939393939FFFF", "", 0x6983),
        ("00200081", "", 0x6983),
        // RESET RETRY COUNTER.
        ("002C0381", "", 0x6982),
        ("002C0181 08 0000000000000000", "", 0x63C2),
        ("002C0181 08 3837363534333231", "", 0x9000),
        ("00200082", "", 0x63C3),
        ("00200081 08 393939393939FFFF", "", 0x9000),
        ("002C0081 0C 3837363534333231 31323334", "", 0x9000),
        PIN,
        PUK,
        ("002C0281 04 35363738", "", 0x9000),
        ("002C0381", "", 0x9000),
        ("002C0082 08 3837363534333231", "", 0x6985),
        ("00200081 08 35363738FFFFFFFF", "", 0x9000),
        // What was shown for a DF does not hold in another.
        ("00A4000C 02 5016", "", 0x9000),
        ("00200081", "", 0x63C3),
    ]);
}

const PIN_WRONG: (&str, &str, u16) = ("00200081 08 31323334FFFFFFFF", "", 0x63C2);

#[test]
fn data_objects_are_got_and_put() {
    Chip::new().says(&[
        ("00CA5F50 00", "75726C", 0x9000),
        ("00CA5F50", "", 0x6700),
        ("00CA5F51 00", "", 0x6A88),
        ("00CA00C1 00", "", 0x6982),
        ("00CB3FFF 04 5C025F50 00", "5F50 03 75726C", 0x9000),
        ("00CB3FFF 05 5C035F50C1 00", "", 0x6982),
        ("00DA5F50 01 41", "", 0x6982),
        PIN,
        ("00CB3FFF 05 5C035F50C1 00", "5F50 03 75726C C1 01 01", 0x9000),
        ("00DA5F50 01 41", "", 0x9000),
        ("00CA5F50 00", "41", 0x9000),
        ("00DB3FFF 05 5F50024243", "", 0x9000),
        ("00CA5F50 00", "4243", 0x9000),
        // All or none.
        ("00DB3FFF 07 5F500144 C10102", "", 0x6982),
        ("00CA5F50 00", "4243", 0x9000),
        ("00DB3FFF 02 5F50", "", 0x6A80),
        ("00CB5015 04 5C025F50 00", "", 0x6A86),
    ]);
}

fn cbc(data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    BlockKey::new(Cipher::Aes128, &AES_KEY).unwrap().encrypt_cbc(&[0; 16], &mut out);
    out
}

#[test]
fn keys_prove_both_sides() {
    let mut chip = Chip::new();
    let send = |chip: &mut Chip, head: &str, data: &[u8], le: bool| {
        let mut command = bytes(head);
        command.push(data.len() as u8);
        command.extend(data);
        command.extend(le.then_some(0));
        chip.send(&command)
    };
    let nonce = *b"sixteen bytes...";
    assert_eq!(send(&mut chip, "00880001", &nonce, true), (cbc(&nonce), 0x9000));
    assert_eq!(send(&mut chip, "00880001", &nonce[..8], true).1, 0x6700);
    assert_eq!(send(&mut chip, "00880009", &nonce, true).1, 0x6A88);
    assert_eq!(send(&mut chip, "00880000", &nonce, true).1, 0x6985);
    chip.says(&[("002241A4 03 830102", "", 0x9000), ("002241A4 03 830109", "", 0x6A88)]);
    let (signature, sw) = send(&mut chip, "00880000", b"message", true);
    let key = crate::crypto::SecretKey::from_bytes(Curve::P256, &[7; 32]).unwrap().public();
    let digest = Hash::Sha256.digest(&[b"message"]);
    key.verify_prehash(&digest, &Signature::from_plain(signature)).unwrap();
    assert_eq!(sw, 0x9000);

    // EXTERNAL AUTHENTICATE opens what `key(1)` does, once for a challenge.
    chip.says(&[APP, ("00B08500 00", "", 0x6982), ("00840000 41", "", 0x6700)]);
    assert_eq!(send(&mut chip, "00820001", &nonce, false).1, 0x6985);
    let (challenge, _) = chip.send(&bytes("00840000 10"));
    assert_eq!(send(&mut chip, "00820001", &nonce, false).1, 0x6300);
    assert_eq!(send(&mut chip, "00820001", &cbc(&challenge), false).1, 0x6985, "it is used up");
    let (challenge, _) = chip.send(&bytes("00840000 10"));
    assert_eq!(chip.send(&bytes("00B08100 01")).1, 0x9000);
    assert_eq!(send(&mut chip, "00820001", &cbc(&challenge), false).1, 0x6985, "no more");
    let (challenge, _) = chip.send(&bytes("00840000 10"));
    assert_eq!(send(&mut chip, "00820001", &cbc(&challenge), false).1, 0x9000);
    chip.says(&[("00B08500 00", "00010203", 0x9000), ("00D68500 01 AA", "", 0x6982)]);

    // MUTUAL AUTHENTICATE: own challenge, the card's, and the other way round.
    chip.card.power(Power::Reset);
    let (challenge, _) = chip.send(&bytes("00840000 10"));
    let both = cbc(&[&nonce[..], &challenge].concat());
    let answer = cbc(&[&challenge[..], &nonce].concat());
    assert_eq!(send(&mut chip, "00820001", &both, true), (answer, 0x9000));
    chip.says(&[APP, ("00B08500 00", "00010203", 0x9000)]);
}

#[test]
fn security_operations_use_the_key_that_mse_chose() {
    let mut chip = Chip::new();
    let digest = "11".repeat(32);
    let padded = crate::crypto::pad(b"plain", 16);
    let cryptogram = hex::encode(cbc(&padded));
    let mac = hex::encode(MacKey::new(Cipher::Aes128, &AES_KEY).unwrap().tag(&[b"plain"]));
    let sign = format!("002A9E9A 20 {digest} 00");
    chip.says(&[
        (&sign, "", 0x6985),
        ("002241B6 03 840102", "", 0x9000),
        (&sign, "", 0x6982),
        PIN,
        ("002A9E9A 05 0102030405 00", "", 0x6700),
        ("002241B8 03 830101", "", 0x9000),
        ("002A8680 05 706C61696E 00", &format!("01{cryptogram}").to_uppercase(), 0x9000),
        (&format!("002A8086 11 01{cryptogram} 00"), "706C61696E", 0x9000),
        (&format!("002A8086 11 02{cryptogram} 00"), "", 0x6A80),
        (&format!("002A8084 10 {cryptogram} 00"), &hex::encode_upper(&padded), 0x9000),
        ("002A8480 05 706C61696E 00", "", 0x6700),
        ("002241B4 03 830101", "", 0x9000),
        ("002A8E80 05 706C61696E 00", &mac.to_uppercase(), 0x9000),
        (&format!("002A00A2 11 8005706C61696E 8E08{mac}"), "", 0x9000),
        ("002A00A2 11 8005706C61696E 8E080000000000000000", "", 0x6300),
        ("002A00A2 07 8005706C61696E", "", 0x6A80),
        ("002A0001 01 00", "", 0x6A86),
        ("002241B8 03 830102", "", 0x9000),
        ("002A8680 05 706C61696E 00", "", 0x6985),
        ("0022F301", "", 0x9000),
        ("002A8E80 05 706C61696E 00", "", 0x6985),
        ("0022F302", "", 0x6A88),
        ("0022F201", "", 0x6A81),
    ]);
    chip.says(&[("002241B6 03 840102", "", 0x9000)]);
    let (signature, sw) = chip.send(&bytes(&sign));
    let key = crate::crypto::SecretKey::from_bytes(Curve::P256, &[7; 32]).unwrap().public();
    key.verify_prehash(&[0x11; 32], &Signature::from_plain(signature)).unwrap();
    assert_eq!(sw, 0x9000);
}

#[test]
fn files_come_and_go_by_rule() {
    let mut chip = Chip::new();
    chip.says(&[
        ("CREATE 80020004 820101 83024501", "", 0x6982),
        PUK,
        ("CREATE 80020004 820101", "", 0x6A80),
        ("CREATE 80020004 83024501", "", 0x6A80),
        ("00E00000 04 80020004", "", 0x6A80),
        ("00E00000", "", 0x6700),
        ("CREATE 80020004 820101 83024501 8A0105", "", 0x9000),
        ("00B00000 00", "00000000", 0x9000),
        ("00D60000 01 AA", "", 0x9000),
        ("CREATE 80020004 820101 83024501 8A0105", "", 0x6A89),
        ("CREATE 820138 83024502 8403A00001", "", 0x9000),
        ("CREATE 820138 83024503 8403A00001", "", 0x6A8A),
        // Rules of its own: nobody may update it, and the wrong word is none.
        ("CREATE 80020002 820101 83024503 A507 8105 6E65766573", "", 0x6A80),
        ("CREATE 80020002 820101 83024503 A507 8105 6E65766572", "", 0x9000),
        ("00D60000 01 AA", "", 0x6982),
        ("CREATE 80020002 820101 83024504 8C020100", "", 0x6A80),
        ("00E40000 02 4503", "", 0x9000),
        ("00E40000 02 4503", "", 0x6A82),
        ("00040000", "", 0x9000),
        ("00A4000C 02 4502", "", 0x6283),
        ("CREATE 80020004 820101 83024501 8A0105", "", 0x6985),
        ("00440000", "", 0x9000),
        ("CREATE 80020004 820101 83024501 8A0105", "", 0x9000),
        ("00E60000", "", 0x6981),
        ("00E80000", "", 0x9000),
        ("00A4000C 02 4501", "", 0x6285),
        ("00B00000 00", "", 0x6985),
        ("00440000", "", 0x6985),
        ("00E40000", "", 0x9000),
        ("00B00000 00", "", 0x6986),
        ("00E40000", "", 0x9000),
        ("00A4000C 02 4502", "", 0x6A82),
        ("00E40000 02 3F00", "", 0x6985),
        ("00E40000 02 5016", "", 0x6982),
        ("00FE0000", "", 0x9000),
        ("00B08100 00", "", 0x6985),
        ("00A4000C 02 3F00", "", 0x6285),
        ("00200081", "", 0x6985),
    ]);
}

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
fn what_is_created_is_bounded() {
    let mut chip = Chip::new();
    chip.says(&[APP]);
    for fid in 0x6000_u16..0x6040 {
        let [hi, lo] = fid.to_be_bytes();
        let create = format!("CREATE 80020001 820101 8302{hi:02X}{lo:02X}");
        chip.says(&[(&create, "", 0x9000)]);
    }
    chip.says(&[("CREATE 80020001 820101 83026040", "", 0x6A84)]);

    let mut chip = Chip::new();
    chip.says(&[APP]);
    for fid in 0x6001..=0x6004 {
        let create = format!("CREATE 8002FFFF 820101 8302{fid:04X}");
        chip.says(&[(&create, "", 0x9000)]);
    }
    chip.says(&[
        ("CREATE 80020005 820101 83026005", "", 0x6A84),
        ("CREATE 80020004 820101 83026005", "", 0x9000),
        ("CREATE 8003010000 820101 83026006", "", 0x6A80),
    ]);
}

#[test]
fn a_document_with_files_of_its_own_keeps_its_protocols() {
    let made = super::card(|card| card.profile.layout = layout());
    let mut terminal = super::terminal::Terminal::new(made);
    assert_eq!(terminal.plain("00B09C00 01").1, 0x9000, "EF.CardAccess");
    assert_eq!(terminal.pace(super::CAN_REF, super::CAN), (0x9000, 0x9000));
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
