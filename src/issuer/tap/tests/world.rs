//! An issuer, its population, cards on a desk and phones that tap them.

use std::sync::Arc;

use time::{Duration, UtcDateTime, macros::utc_datetime};

use super::super::super::ports::CsvPopulation;
use super::super::super::{Client, Issuer, Keys, Limits, Metrics, Refusal, Settings, SystemClock};
use super::super::Chips;
use crate::crypto::{Curve, PublicKey, SecretKey, SeededRng, SystemRng};
use crate::emulator::{self, SeededEnv};
use crate::issuance::proof::{key_attestation, nonce};
use crate::issuance::tap_session::{Answer, Done, Evidence, Frame, Open, Opened, Reply};
use crate::issuance::{CredentialRequest, Session, Signer, thumbprint};
use crate::ledger::{LocalLedger, NoteSigner};
use crate::pki::{Certificate, DistinguishedName, Profile};
use crate::policy::Policy;
use crate::profile::{self, Personalised};
use crate::protocol::pace::Password;
use crate::registry::{Registry, RegistryKeys};
use crate::session;
use crate::tap::{Options, Passwords, Relay, tap};
use crate::transport::{Loopback, Shared};
use crate::trust::{self, Anchors};

pub(super) const NOW: UtcDateTime = utc_datetime!(2025-03-28 01:02:03);

/// Those whose cards are tapped here.
pub(super) const PEOPLE: &str = "\
id,family_name,given_name,birth_date,sex,personal_number,address,card,first_card,left
P-1,HONG,GILDONG,2007-02-28,1,070228-3980016,Sejong (TEST),TS0000001,false,false
P-2,SEONG,CHUNHYANG,1990-05-05,2,,Sejong (TEST),TS0000002,false,false
P-3,KIM,CHEOLSU,1999-07-15,1,,Sejong (TEST),TB0000001,false,false
";

pub(super) fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"tap session", label))
}

pub(super) fn built_in(name: &str) -> Personalised {
    let (_, text) = profile::BUILT_IN.iter().find(|(known, _)| *known == name).unwrap();
    profile::check(text, name.as_ref()).unwrap().personalise().unwrap()
}

fn named(name: &str, serial: u8) -> Profile {
    Profile {
        subject: DistinguishedName::new("KR", "TEST", name),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2026-01-01 0:00),
    }
}

/// Somebody with a certificate, and who stands above.
pub(super) fn signer(label: &str) -> (Certificate, Signer) {
    let (root, own) = (key(&format!("{label} root")), key(label));
    let anchor = named(&format!("TEST {label} CA"), 1).csca(&root).unwrap();
    let certificate = named(&format!("TEST {label}"), 2);
    let certificate = certificate.document_signer(&own.public(), &anchor, &root).unwrap();
    (anchor, Signer::new(own, vec![certificate]).unwrap())
}

pub(super) fn issuer(people: &str, cards: &[&Personalised]) -> Issuer {
    let mut card_anchors = Anchors::new("test");
    for (i, card) in cards.iter().enumerate() {
        for (name, der) in profile::anchors(card) {
            card_anchors.add(&format!("{i} {name}"), &der).unwrap();
        }
    }
    let (iaca, document) = signer("issuer");
    let rng = &mut SystemRng::default();
    Issuer {
        settings: Settings::new("https://issuer.test"),
        keys: Keys {
            status: document.clone(),
            metadata: document.clone(),
            document,
            encryption: key("encryption"),
            iaca,
            nonce: zeroize::Zeroizing::new([7; 32]),
        },
        registry: Registry::memory(&RegistryKeys::generate(rng)).unwrap(),
        policy: Policy::korea_2024(),
        clock: Box::new(SystemClock),
        population: Box::new(CsvPopulation::from_csv(people.as_bytes()).unwrap()),
        face: None,
        ledger: Box::new(LocalLedger::new(NoteSigner::generate("issuer.test", rng).unwrap())),
        card_anchors,
        wallet_anchors: vec![signer("wallet").0],
        limits: Limits::default(),
        metrics: Metrics::default(),
        published: Default::default(),
        chips: Chips::default(),
    }
}

/// A card that stays one, however often it is tapped.
pub(super) struct Desk {
    pub(super) card: Personalised,
    chip: Shared<emulator::Card>,
}

impl Desk {
    pub(super) fn new(card: Personalised) -> Self {
        let chip = emulator::Card::from_profile(&card, Box::new(SeededEnv::new(b"desk"))).unwrap();
        Self { card, chip: Shared::new(chip) }
    }

    pub(super) fn session(&self) -> session::Session {
        let mut session = session::Session::new(Box::new(Loopback::new(self.chip.clone())));
        session.reset(crate::transport::Reset::Cold).unwrap();
        session
    }

    /// The PIN, where the card has one, and else what opens it.
    pub(super) fn pin(&self) -> Options {
        let options = Options::of_profile(&self.card);
        let Some(pin) = &self.card.profile.secrets.pin else { return options };
        let passwords = Passwords { pin: Some(Password::pin(pin)), ..Passwords::default() };
        Options { passwords, ..options }
    }

    pub(super) fn can(&self) -> Options {
        let can = Some(Password::can(&self.card.profile.secrets.can));
        let passwords = Passwords { can, ..Passwords::default() };
        Options { passwords, ..Options::of_profile(&self.card) }
    }
}

/// A wallet: the key of its requests, and those of its credentials.
pub(super) struct Phone {
    pub(super) dpop: SecretKey,
    pub(super) holder: Vec<SecretKey>,
    pub(super) client: Client,
}

impl Phone {
    pub(super) fn new(label: &str) -> Self {
        let dpop = key(&format!("{label} dpop"));
        let holder = (0..2).map(|i| key(&format!("{label} holder {i}"))).collect();
        let client = Client {
            jkt: thumbprint(&dpop.public()),
            instance: Some(thumbprint(&key(&format!("{label} instance")).public())),
            client_id: Some("wallet".into()),
        };
        Self { dpop, holder, client }
    }

    pub(super) fn keys(&self) -> Vec<PublicKey> {
        self.holder.iter().map(SecretKey::public).collect()
    }

    pub(super) fn attestation(&self, issuer: &Issuer, by: &Signer, now: UtcDateTime) -> Vec<u8> {
        let (kind, rng) = (nonce::Kind::Credential, &mut SystemRng::default());
        let nonce = nonce::make(kind, &issuer.keys.nonce, now, Duration::minutes(5), rng);
        self.attest(Some(&nonce), by, now)
    }

    pub(super) fn attest(&self, nonce: Option<&str>, by: &Signer, now: UtcDateTime) -> Vec<u8> {
        let said = key_attestation::Said {
            key_storage: &["iso_18045_high"],
            user_authentication: &["iso_18045_high"],
            nonce,
            iat: now,
            exp: now + Duration::minutes(5),
        };
        let key_attestation = key_attestation::make(&self.keys(), &said, by).unwrap();
        serde_json::to_vec(&Open { key_attestation }).unwrap()
    }

    pub(super) fn open(&self, issuer: &Issuer) -> Session {
        let body = self.attestation(issuer, &signer("wallet").1, NOW);
        let Opened { session } = told(issuer, issuer.opened(&self.client, &body, NOW)).unwrap();
        session
    }

    /// Reads the card for that session.
    pub(super) fn read(
        &self,
        held: &mut session::Session,
        options: &Options,
        session: &Session,
    ) -> trust::Evidence {
        let bind = Some(*session.binding(&self.client.jkt).as_bytes());
        let options = Options { bind, relay: true, ..options.clone() };
        let rng = &mut SeededRng::new(session.nonce.as_bytes(), "phone");
        tap(held, &options, rng, NOW, &mut |_| {}).unwrap().evidence
    }

    pub(super) fn request(&self, session: &Session, evidence: trust::Evidence) -> Evidence {
        let keys = self.keys();
        let request = CredentialRequest::sign_for(&self.dpop, &keys, session, evidence, NOW);
        Evidence { request: request.unwrap(), picture: None }
    }

    pub(super) fn send(&self, issuer: &Issuer, evidence: &Evidence) -> Result<Reply, Refusal> {
        let body = serde_json::to_vec(evidence).unwrap();
        told(issuer, issuer.evidence(&self.client, &body, NOW))
    }

    pub(super) fn answer(
        &self,
        issuer: &Issuer,
        frame: &Frame,
        response: Vec<u8>,
    ) -> Result<Reply, Refusal> {
        let answer = Answer { session: frame.session, step: frame.step, response };
        let body = serde_json::to_vec(&answer).unwrap();
        told(issuer, issuer.answered(&self.client, &body, NOW))
    }

    /// Carries frames until the issuer is done.
    pub(super) fn relay(
        &self,
        issuer: &Issuer,
        held: &mut session::Session,
        mut reply: Reply,
    ) -> Result<Done, Refusal> {
        let mut steps = |_| {};
        let mut relay = Relay::new(held, &mut steps);
        loop {
            match reply {
                Reply::Done(done) => return Ok(done),
                Reply::Frame(frame) => {
                    let response = relay.forward(&frame.command, frame.protect).unwrap();
                    reply = self.answer(issuer, &frame, response)?;
                }
            }
        }
    }

    /// A whole tap, the evidence changed on the way.
    pub(super) fn tap_with(
        &self,
        issuer: &Issuer,
        desk: &Desk,
        options: &Options,
        change: impl FnOnce(&mut trust::Evidence),
    ) -> Result<Done, Refusal> {
        let session = self.open(issuer);
        let mut held = desk.session();
        let mut evidence = self.read(&mut held, options, &session);
        change(&mut evidence);
        let reply = self.send(issuer, &self.request(&session, evidence))?;
        self.relay(issuer, &mut held, reply)
    }

    pub(super) fn tap(&self, issuer: &Issuer, desk: &Desk) -> Result<Done, Refusal> {
        self.tap_with(issuer, desk, &desk.pin(), |_| {})
    }
}

/// As the wallet is told it; nothing that a refusal says is personal.
pub(super) fn told<T>(
    issuer: &Issuer,
    done: Result<T, super::super::TapFault>,
) -> Result<T, Refusal> {
    if let Err(fault) = &done {
        let debug = format!("{fault:?} {fault}");
        for secret in ["HONG", "GILDONG", "CHUNHYANG", "TS00", "TB00", "0228", "1990", "Sejong"] {
            assert!(!debug.contains(secret), "{debug}");
        }
    }
    issuer.told(done)
}

/// What a port was asked for, for tests that look.
pub(super) type Seen = Arc<std::sync::Mutex<Vec<usize>>>;
