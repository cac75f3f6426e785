//! Replacing a file so that a kill or a power cut at any moment leaves the old one or the new one,
//! and keeping others from doing so at the same time.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

/// A file beside this one.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Only its owner reads what is written: PINs may be in it.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Puts these bytes in the file's place, for good: the bytes are on the disk before the name is
/// theirs, and the name is before this returns. Only one at a time may do so: see [`lock`].
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let next = beside(path, ".new");
    // Left by a process that was killed in here.
    remove(&next)?;
    let written = private().create_new(true).open(&next).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&next, path)) {
        let _ = fs::remove_file(&next);
        return Err(error);
    }
    sync_folder(path)
}

/// Removes what a process that was killed has left of a replacement.
pub(super) fn clear(path: &Path) -> io::Result<()> {
    remove(&beside(path, ".new"))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

// A rename is in the folder, which other systems write with the file.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The right to replace a file, until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    // Closing is not enough: a child that is being started may have the file open for a moment.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

/// Why there is no [`Lock`].
pub(super) enum NoLock {
    /// Somebody has it.
    Held(String),
    /// The lock's file cannot be used.
    Io(io::Error),
}

impl From<io::Error> for NoLock {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Takes the right to replace this file. The lock is on a file beside it that stays, for the file
/// itself is another one after each replacement.
pub(super) fn lock(path: &Path) -> Result<Lock, NoLock> {
    let path = beside(path, ".lock");
    let mut file = private().read(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.take(32).read_to_string(&mut holder);
            let holder = holder.trim();
            let known = !holder.is_empty() && holder.bytes().all(|b| b.is_ascii_digit());
            return Err(NoLock::Held(match known {
                true if holder == std::process::id().to_string() => "this process".into(),
                true => format!("process {holder}"),
                false => "another process".into(),
            }));
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(std::process::id().to_string().as_bytes())?;
    Ok(Lock { file })
}
