//! What is wrong with a configuration, and where.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::issuer::ports::PortError;
use crate::registry::RegistryError;

/// Why there is no issuer of this configuration. What stands in secret files stands in no message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No TOML, a key that is not known, missing, or of another type.
    #[error("{}, line {line}: {detail}", .path.display())]
    Syntax {
        /// The configuration.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What is wrong.
        detail: String,
    },
    /// A value that cannot be.
    #[error("{}, line {line}: {key}: {expected} expected", .path.display())]
    Value {
        /// The configuration.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// The key.
        key: &'static str,
        /// What would do.
        expected: String,
    },
    /// A file that cannot be read.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A file that is not what it should be.
    #[error("{}: {expected} expected: {detail}", .path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What would do.
        expected: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// A key file that others than its owner may read.
    #[error("{}: others may read this key file: mode 0600 expected, {mode:04o} came", .path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The register cannot be opened.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A port cannot be had.
    #[error(transparent)]
    Port(#[from] PortError),
    /// What is to be signed cannot be, or nobody would believe it.
    #[error("trial: {what} expected: {detail}")]
    Trial {
        /// What was tried, by which keys of the configuration.
        what: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// The environment does not have what the configuration takes from there.
    #[error("database: {variable} is not set, or no text")]
    Environment {
        /// Which variable.
        variable: String,
    },
}

/// Where something stands in a configuration.
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Place<'_> {
    pub(super) fn value(
        &self,
        at: Range<usize>,
        key: &'static str,
        expected: impl Into<String>,
    ) -> ConfigError {
        let (path, line) = (self.path.to_owned(), line(self.text, at.start));
        ConfigError::Value { path, line, key, expected: expected.into() }
    }
}

impl ConfigError {
    pub(super) fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        // The message alone: the lines that toml shows with it may have a password.
        let detail = error.message().lines().next().unwrap_or_default().to_owned();
        Self::Syntax { path: path.to_owned(), line: line(text, at), detail }
    }
}

fn line(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|b| *b == b'\n').count()
}
