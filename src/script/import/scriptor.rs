//! scriptor of pcsc-tools: a command a line, `#` in the first column, `\` goes on, `reset`, `exit`.

use super::{
    Format, ImportError, Imported,
    lines::{bytes, joined},
    writer::{Writer, hex_words},
};

const FORMAT: Format = Format::Scriptor;

pub(super) fn import(text: &str) -> Result<Imported, ImportError> {
    let mut out = Writer::new(FORMAT);
    for line in joined(text, |line| line.starts_with('#')) {
        let text = line.text.trim();
        let has = |word: &str| text.to_ascii_lowercase().contains(word);
        if let Some(comment) = line.text.strip_prefix('#') {
            out.comment(comment.strip_prefix(' ').unwrap_or(comment));
            // scriptor looks for the word first, wherever it stands.
            if has("exit") {
                out.note(line.number(), "scriptor ends at the word exit in this comment");
            }
        } else if text.is_empty() {
            out.blank();
        } else if has("exit") {
            out.say("exit");
        } else if has("reset") {
            out.say("reset warm");
        } else {
            let indent = line.text.len() - line.text.trim_start().len();
            let command = bytes(text).map_err(|at| {
                line.wrong(FORMAT, indent + at, "pairs of hexadecimal digits, reset or exit")
            })?;
            out.send(&command, &hex_words(&command, true), None, None, "");
        }
    }
    Ok(out.finish())
}
