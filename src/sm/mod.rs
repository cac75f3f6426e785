//! Secure messaging (ICAO Doc 9303-11 clause 9.8, ISO/IEC 7816-4 clause 10).
//!
//! A [`SecureChannel`] is one end of the protected line; terminal and chip use the same type and
//! each only its two methods. The send sequence counter goes up with every command and every
//! response, on both ends.

mod channel;
mod deviation;
mod error;
mod keys;
mod lenient;
mod objects;

pub use channel::{SecureChannel, SscSnapshot};
pub use deviation::Deviations;
pub use error::SmError;
pub use keys::SessionKeys;
pub use lenient::Leniency;
