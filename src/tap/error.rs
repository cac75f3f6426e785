//! How a tap ends early.

use crate::{apdu::StatusWord, lds::LdsError, protocol::pace::PaceError, session::SessionError};

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
    /// A file that the access depends on is malformed.
    #[error(transparent)]
    File(#[from] LdsError),
    /// The card offers no PACE.
    #[error("the card offers no PACE: a PACEInfo in EF.CardAccess expected, {got}")]
    NoPace {
        /// What came instead.
        got: String,
    },
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
