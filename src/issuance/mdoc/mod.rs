//! mdoc (ISO/IEC 18013-5): issued, verified, presented.
//!
//! [`issue`] makes what an issuer hands to a wallet, an IssuerSigned: every element with a salt of
//! its own, their digests, the holder's key, the times and the place of the status in a mobile
//! security object, which the document signer signs. [`present`] takes the chosen elements out of
//! it and signs them with the holder's key for one verifier and one request ([`Transcript`]).
//! [`verify`] and [`verify_presentation`] judge both, to given roots alone.
//!
//! What comes in is bounded and has one form only: definite lengths, numbers as short as they can
//! be, no key twice (RFC 8949 clause 4.2.1, but for the order of keys). So what is hashed is what
//! came, and there are no two ways to read it. A document that somebody else wrote otherwise is
//! refused.
//!
//! The status is read and not fetched: [`Verified::status`] says where it stands.

mod cbor;
mod cose;
mod error;
mod issue;
mod item;
mod moment;
mod mso;
mod present;
mod transcript;
mod verify;

#[cfg(test)]
mod tests;

pub use error::MdocError;
pub use issue::issue;
pub use present::{present, verify_presentation};
pub use transcript::Transcript;
pub use verify::{Verified, verify};

/// How far the clock of who signed may be ahead of ours.
const AHEAD: time::Duration = time::Duration::seconds(60);

/// The longest document or response that is read or written.
pub const MAX_MDOC: usize = 1 << 18;
