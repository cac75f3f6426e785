//! The world of a card: randomness, a clock, memory that outlives power.

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
};

use rand_core::CryptoRng;
use time::{UtcDateTime, macros::utc_datetime};

use crate::crypto::SeededRng;

/// What a card needs from outside itself. Two cards of one profile in equal worlds answer alike,
/// byte for byte.
pub trait Env: Send {
    /// Randomness: nonces, ephemeral keys, the contactless identifier.
    fn rng(&mut self) -> &mut dyn CryptoRng;
    /// The time. Chips have no clock; this is for what an applet would learn from certificates.
    fn now(&self) -> UtcDateTime;
    /// Memory that outlives power and reset.
    fn store(&mut self) -> &mut dyn Store;
}

/// A number that a card keeps without power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Tries left of the PIN.
    PinTries,
    /// How often the PUK may still unblock the PIN.
    PukUses,
    /// How often EF.HolderVerification was made.
    HolderVerification,
}

impl Counter {
    const ALL: [Self; 3] = [Self::PinTries, Self::PukUses, Self::HolderVerification];

    const fn name(self) -> &'static str {
        match self {
            Self::PinTries => "pin-tries",
            Self::PukUses => "puk-uses",
            Self::HolderVerification => "holder-verification",
        }
    }
}

/// Memory that outlives power: a handful of counters.
pub trait Store: Send {
    /// The counter's value; `None` where it was never set.
    fn counter(&self, counter: Counter) -> Option<u64>;

    /// Sets it. The value must be kept for good when this returns: a PIN's try is counted before
    /// the PIN is looked at.
    ///
    /// # Errors
    /// [`StoreError`]; the card then answers `6581` and does not go on.
    fn set_counter(&mut self, counter: Counter, value: u64) -> Result<(), StoreError>;
}

/// Why counters cannot be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be read or written.
    #[error("the card's counters in {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file does not hold counters.
    #[error(
        "the card's counters in {}, line {line}: `name = number` expected, {got:?} stands there",
        path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What stands there.
        got: String,
    },
}

/// Counters that last as long as this value: through power-off and reset, not through a restart.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(BTreeMap<Counter, u64>);

impl Store for MemoryStore {
    fn counter(&self, counter: Counter) -> Option<u64> {
        self.0.get(&counter).copied()
    }

    fn set_counter(&mut self, counter: Counter, value: u64) -> Result<(), StoreError> {
        self.0.insert(counter, value);
        Ok(())
    }
}

/// Counters in a text file of `name = number` lines, replaced as a whole at each change.
#[derive(Debug)]
pub struct FileStore {
    path: PathBuf,
    counters: MemoryStore,
}

impl FileStore {
    /// The counters in this file; none where it does not exist yet.
    ///
    /// # Errors
    /// [`StoreError`] where the file is there and cannot be read or does not hold counters.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_path_buf();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(StoreError::Io { path, source }),
        };
        let mut counters = MemoryStore::default();
        for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let parsed = line.split_once('=').and_then(|(name, value)| {
                let counter = Counter::ALL.into_iter().find(|c| c.name() == name.trim())?;
                Some((counter, value.trim().parse().ok()?))
            });
            let Some((counter, value)) = parsed else {
                let got = line.chars().take(40).collect();
                return Err(StoreError::Malformed { path, line: i + 1, got });
            };
            counters.0.insert(counter, value);
        }
        Ok(Self { path, counters })
    }
}

impl Store for FileStore {
    fn counter(&self, counter: Counter) -> Option<u64> {
        self.counters.counter(counter)
    }

    fn set_counter(&mut self, counter: Counter, value: u64) -> Result<(), StoreError> {
        let mut next = self.counters.clone();
        next.0.insert(counter, value);
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            for (counter, value) in &next.0 {
                writeln!(file, "{} = {value}", counter.name())?;
            }
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|e| e.error)?;
            Ok(())
        };
        write().map_err(|source| StoreError::Io { path: self.path.clone(), source })?;
        self.counters = next;
        Ok(())
    }
}

/// A world that follows from a seed: the same seed gives the same bytes. The clock stands still.
pub struct SeededEnv {
    rng: SeededRng,
    now: UtcDateTime,
    store: MemoryStore,
}

impl SeededEnv {
    /// The time in a seeded world unless another is given: the day the mobile resident card began.
    pub const EPOCH: UtcDateTime = utc_datetime!(2024-12-27 00:00);

    /// The world of this seed, with no counter set.
    pub fn new(seed: &[u8]) -> Self {
        Self { rng: SeededRng::new(seed, "card"), now: Self::EPOCH, store: MemoryStore::default() }
    }

    /// The same at another time.
    #[must_use]
    pub const fn at(mut self, now: UtcDateTime) -> Self {
        self.now = now;
        self
    }
}

impl Env for SeededEnv {
    fn rng(&mut self) -> &mut dyn CryptoRng {
        &mut self.rng
    }

    fn now(&self) -> UtcDateTime {
        self.now
    }

    fn store(&mut self) -> &mut dyn Store {
        &mut self.store
    }
}

impl std::fmt::Debug for SeededEnv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeededEnv").field("now", &self.now).finish_non_exhaustive()
    }
}

/// The world of a card that runs for real: the system's clock, randomness stretched from numbers
/// of the system, counters where the caller says.
pub struct SystemEnv {
    rng: SeededRng,
    store: Box<dyn Store>,
}

impl SystemEnv {
    /// A world whose randomness is stretched from 32 bytes of `rng`, which should be the system's.
    /// Its counters last as long as it.
    pub fn new(rng: &mut dyn CryptoRng) -> Self {
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self { rng: SeededRng::new(&*seed, "card"), store: Box::new(MemoryStore::default()) }
    }

    /// The same with counters kept there.
    #[must_use]
    pub fn with_store(mut self, store: Box<dyn Store>) -> Self {
        self.store = store;
        self
    }
}

impl Env for SystemEnv {
    fn rng(&mut self) -> &mut dyn CryptoRng {
        &mut self.rng
    }

    fn now(&self) -> UtcDateTime {
        UtcDateTime::now()
    }

    fn store(&mut self) -> &mut dyn Store {
        &mut *self.store
    }
}

impl std::fmt::Debug for SystemEnv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SystemEnv").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_counters_and_refuses_what_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.counters");
        let mut store = FileStore::open(&path).unwrap();
        assert_eq!(store.counter(Counter::PinTries), None);
        store.set_counter(Counter::PinTries, 2).unwrap();
        store.set_counter(Counter::HolderVerification, 7).unwrap();
        let again = FileStore::open(&path).unwrap();
        assert_eq!(again.counter(Counter::PinTries), Some(2));
        assert_eq!(again.counter(Counter::HolderVerification), Some(7));

        std::fs::write(&path, "pin-tries = 3\npin-tires = 9\n").unwrap();
        let error = FileStore::open(&path).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("pin-tires = 9"), "{error}");
    }

    #[test]
    fn a_store_that_cannot_write_says_so_and_keeps_the_old_value() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = FileStore::open(&folder.path().join("gone").join("counters")).unwrap();
        assert!(store.set_counter(Counter::PinTries, 2).is_err());
        assert_eq!(store.counter(Counter::PinTries), None);
    }
}
