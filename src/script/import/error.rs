//! Why a file cannot be imported.

use super::{Format, MAX_IMPORT};
use crate::transport::RecordError;

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// More than there may be.
    #[error("the file has {got} bytes; at most {MAX_IMPORT} are imported")]
    TooLarge {
        /// Its bytes.
        got: usize,
    },
    /// It is not UTF-8.
    #[error("line {line}, column {column}: UTF-8 text expected, other bytes came")]
    NotText {
        /// The line, from 1.
        line: usize,
        /// The byte of the line, from 1.
        column: usize,
    },
    /// A line that the format does not have.
    #[error("line {line}, column {column}: {expected} expected, {got} came")]
    Line {
        /// The format.
        format: Format,
        /// The line, from 1.
        line: usize,
        /// The character of the line, from 1.
        column: usize,
        /// What could stand there.
        expected: &'static str,
        /// What does.
        got: String,
    },
    /// A recording that cannot be read.
    #[error(transparent)]
    Recording(#[from] RecordError),
}

impl ImportError {
    /// The line, where it is known.
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::NotText { line, .. } | Self::Line { line, .. } => Some(*line),
            Self::TooLarge { .. } | Self::Recording(_) => None,
        }
    }

    /// What could stand there.
    pub const fn expected(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "a smaller file",
            Self::NotText { .. } => "UTF-8 text",
            Self::Line { expected, .. } => expected,
            Self::Recording(_) => "a recording (docs/recording.md)",
        }
    }
}
