//! Taps over the network, right ones and wrong ones, without a network.

mod world;

use std::sync::{Arc, Mutex};

use time::Duration;

use self::world::{Desk, NOW, PEOPLE, Phone, Seen, built_in, issuer, key, signer, told};
use super::super::ports::{FaceMatch, PortError};
use super::super::{Code, Issuer, Refusal};
use super::chips::Asking;
use super::fault::TapFault;
use super::weigh::Case;
use crate::crypto::{AgreementSecretKey, SystemRng};
use crate::issuance::tap_session::{ChipKey, Reply};
use crate::issuance::{SessionId, thumbprint};
use crate::lds::{Dg14, File, HolderVerification, Password};
use crate::policy::Way;
use crate::profile::Personalised;
use crate::registry::{AccessTokens, Claim, Grant, Loss, TapState};
use crate::trust::{Access, Card, ChipAuthentication, Evidence, KeyFile};

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
    let again = phone.open(&issuer);
    let mut other = evidence.clone();
    other.key_only = None;
    let mut replayed = phone.request(&again, other.clone());
    refused(phone.send(&issuer, &replayed), Code::InsufficientEvidence, "record");
    let signed = evidence.key_only.unwrap();
    other.key_only = Some(crate::trust::KeyOnlyAuthentication {
        challenge: *again_bind(&phone, &again),
        answer: signed.answer,
    });
    let again = phone.open(&issuer);
    let bind = *again_bind(&phone, &again);
    other.key_only.as_mut().unwrap().challenge = bind;
    replayed = phone.request(&again, other);
    refused(phone.send(&issuer, &replayed), Code::InsufficientEvidence, "card signature");
}

fn again_bind(phone: &Phone, session: &crate::issuance::Session) -> Box<[u8; 32]> {
    Box::new(*session.binding(&phone.client.jkt).as_bytes())
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

#[test]
fn a_session_is_good_once_and_for_its_wallet_alone() {
    let desk = Desk::new(built_in("resident"));
    let issuer = issuer(PEOPLE, &[&desk.card]);
    let (phone, thief) = (Phone::new("a"), Phone::new("b"));
    let session = phone.open(&issuer);
    let mut held = desk.session();
    let evidence = phone.read(&mut held, &desk.pin(), &session);
    let sent = phone.request(&session, evidence.clone());
    // Another wallet, another instance of it, other keys: the session stays as it was.
    refused(thief.send(&issuer, &sent), Code::InvalidTapSession, "another wallet");
    let mut copied = Phone::new("a");
    copied.client.instance = thief.client.instance;
    refused(copied.send(&issuer, &sent), Code::InvalidTapSession, "another instance");
    let signed_by_thief = thief_request(&phone, &thief, &session, &evidence);
    refused(phone.send(&issuer, &signed_by_thief), Code::InvalidTapSession, "another wallet");
    let mut bent = sent.clone();
    bent.request.insert(40, 'A');
    refused(phone.send(&issuer, &bent), Code::InvalidRequest, "request");
    // Evidence of one session in another one.
    let other = phone.open(&issuer);
    refused(
        phone.send(&issuer, &sent_for(&phone, &other, &evidence)),
        Code::InsufficientEvidence,
        "",
    );
    let frame = phone.send(&issuer, &sent).unwrap();
    refused(phone.send(&issuer, &sent), Code::InvalidTapSession, "used before");
    let done = phone.relay(&issuer, &mut held, frame).unwrap();
    refused(phone.send(&issuer, &sent), Code::InvalidTapSession, "used before");
    assert!(!done.code.is_empty());
    // And in its time alone.
    let session = phone.open(&issuer);
    let sent = phone.request(&session, phone.read(&mut desk.session(), &desk.pin(), &session));
    let late = session.expires_at + Duration::SECOND;
    let body = serde_json::to_vec(&sent).unwrap();
    let late = told(&issuer, issuer.evidence(&phone.client, &body, late));
    refused(late, Code::InvalidTapSession, "unknown or expired");
}

// The thief knows everything but the wallet's key.
fn thief_request(
    phone: &Phone,
    thief: &Phone,
    session: &crate::issuance::Session,
    evidence: &Evidence,
) -> crate::issuance::tap_session::Evidence {
    let mut evidence = evidence.clone();
    evidence.active_authentication = None;
    let keys = phone.keys();
    let request =
        crate::issuance::CredentialRequest::sign_for(&thief.dpop, &keys, session, evidence, NOW);
    crate::issuance::tap_session::Evidence { request: request.unwrap(), picture: None }
}

// As a hostile phone sends it: what the card signed says another session.
fn sent_for(
    phone: &Phone,
    session: &crate::issuance::Session,
    evidence: &Evidence,
) -> crate::issuance::tap_session::Evidence {
    let mut evidence = evidence.clone();
    let challenge = session.binding(&phone.client.jkt).challenge();
    evidence.active_authentication.as_mut().unwrap().challenge = challenge;
    phone.request(session, evidence)
}

#[test]
fn frames_come_one_after_the_other_to_the_card_that_was_read() {
    let desk = Desk::new(built_in("resident"));
    let issuer = issuer(PEOPLE, &[&desk.card]);
    let (phone, thief) = (Phone::new("a"), Phone::new("b"));
    let begin = || {
        let session = phone.open(&issuer);
        let mut held = desk.session();
        let evidence = phone.read(&mut held, &desk.pin(), &session);
        let reply = phone.send(&issuer, &phone.request(&session, evidence)).unwrap();
        let Reply::Frame(frame) = reply else { panic!("a frame") };
        (held, frame)
    };
    // Of nothing, of another wallet, too early, and a second time.
    let (mut held, frame) = begin();
    let ok = vec![0x90, 0x00];
    refused(thief.answer(&issuer, &frame, ok.clone()), Code::InvalidTapFrame, "under way");
    let mut early = frame.clone();
    early.step = 2;
    refused(phone.answer(&issuer, &early, ok.clone()), Code::InvalidTapFrame, "step 1 expected");
    refused(phone.answer(&issuer, &frame, ok.clone()), Code::InvalidTapFrame, "under way");
    drop(held);
    let (next, frame) = begin();
    held = next;
    let reply = phone.answer(&issuer, &frame, ok.clone()).unwrap();
    refused(phone.answer(&issuer, &frame, ok.clone()), Code::InvalidTapFrame, "step 2 expected");
    let Reply::Frame(second) = reply else { panic!("a frame") };
    refused(phone.answer(&issuer, &second, ok), Code::InvalidTapFrame, "under way");
    drop(held);
    // Forwarded to another genuine card.
    let other = Desk::new(with_text("resident", |text| text.replace("resident 1", "another")));
    let session = phone.open(&issuer);
    let mut held = other.session();
    phone.read(&mut held, &other.pin(), &session);
    let (_, frame) = begin();
    let done = phone.relay(&issuer, &mut held, Reply::Frame(frame));
    refused(done, Code::InsufficientEvidence, "private key");
    // Too late.
    let (_, frame) = begin();
    let answer = crate::issuance::tap_session::Answer {
        session: frame.session,
        step: 1,
        response: vec![0x90, 0x00],
    };
    let body = serde_json::to_vec(&answer).unwrap();
    let late = NOW + issuer.settings.tap_life + Duration::SECOND;
    let late = told(&issuer, issuer.answered(&phone.client, &body, late));
    refused(late, Code::InvalidTapSession, "over");
}

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
    issuer.know_card("P-1", &person);
    issuer.registry.report_lost(&person, Loss::Card, NOW).unwrap();
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

#[test]
fn a_session_takes_attested_keys_and_a_fresh_nonce() {
    let issuer = issuer(PEOPLE, &[]);
    let phone = Phone::new("a");
    let wallet = signer("wallet").1;
    let open = |phone: &Phone, body: &[u8]| {
        told(&issuer, issuer.opened(&phone.client, body, NOW)).map(|opened| opened.session)
    };
    let body = phone.attestation(&issuer, &wallet, NOW);
    let session = open(&phone, &body).unwrap();
    assert_eq!(session.expires_at, NOW + issuer.settings.tap_life);
    refused(open(&phone, &body), Code::InvalidNonce, "used before");
    let old = phone.attestation(&issuer, &wallet, NOW - Duration::minutes(5));
    refused(open(&phone, &old), Code::InvalidProof, "");
    refused(open(&phone, &phone.attest(None, &wallet, NOW)), Code::InvalidProof, "nonce");
    let foreign = phone.attest(Some("AAAA"), &wallet, NOW);
    refused(open(&phone, &foreign), Code::InvalidNonce, "nonce");
    let stranger = phone.attestation(&issuer, &signer("stranger").1, NOW);
    refused(open(&phone, &stranger), Code::InvalidProof, "anchors");
    let mut nobody = Phone::new("a");
    nobody.client.instance = None;
    let body = phone.attestation(&issuer, &wallet, NOW);
    refused(open(&nobody, &body), Code::InvalidClientAttestation, "wallet attestation");
    refused(open(&phone, b"{}"), Code::InvalidRequest, "key_attestation");
    refused(open(&phone, &vec![b' '; 1 << 20]), Code::ContentTooLarge, "at most");
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
    let tap = |answer: Result<bool, PortError>, picture: Option<Vec<u8>>| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut issuer = issuer(PEOPLE, &[&desk.card]);
        issuer.face = Some(Box::new(Faces(answer, seen.clone())));
        let session = phone.open(&issuer);
        let mut held = desk.session();
        let evidence = phone.read(&mut held, &desk.pin(), &session);
        let mut sent = phone.request(&session, evidence);
        sent.picture = picture;
        let reply = phone.send(&issuer, &sent).unwrap();
        let done = phone.relay(&issuer, &mut held, reply);
        (done, seen.lock().unwrap().clone())
    };
    let (done, seen) = tap(Ok(true), Some(vec![0xFF; 99]));
    done.unwrap();
    // The registry has no photograph, so it is that of the card's chip.
    assert!(matches!(seen[..], [portrait, 99] if portrait > 5000), "{seen:?}");
    refused(tap(Ok(false), Some(vec![0xFF; 99])).0, Code::PolicyDenied, "face");
    refused(tap(Ok(true), None).0, Code::InsufficientEvidence, "picture");
    let (done, _) = tap(Err(down), Some(vec![0xFF; 99]));
    refused(done, Code::TemporarilyUnavailable, "face");
}

#[test]
fn so_many_chips_are_asked_at_once_and_no_more() {
    let desk = Desk::new(built_in("resident"));
    let issuer = issuer(PEOPLE, &[&desk.card]);
    let dg14 = &desk.card.files[&File::Dg14];
    let asking = |n: u16, ends| {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&n.to_be_bytes());
        let card = Card { source: "test".into(), atr: Vec::new() };
        let mut evidence = Evidence::new(card, NOW, Access::PacePin);
        evidence.files.insert(File::Dg14, dg14.clone());
        let (bind, picture) = ([0; 32], None);
        let case = Case { session: SessionId::new(id), ends, bind, evidence, picture };
        let key = super::weigh::AskKey::of(
            ChipKey::strongest(&Dg14::parse(dg14).unwrap().infos).unwrap(),
        );
        let (talk, _) = key.begin(&case, &mut SystemRng::default());
        Asking { jkt: Phone::new("a").client.jkt, step: 1, key, talk, case: Box::new(case) }
    };
    let soon = NOW + Duration::SECOND;
    for n in 0..256 {
        issuer.chips.put(asking(n, soon), NOW).unwrap();
    }
    let busy = issuer.chips.put(asking(256, soon), NOW).unwrap_err();
    assert!(matches!(busy, TapFault::Busy { most: 256 }));
    let refusal = Refusal::from(busy);
    assert_eq!((refusal.code, refusal.retry_after), (Code::TemporarilyUnavailable, Some(10)));
    // What is over makes room.
    let later = NOW + Duration::minutes(1);
    issuer.chips.put(asking(257, later), later).unwrap();
    assert_eq!(format!("{:?}", issuer.chips), "Chips(1)");
}
