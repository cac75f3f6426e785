//! The texts that places are in.

use std::sync::Arc;

use crate::script::syntax::{SourceId, Span};

/// Line ends are counted once for every so many bytes.
const BLOCK: usize = 4096;

/// The texts of a run, by which places are shown.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    texts: Vec<Source>,
}

#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: Arc<str>,
    /// Line ends before each block.
    lines: Arc<[u32]>,
}

impl Sources {
    /// Adds a text under the name of its file. `None` where there are too many.
    pub fn add(&mut self, name: impl Into<String>, text: Arc<str>) -> Option<SourceId> {
        let id = SourceId(u16::try_from(self.texts.len()).ok()?);
        let mut before = 0_u32;
        let lines = text.as_bytes().chunks(BLOCK).map(|block| {
            let here = before;
            before = before.saturating_add(ends(block));
            here
        });
        let lines = lines.collect();
        self.texts.push(Source { name: name.into(), text, lines });
        Some(id)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The name of a text.
    pub fn name(&self, id: SourceId) -> &str {
        self.texts.get(usize::from(id.0)).map_or("", |source| &source.name)
    }

    /// The text itself.
    pub fn text(&self, id: SourceId) -> &str {
        self.texts.get(usize::from(id.0)).map_or("", |source| &source.text)
    }

    /// Line and column of a place, both from 1; columns count characters.
    pub fn position(&self, span: Span) -> (usize, usize) {
        let Some(source) = self.texts.get(usize::from(span.source.0)) else { return (1, 1) };
        let at = floor(&source.text, span.start as usize);
        let before = source.lines.get(at / BLOCK).or_else(|| source.lines.last());
        let block = at / BLOCK * BLOCK;
        let bytes = source.text.as_bytes();
        let line = before.copied().unwrap_or(0) + ends(bytes.get(block..at).unwrap_or_default());
        let start = line_start(&source.text, at);
        let column = source.text.get(start..at).unwrap_or_default().chars().count();
        (line as usize + 1, column + 1)
    }
}

/// Where the line of a place begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().rfind('\n').map_or(0, |end| end + 1)
}

/// The same place or the nearest one before it where a character begins.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ends(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX)
}
