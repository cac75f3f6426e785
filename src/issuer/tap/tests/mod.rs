//! Taps over the network, right ones and wrong ones, without a network.

mod people;
mod sessions;
mod world;

use time::Duration;

use self::world::{Desk, NOW, PEOPLE, Phone, built_in, issuer, key};
use super::super::{Code, Issuer, Refusal};
use crate::crypto::AgreementSecretKey;
use crate::issuance::tap_session::Reply;
use crate::issuance::thumbprint;
use crate::lds::{File, HolderVerification, Password};
use crate::policy::Way;
use crate::profile::Personalised;
use crate::registry::{AccessTokens, Claim, Grant, TapState};
use crate::trust::{Access, ChipAuthentication, Evidence, KeyFile, KeyOnlyAuthentication};

fn refused<T: std::fmt::Debug>(done: Result<T, Refusal>, code: Code, words: &str) {
    let refusal = done.unwrap_err();
    assert_eq!(refusal.code, code, "{refusal}");
    assert!(refusal.description.contains(words), "{refusal}");
}

/// What the code gives to that phone.
fn claim(issuer: &Issuer, phone: &Phone, code: &str) -> Grant {
    let hash = super::super::service::secret::hash;
    let tokens = AccessTokens {
        access: hash(&format!("{code} access")),
        access_expires: NOW + Duration::minutes(5),
        refresh: hash(&format!("{code} refresh")),
    };
    let (jkt, instance) = (phone.client.jkt, phone.client.instance.unwrap());
    let claim = Claim { code: hash(code), tx_code: None, jkt, instance, tokens };
    issuer.registry.claim(&claim, NOW).unwrap()
}

#[test]
fn a_resident_card_with_its_pin_earns_a_code_for_this_wallet_and_these_keys() {
    let desk = Desk::new(built_in("resident"));
    let (issuer, phone) = (issuer(PEOPLE, &[&desk.card]), Phone::new("a"));
    let done = phone.tap(&issuer, &desk).unwrap();
    let offer = &done.credential_offer;
    assert_eq!(offer["credential_issuer"], "https://issuer.test");
    assert!(offer.to_string().contains(done.code.as_str()));
    assert_eq!(done.expires_at, NOW + issuer.settings.code_life);
    let grant = claim(&issuer, &phone, &done.code);
    assert_eq!((grant.way, grant.jkt), (Way::Ic, phone.client.jkt));
    let keys: Vec<_> = phone.keys().iter().map(thumbprint).collect();
    assert_eq!(grant.keys, Some(keys));
    assert_eq!(grant.person, issuer.registry.person_id("P-1"));
    let subject = super::super::subject::decode(&grant.subject).unwrap();
    assert_eq!(subject.document_number.as_deref(), Some("TS0000001"));
    // The same card, the same phone: as often as the holder likes.
    phone.tap(&issuer, &desk).unwrap();
    assert_eq!(grant.card, claim(&issuer, &phone, &phone.tap(&issuer, &desk).unwrap().code).card);
}

#[test]
fn without_the_pin_the_policy_says_no_whatever_the_phone_says() {
    let desk = Desk::new(built_in("resident"));
    let (issuer, phone) = (issuer(PEOPLE, &[&desk.card]), Phone::new("a"));
    let lie = |evidence: &mut Evidence| {
        evidence.access = Access::PacePin;
        let file = HolderVerification { password: Password::Pin, pin_tries_left: 3, counter: 999 };
        evidence.files.insert(File::HolderVerification, file.encode());
        evidence.chip_authentication = Some(ChipAuthentication {
            protocol: "0.4.0.127.0.7.2.2.3.2.2".into(),
            key_file: KeyFile::Dg14,
            key_id: None,
            terminal_public_key: key("phone").public().sec1().to_vec(),
            protected_reply: true,
        });
    };
    let hide = |evidence: &mut Evidence| drop(evidence.files.remove(&File::HolderVerification));
    refused(phone.tap_with(&issuer, &desk, &desk.can(), |_| {}), Code::PolicyDenied, "pin");
    refused(phone.tap_with(&issuer, &desk, &desk.can(), lie), Code::PolicyDenied, "pin");
    refused(phone.tap_with(&issuer, &desk, &desk.can(), hide), Code::PolicyDenied, "pin");
    // With the PIN it does not matter that the phone hides it.
    phone.tap_with(&issuer, &desk, &desk.pin(), hide).unwrap();
}

#[test]
fn a_key_only_card_signs_the_session_with_its_pin() {
    let desk = Desk::new(built_in("resident-key-only"));
    let (issuer, phone) = (issuer(PEOPLE, &[&desk.card]), Phone::new("a"));
    let session = phone.open(&issuer);
    let mut held = desk.session();
    let evidence = phone.read(&mut held, &desk.pin(), &session);
    let sent = phone.request(&session, evidence.clone());
    let Reply::Done(done) = phone.send(&issuer, &sent).unwrap() else {
        panic!("no frame is needed")
    };
    assert_eq!(claim(&issuer, &phone, &done.code).person, issuer.registry.person_id("P-2"));
    // The CAN alone is not enough, and a lie about it does not fit what the card signed.
    refused(phone.tap_with(&issuer, &desk, &desk.can(), |_| {}), Code::PolicyDenied, "pin");
    let lie = |evidence: &mut Evidence| evidence.access = Access::PacePin;
    refused(phone.tap_with(&issuer, &desk, &desk.can(), lie), Code::PolicyDenied, "pin");
    // What it signed in one session is nothing in another, even of the same phone.
    let mut other = evidence.clone();
    other.key_only = None;
    let again = phone.open(&issuer);
    let unsigned = phone.request(&again, other.clone());
    refused(phone.send(&issuer, &unsigned), Code::InsufficientEvidence, "record");
    let again = phone.open(&issuer);
    let challenge = *again.binding(&phone.client.jkt).as_bytes();
    let answer = evidence.key_only.unwrap().answer;
    other.key_only = Some(KeyOnlyAuthentication { challenge, answer });
    let replayed = phone.request(&again, other);
    refused(phone.send(&issuer, &replayed), Code::InsufficientEvidence, "card signature");
}

#[test]
fn a_card_without_a_chip_key_and_a_copy_are_refused() {
    let genuine = built_in("resident");
    let (issuer, phone) = (issuer(PEOPLE, &[&genuine]), Phone::new("a"));
    let mut clone = genuine.clone();
    clone.keys.chip_authentication[0] = AgreementSecretKey::from(key("a clone"));
    clone.keys.active_authentication.clone_from(&genuine.keys.active_authentication);
    let copy = Desk::new(clone);
    let session = phone.open(&issuer);
    let mut held = copy.session();
    let evidence = phone.read(&mut held, &copy.pin(), &session);
    let reply = phone.send(&issuer, &phone.request(&session, evidence)).unwrap();
    let done = phone.relay(&issuer, &mut held, reply);
    refused(done, Code::InsufficientEvidence, "does not hold the private key");
    let state = issuer.registry.tap(&session.id, &phone.client.jkt, NOW).unwrap().state;
    assert_eq!(state, TapState::Failed);
    // Passive Authentication alone: the office's way.
    let without = with_text("resident", |text| {
        let start = text.find("[chip_authentication]").unwrap();
        let end = text.find("[face]").unwrap();
        format!("{}{}", &text[..start], &text[end..])
    });
    let desk = Desk::new(without);
    let issuer = world::issuer(PEOPLE, &[&desk.card]);
    refused(phone.tap(&issuer, &desk), Code::InsufficientEvidence, "L2 expected, L1 came");
}

fn with_text(name: &str, change: impl FnOnce(&str) -> String) -> Personalised {
    let (_, text) = crate::profile::BUILT_IN.iter().find(|(known, _)| *known == name).unwrap();
    let text = change(text);
    crate::profile::check(&text, name.as_ref()).unwrap().personalise().unwrap()
}

#[test]
fn a_passport_with_active_authentication_alone_is_l2_and_says_nothing_of_a_pin() {
    let desk = Desk::new(built_in("passport-bac"));
    let (issuer, phone) = (issuer(PEOPLE, &[&desk.card]), Phone::new("a"));
    refused(phone.tap(&issuer, &desk), Code::PolicyDenied, "pin: it has to be checked");
    // Another session's signature, and a passport whose key is hidden.
    let other = phone.open(&issuer);
    let mut held = desk.session();
    let elsewhere = phone.read(&mut held, &desk.pin(), &other).active_authentication.unwrap();
    let session = phone.open(&issuer);
    let mut evidence = phone.read(&mut desk.session(), &desk.pin(), &session);
    evidence.active_authentication.as_mut().unwrap().signature = elsewhere.signature;
    let sent = phone.request(&session, evidence);
    refused(phone.send(&issuer, &sent), Code::InsufficientEvidence, "chip");
    let hide = |evidence: &mut Evidence| {
        evidence.files.remove(&File::Dg15);
        evidence.active_authentication = None;
    };
    let done = phone.tap_with(&issuer, &desk, &desk.pin(), hide);
    refused(done, Code::InsufficientEvidence, "EF.DG15 was not read");
    // What the verifier of a border takes, an issuer does not.
    let old = Desk::new(built_in("passport-rsa-legacy"));
    let issuer = world::issuer(PEOPLE, &[&old.card]);
    refused(phone.tap(&issuer, &old), Code::InsufficientEvidence, "no mobile card is issued");
}

#[test]
fn what_the_phone_alters_or_hides_is_noticed() {
    let desk = Desk::new(built_in("resident"));
    let (issuer, phone) = (issuer(PEOPLE, &[&desk.card]), Phone::new("a"));
    let denied = |words: &str, change: &dyn Fn(&mut Evidence)| {
        let done = phone.tap_with(&issuer, &desk, &desk.pin(), change);
        refused(done, Code::InsufficientEvidence, words);
    };
    denied("EF.DG1 changed", &|evidence| {
        let dg1 = evidence.files.get_mut(&File::Dg1).unwrap();
        let last = dg1.len() - 1;
        dg1[last] ^= 1;
    });
    denied("EF.DG1 was not read", &|evidence| drop(evidence.files.remove(&File::Dg1)));
    denied("EF.DG14 was not read", &|evidence| drop(evidence.files.remove(&File::Dg14)));
    denied("EF.SOD", &|evidence| drop(evidence.files.remove(&File::Sod)));
    denied("EF.CardAccess", &|evidence| drop(evidence.files.remove(&File::CardAccess)));
    denied("without it", &|evidence| evidence.access = Access::Bac);
    denied("driving licence", &|evidence| {
        let file = File::Edl(crate::lds::edl::File::Dg1);
        evidence.files.insert(file, vec![0x61, 0]);
    });
    // A card of a CSCA that is not pinned.
    let stranger = Desk::new(with_text("resident", |text| text.replace("resident 1", "another")));
    let done = phone.tap(&issuer, &stranger);
    refused(done, Code::InsufficientEvidence, "no issuer that is believed");
}
