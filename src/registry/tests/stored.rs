//! What stands in the database, and who may read or change it.

use std::collections::BTreeSet;

use time::Duration;
use zeroize::Zeroizing;

use super::backends::{TABLES, dump, each, memory};
use super::world::*;
use crate::registry::database::values;
use crate::registry::sqlite::Sqlite;
use crate::registry::*;

#[test]
fn nothing_personal_and_no_secret_is_readable() {
    each("nothing_personal_and_no_secret_is_readable", |world| {
        let name = "HONG GILDONG 900101-1234567";
        world.enrol(name, &world.phone(), NOW);
        world.offer(name, &world.phone(), NOW);
        let all = dump(&world.registry).join("\n");
        for word in [name, "GILDONG", "secret of", TX_CODE, "credential ", "desk-1"] {
            assert!(!all.contains(word), "{word}");
            assert!(!all.contains(&hex::encode(word)), "{word}");
        }
        let seen: BTreeSet<_> = all.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert!(seen.len() > 12, "{seen:?} of {TABLES:?}");
    });
}

#[test]
fn events_cannot_be_changed_or_removed() {
    each("events_cannot_be_changed_or_removed", |world| {
        world.tap("hong", &world.phone(), NOW);
        for sql in ["UPDATE events SET at = 0", "DELETE FROM events"] {
            let error =
                world.registry.write("tampering", |work| work.change(sql, &[])).unwrap_err();
            assert!(error.to_string().contains("events are append-only"), "{error}");
        }
        assert_eq!(world.kinds("hong").len(), 1);
    });
}

#[test]
fn a_person_has_one_live_phone_whatever_the_code_does() {
    each("a_person_has_one_live_phone_whatever_the_code_does", |world| {
        let one = world.enrol("hong", &world.phone(), NOW);
        let grant = &one.claimed.grant;
        let error = world
            .registry
            .write("registering a second", |work| {
                work.register(grant, one.reservation.device.h_dev, NOW)
            })
            .unwrap_err();
        assert!(error.to_string().to_lowercase().contains("unique"), "{error}");
        assert_eq!(world.registry.devices_of(&grant.person).unwrap().len(), 1);
    });
}

#[test]
fn sealed_values_belong_to_their_rows() {
    each("sealed_values_belong_to_their_rows", |world| {
        let one = world.enrol("hong", &world.phone(), NOW);
        let two = world.enrol("kim", &world.phone(), NOW);
        let ids = [one.claimed.grant.id, two.claimed.grant.id];
        let subjects = ids.map(|id| {
            let sql = "SELECT subject FROM grants WHERE id = $1";
            let row = world.registry.read("reading", |work| work.one(sql, values![&id])).unwrap();
            row.bytes(0).unwrap().to_vec()
        });
        for (id, subject) in ids.iter().zip(subjects.into_iter().rev()) {
            let sql = "UPDATE grants SET subject = $2 WHERE id = $1";
            let values = values![id, subject];
            assert_eq!(world.registry.write("swapping", |w| w.change(sql, values)).unwrap(), 1);
        }
        for enrolled in [one, two] {
            let claim = &enrolled.claimed.claim;
            let error = world.registry.grant(&claim.tokens.access, &claim.jkt, NOW).unwrap_err();
            assert!(matches!(error, RegistryError::Sealed { step: "grants" }), "{error}");
        }
    });
}

#[test]
fn a_register_opens_with_its_own_keys_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register");
    let phone = {
        let world = World::new(Registry::sqlite(&path, &keys()).unwrap());
        let phone = world.phone();
        world.enrol("hong", &phone, NOW);
        phone
    };
    let other = RegistryKeys { names: Zeroizing::new([8; 32]), ..keys() };
    let error = Registry::sqlite(&path, &other).unwrap_err();
    assert!(matches!(error, RegistryError::Sealed { .. }), "{error}");
    let rotated = RegistryKeys { seal: Zeroizing::new([9; 32]), ..keys() };
    let registry = Registry::sqlite(&path, &rotated).unwrap();
    let person = registry.person_id("hong");
    assert_eq!(registry.device_of(&person).unwrap().unwrap().jkt, phone.jkt);
    assert!(matches!(registry.history(&person), Err(RegistryError::Sealed { .. })));
    let registry = registry.also_opens(keys().seal);
    assert_eq!(registry.history(&person).unwrap().len(), 4);
    drop(registry);
    let database = Registry::open(Box::new(Sqlite::open(&path).unwrap()), &keys()).unwrap();
    let newer = "UPDATE meta SET number = 2 WHERE name = 'schema'";
    database.write("from the future", |work| work.change(newer, &[])).unwrap();
    let error = Registry::sqlite(&path, &keys()).unwrap_err().to_string();
    assert!(error.contains("schema 1 or older expected, 2 came"), "{error}");
    let nowhere = Registry::sqlite(&folder.path().join("no/such/folder"), &keys());
    assert!(matches!(nowhere, Err(RegistryError::Database { step: "opening", .. })));
}

#[test]
fn places_are_never_given_twice_and_lists_stay_half_empty() {
    each("places_are_never_given_twice_and_lists_stay_half_empty", |world| {
        let registry = &world.registry;
        let mut places = BTreeSet::new();
        for number in 0..70 {
            let phone = world.phone();
            // Ten persons, each on one phone after the other: what ended keeps its place.
            let one = world.enrol(&format!("person {}", number % 10), &phone, NOW);
            for credential in &one.reservation.credentials {
                assert!(credential.idx < 64);
                assert!(places.insert((credential.list, credential.idx)));
            }
        }
        assert_eq!(registry.status_lists().unwrap(), [0, 1, 2, 3, 4]);
        let in_list = |list| places.iter().filter(|(of, _)| *of == list).count();
        assert_eq!([0, 1, 2, 3, 4].map(in_list), [32, 32, 32, 32, 12]);
        let ended: usize = (0..5).map(|list| registry.status_entries(list).unwrap().2.len()).sum();
        assert_eq!(ended, 120);
        // They look random: not one behind the other, and spread over the list.
        let first: Vec<_> = places.iter().filter(|(list, _)| *list == 0).map(|p| p.1).collect();
        assert_ne!(first, (0..32).collect::<Vec<_>>());
        assert!(first.last().unwrap() - first[0] > 40);
    });
}

#[test]
fn sweeping_forgets_what_is_over_and_nothing_else() {
    each("sweeping_forgets_what_is_over_and_nothing_else", |world| {
        let registry = &world.registry;
        let one = world.enrol("hong", &world.phone(), NOW);
        world.redeem(world.tap("kim", &world.phone(), NOW), NOW);
        let (offer, _) = world.offer("kim", &world.phone(), NOW);
        let count = |table: &str| {
            let prefix = format!("{table} ");
            dump(registry).iter().filter(|line| line.starts_with(&prefix)).count()
        };
        let tables = ["taps", "codes", "grants", "once", "tokens", "credentials", "events"];
        let before = tables.map(count);
        registry.sweep(NOW + Duration::seconds(100)).unwrap();
        assert_eq!(tables.map(count), before);
        let later = NOW + Duration::days(1) + Duration::minutes(11);
        registry.sweep(later).unwrap();
        // kim's grant and its tokens were used for nothing; hong's refresh token is good for years.
        assert_eq!(tables.map(count), [0, 0, 1, 0, 1, 2, before[6]]);
        assert_eq!(denied(registry.offer_state(&offer, later)), Denied::Unknown { what: "offer" });
        let (claim, tokens) = (&one.claimed.claim, world.tokens(later));
        let refresh = &claim.tokens.refresh;
        registry.refresh(refresh, &claim.jkt, &claim.instance, &tokens, later).unwrap();
        let nonce = one.request.nonces[0].0;
        let again = registry.consume(Once::Nonce, &nonce, one.request.nonces[0].1, later);
        assert!(!again.unwrap(), "what is over is not good again, swept or not");
    });
}

#[test]
fn what_was_used_up_is_remembered_for_a_clock_that_is_set_back() {
    each("what_was_used_up_is_remembered_for_a_clock_that_is_set_back", |world| {
        let (registry, nonce) = (&world.registry, world.fresh());
        assert!(registry.consume(Once::Nonce, &nonce, NOW, NOW).unwrap());
        registry.sweep(NOW + Duration::minutes(9)).unwrap();
        assert!(!registry.consume(Once::Nonce, &nonce, NOW, NOW).unwrap());
        registry.sweep(NOW + Duration::minutes(11)).unwrap();
        assert!(!dump(registry).iter().any(|line| line.starts_with("once ")));
    });
}

#[test]
fn a_phone_that_cannot_be_read_keeps_nothing_from_being_swept() {
    each("a_phone_that_cannot_be_read_keeps_nothing_from_being_swept", |world| {
        let registry = &world.registry;
        let people = ["hong", "kim", "lee"]
            .map(|name| world.enrol(name, &world.phone(), NOW).reservation.device);
        let sql = "UPDATE devices SET way = 'no way' WHERE id = $1";
        let values = values![&people[1].id];
        assert_eq!(registry.write("breaking", |w| w.change(sql, values)).unwrap(), 1);
        let later = TERM + Duration::days(2);
        assert!(registry.sweep(later).is_err(), "the operator hears of it");
        for device in [&people[0], &people[2]] {
            assert_eq!(world.state_of(device), DeviceState::Expired);
        }
        let left = ["once ", "grants ", "taps "]
            .map(|table| dump(registry).iter().filter(|line| line.starts_with(table)).count());
        assert_eq!(left, [0; 3]);
    });
}

#[test]
fn a_register_in_memory_is_a_register() {
    let world = World::new(memory());
    world.enrol("hong", &world.phone(), NOW);
    assert_eq!(format!("{:?}", world.registry), "Registry { database: Sqlite, .. }");
}
