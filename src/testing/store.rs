//! Memory that outlives a card in a test: a restart begins with it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::emulator::{Change, MemoryStore, Store, StoreError};

/// What a card's successor is given.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(Arc<Mutex<MemoryStore>>);

/// A card's store, which keeps a copy for its successor.
pub(super) struct Keeping {
    own: MemoryStore,
    kept: Kept,
}

impl Kept {
    /// A store that begins with what is kept.
    pub(super) fn store(&self) -> Keeping {
        let own = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Keeping { own, kept: self.clone() }
    }
}

impl Store for Keeping {
    fn entry(&self, name: &str) -> Option<&[u8]> {
        self.own.entry(name)
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        self.own.commit(changes)?;
        self.kept.0.lock().unwrap_or_else(PoisonError::into_inner).commit(changes)
    }
}
