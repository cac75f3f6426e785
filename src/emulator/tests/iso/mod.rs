//! The commands of ISO/IEC 7816-4, -8 and -9 on a card that declares files, passwords and keys: a
//! table of answers for each, what power and restart leave, and what a failing memory does.

mod files;
mod lasting;
mod secrets;

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
const PIN_WRONG: (&str, &str, u16) = ("00200081 08 31323334FFFFFFFF", "", 0x63C2);
