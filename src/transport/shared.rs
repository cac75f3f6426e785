//! A chip in several hands.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Power, Responder, Work, fault::Damage};

/// A chip that one thread plugs in and others look at or change: clones are the same chip. Each
/// clone keeps the ATR that the chip had at its last power event.
pub struct Shared<R: ?Sized> {
    atr: Vec<u8>,
    chip: Arc<Mutex<R>>,
}

impl<R: Responder> Shared<R> {
    /// Shares this chip.
    pub fn new(chip: R) -> Self {
        Self { atr: chip.atr().to_vec(), chip: Arc::new(Mutex::new(chip)) }
    }
}

impl<R: Responder + ?Sized> Shared<R> {
    /// Does something with the chip, between two of its answers.
    pub fn with<T>(&self, act: impl FnOnce(&mut R) -> T) -> T {
        act(&mut self.chip.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<R: ?Sized> Clone for Shared<R> {
    fn clone(&self) -> Self {
        Self { atr: self.atr.clone(), chip: Arc::clone(&self.chip) }
    }
}

impl<R: Responder + ?Sized> Responder for Shared<R> {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn power(&mut self, event: Power) {
        self.atr = self.with(|chip| {
            chip.power(event);
            chip.atr().to_vec()
        });
    }

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        self.with(|chip| chip.respond(command, response));
    }

    fn is_present(&self) -> bool {
        self.with(|chip| chip.is_present())
    }

    fn work(&self) -> Work {
        self.with(|chip| chip.work())
    }

    fn damage(&mut self, damage: Damage) -> bool {
        self.with(|chip| chip.damage(damage))
    }
}

impl<R: ?Sized> std::fmt::Debug for Shared<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("atr", &hex::encode_upper(&self.atr)).finish_non_exhaustive()
    }
}
