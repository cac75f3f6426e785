//! What a request has to look like.

use super::support::{get, post, rate, start, start_with};
use crate::issuer::Rates;
use crate::issuer::http::Route;

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn what_does_not_fit_is_refused_by_name_before_anybody_looks_at_it() {
    let running = start(|_| {});
    let big = "a".repeat((32 << 10) + 1);
    let chunked = format!(
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{big}\r\n0\r\n\r\n",
        big.len()
    );
    for (request, status, code) in [
        (get("/nowhere", ""), 404, "not_found"),
        (get("/offers", ""), 404, "not_found"),
        (get("/offers/%FF", ""), 404, "not_found"),
        (get("/token", ""), 405, "method_not_allowed"),
        (post("/status/1", FORM, ""), 405, "method_not_allowed"),
        ("BREW /token HTTP/1.1\r\nHost: x\r\n\r\n".into(), 405, "method_not_allowed"),
        (get("/status/1", "Accept: text/html\r\n"), 406, "not_acceptable"),
        (get("/.well-known/openid-credential-issuer", "Accept: a/b\r\n"), 406, "not_acceptable"),
        (post("/token", "application/json", "{}"), 415, "unsupported_media_type"),
        (post("/token", "", ""), 415, "unsupported_media_type"),
        (post("/credential", FORM, "a=b"), 415, "unsupported_media_type"),
        (post("/token", FORM, &big), 413, "content_too_large"),
        (
            post("/tap/evidence", "application/json", &"a".repeat((3 << 19) + 1)),
            413,
            "content_too_large",
        ),
        (chunked, 413, "content_too_large"),
        (get("/offers/a", "Authorization: a\r\nAuthorization: b\r\n"), 400, "invalid_request"),
        (
            get("/offers/a", "OAuth-Client-Attestation: a\r\nOAuth-Client-Attestation: b\r\n"),
            400,
            "invalid_request",
        ),
    ] {
        let response = running.ask(&request);
        let line = request.lines().next().unwrap();
        assert_eq!((response.status, response.error().as_str()), (status, code), "{line}");
        assert_eq!(response.header("cache-control"), Some("no-store"), "{line}");
    }
    assert_eq!(running.asked(), 0);
    // Of what HTTP itself does not have, hyper says so.
    for bad in ["\r\n\r\nGET", "GET /token HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"] {
        let mut client = running.connect();
        client.send(bad);
        client.send("\r\n\r\n");
        assert!(client.rest().starts_with(b"HTTP/1.1 400"), "{bad:?}");
    }
    let many: String = (0..100).map(|i| format!("x-{i}: a\r\n")).collect();
    assert_eq!(running.ask(&get("/nonce", &many)).status, 431);
    // 405 says what would do (RFC 9110 clause 15.5.6).
    assert_eq!(running.ask(&get("/token", "")).header("allow"), Some("POST"));
    assert_eq!(running.ask(&post("/offers/a", FORM, "")).header("allow"), Some("GET, HEAD"));
    assert_eq!(running.asked(), 0);
}

#[test]
fn what_fits_comes_to_the_service_as_it_was_sent() {
    let running = start(|_| {});
    let response = running.ask(&post("/token", &format!("{FORM}; charset=utf-8"), "a=b"));
    assert_eq!(response.status, 200);
    let most = "a".repeat(3 << 19);
    assert_eq!(running.ask(&post("/tap/evidence", "application/json", &most)).status, 200);
    let more = "DPoP: one\r\nDPoP: two\r\nAuthorization: DPoP t\r\n\
                OAuth-Client-Attestation: a\r\nOAuth-Client-Attestation-PoP: p\r\n";
    running.ask(&get("/offers/abc?x=1&x=2", more));
    let asked = running.fake.asked.lock().unwrap();
    assert_eq!((asked[0].route, asked[0].body.as_slice()), (Route::Token, &b"a=b"[..]));
    assert_eq!(asked[0].content_type, Some(FORM));
    assert_eq!(asked[1].body.len(), most.len());
    let offer = &asked[2];
    assert_eq!(offer.id.as_deref(), Some("abc"));
    assert_eq!(offer.query, [("x".into(), "1".into()), ("x".into(), "2".into())]);
    let call = &offer.call;
    // Without the query, and of the URL that was configured: Host said x.
    assert_eq!(call.url, "https://issuer.example/offers/abc");
    assert_eq!((call.method.as_str(), call.dpop.len()), ("GET", 2));
    assert_eq!(call.authorization.as_deref(), Some("DPoP t"));
    assert_eq!(
        (call.attestation.as_deref(), call.attestation_pop.as_deref()),
        (Some("a"), Some("p"))
    );
    assert_eq!(call.address, Some("127.0.0.1".parse().unwrap()));
}

#[test]
fn an_issuer_with_a_path_answers_there() {
    let running = start(|settings| settings.url = "https://issuer.example/kr".into());
    let url = |path: &str| running.ask(&post(path, FORM, "")).json()["url"].clone();
    assert_eq!(url("/kr/token"), "https://issuer.example/kr/token");
    let metadata = "/.well-known/openid-credential-issuer/kr";
    assert_eq!(running.ask(&get(metadata, "")).status, 200);
    assert_eq!(running.ask(&post("/token", FORM, "")).status, 404);
}

#[test]
fn refusals_and_answers_have_the_headers_that_go_with_them() {
    let running = start(|_| {});
    let refused = running.ask(&post("/credential", "application/json", "{}"));
    assert_eq!((refused.status, refused.error().as_str()), (401, "invalid_token"));
    let challenge = r#"DPoP error="invalid_token", algs="ES256""#;
    assert_eq!(refused.header("www-authenticate"), Some(challenge));
    let nothing = running.ask(&post("/notification", "application/json", "{}"));
    assert_eq!((nothing.status, nothing.header("content-type")), (204, None));

    let path = "/.well-known/openid-credential-issuer";
    let signed = running.ask(&get(path, "Accept: application/jwt\r\n"));
    assert_eq!(signed.json()["form"], "application/jwt");
    assert_eq!(signed.header("access-control-allow-origin"), Some("*"));
    let preflight = running.ask(&format!("OPTIONS {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-methods"), Some("GET"));
    assert_eq!(running.ask("OPTIONS /token HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
    assert_eq!(running.ask(&post("/token", FORM, "")).header("access-control-allow-origin"), None);

    let gzip = "Accept-Encoding: gzip\r\n";
    let list = running.ask(&get("/status/1", gzip));
    assert_eq!(list.header("content-type"), Some("application/statuslist+jwt"));
    assert_eq!(list.header("content-encoding"), Some("gzip"));
    assert_eq!(list.header("cache-control"), Some("public, max-age=600"));
    assert_eq!(list.header("vary"), Some("Accept, Accept-Encoding"));
    let mut plain = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(list.body.as_slice());
    std::io::Read::read_to_end(&mut reader, &mut plain).unwrap();
    assert_eq!(plain, vec![b'a'; 100_000]);
    // CBOR is not zipped: its list is already.
    let cwt =
        running.ask(&get("/status/1", &format!("Accept: application/statuslist+cwt\r\n{gzip}")));
    assert_eq!(cwt.header("content-type"), Some("application/statuslist+cwt"));
    assert_eq!((cwt.header("content-encoding"), cwt.body.len()), (None, 100_000));
}

#[test]
fn an_address_has_its_turns_and_a_proxys_word_counts_where_it_is_known() {
    let rates = Rates { address: rate(1), ..Rates::default() };
    let ask = |running: &super::support::Running, from: &str| {
        let forwarded = format!("X-Forwarded-For: 203.0.113.9, {from}\r\n");
        running.ask(&get("/offers/a", &forwarded))
    };
    let direct = start_with(rates, |_| {});
    // What a stranger says of itself does not count.
    assert_eq!(ask(&direct, "192.0.2.1").status, 200);
    let refused = ask(&direct, "192.0.2.4");
    assert_eq!((refused.status, refused.error().as_str()), (429, "too_many_requests"));
    let seconds: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    assert_eq!(direct.asked(), 1);
    // Supervisors are not counted.
    assert_eq!(direct.ask(&get("/healthz", "")).status, 200);
    assert_eq!(direct.ask(&get("/readyz", "")).status, 200);

    let behind =
        start_with(rates, |settings| settings.proxies = vec!["127.0.0.1".parse().unwrap()]);
    assert!((0..9).all(|i| ask(&behind, &format!("192.0.2.{i}")).status == 200));
    assert_eq!(ask(&behind, "192.0.2.0").status, 429);
}
