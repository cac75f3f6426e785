//! How reading a recording fails.

use super::{FORMAT, MAX_LINE, MAX_RECORDING};

/// Why a file is no recording that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It cannot be read.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// It is larger than any recording.
    #[error("{file}: a recording has at most {MAX_RECORDING} bytes, {got} came")]
    TooLarge {
        /// The file.
        file: String,
        /// Its bytes.
        got: u64,
    },
    /// A line is longer than any of a recording.
    #[error("{file}:{line}: a line has at most {MAX_LINE} bytes, {got} came")]
    LineTooLong {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// Its bytes.
        got: usize,
    },
    /// A line is not what stands there in a recording.
    #[error("{file}:{line}:{column}: {expected} expected, {got}")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The byte of the line, from 1.
        column: usize,
        /// What belongs there.
        expected: &'static str,
        /// What is wrong.
        got: String,
    },
    /// It is in another format.
    #[error("{file}: a recording of format {FORMAT} expected, format {got} came")]
    Format {
        /// The file.
        file: String,
        /// Its format.
        got: u32,
    },
    /// It cannot be replayed or made into a card, for bytes are left out.
    #[error("{file} is redacted: it has not all bytes, which is needed to {purpose}")]
    Redacted {
        /// The file.
        file: String,
        /// What it was wanted for.
        purpose: &'static str,
    },
}
