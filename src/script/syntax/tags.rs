//! Paths of tags.

use super::{
    Span,
    bytes::{digits, short},
    input::{Input, Res, at, blanks, count, eat, expected, skip, span},
    words::{is_hex, next, run},
};
use crate::script::diagnostic::{Code, Diagnostic};

/// `6F/84`: tags from the outermost inwards, with the place of the whole path.
pub(super) fn tags(i: &mut Input<'_>) -> Res<(Vec<u32>, Span)> {
    blanks(i);
    let start = at(i);
    let mut path = Vec::new();
    loop {
        path.push(tag(i)?);
        count(i)?;
        if !eat(i, "/") {
            return Ok((path, span(i, start, at(i))));
        }
    }
}

fn tag(i: &mut Input<'_>) -> Res<u32> {
    const HELP: &str = "write `6F/84`: tags of one to four bytes, from the outermost inwards";
    let text = run(i);
    if text.is_empty() {
        return Err(expected(i, "a tag").help(HELP).into());
    }
    let place = next(i, text.len());
    let wrong = |why: String| {
        Diagnostic::new(Code::TAG, place, format!("`{}` is no tag: {why}", short(text)))
            .label("no tag of BER-TLV")
            .expected("the bytes of one tag (ISO/IEC 8825-1, 8.1.2)")
            .got(format!("`{}`", short(text)))
            .help(HELP)
    };
    if !is_hex(text) {
        return Err(wrong("not all of it is hexadecimal".to_owned()).into());
    }
    if !text.len().is_multiple_of(2) || text.len() > 8 {
        return Err(wrong(digits(text.len())).into());
    }
    let value = u32::from_str_radix(text, 16).unwrap_or(0);
    let bytes = value.to_be_bytes();
    let bytes = bytes.get(4 - text.len() / 2..).unwrap_or_default();
    let whole = match bytes {
        [first] => first & 0x1F != 0x1F,
        [first, between @ .., last] => {
            first & 0x1F == 0x1F && between.iter().all(|b| b & 0x80 != 0) && last & 0x80 == 0
        }
        [] => false,
    };
    if !whole {
        let why = match bytes {
            [_] => "its first byte says that more follow",
            _ => "its bytes are not those of one tag",
        };
        return Err(wrong(why.to_owned()).into());
    }
    skip(i, text.len());
    Ok(value)
}
