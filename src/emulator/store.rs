//! Memory of a card that outlives power: named entries, changed together or not at all.

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
};

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
    /// The entry's name: letters, digits, `-`, `/` and `.`.
    pub name: String,
    /// Its bytes.
    pub value: Option<Vec<u8>>,
}

impl Change {
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

/// Why a card's state cannot be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be read or written.
    #[error("the card's state in {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file does not hold a card's state.
    #[error(
        "the card's state in {}, line {line}: {expected} expected, {got:?} stands there",
        path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What must stand there.
        expected: &'static str,
        /// What stands there.
        got: String,
    },
}

/// Entries that last as long as this value: through power-off and reset, not through a restart.
#[derive(Clone, Default)]
pub struct MemoryStore(BTreeMap<String, Vec<u8>>);

impl MemoryStore {
    /// Every entry, by name.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemoryStore({} entries)", self.0.len())
    }
}

impl Store for MemoryStore {
    fn entry(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        for Change { name, value } in changes {
            match value {
                Some(value) => self.0.insert(name.clone(), value.clone()),
                None => self.0.remove(name),
            };
        }
        Ok(())
    }
}

/// The first line of a state file.
const HEADING: &str = "iccard-state 1";

/// Entries in a text file of `name = HEX` lines, replaced as a whole at each change.
#[derive(Debug)]
pub struct FileStore {
    path: PathBuf,
    entries: MemoryStore,
}

impl FileStore {
    /// The entries in this file; none where it does not exist yet. Files without a heading, of
    /// counters as decimal numbers, are read too.
    ///
    /// # Errors
    /// [`StoreError`] where the file is there and cannot be read or does not hold a state.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_path_buf();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(StoreError::Io { path, source }),
        };
        let has_heading = text.lines().next() == Some(HEADING);
        let mut entries = MemoryStore::default();
        let lines = text.lines().enumerate().skip(usize::from(has_heading));
        for (i, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let parsed = line.split_once('=').and_then(|(name, value)| {
                let value = value.trim();
                let value = if has_heading {
                    hex::decode(value).ok()?
                } else {
                    value.parse::<u64>().ok()?.to_be_bytes().to_vec()
                };
                Some((name.trim().to_owned(), value))
            });
            let Some((name, value)) = parsed else {
                let got = line.chars().take(40).collect();
                let expected = if has_heading { "`name = HEX`" } else { "`name = number`" };
                return Err(StoreError::Malformed { path, line: i + 1, expected, got });
            };
            entries.0.insert(name, value);
        }
        Ok(Self { path, entries })
    }
}

impl Store for FileStore {
    fn entry(&self, name: &str) -> Option<&[u8]> {
        self.entries.entry(name)
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let mut next = self.entries.clone();
        next.commit(changes)?;
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            writeln!(file, "{HEADING}")?;
            for (name, value) in next.entries() {
                writeln!(file, "{name} = {}", hex::encode(value))?;
            }
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|e| e.error)?;
            Ok(())
        };
        write().map_err(|source| StoreError::Io { path: self.path.clone(), source })?;
        self.entries = next;
        Ok(())
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

        std::fs::write(&path, "pin-tries = 3\npin-tires = nine\n").unwrap();
        let error = FileStore::open(&path).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("pin-tires = nine"), "{error}");
    }

    #[test]
    fn a_store_that_cannot_write_says_so_and_keeps_the_old_value() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = FileStore::open(&folder.path().join("gone").join("counters")).unwrap();
        assert!(store.set_counter(Counter::PinTries, 2).is_err());
        assert_eq!(store.counter(Counter::PinTries), None);
    }
}
