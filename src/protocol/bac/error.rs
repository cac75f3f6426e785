//! How BAC and BAP fail.

use super::Protocol;
use crate::apdu::StatusWord;

/// Why no channel was established.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BacError {
    /// The card refused a command.
    #[error("{protocol} refused: the card answered {sw} to {command}")]
    Refused {
        /// Which protocol.
        protocol: Protocol,
        /// What was sent.
        command: &'static str,
        /// The answer.
        sw: StatusWord,
    },
    /// The key is wrong: it was made of other data than the document's.
    #[error(
        "{protocol} refused: the card answered {sw} to EXTERNAL AUTHENTICATE: the {} is not that of this document",
        match .protocol { Protocol::Bac => "document number, date of birth or date of expiry", Protocol::Bap => "machine-readable line" }
    )]
    WrongKey {
        /// Which protocol.
        protocol: Protocol,
        /// The answer.
        sw: StatusWord,
    },
    /// Data of another length than the protocol's.
    #[error("{protocol} {step}: {expected} bytes expected, {got} came")]
    BadLength {
        /// Which protocol.
        protocol: Protocol,
        /// The command.
        step: &'static str,
        /// Bytes of the protocol.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// The MAC is not that of the other side's message.
    #[error("{protocol} EXTERNAL AUTHENTICATE: the {side}'s MAC is not that of its message")]
    BadMac {
        /// Which protocol.
        protocol: Protocol,
        /// Whose message.
        side: &'static str,
    },
    /// The message does not carry the random number of this run.
    #[error(
        "{protocol} EXTERNAL AUTHENTICATE: the {side}'s message does not carry the {what} of this run"
    )]
    WrongChallenge {
        /// Which protocol.
        protocol: Protocol,
        /// Whose message.
        side: &'static str,
        /// Which random number.
        what: &'static str,
    },
    /// A message that the protocol does not have at this point.
    #[error("{protocol}: {expected} expected, {got} came")]
    Unexpected {
        /// Which protocol.
        protocol: Protocol,
        /// What the protocol demands.
        expected: &'static str,
        /// What came.
        got: &'static str,
    },
}

impl BacError {
    /// What a chip answers when its half fails so (ICAO Doc 9303-11 clause 4.3.4): `6300` for a
    /// wrong key, `6700` for another length, `6985` without a challenge.
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::BadLength { .. } => StatusWord::WRONG_LENGTH,
            Self::Unexpected { .. } => StatusWord::CONDITIONS,
            _ => StatusWord::WARNING_CHANGED,
        }
    }

    /// Which protocol failed.
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::Refused { protocol, .. }
            | Self::WrongKey { protocol, .. }
            | Self::BadLength { protocol, .. }
            | Self::BadMac { protocol, .. }
            | Self::WrongChallenge { protocol, .. }
            | Self::Unexpected { protocol, .. } => *protocol,
        }
    }

    /// Whether access was refused, rather than the protocol broken.
    pub const fn is_access(&self) -> bool {
        matches!(self, Self::WrongKey { .. })
    }
}
