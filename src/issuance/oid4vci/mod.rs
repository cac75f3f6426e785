//! The messages of OpenID for Verifiable Credential Issuance 1.0, read from a stranger's bytes.
//!
//! A member that is not known is passed over, as the standard wants it; one that stands there
//! twice, has another type or is longer than makes sense is refused under the code that the
//! standard has for it ([`MessageError::code`]). What earlier drafts had in its place is refused by
//! name. No text of a message gets into an error but the names of members.

mod credential;
mod error;
mod form;
mod notification;
mod offer;
mod reply;
mod token;

#[cfg(test)]
mod tests;

pub use credential::{CredentialRequest, DeferredRequest, Proofs, ResponseEncryption};
pub use error::{ErrorCode, MessageError};
pub use form::Form;
pub use notification::{NotificationEvent, NotificationRequest};
pub use offer::{CredentialOffer, InputMode, OfferRef, PreAuthorized, TxCode};
pub use reply::{
    AttestationChallenge, CredentialResponse, DeferredResponse, ErrorResponse, IssuedCredential,
    NonceResponse, TokenResponse,
};
pub use token::{GrantType, TokenRequest};

/// The grant type of a pre-authorised code (clause 4.1.1).
pub const PRE_AUTHORIZED_CODE: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// The grant type of a refresh token (RFC 6749 clause 6).
pub const REFRESH_TOKEN: &str = "refresh_token";

/// The most bytes of a message that are read.
pub const MAX_MESSAGE: usize = 1 << 20;

/// The longest identifier, code or token that is taken.
pub const MAX_TEXT: usize = 2048;

/// The most proofs that are read of one request; the issuer may take fewer.
pub const MAX_PROOFS: usize = 64;
