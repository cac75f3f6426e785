//! Folders of data that are not ours to ship. Where the environment does not name them, a test
//! says how many checks it leaves out.

use std::path::{Path, PathBuf};

/// The folder that `ICCARD_SAMPLES` names: files of specimen and real documents.
pub fn samples(test: &str, checks: usize) -> Option<PathBuf> {
    folder("ICCARD_SAMPLES", test, checks)
}

/// The folder that `ICCARD_VECTORS` names: figures read from cards.
pub fn vectors(test: &str, checks: usize) -> Option<PathBuf> {
    folder("ICCARD_VECTORS", test, checks)
}

/// A file of such a folder, which must be there.
pub fn read(folder: &Path, file: &str) -> Vec<u8> {
    let path = folder.join(file);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn folder(variable: &str, test: &str, checks: usize) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    if folder.is_none() {
        super::skipped(test, &format!("{variable} is not set ({checks} checks)"));
    }
    folder
}
