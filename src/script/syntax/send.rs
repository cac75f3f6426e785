//! Commands to send, and what is expected of their answers.

use super::{
    Answer, Compare, DataPattern, Expectation, Expr, LengthForm, Part, Send, Span, SwPattern,
    bytes::{no_part, part},
    expr,
    input::{Fail, Input, Res, at, blanks, byte, count, eat, expected, is_end, rest, since, skip},
    pattern, value,
    words::{choice, duration, eat_word, need_text, next, word},
};
use crate::script::diagnostic::{Code, Diagnostic};

/// A command to send.
pub(super) fn send(i: &mut Input<'_>) -> Res<Send> {
    let start = at(i);
    let mut send =
        Send { parts: Vec::with_capacity(1), le: None, form: None, expect: Answer::default() };
    let mut seen = Seen::default();
    while !is_end(i) {
        match byte(i) {
            b'(' => status(i, &mut send.expect, &mut seen)?,
            b'[' => data(i, &mut send.expect, &mut seen)?,
            _ if flag(i, &mut send, &mut seen)? => {}
            _ => match part(i)? {
                None => return Err(no_part(i).into()),
                Some(part) => {
                    if let Some(before) = seen.last {
                        return Err(late(&part, before));
                    }
                    send.parts.push(part);
                }
            },
        }
    }
    if send.parts.is_empty() {
        return Err(Diagnostic::new(Code::MISSING, since(i, start), "nothing to send stands here")
            .label("an expectation without a command before it")
            .expected("the bytes of a command")
            .help("`expect (9000)` looks at the answer of the command before")
            .into());
    }
    Ok(send)
}

// Where what can stand once stood.
#[derive(Default)]
struct Seen {
    last: Option<Span>,
    le: Option<Span>,
    form: Option<Span>,
    time: Option<Span>,
}

fn late(part: &Part, before: Span) -> Fail {
    Diagnostic::new(Code::ORDER, part.span, "bytes of the command behind what belongs to its end")
        .label("these bytes come too late")
        .related(before, "the command ends here")
        .help("first all bytes, then `le=`, `short` or `ext`, then `[..]`, `(..)`, `time<`")
        .into()
}

fn again(place: Span, before: Span, what: &str) -> Fail {
    Diagnostic::new(Code::TWICE, place, format!("{what} stands here a second time"))
        .label("the second one")
        .related(before, "the first one")
        .into()
}

fn status(i: &mut Input<'_>, answer: &mut Answer, seen: &mut Seen) -> Res<()> {
    let Some(pattern) = pattern::status(i)? else { return Ok(()) };
    seen.last = Some(pattern.span);
    if let Some(before) = &answer.sw {
        let help = "alternatives stand in one pattern: `(9000|6282)`";
        return match again(pattern.span, before.span, "a status pattern") {
            Fail::Wrong(wrong) => Err(wrong.help(help).into()),
            Fail::Other => Err(Fail::Other),
        };
    }
    answer.sw = Some(pattern);
    Ok(())
}

fn data(i: &mut Input<'_>, answer: &mut Answer, seen: &mut Seen) -> Res<()> {
    let Some(pattern) = pattern::data(i)? else { return Ok(()) };
    seen.last = Some(pattern.span);
    if let Some(before) = &answer.data {
        return Err(again(pattern.span, before.span, "a data pattern"));
    }
    answer.data = Some(pattern);
    Ok(())
}

// `le=N`, `short`, `ext`, `time<400ms`. Whether one stood here.
fn flag(i: &mut Input<'_>, send: &mut Send, seen: &mut Seen) -> Res<bool> {
    let start = at(i);
    let word = word(i);
    let behind = rest(i).as_bytes().get(word.len()).copied().unwrap_or(0);
    match word {
        "le" => {
            skip(i, 2);
            blanks(i);
            if !eat(i, "=") {
                return Err(expected(i, "`=`").help("write `le=256`").into());
            }
            let le = number(i, "Le: a number such as `le=256`")?;
            let place = since(i, start);
            seen.last = Some(place);
            if let Some(before) = seen.le.replace(place) {
                return Err(again(place, before, "`le=`"));
            }
            send.le = Some(Box::new(le));
        }
        "short" | "ext" => {
            skip(i, word.len());
            let place = since(i, start);
            seen.last = Some(place);
            if let Some(before) = seen.form.replace(place) {
                return Err(again(place, before, "the form of the length fields"));
            }
            let form = if word == "ext" { LengthForm::Extended } else { LengthForm::Short };
            send.form = Some(form);
        }
        "time" if behind != b'(' => {
            skip(i, 4);
            let time = time(i)?;
            let place = since(i, start);
            seen.last = Some(place);
            if let Some(before) = seen.time.replace(place) {
                return Err(again(place, before, "a time"));
            }
            send.expect.time = Some(time);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn time(i: &mut Input<'_>) -> Res<(Compare, std::time::Duration)> {
    let Some(compare) = expr::compare(i) else {
        return Err(expected(i, "a comparison").help("write `time<400ms`").into());
    };
    Ok((compare, duration(i)?))
}

/// A number: digits, a variable, a function, or an expression in parentheses.
pub(super) fn number(i: &mut Input<'_>, what: &str) -> Res<Expr> {
    blanks(i);
    let start = at(i);
    let place = next(i, 0);
    let digits = super::words::run(i);
    if digits.starts_with(|c: char| c.is_ascii_digit()) {
        let (text, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            Some(text) => (text, 16),
            None => (digits, 10),
        };
        let place = next(i, digits.len());
        let Ok(number) = i64::from_str_radix(text, radix) else {
            let shown = super::bytes::short(digits);
            return Err(Diagnostic::new(Code::RANGE, place, format!("`{shown}` is no number"))
                .label("no number, or too large for one")
                .expected(what)
                .got(format!("`{shown}`"))
                .help("numbers are decimal, or hexadecimal with `0x` before them: `0xFF`")
                .into());
        };
        skip(i, digits.len());
        return Ok(Expr { span: place, kind: super::ExprKind::Int(number) });
    }
    if value::starts_atom(i) {
        return Ok(value::atom(i)?.into_expr());
    }
    if byte(i) == b'(' {
        let open = next(i, 1);
        skip(i, 1);
        let inner = expr::expr(i)?;
        super::input::close(i, ")", open, "each `(` needs a `)`")?;
        return Ok(Expr { span: since(i, start), ..inner });
    }
    let mut wrong = expected(i, what);
    if wrong.span.start == wrong.span.end {
        wrong.span = place;
    }
    Err(wrong.into())
}

/// What stands behind `expect`.
pub(super) fn expectation(i: &mut Input<'_>) -> Res<Expectation> {
    #[derive(Clone, Copy)]
    enum What {
        Sw,
        Data,
        Len,
        Tlv,
        Regex,
        Text,
        Time,
    }
    const WHATS: [(&str, What); 7] = [
        ("sw", What::Sw),
        ("data", What::Data),
        ("len", What::Len),
        ("tlv", What::Tlv),
        ("regex", What::Regex),
        ("text", What::Text),
        ("time", What::Time),
    ];
    count(i)?;
    blanks(i);
    if let Some(pattern) = pattern::status(i)? {
        return Ok(Expectation::Sw(pattern));
    }
    if let Some(pattern) = pattern::data(i)? {
        return Ok(Expectation::Data(pattern));
    }
    let what = choice(i, "expectation", &WHATS).map_err(|fail| match fail {
        Fail::Wrong(wrong) if wrong.help.is_none() => {
            wrong.help("a status is `expect (9000)`, data `expect [6F *]`").into()
        }
        other => other,
    })?;
    blanks(i);
    Ok(match what {
        What::Sw => Expectation::Sw(need_status(i)?),
        What::Data => Expectation::Data(need_data(i)?),
        What::Len => {
            let compare = expr::compare(i).unwrap_or(Compare::Eq);
            Expectation::Len(compare, expr::expr(i)?)
        }
        What::Tlv => {
            let (path, path_span) = super::tags::tags(i)?;
            let value = match expr::compare(i) {
                Some(compare) => Some((compare, expr::expr(i)?)),
                None => None,
            };
            Expectation::Tlv { path, path_span, value }
        }
        What::Regex => regex(i)?,
        What::Text => Expectation::Text(expr::expr(i)?),
        What::Time => {
            let (compare, time) = time(i)?;
            Expectation::Time(compare, time)
        }
    })
}

fn need_status(i: &mut Input<'_>) -> Res<SwPattern> {
    match pattern::status(i)? {
        Some(pattern) => Ok(pattern),
        None => Err(expected(i, "a status pattern").help("write `expect (9000)`").into()),
    }
}

fn need_data(i: &mut Input<'_>) -> Res<DataPattern> {
    match pattern::data(i)? {
        Some(pattern) => Ok(pattern),
        None => Err(expected(i, "a data pattern").help("write `expect [6F *]`").into()),
    }
}

fn regex(i: &mut Input<'_>) -> Res<Expectation> {
    let (text, place) = need_text(i, "a regular expression", true)?;
    if let Err(error) = regex::Regex::new(&text) {
        // The last line says what is wrong; those before it draw it once more.
        let why = error.to_string();
        let why = why.lines().next_back().unwrap_or_default();
        return Err(Diagnostic::new(
            Code::REGEX,
            place,
            format!("no regular expression: {}", why.trim_start_matches("error: ")),
        )
        .label("this one")
        .help("it is matched against the data in capital hexadecimal digits: \"^6F..84\"")
        .into());
    }
    Ok(Expectation::Regex(text, place))
}

/// `[sw] PATTERN` behind `catch`, with or without parentheses; `None` where the line ends.
pub(super) fn caught(i: &mut Input<'_>) -> Res<Option<SwPattern>> {
    if is_end(i) {
        return Ok(None);
    }
    eat_word(i, "sw");
    blanks(i);
    if let Some(pattern) = pattern::status(i)? {
        return Ok(Some(pattern));
    }
    let start = at(i);
    pattern::alternatives(i, start).map(Some)
}
