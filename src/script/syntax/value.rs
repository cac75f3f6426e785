//! The smallest values: what stands in an expression without an operator.

use std::sync::Arc;

use super::{
    Expr, ExprKind, Name, Part, PartKind, SliceForm, Span,
    bytes::{counted, hex, hex_word, no_part, odd, short},
    expr, function,
    input::{
        Input, Res, at, blanks, byte, close, count, deeper, eat, expected, found, is_end, need,
        rest, since, skip, span, too_deep,
    },
    tags,
    words::{is_hex, name, next, number, run, text, variable, word},
};
use crate::script::diagnostic::{Code, Diagnostic};

/// Words that stand between values.
const OPERATORS: [&str; 6] = ["and", "or", "not", "mod", "matches", "step"];

/// Words that are values.
const VALUES: [&str; 5] = ["resp", "sw", "atr", "true", "false"];

/// A slice of a slice of a slice: nobody needs so many.
const MAX_SLICES: usize = 8;

/// The last byte of an answer that R(p;l) and W(p;l) can name.
const MAX_RESPONSE: u32 = 0x1_0002;

/// A value before it is known whether it stands alone.
pub(super) enum Atom {
    /// Words of hexadecimal digits.
    Hex(Vec<u8>, Span),
    /// A single word of decimal digits.
    Digits(Arc<str>, Vec<u8>, Span),
    /// A quoted text.
    Text(Arc<str>, Span),
    /// `#(..)`.
    Counted(Part),
    /// Anything else.
    Expr(Expr),
}

impl Atom {
    pub(super) const fn span(&self) -> Span {
        match self {
            Self::Hex(_, span) | Self::Digits(_, _, span) | Self::Text(_, span) => *span,
            Self::Counted(part) => part.span,
            Self::Expr(expr) => expr.span,
        }
    }

    /// As a part of a byte string.
    pub(super) fn into_part(self) -> Part {
        let span = self.span();
        let kind = match self {
            Self::Hex(bytes, _) | Self::Digits(_, bytes, _) => PartKind::Hex(bytes),
            Self::Text(text, _) => PartKind::Text(text),
            Self::Counted(part) => return part,
            Self::Expr(expr) => PartKind::Expr(Box::new(expr)),
        };
        Part { span, kind }
    }

    /// As a value that stands alone.
    pub(super) fn into_expr(self) -> Expr {
        let span = self.span();
        let kind = match self {
            Self::Digits(digits, ..) => ExprKind::Digits(digits),
            Self::Text(text, _) => ExprKind::Text(text),
            Self::Expr(expr) => return expr,
            bytes => ExprKind::Bytes(vec![bytes.into_part()]),
        };
        Expr { span, kind }
    }
}

/// Values side by side, which are bytes together; one alone is what it is.
pub(super) fn value(i: &mut Input<'_>) -> Res<Expr> {
    blanks(i);
    let first = first(i)?;
    let mut parts = Vec::new();
    let mut end = first.span();
    let mut first = Some(first);
    loop {
        blanks(i);
        if !starts_atom(i) && !hex_is_next(i) || is_message(i) {
            break;
        }
        if let Some(first) = first.take() {
            if let Atom::Digits(digits, bytes, place) = &first
                && bytes.is_empty()
            {
                let mut wrong = odd(i, digits);
                wrong.span = *place;
                return Err(wrong.into());
            }
            parts.push(first.into_part());
        }
        let next = match hex(i)? {
            Some((bytes, span)) => Atom::Hex(bytes, span),
            None => atom(i)?,
        };
        count(i)?;
        end = next.span();
        parts.push(next.into_part());
    }
    match (first, parts.first()) {
        (Some(first), _) => Ok(first.into_expr()),
        (None, None) => Err(no_part(i).into()),
        (None, Some(part)) => {
            Ok(Expr { span: part.span.to(end), kind: ExprKind::Bytes(merged(parts)) })
        }
    }
}

// Words of digits side by side are one part, whichever of them came first.
fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match (all.last_mut(), part) {
            (
                Some(Part { span, kind: PartKind::Hex(bytes) }),
                Part { span: place, kind: PartKind::Hex(more) },
            ) => {
                bytes.extend(more);
                *span = span.to(place);
            }
            (_, part) => all.push(part),
        }
    }
    all
}

fn hex_is_next(i: &Input<'_>) -> bool {
    is_hex(run(i)) && word(i).len() <= run(i).len() || byte(i).is_ascii_digit()
}

// Whether the text that stands here is the statement's message: nothing comes behind it.
fn is_message(i: &mut Input<'_>) -> bool {
    if !i.state.message || byte(i) != b'"' {
        return false;
    }
    let mut ahead = super::input::input(i.state.source, i.state.text, i.state.lenient);
    skip(&mut ahead, at(i));
    matches!(text(&mut ahead, false), Ok(Some(_))) && is_end(&mut ahead)
}

// The first of values side by side, or the only one: a number, a truth or a bare name may be it.
fn first(i: &mut Input<'_>) -> Res<Atom> {
    let start = at(i);
    count(i)?;
    if byte(i).is_ascii_digit() {
        let digits = run(i);
        if let Some(hexadecimal) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            let number = i64::from_str_radix(hexadecimal, 16);
            let place = next(i, digits.len());
            let Ok(number) = number else {
                return Err(no_number(place, digits).into());
            };
            skip(i, digits.len());
            return Ok(Atom::Expr(Expr { span: place, kind: ExprKind::Int(number) }));
        }
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let place = next(i, digits.len());
            let mut bytes = Vec::new();
            if digits.len().is_multiple_of(2) {
                hex_word(i, digits, &mut bytes)?;
            }
            skip(i, digits.len());
            return Ok(Atom::Digits(digits.into(), bytes, place));
        }
    }
    if let Some((bytes, span)) = hex(i)? {
        return Ok(Atom::Hex(bytes, span));
    }
    if starts_atom(i) {
        return atom(i);
    }
    if eat(i, "(") {
        let open = span(i, start, at(i));
        let inner = deeper(i, expr::expr)?;
        close(i, ")", open, "each `(` needs a `)`")?;
        return Ok(Atom::Expr(Expr { span: span(i, start, at(i)), ..inner }));
    }
    let word = word(i);
    let known = |kind| Expr { span: next(i, word.len()), kind };
    let value = match word {
        "" => return Err(no_value(i).into()),
        "true" => known(ExprKind::Bool(true)),
        "false" => known(ExprKind::Bool(false)),
        _ if OPERATORS.contains(&word) => return Err(no_value(i).into()),
        _ if rest(i).as_bytes().get(word.len()) == Some(&b'(') => {
            return Err(function::unknown_function(i, word).into());
        }
        _ => known(ExprKind::Var(Name { text: word.into(), span: next(i, word.len()) })),
    };
    skip(i, word.len());
    Ok(Atom::Expr(slices(i, value)?))
}

fn no_number(place: Span, digits: &str) -> Diagnostic {
    Diagnostic::new(Code::RANGE, place, format!("`{}` is no number", short(digits)))
        .label("no number, or too large for one")
        .expected("`0x` and up to 16 hexadecimal digits below 0x8000000000000000")
        .got(format!("`{}`", short(digits)))
}

fn no_value(i: &mut Input<'_>) -> Diagnostic {
    let (place, got) = found(i);
    if place.start == place.end {
        return expected(i, "a value");
    }
    Diagnostic::new(Code::NO_VALUE, place, format!("{got} stands here, expected a value"))
        .label("no value")
        .expected("bytes, a number, \"text\", %name, `resp`, `sw`, a function or `(`")
        .got(got)
}

/// Whether a value is next that may stand beside others: no number, no truth, no bare name.
pub(super) fn starts_atom(i: &Input<'_>) -> bool {
    let rest = rest(i);
    match rest.as_bytes() {
        [b'"' | b'%', ..] | [b'$', b'{', ..] | [b'#', b'(', ..] => return true,
        [b'#', ..] => return rest.starts_with("#ber("),
        [byte, ..] if byte.is_ascii_alphabetic() => {}
        _ => return false,
    }
    let word = word(i);
    let behind = rest.as_bytes().get(word.len()).copied().unwrap_or(0);
    match word {
        "resp" | "sw" | "atr" => true,
        "prompt" => !matches!(behind, b'('),
        "env" => behind == b':',
        "W" | "R" | "tlv" => behind == b'(',
        _ => behind == b'(' && function::is_known(word),
    }
}

/// One value, with the slices that are taken of it.
pub(super) fn atom(i: &mut Input<'_>) -> Res<Atom> {
    let start = at(i);
    count(i)?;
    if let Some(part) = counted(i)? {
        return Ok(Atom::Counted(part));
    }
    if let Some((text, span)) = text(i, false)? {
        return Ok(Atom::Text(text, span));
    }
    let kind = if let Some(name) = variable(i)? {
        ExprKind::Var(name)
    } else {
        let word = word(i);
        skip(i, word.len());
        match word {
            "resp" => ExprKind::Resp,
            "sw" => ExprKind::Sw,
            "atr" => ExprKind::Atr,
            "env" => {
                need(i, ":")?;
                ExprKind::Env(name(i, "the name of an environment variable")?)
            }
            "prompt" => {
                blanks(i);
                if !starts_atom(i) {
                    return Err(expected(i, "the question").help("write `prompt \"CAN\"`").into());
                }
                ExprKind::Prompt(Box::new(deeper(i, atom)?.into_expr()))
            }
            "W" | "R" => response_bytes(i, start)?,
            "tlv" => tlv(i)?,
            _ => function::call(i, word, start)?,
        }
    };
    let expr = Expr { span: since(i, start), kind };
    Ok(Atom::Expr(slices(i, expr)?))
}

// `R(3;2)`: in a file of PCOM a `;` is a comment elsewhere, so no blanks may stand in it.
fn response_bytes(i: &mut Input<'_>, start: usize) -> Res<ExprKind> {
    let open = next(i, 1);
    skip(i, 1);
    let position = number(i, "position", 1, MAX_RESPONSE)?;
    if !eat(i, ";") && !eat(i, ",") {
        return Err(expected(i, "`;`").help("write `R(3;2)`: two bytes from the third on").into());
    }
    let length = number(i, "length", 1, MAX_RESPONSE)?;
    close(i, ")", open, "write `R(3;2)`: two bytes from the third on")?;
    match (u16::try_from(position), u16::try_from(length)) {
        (Ok(position), Ok(length))
            if u32::from(position) + u32::from(length) <= MAX_RESPONSE + 1 =>
        {
            Ok(ExprKind::ResponseBytes(position, length))
        }
        _ => Err(Diagnostic::new(
            Code::RESPONSE_BYTES,
            span(i, start, at(i)),
            format!("no answer has {length} bytes from its byte {position} on"),
        )
        .label("behind the end of the longest answer")
        .expected(format!("bytes 1 to {MAX_RESPONSE}"))
        .into()),
    }
}

fn tlv(i: &mut Input<'_>) -> Res<ExprKind> {
    const HELP: &str = "write `tlv(resp, 6F/84)`: the value, then tags from the outermost inwards";
    let open = next(i, 1);
    skip(i, 1);
    let of = deeper(i, expr::expr)?;
    blanks(i);
    if !eat(i, ",") {
        return Err(expected(i, "`,` and the tags").help(HELP).into());
    }
    let (path, _) = tags::tags(i)?;
    close(i, ")", open, HELP)?;
    Ok(ExprKind::Tlv(Box::new(of), path))
}

// `value[2]`, `value[2..6]`, as often as they stand there, each without a blank before it. A file
// of PCOM has no slices of one byte: there a bracket is a pattern, unless `..` is in it.
fn slices(i: &mut Input<'_>, mut of: Expr) -> Res<Expr> {
    let mut slices = 0;
    while byte(i) == b'[' {
        if i.state.lenient {
            let inside = rest(i).split([']', '\n']).next().unwrap_or_default();
            if !inside.contains("..") {
                break;
            }
        }
        slices += 1;
        if slices > MAX_SLICES {
            return Err(too_deep(i).into());
        }
        count(i)?;
        let open = next(i, 1);
        skip(i, 1);
        blanks(i);
        let from = if rest(i).starts_with("..") { None } else { Some(deeper(i, expr::expr)?) };
        blanks(i);
        let (form, to) = if eat(i, "..") {
            let form = if eat(i, "=") { SliceForm::Inclusive } else { SliceForm::Exclusive };
            blanks(i);
            let has_end = byte(i) != b']';
            (form, if has_end { Some(deeper(i, expr::expr)?) } else { None })
        } else {
            (SliceForm::Index, None)
        };
        close(i, "]", open, "write `resp[2..6]`, `resp[-8..]` or `resp[0]`")?;
        let place = Span { end: span(i, 0, at(i)).end, ..of.span };
        let kind = ExprKind::Slice {
            of: Box::new(of),
            from: from.map(Box::new),
            to: to.map(Box::new),
            form,
        };
        of = Expr { span: place, kind };
    }
    Ok(of)
}

/// Every word that means something in an expression, for who completes a line.
pub(super) fn known_words() -> impl Iterator<Item = &'static str> {
    function::names().chain(VALUES).chain(OPERATORS).chain(["tlv", "env", "prompt"])
}
