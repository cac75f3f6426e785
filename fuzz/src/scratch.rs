//! A folder for targets whose subject reads files. `fuzz/run` puts it into memory and removes it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A folder of this process, under `TMPDIR`.
///
/// # Panics
/// Where it cannot be made.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("iccard-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for files");
        folder
    })
}

/// The file of that name in it, with these bytes.
///
/// # Panics
/// Where it cannot be written.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}
