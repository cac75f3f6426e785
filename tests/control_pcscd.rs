//! What a PC/SC client sees of a card that is reached from outside.
#![cfg(has_pcsc)]

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use iccard::{
    control::{Client, ControlAddress, Request, Span},
    transport::{
        Deadline, Transport, TransportError,
        pcsc::{self, ConnectOptions, PcscTransport},
    },
};

use crate::support::pcscd::{self, Running, VPCD};

const LONG: Duration = Duration::from_secs(30);

fn connect(slot: &str) -> Result<PcscTransport, TransportError> {
    let reader = Some(format!("virtual pcd 00 0{slot}"));
    pcsc::connect(&ConnectOptions { reader, wait: Some(LONG), ..ConnectOptions::as_found() })
}

fn ask(card: &mut PcscTransport, command: &[u8]) -> Result<Vec<u8>, TransportError> {
    let mut response = Vec::new();
    card.transceive(command, &mut response, Deadline::after(LONG))?;
    Ok(response)
}

/// What is asked of a card that has left.
fn sees_it_leave(card: &mut PcscTransport) {
    let error = ask(card, SELECT).unwrap_err();
    assert!(matches!(error, TransportError::CardRemoved { .. }), "{error:?}");
}

const SELECT: &[u8] = &[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x01, 0x1C];
const READ: &[u8] = &[0x00, 0xB0, 0x00, 0x00, 0x02];

#[test]
fn a_client_sees_removal_insertion_reset_tear_and_another_card() {
    const TEST: &str = "a_client_sees_removal_insertion_reset_tear_and_another_card";
    pcscd::inside(&format!("control_pcscd::{TEST}"), || {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("control");
        let mut command = Command::new(env!("CARGO_BIN_EXE_iccard"));
        command.args(["emulate", "eid-pin", "resident", "--vpcd", VPCD, "--control"]);
        command.arg(&socket).args(["--while-stdin", "--verbose"]).stdin(Stdio::piped());
        let _program = Running(command.spawn().unwrap());
        // Both cards are there, each in its slot.
        let mut card = connect("0").unwrap();
        let other = connect("1").unwrap();
        other.close().unwrap();
        let atr = card.atr().to_vec();
        let mut control = Client::connect(&ControlAddress::Socket(socket)).unwrap();
        let slot = Some(0);

        ask(&mut card, SELECT).unwrap();
        assert_eq!(ask(&mut card, READ).unwrap().len(), 4);
        control.ask(&Request::Reset { slot }).unwrap();
        assert_eq!(ask(&mut card, READ).unwrap().len(), 2);

        control.ask(&Request::Remove { slot, time: None }).unwrap();
        sees_it_leave(&mut card);
        drop(card);
        let absent = pcsc::connect(&ConnectOptions {
            reader: Some("virtual pcd 00 00".into()),
            ..ConnectOptions::as_found()
        });
        // Gone for good, not only for the next command.
        assert!(absent.is_err_and(|error| error.is_absence()));
        control.ask(&Request::Insert { slot }).unwrap();
        let mut card = connect("0").unwrap();
        assert_eq!(card.atr(), atr);

        let time = Some(Span(Duration::from_secs(1)));
        control.ask(&Request::Tear { slot, time }).unwrap();
        sees_it_leave(&mut card);
        drop(card);
        let mut card = connect("0").unwrap();
        assert_eq!(ask(&mut card, SELECT).unwrap(), [0x90, 0x00]);

        control.ask(&Request::Swap { slot, profile: "passport-bac".into() }).unwrap();
        sees_it_leave(&mut card);
        drop(card);
        let mut card = connect("0").unwrap();
        assert_ne!(card.atr(), atr);
        let before = control.ask(&Request::Counters { slot }).unwrap();
        ask(&mut card, SELECT).unwrap();
        let after = control.ask(&Request::Counters { slot }).unwrap();
        assert_eq!(after["card"], "passport-bac");
        let apdus = |told: &serde_json::Value| told["apdus"].as_u64().unwrap();
        assert_eq!(apdus(&after), apdus(&before) + 1);
        card.close().unwrap();
    });
}
