//! Why the issuer cannot serve.

use std::path::PathBuf;

/// Why the issuer does not serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The address cannot be listened at.
    #[error("listen at {address}: {source}")]
    Listen {
        /// Which address.
        address: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// A file of the server's certificate cannot be read.
    #[error("TLS, {}: {source}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A certificate or key that the server cannot use.
    #[error("TLS, {}: {detail}", .path.display())]
    Tls {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The threads or signals of the process cannot be had.
    #[error("{step}: {source}")]
    System {
        /// What was being done.
        step: &'static str,
        /// The system's words.
        source: std::io::Error,
    },
}
