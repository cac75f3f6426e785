//! The virtual card protocol (vpcd), both sides.
//!
//! A *vpcd* is a reader without hardware: a driver inside the PC/SC daemon that takes the card
//! from a TCP connection. [`CardLink`] is the card's side of that connection and plugs any
//! [`Responder`](super::Responder) into a vpcd, so that every PC/SC program meets it as a card.
//! [`VpcdListener`] and [`VpcdReader`] are the other side: they take the vpcd's place and tap
//! whatever virtual card connects, without a PC/SC daemon.
//!
//! A frame is two bytes of length, high byte first, and as many bytes of content, at most 65,535.
//! Content of one byte is a control: `00` power off, `01` power on, `02` reset, none of them
//! answered, and `04`, answered with the ATR. Any other content is a command APDU, answered with
//! the response APDU. The protocol has no authentication and no encryption: let it listen on the
//! loopback interface only.

mod card;
mod endpoint;
mod frame;
mod hand;
mod reader;
mod socket;
mod stop;

pub use card::{CardLink, Ended, LinkEvent};
pub use endpoint::{Endpoint, EndpointError};
pub use hand::{Hand, Place};
pub use reader::{VpcdListener, VpcdReader};
pub use stop::StopHandle;

use super::Limits;

/// What a frame of 65,535 bytes carries: a command with header, three bytes of Lc and two of Le,
/// a response with its status word.
const LIMITS: Limits =
    Limits { command_data: frame::MAX_CONTENT - 9, response_data: frame::MAX_CONTENT - 2 };

/// Control contents.
mod control {
    pub(super) const OFF: u8 = 0x00;
    pub(super) const ON: u8 = 0x01;
    pub(super) const RESET: u8 = 0x02;
    pub(super) const ATR: u8 = 0x04;
}

/// An ATR has TS, T0 and at most 31 more bytes (ISO/IEC 7816-3 clause 8.2.1).
const ATR_LENGTHS: std::ops::RangeInclusive<usize> = 2..=33;

#[cfg(test)]
mod tests;
