//! A chip in the same process, used as a transport.

use super::{
    Deadline, Limits, Power, Reset, Responder, Transport, TransportError, Work, pcsc::End,
};

/// Joins a [`Responder`] to a terminal without any reader between them.
pub struct Loopback<R> {
    chip: R,
    atr: Vec<u8>,
    name: String,
}

impl<R: Responder> Loopback<R> {
    /// Powers the chip up and connects to it.
    pub fn new(chip: R) -> Self {
        Self::named(chip, "emulated".into())
    }

    /// The same under a name for messages.
    pub fn named(mut chip: R, name: String) -> Self {
        chip.power(Power::On);
        let atr = chip.atr().to_vec();
        Self { chip, atr, name }
    }

    /// The chip itself, to look at it or to change it.
    pub const fn chip(&mut self) -> &mut R {
        &mut self.chip
    }

    /// Gives the chip back.
    pub fn into_chip(self) -> R {
        self.chip
    }
}

impl<R: Responder> Transport for Loopback<R> {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn limits(&self) -> Limits {
        Limits::EXTENDED
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        if deadline.passed() {
            let waited = std::time::Duration::ZERO;
            return Err(TransportError::Timeout { step: "send to the emulated card", waited });
        }
        response.clear();
        if self.chip.is_present() {
            self.chip.respond(command, response);
        }
        if !self.chip.is_present() {
            response.clear();
            return Err(TransportError::CardRemoved { reader: self.name.clone() });
        }
        Ok(())
    }

    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        if !self.chip.is_present() {
            return Err(TransportError::CardRemoved { reader: self.name.clone() });
        }
        match kind {
            Reset::Cold => {
                self.chip.power(Power::Off);
                self.chip.power(Power::On);
            }
            Reset::Warm => self.chip.power(Power::Reset),
        }
        self.atr = self.chip.atr().to_vec();
        Ok(())
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn leave_card(&mut self, end: End) -> Result<(), TransportError> {
        match end {
            End::Leave => {}
            End::Reset => self.chip.power(Power::Reset),
            End::Unpower => self.chip.power(Power::Off),
        }
        Ok(())
    }

    fn work(&self) -> Work {
        self.chip.work()
    }
}

impl<R> std::fmt::Debug for Loopback<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loopback").field("name", &self.name).finish_non_exhaustive()
    }
}
