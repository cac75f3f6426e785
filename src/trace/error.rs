//! How reading a trace fails.

use crate::transport::{MAX_RECORDING, RecordError};

/// Why a file is no trace that can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// It cannot be read.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// It is larger than any trace.
    #[error("{file}: a trace has at most {MAX_RECORDING} bytes, {got} came")]
    TooLarge {
        /// The file.
        file: String,
        /// Its bytes, as far as they were read.
        got: u64,
    },
    /// It is in none of the forms.
    #[error("{file}: {expected} expected, {got}")]
    Unknown {
        /// The file.
        file: String,
        /// The forms.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// A line is not what stands there in a trace.
    #[error("{file}:{line}: {expected} expected, {got}")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What belongs there.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// A packet is not what stands there in a trace.
    #[error("{file}: packet {packet}: {expected} expected, {got}")]
    Packet {
        /// The file.
        file: String,
        /// The packet, from 1, as Wireshark counts.
        packet: usize,
        /// What belongs there.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// A recording that is none.
    #[error(transparent)]
    Recording(#[from] RecordError),
}
