//! `iccard ledger audit`, in a folder with what an issuer answered.

use std::path::Path;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use iccard::crypto::SeededRng;
use iccard::ledger::{Ledger, LocalLedger, NoteSigner};
use serde_json::{Value, json};

/// A log of that many events, told apart by `life` from the fourth on.
fn log(life: u8, size: u8) -> LocalLedger {
    let mut rng = SeededRng::new(b"audit", "key");
    let log = LocalLedger::new(NoteSigner::generate("issuer.test/ledger", &mut rng).unwrap());
    let event = |number: u8| [if number < 3 { number } else { number ^ life }; 32];
    let events: Vec<_> = (0..size).map(event).collect();
    log.append(0, &events).unwrap();
    log
}

/// What the log's issuer answers, in files.
fn answered(dir: &Path, log: &LocalLedger, proofs: &[(u64, u64)]) {
    std::fs::write(dir.join("checkpoint"), log.checkpoint().unwrap()).unwrap();
    for (from, to) in proofs {
        let proof = log.consistency(*from, *to).unwrap();
        let proof: Vec<_> = proof.iter().map(|hash| URL_SAFE_NO_PAD.encode(hash)).collect();
        let text = json!({ "from": from, "to": to, "proof": proof }).to_string();
        std::fs::write(dir.join(format!("consistency-{from}-{to}.json")), text).unwrap();
    }
}

fn audit(dir: &Path, key: &str, more: &[&str], code: i32) -> Value {
    let args = ["ledger", "audit", "--dir", ".", "--state", "state", "--key", key];
    super::json(dir, &[&args[..], more].concat(), code)
}

#[test]
fn a_log_that_grows_is_consistent_and_one_that_was_rewritten_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let key = log(0, 0).verifier().to_string();
    answered(dir, &log(0, 5), &[]);
    let first = audit(dir, &key, &[], 0);
    assert_eq!((&first["consistent"], &first["before"]), (&true.into(), &Value::Null));
    answered(dir, &log(0, 9), &[(5, 9)]);
    let second = audit(dir, &key, &[], 0);
    assert_eq!((&second["before"]["size"], &second["now"]["size"]), (&5.into(), &9.into()));
    let kept = std::fs::read(dir.join("state")).unwrap();
    // The same again needs no proof.
    audit(dir, &key, &[], 0);

    // Another past of the same length, and of a greater one, each with all proofs it can give.
    for (rewritten, fault) in [(log(9, 9), "consistency: "), (log(9, 12), "consistency: ")] {
        answered(dir, &rewritten, &[(9, rewritten.size())]);
        let told = audit(dir, &key, &[], 1);
        assert_eq!(told["consistent"], false);
        assert!(told["faults"][0].as_str().unwrap().starts_with(fault), "{told}");
        // What was good is kept, and what contradicts it.
        assert_eq!(std::fs::read(dir.join("state")).unwrap(), kept);
        let conflict = std::fs::read_to_string(dir.join("state.conflict")).unwrap();
        assert_eq!(conflict, rewritten.checkpoint().unwrap());
    }
    answered(dir, &log(0, 8), &[]);
    let shorter = audit(dir, &key, &[], 1);
    assert_eq!(shorter["faults"][0], "log: it had 9 events, and now has 8");
}

#[test]
fn a_receipt_is_found_in_the_log_or_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let key = log(0, 0).verifier().to_string();
    std::fs::write(dir.join("key"), format!("{key}\n")).unwrap();
    let receipt = serde_json::to_vec(&log(0, 6).receipt(4).unwrap()).unwrap();
    std::fs::write(dir.join("receipt.json"), receipt).unwrap();
    answered(dir, &log(0, 9), &[(6, 9)]);
    let found = audit(dir, "key", &["--receipt", "receipt.json"], 0);
    assert_eq!(found["receipt"]["event"], 4);
    // The receipt of a log that showed this wallet another past.
    let receipt = serde_json::to_vec(&log(9, 6).receipt(4).unwrap()).unwrap();
    std::fs::write(dir.join("receipt.json"), receipt).unwrap();
    let other = audit(dir, "key", &["--receipt", "receipt.json"], 1);
    assert_eq!(other["receipt"], Value::Null);
    assert!(other["faults"][0].as_str().unwrap().starts_with("receipt: "), "{other}");
}

#[test]
fn what_cannot_be_judged_is_no_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let key = log(0, 0).verifier().to_string();
    let message = |value: &Value| value["error"]["message"].as_str().unwrap().to_owned();
    assert!(message(&audit(dir, &key, &[], 7)).contains("checkpoint"));
    answered(dir, &log(0, 5), &[]);
    audit(dir, &key, &[], 0);
    // Grown, without the proof; and with something else in its place.
    answered(dir, &log(0, 9), &[]);
    assert!(message(&audit(dir, &key, &[], 7)).contains("consistency-5-9.json"));
    std::fs::write(dir.join("consistency-5-9.json"), "{}").unwrap();
    audit(dir, &key, &[], 7);
    audit(dir, "nonsense", &[], 2);
    // Another key than the log's: its checkpoint is signed by nobody who is believed.
    let mut rng = SeededRng::new(b"audit", "other");
    let other = NoteSigner::generate("issuer.test/ledger", &mut rng).unwrap();
    let args = ["ledger", "audit", "--dir", ".", "--state", "new", "--key"];
    let key = other.verifier().to_string();
    let told = super::json(dir, &[&args[..], &[key.as_str()]].concat(), 1);
    assert!(told["faults"][0].as_str().unwrap().starts_with("note: a signature by"), "{told}");
    assert!(!dir.join("new").exists());
}
