//! What is there of PC/SC in a build without it: the same functions, which say how to get it.

use std::time::Duration;

use super::{ConnectOptions, ReaderEvent, ReaderInfo};
use crate::transport::{Deadline, Limits, Reset, Transport, TransportError};

const NOT_BUILT: TransportError = TransportError::NotBuilt {
    what: "PC/SC",
    help: "rebuild with --features pcsc (Debian: apt install libpcsclite-dev pkg-config)",
};

/// The readers of this machine.
///
/// # Errors
/// [`TransportError::NotBuilt`].
pub fn readers() -> Result<Vec<ReaderInfo>, TransportError> {
    Err(NOT_BUILT)
}

/// Connects to a card.
///
/// # Errors
/// [`TransportError::NotBuilt`].
pub fn connect(_options: &ConnectOptions) -> Result<PcscTransport, TransportError> {
    Err(NOT_BUILT)
}

/// Watches the readers. There is none in this build.
#[derive(Debug)]
pub enum Watcher {}

impl Watcher {
    /// Starts to watch.
    ///
    /// # Errors
    /// [`TransportError::NotBuilt`].
    pub fn start(_ignore: Vec<String>) -> Result<Self, TransportError> {
        Err(NOT_BUILT)
    }

    /// The next change.
    ///
    /// # Errors
    /// Never called.
    pub fn next(&mut self, _wait: Duration) -> Result<Option<ReaderEvent>, TransportError> {
        match *self {}
    }
}

/// A card on a reader. There is none in this build.
#[derive(Debug)]
pub enum PcscTransport {}

impl PcscTransport {
    /// Begins a transaction.
    ///
    /// # Errors
    /// Never called.
    pub fn begin(&mut self, _deadline: Deadline) -> Result<(), TransportError> {
        match *self {}
    }

    /// Ends the transaction.
    ///
    /// # Errors
    /// Never called.
    pub fn end(&mut self) -> Result<(), TransportError> {
        match *self {}
    }

    /// Leaves the card.
    ///
    /// # Errors
    /// Never called.
    pub fn close(self) -> Result<(), TransportError> {
        match self {}
    }
}

impl Transport for PcscTransport {
    fn atr(&self) -> &[u8] {
        match *self {}
    }

    fn limits(&self) -> Limits {
        match *self {}
    }

    fn transceive(
        &mut self,
        _command: &[u8],
        _response: &mut Vec<u8>,
        _deadline: Deadline,
    ) -> Result<(), TransportError> {
        match *self {}
    }

    fn reset(&mut self, _kind: Reset) -> Result<(), TransportError> {
        match *self {}
    }

    fn name(&self) -> &str {
        match *self {}
    }
}
