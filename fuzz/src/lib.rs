//! What the targets share: a bound on allocations, and the properties that hold of every parser.

#![warn(missing_docs)]

pub mod cards;
pub mod country;
mod memory;
pub mod mobile;
pub mod scratch;
pub mod terminals;
pub mod wallets;

use std::fmt::Display;

/// The most bytes of an error's text: it goes to people and into reports.
const MAX_TEXT: usize = 4096;

/// The first byte picks what the rest is fed to.
///
/// # Panics
/// Never with `count` above zero.
pub fn pick(data: &[u8], count: u8) -> Option<(u8, &[u8])> {
    let (first, rest) = data.split_first()?;
    Some((first % count, rest))
}

/// An error's text is short, and nothing in it moves the cursor of a terminal.
///
/// # Panics
/// Where that does not hold.
pub fn is_told(error: &dyn Display) {
    let text = error.to_string();
    assert!(text.len() <= MAX_TEXT, "an error of {} bytes", text.len());
    assert!(!text.is_empty(), "an error that says nothing");
    let control = text.chars().find(|c| c.is_control() && *c != '\n');
    assert!(control.is_none(), "an error with a control character: {text:?}");
}

/// What parses, and otherwise a text that [`is_told`].
///
/// # Panics
/// Where the text is not as it should be.
pub fn parsed<T, E: Display>(result: Result<T, E>) -> Option<T> {
    result.inspect_err(|e| is_told(e)).ok()
}

/// What parses encodes, parses to the same again, and then to the same bytes.
///
/// # Panics
/// Where that does not hold.
pub fn round_trip<T: PartialEq, E: Display>(
    data: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, E>,
    encode: impl Fn(&T) -> Vec<u8>,
) -> Option<T> {
    let value = parsed(parse(data))?;
    let bytes = encode(&value);
    match parse(&bytes) {
        Ok(again) => {
            assert!(again == value, "parsed, encoded and parsed to something else");
            assert!(encode(&again) == bytes, "encoded to other bytes the second time");
        }
        Err(e) => panic!("parsed, encoded, and refused: {e}"),
    }
    Some(value)
}
