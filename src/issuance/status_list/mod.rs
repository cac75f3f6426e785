//! Token Status Lists (draft-ietf-oauth-status-list), as JWT and as CWT.
//!
//! A [`StatusList`] is an array of two bits an entry. It is published under one URI in both forms,
//! because verifiers of SD-JWT VC want the JWT and verifiers of mdoc the CWT ([`sign`],
//! [`sign_jwt`], [`sign_cwt`]). A verifier opens either ([`open_jwt`], [`open_cwt`]) and asks it
//! for the entry that a credential names.
//!
//! What cannot be known is a [`StatusError`]; that a credential is revoked is an answer,
//! [`Status::Invalid`]. The two are never the same.

mod cwt;
mod error;
mod jwt;
mod list;
mod token;

#[cfg(test)]
mod tests;

pub use cwt::{open_cwt, sign_cwt};
pub use error::StatusError;
pub use jwt::{open_jwt, sign_jwt};
pub use list::{MAX_ENTRIES, StatusList};
pub use token::{MAX_TOKEN, Opened, Signed, Token, open, sign};

#[cfg(doc)]
use super::Status;

/// typ of a status list JWT (Token Status List clause 5.1).
pub const TYP_JWT: &str = "statuslist+jwt";
/// Media type of a status list JWT (Token Status List clause 14.7).
pub const MEDIA_TYPE_JWT: &str = "application/statuslist+jwt";
/// Media type of a status list CWT, and its typ (Token Status List clauses 5.2 and 14.7).
pub const MEDIA_TYPE_CWT: &str = "application/statuslist+cwt";
