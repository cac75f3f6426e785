//! Words, names, texts, numbers and times.

use std::{sync::Arc, time::Duration};

use winnow::{
    Parser,
    ascii::digit1,
    combinator::{opt, preceded},
    token::take_while,
};

use super::{
    Name, Span,
    input::{Fail, Input, Res, at, blanks, byte, eat, expected, found, rest, since, skip, span},
    near::did_you_mean,
};
use crate::script::diagnostic::{Code, Diagnostic};

/// The longest time that a script may ask for.
const MAX_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The letters and digits that stand here.
pub(super) fn run<'t>(i: &Input<'t>) -> &'t str {
    let rest = rest(i);
    let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    rest.get(..length).unwrap_or_default()
}

/// The word that stands here: letters, digits, `_` and `-`, a letter first; empty where there is
/// none. It ends before `->`.
pub(super) fn word<'t>(i: &Input<'t>) -> &'t str {
    let rest = rest(i);
    if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return "";
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let length = rest.bytes().take_while(is_part).count();
    rest.get(..length).unwrap_or_default().trim_end_matches('-')
}

/// Whether all of them are hexadecimal digits.
pub(super) fn is_hex(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Passes over this word where it stands here, whole.
pub(super) fn eat_word(i: &mut Input<'_>, what: &str) -> bool {
    blanks(i);
    let is_here = word(i) == what;
    if is_here {
        skip(i, what.len());
    }
    is_here
}

/// The place of so many bytes that follow.
pub(super) fn next(i: &Input<'_>, length: usize) -> Span {
    span(i, at(i), at(i) + length)
}

/// One of a few words.
pub(super) fn choice<'t, T: Copy>(
    i: &mut Input<'t>,
    what: &str,
    choices: &[(&'static str, T)],
) -> Res<T> {
    blanks(i);
    let word = word(i);
    if let Some((_, value)) = choices.iter().find(|(name, _)| *name == word) {
        skip(i, word.len());
        return Ok(*value);
    }
    let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
    let all = one_of(&names);
    let (place, got) = found(i);
    if place.start == place.end {
        return Err(expected(i, &all).into());
    }
    let mut diagnostic = Diagnostic::new(
        Code::CHOICE,
        place,
        format!("{got} is no {what}: {all} has to stand here"),
    )
    .label("not one of these")
    .expected(all)
    .got(got);
    diagnostic.help = did_you_mean(word, names);
    Err(diagnostic.into())
}

/// `a`, `b` or `c`.
pub(super) fn one_of(names: &[&str]) -> String {
    let mut all = String::new();
    for (index, name) in names.iter().enumerate() {
        let left = names.len() - index;
        all.push_str(match (index, left) {
            (0, _) => "",
            (_, 1) => " or ",
            _ => ", ",
        });
        all.push_str(&format!("`{name}`"));
    }
    all
}

/// A name without `%`, which may stand before it all the same.
pub(super) fn name(i: &mut Input<'_>, what: &str) -> Res<Name> {
    blanks(i);
    if let Some(name) = variable(i)? {
        return Ok(name);
    }
    let text = word(i);
    if text.is_empty() {
        return Err(no_name(i, what).into());
    }
    let place = next(i, text.len());
    skip(i, text.len());
    Ok(Name { text: text.into(), span: place })
}

fn no_name(i: &mut Input<'_>, what: &str) -> Diagnostic {
    let (place, got) = found(i);
    if place.start == place.end {
        return expected(i, what);
    }
    Diagnostic::new(Code::NAME, place, format!("{got} stands here, expected {what}"))
        .label("no name")
        .expected("a name: letters, digits, `_` and `-`, a letter first")
        .got(got)
}

/// `%name` or `${name}`, with its `%` and brackets as its place.
pub(super) fn variable(i: &mut Input<'_>) -> Res<Option<Name>> {
    let start = at(i);
    let braces = match rest(i).as_bytes() {
        [b'%', ..] => false,
        [b'$', b'{', ..] => true,
        _ => return Ok(None),
    };
    skip(i, if braces { 2 } else { 1 });
    let text = word(i);
    if text.is_empty() {
        let mut diagnostic = no_name(i, "the name of a variable");
        diagnostic.span = span(i, start, diagnostic.span.end.max(diagnostic.span.start) as usize);
        return Err(diagnostic.help("write `%name` or `${name}`").into());
    }
    skip(i, text.len());
    if braces && !eat(i, "}") {
        let open = span(i, start, start + 2);
        return Err(Diagnostic::new(Code::BRACKET_OPEN, open, format!("`${{{text}` has no `}}`"))
            .label("opened here")
            .expected("`}`")
            .got(found(i).1)
            .help(format!("write `${{{text}}}` or `%{text}`"))
            .into());
    }
    Ok(Some(Name { text: text.into(), span: since(i, start) }))
}

/// A quoted text. Where it is `raw`, a backslash is one, unless a quote follows.
pub(super) fn text(i: &mut Input<'_>, raw: bool) -> Res<Option<(Arc<str>, Span)>> {
    if byte(i) != b'"' {
        return Ok(None);
    }
    let start = at(i);
    skip(i, 1);
    let mut text = String::new();
    loop {
        let plain = rest(i).find(['"', '\\', '\n']).unwrap_or_else(|| rest(i).len());
        text.push_str(skip(i, plain));
        match rest(i).as_bytes() {
            [b'"', ..] => {
                skip(i, 1);
                return Ok(Some((text.into(), since(i, start))));
            }
            [b'\\', b'"', ..] => text.push('"'),
            [b'\\', b'\n' | b'\r', ..] | [b'\\'] | [b'\n', ..] | [] => {
                let place = span(i, start, at(i));
                return Err(Diagnostic::new(
                    Code::TEXT_OPEN,
                    place,
                    "a quoted text that is not closed on its line",
                )
                .label("opened here")
                .expected("`\"` at its end")
                .got("the end of the line")
                .help("a text stands on one line; `\\n` in it is a line end, `\\\"` a quote")
                .into());
            }
            _ if raw => {
                // As it is: what follows is for somebody else.
                text.push('\\');
                skip(i, 1);
                continue;
            }
            [_, b'\\', ..] => text.push('\\'),
            [_, b'n', ..] => text.push('\n'),
            [_, b'r', ..] => text.push('\r'),
            [_, b't', ..] => text.push('\t'),
            _ => {
                let length = rest(i).chars().nth(1).map_or(1, |c| 1 + c.len_utf8());
                let place = next(i, length);
                let got = rest(i).get(..length).unwrap_or_default();
                return Err(Diagnostic::new(
                    Code::ESCAPE,
                    place,
                    format!("`{got}` means nothing in a text"),
                )
                .label("a backslash before a character that needs none")
                .expected("`\\\\`, `\\\"`, `\\n`, `\\r` or `\\t`")
                .got(format!("`{got}`"))
                .help("write `\\\\` for a backslash")
                .into());
            }
        }
        skip(i, 2);
    }
}

/// A quoted text that has to stand here.
pub(super) fn need_text(i: &mut Input<'_>, what: &str, raw: bool) -> Res<(Arc<str>, Span)> {
    blanks(i);
    match text(i, raw)? {
        Some(text) => Ok(text),
        None => Err(expected(i, what).help("texts stand in quotes: \"..\"").into()),
    }
}

/// A decimal number within bounds.
pub(super) fn number(i: &mut Input<'_>, what: &str, from: u32, to: u32) -> Res<u32> {
    blanks(i);
    let digits = run(i);
    let (place, got) = found(i);
    let value = if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None };
    match value {
        Some(value) if (from..=to).contains(&value) => {
            skip(i, digits.len());
            Ok(value)
        }
        _ if digits.is_empty() => Err(expected(i, what).into()),
        _ => Err(Diagnostic::new(
            Code::RANGE,
            place,
            format!("{got} is no {what}: a number from {from} to {to} has to stand here"),
        )
        .label("not such a number")
        .expected(format!("{from} to {to}"))
        .got(got)
        .into()),
    }
}

/// A time with its unit: `400ms`, `1.5s`, `2min`.
pub(super) fn duration(i: &mut Input<'_>) -> Res<Duration> {
    blanks(i);
    let (place, got) = found(i);
    if place.start == place.end {
        return Err(expected(i, "a time such as `400ms`").into());
    }
    let read: Res<(&str, Option<&str>, &str, &str)> =
        (digit1, opt(preceded('.', digit1)), take_while(0.., ' '), take_while(0.., 'a'..='z'))
            .parse_next(i);
    let wrong = |why: &str| -> Fail {
        Diagnostic::new(Code::DURATION, place, format!("{got} is no time: {why}"))
            .label("no time")
            .expected("a number with `us`, `ms`, `s` or `min`")
            .got(got.clone())
            .help("write `400ms`, `1.5s` or `2min`")
            .into()
    };
    let (whole, fraction, _, unit) = match read {
        Ok(read) => read,
        Err(Fail::Other) => return Err(wrong("it begins with no number")),
        Err(other) => return Err(other),
    };
    let micros: u128 = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "min" => 60_000_000,
        "" => return Err(wrong("it has no unit")),
        _ => return Err(wrong("it has no such unit")),
    };
    // Nine digits behind the point are finer than any clock.
    let fraction = fraction.unwrap_or_default();
    let shown = fraction.get(..9.min(fraction.len())).unwrap_or_default();
    let scaled = format!("{shown:0<9}").parse::<u128>().unwrap_or(0);
    let time = whole
        .parse::<u64>()
        .ok()
        .and_then(|whole| u128::from(whole).checked_mul(micros))
        .and_then(|whole| whole.checked_add(scaled * micros / 1_000_000_000))
        .and_then(|micros| u64::try_from(micros).ok())
        .map(Duration::from_micros);
    match time {
        Some(time) if time <= MAX_TIME => Ok(time),
        _ => Err(wrong("no script may take more than a day")),
    }
}
