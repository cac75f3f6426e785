//! Why there is no new issuer.

use std::path::PathBuf;

use crate::pki::PkiError;

/// Why there is no new issuer, or no new signer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// There is something already, and nothing is overwritten.
    #[error("{}: there is something already, and nothing is overwritten", .path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// A file or folder that cannot be made or read.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// An option that cannot be.
    #[error("{what}: {expected} expected")]
    Option {
        /// Which option.
        what: &'static str,
        /// What would do.
        expected: &'static str,
    },
    /// A certificate that cannot be issued.
    #[error(transparent)]
    Certificate(#[from] PkiError),
    /// Something else that cannot be made.
    #[error("{what}: {detail}")]
    Made {
        /// What.
        what: &'static str,
        /// Why.
        detail: String,
    },
    /// A file of an issuer that is not what it should be.
    #[error(transparent)]
    Config(#[from] crate::issuer::config::ConfigError),
}
