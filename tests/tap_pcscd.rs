//! The program as a user runs it against a real PC/SC daemon: our card in vpcd, our tap on it.
#![cfg(has_pcsc)]

use std::process::{Output, Stdio};

use serde_json::Value;

use crate::support::pcscd::{self, Pcscd, Running, VPCD};

const PROGRAM: &str = env!("CARGO_BIN_EXE_iccard");

fn run(pcscd: &Pcscd, args: &[&str]) -> Output {
    pcscd.client(PROGRAM).args(args).env_remove("ICCARD_CARD").output().unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text} {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn two_taps_through_pcscd_are_alike_and_the_card_is_left_by_apdu() {
    let pcscd = match Pcscd::start() {
        Ok(pcscd) => pcscd,
        Err(why) => return pcscd::skip("two_taps_through_pcscd_are_alike", &why),
    };
    let trust = tempfile::tempdir().unwrap();
    let trust = trust.path().to_str().unwrap();
    let anchors = run(&pcscd, &["profile", "anchors", "resident", "--out", trust]);
    assert!(anchors.status.success());
    let mut emulate = pcscd.command(PROGRAM);
    emulate.args(["emulate", "resident", "--vpcd", VPCD]).stdin(Stdio::null());
    let _card = Running(emulate.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap());

    let can = iccard::profile::resident().unwrap().profile.secrets.can.to_string();
    let mut tap = vec!["tap", "--json", "--card", "pcsc:00 00", "--wait", "30"];
    tap.extend(["--trust", trust, "--can", &can]);
    let taps: Vec<Value> = (0..2)
        .map(|_| {
            let output = run(&pcscd, &tap);
            let value = json(&output);
            assert!(output.status.success(), "{value:#}");
            value
        })
        .collect();
    for field in ["apdus", "bytes_to_card", "bytes_from_card", "access", "holder"] {
        assert_eq!(taps[0][field], taps[1][field], "{field}");
    }
    assert_eq!(taps[0]["verdict"]["level"], "L3");
    assert!(taps[0]["apdus"].as_u64().unwrap() <= 19);

    // A file selected by one `apdu` is still selected for the next.
    let select = run(&pcscd, &["apdu", "--card", "pcsc:00 00", "--wait", "30", "00A4020C02011C"]);
    assert!(select.status.success(), "{}", String::from_utf8_lossy(&select.stderr));
    let read = json(&run(&pcscd, &["apdu", "--json", "--card", "pcsc:00 00", "00B0000002"]));
    assert_eq!(read["exchanges"][0]["sw"], "9000");
    assert_eq!(read["exchanges"][0]["data"], "3114");

    let readers = json(&run(&pcscd, &["readers", "--json"]));
    assert!(readers["readers"].as_array().is_some_and(|list| !list.is_empty()));

    // A wrong CAN has its exit code through the whole stack.
    tap.pop();
    tap.push("000000");
    let refused = run(&pcscd, &tap);
    assert_eq!(refused.status.code(), Some(5));
    assert_eq!(json(&refused)["error"]["step"], "PACE");
}
