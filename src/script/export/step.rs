//! What is left of a script for another program.

use crate::{
    script::syntax::{Span, SwPattern},
    transport::Reset,
};

/// One thing to do.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) span: Span,
    pub(super) kind: StepKind,
}

#[derive(Clone, Debug)]
pub(super) enum StepKind {
    Send(Sent),
    Reset(Reset),
    PowerOff,
    Comment(String),
    Exit,
}

/// A command and what is expected of its answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    pub(super) bytes: Vec<u8>,
    /// Whether Le stands in it.
    pub(super) asks: bool,
    pub(super) data: Option<Vec<Item>>,
    pub(super) sw: Option<SwPattern>,
    /// How long the answer took.
    pub(super) ms: Option<u64>,
}

/// A part of expected data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A byte and the bits that count.
    Byte(u8, u8),
    /// Any number of bytes.
    Any,
}

impl Sent {
    /// The whole answer, where only one is expected.
    pub(super) fn answer(&self) -> Option<Vec<u8>> {
        let sw = self.sw.as_ref().filter(|sw| !sw.negated)?;
        let &[(sw, 0xFFFF)] = sw.any_of.as_slice() else { return None };
        let mut answer = match &self.data {
            // A warning or an error comes without data, and so does what asks for none.
            None if self.asks && sw >> 8 == 0x90 => return None,
            None => Vec::new(),
            Some(items) => {
                let exact = items.iter().map(|item| match item {
                    Item::Byte(byte, 0xFF) => Some(*byte),
                    _ => None,
                });
                exact.collect::<Option<Vec<u8>>>()?
            }
        };
        answer.extend(sw.to_be_bytes());
        Some(answer)
    }
}

/// A status pattern between its parentheses; `*` where everything is right.
pub(super) fn status(pattern: &SwPattern) -> String {
    let alternatives: Vec<String> = pattern.any_of.iter().map(|one| digits(*one)).collect();
    let text = alternatives.join("|");
    if pattern.negated { format!("!{text}") } else { text }
}

/// Whether everything is right.
pub(super) fn is_any(pattern: &SwPattern) -> bool {
    !pattern.negated && pattern.any_of.iter().any(|(_, mask)| *mask == 0)
}

/// A status word and its wildcards.
pub(super) fn digits((value, mask): (u16, u16)) -> String {
    if mask == 0 {
        return "*".into();
    }
    let nibble = |shift: u32| {
        let of = |word: u16| u32::from(word >> shift & 0xF);
        match of(mask) {
            0xF => char::from_digit(of(value), 16).unwrap_or('X').to_ascii_uppercase(),
            _ => 'X',
        }
    };
    [12, 8, 4, 0].map(nibble).iter().collect()
}

/// A byte of a pattern.
pub(super) fn byte(value: u8, mask: u8) -> String {
    let nibble = |shift: u32| {
        let of = |byte: u8| u32::from(byte >> shift & 0xF);
        match of(mask) {
            0xF => char::from_digit(of(value), 16).unwrap_or('X').to_ascii_uppercase(),
            _ => 'X',
        }
    };
    [4, 0].map(nibble).iter().collect()
}
