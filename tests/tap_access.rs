//! Every way into a card: passwords and their try counters, BAC and BAP, and what is refused.

use iccard::{
    lds::edl,
    protocol::{
        bac::{BacError, Protocol},
        pace::{PaceError, Password, PasswordKind},
    },
    tap::{Options, Passwords, TapError},
};

use crate::support::card::{Desk, anchors, built_in, can, judged, of_profile, pin, tap_card};

fn puk(text: &str) -> Option<Password> {
    Some(Password::puk(text))
}

#[test]
fn the_puk_unblocks_a_blocked_pin() {
    let genuine = built_in("eid-pin");
    let secrets = &genuine.profile.secrets;
    let (right, code) = (secrets.pin.clone().unwrap(), secrets.puk.clone().unwrap());
    let mut desk = Desk::new(&genuine);
    let options = |passwords, last_try| Options { passwords, last_try, ..of_profile(&genuine) };
    let can = || can(&secrets.can).can;
    for _ in 0..2 {
        desk.tap(&options(pin("000000"), false)).unwrap_err();
    }
    // The PUK at hand does not have the same wrong PIN tried once more.
    let last = Passwords { can: can(), puk: puk(&code), ..pin("000000") };
    let error = desk.tap(&options(last, true)).unwrap_err();
    assert!(matches!(error, TapError::Pace(PaceError::Blocked { .. })), "{error}");
    // Not by the right PIN, not by the CAN, and not by a wrong PUK.
    let error = desk.tap(&options(Passwords { can: can(), ..pin(&right) }, true)).unwrap_err();
    assert!(matches!(error, TapError::Pace(PaceError::Blocked { .. })), "{error}");
    let error =
        desk.tap(&options(Passwords { puk: puk("0000000000"), ..pin(&right) }, false)).unwrap_err();
    let TapError::Pace(PaceError::WrongPassword { password, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(password, PasswordKind::Puk);
    let tapped = desk.tap(&options(Passwords { puk: puk(&code), ..pin(&right) }, false)).unwrap();
    assert_eq!(tapped.evidence.access.name(), "pace-pin");
    assert!(judged(&tapped, &anchors(&genuine)).verified);
    // All tries are back.
    let error = desk.tap(&options(pin("000000"), false)).unwrap_err();
    let TapError::Pace(PaceError::WrongPassword { tries_left, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(tries_left, Some(2));
}

#[test]
fn what_needs_the_pin_opens_to_nothing_else() {
    let genuine = built_in("eid-pin");
    let secrets = &genuine.profile.secrets;
    let by_puk = Passwords { puk: puk(secrets.puk.as_ref().unwrap()), ..Passwords::default() };
    for (passwords, access) in [(can(&secrets.can), "pace-can"), (by_puk, "pace-puk")] {
        let tapped = tap_card(&genuine, &Options { passwords, ..of_profile(&genuine) }).unwrap();
        assert_eq!(tapped.evidence.access.name(), access);
        let verdict = judged(&tapped, &anchors(&genuine));
        assert!(!verdict.verified, "{access}");
        assert!(!tapped.refused.is_empty() && verdict.passive.groups.matched.is_empty());
    }
}

#[test]
fn a_licence_opens_by_its_line_alone() {
    let genuine = built_in("driving-licence-bap");
    let line = genuine.licence.as_ref().unwrap();
    let other = edl::Mrz::new('1', "UTO2L898902C36A7XQ49KD2M5R").unwrap();
    let mut desk = Desk::new(&genuine);
    let passwords = Passwords::from_licence(&other);
    let error = desk.tap(&Options { passwords, ..of_profile(&genuine) }).unwrap_err();
    let TapError::Bac(BacError::WrongKey { protocol, .. }) = error else { panic!("{error}") };
    assert_eq!(protocol, Protocol::Bap);
    let passwords = Passwords::from_mrz("TB00000018000101835010114");
    let error = desk.tap(&Options { passwords, ..of_profile(&genuine) }).unwrap_err();
    assert!(matches!(error, TapError::NoApplication { .. }), "{error}");
    // A line and a zone together: whichever application is there.
    let both = Passwords {
        bac: Passwords::from_mrz("TB00000018000101835010114").bac,
        ..Passwords::from_licence(line)
    };
    let tapped = desk.tap(&Options { passwords: both, ..of_profile(&genuine) }).unwrap();
    assert_eq!(tapped.evidence.access.name(), "bap");
    assert!(judged(&tapped, &anchors(&genuine)).verified);
}

#[test]
fn a_passport_with_both_opens_by_bac_only_when_asked_to() {
    let genuine = built_in("passport-eac");
    let zone = || Passwords::from_mrz(genuine.mrz.as_ref().unwrap().as_str());
    for (allow_bac, access) in [(false, "pace-mrz"), (true, "bac")] {
        let options = Options { passwords: zone(), allow_bac, ..of_profile(&genuine) };
        let tapped = tap_card(&genuine, &options).unwrap();
        assert_eq!(tapped.evidence.access.name(), access);
        // Terminal Authentication names the chip by another name after each.
        assert!(tapped.terminal_authentication.as_ref().unwrap().is_ok(), "{access}");
        let verdict = judged(&tapped, &anchors(&genuine));
        assert!(verdict.verified && verdict.passive.groups.unread.is_empty(), "{access}");
    }
}
