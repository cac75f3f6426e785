//! Losses, ends, changes, the term.

use time::Duration;

use super::backends::each;
use super::world::*;
use crate::issuance::Status;
use crate::registry::*;

#[test]
fn a_lost_phone_is_suspended_and_keeps_its_place() {
    each("a_lost_phone_is_suspended_and_keeps_its_place", |world| {
        let registry = &world.registry;
        let person = world.person("hong");
        let phone = world.phone();
        let one = world.enrol("hong", &phone, NOW);
        let pending = world.redeem(world.tap("hong", &world.phone(), NOW), NOW);
        let same = world.redeem(world.tap("hong", &phone, NOW), NOW);
        let changes = registry.report_lost(&person, Loss::Phone, NOW).unwrap();
        assert_eq!(changes.len(), 2);
        assert!(changes.iter().all(|change| change.status == Status::Suspended));
        // Said again, the same has to be published.
        let mut again = registry.report_lost(&person, Loss::Phone, NOW).unwrap();
        again.sort_by_key(|change| changes.iter().position(|c| c == change));
        assert_eq!(again, changes);
        assert_eq!(registry.status_version(0).unwrap(), 2);
        let suspended = Denied::PhoneNotActive { state: "suspended" };
        assert_eq!(denied(registry.reserve(&one.request, NOW)), suspended);
        let keys = &phone.keys;
        let by_same = world.request(&same.grant, keys, NOW);
        assert_eq!(denied(registry.reserve(&by_same, NOW)), suspended);
        let tokens = world.tokens(NOW);
        let refresh = &one.claimed.claim.tokens.refresh;
        assert_eq!(
            denied(registry.refresh(refresh, &phone.jkt, &phone.instance, &tokens, NOW)),
            suspended
        );
        // What another phone earned before the loss was reported is worth nothing.
        let stale = world.request(&pending.grant, &pending.grant.keys.clone().unwrap(), NOW);
        assert_eq!(denied(registry.reserve(&stale, NOW)), Denied::Superseded);
        let resumed = registry.resume(&person, NOW).unwrap();
        assert!(resumed.iter().all(|change| change.status == Status::Valid) && resumed.len() == 2);
        assert_eq!(
            denied(registry.resume(&person, NOW)),
            Denied::PhoneNotActive { state: "active" }
        );
        registry.reserve(&one.request, NOW).unwrap();
        registry.refresh(refresh, &phone.jkt, &phone.instance, &tokens, NOW).unwrap();
        // Another tap while it is suspended ends it.
        registry.report_lost(&person, Loss::Phone, NOW).unwrap();
        let two = world.enrol("hong", &world.phone(), NOW);
        assert_eq!(two.reservation.changes.len(), 2);
        assert_eq!(world.state_of(&one.reservation.device), DeviceState::Revoked);
        assert_eq!(
            denied(registry.resume(&world.person("kim"), NOW)),
            Denied::Unknown { what: "phone" }
        );
    });
}

#[test]
fn a_lost_card_ends_the_phones_card_and_earns_nothing_more() {
    each("a_lost_card_ends_the_phones_card_and_earns_nothing_more", |world| {
        let registry = &world.registry;
        let person = world.person("hong");
        let (phone, next) = (world.phone(), world.phone());
        let one = world.enrol("hong", &phone, NOW);
        let claimed = world.redeem(world.tap("hong", &next, NOW), NOW);
        let opened = world.open(&next, NOW);
        let changes = registry.report_lost(&person, Loss::Card, NOW).unwrap();
        assert_eq!(changes.len(), 2);
        let devices = registry.devices_of(&person).unwrap();
        assert_eq!(devices[0].ended, Some(EndReason::CardLost));
        assert_eq!(registry.device_of(&person).unwrap(), None);
        let lost = Denied::CardNotCurrent;
        assert_eq!(denied(registry.check_card(&world.card("hong"), &person)), lost);
        let result = world.result(&opened, "hong", NOW);
        assert_eq!(denied(registry.finish_tap(&result, NOW)), lost);
        let between = world.request(&claimed.grant, &next.keys, NOW);
        assert_eq!(denied(registry.reserve(&between, NOW)), lost);
        assert_eq!(denied(registry.reserve(&one.request, NOW)), lost);
        // A new card is current, and so is an office.
        let result = TapResult { card: world.card("hong's next"), ..result };
        registry.finish_tap(&result, NOW).unwrap();
        let claim = world.claim(result.code, None, &next, NOW);
        world.issue(world.redeem(claim, NOW), &next.keys, NOW);
    });
}

#[test]
fn a_loss_before_the_first_issue_voids_what_was_earned() {
    each("a_loss_before_the_first_issue_voids_what_was_earned", |world| {
        let registry = &world.registry;
        let person = world.person("hong");
        let phone = world.phone();
        let grant = world.redeem(world.tap("hong", &phone, NOW), NOW).grant;
        assert_eq!(registry.report_lost(&person, Loss::Phone, NOW).unwrap(), []);
        let request = world.request(&grant, &phone.keys, NOW);
        assert_eq!(denied(registry.reserve(&request, NOW)), Denied::Superseded);
        // Between the reservation and the release.
        let claimed = world.redeem(world.tap("hong", &phone, NOW), NOW);
        let request = world.request(&claimed.grant, &phone.keys, NOW);
        let reserved = registry.reserve(&request, NOW).unwrap();
        registry.end(&person, EndReason::PersonLeft, NOW).unwrap();
        let made: Vec<_> = reserved.credentials.iter().map(|c| (c.id, signed(c))).collect();
        assert_eq!(
            denied(registry.keep(&made, &world.token(), NOW)),
            Denied::PhoneNotActive { state: "revoked" }
        );
        assert_eq!(registry.status_entries(0).unwrap().2.len(), 2);
    });
}

#[test]
fn changed_data_is_shown_until_a_new_tap() {
    each("changed_data_is_shown_until_a_new_tap", |world| {
        let registry = &world.registry;
        let person = world.person("hong");
        let phone = world.phone();
        let one = world.enrol("hong", &phone, NOW);
        let pending = world.redeem(world.tap("hong", &phone, NOW), NOW).grant;
        registry.needs_renewal(&person, NOW).unwrap();
        let device = registry.device_of(&person).unwrap().unwrap();
        assert_eq!(device.state, DeviceState::NeedsRenewal);
        assert_eq!(registry.status_entries(0).unwrap().2, []);
        // A retry still gets what it was; nothing new is made of the old data.
        registry.reserve(&one.request, NOW).unwrap();
        let stale = Denied::PhoneNotActive { state: "needs-renewal" };
        let request = world.request(&pending, &phone.keys, NOW);
        assert_eq!(denied(registry.reserve(&request, NOW)), stale);
        let tokens = world.tokens(NOW);
        let refresh = &one.claimed.claim.tokens.refresh;
        registry.refresh(refresh, &phone.jkt, &phone.instance, &tokens, NOW).unwrap();
        let request = world.request(&one.claimed.grant, &phone.keys, NOW);
        assert_eq!(denied(registry.reserve(&request, NOW)), stale);
        // Suspended and unlocked, it is still out of date.
        registry.report_lost(&person, Loss::Phone, NOW).unwrap();
        registry.resume(&person, NOW).unwrap();
        assert_eq!(world.state_of(&device), DeviceState::NeedsRenewal);
        let two = world.enrol("hong", &phone, NOW);
        assert_eq!(two.reservation.device.id, device.id);
        assert_eq!(world.state_of(&device), DeviceState::Active);
    });
}

#[test]
fn after_its_term_a_phone_holds_no_place() {
    each("after_its_term_a_phone_holds_no_place", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let one = world.enrol("hong", &phone, NOW);
        let refresh = |at| {
            let (tokens, old) = (world.tokens(at), &one.claimed.claim.tokens.refresh);
            registry.refresh(old, &phone.jkt, &phone.instance, &tokens, at)
        };
        // The last second is part of the term.
        refresh(TERM + Duration::milliseconds(999)).unwrap();
        let over = TERM + Duration::seconds(1);
        assert_eq!(denied(refresh(over)), Denied::Unknown { what: "refresh_token" });
        // Not swept yet: a tap finds the place free, and revokes nothing.
        let opened = world.open(&phone, over);
        let term_until = TERM + Duration::days(3 * 365);
        let result = TapResult { term_until, ..world.result(&opened, "hong", over) };
        registry.finish_tap(&result, over).unwrap();
        let claim = world.claim(result.code, None, &phone, over);
        let two = world.issue(world.redeem(claim, over), &phone.keys, over);
        assert_ne!(two.reservation.device.id, one.reservation.device.id);
        assert_eq!(two.reservation.changes, []);
        assert_eq!(two.reservation.device.term_until, term_until);
        assert_eq!(world.state_of(&one.reservation.device), DeviceState::Expired);
        assert_eq!(registry.status_entries(0).unwrap().2, []);
        world.enrol("kim", &world.phone(), NOW);
        registry.sweep(over).unwrap();
        let kim = registry.devices_of(&world.person("kim")).unwrap();
        assert_eq!((kim[0].state, kim[0].ended), (DeviceState::Expired, Some(EndReason::TermOver)));
        assert_eq!(world.state_of(&two.reservation.device), DeviceState::Active);
    });
}

#[test]
fn a_deleted_card_ends_and_a_deleted_predecessor_does_not() {
    each("a_deleted_card_ends_and_a_deleted_predecessor_does_not", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let one = world.enrol("hong", &phone, NOW);
        let grant = one.claimed.grant.id;
        let tokens = world.tokens(NOW);
        let refresh = &one.claimed.claim.tokens.refresh;
        registry.refresh(refresh, &phone.jkt, &phone.instance, &tokens, NOW).unwrap();
        let request = world.request(&one.claimed.grant, &phone.keys, NOW);
        let renewed = registry.reserve(&request, NOW).unwrap();
        let second = world.keep(&renewed, NOW);
        assert_eq!(registry.notified(&one.notification, &grant, false, NOW).unwrap(), []);
        assert_eq!(registry.notified(&one.notification, &grant, true, NOW).unwrap().len(), 2);
        assert_eq!(world.state_of(&renewed.device), DeviceState::Active);
        assert_eq!(registry.notified(&second, &grant, true, NOW).unwrap().len(), 2);
        assert_eq!(registry.device_of(&world.person("hong")).unwrap(), None);
        let ended = registry.devices_of(&world.person("hong")).unwrap()[0].ended;
        assert_eq!(ended, Some(EndReason::Deleted));
        // Its answer was lost.
        assert_eq!(registry.notified(&second, &grant, true, NOW).unwrap().len(), 4);
    });
}
