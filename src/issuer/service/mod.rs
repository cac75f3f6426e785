//! The calls of OpenID4VCI, each a method of [`Issuer`](super::Issuer).

mod client;
mod credential;
mod deferred;
mod issue;
mod metadata;
mod nonce;
mod notification;
mod offer;
mod outbox;
pub(super) mod secret;
mod shown;
mod status;
mod token;

pub use credential::CredentialReply;
pub use status::{Published, StatusReply};

use super::{Code, Refusal};
use crate::registry::{Denied, RegistryError};

/// A fault of the register is nobody's business but the operator's; a refusal says why, under the
/// code that fits the call.
pub(super) fn refused(error: &RegistryError, code: impl FnOnce(&Denied) -> Code) -> Refusal {
    match error {
        RegistryError::Denied(denied) => Refusal::new(code(denied), denied),
        _ => Refusal::new(Code::TemporarilyUnavailable, "the register does not answer; try again"),
    }
}
