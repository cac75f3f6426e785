//! No statement reads a whole table that grows: time does not go up with the number of persons.

use super::backends::{Wire, over};
use super::world::*;
use crate::registry::database::Value;
use crate::registry::sqlite::Sqlite;
use crate::registry::*;

#[test]
fn every_statement_goes_by_an_index() {
    let wire: &'static Wire = Box::leak(Box::new(Wire::new(Box::new(Sqlite::memory().unwrap()))));
    let world = World::new(over(Box::new(wire)));
    let registry = &world.registry;
    let (one, two) = (world.phone(), world.phone());
    let first = world.enrol("hong", &one, NOW);
    let second = world.visit("hong", &two, NOW);
    let person = world.person("hong");
    registry.tap(&world.open(&one, NOW).session.id, &one.jkt, NOW).unwrap();
    let tokens = world.tokens(NOW);
    let claim = &second.claimed.claim;
    registry.refresh(&claim.tokens.refresh, &two.jkt, &two.instance, &tokens, NOW).unwrap();
    let (id, claim) = world.offer("kim", &one, NOW);
    registry.offer_code(&id, NOW).unwrap();
    registry.offer_state(&id, NOW).unwrap();
    let grant = world.redeem(claim, NOW).grant;
    registry.confirm_offer(&id, "desk-1", NOW).unwrap();
    let waiting = world.request(&grant, &one.keys, NOW);
    let transaction = world.token();
    world.defer(&transaction, &waiting, NOW);
    registry.deferred(&transaction, &grant.id, NOW).unwrap();
    registry.released(&second.reservation.credentials[0].id).unwrap();
    registry.credentials_of(&first.reservation.device.id).unwrap();
    registry.history(&person).unwrap();
    registry.devices_of(&person).unwrap();
    registry.event_hashes(0, 5).unwrap();
    registry.status_entries(0).unwrap();
    registry.report_lost(&person, Loss::Phone, NOW).unwrap();
    registry.resume(&person, NOW).unwrap();
    registry.needs_renewal(&person, NOW).unwrap();
    registry.notified(&second.notification, &second.claimed.grant.id, true, NOW).unwrap();
    let outbox = registry.outbox(3).unwrap();
    registry.outbox_done(outbox[0].0).unwrap();
    let card = world.card("N-1");
    for report in
        [Report::CardLost(LostCard::Named { number: card, current: None }), Report::CardFound(card)]
    {
        registry.report(&person, &report, "desk-1", NOW).unwrap();
    }
    registry.sweep(TERM + time::Duration::days(2)).unwrap();

    let asked = wire.asked.lock().unwrap().clone();
    assert!(asked.len() > 70, "only {} statements were seen", asked.len());
    let mut wrong = Vec::new();
    for sql in asked {
        let parameters = (1..=20).rev().find(|n| sql.contains(&format!("${n}"))).unwrap_or(0);
        let plan = registry
            .read("explaining", |work| {
                work.rows(&format!("EXPLAIN QUERY PLAN {sql}"), &vec![Value::Null; parameters])
            })
            .unwrap();
        for row in plan {
            let line = row.text(3).unwrap();
            // Rows that stand in the statement itself, and the two tables that stay small.
            let small = ["VALUES CLAUSE", "CONSTANT", "outbox", "status_lists"];
            if line.starts_with("SCAN") && !small.iter().any(|name| line.contains(name)) {
                wrong.push(format!("{sql}\n    {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
