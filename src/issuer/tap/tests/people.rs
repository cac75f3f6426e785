//! Whose card it is, and whether it is still theirs.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use super::super::super::ports::{FaceMatch, PortError};
use super::super::super::{Code, Limits, Rates};
use super::refused;
use super::world::{self, Desk, NOW, PEOPLE, Phone, Seen, built_in, issuer, key};
use crate::crypto::AgreementSecretKey;
use crate::lds::File;
use crate::registry::{Loss, LostCard, Report};
use crate::trust::Evidence;

#[test]
fn a_counter_that_goes_back_is_a_copy() {
    for name in ["resident", "resident-key-only"] {
        let desk = Desk::new(built_in(name));
        let (issuer, phone) = (issuer(PEOPLE, &[&desk.card]), Phone::new("a"));
        phone.tap(&issuer, &desk).unwrap();
        phone.tap(&issuer, &desk).unwrap();
        // The same chip with the state it had before.
        let copy = Desk::new(built_in(name));
        let done = phone.tap(&issuer, &copy);
        refused(done, Code::CredentialRequestDenied, "the card's counter went back");
        phone.tap(&issuer, &desk).unwrap();
    }
}

#[test]
fn a_card_reported_lost_while_its_chip_is_asked_earns_nothing() {
    let desk = Desk::new(built_in("resident"));
    let (issuer, phone) = (issuer(PEOPLE, &[&desk.card]), Phone::new("a"));
    let person = issuer.registry.person_id("P-1");
    let session = phone.open(&issuer);
    let mut held = desk.session();
    let evidence = phone.read(&mut held, &desk.pin(), &session);
    let reply = phone.send(&issuer, &phone.request(&session, evidence)).unwrap();
    issuer.registry.report_lost(&person, Loss::Card, NOW).unwrap();
    let done = phone.relay(&issuer, &mut held, reply);
    refused(done, Code::CredentialRequestDenied, "the card is not current");
    // From then on it is refused before the chip is asked.
    let session = phone.open(&issuer);
    let evidence = phone.read(&mut desk.session(), &desk.pin(), &session);
    let sent = phone.send(&issuer, &phone.request(&session, evidence));
    refused(sent, Code::CredentialRequestDenied, "the card is not current");
    // One that was never tapped, by its number.
    let issuer = world::issuer(PEOPLE, &[&desk.card]);
    let person = issuer.registry.person_id("P-1");
    let lost = Report::CardLost(LostCard::Current(issuer.card_of("TS0000001")));
    issuer.registry.report(&person, &lost, "desk-1", NOW).unwrap();
    let done = phone.tap(&issuer, &desk);
    refused(done, Code::CredentialRequestDenied, "the card is not current");
}

#[test]
fn the_population_registry_has_the_last_word_on_whose_card_it_is() {
    let desk = Desk::new(built_in("resident"));
    let phone = Phone::new("a");
    let row = "P-1,HONG,GILDONG,2007-02-28,1,070228-3980016,Sejong (TEST),TS0000001,false,false";
    for (from, to, code, words) in [
        (row, "", Code::CredentialRequestDenied, "nobody has this card"),
        ("TS0000001", "TS0000009", Code::CredentialRequestDenied, "current one"),
        ("TS0000001", "", Code::CredentialRequestDenied, "current one"),
        ("TS0000001,false,false", "TS0000001,false,true", Code::CredentialRequestDenied, "left"),
        ("2007-02-28", "2007-02-27", Code::InsufficientEvidence, "date of birth"),
    ] {
        let issuer = issuer(&PEOPLE.replace(from, to), &[&desk.card]);
        refused(phone.tap(&issuer, &desk), code, words);
    }
    // Sixteen on the Korean day; seventeen the day after.
    let desk = Desk::new(built_in("resident-key-only"));
    for (born, allowed) in [("2008-03-29", false), ("2008-03-28", true)] {
        let issuer = issuer(&PEOPLE.replace("1990-05-05", born), &[&desk.card]);
        let done = phone.tap(&issuer, &desk);
        match allowed {
            true => drop(done.unwrap()),
            false => refused(done, Code::PolicyDenied, "age: under 17"),
        }
    }
}

struct Faces(Result<bool, PortError>, Seen);

impl FaceMatch for Faces {
    fn same(&self, portrait: &[u8], picture: &[u8]) -> Result<bool, PortError> {
        self.1.lock().unwrap().extend([portrait.len(), picture.len()]);
        self.0.clone()
    }
}

#[test]
fn the_face_is_compared_where_somebody_can() {
    let desk = Desk::new(built_in("resident"));
    let phone = Phone::new("a");
    let down = PortError { port: "face", detail: "no answer".into() };
    let tap_with = |answer: Result<bool, PortError>,
                    picture: Option<Vec<u8>>,
                    change: &dyn Fn(&mut Evidence)| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut issuer = issuer(PEOPLE, &[&desk.card]);
        issuer.face = Some(Box::new(Faces(answer, seen.clone())));
        let session = phone.open(&issuer);
        let mut held = desk.session();
        let mut evidence = phone.read(&mut held, &desk.pin(), &session);
        change(&mut evidence);
        let mut sent = phone.request(&session, evidence);
        sent.picture = picture;
        let reply = phone.send(&issuer, &sent).unwrap();
        let done = phone.relay(&issuer, &mut held, reply);
        (done, seen.lock().unwrap().clone())
    };
    let tap = |answer, picture| tap_with(answer, picture, &|_| {});
    let (done, seen) = tap(Ok(true), Some(vec![0xFF; 99]));
    done.unwrap();
    // The registry has no photograph, so it is that of the card's chip.
    assert!(matches!(seen[..], [portrait, 99] if portrait > 5000), "{seen:?}");
    refused(tap(Ok(false), Some(vec![0xFF; 99])).0, Code::PolicyDenied, "face");
    refused(tap(Ok(true), None).0, Code::InsufficientEvidence, "picture");
    // A phone that leaves the card's portrait out does not get around it.
    let hide = |evidence: &mut Evidence| drop(evidence.files.remove(&File::Dg2));
    let (done, seen) = tap_with(Ok(true), Some(vec![0xFF; 99]), &hide);
    refused(done, Code::InsufficientEvidence, "EF.DG2");
    assert!(seen.is_empty());
    let (done, _) = tap(Err(down), Some(vec![0xFF; 99]));
    refused(done, Code::TemporarilyUnavailable, "face");
}

#[test]
fn whoever_has_a_copy_of_the_data_does_not_lock_the_holder_out() {
    let genuine = built_in("resident");
    let mut clone = genuine.clone();
    clone.keys.chip_authentication[0] = AgreementSecretKey::from(key("a clone"));
    clone.keys.active_authentication.clone_from(&genuine.keys.active_authentication);
    let (desk, copy) = (Desk::new(genuine), Desk::new(clone));
    let mut issuer = issuer(PEOPLE, &[&desk.card]);
    let two = NonZeroU32::new(2);
    issuer.limits = Limits::new(&Rates { wallet: two, person: two, card: two, ..Rates::default() });
    let (thief, phone) = (Phone::new("thief"), Phone::new("a"));
    for _ in 0..2 {
        refused(thief.tap(&issuer, &copy), Code::InsufficientEvidence, "private key");
    }
    refused(thief.tap(&issuer, &copy), Code::TooManyRequests, "this wallet");
    phone.tap(&issuer, &desk).unwrap();
    phone.tap(&issuer, &desk).unwrap();
    // What did prove itself counts, whichever phone it is.
    refused(Phone::new("b").tap(&issuer, &desk), Code::TooManyRequests, "this card");
}

#[test]
fn a_document_of_another_state_is_nobodys_here() {
    let desk = Desk::new(built_in("resident"));
    let mut issuer = issuer(PEOPLE, &[&desk.card]);
    issuer.settings.country = "JP".into();
    let done = Phone::new("a").tap(&issuer, &desk);
    refused(done, Code::InsufficientEvidence, "another state");
}
