//! The token endpoint.

use iccard::wallet::Patience;
use time::{Duration, UtcDateTime};

use super::{Case, refused, refused_but_for, started};
use crate::support::hand::{
    FORM, GRANT_TYPE, Hand, Headers, JSON, code_of_tap, form, misformed, with, without,
};
use crate::support::register;
use crate::support::rig::Phone;

const DPOP: &str = "DPoP";
const WALLET: &str = "OAuth-Client-Attestation";
const POP: &str = "OAuth-Client-Attestation-PoP";
const NO_PROOF: (u16, &str) = (400, "invalid_dpop_proof");
const NO_CLIENT: (u16, &str) = (401, "invalid_client");
const NO_WALLET: (u16, &str) = (401, "invalid_client_attestation");
const NO_REQUEST: (u16, &str) = (400, "invalid_request");
const NO_GRANT: (u16, &str) = (400, "invalid_grant");

/// Heads that show less than they have to, each of which would do but for one thing.
fn heads(own: &Hand<'_>) -> Vec<(String, Headers, (u16, &'static str))> {
    let (now, hour) = (UtcDateTime::now(), Duration::hours(1));
    let good = || own.headers("/token", None);
    let state = &own.phone.wallet.state;
    let mut all: Vec<(String, Headers, (u16, &'static str))> = vec![
        ("no DPoP proof".into(), without(good(), DPOP), NO_PROOF),
        ("no attestation".into(), without(without(good(), WALLET), POP), NO_CLIENT),
        ("an attestation alone".into(), without(good(), POP), NO_CLIENT),
        ("a proof of possession alone".into(), without(good(), WALLET), NO_CLIENT),
    ];
    let mut twice = good();
    twice.push((DPOP, own.dpop("/token", None, now)));
    all.push(("two DPoP proofs".into(), twice, NO_PROOF));
    let self_made = own.self_made().attestation(now);
    let mut put = |what: &str, name: &'static str, value: String, refusal| {
        all.push((format!("{name}, {what}"), with(good(), name, value), refusal));
    };
    put("of another place", DPOP, own.dpop("/credential", None, now), NO_PROOF);
    put("stale", DPOP, own.dpop("/token", None, now - hour), NO_PROOF);
    put("of the future", DPOP, own.dpop("/token", None, now + hour), NO_PROOF);
    put("over", WALLET, own.attestation(now - 2 * hour), NO_WALLET);
    put("of the future", WALLET, own.attestation(now + hour), NO_WALLET);
    put("self-signed", WALLET, self_made, NO_WALLET);
    put("stale", POP, own.pop(&own.rig.url, now - hour), NO_WALLET);
    put("of the future", POP, own.pop(&own.rig.url, now + hour), NO_WALLET);
    put("for another audience", POP, own.pop("https://other.example", now), NO_WALLET);
    for (what, proof) in misformed(&own.dpop("/token", None, now), state.dpop.secret()) {
        put(what, DPOP, proof, NO_PROOF);
    }
    // Whatever signs it, the header says so first.
    for (what, attestation) in misformed(&own.attestation(now), state.instance.secret()) {
        put(what, WALLET, attestation, NO_WALLET);
    }
    for (what, pop) in misformed(&own.pop(&own.rig.url, now), state.instance.secret()) {
        put(what, POP, pop, NO_WALLET);
    }
    all
}

#[test]
fn a_token_request_that_is_refused_leaves_the_register_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (rig, _running) = started(folder.path(), 2, &[]);
    let client = rig.client(Patience::default()).unwrap();
    let mut phone = Phone::new("token");
    phone.tap(&client, &rig.people[0]).unwrap();
    let offered = rig.offer_code(&rig.offer(&rig.people[1]));
    let (own, good) = (Hand::of(&rig, &phone), form(&code_of_tap(&phone), None));
    let head = || own.headers("/token", None);
    let thief = Phone::new("thief");
    let grant = format!("grant_type={GRANT_TYPE}");
    let case = |what: &str, body: &str, refusal| Case::new(what, head(), FORM, body, refusal);
    let mut cases: Vec<Case> = heads(&own)
        .into_iter()
        .map(|(what, headers, refusal)| Case::new(&what, headers, FORM, &good, refusal))
        .collect();
    assert!(cases.len() > 18);
    cases.extend([
        case("nothing", "&", NO_REQUEST),
        case("no code", &grant, NO_REQUEST),
        case("another grant", "grant_type=password", (400, "unsupported_grant_type")),
        case("a parameter twice", &format!("{good}&{grant}"), NO_REQUEST),
        case("half an escape", &format!("{good}&x=%4"), NO_REQUEST),
        case("a transaction code of nothing", &format!("{good}&tx_code=1"), NO_REQUEST),
        case("no transaction code", &form(&offered, None), NO_REQUEST),
        case("an unknown code", &form("abc", None), NO_GRANT),
        case("an unknown token", "grant_type=refresh_token&refresh_token=abc", NO_GRANT),
        case("too long", &format!("{good}&x={}", "x".repeat(33 << 10)), (413, "content_too_large")),
        Case::new("JSON", head(), JSON, "{}", (415, "unsupported_media_type")),
        Case::new(
            "another wallet's code",
            Hand::of(&rig, &thief).headers("/token", None),
            FORM,
            &good,
            NO_GRANT,
        ),
    ]);
    for Case { what, headers, content_type, body, refusal } in &cases {
        refused(&rig, what, *refusal, || {
            own.send("/token", headers, content_type, body.as_bytes())
        });
    }
    // After all that the code is still good, and the head that shows it good once.
    let headers = head();
    let (status, tokens) = own.send("/token", &headers, FORM, good.as_bytes());
    assert_eq!(status, 200, "{tokens}");
    refused(&rig, "a head again", NO_PROOF, || own.send("/token", &headers, FORM, good.as_bytes()));
    // Nothing that a client could show stands in the register.
    let secrets = ["access_token", "refresh_token"].map(|name| tokens[name].as_str().unwrap());
    let code = code_of_tap(&phone);
    for row in register::rows(&rig.folder).values().flatten() {
        for secret in secrets.iter().chain([&code.as_str(), &offered.as_str()]) {
            assert!(!row.contains(secret) && !row.contains(&hex::encode(secret)), "{row}");
        }
    }
}

#[test]
fn a_wrong_transaction_code_is_counted_and_the_fifth_ends_the_offer() {
    let folder = tempfile::tempdir().unwrap();
    let (rig, _running) = started(folder.path(), 2, &[]);
    // One typing error costs a try and no more; five cost the offer.
    for (person, wrongs) in rig.people.iter().zip([4, 5]) {
        let (offer, phone) = (rig.offer(person), Phone::new(&format!("digits {wrongs}")));
        // As often as a wallet likes.
        let code = rig.offer_code(&offer);
        assert_eq!(rig.offer_code(&offer), code);
        let (own, right) = (Hand::of(&rig, &phone), offer["tx_code"].as_str().unwrap());
        let wrong = if right == "000000" { "000001" } else { "000000" };
        for number in 1..=wrongs {
            let told = refused_but_for(&rig, "wrong digits", NO_GRANT, &["codes"], || {
                own.token(&form(&code, Some(wrong)))
            });
            assert!(told.contains(&format!("{} tries left", 5 - number)), "{told}");
        }
        if wrongs == 4 {
            let (status, tokens) = own.token(&form(&code, Some(right)));
            assert_eq!(status, 200, "{tokens}");
        } else {
            for digits in [right, wrong] {
                refused(&rig, "a dead offer", NO_GRANT, || own.token(&form(&code, Some(digits))));
            }
        }
        let url = format!("{}/offers/{}", rig.url, offer["offer"].as_str().unwrap());
        assert_eq!(rig.http().get("read an offer", &url, JSON).unwrap().status, 404);
    }
}

#[test]
fn a_refresh_token_that_comes_again_ends_what_was_granted() {
    let folder = tempfile::tempdir().unwrap();
    let (rig, _running) = started(folder.path(), 1, &[]);
    let client = rig.client(Patience::default()).unwrap();
    let mut phone = Phone::new("refresh");
    phone.tap(&client, &rig.people[0]).unwrap();
    phone.go_on(&client, &rig.roots()).unwrap();
    let own = Hand::of(&rig, &phone);
    let grant = phone.wallet.state.grant.clone().unwrap();
    let first = grant.refresh.unwrap().to_string();
    let refresh = |hand: &Hand<'_>, token: &str| {
        hand.token(&format!("grant_type=refresh_token&refresh_token={token}"))
    };
    let thief = Phone::new("thief");
    refused(&rig, "by another wallet", NO_GRANT, || refresh(&Hand::of(&rig, &thief), &first));
    let (status, second) = refresh(&own, &first);
    assert_eq!(status, 200, "{second}");
    let show = |token: &str| own.json("/notification", Some(token), &serde_json::json!({}));
    refused(&rig, "the token before", (401, "invalid_token"), || show(&grant.access));
    let access = second["access_token"].as_str().unwrap();
    assert_eq!(show(access).1["error"], "invalid_notification_request");
    // Its successor was used: somebody else has it.
    let left = ["events", "grants", "meta", "tokens"];
    refused_but_for(&rig, "again", NO_GRANT, &left, || refresh(&own, &first));
    let next = second["refresh_token"].as_str().unwrap();
    refused(&rig, "its successor", NO_GRANT, || refresh(&own, next));
    refused(&rig, "its token", (401, "invalid_token"), || show(access));
}
