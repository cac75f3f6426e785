//! apdutool of the Java Card kit and jcardsim: `0x00 0xA4 ..;`, numbers with `0x` or decimal. Lc and
//! Le are always there.

use super::{
    Format, ImportError, Imported,
    lines::{Line, single},
    writer::{Writer, hex_words, quoted},
};

const FORMAT: Format = Format::Apdutool;
/// The words of the longest extended command.
const MOST: usize = 0x1_0000 + 9;
/// Milliseconds of an hour, which is as long as a script waits.
const HOUR: u32 = 60 * 60 * 1000;

pub(super) fn import(text: &str) -> Result<Imported, ImportError> {
    let mut out = Writer::new(FORMAT);
    let mut command: Vec<u8> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut extended = false;
    let mut last = None;
    for line in single(text) {
        let (code, comment) = match line.text.find("//") {
            Some(at) => line.text.split_at(at),
            None => (&*line.text, ""),
        };
        if line.text.trim().is_empty() && command.is_empty() {
            out.blank();
        }
        if let Some(comment) = comment.strip_prefix("//") {
            out.comment(comment.trim_start());
        }
        for (at, word) in tokens(code) {
            if word == ";" {
                if let Some(first) = words.first() {
                    match (first.as_str(), words.get(1).map(String::as_str)) {
                        ("extended", switch) => extended = switch == Some("on"),
                        _ => say(&mut out, &line, &words),
                    }
                } else if !command.is_empty() {
                    send(&mut out, &line, at, &command, extended)?;
                }
                command.clear();
                words.clear();
            } else if words.is_empty() && word.starts_with(|c: char| c.is_ascii_digit()) {
                let byte = number(word).ok_or_else(|| {
                    line.wrong(FORMAT, at, "a byte, 0x00 to 0xFF or 0 to 255, or ;")
                })?;
                if command.len() == MOST {
                    return Err(line.wrong(FORMAT, at, "; behind the bytes of a command"));
                }
                command.push(byte);
            } else if command.is_empty() {
                words.push(word.to_owned());
            } else {
                return Err(line.wrong(FORMAT, at, "a byte, 0x00 to 0xFF or 0 to 255, or ;"));
            }
        }
        last = Some(line);
    }
    match last {
        Some(line) if !command.is_empty() || !words.is_empty() => {
            Err(line.wrong(FORMAT, line.text.len(), "; at the end of a command"))
        }
        _ => Ok(out.finish()),
    }
}

// Words and `;`, each with its place; text in quotation marks is a word.
fn tokens(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = code.get(at..)?;
        at += rest.len() - rest.trim_start().len();
        let rest = code.get(at..).filter(|rest| !rest.is_empty())?;
        let len = if rest.starts_with(';') {
            1
        } else if let Some(text) = rest.strip_prefix('"') {
            text.find('"').map_or(rest.len(), |end| end + 2)
        } else {
            rest.find(|c: char| c.is_whitespace() || c == ';').unwrap_or(rest.len())
        };
        let start = at;
        at += len;
        code.get(start..at).map(|word| (start, word))
    })
}

fn number(word: &str) -> Option<u8> {
    match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => u8::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

fn say(out: &mut Writer, line: &Line<'_>, words: &[String]) {
    let second = words.get(1).map_or("", String::as_str);
    match words.first().map_or("", String::as_str) {
        "powerup" => out.say("reset cold"),
        "powerdown" => out.say("disconnect unpower"),
        "contactless" | "contacted" => {
            out.comment(&format!("{}: choose the reader with --card", words.concat()));
        }
        "echo" => out.say(format!("echo {}", quoted(second))),
        "delay" => match second.parse::<u32>() {
            // As a number: zeros in front and a sign are none of a script.
            Ok(ms) if ms <= HOUR => out.say(format!("sleep {ms}ms")),
            _ => out.skip(line.number(), &words.join(" ")),
        },
        _ => out.skip(line.number(), &words.join(" ")),
    }
}

// Lc of zero is none in a script, and Le there is what is asked for at most.
fn send(
    out: &mut Writer,
    line: &Line<'_>,
    at: usize,
    command: &[u8],
    extended: bool,
) -> Result<(), ImportError> {
    let wrong = |expected| {
        let got = format!("{} bytes", command.len());
        line.wrong_as(FORMAT, at, expected, got)
    };
    let Some((header, rest)) = command.split_first_chunk::<4>() else {
        return Err(wrong("CLA INS P1 P2 Lc, as many bytes as Lc says, Le"));
    };
    let mut bytes = header.to_vec();
    if extended {
        let Some((&lc, rest)) = rest.split_first_chunk::<2>() else {
            return Err(wrong("CLA INS P1 P2, Lc in two bytes, the data, Le in two"));
        };
        let len = usize::from(u16::from_be_bytes(lc));
        if rest.len() != len + 2 {
            return Err(wrong("as many bytes as Lc says, then Le in two"));
        }
        bytes.push(0);
        if len > 0 {
            bytes.extend(lc);
        }
        bytes.extend(rest);
    } else {
        let Some((&lc, rest)) = rest.split_first() else {
            return Err(wrong("CLA INS P1 P2 Lc, as many bytes as Lc says, Le"));
        };
        if rest.len() != usize::from(lc) + 1 {
            return Err(wrong("as many bytes as Lc says, then Le"));
        }
        if lc > 0 {
            bytes.push(lc);
        }
        bytes.extend(rest);
    }
    out.send(&bytes, &hex_words(&bytes, true), None, None, "");
    Ok(())
}
