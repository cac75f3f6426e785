//! The file that keeps what taps learnt of lengths. It only saves time: where it cannot be read or
//! written, the next tap finds out again, and nobody is bothered.

use std::{
    io::{Read, Write},
    path::PathBuf,
};

use super::card::CardArgs;
use crate::tap::{KnownLengths, LearntLengths};

/// More than the library writes.
const LARGEST: u64 = 0x4_0000;

/// What earlier taps learnt.
pub(super) fn load(args: &CardArgs) -> KnownLengths {
    let read = || -> Option<String> {
        let file = std::fs::File::open(path(args)?).ok()?;
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text).ok()?;
        Some(text)
    };
    read().map(|text| KnownLengths::from_text(&text)).unwrap_or_default()
}

/// Keeps what a tap learnt, whole or not at all.
pub(super) fn keep(args: &CardArgs, known: &mut KnownLengths, learnt: &LearntLengths) {
    let Some(path) = path(args) else { return };
    if !known.learn(learnt) {
        return;
    }
    let write = || -> std::io::Result<()> {
        let folder = path.parent().ok_or(std::io::ErrorKind::NotFound)?;
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(known.to_text().as_bytes())?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    let _ = write();
}

// The platform's folder for what can be made again; ICCARD_CACHE names another, for tests and
// services.
fn path(args: &CardArgs) -> Option<PathBuf> {
    if args.no_cache() {
        return None;
    }
    let folder = match std::env::var_os("ICCARD_CACHE").filter(|cache| !cache.is_empty()) {
        Some(cache) => PathBuf::from(cache),
        None => directories::ProjectDirs::from("", "", "iccard")?.cache_dir().to_owned(),
    };
    Some(folder.join("lengths.json"))
}
