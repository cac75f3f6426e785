//! The example of docs/applet.md, which was computed elsewhere, and what must not pass.

use super::*;
use crate::{
    apdu::{Response, StatusWord},
    crypto::{Curve, Hash, SecretKey, SeededRng},
    pki::{Certificate, DistinguishedName, Profile, oid},
    protocol::{Initiator, Next},
};
use time::macros::utc_datetime;

const DOCUMENT: &str = include_str!("../../../docs/applet.md");

/// The hexadecimal value of the document's row that begins so.
fn documented(row: &str) -> Vec<u8> {
    let line = DOCUMENT.lines().rfind(|l| l.starts_with(&format!("| {row}"))).unwrap();
    let value = line.rsplit('`').nth(1).unwrap();
    hex::decode(value).unwrap()
}

#[test]
fn the_documentation_tells_the_truth() {
    let challenge: [u8; 32] = documented("challenge |").try_into().unwrap();
    let mut one = [0; 32];
    one[31] = 1;
    let key = SecretKey::from_bytes(Curve::P256, &one).unwrap();
    let statement = Statement { challenge, pin: true, counter: 7, certificate: [0xC3; 32] };
    assert_eq!(statement.to_bytes(), documented("signed |"));
    assert_eq!(Hash::Sha256.digest(&[&statement.to_bytes()]), documented("SHA-256 of it"));
    let chip = Chip::new(key.clone(), [0xC3; 32]).unwrap();
    let answer = chip.sign(&challenge, true, 7);
    assert_eq!(answer, documented("answer, the nonce"));
    let read = Answer::parse(&answer).unwrap();
    assert_eq!((read.pin, read.counter), (true, 7));
    statement.is_signed(&key.public(), &read.signature).unwrap();
}

fn card(curve: Curve) -> (SecretKey, Certificate) {
    let rng = &mut SeededRng::new(b"key-only", "card");
    let (ca_key, key) = (SecretKey::generate(curve, rng), SecretKey::generate(curve, rng));
    let named = |cn, serial| Profile {
        subject: DistinguishedName::new("KR", "TEST", cn),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2035-01-01 0:00),
    };
    let ca = named("TEST Card CA", 1).card_ca(&ca_key).unwrap();
    let card = named("TEST Card", 2);
    let card = card.signer_for(oid::KEY_ONLY_CARD, &key.public(), &ca, &ca_key).unwrap();
    (key, card)
}

#[test]
fn nothing_passes_but_what_the_card_signed() {
    for curve in [
        Curve::P256,
        Curve::P384,
        Curve::P521,
        Curve::BrainpoolP256r1,
        Curve::BrainpoolP384r1,
        Curve::BrainpoolP512r1,
    ] {
        let (key, certificate) = card(curve);
        let answer = Chip::new(key, certificate.fingerprint()).unwrap().sign(&[9; 32], false, 3);
        let shown = check(&certificate, &[9; 32], &answer).unwrap();
        assert_eq!((shown.pin, shown.counter), (false, 3), "{curve}");
        assert_eq!(shown.encode(), answer);
        let wrong = check(&certificate, &[8; 32], &answer).unwrap_err();
        assert!(matches!(wrong, KeyOnlyError::BadSignature(_)), "{wrong}");
        if curve != Curve::P256 {
            continue;
        }
        // Any bit, the flag and the counter among them; and any part of it alone.
        for at in 0..answer.len() {
            let mut bad = answer.clone();
            bad[at] ^= 1 << (at % 8);
            assert!(check(&certificate, &[9; 32], &bad).is_err(), "byte {at}");
            assert!(check(&certificate, &[9; 32], &answer[..at]).is_err());
        }
    }
}

#[test]
fn a_signature_is_of_one_certificate() {
    // Two certificates of one key: the chip signs as one of them.
    let (key, certificate) = card(Curve::P256);
    let answer = Chip::new(key, [0; 32]).unwrap().sign(&[9; 32], true, 1);
    let error = check(&certificate, &[9; 32], &answer).unwrap_err();
    assert!(matches!(error, KeyOnlyError::BadSignature(_)), "{error}");
}

#[test]
fn what_is_wrong_is_named() {
    let error = |hex: &str| Answer::parse(&hex::decode(hex).unwrap()).unwrap_err().to_string();
    let part = |name: &str| format!("the key-only card's answer, {name}");
    assert_eq!(error("7303800102"), part("version: 01 expected, 02 came"));
    assert_eq!(error("7306800101810102"), part("PIN: 00 or 01 expected, 02 came"));
    assert_eq!(error("730980010181010082010F"), part("counter: eight bytes expected, 0F came"));
    assert!(error("7300").starts_with(&part("version: TLV")), "{}", error("7300"));
    let weak = SecretKey::generate(Curve::P224, &mut SeededRng::new(b"key-only", "weak"));
    assert!(matches!(Chip::new(weak, [0; 32]), Err(KeyOnlyError::UnknownKey { .. })));
    for len in [0, 8, 31, 33, 64] {
        let error = Chip::challenge(&vec![0; len]).unwrap_err();
        assert_eq!(error, KeyOnlyError::BadChallenge { got: len });
        assert_eq!(error.status(), StatusWord::WRONG_LENGTH);
    }
}

#[test]
fn the_terminal_sends_the_command_of_the_documentation() {
    let rng = &mut SeededRng::new(b"key-only", "terminal");
    let mut terminal = Terminal::new([0xAB; 32], 256);
    let Next::Send(command) = terminal.start(rng).unwrap() else { panic!() };
    let mut bytes = Vec::new();
    command.encode(&mut bytes).unwrap();
    assert_eq!(hex::encode(bytes), format!("0088000020{}00", "ab".repeat(32)));
    let refused = Response { data: vec![], sw: StatusWord::SECURITY_STATUS };
    let error = terminal.receive(&refused, rng).unwrap_err();
    assert_eq!(error, KeyOnlyError::Refused { sw: StatusWord::SECURITY_STATUS });
}
