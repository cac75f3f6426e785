//! Lines of a text, some of which go on in the next one.

use std::borrow::Cow;

use super::{Format, ImportError};

/// Most characters of what came that a message shows.
const SHOWN: usize = 24;

/// Bytes as text; a byte order mark is passed over.
pub(super) fn text(bytes: &[u8]) -> Result<&str, ImportError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|&&byte| byte != b'\n').count() + 1;
        ImportError::NotText { line, column }
    })
}

/// A line, or several that a `\` at the end joins to one.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Without the ends of lines and without the `\`.
    pub(super) text: Cow<'a, str>,
    // Where each line of the file begins in the text, and its number.
    pieces: Vec<(usize, usize)>,
}

impl Line<'_> {
    /// The number of its first line, from 1.
    pub(super) fn number(&self) -> usize {
        self.pieces.first().map_or(1, |piece| piece.1)
    }

    /// An error at this byte of the text.
    pub(super) fn wrong(&self, format: Format, at: usize, expected: &'static str) -> ImportError {
        let rest = self.text.get(at..).unwrap_or_default();
        let got = match rest.split_whitespace().next() {
            None => "the end of the line".to_owned(),
            Some(word) if word.chars().count() > SHOWN => {
                format!("`{}…`", clean(word.chars().take(SHOWN)))
            }
            Some(word) => format!("`{}`", clean(word.chars())),
        };
        self.wrong_as(format, at, expected, got)
    }

    /// The same, with words for what came.
    pub(super) fn wrong_as(
        &self,
        format: Format,
        at: usize,
        expected: &'static str,
        got: impl Into<String>,
    ) -> ImportError {
        let piece = self.pieces.iter().rev().find(|(start, _)| *start <= at);
        let (start, line) = piece.copied().unwrap_or_else(|| (0, self.number()));
        let before = self.text.get(start..at).unwrap_or_default();
        let column = before.chars().count() + 1;
        ImportError::Line { format, line, column, expected, got: got.into() }
    }
}

/// The lines of a text, joined where a `\` stands at the end of one that is no comment.
pub(super) fn joined<'a>(
    text: &'a str,
    is_comment: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = Line<'a>> {
    let mut lines = text.lines().enumerate();
    std::iter::from_fn(move || {
        let (at, first) = lines.next()?;
        let mut line = Line { text: Cow::Borrowed(first), pieces: vec![(0, at + 1)] };
        if is_comment(first) {
            return Some(line);
        }
        while let Some(cut) = line.text.trim_end().strip_suffix('\\').map(str::len) {
            let owned = line.text.to_mut();
            owned.truncate(cut);
            let Some((at, next)) = lines.next() else { break };
            line.pieces.push((owned.len(), at + 1));
            owned.push_str(next);
        }
        Some(line)
    })
}

/// The lines of a text, each by itself.
pub(super) fn single(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines()
        .enumerate()
        .map(|(at, text)| Line { text: Cow::Borrowed(text), pieces: vec![(0, at + 1)] })
}

/// Text without characters that a terminal obeys.
pub(super) fn clean(text: impl Iterator<Item = char>) -> String {
    text.map(|c| match c {
        '\t' => ' ',
        c if c.is_control() => '\u{FFFD}',
        c => c,
    })
    .collect()
}

/// The bytes of hexadecimal digits between which blanks and colons count for nothing, or the byte of
/// the text where it goes wrong. A digit alone between two colons is a byte, as OpenSC has it.
pub(super) fn bytes(text: &str) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high: Option<u8> = None;
    let mut first = 0;
    for (at, c) in text.char_indices() {
        match (c.to_digit(16), high) {
            (Some(digit), None) => {
                high = u8::try_from(digit).ok();
                first = at;
            }
            (Some(digit), Some(nibble)) => {
                bytes.push(nibble << 4 | u8::try_from(digit).unwrap_or_default());
                high = None;
            }
            (None, Some(nibble)) if c == ':' => {
                bytes.push(nibble);
                high = None;
            }
            (None, _) if c == ':' || c.is_whitespace() => {}
            (None, _) => return Err(at),
        }
    }
    match high {
        Some(nibble) if text.contains(':') => bytes.push(nibble),
        Some(_) => return Err(first),
        None => {}
    }
    Ok(bytes)
}

/// Words as a shell splits them, each with its place; quotation marks are taken off.
pub(super) fn words(text: &str) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut quote = None;
    let mut inside = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(mark) if c == mark => quote = None,
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                if !inside {
                    words.push((at, String::new()));
                    inside = true;
                }
            }
            None if c.is_whitespace() => inside = false,
            _ => {
                if !inside {
                    words.push((at, String::new()));
                    inside = true;
                }
                if let Some((_, word)) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words
}
