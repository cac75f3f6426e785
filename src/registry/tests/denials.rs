//! Each refusal of taps and requests, after which the register is as it was.

use time::Duration;

use super::backends::{dump, each};
use super::world::*;
use crate::issuance::{SessionId, Thumbprint};
use crate::registry::database::values;
use crate::registry::*;

/// Refused, and nothing changed.
fn refused<T: std::fmt::Debug>(
    world: &World,
    expected: &Denied,
    call: impl FnOnce(&Registry) -> Result<T, RegistryError>,
) {
    let before = dump(&world.registry);
    assert_eq!(denied(call(&world.registry)), *expected);
    assert_eq!(dump(&world.registry), before, "{expected}");
}

#[test]
fn tap_sessions_are_one_wallets_and_go_one_way() {
    each("tap_sessions_are_one_wallets_and_go_one_way", |world| {
        let (phone, other) = (world.phone(), Thumbprint::new(world.fresh()));
        let opened = world.open(&phone, NOW);
        let id = opened.session.id;
        let kept = world.registry.tap(&id, &phone.jkt, NOW).unwrap();
        assert_eq!(kept.state, TapState::Open);
        assert_eq!(kept.opened.session, opened.session);
        assert_eq!(kept.opened.keys, phone.keys);
        let unknown = Denied::Unknown { what: "tap session" };
        let used = Denied::Used { what: "tap session" };
        let late = opened.session.expires_at + Duration::microseconds(1);
        let nowhere = SessionId::new(world.fresh());
        let theirs = Denied::OtherWallet { what: "tap session" };
        refused(world, &theirs, |r| r.tap(&id, &other, NOW));
        refused(world, &unknown, |r| r.tap(&nowhere, &phone.jkt, NOW));
        refused(world, &unknown, |r| r.tap(&id, &phone.jkt, late));
        // The nonce of the key attestation is good for one session.
        let mut again = opened.clone();
        again.session = world.open(&phone, NOW).session;
        refused(world, &Denied::Used { what: "c_nonce" }, |r| r.open_tap(&again, NOW));
        let registry = &world.registry;
        refused(world, &used, |r| r.advance_tap(&id, TapState::Chip, TapState::Done, NOW));
        registry.advance_tap(&id, TapState::Open, TapState::Chip, NOW).unwrap();
        refused(world, &used, |r| r.advance_tap(&id, TapState::Open, TapState::Chip, NOW));
        let result = world.result(&opened, "hong", NOW);
        refused(world, &unknown, |r| r.finish_tap(&result, late));
        registry.finish_tap(&result, NOW).unwrap();
        let again = TapResult { code: world.token(), ..result };
        refused(world, &used, |r| r.finish_tap(&again, NOW));
        assert_eq!(registry.tap(&id, &phone.jkt, NOW).unwrap().state, TapState::Done);
    });
}

#[test]
fn a_cards_counter_goes_up_only() {
    each("a_cards_counter_goes_up_only", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let tap = |counter| {
            let opened = world.open(&phone, NOW);
            let result = TapResult { counter, ..world.result(&opened, "hong", NOW) };
            (opened, registry.finish_tap(&result, NOW))
        };
        tap(Some(7)).1.unwrap();
        tap(None).1.unwrap();
        for got in [7, 6, 0] {
            let (opened, result) = tap(Some(got));
            assert_eq!(denied(result), Denied::CounterWentBack { before: 7, got });
            assert_eq!(world.kinds("hong").last(), Some(&EventKind::CounterWentBack));
            let failed = registry.tap(&opened.session.id, &phone.jkt, NOW).unwrap();
            assert_eq!(failed.state, TapState::Failed);
        }
        tap(Some(8)).1.unwrap();
    });
}

#[test]
fn a_card_is_one_persons() {
    each("a_card_is_one_persons", |world| {
        world.tap("hong", &world.phone(), NOW);
        let opened = world.open(&world.phone(), NOW);
        let result = TapResult { card: world.card("hong"), ..world.result(&opened, "kim", NOW) };
        refused(world, &Denied::CardNotCurrent, |r| r.finish_tap(&result, NOW));
        let (hong, kim) = (world.person("hong"), world.person("kim"));
        let card = world.card("hong");
        refused(world, &Denied::CardNotCurrent, |r| r.check_card(&card, &kim));
        world.registry.check_card(&card, &hong).unwrap();
        world.registry.check_card(&world.card("kim"), &kim).unwrap();
    });
}

#[test]
fn keys_are_those_committed_to_each_once() {
    each("keys_are_those_committed_to_each_once", |world| {
        let registry = &world.registry;
        let (phone, other) = (world.phone(), world.phone());
        let grant = world.redeem(world.tap("hong", &phone, NOW), NOW).grant;
        let mixed = [phone.keys[0], other.keys[0]];
        let twice = [phone.keys[0], phone.keys[0]];
        for keys in [&other.keys[..], &mixed, &twice, &[]] {
            let request = world.request(&grant, keys, NOW);
            refused(world, &Denied::OtherKeys, |r| r.reserve(&request, NOW));
        }
        let nobody = Reserve { grant: GrantId(world.fresh()), ..world.request(&grant, &[], NOW) };
        refused(world, &Denied::Unknown { what: "grant" }, |r| r.reserve(&nobody, NOW));
        let over = world.request(&grant, &phone.keys, NOW);
        let expired = Denied::PhoneNotActive { state: "expired" };
        refused(world, &expired, |r| r.reserve(&over, TERM + Duration::seconds(1)));
        let used = Reserve { nonces: vec![(world.fresh(), TERM); 2], ..over.clone() };
        let nonce = used.nonces[0].0;
        assert!(registry.consume(Once::Nonce, &nonce, TERM, NOW).unwrap());
        refused(world, &Denied::Used { what: "c_nonce" }, |r| r.reserve(&used, NOW));
        // One after the other is as good as both at once; one of them again is not.
        registry.reserve(&world.request(&grant, &phone.keys[..1], NOW), NOW).unwrap();
        registry.reserve(&world.request(&grant, &phone.keys[1..], NOW), NOW).unwrap();
        let both = world.request(&grant, &phone.keys, NOW);
        refused(world, &Denied::Spent, |r| r.reserve(&both, NOW));
        // An offer was for whatever keys came first.
        let visit = world.visit("kim", &other, NOW);
        let strange = world.request(&visit.claimed.grant, &world.phone().keys, NOW);
        refused(world, &Denied::Spent, |r| r.reserve(&strange, NOW));
        let refresh = &visit.claimed.claim.tokens.refresh;
        let tokens = world.tokens(NOW);
        registry.refresh(refresh, &other.jkt, &other.instance, &tokens, NOW).unwrap();
        refused(world, &Denied::Spent, |r| r.reserve(&strange, NOW));
        registry.reserve(&world.request(&visit.claimed.grant, &other.keys, NOW), NOW).unwrap();
    });
}

#[test]
fn a_grant_has_so_many_credentials_and_no_more() {
    each("a_grant_has_so_many_credentials_and_no_more", |world| {
        let phone = world.phone();
        let grant = world.redeem(world.tap("hong", &phone, NOW), NOW).grant;
        let sql = "UPDATE grants SET minted = 1999 WHERE id = $1";
        let spent = world.registry.write("spending", |work| work.change(sql, values![&grant.id]));
        assert_eq!(spent.unwrap(), 1);
        let (both, one) =
            (world.request(&grant, &phone.keys, NOW), world.request(&grant, &phone.keys[..1], NOW));
        refused(world, &Denied::Spent, |r| r.reserve(&both, NOW));
        world.registry.reserve(&one, NOW).unwrap();
        let last = world.request(&grant, &phone.keys[1..], NOW);
        refused(world, &Denied::Spent, |r| r.reserve(&last, NOW));
        // What was made is told again.
        world.registry.reserve(&one, NOW).unwrap();
    });
}

#[test]
fn what_is_kept_is_of_one_reservation() {
    each("what_is_kept_is_of_one_reservation", |world| {
        let one = world.enrol("hong", &world.phone(), NOW).reservation;
        let two = world.enrol("kim", &world.phone(), NOW).reservation;
        let unknown = Denied::Unknown { what: "credential" };
        let nobody = CredentialId(world.fresh());
        let [a, b] = [&one, &two].map(|r| (r.credentials[0].id, b"x".to_vec()));
        for made in [&[a.clone(), b][..], &[a, (nobody, b"x".to_vec())], &[]] {
            refused(world, &unknown, |r| r.keep(made, &world.token(), NOW));
        }
        refused(world, &unknown, |r| r.released(&nobody));
        let first = &one.credentials[0];
        assert_eq!(&**world.registry.released(&first.id).unwrap(), signed(first));
        let unknown = Denied::Unknown { what: "notification_id" };
        refused(world, &unknown, |r| r.notified(&world.token(), &one.grant, true, NOW));
        refused(world, &Denied::Unknown { what: "status list" }, |r| r.status_version(9));
        refused(world, &Denied::Unknown { what: "status list" }, |r| r.status_entries(9));
    });
}
