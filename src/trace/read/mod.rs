//! Reading traces of all forms. What they say is hostile: size, number and nesting are bounded.

mod capture;
mod lines;
mod packets;

use std::{io::Read, path::Path, time::Duration};

use zeroize::Zeroizing;

use super::{TraceError, steps::Steps, words};
use crate::transport::{
    Counts, Entry, ErrorKind, FORMAT, Failed, Header, Limits, MAX_RECORDING, Masked, Recording,
};

/// Most exchanges and resets of a trace.
const MAX_ENTRIES: usize = 1 << 20;
/// Most bytes of an APDU: the largest command, and then some.
const MAX_APDU: usize = 0x1_0012;

/// A dialogue that was read, whatever the form.
#[derive(Debug)]
pub struct Trace {
    form: &'static str,
    recording: Recording,
    at: Vec<Option<Duration>>,
}

/// What a reader finds.
#[derive(Debug, Default)]
struct Found {
    program: String,
    card: String,
    time: String,
    atr: Masked,
    /// Each with its line or packet, and its time from the beginning on.
    entries: Vec<(usize, Entry, Option<Duration>)>,
    counts: Option<Counts>,
}

impl Trace {
    /// Reads a file.
    ///
    /// # Errors
    /// [`TraceError::Io`], and those of [`Trace::parse`].
    pub fn load(path: &Path) -> Result<Self, TraceError> {
        let name = path.display().to_string();
        let io = |source| TraceError::Io { file: name.clone(), source };
        let file = std::fs::File::open(path).map_err(io)?;
        let mut bytes = Zeroizing::new(Vec::new());
        // One more than there may be, for a file that grows or has no size.
        file.take(MAX_RECORDING as u64 + 1).read_to_end(&mut bytes).map_err(io)?;
        Self::parse(&name, &bytes)
    }

    /// Reads what a file has that is called `file` in messages. Its form is told by its beginning.
    ///
    /// # Errors
    /// All of [`TraceError`] but [`TraceError::Io`].
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, TraceError> {
        if bytes.len() > MAX_RECORDING {
            return Err(TraceError::TooLarge { file: file.into(), got: bytes.len() as u64 });
        }
        let (form, found) = match bytes {
            [0x0A, 0x0D, 0x0D, 0x0A, ..] => ("pcapng", packets::pcapng(file, bytes)?),
            [0xA1, 0xB2, 0xC3, 0xD4, ..]
            | [0xA1, 0xB2, 0x3C, 0x4D, ..]
            | [0xD4, 0xC3, 0xB2, 0xA1, ..]
            | [0x4D, 0x3C, 0xB2, 0xA1, ..] => ("pcap", packets::pcap(file, bytes)?),
            _ => match lines::form(bytes) {
                Some(lines::Form::Recording) => {
                    let recording = Recording::parse(file, bytes)?;
                    let at = vec![None; recording.entries().len()];
                    return Ok(Self { form: "recording", recording, at });
                }
                Some(lines::Form::Jsonl) => ("jsonl", lines::jsonl(file, bytes)?),
                Some(lines::Form::Clf) => ("clf", lines::clf(file, bytes)?),
                Some(lines::Form::Dump) => ("dump", lines::dump(file, bytes)?),
                None => {
                    return Err(TraceError::Unknown {
                        file: file.into(),
                        expected: "pcapng, pcap, lines of JSON, a dump, a recording or a .clf",
                        got: begins(bytes),
                    });
                }
            },
        };
        Ok(Self::of(file, form, found))
    }

    fn of(file: &str, form: &'static str, found: Found) -> Self {
        let header = Header {
            format: FORMAT,
            program: found.program,
            redacted: false,
            time: found.time,
            card: found.card,
            atr: found.atr,
            limits: Limits::EXTENDED.into(),
            arguments: Vec::new(),
            secrets: None,
        };
        let mut at = Vec::with_capacity(found.entries.len());
        let mut entries = Vec::with_capacity(found.entries.len());
        let mut steps = Steps::default();
        for (line, mut entry, time) in found.entries {
            at.push(time);
            match &mut entry {
                Entry::Exchange(exchange) => {
                    let step = steps.next(&words::meant(exchange).filled());
                    // Whoever wrote it knew better than what the commands tell.
                    exchange.step = exchange.step.take().or_else(|| step.map(str::to_owned));
                }
                Entry::Reset(_) => steps = Steps::default(),
            }
            entries.push((line, entry));
        }
        Self { form, recording: Recording::of(file, header, entries, found.counts), at }
    }

    /// The form, in a word: `pcapng`, `pcap`, `jsonl`, `dump`, `clf` or `recording`.
    pub const fn form(&self) -> &'static str {
        self.form
    }

    /// What was said; steps that the file does not name are those that the commands tell. The header
    /// is redacted where bytes are left out.
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }

    /// When each entry began, from the beginning on, where the form has times.
    pub fn times(&self) -> &[Option<Duration>] {
        &self.at
    }
}

// An answer that never came, or is not in the trace.
const fn unanswered(kind: ErrorKind) -> Failed {
    Failed { kind, text: String::new() }
}

fn begins(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "the file is empty".into();
    }
    let start = bytes.get(..8).unwrap_or(bytes);
    format!("it begins with {}", hex::encode_upper(start))
}
