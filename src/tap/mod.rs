//! The main job: a card is tapped, read, and its chip made to prove itself.
//!
//! The order puts what may fail early and what is large last: EF.CardAccess, EF.ATR/INFO, PACE,
//! SELECT, EF.DG14 and Chip Authentication, EF.HolderVerification, EF.SOD, the small data groups,
//! Active Authentication, EF.DG2. What comes out is [`Evidence`](crate::trust::Evidence), which
//! [`judge`](crate::trust::judge) turns into a verdict.

mod access;
mod error;
mod run;

pub use access::Passwords;
pub use error::TapError;
pub use run::{Event, Options, StepTime, Tapped, tap};
