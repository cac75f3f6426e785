//! apdu4j's dumps: `# ATR: ..`, then commands and responses in turn, `# 24ms` between them.

use super::{
    Format, ImportError, Imported,
    lines::{bytes, single},
    writer::{Writer, hex_words},
};

const FORMAT: Format = Format::Dump;

pub(super) fn import(text: &str) -> Result<Imported, ImportError> {
    let mut out = Writer::new(FORMAT);
    let mut waiting: Option<Vec<u8>> = None;
    let mut time = String::new();
    for line in single(text) {
        let text = line.text.trim();
        if let Some(comment) = text.strip_prefix('#') {
            let comment = comment.trim();
            if let Some(ms) = milliseconds(comment) {
                time = format!("{ms} ms");
            } else if !matches!(comment, "" | "Sent" | "Received") {
                out.comment(comment);
            }
            continue;
        }
        if text.is_empty() {
            continue;
        }
        let read = bytes(text).map_err(|at| {
            let indent = line.text.len() - line.text.trim_start().len();
            line.wrong(FORMAT, indent + at, "pairs of hexadecimal digits or a comment")
        })?;
        match waiting.take() {
            None => waiting = Some(read),
            Some(command) => {
                if read.len() < 2 {
                    return Err(line.wrong(FORMAT, 0, "a response: data and a status word"));
                }
                out.answered(&command, &read, &time);
                time.clear();
            }
        }
    }
    if let Some(command) = waiting {
        out.send(&command, &hex_words(&command, true), None, None, "no answer in the dump");
    }
    Ok(out.finish())
}

// `24ms`, `Received in 24ms`.
fn milliseconds(comment: &str) -> Option<u32> {
    let word = comment.rsplit(' ').next()?.strip_suffix("ms")?;
    word.parse().ok()
}
