//! The program against cards that are wrong: each ends with its own message and exit code.

use std::{
    net::TcpListener,
    process::{Command, Output, Stdio},
};

use iccard::{
    crypto::{Curve, SecretKey, SeededRng},
    emulator::Card,
    lds::File,
    profile::Personalised,
    transport::{
        Power, Responder,
        vpcd::{CardLink, Endpoint},
    },
};
use serde_json::Value;

use crate::support::card::{card, resident, with_file};

/// A card whose answers are changed, or that leaves (`None`) instead of one.
struct Changed<F> {
    card: Card,
    change: F,
    count: usize,
    leave: iccard::transport::vpcd::StopHandle,
}

impl<F: FnMut(usize, &mut Vec<u8>) -> bool + Send> Responder for Changed<F> {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn power(&mut self, event: Power) {
        self.card.power(event);
    }

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        self.card.respond(command, response);
        self.count += 1;
        if !(self.change)(self.count - 1, response) {
            self.leave.stop();
        }
    }
}

/// Taps a card that connects over the vpcd protocol, as a user of the program does. `change` may
/// change the answer of each number; where it says `false` the card leaves instead.
fn tap(
    card: Card,
    trusted: &Personalised,
    change: impl FnMut(usize, &mut Vec<u8>) -> bool + Send,
) -> (Output, Value) {
    let dir = tempfile::tempdir().unwrap();
    for (name, der) in iccard::profile::anchors(trusted) {
        std::fs::write(dir.path().join(name), der).unwrap();
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let program = Command::new(env!("CARGO_BIN_EXE_iccard"))
        .args(["tap", "--json", "--card", &format!("vpcd:127.0.0.1:{port}"), "--wait", "60"])
        .args(["--can", &trusted.profile.secrets.can, "--timeout", "60", "--trust"])
        .arg(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let link = CardLink::connecting(Endpoint::new("127.0.0.1", port));
    let leave = link.stop_handle();
    let mut chip = Changed { card, change, count: 0, leave };
    // The program closes the connection when it is done.
    let _ = link.patience(std::time::Duration::from_secs(60)).run(&mut chip, &mut |_| {});
    let output = program.wait_with_output().unwrap();
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    (output, value)
}

fn unchanged(_: usize, _: &mut Vec<u8>) -> bool {
    true
}

#[test]
fn a_right_card_is_verified() {
    let (output, told) = tap(card(&resident()), &resident(), unchanged);
    assert_eq!(output.status.code(), Some(0), "{told:#}");
    assert_eq!(told["verdict"]["level"], "L3");
    assert_eq!(told["card"]["emulated"], false);
}

#[test]
fn wrong_data_and_wrong_chips_are_judged() {
    let resident = resident();
    let mut flipped = resident.files[&File::Dg1].clone();
    flipped[20] ^= 1;
    let mut clone = resident.clone();
    let mut rng = SeededRng::new(b"a clone", "key");
    clone.keys.chip_authentication = vec![SecretKey::generate(Curve::P256, &mut rng).into()];
    let mut omitted = resident.clone();
    omitted.sign(&[File::Dg1, File::Dg2, File::Dg11, File::Dg12]).unwrap();
    for (wrong, check, said) in [
        (with_file(&resident, File::Dg1, flipped), "passive", "EF.DG1"),
        (clone, "chip", "does not hold the private key"),
        (omitted, "chip", "EF.DG15"),
    ] {
        let (output, told) = tap(card(&wrong), &resident, unchanged);
        assert_eq!(output.status.code(), Some(1), "{told:#}");
        let check = &told["verdict"][check];
        assert_ne!(check["result"], "passed");
        assert!(check.to_string().contains(said), "{check:#}");
    }
}

#[test]
fn a_card_that_breaks_the_protocol_or_leaves_is_told_as_that() {
    let resident = resident();
    let (output, told) = tap(card(&resident), &resident, |n, response| {
        if n == 13 {
            *response = b"\x61\x01\x00\x90\x00".to_vec();
        }
        true
    });
    assert_eq!(output.status.code(), Some(6), "{told:#}");
    assert!(told["error"]["message"].as_str().unwrap().contains("secure messaging"), "{told:#}");

    let (output, told) = tap(card(&resident), &resident, |n, _| n != 14);
    assert_eq!(output.status.code(), Some(4), "{told:#}");
    assert!(told["error"]["message"].as_str().unwrap().contains("left"), "{told:#}");

    let nested = [0x75, 0x84, 0x00, 0x00, 0xFF, 0xF0].repeat(10_000);
    let wrong = with_file(&resident, File::Dg2, nested);
    let (output, told) = tap(card(&wrong), &resident, unchanged);
    assert!(matches!(output.status.code(), Some(1 | 6)), "{told:#}");
}
