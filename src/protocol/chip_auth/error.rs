//! How Chip Authentication fails.

use const_oid::ObjectIdentifier;

use crate::{
    apdu::StatusWord,
    crypto::{AgreementError, Domain},
    tlv::TlvError,
};

/// Why no keys were agreed. The old channel still holds (ICAO Doc 9303-11 clause 6.2.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChipAuthError {
    /// A protocol that this library does not speak.
    #[error("Chip Authentication {oid} is not supported")]
    Unsupported {
        /// The protocol.
        oid: ObjectIdentifier,
    },
    /// A protocol over curves with a key of a group, or the other way round; or MSE:Set KAT with
    /// AES or version 2, which have none.
    #[error("Chip Authentication {oid} does not run {what}")]
    Mismatch {
        /// The protocol.
        oid: ObjectIdentifier,
        /// What does not go with it.
        what: &'static str,
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
    BadKey(#[from] AgreementError),
    /// The public key of MSE:Set KAT is none.
    #[error("Chip Authentication MSE:Set KAT: {0}")]
    BadTemplateKey(AgreementError),
    /// The ephemeral key given is of another domain than the chip's.
    #[error("Chip Authentication: an ephemeral key of {expected} expected, one of {got} was given")]
    WrongDomain {
        /// The chip's curve or group.
        expected: Domain,
        /// The ephemeral key's curve or group.
        got: Domain,
    },
    /// Bytes that are no data objects.
    #[error("Chip Authentication: {0}")]
    Malformed(#[from] TlvError),
    /// A data object of another length than the protocol's.
    #[error("Chip Authentication: DO{object:X}: {expected} expected, {got} bytes came")]
    BadObject {
        /// Its tag.
        object: u32,
        /// What the protocol demands.
        expected: &'static str,
        /// Bytes that came.
        got: usize,
    },
    /// The chip's token of version 2 is not the one that follows from the agreed key.
    #[error(
        "Chip Authentication: the chip's token does not match: it does not hold the private key"
    )]
    BadToken,
    /// The ephemeral key is not the one that Terminal Authentication announced.
    #[error(
        "Chip Authentication: the ephemeral key is not the one that Terminal Authentication announced"
    )]
    NotAnnounced,
    /// A response to a command that was not sent.
    #[error("Chip Authentication: a response came, but no command is open")]
    NotRunning,
}

impl ChipAuthError {
    /// What a chip answers when its half fails so: `6300` for a key in GENERAL AUTHENTICATE, else
    /// `6A80` (ICAO Doc 9303-11 clause 6.2.4).
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::BadKey(_) | Self::WrongDomain { .. } | Self::NotAnnounced => {
                StatusWord::WARNING_CHANGED
            }
            _ => StatusWord::WRONG_DATA,
        }
    }
}
