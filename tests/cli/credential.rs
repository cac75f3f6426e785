//! `iccard credential verify`: both formats, as issued and as shown, and every kind of status.

use std::path::{Path, PathBuf};

use iccard::crypto::{Curve, SecretKey, SeededRng};
use iccard::issuance::mdoc::{self, Transcript};
use iccard::issuance::sd_jwt::{self, Audience};
use iccard::issuance::status_list::{StatusList, Token, sign};
use iccard::issuance::{Order, Period, Signer, Status, StatusRef, Subject};
use iccard::pki::{Contact, DistinguishedName, Profile};
use time::macros::{date, utc_datetime};
use time::{Duration, UtcDateTime};

use super::{json, text};

const NOW: UtcDateTime = utc_datetime!(2025-03-28 00:00);
const AT: &str = "2025-03-28T00:00:00Z";
const CLIENT: &str = "x509_san_dns:verifier.example";
const NONCE: &str = "n-0S6_WzA2Mj";
const ASKED: [&str; 4] = ["--client-id", CLIENT, "--nonce", NONCE];
const IDX: u64 = 42;

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"credential", label))
}

/// A folder with the credentials of one person and the keys behind them.
struct Made {
    dir: tempfile::TempDir,
    status: Signer,
    uri: String,
}

impl Made {
    fn new(uri: &str) -> Self {
        let contact = Contact { uri: "https://issuer.example".into(), crl: None };
        let profile = |cn: &str, serial| Profile {
            subject: DistinguishedName::new("KR", "TEST", cn),
            serial: vec![serial],
            not_before: utc_datetime!(2025-01-01 0:00),
            not_after: utc_datetime!(2026-01-01 0:00),
        };
        let root = profile("TEST IACA", 1).iaca(&key("iaca"), &contact).unwrap();
        let other = profile("TEST IACA", 1).iaca(&key("other"), &contact).unwrap();
        let document = profile("TEST DS", 2)
            .mdoc_signer(&key("document").public(), &root, &key("iaca"), &contact)
            .unwrap();
        let status = profile("TEST status", 3)
            .status_signer(&key("status").public(), &root, &key("iaca"))
            .unwrap();
        let document = Signer::new(key("document"), vec![document]).unwrap();
        let status = Signer::new(key("status"), vec![status]).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let made = Self { dir, status, uri: uri.to_owned() };
        made.write("iaca.pem", root.to_pem());
        made.write("other.pem", other.to_pem());

        let subject = Subject {
            family_name: "HONG".into(),
            given_name: "GILDONG".into(),
            family_name_national: Some("홍".into()),
            given_name_national: Some("길동".into()),
            birth_date: date!(2007 - 02 - 28),
            sex: Some(1),
            nationality: "KR".into(),
            personal_number: None,
            address: Some("TEST\u{1b}[2J".into()),
            portrait: Some(vec![0xFF; 900]),
            document_number: Some("TS0000001".into()),
            issuing_authority: "TEST".into(),
            issuing_country: "KR".into(),
            issue_date: NOW.date(),
            expiry_date: date!(2028 - 03 - 28),
        };
        let holder = key("holder");
        let period = Period::new(NOW, NOW + Duration::days(90), document.certificate()).unwrap();
        let place = StatusRef { idx: IDX, uri: made.uri.clone() };
        let order = Order { subject: &subject, holder: &holder.public(), period, status: &place };
        let mut rng = SeededRng::new(b"credential", "salts");

        let sd = sd_jwt::issue(&order, "urn:kr.example:resident:1", &document, &mut rng).unwrap();
        let audience = Audience { aud: CLIENT, nonce: NONCE };
        let shown = sd_jwt::present(&sd, &["name"], audience, &holder, NOW).unwrap();
        made.write("sd-jwt", format!("{sd}\n"));
        made.write("sd-jwt.shown", shown);

        let signed = mdoc::issue(&order, "kr.example.resident.1", &document, &mut rng).unwrap();
        let uri = "https://verifier.example/response";
        let transcript = Transcript::openid4vp(CLIENT, NONCE, None, uri).unwrap();
        let shown = mdoc::present(&signed, &["age_over_18"], &transcript, &holder).unwrap();
        made.write(
            "mdoc.b64",
            base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &signed),
        );
        made.write("mdoc", signed);
        made.write("mdoc.shown", shown);
        made
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Both forms of a list with that status of the credential.
    fn list(&self, status: Status, iat: UtcDateTime) -> (String, Vec<u8>) {
        let mut list = StatusList::new(1000);
        list.set(IDX, status).unwrap();
        let (uri, exp) = (self.uri.clone(), iat + Duration::DAY);
        let token = Token { uri, iat, exp, ttl: Duration::minutes(10) };
        let signed = sign(&list, &token, &self.status).unwrap();
        (signed.jwt, signed.cwt)
    }

    fn verify(&self, args: &[&str], code: i32) -> serde_json::Value {
        let all = [&["credential", "verify", "--iaca", "iaca.pem"], args].concat();
        json(self.path(), &all, code)
    }
}

#[test]
fn both_formats_are_judged_as_issued_and_as_shown() {
    let made = Made::new("https://issuer.example/status/1");
    let issued = made.verify(&["sd-jwt", "--at", AT], 0);
    assert_eq!(issued["format"], "dc+sd-jwt");
    assert_eq!(
        (&issued["verdict"], &issued["presented"]),
        (&"VERIFIED, STATUS NOT CHECKED".into(), &false.into())
    );
    assert_eq!(issued["claims"]["name"], "홍길동");
    assert_eq!(issued["status"]["value"], "not_checked");
    assert_eq!(issued["good_until"], "2025-06-26T00:00:00Z");
    let shown = made.verify(&[&["sd-jwt.shown", "--at", AT][..], &ASKED].concat(), 0);
    assert_eq!(shown["claims"], serde_json::json!({ "name": "홍길동" }));
    assert_eq!((&shown["presented"], &shown["holder"]), (&true.into(), &issued["holder"]));

    for file in ["mdoc", "mdoc.b64"] {
        let issued = made.verify(&[file, "--at", AT], 0);
        assert_eq!(issued["format"], "mso_mdoc");
        assert_eq!(issued["claims"]["family_name"], "HONG");
        assert_eq!(issued["holder"], shown["holder"]);
    }
    let uri = ["--response-uri", "https://verifier.example/response"];
    let asked = [&["mdoc.shown", "--at", AT][..], &ASKED].concat();
    let shown = made.verify(&[&asked[..], &uri].concat(), 0);
    assert_eq!(shown["claims"], serde_json::json!({ "age_over_18": true }));
    let help = made.verify(&asked, 2);
    assert_eq!(help["error"]["expected"], "--response-uri");
    let elsewhere = [&asked[..], &["--response-uri", "https://other.example"]].concat();
    made.verify(&elsewhere, 1);

    // For people: one line a claim, none longer than a line, nothing that moves a cursor.
    let args = ["credential", "verify", "sd-jwt", "--iaca", "iaca.pem", "--at", AT];
    let printed = text(made.path(), &args, 0);
    assert!(printed.contains("age_equal_or_over/19 false"), "{printed}");
    assert!(printed.ends_with("verdict   VERIFIED, STATUS NOT CHECKED\n"), "{printed}");
    assert!(!printed.contains('\u{1b}') && printed.lines().all(|l| l.chars().count() < 150));
}

#[test]
fn what_is_not_to_be_believed_is_told_apart_from_what_was_not_asked_rightly() {
    let made = Made::new("https://issuer.example/status/1");
    // Whose presentation is it?
    for file in ["sd-jwt.shown", "mdoc.shown"] {
        let error = made.verify(&[file, "--at", AT], 2);
        assert_eq!(error["error"]["expected"], "--nonce and --client-id", "{file}");
    }
    for file in ["sd-jwt", "mdoc"] {
        let error = made.verify(&[&[file, "--at", AT][..], &ASKED].concat(), 1);
        assert_eq!(error["error"]["got"], "a credential as it was issued");
    }
    let other = ["--client-id", CLIENT, "--nonce", "another"];
    made.verify(&[&["sd-jwt.shown", "--at", AT][..], &other].concat(), 1);
    let late = ["sd-jwt.shown", "--at", "2025-03-28T00:05:01Z"];
    made.verify(&[&late[..], &ASKED].concat(), 1);
    made.verify(&[&late[..], &ASKED, &["--max-age", "301"]].concat(), 0);
    // Whose signature, when, what?
    for file in ["sd-jwt", "mdoc"] {
        let args = ["credential", "verify", file, "--iaca", "other.pem", "--at", AT];
        let error = json(made.path(), &args, 1);
        assert!(error["error"]["message"].as_str().unwrap().contains("anchors"), "{error}");
        made.verify(&[file, "--at", "2025-06-26T00:00:01Z"], 1);
        made.verify(&[file, "--at", "2025-03-27"], 1);
        let mut bytes = std::fs::read(made.path().join(file)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        made.write("changed", bytes);
        made.verify(&["changed", "--at", AT], 1);
    }
    made.write("garbage", "no credential");
    let error = made.verify(&["garbage"], 1);
    assert_eq!(error["error"]["step"], "read the credential");
    let error = made.verify(&["nothing"], 7);
    let help = error["error"]["help"].as_str().unwrap();
    assert!(error["error"]["expected"].is_string() && help.contains("check the path"), "{error}");
    let error = json(made.path(), &["credential", "verify", "mdoc", "--iaca", "mdoc"], 7);
    assert_eq!(error["error"]["step"], "read the issuer's root");
}

#[test]
fn a_status_that_is_not_known_is_not_revoked() {
    let made = Made::new("https://issuer.example/status/1");
    let statuses = [
        (Status::Valid, "valid", "VERIFIED", 0),
        (Status::Invalid, "invalid", "REVOKED", 1),
        (Status::Suspended, "suspended", "SUSPENDED", 1),
        (Status::Other(3), "other", "NOT VALID", 1),
    ];
    for (status, word, verdict, code) in statuses {
        let (jwt, cwt) = made.list(status, NOW);
        made.write("list", jwt);
        made.write("lists/cwt", cwt);
        for credential in ["sd-jwt", "mdoc"] {
            for list in ["list", "lists/cwt", "lists"] {
                let args = [credential, "--at", AT, "--status", list];
                let known = made.verify(&args, code);
                assert_eq!(
                    (&known["status"]["value"], &known["verdict"]),
                    (&word.into(), &verdict.into())
                );
                // To go on without a status is not to go on against one.
                made.verify(&[&args[..], &["--accept-unknown-status"]].concat(), code);
            }
        }
    }
    // No list, another one, one that ended, one that somebody else signed, and a broken one.
    let (jwt, _) = made.list(Status::Invalid, NOW);
    made.write("empty/note", "no list");
    let elsewhere = Made::new("https://issuer.example/status/2");
    made.write("another", elsewhere.list(Status::Invalid, NOW).0);
    let mut stranger = Made::new(&made.uri);
    stranger.status = Signer::new(key("document"), vec![document_of()]).unwrap();
    made.write("stranger", stranger.list(Status::Invalid, NOW).0);
    made.write("broken", &jwt[..jwt.len() - 9]);
    made.write("revoked", jwt);
    for (list, at) in [
        ("empty", AT),
        ("another", AT),
        ("stranger", AT),
        ("broken", AT),
        ("revoked", "2025-03-29T00:00:00Z"),
    ] {
        let args = ["sd-jwt", "--at", at, "--status", list];
        let unknown = made.verify(&args, 1);
        assert_eq!(unknown["status"]["value"], "unknown", "{list}");
        assert_eq!(unknown["verdict"], "STATUS UNKNOWN");
        assert!(unknown["status"]["why"].is_string());
        made.verify(&[&args[..], &["--accept-unknown-status"]].concat(), 0);
    }
    // A list of another issuer that is believed too says nothing of this one's credentials.
    let profile = |serial| Profile {
        subject: DistinguishedName::new("KR", "TEST", "TEST IACA"),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2026-01-01 0:00),
    };
    let contact = Contact { uri: "https://issuer.example".into(), crl: None };
    let root = profile(1).iaca(&key("other"), &contact).unwrap();
    let signer = profile(3).status_signer(&key("status").public(), &root, &key("other")).unwrap();
    stranger.status = Signer::new(key("status"), vec![signer]).unwrap();
    made.write("foreign", stranger.list(Status::Valid, NOW).0);
    let both = ["sd-jwt", "--at", AT, "--iaca", "other.pem", "--status"];
    let unknown = made.verify(&[&both[..], &["foreign"]].concat(), 1);
    assert_eq!(unknown["status"]["value"], "unknown");
    let known = made.verify(&[&both[..], &["revoked"]].concat(), 1);
    assert_eq!(known["status"]["value"], "invalid");
    let args = ["credential", "verify", "sd-jwt", "--iaca", "iaca.pem", "--at", AT];
    let printed = text(made.path(), &[&args[..], &["--status", "empty"]].concat(), 1);
    assert!(printed.contains("unknown, which is not revoked"), "{printed}");
    assert!(printed.contains("help:") && !printed.contains("REVOKED"), "{printed}");
    // The newest of several lists counts, in whatever order they come.
    made.write("older", made.list(Status::Valid, NOW - Duration::HOUR).0);
    for order in [["older", "revoked"], ["revoked", "older"]] {
        let args = ["sd-jwt", "--at", AT, "--status", order[0], "--status", order[1]];
        assert_eq!(made.verify(&args, 1)["status"]["value"], "invalid");
    }
    // Beyond its ttl it still counts, and a newer one is due.
    let old = made.verify(&["sd-jwt", "--at", AT, "--status", "older"], 0);
    assert_eq!(old["status"]["list"]["refresh_due"], true);
}

// The document signer under the same CA, which signs no status list.
fn document_of() -> iccard::pki::Certificate {
    let contact = Contact { uri: "https://issuer.example".into(), crl: None };
    let profile = |cn: &str, serial| Profile {
        subject: DistinguishedName::new("KR", "TEST", cn),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2026-01-01 0:00),
    };
    let root = profile("TEST IACA", 1).iaca(&key("iaca"), &contact).unwrap();
    let signer = profile("TEST DS", 2);
    signer.mdoc_signer(&key("document").public(), &root, &key("iaca"), &contact).unwrap()
}

#[test]
#[cfg(feature = "wallet")]
fn a_list_is_fetched_once_kept_and_used_until_it_ends() {
    use std::io::{BufRead, BufReader, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/status/1", listener.local_addr().unwrap());
    let made = Made::new(&uri);
    let (jwt, _) = made.list(Status::Suspended, NOW);
    // One answer for each request that is expected, and then nobody listens any more.
    let server = std::thread::spawn(move || {
        let mut accepts = Vec::new();
        for status in ["200 OK", "503 Service Unavailable"] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> =
                lines.by_ref().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            let accept = head.iter().find(|line| line.to_lowercase().starts_with("accept:"));
            accepts.push(accept.cloned().unwrap_or_default());
            let body = if status.starts_with("200") { jwt.as_str() } else { "" };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
            write!(stream, "{head}Connection: close\r\n\r\n{body}").unwrap();
        }
        accepts
    });
    let verify = |at: &str, code| {
        let status = ["--fetch", "--status-cache", "cache"];
        made.verify(&[&["sd-jwt", "--at", at][..], &status].concat(), code)
    };
    assert_eq!(verify(AT, 1)["status"]["value"], "suspended");
    // Inside the ttl nobody is asked; after it the server fails, and what is kept still counts.
    let kept = verify("2025-03-28T00:09:00Z", 1);
    assert_eq!(kept["status"]["list"]["refresh_due"], false);
    let stale = verify("2025-03-28T01:00:00Z", 1);
    assert_eq!(stale["status"]["value"], "suspended");
    assert_eq!(stale["status"]["list"]["refresh_due"], true);
    let accepts = server.join().unwrap();
    assert!(accepts[0].contains("application/statuslist+jwt"), "{accepts:?}");
    // When it has ended, and nobody answers, nothing is known.
    let ended = verify("2025-03-29T00:00:00Z", 1);
    assert_eq!(ended["status"]["value"], "unknown");
    assert_eq!(std::fs::read_dir(made.path().join("cache")).unwrap().count(), 1);
}
