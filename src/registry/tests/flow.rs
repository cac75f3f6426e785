//! From a tap or an offer to a credential, and what comes after.

use time::Duration;

use super::backends::each;
use super::world::*;
use crate::issuance::Status;
use crate::registry::*;

#[test]
fn a_second_phone_ends_the_first_in_the_same_moment() {
    each("a_second_phone_ends_the_first_in_the_same_moment", switch);
}

fn switch(world: &World) {
    let registry = &world.registry;
    let (first, second) = (world.phone(), world.phone());
    let one = world.enrol("hong", &first, NOW);
    assert!(is_tap(one.reservation.device.way));
    assert_eq!(one.claimed.grant.subject, b"hong");
    assert_eq!(one.claimed.grant.keys.as_deref(), Some(&first.keys[..]));
    assert!(one.reservation.changes.is_empty());
    let two = world.enrol("hong", &second, NOW + Duration::minutes(1));
    let old = &one.reservation;
    let mut expected: Vec<_> = old
        .credentials
        .iter()
        .map(|c| StatusChange { list: c.list, idx: c.idx, status: Status::Invalid })
        .collect();
    expected.sort_by_key(|change| change.idx);
    let mut changes = two.reservation.changes.clone();
    changes.sort_by_key(|change| change.idx);
    assert_eq!(changes, expected);
    let entries: Vec<_> = expected.iter().map(|change| (change.idx, change.status)).collect();
    assert_eq!(registry.status_entries(0).unwrap(), (64, 2, entries));
    let person = world.person("hong");
    assert_eq!(registry.device_of(&person).unwrap(), Some(two.reservation.device.clone()));
    let all = registry.devices_of(&person).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!((all[0].state, all[0].ended), (DeviceState::Revoked, Some(EndReason::Superseded)));
    // The first phone's tokens are void, and so is all it might still ask for.
    let access = &one.claimed.claim.tokens.access;
    assert_eq!(
        denied(registry.grant(access, &first.jkt, NOW)),
        Denied::Unknown { what: "access_token" }
    );
    assert_eq!(denied(registry.reserve(&one.request, NOW)), Denied::Superseded);
    let kinds: Vec<_> = world.kinds("hong").into_iter().map(EventKind::name).collect();
    let enrolled = ["tap-verified", "code-redeemed", "phone-registered", "credentials-issued"];
    let mut switched = enrolled.to_vec();
    switched.insert(2, "phone-ended");
    assert_eq!(kinds, [&enrolled[..], &switched].concat());
    assert_eq!(registry.event_count().unwrap(), 9);
    let hashes = registry.event_hashes(0, 100).unwrap();
    let events = registry.history(&person).unwrap();
    assert_eq!(events.iter().map(|e| e.hash).collect::<Vec<_>>(), hashes);
    assert_eq!(registry.event_hashes(7, 1).unwrap(), &hashes[7..8]);
    let outbox = registry.outbox(10).unwrap();
    assert_eq!(outbox[0], (0, r#"{"status_list":0}"#.to_owned()));
    assert!(outbox[1].1.contains(r#""notice":"superseded""#), "{outbox:?}");
    registry.outbox_done(0).unwrap();
    assert_eq!(registry.outbox(10).unwrap(), &outbox[1..]);
}

#[test]
fn a_retry_gets_what_was_kept_and_a_renewal_something_new() {
    each("a_retry_gets_what_was_kept_and_a_renewal_something_new", renew);
}

fn renew(world: &World) {
    let registry = &world.registry;
    let phone = world.phone();
    let one = world.enrol("hong", &phone, NOW);
    // Keys in another order and other nonces: still the same request.
    let mut again = world.request(&one.claimed.grant, &phone.keys, NOW);
    again.keys.reverse();
    let got = registry.reserve(&again, NOW).unwrap();
    for (reserved, key) in got.credentials.iter().zip(&again.keys) {
        assert_eq!(reserved.key, *key);
        assert_eq!(reserved.issued.as_deref(), Some(&signed(reserved)[..]));
    }
    assert!(registry.consume(Once::Nonce, &again.nonces[0].0, TERM, NOW).unwrap());
    assert!(!registry.consume(Once::Nonce, &one.request.nonces[0].0, TERM, NOW).unwrap());
    let tokens = world.tokens(NOW);
    let refresh = &one.claimed.claim.tokens.refresh;
    let grant = registry.refresh(refresh, &phone.jkt, &phone.instance, &tokens, NOW).unwrap();
    let renewed = registry.reserve(&world.request(&grant, &phone.keys, NOW), NOW).unwrap();
    assert_eq!(renewed.device, one.reservation.device);
    for (new, old) in renewed.credentials.iter().zip(&one.reservation.credentials) {
        assert_ne!((new.id, new.idx), (old.id, old.idx));
        assert_eq!(new.issued, None);
    }
    world.keep(&renewed, NOW);
    // All of the group are hit.
    let person = world.person("hong");
    assert_eq!(registry.report_lost(&person, Loss::Phone, NOW).unwrap().len(), 4);
    assert_eq!(registry.resume(&person, NOW).unwrap().len(), 4);
    assert_eq!(registry.status_entries(0).unwrap().2, []);
    assert_eq!(registry.report_lost(&person, Loss::Card, NOW).unwrap().len(), 4);
    assert_eq!(world.state_of(&renewed.device), DeviceState::Revoked);
    assert_eq!(registry.status_version(0).unwrap(), 4);
}

#[test]
fn the_same_phone_again_revokes_nothing() {
    each("the_same_phone_again_revokes_nothing", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let one = world.enrol("hong", &phone, NOW);
        // Two more taps, finished before either goes on, and a visit to an office.
        let taps = [world.tap("hong", &phone, NOW), world.tap("hong", &phone, NOW)];
        for claim in taps {
            let two = world.issue(world.redeem(claim, NOW), &phone.keys, NOW);
            assert_eq!(two.reservation.device.id, one.reservation.device.id);
            assert_eq!(two.reservation.changes, []);
        }
        let three = world.visit("hong", &phone, NOW);
        assert_eq!(three.reservation.device.id, one.reservation.device.id);
        assert_eq!(registry.status_entries(0).unwrap().2, []);
        assert_eq!(registry.devices_of(&world.person("hong")).unwrap().len(), 1);
        // The other format, by the first grant.
        let mut other = world.request(&one.claimed.grant, &phone.keys, NOW);
        other.configuration = SD_JWT.into();
        let four = registry.reserve(&other, NOW).unwrap();
        assert_eq!(four.device.id, one.reservation.device.id);
        // The same request key with other holder keys is another phone.
        let moved = Phone { keys: world.phone().keys, ..phone };
        let five = world.enrol("hong", &moved, NOW);
        assert_ne!(five.reservation.device.id, one.reservation.device.id);
        assert_eq!(five.reservation.changes.len(), 10);
    });
}

#[test]
fn what_ended_is_to_be_published_until_something_was_released() {
    each("what_ended_is_to_be_published_until_something_was_released", |world| {
        let registry = &world.registry;
        world.enrol("hong", &world.phone(), NOW);
        let phone = world.phone();
        let claimed = world.redeem(world.tap("hong", &phone, NOW), NOW);
        let mdoc = world.request(&claimed.grant, &phone.keys, NOW);
        let sd_jwt = Reserve { configuration: SD_JWT.into(), nonces: Vec::new(), ..mdoc.clone() };
        let first = registry.reserve(&mdoc, NOW).unwrap();
        assert_eq!(first.changes.len(), 2);
        // The issuer died here, and the wallet begins with the other format.
        let second = registry.reserve(&sd_jwt, NOW).unwrap();
        assert_eq!(second.changes, first.changes);
        world.keep(&second, NOW);
        let again = Reserve { keys: phone.keys[..1].to_vec(), ..sd_jwt };
        assert_eq!(denied(registry.reserve(&again, NOW)), Denied::Spent);
        assert_eq!(registry.reserve(&mdoc, NOW).unwrap().changes, first.changes);
    });
}
