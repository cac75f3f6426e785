//! A transaction that ends anywhere leaves nothing, and the same call succeeds afterwards.

use super::backends::{Wire, dump, over};
use super::world::*;
use crate::registry::database::Database;
use crate::registry::sqlite::Sqlite;
use crate::registry::*;

/// Cuts the wire before each statement of a call in turn.
fn everywhere<T: std::fmt::Debug>(
    world: &World,
    wire: &Wire,
    name: &str,
    call: impl Fn() -> Result<T, RegistryError>,
) -> T {
    let before = dump(&world.registry);
    for statement in 0.. {
        wire.cut_before(statement);
        let result = call();
        wire.mend();
        match result {
            Ok(value) => {
                assert!(statement > 1, "{name}: nothing was cut");
                return value;
            }
            Err(RegistryError::Database { detail, .. }) => {
                assert_eq!(detail, "the wire is cut", "{name}, statement {statement}");
            }
            Err(other) => panic!("{name}, statement {statement}: {other}"),
        }
        assert_eq!(dump(&world.registry), before, "{name}, statement {statement}");
    }
    unreachable!()
}

fn all_calls(database: Box<dyn Database>) {
    let wire: &'static Wire = Box::leak(Box::new(Wire::new(database)));
    let world = World::new(over(Box::new(wire)));
    let registry = &world.registry;
    let (old, new) = (world.phone(), world.phone());
    world.enrol("hong", &old, NOW);

    let opened = world.open(&new, NOW);
    let result = world.result(&opened, "hong", NOW);
    everywhere(&world, wire, "finish_tap", || registry.finish_tap(&result, NOW));
    let claim = world.claim(result.code, None, &new, NOW);
    let grant = everywhere(&world, wire, "claim", || registry.claim(&claim, NOW));
    registry.grant(&claim.tokens.access, &new.jkt, NOW).unwrap();
    let request = world.request(&grant, &new.keys, NOW);
    let reservation = everywhere(&world, wire, "reserve", || registry.reserve(&request, NOW));
    assert_eq!(reservation.changes.len(), 2);
    let again = everywhere(&world, wire, "reserve again", || registry.reserve(&request, NOW));
    assert_eq!(again.credentials[0].idx, reservation.credentials[0].idx);
    assert_eq!(again.changes, reservation.changes);
    let made: Vec<_> = reservation.credentials.iter().map(|c| (c.id, signed(c))).collect();
    let note = world.token();
    everywhere(&world, wire, "keep", || registry.keep(&made, &note, NOW));
    let next = world.tokens(NOW);
    let refresh = &claim.tokens.refresh;
    everywhere(&world, wire, "refresh", || {
        registry.refresh(refresh, &new.jkt, &new.instance, &next, NOW)
    });
    let person = world.person("hong");
    everywhere(&world, wire, "lost", || registry.report_lost(&person, Loss::Phone, NOW));
    everywhere(&world, wire, "resume", || registry.resume(&person, NOW));
    everywhere(&world, wire, "renewal", || registry.needs_renewal(&person, NOW));
    everywhere(&world, wire, "notified", || registry.notified(&note, &grant.id, true, NOW));
    let (id, claim) = world.offer("hong", &old, NOW);
    registry.claim(&claim, NOW).unwrap();
    everywhere(&world, wire, "confirm", || registry.confirm_offer(&id, "desk-1", NOW));
    let card = Report::CardLost(LostCard::Current(world.card("hong")));
    everywhere(&world, wire, "card", || registry.report(&person, &card, "desk-1", NOW));
    let found = Report::CardFound(world.card("hong"));
    everywhere(&world, wire, "found", || registry.report(&person, &found, "desk-1", NOW));
    everywhere(&world, wire, "end", || registry.end(&person, EndReason::PersonLeft, NOW));
    everywhere(&world, wire, "sweep", || registry.sweep(NOW));
}

#[test]
fn a_call_that_is_cut_off_leaves_nothing() {
    all_calls(Box::new(Sqlite::memory().unwrap()));
    #[cfg(feature = "postgres")]
    if let Some(schema) = super::backends::schema::Schema::new("crashes") {
        all_calls(Box::new(schema.database()));
    }
}
