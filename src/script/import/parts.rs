//! Byte strings of other languages on their way into ours.

use super::writer::hex_words;

/// Most `#(` inside another: fewer than in a script.
pub(super) const MAX_DEPTH: usize = 32;

/// A part of a byte string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Hex(Vec<u8>),
    Text(String),
    Counted(Vec<Self>),
    /// A variable, by its name in the script.
    Name(String),
    /// `R(3;2)`.
    Answer(u16, u16),
    /// The data of the last answer.
    Response,
}

/// The bytes, where no variable stands among them.
pub(super) fn known(parts: &[Part]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for part in parts {
        match part {
            Part::Hex(hex) => bytes.extend(hex),
            Part::Text(text) => bytes.extend(text.as_bytes()),
            Part::Counted(_) | Part::Name(_) | Part::Answer(..) | Part::Response => return None,
        }
    }
    Some(bytes)
}

/// The bytes in front of the first variable.
pub(super) fn start(parts: &[Part]) -> Vec<u8> {
    let whole = parts.iter().take_while(|part| matches!(part, Part::Hex(_) | Part::Text(_)));
    let mut bytes = Vec::new();
    for part in whole {
        match part {
            Part::Hex(hex) => bytes.extend(hex),
            Part::Text(text) => bytes.extend(text.as_bytes()),
            _ => {}
        }
    }
    bytes
}

/// The parts of a command as a script writes them: the header in two words.
pub(super) fn command(parts: &[Part]) -> String {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        let word = match part {
            Part::Hex(hex) if at == 0 => hex_words(hex, parts.len() == 1),
            part => one(part),
        };
        push(&mut text, &word);
    }
    text
}

/// The parts of a value.
pub(super) fn value(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        push(&mut text, &one(part));
    }
    text
}

// No deeper than MAX_DEPTH, for whoever reads them goes no deeper.
fn one(part: &Part) -> String {
    match part {
        Part::Hex(hex) => hex::encode_upper(hex),
        Part::Text(text) if super::writer::is_plain(text) => format!("\"{text}\""),
        Part::Text(text) => hex::encode_upper(text),
        Part::Counted(parts) => format!("#({})", value(parts)),
        Part::Name(name) => format!("%{name}"),
        Part::Response => "resp".into(),
        Part::Answer(position, len) => format!("R({position};{len})"),
    }
}

fn push(text: &mut String, word: &str) {
    if !text.is_empty() && !word.is_empty() {
        text.push(' ');
    }
    text.push_str(word);
}
