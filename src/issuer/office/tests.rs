//! An office over an issuer made from nothing: who is let in, what becomes of an offer, what is
//! locked, and what the log says of it.

use std::sync::{Arc, Mutex};

use time::{Duration, UtcDateTime, macros::utc_datetime};

use serde_json::{Value, json};

use super::*;
use crate::crypto::SeededRng;
use crate::issuance::{Status, Thumbprint};
use crate::issuer::ports::Population;
use crate::issuer::ports::PortError;
use crate::issuer::service::secret;
use crate::issuer::{Call, Clock, MDOC, config::Config, init, subject};
use crate::ledger::{Checkpoint, NoteVerifier, verify_consistency};
use crate::registry::{AccessTokens, Claim, Denied, Grant, RegistryError, Reserve};
use crate::trust::encoding::base64url;

#[derive(Clone)]
struct Time(Arc<Mutex<UtcDateTime>>);

impl Clock for Time {
    fn now(&self) -> UtcDateTime {
        *self.0.lock().unwrap()
    }
}

/// An issuer with the persons that every new one has, and its clerk.
struct Office {
    issuer: Issuer,
    time: Time,
    call: Call,
    key: NoteVerifier,
    _dir: tempfile::TempDir,
}

const NOW: UtcDateTime = utc_datetime!(2025-04-01 03:00:00);

impl Office {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("issuer");
        let mut rng = SeededRng::new(b"office", "init");
        let made = init::create(&folder, &init::Options::default(), &mut rng, NOW).unwrap();
        let time = Time(Arc::new(Mutex::new(NOW)));
        let issuer = Config::load(&made.config).unwrap().open(Box::new(time.clone())).unwrap();
        let authorization = Some(format!("Bearer {}", made.clerk_token.as_str()));
        let call = Call { authorization, ..Call::default() };
        let note = issuer.ledger_checkpoint().unwrap();
        let key = std::fs::read_to_string(folder.join("log.pub")).unwrap();
        let key = NoteVerifier::from_text(key.trim()).unwrap();
        assert_eq!(Checkpoint::open(&note, &key).unwrap().size, 0);
        Self { issuer, time, call, key, _dir: dir }
    }

    fn offer(&self, person: &str) -> Result<Value, Refusal> {
        self.issuer.office_offer(&self.call, json!({ "person": person }).to_string().as_bytes())
    }

    fn report(&self, person: &str, what: &str) -> Result<Value, Refusal> {
        let body = json!({ "person": person, "what": what }).to_string();
        self.issuer.office_report(&self.call, body.as_bytes())
    }

    fn wait(&self, time: Duration) {
        *self.time.0.lock().unwrap() += time;
    }

    /// The code that the offer's URI leads to.
    fn code(&self, offer: &Value) -> String {
        let offer = self.issuer.offer(offer["offer"].as_str().unwrap()).unwrap();
        let grant = &offer["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"];
        grant["pre-authorized_code"].as_str().unwrap().to_owned()
    }

    fn claim(&self, code: &str, tx_code: &str, phone: u8) -> Result<Grant, RegistryError> {
        let now = self.time.now();
        let (access, refresh) = (secret::hash(&secret::new()), secret::hash(&secret::new()));
        let claim = Claim {
            code: secret::hash(code),
            tx_code: Some(secret::hash(tx_code)),
            jkt: Thumbprint::new([phone; 32]),
            instance: Thumbprint::new([phone; 32]),
            tokens: AccessTokens { access, access_expires: now + Duration::minutes(5), refresh },
        };
        self.issuer.registry.claim(&claim, now)
    }

    /// Everything from an offer to a registered phone; the place in the status list.
    fn enrol(&self, person: &str, phone: u8) -> (u32, u64) {
        let offer = self.offer(person).unwrap();
        let tx_code = offer["tx_code"].as_str().unwrap();
        let grant = self.claim(&self.code(&offer), tx_code, phone).unwrap();
        let request = Reserve {
            grant: grant.id,
            configuration: MDOC.into(),
            keys: vec![Thumbprint::new([phone; 32])],
            nonces: vec![([phone; 32], self.time.now() + Duration::minutes(5))],
        };
        let reservation = self.issuer.registry.reserve(&request, self.time.now()).unwrap();
        (reservation.credentials[0].list, reservation.credentials[0].idx)
    }

    fn status(&self, (list, idx): (u32, u64)) -> Status {
        let (_, _, entries) = self.issuer.registry.status_entries(list).unwrap();
        entries.iter().find(|entry| entry.0 == idx).map_or(Status::Valid, |entry| entry.1)
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint::open(&self.issuer.ledger_checkpoint().unwrap(), &self.key).unwrap()
    }
}

fn code(refused: Result<Value, Refusal>) -> Code {
    refused.unwrap_err().code
}

#[test]
fn only_a_clerk_is_let_in() {
    let office = Office::new();
    let good = office.call.authorization.clone().unwrap();
    let token = good.strip_prefix("Bearer ").unwrap();
    for header in [
        None,
        Some(String::new()),
        Some("Bearer".into()),
        Some("Bearer ".into()),
        Some(format!("Basic {token}")),
        Some(format!("Bearer {}", &token[1..])),
        Some(format!("Bearer {token}A")),
    ] {
        let call = Call { authorization: header.clone(), ..Call::default() };
        let issuer = &office.issuer;
        let (offer, lost) = (br#"{"person":"P-0004"}"#, br#"{"person":"P-0004","what":"phone"}"#);
        let query = [("person".to_owned(), "P-0004".to_owned())];
        for answer in [
            issuer.office_offer(&call, offer),
            issuer.office_report(&call, lost),
            issuer.office_confirm(&call, br#"{"offer":"00"}"#),
            issuer.office_history(&call, &query),
        ] {
            assert_eq!(code(answer), Code::InvalidToken, "{header:?}");
        }
    }
    assert_eq!(office.checkpoint().size, 0, "nothing happened");
    assert!(office.offer("P-0004").is_ok());
}

#[test]
fn an_offer_is_made_for_whom_the_policy_allows_and_nobody_else() {
    let office = Office::new();
    assert_eq!(code(office.offer("P-9999")), Code::NotFound);
    for (person, reason) in [("P-0005", "card: "), ("P-0006", "age: "), ("P-0007", "person: ")] {
        let refusal = office.offer(person).unwrap_err();
        assert_eq!(refusal.code, Code::PolicyDenied);
        assert!(refusal.description.starts_with(reason), "{refusal}");
    }
    let long = "P".repeat(129);
    let issuer = &office.issuer;
    for body in [
        "",
        "[]",
        "{}",
        r#"{"person":""}"#,
        r#"{"person":"P-0004","fee":0}"#,
        r#"{"person":"P-0004","person":"P-0001"}"#,
        r#"{"person":7}"#,
        &format!(r#"{{"person":"{long}"}}"#),
    ] {
        let refusal = issuer.office_offer(&office.call, body.as_bytes()).unwrap_err();
        assert_eq!(refusal.code, Code::InvalidRequest, "{body}");
        assert!(!refusal.description.contains("P-0004"), "{refusal}");
    }
    assert_eq!(office.checkpoint().size, 0, "nothing happened");
    // Until 28 March 2025 at the office of the registered address alone.
    office.wait(-Duration::days(10));
    let body = |area| json!({ "person": "P-0004", "office": area }).to_string();
    let at = |area| issuer.office_offer(&office.call, body(area).as_bytes());
    assert_eq!(code(at("부산광역시 서구")), Code::PolicyDenied);
    assert!(at("경기도 고양시").is_ok());
    let unsaid = office.offer("P-0004").unwrap_err();
    assert_eq!(unsaid.code, Code::PolicyDenied);
    assert!(unsaid.description.ends_with("does not say where the office is"), "{unsaid}");
}

#[test]
fn an_offer_leads_its_wallet_to_a_grant_for_that_person() {
    let office = Office::new();
    let offer = office.offer("P-0004").unwrap();
    let id = offer["offer"].as_str().unwrap();
    assert_eq!(
        offer["offer_uri"],
        format!(
            "openid-credential-offer://?credential_offer_uri=\
             https%3A%2F%2Flocalhost%3A8443%2Foffers%2F{id}"
        )
    );
    let tx_code = offer["tx_code"].as_str().unwrap();
    assert!(tx_code.len() == 6 && tx_code.bytes().all(|b| b.is_ascii_digit()), "{tx_code}");
    assert_eq!((&offer["fee"], &offer["fees"]), (&json!(0), &json!([])));
    assert_eq!(offer["expires_at"], "2025-04-01T03:03:00Z");
    let code = office.code(&offer);
    let wrong = if tx_code == "000000" { "000001" } else { "000000" };
    let first = office.claim(&code, wrong, 1);
    assert!(matches!(first, Err(RegistryError::Denied(Denied::WrongTxCode { left: 4 }))));
    let grant = office.claim(&code, tx_code, 1).unwrap();
    assert!(office.claim(&code, tx_code, 2).is_err(), "another wallet");
    let subject = subject::decode(&grant.subject).unwrap();
    assert_eq!(subject.family_name, "IM");
    assert_eq!(subject.document_number.as_deref(), Some("TS0000003"));
    assert_eq!(grant.term_until, utc_datetime!(2028-04-01 14:59:59));
    // Two offers have nothing in common.
    let other = office.offer("P-0004").unwrap();
    assert_ne!(other["offer"], offer["offer"]);
    assert_ne!(office.code(&other), code);
    office.wait(Duration::minutes(4));
    assert_eq!(
        office.issuer.offer(other["offer"].as_str().unwrap()).unwrap_err().code,
        Code::NotFound
    );
    // Who made it stands in the history; the secrets of it do not.
    let query = [("person".to_owned(), "P-0004".to_owned())];
    let history = office.issuer.office_history(&office.call, &query).unwrap().to_string();
    assert!(history.contains("clerk-1") && history.contains("offer-made"), "{history}");
    assert!(!history.contains(&code) && !history.contains("IM"), "{history}");
}

#[test]
fn what_is_lost_is_locked_or_ends_and_the_list_says_so() {
    let office = Office::new();
    let place = office.enrol("P-0004", 1);
    assert_eq!(office.status(place), Status::Valid);
    let answer = office.report("P-0004", "phone").unwrap();
    assert_eq!(answer["phone"]["state"], "suspended");
    assert_eq!(answer["credentials_changed"], 1);
    assert_eq!(office.status(place), Status::Suspended);
    assert_eq!(office.report("P-0004", "found").unwrap()["phone"]["state"], "active");
    assert_eq!(office.status(place), Status::Valid);
    let answer = office.report("P-0004", "card").unwrap();
    assert_eq!(answer["phone"], Value::Null);
    assert_eq!(office.status(place), Status::Invalid);
    // What ended does not come back.
    assert!(matches!(code(office.report("P-0004", "found")), Code::NotFound | Code::PolicyDenied));
    assert_eq!(office.status(place), Status::Invalid);
    // A mistyped identifier is nobody.
    for what in ["phone", "card", "card-found", "found", "address", "left"] {
        assert_eq!(code(office.report("P-4000", what)), Code::NotFound, "{what}");
    }
    let nobody = [("person".to_owned(), "P-4000".to_owned())];
    assert_eq!(code(office.issuer.office_history(&office.call, &nobody)), Code::NotFound);
    assert_eq!(code(office.report("P-0002", "phone")), Code::NotFound, "there is no phone");
    assert_eq!(code(office.report("P-0004", "cat")), Code::InvalidRequest);
    let query = [("person".to_owned(), "P-0004".to_owned())];
    let history = office.issuer.office_history(&office.call, &query).unwrap();
    let kinds: Vec<_> = history["events"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    let at = |kind: &str| kinds.iter().position(|k| *k == kind).unwrap_or_else(|| panic!("{kind}"));
    assert!(history["events"].to_string().contains("clerk-1"), "who reported it");
    assert!(at("offer-made") < at("phone-suspended"));
    assert!(at("phone-suspended") < at("phone-resumed"));
    assert!(at("phone-resumed") < at("card-reported-lost"));
}

/// A population registry that does not answer.
struct Down;

impl Population for Down {
    fn find(&self, _: Lookup<'_>) -> Result<Option<Person>, PortError> {
        Err(PortError { port: "population", detail: "no answer".into() })
    }
}

#[test]
fn a_card_is_lost_by_its_number_and_can_be_found() {
    let mut office = Office::new();
    let place = office.enrol("P-0004", 1);
    let say = |office: &Office, what: &str, card: &str| {
        let body = json!({ "person": "P-0004", "what": what, "card": card }).to_string();
        office.issuer.office_report(&office.call, body.as_bytes())
    };
    // Neither the current one nor known; and a phone has no number.
    assert_eq!(code(say(&office, "card", "TS0009999")), Code::NotFound);
    assert_eq!(code(say(&office, "phone", "TS0000003")), Code::InvalidRequest);
    assert_eq!(code(say(&office, "card-found", "TS0000003")), Code::NotFound, "never lost");
    assert_eq!(office.status(place), Status::Valid);
    let answer = say(&office, "card", "TS0000003").unwrap();
    assert_eq!((&answer["credentials_changed"], &answer["checked"]), (&json!(1), &json!(true)));
    assert_eq!(office.report("P-0004", "card").unwrap()["credentials_changed"], 0);
    let (card, person) =
        (office.issuer.card_of("TS0000003"), office.issuer.registry.person_id("P-0004"));
    assert!(office.issuer.registry.check_card(&card, &person).is_err());
    let found = office.report("P-0004", "card-found").unwrap();
    assert_eq!(found["phone"], Value::Null, "the mobile card stays ended");
    office.issuer.registry.check_card(&card, &person).unwrap();
    assert_eq!(office.status(place), Status::Invalid);
    // A loss is taken whoever answers, and the answer says that nobody has looked.
    office.enrol("P-0004", 2);
    office.issuer.population = Box::new(Down);
    assert_eq!(office.report("P-0004", "phone").unwrap()["checked"], false);
    assert_eq!(office.report("P-0004", "card").unwrap()["credentials_changed"], 1);
    assert_eq!(code(office.report("P-0004", "card-found")), Code::InvalidRequest);
}

#[test]
fn who_moved_has_a_card_that_is_out_of_date_and_who_left_has_none() {
    let office = Office::new();
    let place = office.enrol("P-0004", 1);
    let answer = office.report("P-0004", "address").unwrap();
    assert_eq!(answer["phone"]["state"], "needs-renewal");
    // Verifiers still take it.
    assert_eq!(office.status(place), Status::Valid);
    let answer = office.report("P-0004", "left").unwrap();
    assert_eq!((&answer["phone"], &answer["credentials_changed"]), (&Value::Null, &json!(1)));
    assert_eq!(office.status(place), Status::Invalid);
}

#[test]
fn a_clerk_confirms_what_was_claimed() {
    let office = Office::new();
    let offer = office.offer("P-0004").unwrap();
    let id = offer["offer"].as_str().unwrap();
    let confirm = |id: &str| {
        let body = json!({ "offer": id }).to_string();
        office.issuer.office_confirm(&office.call, body.as_bytes())
    };
    assert_eq!(code(confirm("xx")), Code::InvalidRequest);
    assert_eq!(code(confirm(&"0".repeat(32))), Code::NotFound);
    assert_eq!(code(confirm(id)), Code::NotFound, "nobody has claimed it");
    office.claim(&office.code(&offer), offer["tx_code"].as_str().unwrap(), 1).unwrap();
    assert_eq!(confirm(id).unwrap(), json!({ "offer": id, "confirmed": true }));
    assert!(confirm(id).is_ok(), "once more is the same");
}

#[test]
fn everything_that_happens_is_in_the_log_and_nothing_of_whom() {
    let office = Office::new();
    office.enrol("P-0004", 1);
    let before = office.checkpoint();
    assert!(before.size >= 3);
    office.report("P-0004", "phone").unwrap();
    office.enrol("P-0002", 2);
    let after = office.checkpoint();
    assert!(after.size > before.size);
    let text = |name: &str, value: u64| (name.to_owned(), value.to_string());
    let query = [text("from", before.size), text("to", after.size)];
    let answer = office.issuer.ledger_consistency(&query).unwrap();
    let hash =
        |text: &Value| base64url::decode(text.as_str().unwrap()).unwrap().try_into().unwrap();
    let proof: Vec<_> = answer["proof"].as_array().unwrap().iter().map(hash).collect();
    verify_consistency(&before, &after, &proof).unwrap();
    for event in 0..after.size {
        let receipt = office.issuer.ledger_receipt(event).unwrap();
        assert_eq!(receipt.verify(&office.key).unwrap(), (event, after.clone()));
        let leaf = ("leaf".to_owned(), base64url::encode(receipt.leaf));
        let found = office.issuer.ledger_proof(&[leaf]).unwrap();
        assert_eq!(found["index"], event);
        assert_eq!(found, office.issuer.ledger_proof(&[text("index", event)]).unwrap());
        // At the size of the earlier checkpoint, too.
        let then = office.issuer.ledger_proof(&[text("index", event), text("size", before.size)]);
        assert_eq!(then.is_ok(), event < before.size);
    }
    for query in [
        vec![],
        vec![text("index", 0), text("index", 0)],
        vec![text("person", 0)],
        vec![("index".to_owned(), "-1".to_owned())],
        vec![("leaf".to_owned(), "AA".to_owned())],
    ] {
        assert_eq!(code(office.issuer.ledger_proof(&query)), Code::InvalidRequest, "{query:?}");
    }
    let leaf = ("leaf".to_owned(), base64url::encode([0; 32]));
    assert_eq!(code(office.issuer.ledger_proof(&[leaf])), Code::NotFound);
    assert_eq!(code(office.issuer.ledger_consistency(&[text("from", 999)])), Code::NotFound);
}
