//! The key-only card on the command line: tap, evidence, and a request from keys to verdict.

use super::{json, text};

const CARD: [&str; 2] = ["--card", "emulated:resident-key-only"];

fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    more.iter().copied().chain(CARD).collect()
}

#[test]
fn a_tap_tells_of_the_card_and_nothing_of_a_person() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let printed = text(dir, &args(&["tap", "--evidence", "E"]), 0);
    for row in [
        "data      none: a key-only card",
        "issued    genuine    CN=TEST Card TS0000002,O=TEST iccard,C=KR <- CN=TEST Card CA KR",
        "chip      genuine   INTERNAL AUTHENTICATE, number 1",
        "holder    gave the PIN, and the card signed that",
        "verdict   VERIFIED  level L2",
    ] {
        assert!(printed.contains(row), "{row}: {printed}");
    }
    let tap = json(dir, &args(&["tap", "--can", "500541"]), 0);
    assert_eq!(tap["access"], "pace-can");
    assert_eq!((&tap["verdict"]["level"], &tap["apdus"]), (&"L2".into(), &13.into()));
    let card = &tap["verdict"]["key_only"];
    assert_eq!((&card["result"], &card["pin"]), (&"passed".into(), &false.into()));
    assert_eq!(tap["verdict"]["holder_verification"]["result"], "not_done");

    // Judged again by who has the card CA's certificate, and by who has another country's.
    text(dir, &["profile", "anchors", "resident-key-only", "--out", "cards"], 0);
    text(dir, &["profile", "anchors", "resident", "--out", "documents"], 0);
    let judged = json(dir, &["verify", "E", "--trust", "cards"], 0);
    assert_eq!(judged["verdict"]["level"], "L1", "nobody chose that challenge");
    assert_eq!(judged["verdict"]["key_only"]["counter"], 1);
    let judged = json(dir, &["verify", "E", "--trust", "cards", "--trust", "documents"], 0);
    assert_eq!(judged["verdict"]["verified"], true);
    let printed = text(dir, &["verify", "E", "--trust", "documents"], 1);
    assert!(printed.contains("NOT VERIFIED  level L0"), "{printed}");
}

#[test]
fn a_request_takes_the_pin() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    text(dir, &["profile", "anchors", "resident-key-only", "--out", "cards"], 0);
    let commit = text(dir, &["request", "keys", "--out", "K"], 0);
    text(dir, &["request", "challenge", "--commit", commit.trim(), "--out", "S"], 0);
    let tap = ["tap", "--request", "F", "--keys", "K", "--session", "S"];
    let by_can = [&tap[..], &["--can", "500541"]].concat();
    let printed = text(dir, &args(&by_can), 1);
    assert!(printed.contains("no request was written: a key-only card takes its PIN"), "{printed}");
    assert!(!dir.join("F").exists());
    text(dir, &args(&tap), 0);
    let verify = ["request", "verify", "F", "--session", "S", "--trust", "cards"];
    let verdict = json(dir, &verify, 0);
    assert_eq!((&verdict["verdict"], &verdict["level"]), (&"ACCEPT".into(), &"L2".into()));
    assert_eq!(verdict["evidence"]["key_only"]["pin"], true);
    assert_eq!(json(dir, &verify, 1)["binding"]["result"], "failed", "a session is good once");
}
