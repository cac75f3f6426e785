//! Which card is lost by a report, and which is not.

use super::backends::each;
use super::world::*;
use crate::registry::*;

fn lost(world: &World, card: LostCard) -> Result<Vec<StatusChange>, RegistryError> {
    world.registry.report(&world.person("hong"), &Report::CardLost(card), "desk-1", NOW)
}

fn current(world: &World, card: &str) -> LostCard {
    LostCard::Current(world.card(card))
}

fn named(world: &World, card: &str, current: Option<bool>) -> LostCard {
    LostCard::Named { number: world.card(card), current }
}

/// Taps and enrols, as the issuer does: number and chip are known by it.
fn enrol(world: &World, number: &str, chip: &str) -> Enrolled {
    let (person, phone) = (world.person("hong"), world.phone());
    world.registry.check_card(&world.card(chip), &person).unwrap();
    world.registry.check_card(&world.card(number), &person).unwrap();
    let opened = world.open(&phone, NOW);
    let result = TapResult { card: world.card(chip), ..world.result(&opened, "hong", NOW) };
    world.registry.finish_tap(&result, NOW).unwrap();
    let claimed = world.redeem(world.claim(result.code, None, &phone, NOW), NOW);
    world.issue(claimed, &phone.keys, NOW)
}

fn good(world: &World, card: &str) -> bool {
    world.registry.check_card(&world.card(card), &world.person("hong")).is_ok()
}

#[test]
fn a_loss_told_again_leaves_the_next_card_alone() {
    each("a_loss_told_again_leaves_the_next_card_alone", |world| {
        enrol(world, "N-1", "chip 1");
        assert_eq!(lost(world, current(world, "N-1")).unwrap().len(), 2);
        assert!(!good(world, "N-1") && !good(world, "chip 1"));
        // An answer was lost.
        let events = world.kinds("hong").len();
        assert_eq!(lost(world, current(world, "N-1")).unwrap(), []);
        assert_eq!(world.kinds("hong").len(), events);
        // The population registry has the next card by now, tapped or not.
        assert_eq!(denied(lost(world, current(world, "N-2"))), Denied::WhichCard);
        let two = enrol(world, "N-2", "chip 2");
        for again in [current(world, "N-2"), LostCard::Unnamed] {
            assert_eq!(denied(lost(world, again)), Denied::WhichCard);
        }
        for again in [Some(false), Some(true), None] {
            assert_eq!(lost(world, named(world, "N-1", again)).unwrap(), []);
        }
        assert!(good(world, "N-2") && good(world, "chip 2"));
        assert_eq!(world.state_of(&two.reservation.device), DeviceState::Active);
        // Named, it is lost.
        assert_eq!(lost(world, named(world, "N-2", Some(true))).unwrap().len(), 2);
        assert!(!good(world, "N-2") && !good(world, "chip 2"));
    });
}

#[test]
fn a_card_that_was_replaced_before_is_lost_alone() {
    each("a_card_that_was_replaced_before_is_lost_alone", |world| {
        enrol(world, "N-1", "chip 1");
        // The report comes when the next one is current: which, has to be said.
        assert_eq!(denied(lost(world, current(world, "N-2"))), Denied::WhichCard);
        enrol(world, "N-2", "chip 2");
        let unknown = Denied::Unknown { what: "card" };
        assert_eq!(denied(lost(world, named(world, "N-9", Some(false)))), unknown);
        lost(world, named(world, "N-1", Some(false))).unwrap();
        assert!(!good(world, "N-1") && good(world, "N-2") && good(world, "chip 2"));
        // Somebody else's is not theirs to report.
        let kim = world.person("kim");
        world.registry.check_card(&world.card("K-1"), &kim).unwrap();
        assert_eq!(denied(lost(world, named(world, "K-1", None))), Denied::CardNotCurrent);
        world.registry.check_card(&world.card("K-1"), &kim).unwrap();
    });
}

#[test]
fn a_card_that_is_found_can_be_tapped_again() {
    each("a_card_that_is_found_can_be_tapped_again", |world| {
        let person = world.person("hong");
        let found = |card: &str| {
            let report = Report::CardFound(world.card(card));
            world.registry.report(&person, &report, "desk-1", NOW)
        };
        let one = enrol(world, "N-1", "chip 1");
        lost(world, current(world, "N-1")).unwrap();
        enrol(world, "N-2", "chip 2");
        lost(world, named(world, "N-2", Some(true))).unwrap();
        assert_eq!(denied(found("N-9")), Denied::Unknown { what: "card" });
        assert_eq!(found("N-2").unwrap(), []);
        assert!(good(world, "N-2") && good(world, "chip 2"));
        assert!(!good(world, "N-1") && !good(world, "chip 1"), "that was another loss");
        let kinds = world.kinds("hong");
        assert_eq!(kinds[kinds.len() - 2..], [EventKind::CardFound, EventKind::ReportTaken]);
        assert_eq!(found("N-2").unwrap(), []);
        assert_eq!(world.kinds("hong"), kinds, "once more is nothing");
        assert_eq!(world.state_of(&one.reservation.device), DeviceState::Revoked);
        enrol(world, "N-2", "chip 2");
        // Who left does not come back with the card.
        world.registry.report(&person, &Report::Left, "desk-1", NOW).unwrap();
        assert_eq!(denied(found("N-2")), Denied::CardNotCurrent);
    });
}

#[test]
fn a_loss_without_a_phone_voids_what_waits_and_says_so() {
    each("a_loss_without_a_phone_voids_what_waits_and_says_so", |world| {
        let phone = world.phone();
        let grant = world.redeem(world.tap("hong", &phone, NOW), NOW).grant;
        for ends in [false, true] {
            let report = Report::PhoneLost { ends };
            let taken = world.registry.report(&world.person("hong"), &report, "desk-1", NOW);
            assert_eq!(denied(taken), Denied::Unknown { what: "phone" });
            assert_eq!(world.kinds("hong").last(), Some(&EventKind::ReportTaken));
        }
        let request = world.request(&grant, &phone.keys, NOW);
        assert_eq!(denied(world.registry.reserve(&request, NOW)), Denied::Superseded);
    });
}
