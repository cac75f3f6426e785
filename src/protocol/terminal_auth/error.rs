//! Why a terminal is not believed.

use crate::{
    apdu::StatusWord,
    pki::cvc::{CvcError, Reference},
    tlv::TlvError,
};

/// Why Terminal Authentication failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TerminalAuthError {
    /// The card refused a command.
    #[error("Terminal Authentication refused: the card answered {sw} to {command} of {reference}")]
    Refused {
        /// What was sent.
        command: &'static str,
        /// Which key it was about.
        reference: Reference,
        /// The answer.
        sw: StatusWord,
    },
    /// No certificate to show.
    #[error("Terminal Authentication: there is no certificate to show")]
    NoChain,
    /// The private key is not that of the last certificate.
    #[error("Terminal Authentication: the private key is not that of {holder}'s certificate")]
    OtherKey {
        /// Whose certificate it is.
        holder: Reference,
    },
    /// A challenge of another length.
    #[error("Terminal Authentication: a challenge of 8 bytes expected, {got} came")]
    BadChallenge {
        /// Bytes that came.
        got: usize,
    },
    /// A response to a command that was not sent.
    #[error("Terminal Authentication: a response came, but no command is open")]
    NotRunning,
    /// Bytes that are no data objects.
    #[error("Terminal Authentication: {0}")]
    Malformed(#[from] TlvError),
    /// A certificate that is refused, or a private key that cannot sign.
    #[error("Terminal Authentication: {0}")]
    Certificate(#[from] CvcError),
    /// A key that the chip does not have.
    #[error("Terminal Authentication: no key of {reference} is known here")]
    UnknownKey {
        /// Its name.
        reference: Reference,
    },
    /// A certificate for a name that a trust point has.
    #[error("Terminal Authentication: {reference} is a trust point already")]
    KnownKey {
        /// The name.
        reference: Reference,
    },
    /// A command before the one it needs.
    #[error("Terminal Authentication: {needs} has to come first")]
    OutOfOrder {
        /// What has to come first.
        needs: &'static str,
    },
    /// Version 1 needs the key of a Chip Authentication that was done before.
    #[error("Terminal Authentication: Chip Authentication has to come first")]
    NoChipAuthentication,
    /// Another algorithm than the terminal's certificate names.
    #[error("Terminal Authentication: the algorithm is not that of {holder}'s certificate")]
    OtherAlgorithm {
        /// Whose certificate.
        holder: Reference,
    },
    /// A second run within one session (ICAO Doc 9303-11 clause 7.1.3).
    #[error("Terminal Authentication: a terminal has authenticated in this session already")]
    AlreadyDone,
    /// The terminal does not hold the key of its certificate.
    #[error("Terminal Authentication: the signature does not verify with the key of {holder}")]
    BadSignature {
        /// Whose certificate.
        holder: Reference,
    },
}

impl TerminalAuthError {
    /// What a chip answers when its half fails so (ICAO Doc 9303-11 clause 7.1.5): `6A88` for a key
    /// that is not there, `6300` for a certificate or a signature that does not hold, `6982` where
    /// Terminal Authentication is not possible now.
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::UnknownKey { .. } => StatusWord::REFERENCE_NOT_FOUND,
            Self::BadSignature { .. } | Self::KnownKey { .. } => StatusWord::WARNING_CHANGED,
            Self::Certificate(error) => match error {
                CvcError::Structure { .. } | CvcError::Value { .. } | CvcError::TooMuch { .. } => {
                    StatusWord::WRONG_DATA
                }
                _ => StatusWord::WARNING_CHANGED,
            },
            Self::AlreadyDone | Self::NoChipAuthentication => StatusWord::SECURITY_STATUS,
            Self::OutOfOrder { .. } => StatusWord::CONDITIONS,
            _ => StatusWord::WRONG_DATA,
        }
    }
}
