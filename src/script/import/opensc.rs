//! opensc-tool: a shell line with `-s 00:A4:..`, or a list of what `-s` takes.

use super::{
    Format, ImportError, Imported,
    lines::{Line, bytes, joined, words},
    writer::{Writer, hex_words},
};

const FORMAT: Format = Format::OpenscTool;

pub(super) fn import(text: &str) -> Result<Imported, ImportError> {
    let mut out = Writer::new(FORMAT);
    for line in joined(text, |line| line.trim_start().starts_with('#')) {
        let text = line.text.trim();
        if let Some(comment) = text.strip_prefix('#') {
            out.comment(comment.strip_prefix(' ').unwrap_or(comment));
        } else if text.is_empty() {
            out.blank();
        } else if text.contains("opensc-tool") || text.starts_with('-') {
            options(&mut out, &line)?;
        } else {
            command(&mut out, &line, line.text.len() - line.text.trim_start().len(), text)?;
        }
    }
    Ok(out.finish())
}

fn command(out: &mut Writer, line: &Line<'_>, at: usize, text: &str) -> Result<(), ImportError> {
    let command = bytes(text).map_err(|wrong| {
        line.wrong(FORMAT, at + wrong, "hexadecimal bytes, with or without colons between them")
    })?;
    out.send(&command, &hex_words(&command, true), None, None, "");
    Ok(())
}

// The words behind the program's name; what stands in front of it is the shell's. Wherever it stands,
// a reset comes after the commands of its call.
fn options(out: &mut Writer, line: &Line<'_>) -> Result<(), ImportError> {
    let mut words = words(&line.text).into_iter().peekable();
    let mut reset = None;
    while let Some((at, word)) = words.next() {
        let (name, mut given) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                (name.to_owned(), Some(value.to_owned()))
            }
            _ => match word.strip_prefix("-s").filter(|rest| !rest.is_empty()) {
                Some(rest) => ("-s".to_owned(), Some(rest.to_owned())),
                None => (word.clone(), None),
            },
        };
        let takes = matches!(
            name.as_str(),
            "-s" | "--send-apdu" | "-r" | "--reader" | "-c" | "--card-driver"
        );
        let mut place = at;
        if takes && given.is_none() {
            let next = words.next();
            place = next.as_ref().map_or(line.text.len(), |(at, _)| *at);
            given = next.map(|(_, word)| word);
        }
        match (name.as_str(), given) {
            ("-s" | "--send-apdu", Some(text)) => command(out, line, place, &text)?,
            ("-s" | "--send-apdu", None) => {
                return Err(line.wrong(FORMAT, place, "a command behind -s"));
            }
            ("-r" | "--reader", reader) => {
                let reader = reader.unwrap_or_default();
                out.comment(&format!("reader {reader}: choose one with --card"));
            }
            ("-w" | "--wait", _) => out.say("wait card"),
            ("-a" | "--atr", _) => out.say("echo atr"),
            ("--reset", kind) => {
                let next = words.next_if(|(_, word)| word == "cold" || word == "warm");
                let kind = kind.or_else(|| next.map(|(_, word)| word));
                let warm = kind.as_deref() == Some("warm");
                reset = Some(if warm { "reset warm" } else { "reset cold" });
            }
            ("-c" | "--card-driver" | "-v" | "--verbose", _) => {}
            // Another call on the same line.
            (name, _) if name.ends_with("opensc-tool") => {
                if let Some(reset) = reset.take() {
                    out.say(reset);
                }
            }
            (name, _) if name.starts_with('-') => {
                out.skip(line.number(), name);
            }
            // sudo, && and the like.
            _ => {}
        }
    }
    if let Some(reset) = reset {
        out.say(reset);
    }
    Ok(())
}
