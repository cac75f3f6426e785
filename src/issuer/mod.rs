//! The service that answers a tap, or an office's QR code, with a mobile card: OpenID4VCI 1.0.
//!
//! Everything below `service` and `tap` is ordinary blocking code over the
//! [`Registry`](crate::registry::Registry); `http` brings it to the network and runs each call on a
//! thread for blocking work. So the same calls are made by tests without a socket.

pub mod config;
pub mod http;
#[cfg(feature = "emulator")]
pub mod init;
pub mod ports;

mod clock;
mod error;
mod ledger;
mod limits;
mod metrics;
mod office;
mod service;
mod settings;
mod state;
mod subject;
mod tap;

#[cfg(feature = "test-clock")]
pub use clock::FileClock;
pub use clock::{Clock, SystemClock};
pub use error::{Code, Refusal};
pub use limits::{Limits, Rates};
pub use metrics::Metrics;
pub use office::Clerk;
pub use service::{CredentialReply, Published, StatusReply};
pub use settings::{MDOC, SD_JWT, Settings};
pub use state::{Issuer, Keys};

use crate::issuance::Thumbprint;

/// Who calls, as far as the request's own proofs show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Thumbprint of the DPoP key.
    pub jkt: Thumbprint,
    /// The wallet's instance: thumbprint of the key in its attestation.
    pub instance: Option<Thumbprint>,
    /// client_id, which all installations of a wallet share.
    pub client_id: Option<String>,
}

/// A request's head: what its proofs are about.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// The URL as the client knows it, without query and fragment.
    pub url: String,
    /// `DPoP` headers; more than one is refused.
    pub dpop: Vec<String>,
    /// `Authorization`.
    pub authorization: Option<String>,
    /// `OAuth-Client-Attestation`.
    pub attestation: Option<String>,
    /// `OAuth-Client-Attestation-PoP`.
    pub attestation_pop: Option<String>,
    /// The address of the peer, for limits and nothing else.
    pub address: Option<std::net::IpAddr>,
}
