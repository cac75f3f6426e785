//! Why a card's state cannot be kept or read.

use std::path::PathBuf;

/// Why a card's state cannot be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be read or written.
    #[error("the card's state in {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error, with the step.
        source: std::io::Error,
    },
    /// The file does not hold a card's state.
    #[error(
        "the card's state in {}, line {line}: {expected} expected, {got:?} stands there",
        path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What must stand there.
        expected: &'static str,
        /// What stands there.
        got: String,
    },
    /// The file is of a later version of this program.
    #[error(
        "the card's state in {} is of version {got}: at most {expected} expected; a newer iccard \
         reads it",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The latest version that is read here.
        expected: u32,
        /// The file's.
        got: String,
    },
    /// The file is the state of another card.
    #[error("the state in {} is that of {got}: that of {expected} expected", path.display())]
    OtherCard {
        /// The file.
        path: PathBuf,
        /// The card that wants it.
        expected: String,
        /// The card whose it is.
        got: String,
    },
    /// Another card keeps its state there now.
    #[error(
        "the card's state in {} is in use by {by}: one card at a time keeps its state there",
        path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// Who has it.
        by: String,
    },
    /// An entry that cannot be kept.
    #[error("keep the entry {name:?}: {expected} expected, got {got}")]
    Entry {
        /// The entry's name.
        name: String,
        /// What can be kept.
        expected: &'static str,
        /// What was to be kept.
        got: String,
    },
}
