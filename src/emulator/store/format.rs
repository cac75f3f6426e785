//! The text of a state file (docs/state.md).
//!
//! Version 0 has no heading: `name = number` lines. Version 1 says whose state it is and ends with
//! a digest, so that a file that was cut or edited is told from a whole one.

use std::{fmt::Write as _, path::Path};

use zeroize::Zeroizing;

use super::{Change, MemoryStore, StoreError, memory};
use crate::crypto::Hash;

/// The version that is written, and the latest that is read.
pub(super) const VERSION: u32 = 1;
/// What precedes the version in the first line.
const HEADING: &str = "iccard-state ";
/// The most bytes of a text that can hold what a store holds: two digits a byte, and the lines.
pub(super) const MAX_TEXT: usize =
    2 * memory::MAX_BYTES + memory::MAX_ENTRIES * (Change::MAX_NAME + 4) + 4096;

/// Which card a state belongs to: its name, and a digest of what tells it from others of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardId {
    name: String,
    digest: String,
}

impl CardId {
    /// The card of this name; `parts`, such as a profile's seed, tell it from others of that name.
    pub fn new(name: &str, parts: &[&[u8]]) -> Self {
        // The name stands in one line.
        let name = name.chars().filter(|c| !c.is_control()).take(128).collect();
        let lengths: Vec<_> = parts.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
        let all: Vec<&[u8]> =
            lengths.iter().zip(parts).flat_map(|(n, part)| [n.as_slice(), part]).collect();
        Self { name, digest: hex::encode(Hash::Sha256.digest(&all)) }
    }

    /// The card's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl std::fmt::Display for CardId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = self.digest.get(..8).unwrap_or_default();
        write!(f, "{:?} ({short})", self.name)
    }
}

/// The text of version 1.
pub(super) fn encode(card: &CardId, entries: &MemoryStore) -> Zeroizing<String> {
    let size = entries.entries().map(|(name, value)| name.len() + 2 * value.len() + 4).sum();
    // Enough from the start: a text that moves leaves secrets behind.
    let mut text = Zeroizing::new(String::with_capacity(1024_usize.saturating_add(size)));
    let _ = writeln!(text, "{HEADING}{VERSION}\ncard = {}\ndigest = {}\n", card.name, card.digest);
    let mut count = 0;
    for (name, value) in entries.entries() {
        text.push_str(name);
        text.push_str(" = ");
        for byte in value {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or_default());
            }
        }
        text.push('\n');
        count += 1;
    }
    let sum = hex::encode(Hash::Sha256.digest(&[text.as_bytes()]));
    let _ = writeln!(text, "\nend: {count} {sum}");
    text
}

/// The entries in a text of any version, and whose they are where it says so.
pub(super) fn parse(path: &Path, text: &str) -> Result<(Option<CardId>, MemoryStore), StoreError> {
    let first = text.lines().next().unwrap_or_default();
    match first.strip_prefix(HEADING) {
        None => Ok((None, version_0(path, text)?)),
        Some(version) if version == VERSION.to_string() => version_1(path, text),
        Some(version) => {
            let is_newer = version.parse::<u32>().is_ok_and(|version| version > VERSION);
            Err(if is_newer {
                StoreError::Newer { path: path.into(), expected: VERSION, got: version.into() }
            } else {
                malformed(path, 1, "`iccard-state 1`", first)
            })
        }
    }
}

fn version_0(path: &Path, text: &str) -> Result<MemoryStore, StoreError> {
    let mut entries = MemoryStore::default();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let parsed = line.split_once('=').and_then(|(name, number)| {
            let number = number.trim().parse::<u64>().ok()?;
            Some(Change::set(name.trim(), number.to_be_bytes()))
        });
        parsed
            .and_then(|change| entries.change(&[change]).ok())
            .ok_or_else(|| malformed(path, at + 1, "`name = number`", line))?;
    }
    Ok(entries)
}

fn version_1(path: &Path, text: &str) -> Result<(Option<CardId>, MemoryStore), StoreError> {
    let mut lines = text.lines().enumerate().skip(1);
    let mut header = |key: &str, expected| {
        let (at, line) = lines.next().unwrap_or((1, ""));
        let value = line.strip_prefix(key).and_then(|rest| rest.strip_prefix(" = "));
        value.map(str::to_owned).ok_or_else(|| malformed(path, at + 1, expected, line))
    };
    let name = header("card", "`card = NAME`")?;
    let digest = header("digest", "`digest = HEX`")?;
    let mut entries = MemoryStore::default();
    let mut count = 0_usize;
    let mut last = 3;
    for (at, line) in lines {
        last = at;
        if line.is_empty() {
            continue;
        }
        // No entry's name has a colon.
        if let Some(end) = line.strip_prefix("end: ") {
            let sum_of = text.len() - line.len() - 2;
            let whole = text
                .get(..sum_of)
                .filter(|_| text.ends_with(&format!("\n\n{line}\n")))
                .map(|all| hex::encode(Hash::Sha256.digest(&[all.as_bytes()])));
            if whole.is_some_and(|sum| format!("{count} {sum}") == end) {
                return Ok((Some(CardId { name, digest }), entries));
            }
            return Err(malformed(path, at + 1, "the number and digest of what precedes", line));
        }
        let parsed = line.split_once(" = ").and_then(|(name, value)| {
            let value = hex::decode(value).ok()?;
            Some(Change::set(name, value))
        });
        parsed
            .and_then(|change| entries.change(&[change]).ok())
            .ok_or_else(|| malformed(path, at + 1, "`name = HEX`", line))?;
        count += 1;
    }
    Err(malformed(path, last + 2, "`end: COUNT DIGEST`", ""))
}

fn malformed(path: &Path, line: usize, expected: &'static str, got: &str) -> StoreError {
    // A line may hold a secret: no more of it than tells which it is.
    let got = got.chars().take_while(|c| *c != '=').take(40).collect::<String>();
    StoreError::Malformed { path: path.into(), line, expected, got: got.trim_end().into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_and_nothing_less_is(
            entries in prop::collection::btree_map(
                "[a-z0-9./-]{1,12}|card|digest|end", prop::collection::vec(any::<u8>(), 0..40), 0..8,
            ),
            cut in any::<prop::sample::Index>(),
            flip in any::<prop::sample::Index>(),
        ) {
            let card = CardId::new("a card = it", &[b"seed", b"1"]);
            let mut store = MemoryStore::default();
            let changes: Vec<_> =
                entries.iter().map(|(name, value)| Change::set(name, value.clone())).collect();
            store.change(&changes).unwrap();
            let text = encode(&card, &store);
            let (whose, read) = parse("f".as_ref(), &text).unwrap();
            prop_assert_eq!(whose, Some(card));
            prop_assert!(read.entries().eq(store.entries()));

            let cut = &text[..cut.index(text.len() - 1)];
            // Of nothing, no entry is read; it is then a new card's.
            prop_assert!(cut.is_empty() || parse("f".as_ref(), cut).is_err(), "{}", cut);
            let mut flipped = text.as_bytes().to_vec();
            let at = flip.index(flipped.len());
            flipped[at] ^= 1;
            let flipped = String::from_utf8(flipped).unwrap();
            prop_assert!(parse("f".as_ref(), &flipped).is_err(), "{}", flipped);
        }
    }

    #[test]
    fn an_error_says_no_secret() {
        let error = parse("f".as_ref(), "pin-tries = 3\npin = 123456x\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("\"pin\""), "{error}");
        assert!(!error.contains("123456"), "{error}");
    }
}
