//! An office's offers.

use time::Duration;

use super::backends::each;
use super::world::*;
use crate::registry::*;

const CODE: &str = "pre-authorized_code";

#[test]
fn an_offer_is_read_often_and_redeemed_once() {
    each("an_offer_is_read_often_and_redeemed_once", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let (id, claim) = world.offer("hong", &phone, NOW);
        for _ in 0..3 {
            assert_eq!(registry.offer_code(&id, NOW).unwrap().as_str(), "secret of hong");
            assert_eq!(registry.offer_state(&id, NOW).unwrap(), OfferState::Open);
        }
        let late = NOW + Duration::minutes(3) + Duration::microseconds(1);
        assert_eq!(denied(registry.offer_code(&id, late)), Denied::Unknown { what: "offer" });
        assert_eq!(registry.offer_state(&id, late).unwrap(), OfferState::Dead);
        assert_eq!(
            denied(registry.confirm_offer(&id, "desk-1", NOW)),
            Denied::Unknown { what: "offer" }
        );
        let grant = world.redeem(claim, NOW).grant;
        assert_eq!((grant.keys, grant.h_dev, grant.card), (None, None, None));
        assert_eq!(grant.subject, b"hong");
        assert_eq!(denied(registry.offer_code(&id, NOW)), Denied::Used { what: "offer" });
        assert_eq!(registry.offer_state(&id, NOW).unwrap(), OfferState::Redeemed);
        // Another offer makes the one before void.
        let (old, _) = world.offer("kim", &phone, NOW);
        let (new, _) = world.offer("kim", &phone, NOW);
        assert_eq!(registry.offer_state(&old, NOW).unwrap(), OfferState::Dead);
        assert_eq!(registry.offer_state(&new, NOW).unwrap(), OfferState::Open);
    });
}

#[test]
fn the_fifth_wrong_transaction_code_kills_the_offer() {
    each("the_fifth_wrong_transaction_code_kills_the_offer", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let (id, claim) = world.offer("hong", &phone, NOW);
        let with = |tx_code: Option<&str>| Claim { tx_code: tx_code.map(hashed), ..claim.clone() };
        // Whoever sends none has not tried.
        for _ in 0..9 {
            assert_eq!(denied(registry.claim(&with(None), NOW)), Denied::TxCode { expected: true });
        }
        for left in (1..5).rev() {
            let wrong = denied(registry.claim(&with(Some("000000")), NOW));
            assert_eq!(wrong, Denied::WrongTxCode { left });
        }
        // The first try tied it to this wallet, for good.
        let stranger = world.claim(claim.code, Some(TX_CODE), &world.phone(), NOW);
        assert_eq!(denied(registry.claim(&stranger, NOW)), Denied::OtherWallet { what: CODE });
        registry.claim(&claim, NOW).unwrap();
        // It counts after the code was redeemed too.
        assert_eq!(
            denied(registry.claim(&with(Some("000000")), NOW)),
            Denied::WrongTxCode { left: 0 }
        );
        assert_eq!(registry.offer_state(&id, NOW).unwrap(), OfferState::Dead);
        assert_eq!(denied(registry.claim(&claim, NOW)), Denied::Unknown { what: CODE });
        // A tap has none.
        let mut tapped = world.tap("hong", &phone, NOW);
        tapped.tx_code = Some(hashed(TX_CODE));
        assert_eq!(denied(registry.claim(&tapped, NOW)), Denied::TxCode { expected: false });
        tapped.tx_code = None;
        registry.claim(&tapped, NOW).unwrap();
    });
}

#[test]
fn a_loss_an_end_and_another_phone_end_an_open_offer() {
    each("a_loss_an_end_and_another_phone_end_an_open_offer", |world| {
        let registry = &world.registry;
        let person = world.person("hong");
        let ends: [(&str, &dyn Fn()); 4] = [
            ("another phone", &|| drop(world.enrol("hong", &world.phone(), NOW))),
            ("a phone lost", &|| drop(registry.report_lost(&person, Loss::Phone, NOW).unwrap())),
            ("a card lost", &|| drop(registry.report_lost(&person, Loss::Card, NOW).unwrap())),
            ("left", &|| drop(registry.end(&person, EndReason::PersonLeft, NOW).unwrap())),
        ];
        world.enrol("hong", &world.phone(), NOW);
        for (what, end) in ends {
            let (id, claim) = world.offer("hong", &world.phone(), NOW);
            let (other, _) = world.offer("kim", &world.phone(), NOW);
            end();
            assert_eq!(registry.offer_state(&id, NOW).unwrap(), OfferState::Dead, "{what}");
            assert_eq!(denied(registry.claim(&claim, NOW)), Denied::Unknown { what: CODE });
            assert_eq!(registry.offer_state(&other, NOW).unwrap(), OfferState::Open, "{what}");
        }
    });
}

#[test]
fn a_request_that_waits_is_for_its_keys_only() {
    each("a_request_that_waits_is_for_its_keys_only", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let (id, claim) = world.offer("hong", &phone, NOW);
        let grant = world.redeem(claim, NOW).grant;
        let request = world.request(&grant, &phone.keys, NOW);
        let transaction = world.token();
        let keys = world.try_defer(&transaction, &request, NOW).unwrap();
        // The same again, by the same name and by another.
        world.defer(&transaction, &request, NOW);
        let second = world.token();
        world.defer(&second, &request, NOW);
        let other = world.request(&grant, &world.phone().keys, NOW);
        assert_eq!(denied(world.try_defer(&world.token(), &other, NOW)), Denied::Spent);
        let (waiting, whole, confirmed) = registry.deferred(&transaction, &grant.id, NOW).unwrap();
        assert_eq!((&waiting.keys, whole, confirmed), (&phone.keys, keys, false));
        assert!(registry.deferred(&second, &grant.id, NOW).is_ok());
        let foreign = world.redeem(world.tap("kim", &world.phone(), NOW), NOW).grant.id;
        for (transaction, grant, now) in [
            (&transaction, &foreign, NOW),
            (&world.token(), &grant.id, NOW),
            (&transaction, &grant.id, NOW + Duration::days(2)),
        ] {
            assert_eq!(
                denied(registry.deferred(transaction, grant, now)),
                Denied::Unknown { what: "transaction_id" }
            );
        }
        registry.confirm_offer(&id, "desk-1", NOW).unwrap();
        registry.confirm_offer(&id, "desk-1", NOW).unwrap();
        let kinds = world.kinds("hong");
        let confirmations = kinds.iter().filter(|kind| **kind == EventKind::OfferConfirmed);
        assert_eq!(confirmations.count(), 1);
        assert!(registry.deferred(&transaction, &grant.id, NOW).unwrap().2);
        // Its nonces were used up when it came.
        assert!(!registry.consume(Once::Nonce, &request.nonces[0].0, TERM, NOW).unwrap());
        let reservation = registry.reserve(&waiting, NOW).unwrap();
        assert_eq!(registry.reserve(&waiting, NOW).unwrap().event, reservation.event);
    });
}
