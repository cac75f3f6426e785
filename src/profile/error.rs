//! What can be wrong with a card profile.

use std::path::{Path, PathBuf};

/// A place in a profile's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset in `text`.
    pub(super) fn of(file: &Path, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            file: file.to_path_buf(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// Why a text is no card profile, or a profile cannot be personalised. Personal values and secrets
/// are described, never quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The file of a profile cannot be read.
    #[error("{}: {message}", .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The text is no TOML.
    #[error("{at}: {message}")]
    Syntax {
        /// Where.
        at: Place,
        /// The parser's words.
        message: String,
    },
    /// A key that the schema does not have.
    #[error("{at}: unknown key `{key}`{}", hint(.nearest.as_ref(), .known))]
    UnknownKey {
        /// Where.
        at: Place,
        /// The key with its table.
        key: String,
        /// The known key that is spelt most like it.
        nearest: Option<String>,
        /// All keys that the table may have.
        known: Vec<&'static str>,
    },
    /// A key that must be there is not.
    #[error("{at}: key `{key}` is missing")]
    MissingKey {
        /// The table's place.
        at: Place,
        /// The key with its table.
        key: String,
    },
    /// A value of another type than the schema demands.
    #[error("{at}: `{key}`: {expected} expected, a value of type {got} came")]
    WrongType {
        /// Where.
        at: Place,
        /// The key with its table.
        key: String,
        /// The type demanded.
        expected: &'static str,
        /// The type that came.
        got: &'static str,
    },
    /// A value that cannot be.
    #[error("{at}: `{key}`: {expected} expected, {got}")]
    Value {
        /// Where.
        at: Place,
        /// The key with its table.
        key: String,
        /// What the schema or a standard demands.
        expected: String,
        /// What came, described.
        got: String,
    },
    /// A card cannot be made of the profile.
    #[error("personalising the card, {step}: {message}")]
    Personalise {
        /// The part of the card.
        step: &'static str,
        /// What is wrong.
        message: String,
    },
}

impl ProfileError {
    /// Where it is wrong; `None` where no line of a text is to blame.
    pub const fn place(&self) -> Option<&Place> {
        match self {
            Self::Syntax { at, .. }
            | Self::UnknownKey { at, .. }
            | Self::MissingKey { at, .. }
            | Self::WrongType { at, .. }
            | Self::Value { at, .. } => Some(at),
            Self::Read { .. } | Self::Personalise { .. } => None,
        }
    }

    /// The key with its table.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::UnknownKey { key, .. }
            | Self::MissingKey { key, .. }
            | Self::WrongType { key, .. }
            | Self::Value { key, .. } => Some(key),
            _ => None,
        }
    }

    pub(super) fn personalise(step: &'static str, error: impl std::fmt::Display) -> Self {
        Self::Personalise { step, message: error.to_string() }
    }
}

fn hint(nearest: Option<&String>, known: &[&str]) -> String {
    match nearest {
        Some(key) => format!("; did you mean `{key}`?"),
        None => format!("; known here are {}", known.join(", ")),
    }
}
