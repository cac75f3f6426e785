//! How a dialogue fails.

use crate::{
    apdu::{ApduError, StatusWord},
    lds::File,
    sm::SmError,
    tlv::TlvError,
    transport::TransportError,
};

/// Why a command got no usable answer. A status word that the caller may want to see is none of
/// these: it comes back in the response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The reader or the link failed.
    #[error("{step}: {source}")]
    Transport {
        /// What the command was for.
        step: &'static str,
        /// What failed.
        #[source]
        source: TransportError,
    },
    /// The card broke secure messaging, and the channel is closed.
    #[error("{step}: {source}")]
    SecureMessaging {
        /// What the command was for.
        step: &'static str,
        /// What was wrong.
        #[source]
        source: SmError,
    },
    /// The command fits no APDU, or what came is none.
    #[error("{step}: {source}")]
    Apdu {
        /// What the command was for.
        step: &'static str,
        /// What was wrong.
        #[source]
        source: ApduError,
    },
    /// The card keeps announcing more bytes.
    #[error("{step}: at most {limit} response bytes expected, the card announces more")]
    TooMuch {
        /// What the command was for.
        step: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A file cannot be read.
    #[error("{file}: the card answered {sw} to READ BINARY at offset {offset}")]
    ReadRefused {
        /// The file.
        file: File,
        /// Where in the file.
        offset: usize,
        /// The answer.
        sw: StatusWord,
    },
    /// A file is no data object.
    #[error("{file}: {source}")]
    BadFile {
        /// The file.
        file: File,
        /// What is wrong.
        #[source]
        source: TlvError,
    },
    /// A file is larger than any of its kind.
    #[error("{file}: {got} bytes by its header, at most {limit} are read")]
    FileTooLarge {
        /// The file.
        file: File,
        /// The limit.
        limit: usize,
        /// What its header says.
        got: usize,
    },
    /// A file comes in pieces so small that it takes too many commands.
    #[error("{file}: {expected} bytes by its header, the card gave {got} in {limit} commands")]
    FileTooSlow {
        /// The file.
        file: File,
        /// What its header says.
        expected: usize,
        /// What came.
        got: usize,
        /// The limit.
        limit: u32,
    },
    /// A file ends before its own header says.
    #[error("{file}: {expected} bytes by its header, the card gave {got}")]
    FileTooShort {
        /// The file.
        file: File,
        /// What its header says.
        expected: usize,
        /// What came.
        got: usize,
    },
}

impl SessionError {
    /// Whether the card answered, and answered something that its protocol forbids.
    pub const fn is_protocol(&self) -> bool {
        !matches!(self, Self::Transport { .. } | Self::ReadRefused { .. })
    }

    /// The status word of a refused read.
    pub const fn refused(&self) -> Option<StatusWord> {
        match self {
            Self::ReadRefused { sw, .. } => Some(*sw),
            _ => None,
        }
    }
}
