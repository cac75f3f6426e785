//! Issuing, from an offer that was redeemed on: what a fault costs, and whom.

use serde_json::{Value, json};
use time::{Duration, UtcDateTime, macros::utc_datetime};

use super::{Code, Refusal, refused, secret};
use crate::crypto::{Curve, PublicKey, SecretKey, SeededRng};
use crate::issuance::oid4vci::Proofs;
use crate::issuance::{Status, Thumbprint, thumbprint};
use crate::issuer::{Call, Client, Clock, Issuer, MDOC, SD_JWT, config::Config, init};
use crate::pki::{DistinguishedName, Profile};
use crate::registry::{AccessTokens, Claim, Credential, Grant, RegistryError, Reserve};

const NOW: UtcDateTime = utc_datetime!(2025-04-01 03:00:00);

struct At;

impl Clock for At {
    fn now(&self) -> UtcDateTime {
        NOW
    }
}

struct World {
    issuer: Issuer,
    clerk: Call,
    _dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("issuer");
        let rng = &mut SeededRng::new(b"service", "init");
        let made = init::create(&folder, &init::Options::default(), rng, NOW).unwrap();
        let issuer = Config::load(&made.config).unwrap().open(Box::new(At)).unwrap();
        let authorization = Some(format!("Bearer {}", made.clerk_token.as_str()));
        Self { issuer, clerk: Call { authorization, ..Call::default() }, _dir: dir }
    }

    /// A phone that redeemed an offer for a person.
    fn grant(&self, phone: u8) -> Grant {
        let body = json!({ "person": "P-0004" }).to_string();
        let offer = self.issuer.office_offer(&self.clerk, body.as_bytes()).unwrap();
        let told = self.issuer.offer(offer["offer"].as_str().unwrap()).unwrap();
        let grant = &told["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"];
        let claim = Claim {
            code: secret::hash(grant["pre-authorized_code"].as_str().unwrap()),
            tx_code: Some(secret::hash(offer["tx_code"].as_str().unwrap())),
            jkt: Thumbprint::new([phone; 32]),
            instance: Thumbprint::new([phone; 32]),
            tokens: AccessTokens {
                access: secret::hash(&secret::new()),
                access_expires: NOW + Duration::minutes(5),
                refresh: secret::hash(&secret::new()),
            },
        };
        self.issuer.registry.claim(&claim, NOW).unwrap()
    }

    fn issue(&self, grant: &Grant, phone: u8) -> Result<Value, Refusal> {
        self.issue_in(MDOC, grant, phone)
    }

    fn issue_in(&self, configuration: &str, grant: &Grant, phone: u8) -> Result<Value, Refusal> {
        let key = key(phone);
        let mut nonce = [phone; 32];
        nonce[0] = u8::try_from(configuration.len()).unwrap();
        let reserve = Reserve {
            grant: grant.id,
            configuration: configuration.to_owned(),
            keys: vec![thumbprint(&key)],
            nonces: vec![(nonce, NOW + Duration::minutes(5))],
        };
        self.issuer.issue(grant, &reserve, &[key], NOW)
    }

    /// The entries of the first list that are not good any more.
    fn ended(&self) -> usize {
        let list = self.issuer.registry.status_lists().unwrap()[0];
        let (_, _, entries) = self.issuer.registry.status_entries(list).unwrap();
        entries.iter().filter(|entry| entry.1 != Status::Valid).count()
    }
}

fn key(phone: u8) -> PublicKey {
    let rng = &mut SeededRng::new(b"service", &format!("phone {phone}"));
    SecretKey::generate(Curve::P256, rng).public()
}

#[test]
fn a_credential_that_cannot_be_made_ends_no_phone() {
    let mut world = World::new();
    let old = world.grant(1);
    world.issue(&old, 1).unwrap();
    let new = world.grant(2);
    let doc_type = std::mem::take(&mut world.issuer.settings.doc_type);
    for _ in 0..2 {
        assert_eq!(world.issue(&new, 2).unwrap_err().code, Code::ServerError);
    }
    assert_eq!(world.ended(), 0);
    // Put right, the same request goes through, and only now the old phone's card is over.
    world.issuer.settings.doc_type = doc_type;
    let answer = world.issue(&new, 2).unwrap();
    assert_eq!(answer["credentials"].as_array().unwrap().len(), 1);
    assert_eq!(world.ended(), 1);
    assert_eq!(world.issue(&old, 1).unwrap_err().code, Code::CredentialRequestDenied);
}

/// Signed without a fault, and under a root that verifiers do not have.
#[test]
fn what_our_own_verifier_refuses_does_not_leave() {
    for (first, second) in [(MDOC, SD_JWT), (SD_JWT, MDOC)] {
        let mut world = World::new();
        let grant = world.grant(1);
        let subject = DistinguishedName::new("KR", "TEST iccard issuer", "TEST another IACA");
        let (not_before, not_after) = (NOW - Duration::DAY, NOW + Duration::days(3000));
        let other = Profile { subject, serial: vec![1], not_before, not_after };
        let rng = &mut SeededRng::new(b"service", "another root");
        let other = other.csca(&SecretKey::generate(Curve::P256, rng)).unwrap();
        let iaca = std::mem::replace(&mut world.issuer.keys.iaca, other.clone());
        // Nothing is reserved for the first one.
        assert_eq!(world.issue_in(first, &grant, 1).unwrap_err().code, Code::ServerError);
        let registry = &world.issuer.registry;
        assert!(registry.devices_of(&grant.person).unwrap().is_empty(), "{first}");
        world.issuer.keys.iaca = iaca.clone();
        world.issue_in(first, &grant, 1).unwrap();
        // The second one is tried by nobody before its place is taken.
        world.issuer.keys.iaca = other;
        let by_phone = world.issuer.registry.devices_of(&grant.person).unwrap()[0].clone();
        let grant = Grant { device: Some(by_phone.id), ..grant };
        assert_eq!(world.issue_in(second, &grant, 1).unwrap_err().code, Code::ServerError);
        let kept = world.issuer.registry.credentials_of(&by_phone.id).unwrap();
        assert_eq!(kept.len(), 2, "{second}");
        world.issuer.keys.iaca = iaca;
        world.issue_in(second, &grant, 1).unwrap();
        let places = |all: &[Credential]| all.iter().map(|c| (c.list, c.idx)).collect::<Vec<_>>();
        let again = world.issuer.registry.credentials_of(&by_phone.id).unwrap();
        assert_eq!(places(&again), places(&kept), "the same places");
    }
}

#[test]
fn proofs_are_counted_before_any_is_verified() {
    let world = World::new();
    let grant = world.grant(1);
    let client = Client { jkt: grant.jkt, instance: None, client_id: None };
    let most = usize::from(world.issuer.settings.batch_size);
    let proven = |count: usize| {
        let proofs = Proofs::Jwt(vec!["none".to_owned(); count]);
        world.issuer.proven(&client, &grant, &proofs, NOW).err().unwrap().to_string()
    };
    assert!(proven(most + 1).contains("1 to 10 different keys expected, 11 came"));
    assert!(!proven(most).contains("different keys"));
}

#[test]
fn what_cannot_be_opened_is_no_matter_of_trying_again() {
    let code = |error: &RegistryError| refused(error, |_| Code::InvalidToken).code;
    assert_eq!(code(&RegistryError::Sealed { step: "test" }), Code::ServerError);
    let down = RegistryError::Database { step: "test", detail: "down".into() };
    assert_eq!(code(&down), Code::TemporarilyUnavailable);
}
