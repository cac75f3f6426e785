//! Patterns of status words and of data.

use super::{
    DataPattern, PatternItem, Span, SwPattern,
    bytes::{digits as count_of, part, short},
    input::{Input, Res, at, blanks, byte, close, count, eat, found, is_end, rest, skip, span},
    words::next,
};
use crate::script::diagnostic::{Code, Diagnostic};

const STATUS_HELP: &str = "write `(9000)`, `(9000|6282)`, `(63CX)` with X for any digit, `(*)` for any, `(!6982)` for not";

/// `(9000|63CX)`, where a parenthesis is next.
pub(super) fn status(i: &mut Input<'_>) -> Res<Option<SwPattern>> {
    if byte(i) != b'(' {
        return Ok(None);
    }
    let start = at(i);
    let open = next(i, 1);
    skip(i, 1);
    let mut pattern = alternatives(i, start)?;
    blanks(i);
    if !is_end(i) && byte(i) != b')' {
        return Err(no_status(i).into());
    }
    close(i, ")", open, STATUS_HELP)?;
    pattern.span = span(i, start, at(i));
    Ok(Some(pattern))
}

/// The same without the parentheses: `69XX|6A82`.
pub(super) fn alternatives(i: &mut Input<'_>, start: usize) -> Res<SwPattern> {
    count(i)?;
    blanks(i);
    let negated = eat(i, "!");
    let mut any_of = Vec::with_capacity(1);
    loop {
        blanks(i);
        any_of.push(alternative(i)?);
        count(i)?;
        let end = at(i);
        blanks(i);
        if !eat(i, "|") {
            return Ok(SwPattern { span: span(i, start, end), negated, any_of });
        }
    }
}

fn alternative(i: &mut Input<'_>) -> Res<(u16, u16)> {
    if eat(i, "*") {
        return Ok((0, 0));
    }
    let (mut value, mut mask, mut nibbles) = (0, 0, 0);
    let start = at(i);
    let mut length = 0;
    for byte in rest(i).bytes() {
        match nibble(byte) {
            Some((digit, bits)) if nibbles < 4 => {
                value = value << 4 | u16::from(digit);
                mask = mask << 4 | u16::from(bits);
                nibbles += 1;
            }
            // SW1 and SW2 may stand apart.
            None if byte == b' ' && nibbles == 2 => {}
            Some(_) => nibbles = 5,
            None => break,
        }
        length += 1;
    }
    let text = rest(i).get(..length).unwrap_or_default().trim_end();
    if nibbles == 4 {
        skip(i, text.len());
        return Ok((value, mask));
    }
    if text.is_empty() {
        return Err(no_status(i).into());
    }
    let digits = rest(i).bytes().take_while(u8::is_ascii_alphanumeric).count();
    let place = span(i, start, start + digits.max(text.len()));
    let got = short(rest(i).get(..place.range().len()).unwrap_or_default());
    Err(Diagnostic::new(
        Code::STATUS_PATTERN,
        place,
        format!("`{got}` is no status word: a status word has four digits"),
    )
    .label("not four digits")
    .expected("four hexadecimal digits, `X` for any, or `*`")
    .got(format!("`{got}`"))
    .help(STATUS_HELP)
    .into())
}

fn no_status(i: &mut Input<'_>) -> Diagnostic {
    let (place, got) = found(i);
    let help = match byte(i) {
        b',' => "alternatives stand with `|` between them: `(9000|6282)`",
        b'!' => "`!` stands once, in front of all: `(!6982|6985)`",
        _ => STATUS_HELP,
    };
    let message = match byte(i) {
        b')' => "a status pattern with nothing in it".to_owned(),
        _ => format!("{got} stands where a status word has to"),
    };
    Diagnostic::new(Code::STATUS_PATTERN, place, message)
        .label("a status word expected here")
        .expected("four hexadecimal digits, `X` for any, or `*`")
        .got(got)
        .help(help)
}

/// A digit of a pattern, and which of its bits count.
const fn nibble(byte: u8) -> Option<(u8, u8)> {
    match byte {
        b'0'..=b'9' => Some((byte - b'0', 0xF)),
        b'a'..=b'f' => Some((byte - b'a' + 10, 0xF)),
        b'A'..=b'F' => Some((byte - b'A' + 10, 0xF)),
        b'X' | b'x' | b'?' => Some((0, 0)),
        _ => None,
    }
}

/// `[6F XX *]`, where a bracket is next.
pub(super) fn data(i: &mut Input<'_>) -> Res<Option<DataPattern>> {
    const HELP: &str = "write `[6F XX 84 *]`: X for any digit, `*` for any number of bytes";
    if byte(i) != b'[' {
        return Ok(None);
    }
    let start = at(i);
    let open = next(i, 1);
    skip(i, 1);
    let mut items = Vec::new();
    while !is_end(i) && byte(i) != b']' {
        count(i)?;
        if eat(i, "*") {
            items.push(PatternItem::Any);
        } else if !digits(i, &mut items)? {
            match part(i)? {
                Some(part) => items.push(PatternItem::Parts(part)),
                None => return Err(no_item(i, HELP).into()),
            }
        }
    }
    close(i, "]", open, HELP)?;
    Ok(Some(DataPattern { span: span(i, start, at(i)), items }))
}

// A word of digits and wildcards, where one is next.
fn digits(i: &mut Input<'_>, items: &mut Vec<PatternItem>) -> Res<bool> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'?' | b'_');
    let length = rest(i).bytes().take_while(is_word).count();
    let text = rest(i).get(..length).unwrap_or_default();
    if length == 0 || text.bytes().any(|byte| nibble(byte).is_none()) {
        return Ok(false);
    }
    if length % 2 != 0 {
        let place: Span = next(i, length);
        return Err(Diagnostic::new(
            Code::DATA_PATTERN,
            place,
            format!(
                "`{}` is {}: half a byte is missing or too much",
                short(text),
                count_of(length)
            ),
        )
        .label("an odd number of digits")
        .expected("two digits a byte, `X` for any digit")
        .got(count_of(length))
        .help("any byte is `XX`; any number of bytes is `*`")
        .into());
    }
    for pair in text.as_bytes().chunks_exact(2) {
        if let &[high, low] = pair
            && let (Some(high), Some(low)) = (nibble(high), nibble(low))
        {
            count(i)?;
            items.push(PatternItem::Byte(high.0 << 4 | low.0, high.1 << 4 | low.1));
        }
    }
    skip(i, length);
    while byte(i) == b':' {
        skip(i, 1);
    }
    Ok(true)
}

fn no_item(i: &mut Input<'_>, help: &str) -> Diagnostic {
    let (place, got) = found(i);
    Diagnostic::new(Code::DATA_PATTERN, place, format!("{got} is no part of a data pattern"))
        .label("neither digits nor a value")
        .expected("hexadecimal digits, `X` for any, `*`, \"text\" or %name")
        .got(got)
        .help(help)
}
