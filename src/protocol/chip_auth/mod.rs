//! Chip Authentication version 1 over ECDH with AES
//! (ICAO Doc 9303-11 clause 6.2, BSI TR-03110-1 clause 3.4, TR-03110-3 clause B.2).
//!
//! The terminal sends an ephemeral public key, and both sides derive new session keys from it and
//! the chip's static key. The chip is proven only by the first answer under those keys: [`Terminal`]
//! yields keys, not a proof.

mod chip;
mod params;
mod terminal;

pub use chip::Chip;
pub use params::Suite;
pub use terminal::{Agreed, Terminal};

use const_oid::ObjectIdentifier;

use crate::{
    apdu::StatusWord,
    crypto::{Curve, CurveError},
    tlv::TlvError,
};

/// Why no keys were agreed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChipAuthError {
    /// A protocol that this library does not speak.
    #[error("Chip Authentication {oid} is not supported")]
    Unsupported {
        /// The protocol.
        oid: ObjectIdentifier,
    },
    /// The card refused a command.
    #[error("Chip Authentication refused: the card answered {sw} to {command}")]
    Refused {
        /// What was sent.
        command: &'static str,
        /// The answer.
        sw: StatusWord,
    },
    /// A public key that is none.
    #[error("Chip Authentication: {0}")]
    BadKey(#[from] CurveError),
    /// The ephemeral key given is on another curve than the chip's.
    #[error("Chip Authentication: an ephemeral key on {expected} expected, one on {got} was given")]
    WrongCurve {
        /// The chip's curve.
        expected: Curve,
        /// The ephemeral key's curve.
        got: Curve,
    },
    /// Bytes that are no data objects.
    #[error("Chip Authentication: {0}")]
    Malformed(#[from] TlvError),
    /// A response to a command that was not sent.
    #[error("Chip Authentication: a response came, but no command is open")]
    NotRunning,
}

impl ChipAuthError {
    /// What a chip answers when its half fails so: `6300` for a key, else `6A80`.
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::BadKey(_) | Self::WrongCurve { .. } => StatusWord::WARNING_CHANGED,
            _ => StatusWord::WRONG_DATA,
        }
    }
}
