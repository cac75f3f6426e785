//! `iccard::testing` as a user has it: a card in three lines, repeatable, and lasting.

use iccard::{
    emulator::Counter,
    profile::BUILT_IN,
    protocol::pace::Password,
    testing::{Card, TestingError},
    trust::Level,
};

#[test]
fn every_built_in_card_is_tapped_in_three_lines() {
    // A card of plain files has nothing to tap.
    for (name, _) in BUILT_IN.iter().filter(|(name, _)| *name != "iso-files") {
        let card = Card::new(name).unwrap();
        let tapped = card.tap().unwrap();
        assert!(tapped.is_verified() && tapped.level() >= Level::L1, "{name}: {tapped:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_tap_and_another_does_not() {
    let evidence = |seed| {
        let card = Card::new("resident").unwrap().with_seed(seed).unwrap();
        [card.tap(), card.tap()].map(|tapped| tapped.unwrap().tap.evidence.to_json().unwrap())
    };
    let (first, again, other) = (evidence("one"), evidence("one"), evidence("two"));
    assert!(first == again && first[0] != first[1] && first[0] != other[0]);
}

#[test]
fn a_card_keeps_its_counters_over_restarts_and_its_session_over_nothing() {
    let card = Card::new("eid-pin").unwrap();
    let mut wrong = card.options();
    wrong.passwords.pin = Some(Password::pin("000000"));
    card.tap_with(&wrong).unwrap_err();
    card.restart().unwrap();
    assert_eq!(card.counter(Counter::PinTries), Some(2));
    assert_eq!(card.counter(Counter::PukUses), Some(10));
    card.tap_with(&wrong).unwrap_err();
    card.reset();
    assert_eq!(card.counter(Counter::PinTries), Some(1));

    let (select, read) = ("00A4 020C 02 011C", "00B0 0000 02");
    for end in [|card: &Card| card.reset(), |card: &Card| card.restart().unwrap()] {
        assert_eq!(card.apdu(select).unwrap().sw.0, 0x9000);
        assert_eq!(card.apdu(read).unwrap().data.len(), 2);
        end(&card);
        assert_eq!(card.apdu(read).unwrap().sw.0, 0x6986);
    }
}

#[test]
fn faults_show_and_errors_say_what_to_do() {
    let card = Card::new("resident").unwrap().with_faults("tear after 1 apdus").unwrap();
    assert_eq!(card.apdu("00A4 020C 02 011C").unwrap().sw.0, 0x9000);
    let away = card.apdu("00B0 0000 02").unwrap_err();
    assert!(matches!(away, TestingError::CardAway), "{away}");
    assert_eq!(card.faults().fired(), 1);

    let error = Card::new("residnet").unwrap_err().to_string();
    assert!(error.contains("residnet") && error.contains("passport-bac"), "{error}");
    assert!(matches!(card.apdu("00A"), Err(TestingError::NotHex { .. })));
    let error = Card::new("resident").unwrap().with_faults("burn").unwrap_err();
    assert!(matches!(error, TestingError::Faults(_)), "{error}");
}

#[test]
fn a_file_includes_others_and_what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.toml");
    std::fs::write(folder.path().join("base.toml"), iccard::profile::RESIDENT).unwrap();
    std::fs::write(&path, "include = [\"base.toml\"]\nname = \"mine\"\n").unwrap();
    let card = Card::new(path.to_str().unwrap()).unwrap();
    assert_eq!(card.profile().name(), "mine");
    #[cfg(unix)]
    {
        let error = Card::new("/dev/null").unwrap_err();
        assert!(error.to_string().contains("it is no file"), "{error}");
    }
}
