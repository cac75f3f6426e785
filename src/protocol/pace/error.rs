//! How PACE fails.

use const_oid::ObjectIdentifier;

use super::PasswordKind;
use crate::{
    apdu::StatusWord,
    crypto::{AgreementError, Cipher, Domain},
    tlv::TlvError,
};

/// Why no channel was established. PACE offered and failed is the end: nothing falls back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PaceError {
    /// A protocol or domain parameters that this library does not speak.
    #[error("PACE {oid} with parameterId {}: {what} is not supported", id(.parameter_id))]
    Unsupported {
        /// The protocol.
        oid: ObjectIdentifier,
        /// The domain parameters.
        parameter_id: Option<u32>,
        /// The part that is not supported.
        what: &'static str,
    },
    /// The card refused a command.
    #[error("PACE refused: the card answered {sw} to {command} (step {step} of 4)")]
    Refused {
        /// 0 for MSE:Set AT, then the number of the GENERAL AUTHENTICATE.
        step: u8,
        /// What was sent.
        command: &'static str,
        /// The answer.
        sw: StatusWord,
    },
    /// The password is wrong.
    #[error("PACE refused: the card answered {sw} to the terminal's token (step 4 of 4): the {password} is wrong{}", left(.tries_left))]
    WrongPassword {
        /// Which password.
        password: PasswordKind,
        /// The answer.
        sw: StatusWord,
        /// Tries left, where the card told.
        tries_left: Option<u8>,
    },
    /// One try is left, and the caller did not allow to spend it.
    #[error(
        "PACE not run: the {password} has one try left (the card answered {sw} to MSE:Set AT) and it was not allowed to be spent"
    )]
    LastTry {
        /// Which password.
        password: PasswordKind,
        /// The answer.
        sw: StatusWord,
    },
    /// The password is suspended: PACE with the CAN comes first.
    #[error("PACE refused: the {password} is suspended ({sw}); it takes PACE with the CAN first")]
    Suspended {
        /// Which password.
        password: PasswordKind,
        /// The answer.
        sw: StatusWord,
    },
    /// No try is left.
    #[error("PACE refused: the {password} is blocked ({sw})")]
    Blocked {
        /// Which password.
        password: PasswordKind,
        /// The answer.
        sw: StatusWord,
    },
    /// The password is switched off.
    #[error("PACE refused: the {password} is deactivated ({sw})")]
    Deactivated {
        /// Which password.
        password: PasswordKind,
        /// The answer.
        sw: StatusWord,
    },
    /// Dynamic authentication data that is not what the step demands.
    #[error("PACE step {step} of 4: {expected} expected, {got}")]
    Unexpected {
        /// The number of the GENERAL AUTHENTICATE.
        step: u8,
        /// What the protocol demands.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// Bytes that are no data objects.
    #[error("PACE step {step} of 4: {source}")]
    Malformed {
        /// The number of the GENERAL AUTHENTICATE.
        step: u8,
        /// What is wrong.
        source: TlvError,
    },
    /// A public key that is none, or a key agreement that yields none.
    #[error("PACE step {step} of 4: {source}")]
    BadKey {
        /// The number of the GENERAL AUTHENTICATE.
        step: u8,
        /// What is wrong.
        source: AgreementError,
    },
    /// The other side sent our own public key back (ICAO Doc 9303-11 clause 4.4.3.4).
    #[error("PACE step {step} of 4: the other side's public key is our own")]
    SameKey {
        /// The number of the GENERAL AUTHENTICATE.
        step: u8,
    },
    /// Encrypted chip authentication data (DO8A) that does not decrypt to a number below the
    /// order.
    #[error("PACE-CAM step 4 of 4: DO8A holds no chip authentication data: {what}")]
    BadChipData {
        /// What is wrong.
        what: &'static str,
    },
    /// The chip authentication data do not lead from the chip's static key to its mapping key.
    #[error("PACE-CAM: this chip does not hold the private key of the static public key")]
    NotGenuine,
    /// A key that is not one of the cipher: the `K_π` given is another cipher's.
    #[error("PACE: a key of {expected} bytes for {cipher} expected, {got} bytes were given")]
    BadKeyLength {
        /// The cipher.
        cipher: Cipher,
        /// Bytes of its keys.
        expected: usize,
        /// Bytes of the key.
        got: usize,
    },
    /// A chip without a static key on the curve was asked for the chip authentication mapping.
    #[error("PACE-CAM: the chip has no static key on {expected}")]
    NoStaticKey {
        /// The domain of the run.
        expected: Domain,
    },
    /// The token is not the one that follows from the agreed key.
    #[error("PACE step 4 of 4: the {side}'s token does not match: {}", match *.side { "card" => "this is not the card that knows the password", _ => "wrong password" })]
    BadToken {
        /// Whose token.
        side: &'static str,
    },
}

impl PaceError {
    /// What a chip answers when its half fails so (ICAO Doc 9303-11 clause 4.4.4.2).
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::BadToken { .. } | Self::BadKey { .. } | Self::SameKey { .. } => {
                StatusWord::WARNING_CHANGED
            }
            Self::NoStaticKey { .. } | Self::BadKeyLength { .. } => StatusWord::NO_DIAGNOSIS,
            _ => StatusWord::WRONG_DATA,
        }
    }

    /// Whether access was refused (wrong or blocked password), rather than the protocol broken.
    pub const fn is_access(&self) -> bool {
        matches!(
            self,
            Self::WrongPassword { .. }
                | Self::LastTry { .. }
                | Self::Suspended { .. }
                | Self::Blocked { .. }
                | Self::Deactivated { .. }
        )
    }
}

fn id(parameter_id: &Option<u32>) -> String {
    parameter_id.map_or_else(|| "none".into(), |id| id.to_string())
}

fn left(tries: &Option<u8>) -> String {
    match tries {
        None => String::new(),
        Some(1) => ", 1 try left".into(),
        Some(n) => format!(", {n} tries left"),
    }
}
