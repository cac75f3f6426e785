//! Entries in a file, which outlive the process.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    CardId, Change, MemoryStore, Store, StoreError, format,
    replace::{self, Lock, NoLock},
};

/// A card's entries in a file of its own, replaced as a whole at each change: whoever reads it,
/// whenever, finds all of a commit or nothing of it.
#[derive(Debug)]
pub struct FileStore {
    path: PathBuf,
    card: CardId,
    entries: MemoryStore,
    _lock: Lock,
}

impl FileStore {
    /// This card's entries in this file; none where it does not exist yet. No other store, in this
    /// process or another, has the file until this one is dropped. A file of version 0 says of no
    /// card that it is its own, and becomes this card's with the first change.
    ///
    /// # Errors
    /// [`StoreError::InUse`]; [`StoreError::OtherCard`], [`StoreError::Newer`] and
    /// [`StoreError::Malformed`] for what the file holds; [`StoreError::Io`].
    pub fn open(path: &Path, card: &CardId) -> Result<Self, StoreError> {
        let io = |step: &'static str| {
            move |error: io::Error| {
                let source = io::Error::new(error.kind(), format!("{step}: {error}"));
                StoreError::Io { path: path.into(), source }
            }
        };
        // Two names of one file have one lock.
        let real = real(path).map_err(io("find it"))?;
        let lock = replace::lock(&real).map_err(|error| match error {
            NoLock::Held(by) => StoreError::InUse { path: path.into(), by },
            NoLock::Io(error) => io("lock it")(error),
        })?;
        replace::clear(&real).map_err(io("clear what was left"))?;
        let text = read(&real).map_err(io("read it"))?;
        let (whose, entries) = format::parse(path, &text)?;
        match whose {
            Some(other) if other != *card => Err(StoreError::OtherCard {
                path: path.into(),
                expected: card.to_string(),
                got: other.to_string(),
            }),
            _ => Ok(Self { path: real, card: card.clone(), entries, _lock: lock }),
        }
    }

    /// Every entry, by name.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.entries.entries()
    }
}

fn real(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        // Neither a folder nor a pipe, behind which nothing may ever come.
        Ok(real) if !real.is_file() => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "a file expected"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            Ok(replace::folder(path).canonicalize()?.join(name))
        }
        other => other,
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(text),
        opened => opened?,
    };
    let most = format::MAX_TEXT as u64;
    file.take(most + 1).read_to_string(&mut text)?;
    if text.len() > format::MAX_TEXT {
        let what = format!("at most {most} bytes expected, the file is larger");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    Ok(text)
}

impl Store for FileStore {
    fn entry(&self, name: &str) -> Option<&[u8]> {
        self.entries.entry(name)
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        // What changes nothing costs no disk.
        if !self.entries.is_changed_by(changes) {
            return Ok(());
        }
        let back = self.entries.change(changes)?;
        let text = format::encode(&self.card, &self.entries);
        replace::replace(&self.path, text.as_bytes()).map_err(|error| {
            self.entries.take_back(back);
            let source = io::Error::new(error.kind(), format!("write it: {error}"));
            StoreError::Io { path: self.path.clone(), source }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Counter, *};

    fn card() -> CardId {
        CardId::new("resident", &[b"resident"])
    }

    #[test]
    fn a_file_keeps_what_is_committed_for_one_card_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.state");
        let mut store = FileStore::open(&path, &card()).unwrap();
        assert_eq!(store.counter(Counter::PinTries), None);
        store.set_counter(Counter::PinTries, 2).unwrap();
        store.commit(&[Change::set("fs/3F00/0101", [1, 2]), Change::set("empty", [])]).unwrap();

        let second = FileStore::open(&folder.path().join("./card.state"), &card()).unwrap_err();
        assert!(matches!(second, StoreError::InUse { .. }));
        assert!(second.to_string().contains("this process"), "{second}");
        drop(store);

        let store = FileStore::open(&path, &card()).unwrap();
        assert_eq!(store.counter(Counter::PinTries), Some(2));
        assert_eq!(store.entry("fs/3F00/0101"), Some(&[1, 2][..]));
        assert_eq!(store.entry("empty"), Some(&[][..]));
        drop(store);

        let other = CardId::new("passport", &[b"other"]);
        let error = FileStore::open(&path, &other).unwrap_err();
        assert!(matches!(error, StoreError::OtherCard { .. }));
        let said = error.to_string();
        assert!(said.contains("\"resident\"") && said.contains("\"passport\""), "{said}");
        let namesake = CardId::new("resident", &[b"other"]);
        assert!(matches!(FileStore::open(&path, &namesake), Err(StoreError::OtherCard { .. })));
    }

    #[test]
    fn what_a_killed_writer_left_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.state");
        FileStore::open(&path, &card()).unwrap().set_counter(Counter::PinTries, 1).unwrap();
        std::fs::write(folder.path().join("card.state.new"), "iccard-state 1\nca").unwrap();
        let mut store = FileStore::open(&path, &card()).unwrap();
        assert_eq!(store.counter(Counter::PinTries), Some(1));
        store.set_counter(Counter::PinTries, 3).unwrap();
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["card.state", "card.state.lock"]);
    }

    #[test]
    fn a_store_that_cannot_write_says_so_and_keeps_the_old_value() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        std::fs::create_dir(&gone).unwrap();
        let mut store = FileStore::open(&gone.join("card"), &card()).unwrap();
        store.set_counter(Counter::PinTries, 2).unwrap();
        std::fs::remove_dir_all(&gone).unwrap();
        let error = store.set_counter(Counter::PinTries, 1).unwrap_err().to_string();
        assert!(error.contains("write it"), "{error}");
        assert_eq!(store.counter(Counter::PinTries), Some(2));
        // What changes nothing is not written.
        store.set_counter(Counter::PinTries, 2).unwrap();
        assert!(FileStore::open(&gone.join("card"), &card()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it_and_only_files_are_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.state");
        // One that all could read becomes private with the first change.
        std::fs::write(&path, "pin-tries = 3\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut store = FileStore::open(&link, &card()).unwrap();
        store.set_counter(Counter::PinTries, 2).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(matches!(FileStore::open(&path, &card()), Err(StoreError::InUse { .. })));

        let error = FileStore::open(folder.path(), &card()).unwrap_err().to_string();
        assert!(error.contains("a file expected"), "{error}");
    }
}
