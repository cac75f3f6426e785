//! From a tap to a request for a credential, and its verification.
//!
//! 1. The device makes its keys ([`DeviceKeys`]) and commits to them: H_dev
//!    ([`DeviceKeys::commitment`]).
//! 2. The verifier makes a [`Session`] for that commitment: an identifier, a nonce, an end. The
//!    order matters: keys first, then the nonce, so that nobody can look for keys that fit.
//! 3. Both sides compute the [`Binding`] of session and device. The card signs its first eight
//!    bytes in Active Authentication; a key-only card signs all of it, and that the PIN was given.
//! 4. The device signs session, keys, binding and [`Evidence`](crate::trust::Evidence) as a
//!    [`CredentialRequest`].
//! 5. The verifier judges it with [`verify`]: each session is good once.
//!
//! What a field means, what the binding is computed from and what it does and does not show stands
//! in docs/tap-evidence.md.

#[cfg(feature = "credentials")]
pub mod mdoc;
#[cfg(feature = "credentials")]
pub mod oid4vci;
#[cfg(feature = "credentials")]
pub mod proof;
#[cfg(feature = "credentials")]
pub mod sd_jwt;
#[cfg(feature = "credentials")]
pub mod status_list;
#[cfg(feature = "credentials")]
pub mod tap_session;

mod binding;
mod challenge;
#[cfg(feature = "credentials")]
mod cose;
#[cfg(feature = "credentials")]
mod json;
mod jwk;
mod jws;
mod keys;
#[cfg(feature = "credentials")]
mod order;
#[cfg(feature = "credentials")]
mod period;
mod request;
#[cfg(feature = "credentials")]
mod signed;
#[cfg(feature = "credentials")]
mod signer;
#[cfg(feature = "credentials")]
mod status;
#[cfg(feature = "credentials")]
mod subject;
mod used;
mod value;
mod verify;

#[cfg(test)]
mod tests;

pub use binding::Binding;
pub use challenge::Session;
#[cfg(feature = "credentials")]
pub use jwk::jwk_of;
pub use jwk::{JwkError, thumbprint};
pub use keys::{DeviceKeys, KeyFileError, MAX_DEVICE_KEYS, commitment};
#[cfg(feature = "credentials")]
pub use order::{AGES, Order};
#[cfg(feature = "credentials")]
pub use period::{Period, PeriodError};
pub use request::{CredentialRequest, MAX_REQUEST, RequestError, TYP};
#[cfg(feature = "credentials")]
pub use signed::SignedError;
#[cfg(feature = "issuer")]
pub(crate) use signed::sign_with_chain;
#[cfg(feature = "credentials")]
pub use signer::{MAX_CHAIN, Signer, SignerError, trusted_key};
#[cfg(feature = "credentials")]
pub use status::{Status, StatusRef};
#[cfg(feature = "credentials")]
pub use subject::Subject;
pub use used::{SessionError, SessionStore, UsedSessions};
pub use value::{Commitment, Nonce, SessionId, Thumbprint, ValueError};
pub use verify::{Decision, Refusal, RequestVerdict, belongs_to, verify};

/// As much of a stranger's text as a message needs, and nothing that a terminal would obey.
#[cfg(feature = "credentials")]
pub(crate) fn shown(text: &str) -> String {
    let shown = text.chars().take(100);
    shown.map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
