//! How a tap ends early.

use crate::{
    apdu::StatusWord,
    lds::LdsError,
    protocol::{bac::BacError, pace::PaceError},
    session::SessionError,
};

/// Why a tap yields no evidence. A chip that fails to prove itself is none of these: that is
/// evidence, and judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TapError {
    /// The dialogue failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// PACE failed; nothing falls back.
    #[error(transparent)]
    Pace(#[from] PaceError),
    /// BAC failed.
    #[error(transparent)]
    Bac(#[from] BacError),
    /// A file that the access depends on is malformed.
    #[error(transparent)]
    File(#[from] LdsError),
    /// The card offers PACE only in forms that this library does not speak.
    #[error(
        "none of the {offered} PACE variants that the card offers is supported; the first: {first}"
    )]
    NoCommonPace {
        /// How many it offers.
        offered: usize,
        /// Why not the first.
        first: PaceError,
    },
    /// The card offers no PACE, and BAC takes the machine-readable zone.
    #[error("the card offers no PACE ({got}); for BAC the MRZ is expected, none was given")]
    NoMrz {
        /// What came instead of a PACEInfo.
        got: String,
    },
    /// No password was given.
    #[error("access: a CAN, PIN or MRZ expected, none was given")]
    NoPassword,
    /// The card has none of the applications that this library reads.
    #[error(
        "the eMRTD application (AID A0000002471001) is not on the card: it answered {sw} to SELECT"
    )]
    NoApplication {
        /// The answer.
        sw: StatusWord,
    },
}
