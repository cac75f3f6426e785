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

mod binding;
mod challenge;
mod jwk;
mod jws;
mod keys;
mod request;
mod used;
mod value;
mod verify;

#[cfg(test)]
mod tests;

pub use binding::Binding;
pub use challenge::Session;
pub use jwk::{JwkError, thumbprint};
pub use keys::{DeviceKeys, KeyFileError, MAX_DEVICE_KEYS, commitment};
pub use request::{CredentialRequest, MAX_REQUEST, RequestError, TYP};
pub use used::{SessionError, SessionStore, UsedSessions};
pub use value::{Commitment, Nonce, SessionId, Thumbprint, ValueError};
pub use verify::{Decision, Refusal, RequestVerdict, verify};
