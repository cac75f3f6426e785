//! Active Authentication (ICAO Doc 9303-11 clause 6.1).
//!
//! The chip signs eight bytes that the terminal gives. Whoever chose those bytes can show the
//! signature to others: that is what a request binds itself with.
//!
//! ```
//! use iccard::crypto::{Curve, Hash, SecretKey, SeededRng};
//! use iccard::protocol::active_auth::{AaKey, Chip, check};
//!
//! let mut rng = SeededRng::new(b"doc", "card");
//! let key = SecretKey::generate(Curve::P256, &mut rng);
//! let public = AaKey::Ec(key.public());
//! let signature = Chip::new(key, Hash::Sha256).internal_authenticate(b"RND.IFD!", &mut rng)?;
//! // EF.DG14 names no algorithm, so it is found out.
//! let made = check(&public, None, b"RND.IFD!", &signature)?;
//! assert_eq!(made.to_string(), "ECDSA with SHA-256");
//! # Ok::<(), iccard::protocol::active_auth::ActiveAuthError>(())
//! ```

mod check;
mod chip;
mod terminal;

pub use check::{AaAlgorithm, AaKey, EcdsaFormat, check, verify};
pub use chip::Chip;
pub use terminal::Terminal;

use const_oid::ObjectIdentifier;

use crate::{
    apdu::StatusWord,
    crypto::{CurveError, RsaError},
    pki::PkiError,
};

/// Bytes of RND.IFD (ICAO Doc 9303-11 clause 6.1.2.1).
pub const CHALLENGE_LEN: usize = 8;

/// Why the card gave no signature, or not one of its key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActiveAuthError {
    /// The card refused.
    #[error("Active Authentication refused: the card answered {sw} to INTERNAL AUTHENTICATE")]
    Refused {
        /// The answer.
        sw: StatusWord,
    },
    /// The key of EF.DG15 is none that can be used.
    #[error("Active Authentication: {0}")]
    Key(Box<PkiError>),
    /// EF.DG14 names an algorithm that is not known.
    #[error("Active Authentication: signature algorithm {oid} is not supported")]
    UnknownAlgorithm {
        /// The algorithm.
        oid: ObjectIdentifier,
    },
    /// Another number of bytes than a signature has.
    #[error("Active Authentication: a signature of {expected} bytes expected, {got} came")]
    BadLength {
        /// Bytes of `r || s`.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// The signature is not one of this key over this challenge.
    #[error("Active Authentication: {0}: this chip does not hold the key of EF.DG15")]
    BadSignature(#[from] CurveError),
    /// The same, with an RSA key.
    #[error("Active Authentication: {0}: this chip does not hold the key of EF.DG15")]
    BadRsaSignature(RsaError),
    /// The chip's half could not sign.
    #[error("Active Authentication: the chip cannot sign: {0}")]
    CannotSign(RsaError),
    /// A challenge of another length.
    #[error("Active Authentication: a challenge of {CHALLENGE_LEN} bytes expected, {got} came")]
    BadChallenge {
        /// Bytes that came.
        got: usize,
    },
}

impl ActiveAuthError {
    /// What a chip answers when its half fails so.
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::BadChallenge { .. } => StatusWord::WRONG_LENGTH,
            _ => StatusWord::EXECUTION_ERROR,
        }
    }
}

#[cfg(test)]
mod tests;
