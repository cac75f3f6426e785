//! A contactless card in software: a chip made of a card profile.
//!
//! [`Card`] is a [`Responder`](crate::transport::Responder): any bytes in, at least a status word
//! out. It has files with access rules, PACE with try counters, BAC and BAP, secure messaging, Chip,
//! Terminal and Active Authentication, and the application of a travel document or of a driving
//! licence (docs/applet.md).
//! What it knows of the world, randomness, time and memory that outlives power, comes from an
//! [`Env`]: in a [`SeededEnv`] the same seed gives the same dialogue, byte for byte.
//!
//! Another application is another [`Applet`]; [`Card::new`] takes any list of them.
//!
//! ```
//! use iccard::{emulator, transport::Responder};
//!
//! let mut card = emulator::resident()?;
//! let mut response = Vec::new();
//! // SELECT the eMRTD application, then read a data group without PACE.
//! card.respond(&[0x00, 0xA4, 0x04, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 0x01], &mut response);
//! assert_eq!(response, [0x90, 0x00]);
//! card.respond(&[0x00, 0xB0, 0x81, 0x00, 0x00], &mut response);
//! assert_eq!(response, [0x69, 0x82]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Terminal and chip of this library share one repository and could share one mistake: that they
//! understand each other proves nothing about the standards. The standards' worked examples and
//! foreign readers do that; the tests here speak to the card with a terminal of their own.

mod access;
mod active_auth;
mod applet;
mod basic_access;
mod card;
mod channel;
mod chip_auth;
mod counters;
mod defect;
mod env;
mod from_profile;
pub mod fs;
mod identity;
mod iso;
mod key_only;
mod lds_application;
mod mse;
mod os;
mod pace;
mod password;
mod quirks;
mod security;
mod store;
mod terminal_auth;
#[cfg(test)]
mod tests;
mod work;

pub use access::{Numbers, Seen, Shown};
pub use applet::{Applet, Context, Rekeyed, Reply};
pub use basic_access::BasicAccess;
pub use card::{Card, Parts};
pub use chip_auth::{ChipAuthentication, ChipKey};
pub use defect::{Defect, Defects};
pub use env::{Env, SeededEnv, SystemEnv};
pub use from_profile::{CardError, resident};
pub use password::Passwords;
pub use store::{CardId, Change, Counter, FileStore, MemoryStore, Store, StoreError};
pub use terminal_auth::TerminalAuthentication;
