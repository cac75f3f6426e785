//! A model of the air between reader and card, and of the chip's own pace: how long a dialogue
//! would have taken, computed, not waited for.
//!
//! What is counted: the frames of ISO/IEC 14443-4 with their chaining and acknowledgements, the
//! frame delay times of ISO/IEC 14443-3, activation, waiting time extensions, and what the chip
//! computed by a table ([`Costs`]). What is not: the reader's own time, USB, and errors on the air.

mod cost;
mod timing;

use std::{
    thread,
    time::{Duration, Instant},
};

pub use cost::Costs;
pub use timing::{Kind, Parameters, Rate, RateError};

use super::{Deadline, Limits, Reset, Transport, TransportError, Work, forward::forward_to_reader};

/// A way to a card that keeps the modelled time beside the real one.
#[derive(Debug)]
pub struct Link<T> {
    inner: T,
    parameters: Parameters,
    costs: Costs,
    real_time: bool,
    modelled: Duration,
}

impl<T: Transport> Link<T> {
    /// Over this way, with the card activated just now.
    pub fn new(inner: T, parameters: Parameters) -> Self {
        let modelled = parameters.activation();
        Self { inner, parameters, costs: Costs::TYPICAL, real_time: false, modelled }
    }

    /// With another chip's costs.
    #[must_use]
    pub const fn with_costs(mut self, costs: Costs) -> Self {
        self.costs = costs;
        self
    }

    /// Every exchange takes as long as is modelled, too, where it would be faster.
    #[must_use]
    pub const fn in_real_time(mut self) -> Self {
        self.real_time = true;
        self
    }

    /// What reader and card are modelled to have agreed.
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn count(&mut self, time: Duration, begun: Instant) {
        self.modelled = self.modelled.saturating_add(time);
        if self.real_time {
            thread::sleep(time.saturating_sub(begun.elapsed()));
        }
    }
}

impl<T: Transport> Transport for Link<T> {
    fn atr(&self) -> &[u8] {
        self.inner.atr()
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        let begun = Instant::now();
        self.inner.transceive(command, response, deadline)?;
        let work = self.inner.work();
        let compute = self.costs.of(&work);
        let time = self.parameters.exchange(command.len(), response.len(), compute, work.waits);
        self.count(time, begun);
        Ok(())
    }

    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        let begun = Instant::now();
        self.inner.reset(kind)?;
        let time = self.parameters.activation();
        self.count(time, begun);
        Ok(())
    }

    fn name(&self) -> &str {
        self.inner.name()
    }

    fn work(&self) -> Work {
        self.inner.work()
    }

    fn modelled(&self) -> Option<Duration> {
        Some(self.modelled)
    }

    forward_to_reader!(self => self.inner);
}
