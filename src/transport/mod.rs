//! Ways to a card: bytes in, bytes out.
//!
//! A [`Transport`] is the terminal's side of a connected card; a [`Responder`] is a chip. Whoever
//! wraps a `Transport` and is one is a layer. Errors here are the reader's and the link's: a
//! status word is an answer, never an error.

mod error;
mod loopback;
mod observe;

use std::time::{Duration, Instant};

pub use error::TransportError;
pub use loopback::Loopback;
pub use observe::{Exchange, Observer, Step};

/// A connected card, seen from the terminal. The caller owns the response buffer, so that a hot
/// loop allocates nothing.
pub trait Transport: Send {
    /// The card's answer to reset.
    fn atr(&self) -> &[u8];

    /// What commands and responses may measure on this way.
    fn limits(&self) -> Limits;

    /// Sends one command APDU and puts the whole response APDU, status word included, into
    /// `response` (which is cleared first).
    ///
    /// # Errors
    /// What the link or the reader reports; [`TransportError::Timeout`] past the deadline.
    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError>;

    /// Resets the card; volatile state on it is lost.
    ///
    /// # Errors
    /// What the link or the reader reports.
    fn reset(&mut self, kind: Reset) -> Result<(), TransportError>;

    /// What to call it in messages: a reader's name, an address.
    fn name(&self) -> &str;
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn atr(&self) -> &[u8] {
        (**self).atr()
    }

    fn limits(&self) -> Limits {
        (**self).limits()
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        (**self).transceive(command, response, deadline)
    }

    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        (**self).reset(kind)
    }

    fn name(&self) -> &str {
        (**self).name()
    }
}

/// A chip: what a card is to the one who plugs it in.
pub trait Responder: Send {
    /// The answer to reset it gives now.
    fn atr(&self) -> &[u8];

    /// Power and reset lines. Volatile state does not outlive any of the three.
    fn power(&mut self, event: Power);

    /// Answers one command APDU of any bytes. `response` is cleared first and holds at least a
    /// status word afterwards.
    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>);
}

impl<R: Responder + ?Sized> Responder for Box<R> {
    fn atr(&self) -> &[u8] {
        (**self).atr()
    }

    fn power(&mut self, event: Power) {
        (**self).power(event);
    }

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        (**self).respond(command, response);
    }
}

/// What happens to a chip's power and reset lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// The field or the contacts come on.
    On,
    /// They go off.
    Off,
    /// A warm reset.
    Reset,
}

/// How to reset a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// Power off and on.
    Cold,
    /// The reset line, power stays.
    Warm,
}

/// The largest APDUs a way to a card carries. Each layer lowers them on the way up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most command data bytes (Nc): 255 is short length only.
    pub command_data: usize,
    /// Most response data bytes (Ne): 256 is short length only.
    pub response_data: usize,
}

impl Limits {
    /// Short length fields only.
    pub const SHORT: Self = Self { command_data: 255, response_data: 256 };
    /// All that extended length fields can say.
    pub const EXTENDED: Self = Self { command_data: 65_535, response_data: 65_536 };

    /// Whether extended length fields may be used.
    pub const fn is_extended(self) -> bool {
        self.response_data > 256
    }

    /// The lower of both, field by field.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self {
            command_data: self.command_data.min(other.command_data),
            response_data: self.response_data.min(other.response_data),
        }
    }
}

/// Until when a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Instant);

impl Deadline {
    /// This long from now.
    pub fn after(time: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(time).unwrap_or(now))
    }

    /// Time left, zero when it has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub fn passed(self) -> bool {
        self.left().is_zero()
    }
}
