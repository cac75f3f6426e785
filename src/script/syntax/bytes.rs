//! Bytes: words of hexadecimal digits, and parts with their length before them.

use super::{
    Part, PartKind, Span,
    input::{
        Fail, Input, Res, at, blanks, byte, close, count, deeper, found, is_end, rest, skip, span,
    },
    value,
    words::{is_hex, next, run, word},
};
use crate::script::diagnostic::{Code, Diagnostic};

/// The bytes of all words of hexadecimal digits that stand side by side here; blanks and `:`
/// between them do not count. `None` where no such word is next.
pub(super) fn hex(i: &mut Input<'_>) -> Res<Option<(Vec<u8>, Span)>> {
    let start = at(i);
    if !is_next(i) {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(16);
    let mut end = start;
    while is_next(i) {
        let text = run(i);
        hex_word(i, text, &mut bytes)?;
        skip(i, text.len());
        end = at(i);
        while byte(i) == b':' {
            skip(i, 1);
        }
        blanks(i);
    }
    Ok(Some((bytes, span(i, start, end))))
}

/// Whether bytes are next, or what is meant as bytes.
fn is_next(i: &Input<'_>) -> bool {
    let first = byte(i);
    if !first.is_ascii_hexdigit() {
        return false;
    }
    // A name may begin as bytes do.
    let text = run(i);
    let more = rest(i).as_bytes().get(text.len()).copied().unwrap_or(0);
    first.is_ascii_digit() || is_hex(text) && !(matches!(more, b'_') || word(i).len() > text.len())
}

/// The bytes of one word.
pub(super) fn hex_word(i: &mut Input<'_>, text: &str, bytes: &mut Vec<u8>) -> Res<()> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let before = bytes.len();
    let mut pairs = text.as_bytes().chunks_exact(2);
    for pair in &mut pairs {
        let [high, low] = *pair else { continue };
        match (digit(high), digit(low)) {
            (Some(high), Some(low)) => bytes.push(high << 4 | low),
            _ => return Err(not_hex(i, text)),
        }
    }
    match *pairs.remainder() {
        [] => Ok(()),
        [half] => match digit(half) {
            // scriptor's lists of bytes may leave a leading zero out.
            Some(byte) if i.state.lenient && bytes.len() == before => {
                bytes.push(byte);
                Ok(())
            }
            Some(_) => Err(odd(i, text).into()),
            None => Err(not_hex(i, text)),
        },
        _ => Ok(()),
    }
}

/// That a word has half a byte.
pub(super) fn odd(i: &Input<'_>, text: &str) -> Diagnostic {
    let place = next(i, text.len());
    let count = digits(text.len());
    let message = format!("`{}` is {count}: half a byte is missing or too much", short(text));
    let diagnostic = Diagnostic::new(Code::ODD_DIGITS, place, message)
        .label("an odd number of hexadecimal digits")
        .expected("two digits a byte")
        .got(count);
    match text.len() {
        1 if text.starts_with(|c: char| c.is_ascii_digit()) => {
            diagnostic.help(format!("write `0{text}`"))
        }
        1 => diagnostic.help(format!("write `0{text}`; where a variable is meant, `%{text}`")),
        _ => diagnostic.help("write two digits for each byte, `05` for 5"),
    }
}

/// `one digit`, `3 digits`.
pub(super) fn digits(count: usize) -> String {
    if count == 1 { "one digit".to_owned() } else { format!("{count} digits") }
}

fn not_hex(i: &Input<'_>, text: &str) -> Fail {
    let place = next(i, text.len());
    let wrong = text.chars().find(|c| !c.is_ascii_hexdigit()).unwrap_or(' ');
    let diagnostic = Diagnostic::new(
        Code::NOT_HEX,
        place,
        format!("`{}` is no bytes: `{wrong}` is no hexadecimal digit", short(text)),
    )
    .label("neither bytes nor a number")
    .expected("hexadecimal digits, two a byte")
    .got(format!("`{wrong}`"));
    match text.get(2..) {
        Some(digits) if text.starts_with("0x") || text.starts_with("0X") => {
            diagnostic.help(format!("bytes stand without `0x`: write `{}`", short(digits)))
        }
        _ if matches!(wrong, 'O' | 'o') => diagnostic.help("that is the letter O; a zero is `0`"),
        _ if matches!(wrong, 'l' | 'I' | 'i') => diagnostic.help("that is a letter; a one is `1`"),
        _ if matches!(wrong, 'X' | 'x') => {
            diagnostic.help("`X` stands for any digit in patterns alone: `(63CX)`, `[6F XX]`")
        }
        _ => diagnostic.help("text stands in quotes, a variable is `%name`"),
    }
    .into()
}

/// So much of a word as a message shows.
pub(super) fn short(text: &str) -> String {
    const SHOWN: usize = 24;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// `#(..)` or `#ber(..)`, where one stands here.
pub(super) fn counted(i: &mut Input<'_>) -> Res<Option<Part>> {
    let start = at(i);
    let (ber, length) = match rest(i) {
        rest if rest.starts_with("#(") => (false, 2),
        rest if rest.starts_with("#ber(") => (true, 5),
        _ => return Ok(None),
    };
    let open = next(i, length);
    skip(i, length);
    let parts = deeper(i, |i| parts(i, b")"))?;
    close(i, ")", open, "write `#(%aid)`: the bytes with their length before them")?;
    count(i)?;
    Ok(Some(Part { span: span(i, start, at(i)), kind: PartKind::Counted { ber, parts } }))
}

/// Parts side by side, up to one of these bytes or the end of the line.
pub(super) fn parts(i: &mut Input<'_>, ends: &[u8]) -> Res<Vec<Part>> {
    let mut parts = Vec::new();
    while !is_end(i) && !ends.contains(&byte(i)) {
        match part(i)? {
            Some(part) => parts.push(part),
            None => return Err(no_part(i).into()),
        }
    }
    Ok(parts)
}

/// One part of a byte string, where one is next.
pub(super) fn part(i: &mut Input<'_>) -> Res<Option<Part>> {
    if let Some((bytes, span)) = hex(i)? {
        count(i)?;
        return Ok(Some(Part { span, kind: PartKind::Hex(bytes) }));
    }
    match byte(i) {
        b'#' => counted(i),
        _ if value::starts_atom(i) => Ok(Some(value::atom(i)?.into_part())),
        _ => Ok(None),
    }
}

/// That bytes have to stand here.
pub(super) fn no_part(i: &mut Input<'_>) -> Diagnostic {
    let (place, got) = found(i);
    if place.start == place.end {
        return super::input::expected(i, "bytes");
    }
    Diagnostic::new(Code::NO_VALUE, place, format!("{got} gives no bytes"))
        .label("not bytes")
        .expected("hexadecimal digits, \"text\", #(..), %name or a function")
        .got(got)
        .help(match byte(i) {
            b';' | b'/' => "a comment with `;` or `//` needs a blank before it",
            b'\\' => "a backslash goes on with the next line only as the last character of its own",
            b'\'' => "text stands in double quotes",
            _ => "text stands in quotes, a variable is `%name`",
        })
}
