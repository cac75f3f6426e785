//! The issuer as its operator and its clients meet it: the program, made from nothing, over TLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use iccard::issuer::config::Config;
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

const PATIENCE: Duration = Duration::from_secs(60);

fn iccard(args: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iccard"));
    command.args(args).stdin(Stdio::null()).output().unwrap()
}

fn init(dir: &Path) -> Value {
    let dir = dir.to_str().unwrap();
    let output = iccard(&["issuer", "init", dir, "--listen", "127.0.0.1:0", "--json"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The program, serving a new folder.
struct Serving {
    _parent: tempfile::TempDir,
    dir: PathBuf,
    clerk: String,
    address: String,
    agent: Agent,
    child: Child,
}

impl Serving {
    fn start(change: impl FnOnce(&Path)) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("issuer");
        let made = init(&dir);
        change(&dir);
        let clerk = made["clerk"]["token"].as_str().unwrap().to_owned();
        let log = std::fs::File::create(dir.join("log")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_iccard"))
            .args(["issuer", "serve", "--config"])
            .arg(dir.join("issuer.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        // The first line says that connections are taken.
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let log = std::fs::read_to_string(dir.join("log")).unwrap();
        let address = line.trim().strip_prefix("listening https://");
        let address = address.unwrap_or_else(|| panic!("{line:?} {log}")).to_owned();
        let agent = agent(&dir.join("tls/ca.pem"));
        Self { _parent: parent, dir, clerk, address, agent, child }
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    fn get(&self, path: &str, accept: &str) -> (u16, Vec<u8>) {
        let mut reply = self.agent.get(self.url(path)).header("Accept", accept).call().unwrap();
        (reply.status().as_u16(), reply.body_mut().read_to_vec().unwrap())
    }

    fn post(&self, path: &str, content_type: &str, more: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut request = self.agent.post(self.url(path)).header("Content-Type", content_type);
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let mut reply = request.send(body).unwrap();
        let challenge = reply.headers().get("www-authenticate");
        let challenge = challenge.map(|v| v.to_str().unwrap().to_owned());
        let body = reply.body_mut().read_to_vec().unwrap();
        Reply { status: reply.status().as_u16(), challenge, body }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).unwrap()
    }

    fn events(&self) -> u64 {
        let config = Config::load(&self.dir.join("issuer.toml")).unwrap();
        config.registry().unwrap().event_count().unwrap()
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Reply {
    status: u16,
    challenge: Option<String>,
    body: Vec<u8>,
}

impl Reply {
    fn error(&self) -> String {
        let json: Value = serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)));
        json["error"].as_str().unwrap_or_else(|| panic!("no error: {json}")).to_owned()
    }
}

// An HTTP client whose TLS is another project's, and which believes that CA alone.
fn agent(ca: &Path) -> Agent {
    let pem = std::fs::read(ca).unwrap();
    let roots: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item.unwrap() {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    assert_eq!(roots.len(), 1);
    let tls = TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(roots))).build();
    let config = Agent::config_builder();
    let config = config.tls_config(tls).http_status_as_error(false).timeout_global(Some(PATIENCE));
    config.build().new_agent()
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[test]
fn a_folder_is_made_once() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("issuer");
    init(&dir);
    let config = std::fs::read(dir.join("issuer.toml")).unwrap();
    let again = iccard(&["issuer", "init", dir.to_str().unwrap(), "--json"]);
    assert_eq!(again.status.code(), Some(7));
    let error: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(error["error"]["step"], "make an issuer");
    assert!(error["error"]["help"].as_str().unwrap().contains("never overwritten"));
    assert_eq!(std::fs::read(dir.join("issuer.toml")).unwrap(), config);
}

#[test]
fn a_wrong_configuration_is_told_by_line_before_anything_is_opened() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("issuer");
    init(&dir);
    let path = dir.join("issuer.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = 1 + text.lines().position(|l| l.starts_with("tap = ")).unwrap();
    std::fs::write(&path, text.replace("tap = 90", "tapp = 90")).unwrap();
    let output = iccard(&["issuer", "serve", "--config", path.to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("line {line}: unknown field `tapp`")), "{message}");
    assert!(!dir.join("data/register.db").exists());
    // One that is not there, and one that names what is not there.
    std::fs::write(&path, text.replace("policy.toml", "nowhere.toml")).unwrap();
    for config in [path, dir.join("another.toml")] {
        let output = iccard(&["issuer", "serve", "--config", config.to_str().unwrap(), "--json"]);
        assert_eq!(output.status.code(), Some(7));
        let error: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(error["error"]["help"].as_str().unwrap().contains("check the path"), "{error}");
    }
}

#[test]
fn a_client_with_the_ca_is_served_and_no_other() {
    let serving = Serving::start(|_| {});
    let (status, body) = serving.get("/.well-known/openid-credential-issuer", JSON);
    let metadata: Value = serde_json::from_slice(&body).unwrap();
    // Of the configuration, whatever the client called it.
    assert_eq!(
        (status, metadata["credential_issuer"].as_str()),
        (200, Some("https://localhost:8443"))
    );
    let (status, signed) = serving.get("/.well-known/openid-credential-issuer", "application/jwt");
    let header = String::from_utf8(signed).unwrap();
    assert_eq!((status, header.split('.').count()), (200, 3));
    assert_eq!(serving.get("/readyz", "*/*").0, 200);
    let (status, document) = serving.get("/openapi.json", JSON);
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!((status, document["openapi"].as_str()), (200, Some("3.1.0")));

    // The IACA is no CA of servers, and without TLS nothing is said.
    let other = agent(&serving.dir.join("iaca.pem"));
    let error = other.get(serving.url("/healthz")).call().unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    let mut plain = TcpStream::connect(&serving.address).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn no_refusal_is_a_success_and_none_leaves_a_trace() {
    let serving = Serving::start(|_| {});
    let bearer = format!("Bearer {}", serving.clerk);
    let clerk = [("Authorization", bearer.as_str())];
    let token = [("Authorization", "DPoP abc")];
    let dpop = [("Authorization", "DPoP abc"), ("DPoP", "e30.e30.AA")];
    let twice = [("DPoP", "a.b.c"), ("DPoP", "a.b.c")];
    let grant = "grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code";
    let code = format!("{grant}&pre-authorized_code=abc");
    for (path, content_type, headers, body, status, error) in [
        ("/token", FORM, &[][..], "", 400, "invalid_request"),
        ("/token", FORM, &[], "grant_type=password", 400, "unsupported_grant_type"),
        ("/token", FORM, &[], grant, 400, "invalid_request"),
        // DPoP is required (RFC 9449), once.
        ("/token", FORM, &[], &code, 400, "invalid_dpop_proof"),
        ("/token", FORM, &twice, &code, 400, "invalid_dpop_proof"),
        ("/token", FORM, &dpop[1..], &code, 400, "invalid_dpop_proof"),
        ("/credential", JSON, &[], "{}", 401, "invalid_token"),
        ("/credential", JSON, &token, "{}", 401, "invalid_dpop_proof"),
        ("/credential", JSON, &dpop, "{", 401, "invalid_dpop_proof"),
        ("/deferred", JSON, &[], "{}", 401, "invalid_token"),
        ("/notification", JSON, &[], "{}", 401, "invalid_token"),
        ("/tap/session", JSON, &[], "{}", 400, "invalid_dpop_proof"),
        ("/tap/evidence", JSON, &[], "{", 400, "invalid_dpop_proof"),
        ("/tap/frame", JSON, &[], "[]", 400, "invalid_dpop_proof"),
        ("/office/offers", JSON, &[], "{}", 401, "invalid_token"),
        ("/office/offers", JSON, &token, "{}", 401, "invalid_token"),
        ("/office/offers", JSON, &clerk, "{\"person\":", 400, "invalid_request"),
        ("/office/offers", JSON, &clerk, "[1]", 400, "invalid_request"),
        ("/office/offers", JSON, &clerk, "\u{0}", 400, "invalid_request"),
        ("/office/offers", JSON, &clerk, &"[".repeat(30_000), 400, "invalid_request"),
        ("/office/offers", JSON, &clerk, "{\"person\":\"nobody\"}", 404, "not_found"),
        ("/office/reports", JSON, &clerk, "{}", 400, "invalid_request"),
    ] {
        let reply = serving.post(path, content_type, headers, body.as_bytes());
        let what = format!("{path} {}", &body[..body.len().min(40)]);
        assert_eq!((reply.status, reply.error().as_str()), (status, error), "{what}");
        let scheme = if path.starts_with("/office") { "Bearer " } else { "DPoP " };
        let challenged = reply.challenge.as_deref().map(|c| c.starts_with(scheme));
        assert_eq!(challenged, (status == 401).then_some(true), "{what}");
    }
    for (path, status) in [
        ("/offers/x", 404),
        ("/offers/00000000000000000000000000000000", 404),
        ("/status/x", 404),
        ("/status/99", 404),
        ("/status/01", 404),
        ("/status/1?time=1", 501),
        ("/ledger/proof", 400),
        ("/ledger/proof?index=0", 404),
        ("/ledger/proof?index=-1", 400),
        ("/ledger/consistency?from=5", 404),
        ("/office/history?person=P-0001", 401),
    ] {
        assert_eq!(serving.get(path, "*/*").0, status, "{path}");
    }
    assert_eq!(serving.events(), 0);
}

#[test]
fn a_handshake_that_does_not_come_is_not_waited_for() {
    let serving = Serving::start(|dir| {
        let path = dir.join("issuer.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replace("head_seconds = 10", "head_seconds = 1")).unwrap();
    });
    // Nothing, and the beginning of a ClientHello.
    for begun in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = TcpStream::connect(&serving.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(begun).unwrap();
        let end = stream.read_to_end(&mut Vec::new());
        let waited = |e: &std::io::Error| e.kind() == std::io::ErrorKind::WouldBlock;
        assert!(!end.as_ref().is_err_and(waited), "{end:?}");
    }
    assert_eq!(serving.get("/healthz", "*/*").0, 200);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_well() {
    for name in ["TERM", "INT"] {
        let mut serving = Serving::start(|_| {});
        assert_eq!(serving.get("/healthz", "*/*").0, 200);
        serving.signal(name);
        assert_eq!(serving.child.wait().unwrap().code(), Some(0), "{}", serving.log());
        // What it was asked stands in the log, a line of JSON each.
        let log = serving.log();
        let lines = log.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok());
        assert_eq!(lines.filter(|l| l["route"] == "healthy").count(), 1, "{log}");
    }
}

#[cfg(feature = "wallet")]
#[test]
fn the_log_of_an_enrolment_says_nothing_of_whose_it_is() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("https://localhost:{port}");
    let serving = Serving::start(|dir| {
        let path = dir.join("issuer.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace("https://localhost:8443", &url);
        let text = text.replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
        std::fs::write(path, text).unwrap();
    });
    let wallet = serving.dir.join("wallet");
    let enrolled = Command::new(env!("CARGO_BIN_EXE_iccard"))
        .args(["wallet", "enroll", "--issuer", &url, "--card", "emulated:resident"])
        .args(["--pin", "271224", "--json", "--from"])
        .arg(&serving.dir)
        .arg("--wallet")
        .arg(&wallet)
        .env("ICCARD_WALLET_PASSPHRASE", "of a test")
        .env("ICCARD_CACHE", &serving.dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(enrolled.status.success(), "{enrolled:?} {}", serving.log());
    let offer = br#"{"person":"P-0004"}"#;
    let bearer = format!("Bearer {}", serving.clerk);
    let offer = serving.post("/office/offers", JSON, &[("Authorization", &bearer)], offer);
    assert_eq!(offer.status, 200);
    assert!(serving.events() >= 3);
    let log = serving.log();
    for route in ["tap_session", "tap_evidence", "tap_frame", "token", "credential"] {
        assert!(log.contains(&format!("\"route\":\"{route}\"")), "{route}: {log}");
    }
    // Names, numbers, days, addresses, the card, the clerk's token, and where it came from.
    let people = std::fs::read_to_string(serving.dir.join("people.csv")).unwrap();
    let values = people.lines().skip(1).flat_map(|row| row.split(','));
    let personal = values.filter(|v| v.len() > 3 && !["true", "false"].contains(v));
    for value in personal.chain(["271224", "127.0.0.1", serving.clerk.as_str()]) {
        assert!(!log.contains(value), "{value}: {log}");
    }
}
