//! `fault ..`: the words are those of fault plans everywhere (docs/faults.md).

use super::{
    input::{Input, Res, at, blanks, expected, rest, skip, span},
    words::next,
};
use crate::{
    script::diagnostic::{Code, Diagnostic},
    transport::fault::FaultPlan,
};

/// What stands behind `fault`; `None` for `clear`.
pub(super) fn fault(i: &mut Input<'_>) -> Res<Option<FaultPlan>> {
    blanks(i);
    let text = up_to_comment(rest(i));
    if text.is_empty() {
        let wrong = expected(i, "a fault or `clear`");
        return Err(wrong
            .help("write `fault tear after 3 apdus`; docs/faults.md has them all")
            .into());
    }
    let start = at(i);
    let whole = next(i, text.len());
    skip(i, text.len());
    if text == "clear" {
        return Ok(None);
    }
    match with_units(text).parse::<FaultPlan>() {
        Ok(plan) => Ok(Some(plan)),
        Err(error) => {
            let column = error.column().saturating_sub(1);
            let before = text.chars().take(column).map(char::len_utf8).sum::<usize>();
            let word = text.get(before..).unwrap_or_default();
            let length = word.find([' ', '\t', ';']).unwrap_or(word.len());
            let place = span(i, start + before, start + before + length);
            let message = error.to_string();
            // The place says the column.
            let message = message.split_once(": ").map_or(message.as_str(), |(_, words)| words);
            Err(Diagnostic::new(Code::FAULT, place, format!("no fault: {message}"))
                .label("here")
                .related(whole, "in this fault")
                .help("docs/faults.md has all faults: `tear`, `sw 6F00 on ins B0 nth 2`, `delay 800ms`")
                .into())
        }
    }
}

// Up to a comment or the end of the line.
fn up_to_comment(rest: &str) -> &str {
    let line = rest.split('\n').next().unwrap_or_default();
    let mut blank = true;
    for (at, c) in line.char_indices() {
        let ahead = line.get(at..).unwrap_or_default();
        if c == '#' || blank && (c == ';' || ahead.starts_with("//")) {
            return line.get(..at).unwrap_or_default().trim_end();
        }
        blank = matches!(c, ' ' | '\t');
    }
    line.trim_end()
}

// `after 3` at the end of a fault means commands: a script counts nothing else.
fn with_units(text: &str) -> String {
    let items = text.split(';').map(|item| {
        let words: Vec<_> = item.split_ascii_whitespace().collect();
        match words.as_slice() {
            [.., "after", n] if n.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{} apdus", item.trim_end())
            }
            _ => item.to_owned(),
        }
    });
    items.collect::<Vec<_>>().join(";")
}
