//! Files that a command writes.

use std::{io::Write, path::Path};

use anyhow::Result;

use super::failure::Failure;

/// Writes a file for its owner alone, whole or not at all: it holds personal data.
pub(super) fn write_private(path: &Path, what: &str, bytes: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder_of(path))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Failure::file(path, what, &error).into())
}

/// Writes a new file for its owner alone, whole or not at all, and never over one that is there: it
/// holds a key.
pub(super) fn write_new_private(path: &Path, what: &str, bytes: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder_of(path))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Failure::file(path, what, &error).into())
}

/// Makes a new, empty file for its owner alone, and never over one that is there.
pub(super) fn new_private(path: &Path, what: &str) -> Result<std::fs::File> {
    let make = || -> std::io::Result<_> {
        let file = tempfile::NamedTempFile::new_in(folder_of(path))?;
        file.persist_noclobber(path).map_err(|error| error.error)
    };
    make().map_err(|error| Failure::file(path, what, &error).into())
}

/// Writes a new file, never over one that is there.
pub(super) fn write_new(path: &Path, what: &str, bytes: &[u8]) -> Result<()> {
    let write = || std::fs::File::create_new(path)?.write_all(bytes);
    write().map_err(|error| Failure::file(path, what, &error).into())
}

/// Writes over a file, whole or not at all, with the rights that it has; a link stays one.
pub(super) fn rewrite(path: &Path, what: &str, bytes: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let path = path.canonicalize()?;
        let mut file = tempfile::NamedTempFile::new_in(folder_of(&path))?;
        file.write_all(bytes)?;
        file.as_file().set_permissions(path.metadata()?.permissions())?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Failure::file(path, what, &error).into())
}

/// Whether a file can be made there, as far as that is known before there is anything to write.
pub(super) fn need_folder(path: &Path, what: &str) -> Result<()> {
    let folder = folder_of(path);
    let there = folder.metadata().and_then(|found| {
        if found.is_dir() { Ok(()) } else { Err(std::io::ErrorKind::NotADirectory.into()) }
    });
    there.map_err(|error| Failure::file(folder, what, &error).into())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}
