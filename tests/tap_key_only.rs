//! The key-only card, tapped: from PACE to a verdict that a third party comes to.

use iccard::{
    apdu::StatusWord,
    crypto::SecretKey,
    lds::{CardLabel, File},
    profile::Personalised,
    protocol::pace::{PaceError, Password},
    tap::{Options, Passwords, TapError, Tapped},
    trust::{Check, Evidence, Judging, Level, Reason, Verdict, judge},
};

use crate::support::card::{
    Desk, Meddler, anchors, built_in, can, card, judged, of_profile, pin, tap_card, tap_over,
    with_file,
};

fn key_only() -> Personalised {
    built_in("resident-key-only")
}

fn with(passwords: Passwords, bind: Option<[u8; 32]>) -> Options {
    Options { passwords, bind, ..of_profile(&key_only()) }
}

fn right_pin() -> Passwords {
    pin(key_only().profile.secrets.pin.as_ref().unwrap())
}

fn right_can() -> Passwords {
    can(&key_only().profile.secrets.can)
}

/// As somebody judges who was not there and has the file.
fn offline(tapped: &Tapped, bind: [u8; 32]) -> Verdict {
    let json = tapped.evidence.to_json().unwrap();
    let evidence = Evidence::from_json(json.as_bytes()).unwrap();
    judge(&evidence, &anchors(&key_only()), &Judging::offline(Some(bind)))
}

fn counter(verdict: &Verdict) -> u64 {
    verdict.key_only.as_ref().and_then(|card| card.counter).unwrap()
}

#[test]
fn the_binding_is_signed_with_the_pin() {
    let mut desk = Desk::new(&key_only());
    for byte in 1..=3 {
        let bind = [byte; 32];
        let tapped = desk.tap(&with(right_pin(), Some(bind))).unwrap();
        assert_eq!(tapped.evidence.access.name(), "pace-pin");
        for verdict in [judged(&tapped, &anchors(&key_only())), offline(&tapped, bind)] {
            assert!(verdict.verified, "{verdict:#?}");
            assert_eq!(verdict.level, Level::L2);
            assert!(verdict.holder_verification.as_ref().unwrap().check.passed());
            assert_eq!(counter(&verdict), u64::from(byte));
        }
        // In no other session.
        let verdict = offline(&tapped, [byte + 1; 32]);
        assert!(!verdict.verified && verdict.level == Level::L1);
    }
}

#[test]
fn the_can_opens_it_and_shows_no_holder() {
    let tapped = tap_card(&key_only(), &with(right_can(), Some([1; 32]))).unwrap();
    let verdict = offline(&tapped, [1; 32]);
    assert!(verdict.verified && verdict.level == Level::L2);
    let holder = verdict.holder_verification.unwrap();
    assert_eq!(holder.check, Check::NotDone(Reason::WithoutPin));
}

#[test]
fn without_a_request_the_challenge_is_fresh() {
    let mut desk = Desk::new(&key_only());
    let tapped = desk.tap(&with(right_pin(), None)).unwrap();
    let verdict = judged(&tapped, &anchors(&key_only()));
    assert_eq!(verdict.level, Level::L2);
    // Nobody else chose that challenge, so to them it shows a genuine card and no presence.
    let verdict = judge(&tapped.evidence, &anchors(&key_only()), &Judging::offline(None));
    assert!(verdict.verified);
    assert_eq!(verdict.level, Level::L1);
}

#[test]
fn a_wrong_pin_costs_a_try_and_the_last_one_takes_the_can() {
    let mut desk = Desk::new(&key_only());
    let wrong = |desk: &mut Desk| desk.tap(&with(pin("000000"), None)).unwrap_err();
    for left in [2, 1] {
        let TapError::Pace(PaceError::WrongPassword { tries_left, .. }) = wrong(&mut desk) else {
            panic!()
        };
        assert_eq!(tries_left, Some(left));
    }
    let error = wrong(&mut desk);
    assert!(matches!(error, TapError::Pace(PaceError::LastTry { .. })), "{error}");
    let both = Passwords { can: right_can().can, ..pin("000000") };
    let error = desk.tap(&Options { last_try: true, ..with(both, None) }).unwrap_err();
    assert!(matches!(error, TapError::Pace(PaceError::Blocked { .. })), "{error}");
    // The right one opens nothing, the CAN still does, without the PIN being said.
    let error = desk.tap(&with(right_pin(), None)).unwrap_err();
    assert!(matches!(error, TapError::Pace(PaceError::Blocked { .. })), "{error}");
    let tapped = desk.tap(&with(right_can(), None)).unwrap();
    assert!(!judged(&tapped, &anchors(&key_only())).holder_verification.unwrap().check.passed());
    // The PUK gives all tries back.
    let code = key_only().profile.secrets.puk.unwrap();
    let unblocked = Passwords { puk: Some(Password::puk(&code)), ..right_pin() };
    let tapped = desk.tap(&with(unblocked, None)).unwrap();
    assert!(judged(&tapped, &anchors(&key_only())).holder_verification.unwrap().check.passed());
}

#[test]
fn a_copy_is_not_verified() {
    let mut copy = key_only();
    let keys = copy.keys.key_only.as_mut().unwrap();
    let curve = keys.card.curve();
    let mut rng = iccard::crypto::SeededRng::new(b"a test", "copy");
    keys.card = SecretKey::generate(curve, &mut rng);
    let tapped = tap_card(&copy, &with(right_pin(), Some([1; 32]))).unwrap();
    for verdict in [judged(&tapped, &anchors(&key_only())), offline(&tapped, [1; 32])] {
        assert!(!verdict.verified && verdict.level == Level::L1 && verdict.chip.check.failed());
    }
}

#[test]
fn a_label_of_another_version_is_told_and_nothing_is_signed() {
    let mut label = CardLabel { label: "later".into() }.encode();
    label[4] = 2;
    let later = with_file(&key_only(), File::CardLabel, label);
    let tapped = tap_card(&later, &with(right_pin(), None)).unwrap();
    assert!(tapped.evidence.key_only.is_none());
    let why = tapped.active_authentication_refused.as_ref().unwrap();
    assert_eq!(why, "EF.CardLabel, version: 01 expected, 02 came");
    let verdict = judged(&tapped, &anchors(&key_only()));
    assert!(!verdict.verified && verdict.level == Level::L0);
}

#[test]
fn a_forged_certificate_is_found_out() {
    // The whole PKI anew, under the same names.
    let (_, text) =
        iccard::profile::BUILT_IN.iter().find(|(name, _)| *name == "resident-key-only").unwrap();
    let text = text.replace("seed = \"resident key-only 1\"", "seed = \"forger\"");
    let forged = iccard::profile::check(&text, "forged".as_ref()).unwrap().personalise().unwrap();
    let tapped = tap_card(&forged, &with(right_pin(), Some([1; 32]))).unwrap();
    assert!(judged(&tapped, &anchors(&forged)).verified);
    let verdict = offline(&tapped, [1; 32]);
    assert!(!verdict.verified && verdict.level == Level::L0);
    // The genuine certificate on the forger's chip.
    let genuine = key_only().files[&File::CardCertificate].clone();
    let forged = with_file(&forged, File::CardCertificate, genuine);
    let tapped = tap_card(&forged, &with(right_pin(), Some([1; 32]))).unwrap();
    let verdict = offline(&tapped, [1; 32]);
    assert!(!verdict.verified && verdict.level == Level::L1);
}

#[test]
fn no_other_card_is_asked_for_it() {
    for name in ["resident", "passport-bac", "passport-pace-gm", "driving-licence-bap"] {
        let genuine = built_in(name);
        let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let seen = asked.clone();
        let transport = Meddler::new(card(&genuine), move |_, command: &[u8], _: &mut Vec<u8>| {
            // SELECT by name, in plain or under secure messaging.
            let select = command[1..3] == [0xA4, 0x04];
            seen.fetch_add(usize::from(select), std::sync::atomic::Ordering::Relaxed);
            Ok(())
        });
        tap_over(transport, &of_profile(&genuine)).unwrap();
        let asked = asked.load(std::sync::atomic::Ordering::Relaxed);
        // A passport's application is looked for first, and a licence's where the line is given.
        assert_eq!(asked, 1, "{name}");
    }
    // Where there is none of the three, the first is named.
    let mut bare = key_only();
    bare.profile.key_only.as_mut().unwrap().aid = vec![0xF0, 1, 2, 3, 4];
    let error = tap_card(&bare, &with(right_can(), None)).unwrap_err();
    assert!(matches!(error, TapError::NoApplication { sw: StatusWord::NOT_FOUND, .. }), "{error}");
}
