//! What can be wrong with a protected message.

use crate::{
    apdu::{ApduError, StatusWord},
    tlv::TlvError,
};

/// Why a protected command or response is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmError {
    /// A response without secure messaging inside the channel: never data, whatever it holds.
    #[error("secure messaging: a protected response expected, an unprotected {sw} came")]
    Unprotected {
        /// The status word it ends with.
        sw: StatusWord,
    },
    /// The bytes are no data objects of secure messaging.
    #[error("secure messaging: {0}")]
    Malformed(#[from] TlvError),
    /// A data object that must be there is not.
    #[error("secure messaging: DO{expected:02X} expected, it is missing")]
    Missing {
        /// Its tag.
        expected: u8,
    },
    /// A data object with a value that cannot be, or one that does not belong here.
    #[error("secure messaging: DO{object:X}: {expected} expected, {got} bytes came")]
    BadObject {
        /// Its tag.
        object: u32,
        /// What the standard demands.
        expected: &'static str,
        /// Bytes that came.
        got: usize,
    },
    /// The MAC is another than the one computed.
    #[error("secure messaging: the MAC in DO8E is not that of this message and counter")]
    BadMac,
    /// The decrypted data has no padding of ISO/IEC 9797-1 method 2.
    #[error("secure messaging: the decrypted data has no 80 00.. padding")]
    BadPadding,
    /// The protected status word and the plain one differ.
    #[error("secure messaging: DO99 says {protected:?}, the response ends with {plain:?}")]
    StatusMismatch {
        /// The one under the MAC.
        protected: StatusWord,
        /// The one behind it.
        plain: StatusWord,
    },
    /// The command does not fit an APDU once it is protected, or is none.
    #[error("secure messaging: {0}")]
    Apdu(#[from] ApduError),
    /// Keys of another length than the cipher's.
    #[error("secure messaging: keys of {expected} bytes expected")]
    BadKeys {
        /// The cipher's key length.
        expected: usize,
    },
}

impl SmError {
    /// What a chip answers to such a command (ISO/IEC 7816-4 clause 5.6): `6987` where a data
    /// object is missing, else `6988`.
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::Missing { .. } | Self::Unprotected { .. } => StatusWord::SM_OBJECTS_MISSING,
            _ => StatusWord::SM_OBJECTS_INCORRECT,
        }
    }
}
