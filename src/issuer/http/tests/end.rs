//! Stopping, and what an operator sees.

use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::support::{Client, PATIENCE, get, post, start, wait_until};
use crate::issuer::http::{Ended, json_lines};

#[test]
fn a_request_in_flight_is_finished_and_no_new_one_is_taken() {
    let mut running = start(|_| {});
    let mut idle = running.connect();
    idle.send(&get("/readyz", ""));
    assert_eq!(idle.response().status, 200);
    let mut client = running.connect();
    client.send(&post("/nonce", "", ""));
    running.entered.recv_timeout(PATIENCE).unwrap();
    running.stop.stop();
    let address = running.address;
    wait_until("it listens no more", || TcpStream::connect(address).is_err());
    assert!(idle.rest().is_empty(), "an idle connection is closed");
    running.leave.send(()).unwrap();
    let response = client.response();
    assert_eq!((response.status, response.json()["c_nonce"].as_str()), (200, Some("n")));
    assert!(client.rest().is_empty());
    assert_eq!(running.end(), Ended::Clean);
}

#[test]
fn a_request_that_does_not_end_is_cut_after_the_time_of_grace() {
    let mut running = start(|settings| settings.grace = Duration::from_millis(50));
    let mut client = running.connect();
    client.send(&post("/nonce", "", ""));
    running.entered.recv_timeout(PATIENCE).unwrap();
    running.stop.stop();
    assert_eq!(running.end(), Ended::Cut);
    assert!(client.rest().is_empty());
}

#[test]
fn metrics_stand_apart_and_count_by_route_and_code() {
    let running = start(|settings| settings.metrics = Some("127.0.0.1:0".into()));
    running.ask(&get("/nowhere/HONG", ""));
    running.ask(&post("/notification", "application/json", "{}"));
    assert_eq!(running.ask(&get("/metrics", "")).status, 404, "not at the door");
    let mut scraper = Client::connect(running.metrics.unwrap());
    scraper.send(&get("/metrics", ""));
    let response = scraper.response();
    let text = String::from_utf8(response.body).unwrap();
    for line in [
        r#"iccard_http_requests_total{route="none",method="GET",status="404"} 2"#,
        r#"iccard_http_requests_total{route="notification",method="POST",status="204"} 1"#,
        r#"iccard_refusals_total{code="not_found"} 2"#,
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("HONG"));
    let mut other = Client::connect(running.metrics.unwrap());
    other.send(&get("/", ""));
    assert_eq!(other.response().status, 404);
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_log_has_every_request_and_nothing_of_what_was_in_it() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = json_lines(move || writer.clone());
    // The server's threads are not this one.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let running = start(|_| {});
    let head = "DPoP: secret-1\r\nAuthorization: DPoP secret-2\r\nUser-Agent: secret-3\r\n\
                X-Forwarded-For: 203.0.113.7\r\n";
    let responses = [
        running.ask(&get("/office/history?person=secret-4", head)),
        running.ask(&get("/offers/secret-5", head)),
        running.ask(&get("/secret-6", head)),
        running.ask(&post("/token", "application/x-www-form-urlencoded", "tx_code=secret-7")),
        running.ask(&post("/credential", "application/json", r#"{"name":"secret-8"}"#)),
        running.ask("SECRET-9 /token HTTP/1.1\r\nHost: secret-10\r\n\r\n"),
        running.ask(&post("/challenge", "", "")),
    ];
    drop(running);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for response in &responses {
        let number = response.header("iccard-request").unwrap();
        let line = text.lines().find(|l| l.contains(number)).unwrap_or_else(|| panic!("{text}"));
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["status"], response.status);
        assert!(line["route"].is_string() && line["ms"].is_f64(), "{line}");
        let code = if response.status < 400 { String::new() } else { response.error() };
        assert_eq!(line["code"], code);
    }
    for secret in ["secret", "SECRET", "203.0.113", "127.0.0.1", "HONG", "3980016"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
