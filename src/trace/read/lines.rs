//! Traces of lines: JSON, dumps of apdu4j, and cardpeek's.

use std::time::Duration;

use serde::Deserialize;

use super::{Found, MAX_APDU, MAX_ENTRIES, unanswered};
use crate::{
    trace::{
        TraceError,
        write::{NO_ANSWER, RECEIVED, SENT},
    },
    transport::{
        Counts, Entry, ErrorKind, Failed, MAX_LINE, Masked, Pair, RecordedExchange, RecordedReset,
        ResetKind,
    },
};

/// Which lines they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Those of [`Recording`](crate::transport::Recording).
    Recording,
    /// Those of a trace of ours.
    Jsonl,
    /// cardpeek's.
    Clf,
    /// apdu4j's.
    Dump,
}

/// By the first line that says something.
pub(super) fn form(bytes: &[u8]) -> Option<Form> {
    let start = bytes.get(..MAX_LINE.min(bytes.len())).unwrap_or_default();
    for line in start.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        if line.starts_with(br#"{"recording":"#) {
            return Some(Form::Recording);
        }
        if line.starts_with(br#"{"trace":"#) {
            return Some(Form::Jsonl);
        }
        if line.starts_with(b"R:") || line.starts_with(b"C:") {
            return Some(Form::Clf);
        }
        if !line.is_empty() && line.iter().all(u8::is_ascii_hexdigit) {
            return Some(Form::Dump);
        }
        if line.starts_with(b"# ATR:") || line.starts_with(SENT.as_bytes()) {
            return Some(Form::Dump);
        }
        if !line.is_empty() && !line.starts_with(b"#") {
            return None;
        }
    }
    None
}

// What a line of ours says; what it says in words as well is not read.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Trace(Head),
    Exchange(Box<Exchange>),
    Reset(Reset),
    End(Counts),
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    program: String,
    #[serde(default)]
    time: String,
    #[serde(default)]
    card: String,
    #[serde(default)]
    atr: Masked,
}

#[derive(Deserialize)]
struct Exchange {
    at_us: Option<u64>,
    #[serde(default)]
    us: u64,
    step: Option<String>,
    command: Masked,
    response: Option<Masked>,
    plain: Option<Pair>,
    error: Option<Failed>,
}

#[derive(Deserialize)]
struct Reset {
    at_us: Option<u64>,
    #[serde(default)]
    us: u64,
    kind: ResetKind,
    atr: Option<Masked>,
    error: Option<Failed>,
}

/// Reads a trace of JSON lines. A last line that was cut off is none.
pub(super) fn jsonl(file: &str, bytes: &[u8]) -> Result<Found, TraceError> {
    const EXPECTED: &str = "a header, an exchange, a reset or the end, in JSON";
    let mut found = Found::default();
    let mut lines = Lines::new(file, bytes);
    while let Some(text) = lines.next()? {
        if text.is_empty() {
            continue;
        }
        let line = match serde_json::from_slice(text) {
            Ok(line) => line,
            Err(_) if lines.is_cut => break,
            // Its words may have what stands there, which may be a password.
            Err(error) => {
                let kind = format!("{:?} error at byte {}", error.classify(), error.column());
                return Err(lines.wrong(EXPECTED, kind.to_lowercase()));
            }
        };
        match line {
            Line::Trace(head) => {
                found.program = head.program;
                found.time = head.time;
                found.card = head.card;
                found.atr = head.atr;
            }
            Line::Exchange(read) => {
                let error = match (&read.response, read.error) {
                    (Some(_), _) => None,
                    (None, error) => Some(error.unwrap_or_else(|| unanswered(ErrorKind::Other))),
                };
                let exchange = RecordedExchange {
                    n: 0,
                    step: read.step,
                    us: read.us,
                    command: read.command,
                    response: read.response,
                    error,
                    plain: read.plain,
                };
                let at = read.at_us.map(Duration::from_micros);
                lines.push(&mut found, Entry::Exchange(exchange), at)?;
            }
            Line::Reset(read) => {
                let Reset { at_us, us, kind, atr, error } = read;
                let reset = RecordedReset { kind, us, atr, error };
                lines.push(&mut found, Entry::Reset(reset), at_us.map(Duration::from_micros))?;
            }
            Line::End(counts) => found.counts = Some(counts),
        }
    }
    Ok(found)
}

/// Reads a dump: commands and responses in turn, and of the remarks the ATR, the times, and those
/// that stand for a pair which is not whole.
pub(super) fn dump(file: &str, bytes: &[u8]) -> Result<Found, TraceError> {
    let mut found = Found::default();
    let mut lines = Lines::new(file, bytes);
    let mut command: Option<(usize, Masked)> = None;
    let mut us = 0;
    // Whether the line before says that bytes come, though behind a mark.
    let mut announced = false;
    while let Some(text) = lines.text()? {
        let text = text.trim();
        let remark = text.strip_prefix('#').map(str::trim);
        let bytes = match remark {
            _ if text.is_empty() => continue,
            None => text,
            Some(remark) if announced && is_bytes(remark) => remark,
            Some(remark) => {
                announced = text.starts_with(SENT) || text.starts_with(RECEIVED);
                if (text.starts_with(SENT) || text.starts_with(NO_ANSWER))
                    && let Some((line, command)) = command.take()
                {
                    lines.push_at(
                        &mut found,
                        line,
                        Entry::Exchange(without_answer(command)),
                        None,
                    )?;
                }
                if let Some(atr) = remark.strip_prefix("ATR:") {
                    found.atr = lines.bytes(atr)?;
                } else if let Some(card) = remark.strip_prefix("Using ") {
                    found.card = card.into();
                } else if let Some(ms) = milliseconds(remark) {
                    us = ms.saturating_mul(1000);
                }
                continue;
            }
        };
        announced = false;
        let bytes = lines.bytes(bytes)?;
        match command.take() {
            None => command = Some((lines.number, bytes)),
            Some((line, command)) => {
                let exchange = RecordedExchange {
                    n: 0,
                    step: None,
                    us: std::mem::take(&mut us),
                    command,
                    response: Some(bytes),
                    error: None,
                    plain: None,
                };
                lines.push_at(&mut found, line, Entry::Exchange(exchange), None)?;
            }
        }
    }
    if let Some((line, command)) = command {
        lines.push_at(&mut found, line, Entry::Exchange(without_answer(command)), None)?;
    }
    Ok(found)
}

fn is_bytes(remark: &str) -> bool {
    !remark.is_empty() && remark.parse::<Masked>().is_ok()
}

// `24ms`, `Received in 24ms`
fn milliseconds(remark: &str) -> Option<u64> {
    remark.rsplit(' ').next()?.strip_suffix("ms")?.parse().ok()
}

/// Reads a trace of cardpeek: `R:` and the ATR, `C:` and command, status word and data.
pub(super) fn clf(file: &str, bytes: &[u8]) -> Result<Found, TraceError> {
    let mut found = Found::default();
    let mut lines = Lines::new(file, bytes);
    let mut active = false;
    while let Some(text) = lines.text()? {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if let Some(atr) = text.strip_prefix("R:") {
            let atr = lines.bytes(atr)?;
            if std::mem::replace(&mut active, true) {
                let kind = ResetKind::Cold;
                let reset = RecordedReset { kind, us: 0, atr: Some(atr), error: None };
                lines.push(&mut found, Entry::Reset(reset), None)?;
            } else {
                found.atr = atr;
            }
            continue;
        }
        let parts: Vec<&str> = text.splitn(4, ':').collect();
        let ["C", command, sw, data] = parts[..] else {
            let got = format!("a line of {} parts came", parts.len());
            return Err(lines.wrong("R:ATR or C:COMMAND:STATUS:RESPONSE", got));
        };
        if sw.len() != 4 {
            return Err(lines.wrong("a status word of four digits", "another came".into()));
        }
        let command = lines.bytes(command)?;
        let response = lines.bytes(&format!("{data}{sw}"))?;
        let exchange =
            RecordedExchange { response: Some(response), error: None, ..without_answer(command) };
        lines.push(&mut found, Entry::Exchange(exchange), None)?;
    }
    Ok(found)
}

const fn without_answer(command: Masked) -> RecordedExchange {
    RecordedExchange {
        n: 0,
        step: None,
        us: 0,
        command,
        response: None,
        error: Some(unanswered(ErrorKind::Other)),
        plain: None,
    }
}

struct Lines<'a> {
    file: &'a str,
    rest: Option<&'a [u8]>,
    /// That of the line that was given last, from 1.
    number: usize,
    /// Whether no line feed ends it.
    is_cut: bool,
}

impl<'a> Lines<'a> {
    const fn new(file: &'a str, bytes: &'a [u8]) -> Self {
        Self { file, rest: Some(bytes), number: 0, is_cut: false }
    }

    fn next(&mut self) -> Result<Option<&'a [u8]>, TraceError> {
        let Some(rest) = self.rest.filter(|rest| !rest.is_empty()) else { return Ok(None) };
        self.number += 1;
        let mut halves = rest.splitn(2, |&byte| byte == b'\n');
        let line = halves.next().unwrap_or_default();
        self.rest = halves.next();
        self.is_cut = self.rest.is_none();
        if line.len() > MAX_LINE {
            let got = format!("{} bytes came", line.len());
            return Err(self.wrong("a line of at most 1 MiB", got));
        }
        Ok(Some(line))
    }

    fn text(&mut self) -> Result<Option<&'a str>, TraceError> {
        let Some(line) = self.next()? else { return Ok(None) };
        let text = std::str::from_utf8(line);
        text.map(Some).map_err(|_| self.wrong("text in UTF-8", "other bytes came".into()))
    }

    // Blanks between digits are left out.
    fn bytes(&self, text: &str) -> Result<Masked, TraceError> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let bytes: Result<Masked, _> = digits.parse();
        let bytes = bytes.map_err(|expected| self.wrong(expected, "something else came".into()))?;
        if bytes.len() > MAX_APDU {
            let got = format!("{} bytes came", bytes.len());
            return Err(self.wrong("an APDU of 65,554 bytes at most", got));
        }
        Ok(bytes)
    }

    fn push(
        &self,
        found: &mut Found,
        entry: Entry,
        at: Option<Duration>,
    ) -> Result<(), TraceError> {
        self.push_at(found, self.number, entry, at)
    }

    fn push_at(
        &self,
        found: &mut Found,
        line: usize,
        entry: Entry,
        at: Option<Duration>,
    ) -> Result<(), TraceError> {
        if found.entries.len() >= MAX_ENTRIES {
            return Err(self.wrong("1,048,576 exchanges at most", "more came".into()));
        }
        found.entries.push((line, entry, at));
        Ok(())
    }

    fn wrong(&self, expected: &'static str, got: String) -> TraceError {
        TraceError::Line { file: self.file.into(), line: self.number.max(1), expected, got }
    }
}
