//! The main job: a card is tapped, read, and its chip made to prove itself.
//!
//! The order puts what may fail early and what is large last. In the master file: EF.CardAccess,
//! EF.ATR/INFO, PACE, and where the card has them EF.CardSecurity, Terminal Authentication and Chip
//! Authentication of version 2. In the application, a passport's or a driving licence's: BAC or BAP
//! where there is no PACE, EF.DG14 and Chip Authentication, EF.HolderVerification, EF.SOD, the small
//! data groups, Active Authentication, the face; at the very end Terminal Authentication and what
//! only authorised terminals may read, for a chip that refuses may also close the channel. A
//! key-only card, which is looked for where there is no other application, gives its certificate and
//! signs. What comes out is [`Evidence`](crate::trust::Evidence), which [`judge`](crate::trust::judge) turns
//! into a verdict.

mod access;
mod authorise;
mod chip;
mod enter;
mod error;
mod key_only;
mod lengths;
mod options;
mod outcome;
pub mod parts;
mod plan;
mod prove;
mod reader;
mod relay;
mod run;
mod terminal;

pub use error::TapError;
pub use lengths::{KnownLengths, LearntLengths};
pub use options::{Options, Passwords};
pub use outcome::{Event, StepTime, Tapped};
pub use relay::{Relay, RelayError};
pub use run::tap;
pub use terminal::TerminalCertificates;
