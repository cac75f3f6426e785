//! A card in three lines, for the tests of programs that use cards.
//!
//! ```
//! let card = iccard::testing::Card::new("resident")?;
//! let tapped = card.tap()?;
//! assert!(tapped.is_verified());
//! # Ok::<(), iccard::testing::TestingError>(())
//! ```
//!
//! Everything follows from a seed and happens in this process at one moment in 2025: a test that
//! fails fails again. A card keeps its PIN tries and files from tap to tap, over resets and
//! restarts, as cards do; what it is given by [`Card::with_faults`] goes wrong on purpose.
//!
//! ```
//! use iccard::testing::Card;
//!
//! let card = Card::new("eid-pin")?.with_faults("sw 6F00 on ins B0 nth 1")?;
//! assert_eq!(card.apdu("00A4 020C 02 011C")?.sw.0, 0x9000);
//! assert_eq!(card.apdu("00B0 0000 02")?.sw.0, 0x6F00);
//! assert_eq!(card.apdu("00B0 0000 02")?.sw.0, 0x9000);
//! # Ok::<(), iccard::testing::TestingError>(())
//! ```
//!
//! Programs that speak PC/SC meet the same card through pcscd: docs/ci.md.

mod card;
mod error;
mod store;

pub use card::{Card, Tapped};
pub use error::TestingError;

/// The example of the page for CI users is a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/ci.md")]
struct CiPage;
