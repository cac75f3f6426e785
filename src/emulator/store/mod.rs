//! Memory of a card that outlives power: named entries, changed together or not at all.
//!
//! [`MemoryStore`] lasts as long as the card; [`FileStore`] lasts over restarts (docs/state.md).

mod error;
mod file;
mod format;
mod memory;
mod replace;

pub use error::StoreError;
pub use file::FileStore;
pub use format::CardId;
pub use memory::MemoryStore;

/// A number that a card keeps without power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Tries left of the PIN.
    PinTries,
    /// How often the PUK may still unblock the PIN.
    PukUses,
    /// How often EF.HolderVerification was made.
    HolderVerification,
    /// How often a key-only card has signed.
    KeyOnly,
}

impl Counter {
    /// Its entry's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PinTries => "pin-tries",
            Self::PukUses => "puk-uses",
            Self::HolderVerification => "holder-verification",
            Self::KeyOnly => "key-only",
        }
    }
}

/// An entry to set, or with `None` to forget.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// The entry's name: letters, digits, `-`, `/` and `.`, at most [`Change::MAX_NAME`] bytes.
    pub name: String,
    /// Its bytes.
    pub value: Option<Vec<u8>>,
}

impl Change {
    /// The most bytes of an entry's name.
    pub const MAX_NAME: usize = 128;

    /// Sets an entry.
    pub fn set(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), value: Some(value.into()) }
    }

    /// Forgets an entry.
    pub fn forget(name: impl Into<String>) -> Self {
        Self { name: name.into(), value: None }
    }
}

impl std::fmt::Debug for Change {
    // Values are secrets and personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Memory that outlives power.
pub trait Store: Send {
    /// An entry's bytes; `None` where it was never set or was forgotten.
    fn entry(&self, name: &str) -> Option<&[u8]>;

    /// Makes all these changes or none. They must be kept for good when this returns: a PIN's try
    /// is counted before the PIN is looked at.
    ///
    /// # Errors
    /// [`StoreError`]; the card then answers `6581` and does not go on.
    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError>;

    /// A counter's value; `None` where it was never set.
    fn counter(&self, counter: Counter) -> Option<u64> {
        let bytes = self.entry(counter.name())?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    }

    /// Sets a counter.
    ///
    /// # Errors
    /// Those of [`Store::commit`].
    fn set_counter(&mut self, counter: Counter, value: u64) -> Result<(), StoreError> {
        self.commit(&[Change::set(counter.name(), value.to_be_bytes())])
    }
}
