//! Whole taps of the emulated resident card, and everything that can be wrong with one.
//!
//! Terminal and chip are both ours here, so these tests show that the parts work together and that
//! what is wrong is found; that they follow the standards is shown by the worked examples and the
//! foreign judges.

use iccard::{
    apdu::StatusWord,
    crypto::{Curve, SecretKey, SeededRng},
    lds::File,
    pki::cvc::PrivateKey,
    profile,
    protocol::{bac::BacError, pace::PaceError},
    session::SessionError,
    sm::SmError,
    tap::{Options, Passwords, TapError},
    tlv::{Tag, Writer},
    transport::{Limits, Loopback, Power, Responder, TransportError},
    trust::Level,
};
use proptest::prelude::*;

use crate::support::card::{
    Desk, Meddler, Parrot, Wire, anchors, built_in, can, card, judged, of_profile, options, pin,
    resident, tap_card, tap_over, tap_with, with_file,
};

#[test]
fn the_resident_card_takes_19_apdus_extended_and_99_short() {
    let resident = resident();
    for (max_apdu, most) in [(Limits::EXTENDED, 19), (Limits::SHORT, 99)] {
        let options = Options { max_apdu, ..options() };
        let tapped = tap_card(&resident, &options).unwrap();
        assert!(tapped.stats.apdus <= most, "{} APDUs", tapped.stats.apdus);
        let verdict = judged(&tapped, &anchors(&resident));
        assert!(verdict.verified, "{verdict:?}");
        assert_eq!(verdict.level, Level::L3);
        for file in [
            File::Sod,
            File::Dg1,
            File::Dg2,
            File::Dg11,
            File::Dg12,
            File::Dg14,
            File::Dg15,
            File::HolderVerification,
        ] {
            assert!(tapped.evidence.file(file).is_some(), "{file}");
        }
        assert_eq!(tapped.evidence.file(File::Dg2).unwrap().len(), 15_000);
    }
}

#[test]
fn two_taps_back_to_back_are_alike() {
    let mut desk = Desk::new(&resident());
    let costs: Vec<_> = (0..3)
        .map(|_| {
            let tapped = desk.tap(&options()).unwrap();
            assert!(judged(&tapped, &anchors(&resident())).verified);
            let stats = tapped.stats;
            (stats.apdus, stats.bytes_to_card, stats.bytes_from_card)
        })
        .collect();
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[0], costs[2]);
}

#[test]
fn the_same_seed_gives_the_same_dialogue() {
    let dialogue = || {
        let wire = Wire::default();
        let transport = Box::new(Loopback::new(card(&resident())));
        let watched = wire.clone();
        tap_with(transport, &options(), |session| session.observed(Box::new(watched))).unwrap();
        std::mem::take(&mut *wire.0.lock().unwrap())
    };
    assert_eq!(dialogue(), dialogue());
}

#[test]
fn every_password_opens_the_card_and_the_chip_tells_which() {
    let resident = resident();
    let secrets = &resident.profile.secrets;
    let mrz = iccard::protocol::pace::Password::mrz(resident.mrz.as_ref().unwrap().as_str());
    let by_pin = pin(secrets.pin.as_ref().unwrap());
    for (passwords, access, by_pin) in [
        (can(&secrets.can), "pace-can", false),
        (by_pin, "pace-pin", true),
        (Passwords { mrz: Some(mrz), ..Passwords::default() }, "pace-mrz", false),
    ] {
        let tapped = tap_card(&resident, &Options { passwords, ..options() }).unwrap();
        assert_eq!(tapped.evidence.access.name(), access);
        let verdict = judged(&tapped, &anchors(&resident));
        assert!(verdict.verified);
        let holder = verdict.holder_verification.expect("the file is there");
        assert_eq!(holder.check.passed(), by_pin, "{access}: {}", holder.check);
    }
}

#[test]
fn a_wrong_can_never_blocks() {
    let mut desk = Desk::new(&resident());
    for _ in 0..20 {
        let wrong = Options { passwords: can("000000"), ..options() };
        let error = desk.tap(&wrong).unwrap_err();
        let TapError::Pace(PaceError::WrongPassword { sw, tries_left, .. }) = error else {
            panic!("{error}");
        };
        assert_eq!((sw.0, tries_left), (0x6300, None));
    }
    desk.tap(&options()).unwrap();
}

#[test]
fn wrong_pins_suspend_then_resume_then_block() {
    let resident = resident();
    let secrets = &resident.profile.secrets;
    let right = secrets.pin.as_ref().unwrap();
    let options = |text: &str, with_can: bool, last_try| Options {
        passwords: Passwords { can: with_can.then(|| can(&secrets.can).can.unwrap()), ..pin(text) },
        last_try,
        ..options()
    };
    let mut desk = Desk::new(&resident);
    let mut refused = |options: &Options| match desk.tap(options) {
        Err(TapError::Pace(error)) => Some(error),
        Err(error) => panic!("{error}"),
        Ok(_) => None,
    };
    let wrong = |left| {
        move |error: Option<PaceError>| match error {
            Some(PaceError::WrongPassword { tries_left, .. }) => assert_eq!(tries_left, Some(left)),
            other => panic!("{other:?}"),
        }
    };
    // Three tries: two wrong ones leave the last, which suspends the PIN.
    wrong(2)(refused(&options("000000", false, false)));
    wrong(1)(refused(&options("000000", false, false)));
    // The last try is not spent unless that is asked for, not even with the right PIN and the CAN.
    for with_can in [false, true] {
        let kept = refused(&options(right, with_can, false));
        assert!(matches!(kept, Some(PaceError::LastTry { .. })), "{kept:?}");
    }
    // Asked for, but without the CAN: suspended.
    let suspended = refused(&options(right, false, true));
    assert!(matches!(suspended, Some(PaceError::Suspended { .. })), "{suspended:?}");
    // Resumed: PACE with the CAN, then with the PIN inside.
    assert_eq!(refused(&options(right, true, true)), None);
    // A right PIN gave all tries back. Down again, and the resumed last try is wrong: blocked.
    wrong(2)(refused(&options("000000", false, false)));
    wrong(1)(refused(&options("000000", false, false)));
    let blocked = refused(&options("000000", true, true));
    assert!(matches!(blocked, Some(PaceError::Blocked { .. })), "{blocked:?}");
    let still = refused(&options(right, true, true));
    assert!(matches!(still, Some(PaceError::Blocked { .. })), "{still:?}");
    // The CAN does not mind.
    assert_eq!(
        refused(&Options { passwords: can(&secrets.can), ..options("", false, false) }),
        None
    );
}

#[test]
fn a_flipped_bit_in_any_data_group_is_found_and_named() {
    let resident = resident();
    for file in [File::Dg1, File::Dg2, File::Dg11, File::Dg12, File::Dg14, File::Dg15] {
        let mut bytes = resident.files[&file].clone();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        let changed = with_file(&resident, file, bytes);
        let tapped = tap_card(&changed, &options()).unwrap();
        let verdict = judged(&tapped, &anchors(&resident));
        assert!(!verdict.verified && verdict.level == Level::L0, "{file}");
        assert_eq!(verdict.passive.groups.mismatched, [file]);
        let reason = verdict.passive.check.reason().unwrap().to_string();
        assert!(reason.contains(file.name()), "{reason}");
    }
}

#[test]
fn a_strangers_csca_is_not_believed() {
    let text = profile::new_profile("stranger", "another seed");
    let stranger = profile::check(&text, "stranger.toml".as_ref()).unwrap().personalise().unwrap();
    let mut options = options();
    options.passwords = can(&stranger.profile.secrets.can);
    let tapped = tap_card(&stranger, &options).unwrap();
    assert!(judged(&tapped, &anchors(&stranger)).verified);
    let verdict = judged(&tapped, &anchors(&resident()));
    assert!(!verdict.verified && verdict.level == Level::L0);
    assert!(verdict.passive.chain.failed(), "{:?}", verdict.passive.chain);
}

#[test]
fn a_sod_that_omits_dg15_takes_its_key_away() {
    let mut card = resident();
    card.sign(&[File::Dg1, File::Dg2, File::Dg11, File::Dg12, File::Dg14]).unwrap();
    let tapped = tap_card(&card, &options()).unwrap();
    let verdict = judged(&tapped, &anchors(&card));
    assert!(!verdict.chip.active_authentication.passed());
    assert!(verdict.chip.chip_authentication.passed() && verdict.verified);
    // With neither key signed nothing proves the chip.
    card.sign(&[File::Dg1, File::Dg2, File::Dg11, File::Dg12]).unwrap();
    let verdict = judged(&tap_card(&card, &options()).unwrap(), &anchors(&card));
    assert!(!verdict.chip.check.passed(), "{:?}", verdict.chip);
    assert!(verdict.level <= Level::L1);
}

#[test]
fn a_clone_with_the_right_data_and_another_key_is_found() {
    let resident = resident();
    let mut rng = SeededRng::new(b"a clone", "key");
    let curve = Curve::P256;
    let mut clone = resident.clone();
    clone.keys.chip_authentication = vec![SecretKey::generate(curve, &mut rng).into()];
    let tapped = tap_card(&clone, &options()).unwrap();
    let verdict = judged(&tapped, &anchors(&resident));
    assert!(!verdict.verified && verdict.level == Level::L1);
    assert!(verdict.chip.chip_authentication.failed(), "{:?}", verdict.chip);
    assert!(verdict.passive.check.passed(), "the data is right: {:?}", verdict.passive.check);

    let mut clone = resident.clone();
    clone.keys.active_authentication = Some(PrivateKey::Ec(SecretKey::generate(curve, &mut rng)));
    let verdict = judged(&tap_card(&clone, &options()).unwrap(), &anchors(&resident));
    assert!(!verdict.verified && verdict.chip.active_authentication.failed());
}

#[test]
fn an_answer_without_secure_messaging_ends_the_channel() {
    for n in 7..19 {
        let transport = Meddler::new(card(&resident()), move |i, _, response| {
            if i == n {
                *response = b"\x75\x03abc\x90\x00".to_vec();
            }
            Ok(())
        });
        match tap_over(transport, &options()) {
            Err(TapError::Session(SessionError::SecureMessaging { .. })) => {}
            // In Chip Authentication and behind it, it is the chip that is not proven.
            Ok(tapped) if (9..=11).contains(&n) => {
                assert!(!judged(&tapped, &anchors(&resident())).verified);
            }
            other => panic!("exchange {n}: {other:?}"),
        }
    }
    let naked = Meddler::new(card(&resident()), |i, _, response| {
        if i == 12 {
            *response = vec![0x69, 0x88];
        }
        Ok(())
    });
    let error = tap_over(naked, &options()).unwrap_err();
    let TapError::Session(SessionError::SecureMessaging { source, .. }) = error else {
        panic!("{error}");
    };
    assert!(matches!(source, SmError::Unprotected { .. }), "{source}");
}

#[test]
fn a_naked_wrong_length_is_answered_by_asking_for_less_over_a_new_channel() {
    // Cards that give at most so many bytes at once under secure messaging, and say so in plain.
    for most in [1_000, 200, 160, 130] {
        let mut naked = 0;
        let transport = Meddler::new(card(&resident()), move |_, command, response| {
            let protected_read = command[0] & 0x0C != 0 && command[1] == 0xB0;
            if protected_read && response.len() > most + 40 {
                naked += 1;
                *response = vec![0x67, 0x00];
            }
            assert!(naked <= 4, "the ladder has four steps");
            Ok(())
        });
        let tapped = tap_over(transport, &options()).unwrap();
        assert!(judged(&tapped, &anchors(&resident())).verified, "{most}");
    }
}

#[test]
fn a_card_without_short_identifiers_is_read_by_selection() {
    for refusal in [0x6A86_u16, 0x6B00, 0x6981] {
        let transport = Meddler::new(card(&resident()), move |_, command, response| {
            if command[0] == 0 && command[1] == 0xB0 && command[2] & 0x80 != 0 {
                *response = refusal.to_be_bytes().to_vec();
            }
            Ok(())
        });
        let tapped = tap_over(transport, &options()).unwrap();
        assert!(judged(&tapped, &anchors(&resident())).verified);
        // EF.CardAccess and EF.ATR/INFO, both read in plain: SELECT and READ BINARY more each.
        assert_eq!(tapped.stats.apdus, 19 + 4, "{refusal:04X}");
    }
}

#[test]
fn truncated_and_deeply_nested_files_are_refused() {
    let resident = resident();
    let mut nested = Vec::new();
    while nested.len() < 60_000 {
        let mut w = Writer::new();
        w.primitive(Tag::new(0x75), &nested);
        nested = w.finish();
    }
    for (file, bytes) in [(File::Dg2, nested.clone()), (File::Sod, nested.clone())] {
        let verdict = tap_card(&with_file(&resident, file, bytes), &options())
            .map(|tapped| judged(&tapped, &anchors(&resident)));
        assert!(verdict.map_or(true, |verdict| !verdict.verified), "{file}");
    }
    for file in [File::CardAccess, File::Sod, File::Dg1, File::Dg2, File::Dg14, File::Dg15] {
        let mut bytes = resident.files[&file].clone();
        bytes.truncate(bytes.len() - 1);
        let error = tap_card(&with_file(&resident, file, bytes), &options()).unwrap_err();
        assert!(
            matches!(error, TapError::Session(SessionError::FileTooShort { .. })),
            "{file}: {error}"
        );
        assert!(error.to_string().contains(file.name()), "{error}");
    }
}

#[test]
fn a_card_that_leaves_at_any_moment_is_told_as_that() {
    for n in 0..19 {
        let transport = Meddler::new(card(&resident()), move |i, _, _| {
            if i < n {
                return Ok(());
            }
            Err(TransportError::CardRemoved { reader: "a reader".into() })
        });
        let error = tap_over(transport, &options()).unwrap_err();
        let TapError::Session(SessionError::Transport { source, .. }) = error else {
            panic!("exchange {n}: {error}");
        };
        assert!(matches!(source, TransportError::CardRemoved { .. }));
    }
}

#[test]
fn a_card_that_says_one_thing_only_is_refused() {
    for answer in ["9000", "6A82", "6100", "6C00", "6CFF", "00009000", "7F8180", "3003020100 9000"]
    {
        let bytes = hex::decode(answer.replace(' ', "")).unwrap();
        let parrot = Box::new(Loopback::new(Parrot(bytes)));
        assert!(tap_over(parrot, &options()).is_err(), "{answer}");
    }
    for bytes in [vec![], vec![0x90]] {
        assert!(tap_over(Box::new(Loopback::new(Parrot(bytes))), &options()).is_err());
    }
}

/// A chip whose EF.CardAccess is long, and comes a byte at a time.
struct Dripping(usize);

impl Responder for Dripping {
    fn atr(&self) -> &[u8] {
        &[0x3B, 0x80, 0x80, 0x01, 0x01]
    }

    fn power(&mut self, _event: Power) {}

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        self.0 += 1;
        assert!(self.0 < 10_000, "no end");
        let by_sfi = command[..3] == [0x00, 0xB0, 0x9C];
        let header: &[u8] = if by_sfi { &[0x31, 0x83, 0x07, 0x00, 0x00] } else { &[0x00] };
        response.clear();
        response.extend_from_slice(header);
        response.extend_from_slice(&[0x90, 0x00]);
    }
}

#[test]
fn a_card_that_gives_a_byte_at_a_time_is_not_waited_for() {
    let error = tap_over(Box::new(Loopback::new(Dripping(0))), &options()).unwrap_err();
    assert!(matches!(error, TapError::Session(SessionError::FileTooSlow { .. })), "{error}");
    let wire = Wire::default();
    let parrot = Box::new(Loopback::new(Parrot(vec![0xAA, 0x61, 0x01])));
    let watched = wire.clone();
    let error = tap_with(parrot, &options(), |session| session.observed(Box::new(watched)));
    let error = error.unwrap_err();
    assert!(matches!(error, TapError::Session(SessionError::TooMuch { .. })), "{error}");
    assert!(wire.0.lock().unwrap().len() < 1_100);
}

#[test]
fn no_password_is_an_error_before_the_card_is_asked() {
    let options = Options { passwords: Passwords::default(), ..options() };
    let error = tap_card(&resident(), &options).unwrap_err();
    assert!(matches!(error, TapError::NoPassword));
}

#[test]
fn what_the_reader_did_not_check_is_reported() {
    // A data group that the card keeps closed stands in the verdict by name.
    let mut card = resident();
    card.files.remove(&File::Dg12);
    let tapped = tap_card(&card, &options()).unwrap();
    let verdict = judged(&tapped, &anchors(&card));
    assert_eq!(verdict.passive.groups.unread, [File::Dg12]);
    assert_eq!((verdict.passive.groups.matched.len(), verdict.passive.groups.listed), (5, 6));
    assert_eq!(tapped.refused[&File::Dg12], StatusWord::NOT_FOUND);
}

#[test]
fn every_built_in_card_is_read_and_verified() {
    for (name, _) in profile::BUILT_IN {
        let card = built_in(name);
        if card.profile.travel.is_none() {
            continue;
        }
        for max_apdu in [Limits::EXTENDED, Limits::SHORT] {
            let options = Options { max_apdu, ..of_profile(&card) };
            let tapped = tap_card(&card, &options).unwrap_or_else(|e| panic!("{name}: {e}"));
            let verdict = judged(&tapped, &anchors(&card));
            assert!(verdict.verified, "{name}: {verdict:?}");
            let access = match *name {
                "passport-bac" | "passport-rsa-legacy" => "bac",
                "driving-licence-bap" => "bap",
                "eid-pin" => "pace-pin",
                _ => "pace-can",
            };
            assert_eq!(tapped.evidence.access.name(), access, "{name}");
            assert_eq!(tapped.pace.is_none(), access.starts_with("ba"), "{name}");
            assert_eq!(verdict.passive.groups.unread, [], "{name}");
            assert!(verdict.level >= Level::L2, "{name}");
        }
    }
}

#[test]
fn bac_takes_the_right_zone_and_any_number_of_tries() {
    let card = built_in("passport-bac");
    let mut desk = Desk::new(&card);
    let other = Passwords::from_mrz("TB00000018000101835010114");
    for _ in 0..3 {
        let error = desk.tap(&Options { passwords: other.clone(), ..options() }).unwrap_err();
        let TapError::Bac(BacError::WrongKey { sw, .. }) = error else { panic!("{error}") };
        assert_eq!(sw.0, 0x6300);
    }
    let right = Passwords::from_mrz(card.mrz.as_ref().unwrap().as_str());
    desk.tap(&Options { passwords: right, ..options() }).unwrap();
    let error = desk.tap(&Options { passwords: can("271828"), ..options() }).unwrap_err();
    assert!(matches!(error, TapError::NoMrz { .. }), "{error}");
}

#[test]
fn pace_offered_and_failing_is_the_end_and_bac_has_to_be_asked_for() {
    let mut card = built_in("passport-pace-gm");
    card.profile.bac = true;
    let right = Passwords::from_mrz(card.mrz.as_ref().unwrap().as_str());
    // The keys of BAC would be right; PACE fails, and nothing falls back.
    let mixed = Passwords { mrz: None, can: can("000000").can, ..right.clone() };
    let error = tap_card(&card, &Options { passwords: mixed, ..options() }).unwrap_err();
    assert!(matches!(error, TapError::Pace(PaceError::WrongPassword { .. })), "{error}");
    let asked = Options { passwords: right, allow_bac: true, ..options() };
    assert_eq!(tap_card(&card, &asked).unwrap().evidence.access.name(), "bac");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    // A flipped bit anywhere on the line ends in an error or in a verdict that is not "verified",
    // unless it hits EF.ATR/INFO, which no signature covers, or a status word in plain, after
    // which the file is read once more.
    #[test]
    fn a_flipped_bit_on_the_line_never_passes(
        n in 0_usize..19,
        at in any::<prop::sample::Index>(),
    ) {
        let transport = Meddler::new(card(&resident()), move |i, _, response| {
            if i == n && !response.is_empty() {
                let bit = at.index(response.len() * 8);
                response[bit / 8] ^= 1 << (bit % 8);
            }
            Ok(())
        });
        if let Ok(tapped) = tap_over(transport, &options()) {
            let verified = judged(&tapped, &anchors(&resident())).verified;
            let whole = resident().files.iter().all(|(file, bytes)| {
                let read = tapped.evidence.file(*file);
                *file == File::AtrInfo || read.is_none_or(|read| read == bytes)
            });
            prop_assert!(!verified || whole, "exchange {} was changed and passed", n);
            prop_assert!(!verified || n < 2, "exchange {} was changed and passed", n);
        }
    }
}

#[test]
fn every_bit_of_ef_cardaccess_counts() {
    let bits = 8 * resident().files[&File::CardAccess].len();
    for bit in 0..bits {
        let transport = Meddler::new(card(&resident()), move |i, _, response| {
            if i == 0 {
                response[bit / 8] ^= 1 << (bit % 8);
            }
            Ok(())
        });
        if let Ok(tapped) = tap_over(transport, &options()) {
            assert!(!judged(&tapped, &anchors(&resident())).verified, "bit {bit} was changed");
        }
    }
}
