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
#[cfg(all(test, feature = "emulator"))]
mod tests;
mod token;

pub use credential::CredentialReply;
pub(super) use issue::Wanted;
pub use status::{Published, StatusReply};

use super::{Code, Refusal};
use crate::registry::{Denied, RegistryError};

/// A fault of the register is nobody's business but the operator's, who finds it in the log; a
/// refusal says why, under the code that fits the call.
pub(super) fn refused(error: &RegistryError, code: impl FnOnce(&Denied) -> Code) -> Refusal {
    match error {
        RegistryError::Denied(denied) => Refusal::new(code(denied), denied),
        // With these keys it will never be read.
        RegistryError::Sealed { .. } => {
            tracing::error!(%error, "what the register has cannot be read");
            Refusal::new(Code::ServerError, "the register cannot be read; the operator has to look")
        }
        _ => {
            tracing::error!(%error, "the register does not answer");
            Refusal::new(Code::TemporarilyUnavailable, "the register does not answer; try again")
        }
    }
}
