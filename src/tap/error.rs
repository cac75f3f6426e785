//! How a tap ends early.

use crate::{
    apdu::StatusWord,
    lds::{Df, LdsError},
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
    /// BAC or BAP failed.
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
    /// The card offers no PACE, or BAC was asked for, and BAC and BAP take what is printed for a
    /// reader.
    #[error(
        "{why}; for BAC the MRZ is expected, for a driving licence the line for BAP; neither was \
         given"
    )]
    NoMrz {
        /// Why it is not PACE.
        why: String,
    },
    /// No password was given.
    #[error("access: a CAN, PIN, PUK or MRZ expected, none was given")]
    NoPassword,
    /// The PUK opened the card, but did not unblock the PIN.
    #[error("the PIN is not unblocked: the card answered {sw} to RESET RETRY COUNTER")]
    NotUnblocked {
        /// The answer.
        sw: StatusWord,
    },
    /// The card has none of the applications that this library reads, or not the one that the
    /// password is for.
    #[error("the {} is not on the card: it answered {sw} to SELECT", name(*.expected))]
    NoApplication {
        /// The one that was looked for first.
        expected: Df,
        /// The answer.
        sw: StatusWord,
    },
}

const fn name(df: Df) -> &'static str {
    match df {
        Df::Lds => "eMRTD application (AID A0000002471001)",
        Df::Edl => "driving licence application (AID A0000002480200)",
        Df::KeyOnly => "application of a key-only card (AID F049434341524401)",
        Df::MasterFile => "master file",
    }
}
