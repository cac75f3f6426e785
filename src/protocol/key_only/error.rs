//! How INTERNAL AUTHENTICATE of a key-only card fails.

use super::CHALLENGE_LEN;
use crate::{apdu::StatusWord, crypto::CurveError, pki::PkiError, tlv::TlvError};

/// Why the card gave no signature, or not one of its key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyOnlyError {
    /// The card refused.
    #[error("the key-only card answered {sw} to INTERNAL AUTHENTICATE")]
    Refused {
        /// The answer.
        sw: StatusWord,
    },
    /// The answer is no sequence of the data objects that it should be.
    #[error("the key-only card's answer, {field}: {cause}")]
    Tlv {
        /// The part of it.
        field: &'static str,
        /// What is wrong.
        cause: TlvError,
    },
    /// A value in the answer that cannot be.
    #[error("the key-only card's answer, {field}: {expected} expected, {got} came")]
    Value {
        /// The part of it.
        field: &'static str,
        /// What can be.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// The key of the certificate cannot be used.
    #[error("the key-only card's certificate: {0}")]
    Key(Box<PkiError>),
    /// A key that such cards do not have.
    #[error(
        "the key-only card's certificate: a key of 256 bits or more on a NIST or brainpool curve expected, {key} came"
    )]
    UnknownKey {
        /// Its kind.
        key: String,
    },
    /// Another number of bytes than a signature has.
    #[error("the key-only card's answer: a signature of {expected} bytes expected, {got} came")]
    BadLength {
        /// Bytes of r and s.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// The signature is not one of this key over this.
    #[error(
        "the key-only card's answer: {0}: this chip does not hold the key of its certificate, or signed something else"
    )]
    BadSignature(#[from] CurveError),
    /// A challenge of another length.
    #[error("INTERNAL AUTHENTICATE: a challenge of {CHALLENGE_LEN} bytes expected, {got} came")]
    BadChallenge {
        /// Bytes that came.
        got: usize,
    },
}

impl KeyOnlyError {
    /// What a chip answers when its half fails so.
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::BadChallenge { .. } => StatusWord::WRONG_LENGTH,
            _ => StatusWord::EXECUTION_ERROR,
        }
    }
}
