//! `iccard office`, against a server that answers as an issuer does.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use serde_json::{Value, json};

use super::iccard;

/// A server on loopback with these answers, and what it was asked.
fn server(answers: Vec<(u16, Value)>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            tell.send(request(&mut stream)).unwrap();
            let (body, close) = (body.to_string(), "connection: close");
            let head = format!("HTTP/1.1 {status} X\r\n{close}\r\ncontent-length: {}", body.len());
            stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        }
    });
    (url, told)
}

/// A whole request: head and body.
fn request(stream: &mut TcpStream) -> String {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    let head = String::from_utf8(text).unwrap();
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn offer() -> Value {
    json!({
        "offer": "00112233445566778899aabbccddeeff",
        "offer_uri": "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.test%2F\
                      offers%2F00112233445566778899aabbccddeeff",
        "tx_code": "493536",
        "expires_at": "2025-04-01T03:03:00Z",
        "fee": 0,
        "fees": [],
    })
}

#[test]
fn an_offer_is_a_qr_code_and_a_code_apart_from_it() {
    let dir = tempfile::tempdir().unwrap();
    let (url, told) = server(vec![(200, offer()), (200, offer())]);
    let run = |more: &[&str]| {
        let mut command = iccard(dir.path());
        command.env("ICCARD_CLERK_TOKEN", "secret").args(["office", "offer", "--issuer", &url]);
        let done = command.args(["--person", "P-0004"]).args(more).assert().code(0);
        String::from_utf8(done.get_output().stdout.clone()).unwrap()
    };
    let printed = run(&["--svg", "offer.svg"]);
    let asked = told.recv().unwrap();
    assert!(asked.starts_with("POST /office/offers HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_lowercase().contains("\r\nauthorization: bearer secret\r\n"), "{asked}");
    let body: Value = serde_json::from_str(asked.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body, json!({ "person": "P-0004" }));
    assert!(printed.contains("tx_code   493536"), "{printed}");
    // A square of half blocks, light around: two modules a line.
    let blocks: Vec<_> =
        printed.lines().take_while(|line| line.contains(['█', '▀', '▄'])).collect();
    let width = blocks[0].chars().count();
    assert!(blocks.iter().all(|line| line.chars().count() == width));
    assert_eq!(blocks.len(), width.div_ceil(2));
    let svg = std::fs::read_to_string(dir.path().join("offer.svg")).unwrap();
    assert!(svg.contains("<svg") && !svg.contains("493536"));

    let printed = run(&["--tx-code-file", "tx", "--json"]);
    let object: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(object.get("tx_code"), None);
    assert_eq!(object["offer"], offer()["offer"]);
    assert_eq!(std::fs::read_to_string(dir.path().join("tx")).unwrap(), "493536\n");
}

#[test]
fn reports_and_history_ask_for_what_they_say() {
    let dir = tempfile::tempdir().unwrap();
    let phone = json!({
        "id": "00", "state": "suspended", "way": "qr",
        "since": "2025-04-01T03:00:00Z", "term_until": "2028-04-01T14:59:59Z",
    });
    let changed = json!({ "phone": phone, "credentials_changed": 2, "checked": false });
    let event = json!({
        "number": 7, "at": "2025-04-01T03:00:00Z", "kind": "phone-suspended",
        "phone": "00", "detail": "\u{1b}[2Jx",
    });
    let history = json!({ "phone": null, "events": [event] });
    let mut answers = vec![(200, changed); 7];
    answers.push((200, history));
    let (url, told) = server(answers);
    std::fs::write(dir.path().join("token"), "secret\n").unwrap();
    let run = |command: &[&str]| {
        let to = ["--issuer", &url, "--token-file", "token", "--person", "P 4&x=1"];
        super::text(dir.path(), &[&["office"], command, &to[..]].concat(), 0)
    };
    for (command, what) in [
        (&["report-lost", "card"][..], "card"),
        (&["report-lost", "phone"], "phone"),
        (&["card-found"], "card-found"),
        (&["resume"], "found"),
        (&["report-change", "address"], "address"),
        (&["report-change", "left"], "left"),
    ] {
        let printed = run(command);
        assert!(printed.contains("phone     suspended") && printed.contains("2 credentials"));
        assert!(printed.contains("nobody has looked whether there is such a person"), "{printed}");
        let asked = told.recv().unwrap();
        assert!(asked.starts_with("POST /office/reports HTTP/1.1\r\n"), "{asked}");
        let body: Value = serde_json::from_str(asked.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(body, json!({ "person": "P 4&x=1", "what": what }));
    }
    run(&["report-lost", "card", "--number", "TS1"]);
    let asked = told.recv().unwrap();
    let body: Value = serde_json::from_str(asked.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["card"], "TS1");
    let printed = run(&["history"]);
    assert!(printed.contains("phone-suspended") && !printed.contains('\u{1b}'), "{printed}");
    let asked = told.recv().unwrap();
    assert!(asked.starts_with("GET /office/history?person=P%204%26x%3D1 HTTP/1.1\r\n"), "{asked}");
}

#[test]
fn what_the_issuer_refuses_has_its_exit_code_and_help() {
    let dir = tempfile::tempdir().unwrap();
    let cases = [
        (401, "invalid_token", 5),
        (403, "policy_denied", 1),
        (404, "not_found", 1),
        (400, "invalid_request", 2),
        (503, "temporarily_unavailable", 7),
        (302, "", 7),
    ];
    let body = |code: &str| json!({ "error": code, "error_description": "why \u{1b}[2J" });
    let (url, _told) = server(cases.iter().map(|(s, code, _)| (*s, body(code))).collect());
    let args = ["office", "offer", "--person", "P-1", "--issuer", &url, "--token", "secret"];
    for (_, code, exit) in cases {
        let error = super::json(dir.path(), &args, exit)["error"].clone();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(code) && !message.contains('\u{1b}'), "{message}");
        assert!(error["help"].is_string() && !error.to_string().contains("secret"));
    }
    // Nobody there, no token, and a URL that would show the token to the network.
    super::json(dir.path(), &args, 7);
    let error = &super::json(dir.path(), &args[..6], 2)["error"];
    assert_eq!(error["expected"], "--token-file or ICCARD_CLERK_TOKEN");
    let plain = ["office", "offer", "--person", "P", "--token", "t", "--issuer", "http://e.test"];
    super::json(dir.path(), &plain, 2);
}
