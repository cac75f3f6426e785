//! Cards of the emulator, tapped by a phone that relays, and their chips asked by the issuer.

use super::*;
use crate::crypto::{SecretKey, SeededRng};
use crate::emulator::{Card, SeededEnv};
use crate::lds::{Dg14, File, HolderVerification, Password};
use crate::profile::{self, Personalised};
use crate::protocol::pace;
use crate::session::Session;
use crate::tap::{Options, Passwords, Relay, RelayError, tap};
use crate::transport::{Loopback, Responder};
use crate::trust::{Access, Anchors, ChipRun, Evidence, Judging, Level, Relayed, Verdict, judge};
use time::macros::utc_datetime;

const BIND: [u8; 32] = [0xB1; 32];

fn built_in(name: &str) -> Personalised {
    let (_, text) = profile::BUILT_IN.iter().find(|(known, _)| *known == name).unwrap();
    profile::check(text, name.as_ref()).unwrap().personalise().unwrap()
}

fn session(card: &Personalised) -> Session {
    let chip = Card::from_profile(card, Box::new(SeededEnv::new(b"remote"))).unwrap();
    Session::new(Box::new(Loopback::new(chip)))
}

fn with_pin(card: &Personalised) -> Options {
    let pin = card.profile.secrets.pin.as_ref().map(|pin| pace::Password::pin(pin));
    let passwords = Passwords { pin, ..Passwords::default() };
    Options { passwords, ..relaying(card) }
}

fn relaying(card: &Personalised) -> Options {
    Options { relay: true, terminal: None, bind: Some(BIND), ..Options::of_profile(card) }
}

fn rng() -> SeededRng {
    SeededRng::new(b"remote chip", "issuer")
}

fn read(session: &mut Session, options: &Options) -> Evidence {
    let now = utc_datetime!(2025-03-28 01:02:03);
    let tapped = tap(session, options, &mut rng(), now, &mut |_| {}).unwrap();
    assert!(tapped.evidence.chip_authentication.is_none());
    tapped.evidence
}

fn begin(evidence: &Evidence) -> (RemoteChip, Next) {
    let dg14 = evidence.file(File::Dg14).unwrap();
    let key = ChipKey::strongest(&Dg14::parse(dg14).unwrap().infos).unwrap();
    let told = evidence.files.contains_key(&File::HolderVerification);
    RemoteChip::new(&key, dg14, told, &mut rng())
}

/// Carries everything between the two until the talk is over; `meddle` may change what comes back.
fn carry(
    session: &mut Session,
    evidence: &Evidence,
    mut meddle: impl FnMut(usize, &mut Vec<u8>),
) -> Relayed {
    let (mut chip, mut next) = begin(evidence);
    let mut steps = |_| {};
    let mut relay = Relay::new(session, &mut steps);
    for count in 0.. {
        match next {
            Next::Done(relayed) => return relayed,
            Next::Send { command, protect } => {
                let mut response = relay.forward(&command, protect).unwrap();
                meddle(count, &mut response);
                next = chip.receive(&response, &mut rng());
            }
        }
    }
    unreachable!()
}

fn judged(card: &Personalised, evidence: &Evidence, relayed: Relayed) -> Verdict {
    let mut anchors = Anchors::new("test");
    for (name, der) in profile::anchors(card) {
        anchors.add(&name, &der).unwrap();
    }
    judge(evidence, &anchors, &Judging::remote(relayed, BIND))
}

#[test]
fn the_chip_tells_the_issuer_itself_whether_the_pin_was_given() {
    let card = built_in("resident");
    for (options, password) in [
        (with_pin(&card), Password::Pin),
        (
            Options {
                passwords: Passwords {
                    can: Some(pace::Password::can(&card.profile.secrets.can)),
                    ..Passwords::default()
                },
                ..relaying(&card)
            },
            Password::Can,
        ),
    ] {
        let mut held = session(&card);
        let mut evidence = read(&mut held, &options);
        let told = HolderVerification::parse(evidence.file(File::HolderVerification).unwrap());
        // The phone hides the file, and lies about the password.
        for hide in [false, true] {
            if hide {
                evidence.files.remove(&File::HolderVerification);
                held = session(&card);
                read(&mut held, &options);
            }
            let mut frames = 0;
            let relayed = carry(&mut held, &evidence, |_, _| frames += 1);
            assert_eq!(frames, if hide { 4 } else { 3 });
            assert_eq!(relayed.chip_authentication, ChipRun::Proven);
            let file = relayed.holder_verification.as_ref().unwrap();
            let file = HolderVerification::parse(file).unwrap();
            assert_eq!(file.password, password);
            assert!(file.counter > told.as_ref().unwrap().counter || hide);
            let verdict = judged(&card, &evidence, relayed.clone());
            assert!(verdict.verified, "{verdict:#?}");
            assert_eq!(verdict.level, Level::L3);
            let holder = verdict.holder_verification.unwrap().check;
            assert_eq!(holder.passed(), password == Password::Pin);
            let mut lie = evidence.clone();
            lie.access = Access::PacePin;
            let holder = judged(&card, &lie, relayed).holder_verification.unwrap().check;
            assert_eq!(holder.passed(), password == Password::Pin, "{holder}");
        }
    }
}

#[test]
fn documents_without_the_file_are_proven_all_the_same() {
    for name in ["passport-pace-gm", "passport-pace-im", "passport-bac", "passport-rsa-legacy"] {
        let card = built_in(name);
        let mut session = session(&card);
        let evidence = read(&mut session, &relaying(&card));
        let Some(dg14) = evidence.file(File::Dg14) else { continue };
        if ChipKey::strongest(&Dg14::parse(dg14).unwrap().infos).is_err() {
            continue;
        }
        let relayed = carry(&mut session, &evidence, |_, _| {});
        assert_eq!(relayed.chip_authentication, ChipRun::Proven, "{name}");
        assert_eq!(relayed.holder_verification, None);
        let verdict = judged(&card, &evidence, relayed);
        assert_eq!((verdict.verified, verdict.level), (true, Level::L3), "{name}: {verdict:#?}");
    }
}

#[test]
fn a_copy_and_a_meddler_prove_nothing() {
    let genuine = built_in("resident");
    let failed = |relayed: &Relayed| {
        assert!(matches!(relayed.chip_authentication, ChipRun::Failed(_)), "{relayed:?}");
        assert_eq!(relayed.holder_verification, None);
    };
    // The files of the genuine card, another key.
    let mut clone = genuine.clone();
    let key = &mut clone.keys.chip_authentication[0];
    *key = crate::crypto::AgreementSecretKey::from(SecretKey::generate(
        crate::crypto::Curve::P256,
        &mut SeededRng::new(b"a clone", "key"),
    ));
    let mut copy = session(&clone);
    let evidence = read(&mut copy, &with_pin(&genuine));
    let relayed = carry(&mut copy, &evidence, |_, _| {});
    failed(&relayed);
    let verdict = judged(&genuine, &evidence, relayed);
    assert_eq!((verdict.verified, verdict.level), (false, Level::L1));
    // Any bit of any protected answer; of the plain ones, the status word.
    for (frame, at) in [(0, usize::MAX), (1, usize::MAX), (2, 0), (2, 5), (2, 20), (2, 39), (2, 41)]
    {
        let mut session = session(&genuine);
        let evidence = read(&mut session, &with_pin(&genuine));
        failed(&carry(&mut session, &evidence, |n, response| {
            if n == frame {
                let at = at.min(response.len() - 1);
                response[at] ^= 1;
            }
        }));
    }
    // What the card said in another talk, an empty answer, and far too much.
    for answer in [vec![], vec![0x90, 0x00], vec![0x90], vec![0x99; MAX_RELAYED + 1]] {
        let mut session = session(&genuine);
        let evidence = read(&mut session, &with_pin(&genuine));
        failed(&carry(&mut session, &evidence, |n, response| {
            if n == 2 {
                response.clone_from(&answer);
            }
        }));
    }
    // The frames of one card's session go to another card.
    let text = profile::BUILT_IN.iter().find(|(name, _)| *name == "resident").unwrap().1;
    let other = text.replace("\"resident 1\"", "\"resident 2\"");
    let other = profile::check(&other, "other".as_ref()).unwrap().personalise().unwrap();
    let mut victim = session(&other);
    read(&mut victim, &with_pin(&other));
    failed(&carry(&mut victim, &evidence, |_, _| {}));
}

#[test]
fn answers_of_anything_end_it_within_the_budget() {
    // Every answer repeated for ever: it ends, and never with a proof.
    let evidence = read(&mut session(&built_in("resident")), &with_pin(&built_in("resident")));
    for answer in [&[0x90, 0x00][..], &[0x6A, 0x82], &[0x7C, 0x00, 0x90, 0x00], &[0x61, 0xFF], &[]]
    {
        let (mut chip, mut next) = begin(&evidence);
        let mut frames = 0;
        while let Next::Send { .. } = next {
            frames += 1;
            next = chip.receive(answer, &mut rng());
        }
        assert!(frames <= MAX_FRAMES);
        let Next::Done(relayed) = next else { unreachable!() };
        assert!(matches!(relayed.chip_authentication, ChipRun::Failed(_)));
        // It stays over.
        let Next::Done(again) = chip.receive(&[0x90, 0x00], &mut rng()) else { unreachable!() };
        assert!(matches!(again.chip_authentication, ChipRun::Failed(_)));
    }
}

#[test]
fn the_phone_carries_nothing_that_could_do_harm() {
    let card = built_in("resident");
    let mut session = session(&card);
    read(&mut session, &with_pin(&card));
    let mut steps = |_| {};
    let mut relay = Relay::new(&mut session, &mut steps);
    let not_carried = |outcome: Result<Vec<u8>, RelayError>| {
        assert!(matches!(outcome, Err(RelayError::NotCarried { .. })), "{outcome:?}");
    };
    // RESET RETRY COUNTER, READ BINARY and CHANGE REFERENCE DATA in the holder's own channel.
    for command in ["002C0303", "00B0810000", "0024000308", "102241A400"] {
        let bytes = hex::decode(command).unwrap();
        match relay.forward(&bytes, true) {
            Err(RelayError::NoCommand { .. }) => {}
            outcome => not_carried(outcome),
        }
    }
    not_carried(relay.forward(&[0x00, 0xA4, 0x00, 0x0C], false));
    assert!(matches!(relay.forward(&[0; 3000], true), Err(RelayError::NoCommand { .. })));
    // Once somebody else's protected command has gone out, the channel is theirs.
    relay.forward(&[0x0C, 0xB0, 0x91, 0x00, 0x00], false).unwrap();
    let mse = hex::decode("002241A40C800A04007F00070202030202").unwrap();
    assert!(matches!(relay.forward(&mse, true), Err(RelayError::HandedOver)));
}

#[test]
fn the_relay_needs_a_chip_that_answers() {
    // A card that left: the error says so, and nothing is sent any more.
    struct Gone;
    impl Responder for Gone {
        fn atr(&self) -> &[u8] {
            &[0x3B, 0x80, 0x80, 0x01, 0x01]
        }
        fn power(&mut self, _: crate::transport::Power) {}
        fn respond(&mut self, _: &[u8], response: &mut Vec<u8>) {
            response.clear();
        }
    }
    let mut session = Session::new(Box::new(Loopback::new(Gone)));
    let mut steps = |_| {};
    let mut relay = Relay::new(&mut session, &mut steps);
    let mse = hex::decode("002241A40C800A04007F00070202030202").unwrap();
    assert!(matches!(relay.forward(&mse, true), Err(RelayError::HandedOver)));
}
