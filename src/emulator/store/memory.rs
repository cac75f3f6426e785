//! Entries in memory, and the bounds of every store.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Change, Store, StoreError};

/// The most entries.
pub(super) const MAX_ENTRIES: usize = 4096;
/// The most bytes of all values together: a card of this size would be a large one.
pub(super) const MAX_BYTES: usize = 4 << 20;

/// Entries that last as long as this value: through power-off and reset, not through a restart.
#[derive(Clone, Default)]
pub struct MemoryStore {
    entries: BTreeMap<String, Zeroizing<Vec<u8>>>,
    bytes: usize,
}

impl MemoryStore {
    /// Every entry, by name.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.entries.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// Makes all these changes or none, and says how to take them back.
    pub(super) fn change(&mut self, changes: &[Change]) -> Result<Vec<Change>, StoreError> {
        let mut back = Vec::with_capacity(changes.len());
        for change in changes {
            match self.change_one(change) {
                Ok(before) => back.push(Change { name: change.name.clone(), value: before }),
                Err(error) => {
                    self.take_back(back);
                    return Err(error);
                }
            }
        }
        Ok(back)
    }

    /// Takes changes back.
    pub(super) fn take_back(&mut self, back: Vec<Change>) {
        for change in back.into_iter().rev() {
            // What was there before is within the bounds.
            let _ = self.change_one(&change);
        }
    }

    /// Whether these changes change anything.
    pub(super) fn is_changed_by(&self, changes: &[Change]) -> bool {
        changes.iter().any(|change| self.entry(&change.name) != change.value.as_deref())
    }

    fn change_one(&mut self, change: &Change) -> Result<Option<Vec<u8>>, StoreError> {
        let Change { name, value } = change;
        let refused = |expected, got| StoreError::Entry { name: name.clone(), expected, got };
        if !is_name(name) {
            let expected = "a name of 1 to 128 letters, digits, `-`, `/` and `.`";
            return Err(refused(expected, format!("{} bytes", name.len())));
        }
        let before = self.entries.get(name).map_or(0, |value| value.len());
        let after = value.as_ref().map_or(0, Vec::len);
        let bytes = (self.bytes - before).saturating_add(after);
        if bytes > MAX_BYTES {
            return Err(refused("at most 4 MiB in all", format!("{bytes} bytes")));
        }
        let is_new = value.is_some() && !self.entries.contains_key(name);
        if is_new && self.entries.len() == MAX_ENTRIES {
            return Err(refused("at most 4096 entries", "one more".into()));
        }
        self.bytes = bytes;
        let before = match value {
            Some(value) => self.entries.insert(name.clone(), Zeroizing::new(value.clone())),
            None => self.entries.remove(name),
        };
        Ok(before.map(|mut value| std::mem::take(&mut *value)))
    }
}

/// Whether an entry may be called so.
pub(super) fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'/' | b'.');
    (1..=Change::MAX_NAME).contains(&name.len()) && name.bytes().all(fits)
}

impl Store for MemoryStore {
    fn entry(&self, name: &str) -> Option<&[u8]> {
        self.entries.get(name).map(|value| value.as_slice())
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        self.change(changes).map(drop)
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemoryStore({} entries)", self.entries.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(store: &MemoryStore) -> Vec<(String, Vec<u8>)> {
        store.entries().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
    }

    proptest! {
        #[test]
        fn all_of_a_commit_or_none(
            before in prop::collection::vec(("[a-c]", prop::option::of(any::<[u8; 2]>())), 0..6),
            changes in prop::collection::vec(("[a-d]", prop::option::of(any::<[u8; 3]>())), 0..6),
            bad in prop::option::of(0_usize..6),
        ) {
            let change = |(name, value): &(String, Option<[u8; 2]>)| {
                Change { name: name.clone(), value: value.map(Vec::from) }
            };
            let mut store = MemoryStore::default();
            store.commit(&before.iter().map(change).collect::<Vec<_>>()).unwrap();
            let old = all(&store);
            let mut changes: Vec<_> = changes
                .iter()
                .map(|(name, value)| Change { name: name.clone(), value: value.map(Vec::from) })
                .collect();
            let mut expected = store.entries.clone();
            for Change { name, value } in &changes {
                match value {
                    Some(value) => expected.insert(name.clone(), Zeroizing::new(value.clone())),
                    None => expected.remove(name),
                };
            }
            if let Some(at) = bad {
                changes.insert(at.min(changes.len()), Change::set("no name", []));
                prop_assert!(store.commit(&changes).is_err());
                prop_assert_eq!(all(&store), old);
                return Ok(());
            }
            let back = store.change(&changes).unwrap();
            prop_assert_eq!(&store.entries, &expected);
            prop_assert_eq!(store.bytes, expected.values().map(|v| v.len()).sum::<usize>());
            store.take_back(back);
            prop_assert_eq!(all(&store), old);
        }
    }

    #[test]
    fn the_bounds_hold_and_what_is_full_can_be_emptied() {
        let mut store = MemoryStore::default();
        store.commit(&[Change::set("big", vec![0; MAX_BYTES])]).unwrap();
        let error = store.commit(&[Change::set("more", [0])]).unwrap_err().to_string();
        assert!(error.contains("more") && error.contains("4194305 bytes"), "{error}");
        store.commit(&[Change::forget("big"), Change::set("more", [0])]).unwrap();
        let many: Vec<_> = (1..MAX_ENTRIES).map(|n| Change::set(format!("n{n}"), [])).collect();
        store.commit(&many).unwrap();
        assert!(store.commit(&[Change::set("one", [])]).is_err());
        store.commit(&[Change::set("n1", [1])]).unwrap();
    }
}
