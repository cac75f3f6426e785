//! SD-JWT VC: issued, verified, presented (RFC 9901, draft-ietf-oauth-sd-jwt-vc).
//!
//! Every claim about the person is selectively disclosable, those of `address` and
//! `age_equal_or_over` one by one; what a verifier needs in order to believe the rest (`vct`,
//! times, `cnf`, `status`) is not. The chain of the signer stands in `x5c`, without the root.
//!
//! [`verify`] is for what an issuer hands out, [`verify_presentation`] for what a holder shows: the
//! first takes no key binding and the second demands one, so that neither passes for the other.

mod claims;
mod combined;
mod disclosure;
mod error;
mod issue;
mod json;
mod present;
mod reveal;
mod verify;

#[cfg(test)]
mod tests;

pub use claims::CLAIMS;
pub use combined::{MAX_CREDENTIAL, MAX_DISCLOSURES, has_key_binding};
pub use error::SdJwtError;
pub use issue::issue;
pub use present::{Audience, present, verify_presentation};
pub use verify::{Verified, verify};

/// typ of an SD-JWT VC (SD-JWT VC clause 3.2.1).
pub const TYP: &str = "dc+sd-jwt";
/// typ of a key binding (RFC 9901 clause 4.3).
pub const TYP_KEY_BINDING: &str = "kb+jwt";
