//! JSON lines (docs/traces.md): what a recording has, with times and words.

use std::{
    io::{self, Write},
    time::Duration,
};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{
    trace::words,
    transport::{Counts, Entry, Header, Sink},
};

/// The version of the lines.
const SCHEMA: u32 = 1;

/// Writes lines of JSON.
pub(in crate::trace) struct Jsonl {
    file: Box<dyn Write + Send>,
}

impl Jsonl {
    pub(in crate::trace) const fn new(file: Box<dyn Write + Send>) -> Self {
        Self { file }
    }

    fn put(&mut self, line: &Value) -> io::Result<()> {
        let mut bytes = Zeroizing::new(serde_json::to_vec(line)?);
        bytes.push(b'\n');
        self.file.write_all(&bytes)?;
        self.file.flush()
    }
}

impl Sink for Jsonl {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        self.put(&json!({ "trace": {
            "schema": SCHEMA,
            "program": header.program,
            "redacted": header.redacted,
            "time": header.time,
            "card": header.card,
            "atr": header.atr,
            "limits": header.limits,
        }}))
    }

    fn entry(&mut self, entry: &Entry, at: Duration) -> io::Result<()> {
        self.put(&line(entry, at))
    }

    fn end(&mut self, counts: Counts) -> io::Result<()> {
        self.put(&json!({ "end": counts }))
    }
}

fn line(entry: &Entry, at: Duration) -> Value {
    let at_us = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
    match entry {
        Entry::Exchange(exchange) => {
            let plain = exchange.plain.as_ref();
            let answer = plain.map(|plain| &plain.response).or(exchange.response.as_ref());
            let sw = answer.and_then(words::status);
            let mut line = json!({
                "n": exchange.n,
                "at_us": at_us,
                "us": exchange.us,
                "name": words::command(exchange),
                "command": exchange.command,
            });
            let mut add = |name: &str, value: Option<Value>| {
                if let Some(value) = value {
                    line[name] = value;
                }
            };
            add("step", exchange.step.as_ref().map(|step| json!(step)));
            add("response", exchange.response.as_ref().map(|response| json!(response)));
            add("sw", sw.map(|sw| json!(format!("{:04X}", sw.0))));
            add("meaning", sw.map(|sw| json!(sw.meaning())));
            add("plain", plain.map(|plain| json!(plain)));
            add("error", exchange.error.as_ref().map(|error| json!(error)));
            json!({ "exchange": line })
        }
        Entry::Reset(reset) => {
            let mut line = json!(reset);
            line["at_us"] = json!(at_us);
            json!({ "reset": line })
        }
    }
}
