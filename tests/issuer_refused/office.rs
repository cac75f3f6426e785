//! The office.

use serde_json::{Value, json};

use super::{refused, refused_but_for, started};
use crate::support::hand::{Answered, FORM, Hand, JSON};
use crate::support::rig::Phone;

#[test]
fn an_order_of_an_office_that_is_refused_leaves_the_register_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (rig, _running) = started(folder.path(), 1, &[]);
    let phone = Phone::new("office");
    let own = Hand::of(&rig, &phone);
    let person = &rig.people[0].id;
    let offer = rig.offer(&rig.people[0]);
    let clerk = format!("Bearer {}", rig.clerk_token);
    let ask =
        |path: &str, authorization: Option<&str>, content_type: &str, body: &str| -> Answered {
            let headers: Vec<_> =
                authorization.map(|text| ("Authorization", text.to_owned())).into_iter().collect();
            own.send(&format!("/office/{path}"), &headers, content_type, body.as_bytes())
        };
    let (no_token, no_request) = ((401, "invalid_token"), (400, "invalid_request"));
    let none = (404, "not_found");
    let order = json!({ "person": person });
    let report = |what: &str| json!({ "person": person, "what": what });
    let other = format!("Bearer {}A", rig.clerk_token);
    for authorization in [None, Some("Bearer abc"), Some(other.as_str()), Some("DPoP abc")] {
        for (path, body) in [
            ("offers", order.clone()),
            ("reports", report("card")),
            ("confirmations", json!({ "offer": offer["offer"] })),
        ] {
            refused(&rig, path, no_token, || ask(path, authorization, JSON, &body.to_string()));
        }
    }
    let with = |mut body: Value, member: &str, value: &str| {
        body[member] = value.into();
        body.to_string()
    };
    for (path, content_type, body, refusal) in [
        ("offers", JSON, " ".into(), no_request),
        ("offers", JSON, "{\"person\":".into(), no_request),
        ("offers", JSON, "[".repeat(30_000), no_request),
        ("offers", JSON, with(order.clone(), "fee", "0"), no_request),
        ("offers", JSON, "x".repeat(33 << 10), (413, "content_too_large")),
        ("offers", FORM, format!("person={person}"), (415, "unsupported_media_type")),
        ("offers", JSON, json!({ "person": "nobody" }).to_string(), none),
        ("reports", JSON, json!({ "person": "nobody", "what": "card" }).to_string(), none),
        ("reports", JSON, report("cat").to_string(), no_request),
        // There is no phone yet, and no such card.
        ("reports", JSON, report("found").to_string(), none),
        ("reports", JSON, with(report("card"), "card", "TS0000000"), none),
        ("reports", JSON, with(report("phone"), "card", "TS0000000"), no_request),
        ("confirmations", JSON, json!({ "offer": "00" }).to_string(), no_request),
        ("confirmations", JSON, json!({ "offer": "0".repeat(32) }).to_string(), none),
        ("confirmations", JSON, json!({ "offer": offer["offer"] }).to_string(), none),
    ] {
        let what = format!("{path} {}", body.chars().take(60).collect::<String>());
        refused(&rig, &what, refusal, || ask(path, Some(&clerk), content_type, &body));
    }
    // Refusals have not withdrawn the offer. A loss does, where there is no phone yet too: what waits
    // for one is void, and the log says who reported it.
    rig.offer_code(&offer);
    let left = ["codes", "events", "meta", "persons"];
    refused_but_for(&rig, "no phone to lock", none, &left, || {
        ask("reports", Some(&clerk), JSON, &report("phone").to_string())
    });
    let code = offer["offer"].as_str().unwrap();
    let url = format!("{}/offers/{code}", rig.url);
    assert_eq!(rig.http().get("read an offer", &url, JSON).unwrap().status, 404);
}
