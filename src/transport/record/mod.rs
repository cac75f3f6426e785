//! Recordings: a dialogue with a card as a file (docs/recording.md).
//!
//! A [`Recorder`] writes lines of JSON as it goes: a header, a line for each exchange and reset,
//! and counts at the end, so that a crash leaves what was. Without being told otherwise it leaves
//! out the data of commands and responses but what any card of the kind would show; with a header
//! that says otherwise nothing is left out, and [`Replay`](super::Replay) can answer the same
//! dialogue without the card. [`Recording`] reads either, within bounds. Other forms of the same
//! entries are [`Sink`]s of the same recorder, each redacted or not by its own header.
//!
//! ```
//! use iccard::transport::{Recording, RecordError, Replay};
//!
//! let text = br#"{"recording":{"format":1,"program":"0.1.0","redacted":true,
//! "time":"2026-01-02T03:04:05Z","card":"pcsc:a reader","atr":"3B8001",
//! "limits":{"command_data":255,"response_data":256},"arguments":["tap"]}}
//! {"exchange":{"n":1,"step":"EF.DG1","us":900,"command":"00B0810000","response":"[95]9000"}}
//! {"end":{"exchanges":1,"resets":0,"errors":0,"bytes_to_card":5,"bytes_from_card":97}}
//! "#;
//! let text = String::from_utf8_lossy(text).replace(",\n", ",");
//! let recording = Recording::parse("tap.rec", text.as_bytes())?;
//! assert_eq!(recording.exchanges().count(), 1);
//! assert!(matches!(Replay::new(recording), Err(RecordError::Redacted { .. })));
//! # Ok::<(), RecordError>(())
//! ```

mod bytes;
mod error;
mod format;
mod read;
mod redact;
mod sink;
#[cfg(test)]
mod tests;
mod write;

pub use bytes::{Masked, Part};
pub use error::RecordError;
pub use format::{
    Anchor, Counts, Entry, ErrorKind, FORMAT, Failed, Header, Pair, RecordedExchange,
    RecordedLimits, RecordedReset, ResetKind, Secrets, TerminalSecrets,
};
pub use read::{MAX_LINE, MAX_RECORDING, Recording};
pub use sink::Sink;
pub use write::{Recorded, Recorder};
