//! Ways to a card: bytes in, bytes out.
//!
//! A [`Transport`] is the terminal's side of a connected card; a [`Responder`] is a chip. Whoever
//! wraps a `Transport` and is one is a layer. Errors here are the reader's and the link's: a
//! status word is an answer, never an error.
//!
//! [`Loopback`] joins the two in one process, [`pcsc`] is the way to real readers, [`vpcd`] puts a
//! chip into another program's reader and takes such chips. A [`CardAddress`] names any of them.
//! [`LimitedReader`] is a layer that fails as readers with small buffers do, [`Link`] one that says
//! how long a dialogue would have taken on the air. [`fault`] wraps a chip that misbehaves on
//! purpose. A [`Recorder`] writes a dialogue down, and [`Replay`] answers it again
//! (docs/recording.md).

mod address;
mod error;
pub mod fault;
mod forward;
mod limited;
mod limits;
pub mod link;
mod loopback;
mod observe;
pub mod pcsc;
mod record;
mod replay;
mod shared;
pub mod vpcd;
mod work;

use std::time::{Duration, Instant};

use forward::forward_to_reader;

pub use address::{AddressError, CardAddress};
pub use error::TransportError;
pub use limited::{LimitFailure, LimitedReader, ReaderLimit, ReaderLimitError, ReaderSize};
pub use limits::{Limits, LimitsError};
pub use link::Link;
pub use loopback::Loopback;
pub use observe::{Exchange, Observer, Step};
pub use record::{
    Anchor, Counts, Entry, ErrorKind, FORMAT, Failed, Header, MAX_LINE, MAX_RECORDING, Masked,
    Pair, Part, RecordError, Recorded, RecordedExchange, RecordedLimits, RecordedReset, Recorder,
    Recording, ResetKind, Secrets, Sink, TerminalSecrets,
};
pub use replay::{Divergence, Replay};
pub use shared::Shared;
pub use work::{Operations, Work};

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

    /// What the chip computed for the last command, where the way leads to one that counts.
    fn work(&self) -> Work {
        Work::default()
    }

    /// How long all that was done would have taken on the air, where a [`Link`] models it.
    fn modelled(&self) -> Option<Duration> {
        None
    }

    /// Keeps other programs away from the card until [`Transport::end_transaction`], where there
    /// can be others.
    ///
    /// # Errors
    /// What the reader reports.
    fn begin_transaction(&mut self, _deadline: Deadline) -> Result<(), TransportError> {
        Ok(())
    }

    /// Lets them at it again.
    ///
    /// # Errors
    /// What the reader reports.
    fn end_transaction(&mut self) -> Result<(), TransportError> {
        Ok(())
    }

    /// Leaves the card so, before the transport is dropped.
    ///
    /// # Errors
    /// What the reader reports.
    fn leave_card(&mut self, _end: pcsc::End) -> Result<(), TransportError> {
        Ok(())
    }

    /// Sends a control code to the reader itself, and puts its answer into `response`.
    ///
    /// # Errors
    /// [`TransportError::NoControl`] where there is no reader; what the reader reports.
    fn control(
        &mut self,
        _code: u32,
        _data: &[u8],
        response: &mut Vec<u8>,
        _deadline: Deadline,
    ) -> Result<(), TransportError> {
        response.clear();
        Err(TransportError::NoControl { name: self.name().to_owned() })
    }
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

    fn work(&self) -> Work {
        (**self).work()
    }

    fn modelled(&self) -> Option<Duration> {
        (**self).modelled()
    }

    forward_to_reader!(self => (**self));
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

    /// Whether the chip is in the field. One that leaves while it answers is torn: nobody hears
    /// that answer.
    fn is_present(&self) -> bool {
        true
    }

    /// What it computed for the last command, where it counts.
    fn work(&self) -> Work {
        Work::default()
    }

    /// Does this wrong at the next command, in a test of who reads. Whether the chip can: most
    /// cannot be told.
    fn damage(&mut self, _damage: fault::Damage) -> bool {
        false
    }
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

    fn is_present(&self) -> bool {
        (**self).is_present()
    }

    fn work(&self) -> Work {
        (**self).work()
    }

    fn damage(&mut self, damage: fault::Damage) -> bool {
        (**self).damage(damage)
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

/// Until when a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Instant);

impl Deadline {
    /// This long from now.
    pub fn after(time: Duration) -> Self {
        // A time that the clock cannot add is as good as for ever.
        const AGES: Duration = Duration::from_secs(1 << 32);
        let now = Instant::now();
        Self(now.checked_add(time).or_else(|| now.checked_add(AGES)).unwrap_or(now))
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
