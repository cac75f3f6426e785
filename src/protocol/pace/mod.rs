//! Password Authenticated Connection Establishment
//! (ICAO Doc 9303-11 clause 4.4, BSI TR-03110-2 clause 3.2, TR-03110-3 clause A.3).
//!
//! Four GENERAL AUTHENTICATE commands turn a short password into strong session keys: an encrypted
//! nonce, a mapping of it to a fresh generator, a key agreement on that generator, and a token
//! each way. [`Terminal`] and [`Chip`] are the two halves. The generic, the integrated and the chip
//! authentication mapping run over curves, the first two over MODP groups as well.

pub mod cam;
mod chip;
mod error;
mod integrated;
mod params;
mod password;
mod terminal;
mod token;

pub use cam::ChipAuthenticationData;
pub use chip::{Chip, ChipReply};
pub use error::PaceError;
pub use params::{Agreement, Mapping, Parameters, Suite};
pub use password::{Password, PasswordKind};
pub use terminal::{Established, ParameterReference, Terminal, TerminalOptions};

pub(crate) use token::over_public_key;

use crate::tlv::Tag;

pub(crate) const DYNAMIC_AUTHENTICATION_DATA: Tag = Tag::new(0x7C);

#[cfg(test)]
mod tests;
