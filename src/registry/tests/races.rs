//! Many at once.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use super::backends::stored;
use super::world::*;
use crate::issuance::Status;
use crate::registry::*;

/// Runs that many threads, which begin together, and returns what they return.
fn at_once<T: Send>(count: usize, run: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(count);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| {
                let (barrier, run) = (&barrier, &run);
                scope.spawn(move || {
                    barrier.wait();
                    run(number)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn of_200_phones_with_verified_taps_one_wins() {
    stored("of_200_phones_with_verified_taps_one_wins", |world| {
        let phones: Vec<_> = (0..200).map(|_| world.phone()).collect();
        let claims: Vec<_> = phones.iter().map(|phone| world.tap("hong", phone, NOW)).collect();
        let results = at_once(200, |number| {
            let claimed = world.redeem(claims[number].clone(), NOW);
            let request = world.request(&claimed.grant, &phones[number].keys, NOW);
            world.registry.reserve(&request, NOW)
        });
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 199));
        for refusal in lost {
            assert_eq!(denied(refusal), Denied::Superseded);
        }
        let devices = world.registry.devices_of(&world.person("hong")).unwrap();
        assert_eq!(devices.len(), 1);
    });
}

#[test]
fn of_200_taps_without_order_one_phone_is_live_at_the_end() {
    stored("of_200_taps_without_order_one_phone_is_live_at_the_end", |world| {
        let phones: Vec<_> = (0..200).map(|_| world.phone()).collect();
        let results = at_once(200, |number| {
            let phone = &phones[number];
            let claimed = world.redeem(world.tap("hong", phone, NOW), NOW);
            let request = world.request(&claimed.grant, &phone.keys, NOW);
            world.registry.reserve(&request, NOW).inspect(|reservation| {
                // Another may have been faster again.
                let made: Vec<_> =
                    reservation.credentials.iter().map(|c| (c.id, signed(c))).collect();
                let _ = world.registry.keep(&made, &world.token(), NOW);
            })
        });
        let person = world.person("hong");
        let live = world.registry.device_of(&person).unwrap().unwrap();
        let devices = world.registry.devices_of(&person).unwrap();
        let registered: Vec<_> = results.iter().flatten().collect();
        assert_eq!(registered.len(), devices.len());
        for refused in results.iter().filter_map(|r| r.as_ref().err()) {
            assert!(matches!(refused, RegistryError::Denied(Denied::Superseded)), "{refused}");
        }
        let mut places = BTreeSet::new();
        for reservation in registered {
            let good = reservation.device.id == live.id;
            for credential in world.registry.credentials_of(&reservation.device.id).unwrap() {
                let expected = if good { Status::Valid } else { Status::Invalid };
                assert_eq!(credential.status, expected);
                assert!(places.insert((credential.list, credential.idx)));
            }
        }
        // The log has no gap and no event twice.
        let events = world.registry.history(&person).unwrap();
        let numbers: Vec<_> = events.iter().map(|event| event.number).collect();
        assert_eq!(numbers, (0..world.registry.event_count().unwrap()).collect::<Vec<_>>());
    });
}

#[test]
fn of_100_claims_of_one_offer_one_wins() {
    stored("of_100_claims_of_one_offer_one_wins", |world| {
        let (_, claim) = world.offer("hong", &world.phone(), NOW);
        let results = at_once(100, |_| {
            let phone = world.phone();
            let theirs = world.claim(claim.code, Some(TX_CODE), &phone, NOW);
            world.registry.claim(&theirs, NOW)
        });
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 99));
        for refusal in lost {
            assert_eq!(denied(refusal), Denied::OtherWallet { what: "pre-authorized_code" });
        }
    });
}

/// Who guesses from many places at once has no more tries than who guesses one by one.
#[test]
fn guesses_at_once_are_counted_one_by_one() {
    stored("guesses_at_once_are_counted_one_by_one", |world| {
        let phone = world.phone();
        let (id, claim) = world.offer("hong", &phone, NOW);
        let mut tries: Vec<_> = at_once(40, |number| {
            let guess = hashed(&format!("{number:06}"));
            let tokens = world.tokens(NOW);
            denied(
                world.registry.claim(&Claim { tx_code: Some(guess), tokens, ..claim.clone() }, NOW),
            )
        })
        .into_iter()
        .filter_map(|refusal| match refusal {
            Denied::WrongTxCode { left } => Some(left),
            other => {
                assert_eq!(other, Denied::Unknown { what: "pre-authorized_code" });
                None
            }
        })
        .collect();
        tries.sort_unstable();
        assert_eq!(tries, [0, 1, 2, 3, 4]);
        assert_eq!(world.registry.offer_state(&id, NOW).unwrap(), OfferState::Dead);
    });
}

#[test]
fn a_nonce_is_good_once_and_a_request_made_many_times_is_one() {
    stored("a_nonce_is_good_once_and_a_request_made_many_times_is_one", |world| {
        let registry = &world.registry;
        let nonce = world.fresh();
        let used = at_once(40, |_| registry.consume(Once::Dpop, &nonce, TERM, NOW).unwrap());
        assert_eq!(used.iter().filter(|first| **first).count(), 1);
        let phone = world.phone();
        let claimed = world.redeem(world.tap("hong", &phone, NOW), NOW);
        let request = world.request(&claimed.grant, &phone.keys, NOW);
        let kept: BTreeSet<_> = at_once(40, |number| {
            let reservation = registry.reserve(&request, NOW).unwrap();
            let name = |c: &Reserved| (c.id, format!("{} by {number}", c.id).into_bytes());
            let made: Vec<_> = reservation.credentials.iter().map(name).collect();
            (reservation.event, registry.keep(&made, &world.token(), NOW).unwrap())
        })
        .into_iter()
        .collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
    });
}
