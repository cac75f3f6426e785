//! ledgerjs' logs: `=>` and a command, `<=` and its response, whatever stands in front.

use super::{
    Format, ImportError, Imported,
    lines::{bytes, single},
    writer::{Writer, hex_words},
};

const FORMAT: Format = Format::Ledger;

pub(super) fn import(text: &str) -> Result<Imported, ImportError> {
    let mut out = Writer::new(FORMAT);
    let mut waiting: Option<Vec<u8>> = None;
    for line in single(text) {
        let text = &line.text;
        let arrow =
            text.find("=>").map(|at| (at, true)).or_else(|| Some((text.find("<=")?, false)));
        let Some((at, is_command)) = arrow else {
            match text.trim() {
                "" => out.blank(),
                other => out.comment(other.trim_start_matches('#').trim_start()),
            }
            continue;
        };
        let rest = text.get(at + 2..).unwrap_or_default();
        let read = bytes(rest)
            .map_err(|wrong| line.wrong(FORMAT, at + 2 + wrong, "pairs of hexadecimal digits"))?;
        match (is_command, waiting.take()) {
            (true, before) => {
                unanswered(&mut out, before);
                waiting = Some(read);
            }
            (false, Some(command)) if read.len() >= 2 => out.answered(&command, &read, ""),
            (false, Some(_)) => {
                return Err(line.wrong(FORMAT, at, "a response: data and a status word"));
            }
            (false, None) => {
                return Err(line.wrong(FORMAT, at, "a command in front of its response"));
            }
        }
    }
    unanswered(&mut out, waiting);
    Ok(out.finish())
}

fn unanswered(out: &mut Writer, command: Option<Vec<u8>>) {
    if let Some(command) = command {
        out.send(&command, &hex_words(&command, true), None, None, "no answer in the log");
    }
}
