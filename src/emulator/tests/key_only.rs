//! The application of a key-only card, by docs/applet.md.

use super::{
    CAN_REF, PIN_REF, PUK_REF, WRONG, built_in,
    terminal::{Answer, Terminal},
};
use crate::{
    emulator::{
        Card, CardId, Change, Counter, Env, FileStore, SeededEnv, Store, StoreError, SystemEnv,
    },
    lds::File,
    pki::Certificate,
    profile::Personalised,
    protocol::key_only::check,
    transport::{Power, Responder},
};

const SELECT: &str = "00A4040C 08 F049434341524401";

fn personalised() -> &'static Personalised {
    built_in("resident-key-only")
}

fn terminal() -> Terminal {
    let env = Box::new(SeededEnv::new(b"tests"));
    Terminal::new(Card::from_profile(personalised(), env).unwrap())
}

fn secrets(reference: u8) -> &'static [u8] {
    let secrets = &personalised().profile.secrets;
    let secret = match reference {
        CAN_REF => Some(&secrets.can),
        PIN_REF => secrets.pin.as_ref(),
        _ => secrets.puk.as_ref(),
    };
    secret.unwrap().as_bytes()
}

/// A new session by that password, with the application selected.
fn opened(terminal: &mut Terminal, reference: u8) {
    terminal.card.power(Power::Off);
    terminal.card.power(Power::On);
    terminal.line = None;
    assert_eq!(terminal.pace(reference, secrets(reference)).1, 0x9000);
    assert_eq!(terminal.status(SELECT), 0x9000);
}

fn sign(terminal: &mut Terminal, challenge: &[u8]) -> Answer {
    let (len, challenge) = (challenge.len(), hex::encode(challenge));
    terminal.send(&format!("00880000 {len:02X} {challenge} 00"))
}

/// PIN flag and counter of an answer that the certificate's key signed over that challenge.
fn signed(challenge: &[u8; 32], (answer, sw): Answer) -> (bool, u64) {
    assert_eq!(sw, 0x9000);
    let certificate = Certificate::from_der(&personalised().files[&File::CardCertificate]).unwrap();
    let shown = check(&certificate, challenge, &answer).unwrap();
    (shown.pin, shown.counter)
}

#[test]
fn a_stranger_gets_nothing() {
    let mut terminal = terminal();
    let all = ["00B08100 00", "00B08200 00", "00A4020C 02 0102", "00880000 20"];
    let refused = |terminal: &mut Terminal| {
        for command in all {
            let data = if command.ends_with("20") { "11".repeat(32) + "00" } else { String::new() };
            let answer = terminal.send(&format!("{command}{data}"));
            assert_eq!(answer, (vec![], 0x6982), "{command}");
        }
    };
    assert_eq!(terminal.status(SELECT), 0x9000);
    refused(&mut terminal);
    // The PUK unblocks the PIN, and that is all.
    opened(&mut terminal, PUK_REF);
    refused(&mut terminal);
    assert_eq!(terminal.card.env().store().counter(Counter::KeyOnly), None);
    // There is no eMRTD application, and a PIN in plain is not taken.
    opened(&mut terminal, CAN_REF);
    assert_eq!(terminal.status("00A4040C 07 A0000002471001"), 0x6A82);
    assert_eq!(terminal.status("00200081 06 323731323235"), 0x6D00);
}

#[test]
fn what_opened_the_session_is_signed() {
    let mut terminal = terminal();
    opened(&mut terminal, CAN_REF);
    assert_eq!(terminal.read(1), personalised().files[&File::CardLabel]);
    assert_eq!(terminal.read(2), personalised().files[&File::CardCertificate]);
    let answer = sign(&mut terminal, &[1; 32]);
    assert_eq!(signed(&[1; 32], answer), (false, 1));
    // The PIN within the session of the CAN.
    assert_eq!(terminal.pace(PIN_REF, secrets(PIN_REF)).1, 0x9000);
    assert_eq!(terminal.status(SELECT), 0x9000);
    let answer = sign(&mut terminal, &[2; 32]);
    assert_eq!(signed(&[2; 32], answer), (true, 2));
    // And the other way round: what was shown before is not what opened this session.
    assert_eq!(terminal.pace(CAN_REF, secrets(CAN_REF)).1, 0x9000);
    assert_eq!(terminal.status(SELECT), 0x9000);
    let answer = sign(&mut terminal, &[3; 32]);
    assert_eq!(signed(&[3; 32], answer), (false, 3));
    // A wrong PIN leaves the session, and does not become a right one.
    assert_eq!(terminal.pace(PIN_REF, WRONG).1, 0x63C2);
    let answer = sign(&mut terminal, &[4; 32]);
    assert_eq!(signed(&[4; 32], answer), (false, 4));
}

#[test]
fn other_challenges_are_refused_and_not_counted() {
    let mut terminal = terminal();
    opened(&mut terminal, PIN_REF);
    for len in [0_usize, 1, 8, 31, 33, 64, 200] {
        let refused = match len {
            0 => terminal.send("00880000 00"),
            _ => sign(&mut terminal, &vec![5; len]),
        };
        assert_eq!(refused, (vec![], 0x6700), "{len}");
    }
    for p1p2 in ["0001", "0100", "0083"] {
        let command = format!("0088{p1p2} 20 {} 00", "05".repeat(32));
        assert_eq!(terminal.send(&command), (vec![], 0x6A86));
    }
    let answer = sign(&mut terminal, &[5; 32]);
    assert_eq!(signed(&[5; 32], answer), (true, 1));
}

#[test]
fn the_counter_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    for before in [0, 2, 4] {
        let store = FileStore::open(&path, &CardId::of_profile(personalised())).unwrap();
        let mut env = SystemEnv::new(&mut crate::crypto::SeededRng::new(b"tests", "world"))
            .with_store(Box::new(store));
        assert_eq!(env.store().counter(Counter::KeyOnly).unwrap_or(0), before);
        let card = Card::from_profile(personalised(), Box::new(env)).unwrap();
        let mut terminal = Terminal::new(card);
        for more in 1..=2 {
            opened(&mut terminal, PIN_REF);
            let answer = sign(&mut terminal, &[6; 32]);
            assert_eq!(signed(&[6; 32], answer), (true, before + more));
        }
    }
}

/// A store that keeps nothing any more.
struct Full(Option<[u8; 8]>);

impl Store for Full {
    fn entry(&self, name: &str) -> Option<&[u8]> {
        self.0.as_ref().filter(|_| name == Counter::KeyOnly.name()).map(|bytes| &bytes[..])
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        // The PIN's tries may still be kept.
        if changes.iter().all(|change| change.name != Counter::KeyOnly.name()) {
            return Ok(());
        }
        Err(StoreError::Io { path: "full".into(), source: std::io::ErrorKind::StorageFull.into() })
    }
}

#[test]
fn nothing_is_signed_that_cannot_be_counted() {
    for kept in [None, Some(u64::MAX.to_be_bytes())] {
        let mut rng = crate::crypto::SeededRng::new(b"tests", "world");
        let env = SystemEnv::new(&mut rng).with_store(Box::new(Full(kept)));
        let card = Card::from_profile(personalised(), Box::new(env)).unwrap();
        let mut terminal = Terminal::new(card);
        opened(&mut terminal, PIN_REF);
        assert_eq!(sign(&mut terminal, &[7; 32]), (vec![], 0x6581));
    }
}

#[test]
fn where_the_pin_is_required_the_can_opens_nothing() {
    let mut card = personalised().clone();
    card.profile.pin.required = true;
    let env = Box::new(SeededEnv::new(b"tests"));
    let mut terminal = Terminal::new(Card::from_profile(&card, env).unwrap());
    opened(&mut terminal, CAN_REF);
    assert_eq!(sign(&mut terminal, &[8; 32]), (vec![], 0x6982));
    assert_eq!(terminal.send("00B08200 00"), (vec![], 0x6982));
    opened(&mut terminal, PIN_REF);
    let answer = sign(&mut terminal, &[8; 32]);
    assert_eq!(signed(&[8; 32], answer), (true, 1));
}
