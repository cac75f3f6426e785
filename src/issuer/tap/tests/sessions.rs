//! Sessions, frames and who may answer them.

use time::Duration;

use super::super::super::{Code, Refusal};
use super::super::chips::Asking;
use super::super::fault::TapFault;
use super::super::weigh::{AskKey, Case};
use super::world::{Desk, NOW, PEOPLE, Phone, built_in, issuer, signer, told};
use super::{refused, with_text};
use crate::crypto::SystemRng;
use crate::issuance::tap_session::{Answer, ChipKey, Evidence as Sent, Reply};
use crate::issuance::{CredentialRequest, Session, SessionId};
use crate::lds::{Dg14, File};
use crate::trust::{Access, Card, Evidence};

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
fn thief_request(phone: &Phone, thief: &Phone, session: &Session, evidence: &Evidence) -> Sent {
    let mut evidence = evidence.clone();
    evidence.active_authentication = None;
    let keys = phone.keys();
    let request = CredentialRequest::sign_for(&thief.dpop, &keys, session, evidence, NOW);
    Sent { request: request.unwrap(), picture: None }
}

// As a hostile phone sends it: what the card signed says another session.
fn sent_for(phone: &Phone, session: &Session, evidence: &Evidence) -> Sent {
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
    let answer = Answer { session: frame.session, step: 1, response: vec![0x90, 0x00] };
    let body = serde_json::to_vec(&answer).unwrap();
    let late = NOW + issuer.settings.tap_life + Duration::SECOND;
    let late = told(&issuer, issuer.answered(&phone.client, &body, late));
    refused(late, Code::InvalidTapSession, "over");
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
        let key = AskKey::of(ChipKey::strongest(&Dg14::parse(dg14).unwrap().infos).unwrap());
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
