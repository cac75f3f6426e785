//! Files that a command writes.

use std::{io::Write, path::Path};

use anyhow::Result;

use super::failure::Failure;

/// Writes a file for its owner alone, whole or not at all: it holds personal data.
pub(super) fn write_private(path: &Path, what: &str, bytes: &[u8]) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Failure::file(path, what, &error).into())
}
