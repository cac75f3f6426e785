//! Recordings: what is read has all its bytes or says that it has not, and a replay answers its own
//! dialogue to the end and nothing else.
#![no_main]

use iccard::profile;
use iccard::transport::{Deadline, Entry, Recording, Replay, Reset, ResetKind, Transport};
use iccard_fuzz::pick;
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

const HEADER: &[u8] = br#"{"recording":{"format":1,"program":"0.1.0","redacted":false,"time":"2026-01-02T03:04:05Z","card":"fuzz","atr":"3B8A80018031F873F741E082900075","limits":{"command_data":255,"response_data":256}}}
"#;

fuzz_target!(|data: &[u8]| {
    // As it is, or behind a header that is right.
    let Some((choice, data)) = pick(data, 2) else { return };
    let header = if choice == 0 { &[][..] } else { HEADER };
    let data = [header, data].concat();
    let Ok(recording) = Recording::parse("a recording", &data) else { return };
    let entries: Vec<Entry> = recording.entries().iter().map(|(_, entry)| entry.clone()).collect();
    let redacted = recording.header().redacted;
    let made = profile::from_recording(&recording, "fuzz");
    assert!(!(redacted && made.is_ok()));
    let Ok(mut replay) = Replay::new(recording) else {
        assert!(redacted);
        return;
    };
    assert!(!redacted);
    let (mut response, deadline) = (Vec::new(), Deadline::after(Duration::MAX));
    for entry in &entries {
        match entry {
            Entry::Exchange(exchange) => {
                let command = exchange.command.bytes().expect("all bytes");
                let sent = replay.transceive(command, &mut response, deadline);
                assert_eq!(sent.is_ok(), exchange.error.is_none());
                if let Some(answer) = &exchange.response {
                    assert_eq!(answer.bytes(), Some(response.as_slice()));
                }
            }
            Entry::Reset(reset) => {
                let kind = match reset.kind {
                    ResetKind::Cold => Reset::Cold,
                    ResetKind::Warm => Reset::Warm,
                };
                assert_eq!(replay.reset(kind).is_ok(), reset.error.is_none());
            }
        }
    }
    assert_eq!(replay.left(), 0);
    assert!(replay.transceive(&[0; 4], &mut response, deadline).is_err());
});
