//! Clients that are slow, and services that fail or hang.

use std::num::NonZeroU32;
use std::time::Duration;

use super::support::{get, post, start, wait_until};

const SHORT: Duration = Duration::from_millis(50);

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let running = start(|settings| settings.body_time = SHORT);
    let mut client = running.connect();
    client.send(&post("/notification", "application/json", "{}").replace("Length: 2", "Length: 9"));
    let response = client.response();
    assert_eq!((response.status, response.error().as_str()), (408, "request_timeout"));
    assert!(client.rest().is_empty(), "the connection is closed");
    // One that ends early is no body.
    assert_eq!(running.asked(), 0);
}

#[test]
fn a_head_that_does_not_come_is_not_waited_for() {
    let running = start(|settings| settings.head_time = SHORT);
    // None at all, and half of one.
    for begun in ["", "GET /healthz HTTP/1.1\r\nHost:"] {
        let mut client = running.connect();
        client.send(begun);
        assert!(!client.rest().starts_with(b"HTTP/1.1 2"));
    }
    // And none after an answer.
    let running = start(|settings| settings.head_time = Duration::from_secs(2));
    let mut client = running.connect();
    client.send(&get("/healthz", ""));
    assert_eq!(client.response().status, 200);
    assert!(client.rest().is_empty());
}

#[test]
fn an_answer_that_is_not_read_is_not_kept() {
    let running = start(|settings| settings.write_time = SHORT);
    let mut client = running.connect();
    client.send(&get("/ledger/proof", ""));
    wait_until("the service was asked", || running.asked() == 1);
    let metrics = &running.fake;
    use crate::issuer::http::Service;
    wait_until("the connection was given up", || metrics.metrics().connections().get() == 0);
    drop(client);
}

#[test]
fn a_panic_is_an_error_without_details_and_the_next_request_is_answered() {
    let running = start(|_| {});
    let mut client = running.connect();
    client.send(&post("/challenge", "", ""));
    let response = client.response();
    assert_eq!((response.status, response.error().as_str()), (500, "server_error"));
    assert!(!String::from_utf8(response.body).unwrap().contains("HONG"));
    client.send(&get("/offers/a", ""));
    assert_eq!(client.response().status, 200);
}

#[test]
fn a_service_that_hangs_is_not_waited_for() {
    let running = start(|settings| settings.answer_time = SHORT);
    let response = running.ask(&post("/nonce", "", ""));
    assert_eq!((response.status, response.error().as_str()), (503, "temporarily_unavailable"));
    assert_eq!(response.header("retry-after"), Some("5"));
    // The thread that hangs is one of many.
    wait_until("another is answered", || running.ask(&get("/offers/a", "")).status == 200);
    running.leave.send(()).unwrap();
}

#[test]
fn beyond_the_most_connections_one_waits_for_a_place() {
    let running = start(|settings| settings.connections = 1);
    let mut first = running.connect();
    first.send(&get("/offers/1", ""));
    assert_eq!(first.response().status, 200);
    let mut second = running.connect();
    second.send(&get("/offers/2", ""));
    // The first keeps its place as long as it is connected.
    for _ in 0..20 {
        first.send(&get("/offers/1", ""));
        assert_eq!(first.response().status, 200);
    }
    drop(first);
    assert_eq!(second.response().status, 200);
    let asked = running.fake.asked.lock().unwrap();
    let order: Vec<_> = asked.iter().map(|r| r.id.as_deref().unwrap()).collect();
    assert_eq!(order[..21], ["1"; 21]);
    assert_eq!(order[21..], ["2"]);
}

#[test]
fn one_address_cannot_take_all_connections() {
    let running = start(|settings| settings.connections_per_address = NonZeroU32::new(2));
    let mut held = [running.connect(), running.connect()];
    for client in &mut held {
        client.send(&get("/offers/1", ""));
        assert_eq!(client.response().status, 200);
    }
    assert!(running.connect().rest().is_empty(), "closed without an answer");
    // The others are left alone, and what is given back can be had again.
    let [mut first, second] = held;
    first.send(&get("/offers/1", ""));
    assert_eq!(first.response().status, 200);
    drop(second);
    use crate::issuer::http::Service;
    let open = || running.fake.metrics().connections().get();
    wait_until("the connection is over", || open() == 1);
    wait_until("another has its place", || running.connect().answers(&get("/offers/1", "")));
    // A proxy brings everybody.
    let running = start(|settings| {
        settings.connections_per_address = NonZeroU32::new(1);
        settings.proxies = vec!["127.0.0.1".parse().unwrap()];
    });
    let mut held = [running.connect(), running.connect()];
    for client in &mut held {
        client.send(&get("/offers/1", ""));
        assert_eq!(client.response().status, 200);
    }
}
