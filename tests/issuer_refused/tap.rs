//! The tap session, and what becomes of a card between tap and issue.

use iccard::issuance::tap_session::{Answer, Reply};
use iccard::issuer::MDOC;
use iccard::lds::File;
use iccard::protocol::pace::Password;
use iccard::session::Session;
use iccard::tap::{Options, Passwords, Relay};
use iccard::wallet::Patience;
use serde_json::{Value, json};
use time::{Duration, UtcDateTime};

use super::{Case, refused, refused_but_for, started, started_with};
use crate::support::hand::{
    Answered, Hand, JSON, asking, code_of_tap, form, misformed, with, without,
};
use crate::support::rig::{Person, Phone};

const NO_EVIDENCE: (u16, &str) = (403, "insufficient_evidence");
const NO_SESSION: (u16, &str) = (400, "invalid_tap_session");

/// Carries frames to the card until the issuer has no more.
fn relayed(own: &Hand<'_>, card: &mut Session, mut answer: Answered) -> Answered {
    while let Ok(Reply::Frame(frame)) = serde_json::from_value(answer.1.clone()) {
        let response = Relay::new(card, &mut |_| {}).forward(&frame.command, frame.protect);
        let said = Answer { session: frame.session, step: frame.step, response: response.unwrap() };
        answer = own.json("/tap/frame", None, &serde_json::to_value(said).unwrap());
    }
    answer
}

/// A card whose chip has no key to prove itself with.
fn without_chip_keys(text: &str) -> String {
    let (start, end) = (text.find("[chip_authentication]"), text.find("[face]"));
    format!("{}{}", &text[..start.unwrap()], &text[end.unwrap()..])
}

#[test]
fn a_session_that_is_refused_leaves_the_register_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (rig, _running) = started(folder.path(), 1, &[]);
    let phone = Phone::new("session");
    let own = Hand::of(&rig, &phone);
    let nonce = own.nonce();
    let head = || own.headers("/tap/session", None);
    let open = |attestation: &str| json!({ "key_attestation": attestation }).to_string();
    let good = open(&own.attested(&nonce));
    let bare = without(without(head(), "OAuth-Client-Attestation"), "OAuth-Client-Attestation-PoP");
    let (no_proof, no_request) = ((400, "invalid_proof"), (400, "invalid_request"));
    let stale = own.dpop("/tap/session", None, UtcDateTime::now() - Duration::hours(1));
    let no_dpop = (400, "invalid_dpop_proof");
    let mut cases = vec![
        Case::new(
            "no attestation of the wallet",
            bare,
            JSON,
            &good,
            (401, "invalid_client_attestation"),
        ),
        Case::new("a stale proof", with(head(), "DPoP", stale), JSON, &good, no_dpop),
        Case::new("half an object", head(), JSON, "{", no_request),
        Case::new("nothing in it", head(), JSON, "{}", no_request),
        Case::new("null", head(), JSON, r#"{"key_attestation":null}"#, no_request),
        Case::new("self-signed", head(), JSON, &open(&own.self_made().attested(&nonce)), no_proof),
        Case::new(
            "another's nonce",
            head(),
            JSON,
            &open(&own.attested("AAAA")),
            (400, "invalid_nonce"),
        ),
        Case::new("too long", head(), JSON, &"x".repeat(129 << 10), (413, "content_too_large")),
        Case::new("CBOR", head(), "application/cbor", "\u{1}", (415, "unsupported_media_type")),
    ];
    for (what, attestation) in misformed(&own.attested(&nonce), own.holder(0)) {
        cases.push(Case::new(what, head(), JSON, &open(&attestation), no_proof));
    }
    for Case { what, headers, content_type, body, refusal } in &cases {
        refused(&rig, what, *refusal, || {
            own.send("/tap/session", headers, content_type, body.as_bytes())
        });
    }
    let frame = json!({ "session": "00".repeat(16), "step": 1, "response": "kAA" });
    for (what, path, body) in [
        ("evidence of nothing", "/tap/evidence", json!({})),
        ("evidence that is none", "/tap/evidence", json!({ "request": "a.b.c" })),
        ("a frame of nothing", "/tap/frame", json!([])),
    ] {
        refused(&rig, what, no_request, || own.json(path, None, &body));
    }
    let told = own.json("/tap/frame", None, &frame);
    assert!((400..404).contains(&told.0), "{}", told.1);
    // The nonce that all of them showed is still good, once.
    let opened = own.json("/tap/session", None, &serde_json::from_str(&good).unwrap());
    assert_eq!(opened.0, 200, "{}", opened.1);
    refused(&rig, "the nonce again", (400, "invalid_nonce"), || {
        own.json("/tap/session", None, &serde_json::from_str(&good).unwrap())
    });
}

#[test]
fn evidence_that_shows_too_little_ends_its_session_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let people = vec![Person::new(0, |text| text), Person::new(1, |text| without_chip_keys(&text))];
    let (rig, _running) = started_with(folder.path(), people, &[]);
    let phone = Phone::new("evidence");
    let own = Hand::of(&rig, &phone);
    let send = |body: &Value| own.json("/tap/evidence", None, body);

    // Genuine data without a key of the chip: L1, where the policy wants L2.
    let opened = own.open();
    let evidence =
        rig.people[1].with_card(|card, options| own.read(card, options, &opened, |_| {}));
    let told = refused_but_for(&rig, "L1", NO_EVIDENCE, &["taps"], || send(&evidence));
    assert!(told.contains("L2 expected, L1 came"), "{told}");
    refused(&rig, "once more", NO_SESSION, || send(&evidence));

    // A phone that hides which proof the chip could give.
    let opened = own.open();
    let hidden = rig.people[0].with_card(|card, options| {
        own.read(card, options, &opened, |evidence| drop(evidence.files.remove(&File::Dg14)))
    });
    let thief = Phone::new("thief of evidence");
    refused(&rig, "of another wallet", NO_SESSION, || {
        Hand::of(&rig, &thief).json("/tap/evidence", None, &hidden)
    });
    refused_but_for(&rig, "without DG14", NO_EVIDENCE, &["taps"], || send(&hidden));

    // Without the PIN, which the chip itself tells. Whose card it is stays known, so that it can be
    // reported lost; a second time nothing comes to that.
    for left in [&["cards", "persons", "taps"][..], &["taps"]] {
        let opened = own.open();
        let denied = (403, "policy_denied");
        let told = refused_but_for(&rig, "without the PIN", denied, left, || {
            rig.people[0].with_card(|card, options| {
                let can = Password::can(&rig.people[0].card.profile.secrets.can);
                let passwords = Passwords { can: Some(can), ..Passwords::default() };
                let options = Options { passwords, ..options };
                let evidence = own.read(card, options, &opened, |_| {});
                relayed(&own, card, send(&evidence))
            })
        });
        assert!(told.contains("pin"), "{told}");
    }
}

#[test]
fn a_card_that_is_reported_lost_between_tap_and_issue_earns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (rig, _running) = started(folder.path(), 1, &[]);
    let client = rig.client(Patience::default()).unwrap();
    let person = &rig.people[0];
    let mut phone = Phone::new("lost");
    phone.tap(&client, person).unwrap();
    let own = Hand::of(&rig, &phone);
    let (status, tokens) = own.token(&form(&code_of_tap(&phone), None));
    assert_eq!(status, 200, "{tokens}");
    let token = tokens["access_token"].as_str().unwrap();
    // Used once, before the loss.
    assert_eq!(own.json("/credential", Some(token), &json!([])).0, 400);
    let lost = json!({ "person": person.id, "what": "card" });
    let (status, told) = rig.office("reports", &lost);
    assert_eq!((status, &told["checked"]), (200, &json!(true)), "{told}");
    let denied = (400, "credential_request_denied");
    let ask = || asking(MDOC, &[own.proof(own.holder(0), &own.nonce(), None)]);
    let told = refused(&rig, "lost", denied, || own.json("/credential", Some(token), &ask()));
    assert!(told.contains("card"), "{told}");
    let opened = own.open();
    let evidence = person.with_card(|card, options| own.read(card, options, &opened, |_| {}));
    refused_but_for(&rig, "tapped again", denied, &["taps"], || {
        own.json("/tap/evidence", None, &evidence)
    });
    // Found again, the card can be tapped; what was earned before stays void.
    let (status, told) =
        rig.office("reports", &json!({ "person": person.id, "what": "card-found" }));
    assert_eq!(status, 200, "{told}");
    refused(&rig, "earned before", denied, || own.json("/credential", Some(token), &ask()));
}
