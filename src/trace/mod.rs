//! Dialogues written down for people and their tools: pcapng for Wireshark, JSON lines, dumps.
//!
//! A [`Recorder`](crate::transport::Recorder) sees a dialogue and redacts it; [`sink`] makes of a
//! file what it writes to. [`Trace`] reads all of these forms again, recordings and cardpeek's
//! traces too, and gives a [`Recording`](crate::transport::Recording) of any (docs/traces.md).
//!
//! ```
//! use iccard::trace::{Format, Trace};
//!
//! let text = b"# ATR: 3B8001\n00A4040C07A0000002471001\n# 24ms\n9000\n";
//! let trace = Trace::parse("tap.dump", text)?;
//! assert_eq!(trace.form(), "dump");
//! let exchange = trace.recording().exchanges().next().expect("one");
//! assert_eq!((exchange.us, exchange.command.len()), (24_000, 12));
//! assert_eq!("tap.pcapng".parse(), Ok(Format::Pcapng));
//! # Ok::<(), iccard::trace::TraceError>(())
//! ```

mod error;
mod frame;
mod read;
mod steps;
mod words;
mod write;

use std::io::Write;

pub use error::TraceError;
pub use read::Trace;
pub use words::explain;
pub use write::dump_of;

use crate::transport::Sink;

/// A form of traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// pcapng, which Wireshark opens.
    Pcapng,
    /// An object of JSON a line, with what is known of each exchange in words.
    Jsonl,
    /// The wire in hexadecimal, as apdu4j writes and replays it.
    Dump,
}

impl std::str::FromStr for Format {
    type Err = &'static str;

    /// By a name, or by the end of a file's name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let end = text.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        match end.as_str() {
            "pcapng" => Ok(Self::Pcapng),
            "jsonl" => Ok(Self::Jsonl),
            "dump" => Ok(Self::Dump),
            _ => Err("pcapng, jsonl or dump"),
        }
    }
}

/// What a packet of a pcapng trace is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// APDUs for Wireshark's dissector of ISO/IEC 7816 (link type 252).
    #[default]
    Upper,
    /// Blocks of ISO/IEC 14443-4 (link type 264), made of the APDUs as they would be on the air.
    Iso14443,
}

impl std::str::FromStr for Link {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "upper" => Ok(Self::Upper),
            "iso14443" => Ok(Self::Iso14443),
            _ => Err("upper or iso14443"),
        }
    }
}

/// Writes a trace into a new file; of `link` only pcapng asks.
pub fn sink(format: Format, link: Link, file: Box<dyn Write + Send>) -> Box<dyn Sink> {
    match format {
        Format::Pcapng => Box::new(write::Pcapng::new(file, link)),
        Format::Jsonl => Box::new(write::Jsonl::new(file)),
        Format::Dump => Box::new(write::Dump::new(file)),
    }
}
