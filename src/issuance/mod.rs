//! Requests.
mod binding;
mod challenge;
mod jwk;
mod keys;
mod used;

pub use binding::Binding;
pub use challenge::{Session, SessionId};
pub use jwk::{JwkError, Thumbprint, thumbprint};
pub use keys::{Commitment, DeviceKeys, KeyFileError, MAX_DEVICE_KEYS, commitment};
pub use used::{SessionError, SessionStore, UsedSessions};
