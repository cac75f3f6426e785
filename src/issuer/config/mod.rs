//! `issuer.toml`: one file says all of an issuer.
//!
//! Every path in it is relative to the file; a key that is not known is refused, with its line. What
//! is secret stands in files of its own.

mod error;
mod file;
mod open;
mod read;
#[cfg(all(test, feature = "emulator"))]
mod tests;
mod trial;

pub use error::ConfigError;

use std::path::{Path, PathBuf};

use super::http::HttpSettings;
use super::{Rates, Settings};
use file::File;

/// The largest configuration.
const MAX_CONFIG: usize = 1 << 20;

/// A configuration that was read and makes sense. Its keys and its register are not opened yet.
pub struct Config {
    /// What the service goes by.
    pub settings: Settings,
    /// How the door is kept.
    pub http: HttpSettings,
    /// How often somebody may ask.
    pub rates: Rates,
    path: PathBuf,
    file: File,
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`ConfigError::File`], [`ConfigError::Syntax`], [`ConfigError::Value`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read::text(path, MAX_CONFIG)?;
        Self::of(path, &text)
    }

    fn of(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file: File =
            toml::from_str(text).map_err(|error| ConfigError::syntax(path, text, &error))?;
        let place = error::Place { path, text };
        let settings = file.settings(&place)?;
        let http = file.http(&place)?;
        Ok(Self { settings, http, rates: file.limits.rates(), path: path.to_owned(), file })
    }

    // Of a path in the configuration.
    fn beside(&self, path: &Path) -> PathBuf {
        beside(&self.path, path)
    }
}

fn beside(config: &Path, path: &Path) -> PathBuf {
    // An absolute path stays.
    config.parent().unwrap_or_else(|| Path::new("")).join(path)
}

impl std::fmt::Debug for Config {
    // The database's URL may have a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("path", &self.path).finish_non_exhaustive()
    }
}
