//! Many phones at one issuer at once, over TLS, and everything that is good once shown twice.

use std::sync::Barrier;

use iccard::issuance::tap_session::{Answer, Reply};
use iccard::registry::DeviceState;
use iccard::tap::Relay;
use iccard::wallet::claim::Claim;
use iccard::wallet::{Client, EnrollError, Patience, Provider, WalletError};
use serde_json::{Value, json};
use time::UtcDateTime;

use crate::support::hand::{Answered, FORM, Hand, code_of_tap, form};
use crate::support::rig::{Person, Phone, Rig, Running};

/// Phones that race for one person's place.
const PHONES: usize = 200;
/// Wallets that race for one offer.
const WALLETS: usize = 100;

fn code_of(error: &WalletError) -> &str {
    error.code().unwrap_or_else(|| panic!("a refusal expected: {error}"))
}

/// The states of a person's phones, and how many credentials are valid on the live one.
fn phones_of(running: &Running, person: &Person) -> (usize, usize, usize) {
    let registry = &running.issuer.registry;
    let devices = registry.devices_of(&registry.person_id(&person.id)).unwrap();
    let live: Vec<_> = devices.iter().filter(|d| d.state == DeviceState::Active).collect();
    let mut valid = 0;
    for device in &devices {
        for credential in registry.credentials_of(&device.id).unwrap() {
            let good = credential.status.value() == 0;
            valid += usize::from(good);
            assert_eq!(good, device.state == DeviceState::Active, "{credential:?} of {device:?}");
        }
    }
    (devices.len(), live.len(), valid)
}

#[test]
fn of_200_phones_with_verified_taps_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let running = rig.start();
    let (client, roots) = (rig.client(Patience::default()).unwrap(), rig.roots());
    let barrier = Barrier::new(PHONES);
    let ends: Vec<Result<(), String>> = std::thread::scope(|scope| {
        let phones: Vec<_> = (0..PHONES)
            .map(|number| {
                let (rig, client, roots, barrier) = (&rig, &client, &roots, &barrier);
                scope.spawn(move || {
                    let mut phone = Phone::new(&format!("barrier {number}"));
                    let tapped = phone.tap(client, &rig.people[0]);
                    // Nobody goes on before the last tap is verified; a panic before would hang.
                    barrier.wait();
                    tapped.unwrap();
                    phone.go_on(client, roots).map_err(|e| code_of(&e).to_owned())
                })
            })
            .collect();
        phones.into_iter().map(|phone| phone.join().unwrap()).collect()
    });
    let won = ends.iter().filter(|end| end.is_ok()).count();
    let denied = Err("credential_request_denied".to_owned());
    let lost = ends.iter().filter(|end| **end == denied).count();
    assert_eq!((won, lost), (1, PHONES - 1), "{ends:?}");
    assert_eq!(phones_of(&running, &rig.people[0]), (1, 1, 2));
}

#[test]
fn of_200_phones_without_order_one_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let running = rig.start();
    let (client, roots) = (rig.client(Patience::default()).unwrap(), rig.roots());
    let mut phones: Vec<(Phone, bool)> = std::thread::scope(|scope| {
        let phones: Vec<_> = (0..PHONES)
            .map(|number| {
                let (rig, client, roots) = (&rig, &client, &roots);
                scope.spawn(move || {
                    let mut phone = Phone::new(&format!("free {number}"));
                    phone.tap(client, &rig.people[0]).unwrap();
                    let end = phone.go_on(client, roots);
                    if let Err(error) = &end {
                        // Overtaken before its first credential, or between the two.
                        let code = code_of(error);
                        let known = ["credential_request_denied", "invalid_token", "invalid_grant"];
                        assert!(known.contains(&code), "{error}");
                    }
                    (phone, end.is_ok())
                })
            })
            .collect();
        phones.into_iter().map(|phone| phone.join().unwrap()).collect()
    });
    let (all, live, valid) = phones_of(&running, &rig.people[0]);
    assert_eq!((live, valid), (1, 2), "{all} phones");
    // What the phones hold says the same by the published list.
    let (http, mut good) = (rig.http(), 0);
    for (phone, finished) in &mut phones {
        let statuses = phone.statuses(&http, &roots);
        let valid = statuses.iter().filter(|status| **status == 0).count();
        assert!(valid == 0 || *finished, "valid credentials on a phone that was refused");
        assert!(statuses.iter().all(|status| *status <= 1));
        good += valid;
    }
    assert_eq!(good, 2);
}

#[test]
fn of_100_wallets_at_one_offer_one_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let running = rig.start();
    let (client, roots) = (rig.client(Patience::default()).unwrap(), rig.roots());
    let offer = rig.offer(&rig.people[0]);
    let barrier = Barrier::new(WALLETS);
    let ends: Vec<Result<(), String>> = std::thread::scope(|scope| {
        let wallets: Vec<_> = (0..WALLETS)
            .map(|number| {
                let (client, roots, barrier, offer) = (&client, &roots, &barrier, &offer);
                scope.spawn(move || {
                    let mut phone = Phone::new(&format!("offer {number}"));
                    let text = offer["offer_uri"].as_str().unwrap();
                    let claim = Claim::read(client, text);
                    barrier.wait();
                    let tx_code = offer["tx_code"].as_str().unwrap().to_owned();
                    let Phone { wallet, rng, .. } = &mut phone;
                    claim.unwrap().begin(client, wallet, Some(tx_code.into()), rng).unwrap();
                    phone.go_on(client, roots).map_err(|e| code_of(&e).to_owned())
                })
            })
            .collect();
        wallets.into_iter().map(|wallet| wallet.join().unwrap()).collect()
    });
    let won = ends.iter().filter(|end| end.is_ok()).count();
    let lost = ends.iter().filter(|end| **end == Err("invalid_grant".to_owned())).count();
    assert_eq!((won, lost), (1, WALLETS - 1), "{ends:?}");
    assert_eq!(phones_of(&running, &rig.people[0]), (1, 1, 2));
}

fn refused(answer: &Answered) -> (u16, &str) {
    (answer.0, answer.1["error"].as_str().unwrap_or("no error"))
}

#[test]
fn a_code_a_nonce_and_a_proof_are_good_once() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let _running = rig.start();
    let (client, roots) = (rig.client(Patience::default()).unwrap(), rig.roots());
    let mut phone = Phone::new("replay");
    phone.tap(&client, &rig.people[0]).unwrap();
    let form = form(&code_of_tap(&phone), None);

    // The code with another wallet's keys.
    let thief = Phone::new("thief");
    let other = Hand::of(&rig, &thief);
    let headers = other.headers("/token", None);
    let stolen = other.send("/token", &headers, FORM, form.as_bytes());
    assert_eq!(refused(&stolen), (400, "invalid_grant"));

    // The same wallet, but the same proof again; then with a fresh one, which is a retry.
    let own = Hand::of(&rig, &phone);
    let headers = own.headers("/token", None);
    let first = own.send("/token", &headers, FORM, form.as_bytes());
    assert_eq!(first.0, 200, "{}", first.1);
    let again = own.send("/token", &headers, FORM, form.as_bytes());
    assert_eq!(again.1["error"], "invalid_dpop_proof");
    // A proof for another address, and none at all.
    let elsewhere = own.headers("/credential", None);
    let moved = own.send("/token", &elsewhere, FORM, form.as_bytes());
    assert_eq!(moved.1["error"], "invalid_dpop_proof");
    let bare = own.send("/token", &Vec::new(), FORM, form.as_bytes());
    assert_eq!(bare.1["error"], "invalid_dpop_proof");
    let retry = own.send("/token", &own.headers("/token", None), FORM, form.as_bytes());
    assert_eq!(retry.0, 200, "{}", retry.1);
    let old = own.headers("/credential", first.1["access_token"].as_str());
    let void = own.send("/credential", &old, "application/json", b"{}");
    assert_eq!(refused(&void), (401, "invalid_token"));

    // A nonce is used up by the tap session that it opened.
    let nonce = own.nonce();
    let open = json!({ "key_attestation": own.attested(&nonce) });
    assert_eq!(own.json("/tap/session", None, &open).0, 200);
    assert_eq!(refused(&own.json("/tap/session", None, &open)), (400, "invalid_nonce"));

    // Once the access token was used, the code is over for its own wallet too.
    phone.go_on(&client, &roots).unwrap();
    let own = Hand::of(&rig, &phone);
    let late = own.send("/token", &own.headers("/token", None), FORM, form.as_bytes());
    assert_eq!(refused(&late), (400, "invalid_grant"));
}

/// A tap by hand, for its messages.
fn transcript(rig: &Rig, phone: &Phone) -> (Value, Value) {
    let own = Hand::of(rig, phone);
    let opened = own.open();
    rig.people[0].with_card(|card, options| {
        let evidence = own.read(card, options, &opened, |_| {});
        let (status, mut reply) = own.json("/tap/evidence", None, &evidence);
        assert_eq!(status, 200, "{reply}");
        let mut last = Value::Null;
        while let Ok(Reply::Frame(frame)) = serde_json::from_value(reply.clone()) {
            let mut silent = |_| {};
            let response =
                Relay::new(card, &mut silent).forward(&frame.command, frame.protect).unwrap();
            let answer = Answer { session: frame.session, step: frame.step, response };
            last = serde_json::to_value(&answer).unwrap();
            let (status, next) = own.json("/tap/frame", None, &last);
            assert_eq!(status, 200, "{next}");
            reply = next;
        }
        assert!(reply["done"].is_object(), "{reply}");
        (evidence, last)
    })
}

#[test]
fn a_transcript_of_a_tap_is_worth_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let _running = rig.start();
    let phone = Phone::new("transcript");
    let (evidence, answer) = transcript(&rig, &phone);
    let own = Hand::of(&rig, &phone);
    let told = own.json("/tap/evidence", None, &evidence);
    assert_eq!(refused(&told), (400, "invalid_tap_session"));
    let told = own.json("/tap/frame", None, &answer);
    assert!(["invalid_tap_session", "invalid_tap_frame"].contains(&refused(&told).1), "{}", told.1);
    // By another wallet, in a session of its own: the evidence names the first one's.
    let thief = Phone::new("transcript thief");
    let other = Hand::of(&rig, &thief);
    let open = json!({ "key_attestation": other.attested(&other.nonce()) });
    assert_eq!(other.json("/tap/session", None, &open).0, 200);
    let told = other.json("/tap/evidence", None, &evidence);
    assert!((400..404).contains(&told.0), "{}", told.1);
    assert_ne!(told.1["error"], Value::Null);
}

#[test]
fn a_stranger_s_attestation_gets_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), 1, None);
    let _running = rig.start();
    // Another issuer's test provider: as good as this one's, but not believed here.
    let elsewhere = tempfile::tempdir().unwrap();
    let stranger = Rig::new(elsewhere.path(), 1, None);
    let provider = Provider::load(&stranger.folder.join("wallet-provider")).unwrap();
    let clock = std::sync::Arc::new(UtcDateTime::now);
    let client = Client::connect(rig.http(), &rig.url, provider, clock).unwrap();
    let mut phone = Phone::new("stranger");
    let Err(EnrollError::Wallet(error)) = phone.tap(&client, &rig.people[0]) else {
        panic!("a refusal expected")
    };
    assert!(["invalid_client", "invalid_client_attestation"].contains(&code_of(&error)), "{error}");
}
