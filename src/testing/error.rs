//! Why a test has no card, or the card no answer.

use std::path::PathBuf;

use crate::{
    emulator::CardError, profile::ProfileError, tap::TapError, transport::fault::FaultError,
    trust::AnchorError,
};

/// Why a test has no card, or the card no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestingError {
    /// Neither a built-in profile nor a file that can be read.
    #[error("read the profile {}: one of {} or a TOML file expected: {source}", path.display(), names.join(", "))]
    NoProfile {
        /// What was named.
        path: PathBuf,
        /// The built-in profiles.
        names: Vec<&'static str>,
        /// Why it is no file.
        source: std::io::Error,
    },
    /// The profile has a fault.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The profile is no card.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The text is none of faults.
    #[error(transparent)]
    Faults(#[from] FaultError),
    /// The profile's own CSCA is none.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// The tap came to no end.
    #[error(transparent)]
    Tap(#[from] TapError),
    /// The text is no command.
    #[error("send {got:?}: bytes in hexadecimal expected, with or without blanks")]
    NotHex {
        /// The text.
        got: String,
    },
    /// The card has left the field: a fault tore it out, or it was removed.
    #[error("send a command: a card in the field expected, it has left; insert or restart it")]
    CardAway,
}
