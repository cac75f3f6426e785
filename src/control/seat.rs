//! The place of a card that can be looked at, torn and swapped while it is in a reader.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::ControlError;
use crate::{
    emulator::Card,
    transport::{
        Power, Responder, Work,
        fault::{Damage, FaultError, FaultHandle, Faulty},
        vpcd::Hand,
    },
};

/// A chip that a control channel knows how to look into.
pub trait Chip: Responder {
    /// Its counters by name.
    fn counters(&mut self) -> BTreeMap<&'static str, u64>;

    /// Has it misbehave from now on, beside what it does already; an empty text has it behave
    /// again.
    ///
    /// # Errors
    /// [`ControlError::Refused`] where the text is none of faults.
    fn misbehave(&mut self, faults: &str) -> Result<(), ControlError>;

    /// Its faults in their text form, with how often each has shown.
    fn faults(&mut self) -> Vec<(String, u64)>;

    /// What puts it back where a fault has taken it out of the field, and breaks off its delays,
    /// while it is at work.
    fn hold(&self) -> FaultHandle;
}

impl Chip for Faulty<Card> {
    fn counters(&mut self) -> BTreeMap<&'static str, u64> {
        let counters = self.chip().counters().into_iter();
        counters.map(|(counter, value)| (counter.name(), value)).collect()
    }

    fn misbehave(&mut self, faults: &str) -> Result<(), ControlError> {
        if faults.trim().is_empty() {
            self.handle().clear();
            return Ok(());
        }
        let plan = faults.parse().map_err(|error: FaultError| ControlError::Refused {
            step: "fault".into(),
            expected: "faults in their text form".into(),
            got: error.to_string(),
            help: Some("docs/faults.md has every fault".into()),
        })?;
        self.handle().add(plan);
        Ok(())
    }

    fn faults(&mut self) -> Vec<(String, u64)> {
        let faults = self.handle().faults().into_iter();
        faults.map(|firing| (firing.fault.to_string(), firing.fired)).collect()
    }

    fn hold(&self) -> FaultHandle {
        self.handle()
    }
}

/// What a seat has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Commands answered.
    pub apdus: u64,
    /// Times of power coming on.
    pub powered: u64,
    /// Warm resets.
    pub resets: u64,
    /// Answers that were torn off.
    pub torn: u64,
}

/// A chip at a reader, in somebody's reach.
pub struct Seat {
    chip: Box<dyn Chip>,
    hand: Hand,
    tear: Option<Option<Duration>>,
    watched: Watched,
    apdus: Arc<AtomicU64>,
}

impl Seat {
    /// This chip, which this hand takes out of its reader.
    pub fn new(chip: Box<dyn Chip>, hand: Hand) -> Self {
        Self { chip, hand, tear: None, watched: Watched::default(), apdus: Arc::default() }
    }

    /// The chip.
    pub fn chip(&mut self) -> &mut dyn Chip {
        &mut *self.chip
    }

    /// What has been seen.
    pub fn watched(&self) -> Watched {
        Watched { apdus: self.apdus.load(Ordering::Relaxed), ..self.watched }
    }

    /// The commands answered, to be read while the chip is at work.
    pub(super) fn apdus(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.apdus)
    }

    /// Puts another chip in its place. It has to be out of the reader.
    pub fn swap(&mut self, chip: Box<dyn Chip>) {
        self.chip = chip;
        self.tear = None;
    }

    /// Has it leave the reader when it has done its next command, before it answers.
    pub const fn tear(&mut self, back_after: Option<Duration>) {
        self.tear = Some(back_after);
    }

    /// Takes its power for a moment.
    pub fn reset(&mut self) {
        self.chip.power(Power::Off);
        self.chip.power(Power::On);
    }
}

impl Responder for Seat {
    fn atr(&self) -> &[u8] {
        self.chip.atr()
    }

    fn power(&mut self, event: Power) {
        match event {
            Power::On => self.watched.powered += 1,
            Power::Reset => self.watched.resets += 1,
            Power::Off => {}
        }
        self.chip.power(event);
    }

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        self.apdus.fetch_add(1, Ordering::Relaxed);
        self.chip.respond(command, response);
        if let Some(back_after) = self.tear.take() {
            self.watched.torn += 1;
            self.hand.leave(back_after);
        }
    }

    fn is_present(&self) -> bool {
        self.chip.is_present()
    }

    fn work(&self) -> Work {
        self.chip.work()
    }

    fn damage(&mut self, damage: Damage) -> bool {
        self.chip.damage(damage)
    }
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat").field("watched", &self.watched()).finish_non_exhaustive()
    }
}
