//! What can go wrong on the way to a card.

use std::time::Duration;

/// A fault of the reader or the link. What the card answers is never one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// This build cannot do that.
    #[error("{what} is not in this build")]
    NotBuilt {
        /// The missing part.
        what: &'static str,
        /// How to get it.
        help: &'static str,
    },
    /// The system's smart card service does not answer.
    #[error("the smart card service does not answer: {detail}")]
    NoService {
        /// What the system said.
        detail: String,
    },
    /// No reader, or none of that name.
    #[error("no reader{}: {}", like(.wanted), listed(.available))]
    NoReader {
        /// The name fragment asked for.
        wanted: Option<String>,
        /// The readers there are.
        available: Vec<String>,
    },
    /// More than one reader fits, and none is picked by guess.
    #[error("{} readers fit{}: {}", .available.len(), like(.wanted), listed(.available))]
    AmbiguousReader {
        /// The name fragment asked for.
        wanted: Option<String>,
        /// The readers that fit.
        available: Vec<String>,
    },
    /// No card on the reader.
    #[error("no card on {reader}")]
    NoCard {
        /// The reader's name.
        reader: String,
    },
    /// The card left while it was in use.
    #[error("the card left {reader}")]
    CardRemoved {
        /// The reader's name.
        reader: String,
    },
    /// Somebody else reset the card; what was authenticated is gone.
    #[error("another program reset the card on {reader}")]
    CardReset {
        /// The reader's name.
        reader: String,
    },
    /// Another program holds the card.
    #[error("another program holds the card on {reader}")]
    Shared {
        /// The reader's name.
        reader: String,
    },
    /// The system refuses the user this reader.
    #[error("no rights on the reader: {detail}")]
    NoRights {
        /// What the system said.
        detail: String,
    },
    /// Nothing came before the deadline.
    #[error("{step}: no answer within {waited:?}")]
    Timeout {
        /// What was waited for.
        step: &'static str,
        /// How long.
        waited: Duration,
    },
    /// The command is no APDU.
    #[error("a command of {got} bytes, an APDU has at least 4")]
    CommandTooShort {
        /// Bytes of the command.
        got: usize,
    },
    /// The command is larger than this way carries.
    #[error("a command of {got} bytes, the way to the card carries {limit}")]
    CommandTooLong {
        /// Most bytes.
        limit: usize,
        /// Bytes of the command.
        got: usize,
    },
    /// The other side broke the link's own protocol.
    #[error("{step}: {expected} expected, {got} came")]
    Link {
        /// What was done.
        step: &'static str,
        /// What the protocol demands.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// A code of the driver that has no better name here.
    #[error("{step}: the driver says {code:#010X} {detail}")]
    Driver {
        /// What was done.
        step: &'static str,
        /// The raw code.
        code: u32,
        /// The driver's words.
        detail: String,
    },
    /// There is no reader that takes control codes.
    #[error("{name} is no reader: it takes no control codes")]
    NoControl {
        /// What it is called.
        name: String,
    },
    /// A recording is replayed, and the dialogue left it.
    #[error(transparent)]
    Diverged(Box<super::Divergence>),
    /// A recording is replayed, and the fault stands in it.
    #[error("recorded: {detail}")]
    Recorded {
        /// The fault in words.
        detail: String,
    },
    /// A socket fault.
    #[error("{step}: {source}")]
    Io {
        /// What was done.
        step: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
}

impl TransportError {
    /// Whether there is no reader or no card, rather than a fault while talking to one.
    pub const fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::NotBuilt { .. }
                | Self::NoService { .. }
                | Self::NoReader { .. }
                | Self::AmbiguousReader { .. }
                | Self::NoCard { .. }
        )
    }

    /// Whether a reader may say so of an APDU that is too large for it. A card that left, another
    /// program and a time-out are none of these.
    pub const fn may_be_length(&self) -> bool {
        matches!(self, Self::CommandTooLong { .. } | Self::Link { .. } | Self::Driver { .. })
    }
}

fn like(fragment: &Option<String>) -> String {
    fragment.as_ref().map_or_else(String::new, |f| format!(" like {f:?}"))
}

fn listed(readers: &[String]) -> String {
    if readers.is_empty() { "none is connected".into() } else { readers.join(", ") }
}
