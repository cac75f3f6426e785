//! Password Authenticated Connection Establishment
//! (ICAO Doc 9303-11 clause 4.4, BSI TR-03110-2 clause 3.2, TR-03110-3 clause A.3).
//!
//! Four GENERAL AUTHENTICATE commands turn a short password into strong session keys: an encrypted
//! nonce, a mapping of it to a fresh generator, a key agreement on that generator, and a token
//! each way. [`Terminal`] and [`Chip`] are the two halves.

mod chip;
mod error;
mod params;
mod password;
mod terminal;
mod token;

pub use chip::{Chip, ChipReply};
pub use error::PaceError;
pub use params::{Agreement, Mapping, Parameters, Suite};
pub use password::{Password, PasswordKind};
pub use terminal::{Established, ParameterReference, Terminal, TerminalOptions};

use crate::tlv::Tag;

pub(crate) const DYNAMIC_AUTHENTICATION_DATA: Tag = Tag::new(0x7C);
