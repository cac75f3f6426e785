//! Traces: whatever was read is written in every form and read again as the same.
#![no_main]

use iccard::{
    trace::{Format, Link, Trace, sink},
    transport::{Counts, Masked, RecordedExchange, Recording},
};
use iccard_fuzz::{parsed, pick};
use libfuzzer_sys::fuzz_target;
use std::{
    io::Write,
    sync::{Arc, Mutex},
};

/// A file in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn said(recording: &Recording) -> Vec<String> {
    let exchanges = recording.exchanges();
    let text = |masked: &Masked| masked.to_string();
    let parts = |it: &RecordedExchange| {
        // Without an answer nothing is known to be meant.
        let plain = it.plain.as_ref().filter(|_| it.response.is_some());
        let plain = plain.map(|plain| (text(&plain.command), text(&plain.response)));
        format!("{} {:?} {plain:?}", it.command, it.response.as_ref().map(text))
    };
    exchanges.map(parts).collect()
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 3) else { return };
    let Some(trace) = parsed(Trace::parse("a trace", data)) else { return };
    let recording = trace.recording();
    let before = said(recording);
    if before.is_empty() {
        return;
    }
    let (format, link) = match choice {
        0 => (Format::Pcapng, Link::Upper),
        1 => (Format::Pcapng, Link::Iso14443),
        _ => (Format::Jsonl, Link::Upper),
    };
    let file = Memory::default();
    let mut sink = sink(format, link, Box::new(file.clone()));
    sink.begin(recording.header()).expect("memory");
    for ((_, entry), at) in recording.entries().iter().zip(trace.times()) {
        sink.entry(entry, at.unwrap_or_default()).expect("memory");
    }
    sink.end(Counts::default()).expect("memory");
    let bytes = file.0.lock().expect("nobody panics").clone();
    let again = Trace::parse("again", &bytes).expect("what was written");
    assert_eq!(said(again.recording()), before);
});
