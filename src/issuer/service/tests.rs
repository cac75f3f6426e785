//! Issuing, from an offer that was redeemed on: what a fault costs, and whom.

use serde_json::{Value, json};
use time::{Duration, UtcDateTime, macros::utc_datetime};

use super::{Code, Refusal, refused, secret};
use crate::crypto::{Curve, PublicKey, SecretKey, SeededRng};
use crate::issuance::oid4vci::Proofs;
use crate::issuance::{Status, Thumbprint, thumbprint};
use crate::issuer::{Call, Client, Clock, Issuer, MDOC, config::Config, init};
use crate::registry::{AccessTokens, Claim, Grant, RegistryError, Reserve};

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
        let key = key(phone);
        let reserve = Reserve {
            grant: grant.id,
            configuration: MDOC.to_owned(),
            keys: vec![thumbprint(&key)],
            nonces: vec![([phone; 32], NOW + Duration::minutes(5))],
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
