//! cardpeek's traces: `R:` and the answer to reset, `C:` with command, status word and data.

use super::{
    Format, ImportError, Imported,
    lines::{Line, bytes, single},
    writer::{Writer, remark},
};

const FORMAT: Format = Format::Cardpeek;

pub(super) fn import(text: &str) -> Result<Imported, ImportError> {
    let mut out = Writer::new(FORMAT);
    for line in single(text) {
        let text = line.text.trim_end();
        if let Some(comment) = text.strip_prefix('#') {
            out.comment(comment.strip_prefix(' ').unwrap_or(comment));
        } else if text.is_empty() {
            out.blank();
        } else if let Some(atr) = text.strip_prefix("R:") {
            out.say(format!("reset cold  # ATR {}", remark(atr)));
        } else if text.starts_with("C:") {
            exchange(&mut out, &line)?;
        } else {
            return Err(line.wrong(FORMAT, 0, "R:ATR, C:COMMAND:SW:DATA or a comment"));
        }
    }
    Ok(out.finish())
}

fn exchange(out: &mut Writer, line: &Line<'_>) -> Result<(), ImportError> {
    let mut at = 2;
    let mut next = |expected: &'static str| {
        let rest = line.text.get(at..).unwrap_or_default();
        let field = rest.split(':').next().unwrap_or_default();
        let place = at;
        at = (at + field.len() + 1).min(line.text.len());
        let read = bytes(field).map_err(|wrong| line.wrong(FORMAT, place + wrong, expected));
        read.map(|read| (place, read))
    };
    let (place, command) = next("a command in hexadecimal digits")?;
    if command.is_empty() {
        return Err(line.wrong(FORMAT, place, "a command in hexadecimal digits"));
    }
    let (place, sw) = next("a status word of four digits")?;
    if sw.len() != 2 {
        return Err(line.wrong(FORMAT, place, "a status word of four digits"));
    }
    let (_, mut response) = next("the answer's data in hexadecimal digits")?;
    response.extend(sw);
    out.answered(&command, &response, "");
    Ok(())
}
