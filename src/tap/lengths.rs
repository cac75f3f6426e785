//! What taps learn of the lengths that readers and kinds of cards take, to be kept by the caller.
//!
//! A kind of card is a digest of what all cards of an issue have in common: capabilities by the
//! historical bytes and EF.ATR/INFO, and EF.CardAccess. No card is told from another by it, and
//! bytes that some cards draw anew each time are not in it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{
    atr::{Atr, HistoricalBytes},
    crypto::Hash,
    lds::AtrInfo,
    session::Lengths,
};

/// The most that is kept; the oldest goes first.
const MOST: usize = 256;
/// The longest reader's name that is kept.
const LONGEST_NAME: usize = 256;
/// The largest text that is read.
const LARGEST: usize = 0x2_0000;
/// The version of the text.
const SCHEMA: u32 = 1;

/// What one tap learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntLengths {
    /// The reader's name.
    pub reader: String,
    /// The kind of card, in hexadecimal.
    pub kind: String,
    /// What both give at once.
    pub lengths: Lengths,
}

/// What earlier taps learnt, the latest last. A value of the caller's: nothing here touches a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownLengths {
    entries: VecDeque<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    reader: String,
    kind: String,
    read: usize,
    extended: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    schema: u32,
    lengths: VecDeque<Entry>,
}

impl KnownLengths {
    /// Of a text that [`KnownLengths::to_text`] wrote. A damaged one, or one of another version, is
    /// as good as none: it only makes the next tap find out again.
    pub fn from_text(text: &str) -> Self {
        let read = |text| match serde_json::from_str(text) {
            Ok(Text { schema: SCHEMA, lengths }) => Some(lengths),
            _ => None,
        };
        let mut entries = Some(text).filter(|t| t.len() <= LARGEST).and_then(read);
        if let Some(entries) = &mut entries {
            entries.retain(|e| (128..=0x1_0000).contains(&e.read));
            let many = entries.len().saturating_sub(MOST);
            entries.drain(..many);
        }
        Self { entries: entries.unwrap_or_default() }
    }

    /// As a text to be kept.
    pub fn to_text(&self) -> String {
        let text = Text { schema: SCHEMA, lengths: self.entries.clone() };
        serde_json::to_string_pretty(&text).unwrap_or_default()
    }

    /// What is known of this reader and this kind of card.
    pub fn get(&self, reader: &str, kind: &str) -> Option<Lengths> {
        let entry = self.entries.iter().find(|e| e.reader == reader && e.kind == kind)?;
        Some(Lengths { read: entry.read, extended: entry.extended })
    }

    /// Keeps what a tap learnt. Whether that was news.
    pub fn learn(&mut self, learnt: &LearntLengths) -> bool {
        let LearntLengths { reader, kind, lengths } = learnt;
        if self.get(reader, kind) == Some(*lengths) || reader.len() > LONGEST_NAME {
            return false;
        }
        self.entries.retain(|e| e.reader != *reader || e.kind != *kind);
        self.entries.push_back(Entry {
            reader: reader.clone(),
            kind: kind.clone(),
            read: lengths.read,
            extended: lengths.extended,
        });
        if self.entries.len() > MOST {
            self.entries.pop_front();
        }
        true
    }
}

/// The kind of card with this answer to reset, EF.ATR/INFO and EF.CardAccess, where it has them.
pub(super) fn kind(atr: &[u8], atr_info: &[u8], card_access: &[u8]) -> String {
    let atr = Atr::parse(atr).ok();
    let historical = atr.and_then(|atr| HistoricalBytes::parse(atr.historical()).ok());
    let of_atr = historical.and_then(|bytes| bytes.card_capabilities());
    let info = AtrInfo::parse(atr_info).unwrap_or_default();
    let (sizes, of_info) = (info.extended_length(), info.card_capabilities());
    let said = format!("{of_atr:?} {of_info:?} {sizes:?}");
    let digest = Hash::Sha256.digest(&[said.as_bytes(), card_access]);
    hex::encode(digest.get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(reader: &str, read: usize) -> LearntLengths {
        let lengths = Lengths { read, extended: read > 256 };
        LearntLengths { reader: reader.into(), kind: "00".into(), lengths }
    }

    #[test]
    fn what_is_written_is_read_again_and_damage_is_nothing() {
        let mut known = KnownLengths::default();
        assert!(known.learn(&learnt("a reader", 495)));
        assert!(!known.learn(&learnt("a reader", 495)));
        assert!(known.learn(&learnt("a reader", 223)));
        assert_eq!(known.get("a reader", "00"), Some(learnt("a reader", 223).lengths));
        assert_eq!((known.get("a reader", "01"), known.get("another", "00")), (None, None));
        let text = known.to_text();
        assert_eq!(KnownLengths::from_text(&text), known);
        for at in 0..text.len() {
            let _ = KnownLengths::from_text(&text[..at]);
            assert_eq!(KnownLengths::from_text(&text[..at]).get("a reader", "00"), None);
        }
        for wrong in
            [text.replace(": 1,", ": 2,"), text.replace("223", "0"), text.replace("223", "1e9")]
        {
            assert_ne!(wrong, text);
            assert_eq!(KnownLengths::from_text(&wrong).get("a reader", "00"), None);
        }
        assert_eq!(KnownLengths::from_text(&" ".repeat(LARGEST + 1)), KnownLengths::default());
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let mut known = KnownLengths::default();
        for n in 0..2 * MOST {
            known.learn(&learnt(&format!("reader {n}"), 223));
        }
        assert_eq!(known.entries.len(), MOST);
        assert!(known.get("reader 511", "00").is_some() && known.get("reader 0", "00").is_none());
        assert!(!known.learn(&learnt(&"x".repeat(LONGEST_NAME + 1), 223)));
        assert!(known.to_text().len() < LARGEST);
    }

    #[test]
    fn random_bytes_make_no_other_kind() {
        // The initial access data, compact tag 4, differ; the capabilities are the same.
        let kinds = [[1, 2, 3, 4], [9, 8, 7, 6]].map(|[a, b, c, d]| {
            let historical = [0x80, 0x44, a, b, c, d, 0x73, 0xF7, 0x41, 0xE0];
            let atr = Atr::from_historical(&historical).unwrap();
            kind(atr.as_bytes(), &[], b"card access")
        });
        assert_eq!(kinds[0], kinds[1]);
        assert_ne!(kinds[0], kind(&[], &[], b"card access"));
        assert_ne!(kinds[0], kind(&[], &[], b"another"));
    }
}
