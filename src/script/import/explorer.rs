//! opensc-explorer: `cd aid:..`, `cat 011E`, `apdu 00A4.. "text"`, as far as the card hears of it.

use super::{
    Format, ImportError, Imported,
    lines::{Line, bytes, single},
    parts::{Part, command, known, start, value},
    writer::{Writer, quoted},
};

const FORMAT: Format = Format::OpenscExplorer;

pub(super) fn import(text: &str) -> Result<Imported, ImportError> {
    let mut out = Writer::new(FORMAT);
    for line in single(text) {
        let text = line.text.trim();
        if let Some(comment) = text.strip_prefix('#') {
            out.comment(comment.strip_prefix(' ').unwrap_or(comment));
            continue;
        }
        if text.is_empty() {
            out.blank();
            continue;
        }
        let words = words(&line.text);
        let argument = |n: usize| words.get(n).map_or("", |word| word.text.as_str());
        match argument(0) {
            "apdu" => apdu(&mut out, &line, words.get(1..).unwrap_or_default())?,
            "cd" => cd(&mut out, &line, words.get(1))?,
            "cat" | "get" | "asn1" => read(&mut out, &line, words.get(1))?,
            "echo" => out.say(format!("echo {}", quoted(&rest_of(&line.text)))),
            "verify" => verify(&mut out, &line, &words)?,
            "sm" if argument(1) == "open" => out.say("sm on"),
            "sm" if argument(1) == "close" => out.say("sm off"),
            "random" => {
                let count = argument(1).parse::<u8>().ok().filter(|count| *count > 0);
                let count = count.ok_or_else(|| {
                    let at = words.get(1).map_or(line.text.len(), |word| word.at);
                    line.wrong(FORMAT, at, "how many bytes, 1 to 255")
                })?;
                let text = format!("0084 0000 {count:02X}");
                out.send(&[0x00, 0x84], &text, None, Some("9000"), "");
            }
            "exit" | "quit" => out.say("exit"),
            _ => out.skip(line.number(), text),
        }
    }
    Ok(out.finish())
}

struct Word {
    at: usize,
    text: String,
    is_text: bool,
}

// Words between blanks; one that begins with a quotation mark is text.
fn words(line: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut quoted, mut inside) = (false, false);
    for (at, c) in line.char_indices() {
        if c == '"' {
            if !quoted {
                words.push(Word { at, text: String::new(), is_text: true });
            }
            quoted = !quoted;
            inside = quoted;
        } else if !quoted && c.is_whitespace() {
            inside = false;
        } else {
            if !inside {
                words.push(Word { at, text: String::new(), is_text: false });
                inside = true;
            }
            if let Some(word) = words.last_mut() {
                word.text.push(c);
            }
        }
    }
    words
}

fn rest_of(line: &str) -> String {
    let text = line.trim_start().strip_prefix("echo").unwrap_or_default();
    text.trim().trim_matches('"').to_owned()
}

fn part(line: &Line<'_>, word: &Word) -> Result<Part, ImportError> {
    if word.is_text {
        return Ok(Part::Text(word.text.clone()));
    }
    let wrong =
        |at| line.wrong(FORMAT, word.at + at, "hexadecimal bytes or text in quotation marks");
    bytes(&word.text).map(Part::Hex).map_err(wrong)
}

fn apdu(out: &mut Writer, line: &Line<'_>, words: &[Word]) -> Result<(), ImportError> {
    let mut parts: Vec<Part> = Vec::new();
    for word in words {
        let part = part(line, word)?;
        match (parts.last_mut(), part) {
            (Some(Part::Hex(before)), Part::Hex(more)) => before.extend(more),
            (_, part) => parts.push(part),
        }
    }
    if parts.is_empty() {
        return Err(line.wrong(FORMAT, line.text.len(), "the bytes of a command"));
    }
    out.send(&start(&parts), &command(&parts), None, None, "");
    Ok(())
}

fn cd(out: &mut Writer, line: &Line<'_>, word: Option<&Word>) -> Result<(), ImportError> {
    const EXPECTED: &str = "a file identifier, aid:NAME or ..";
    let Some(word) = word else {
        return Err(line.wrong(FORMAT, line.text.len(), EXPECTED));
    };
    let wrong = |at: usize| line.wrong(FORMAT, word.at + at, EXPECTED);
    match word.text.as_str() {
        ".." => out.send(&[0x00, 0xA4], "00A4 0300", None, Some("9000"), ""),
        "3F00" | "3f00" => out.say("select mf"),
        text => match text.strip_prefix("aid:") {
            Some(aid) => {
                let aid = bytes(aid).map_err(|at| wrong(4 + at))?;
                if aid.is_empty() {
                    return Err(wrong(4));
                }
                out.say(format!("select aid {}", hex::encode_upper(aid)));
            }
            None => out.say(format!(
                "select df {}",
                hex::encode_upper(identifier(text).ok_or_else(|| wrong(0))?)
            )),
        },
    }
    Ok(())
}

fn read(out: &mut Writer, line: &Line<'_>, word: Option<&Word>) -> Result<(), ImportError> {
    const EXPECTED: &str = "a file identifier of four digits or sfi:NN";
    let Some(word) = word else {
        out.note(line.number(), "reads the current file: up to 256 bytes here");
        out.send(&[0x00, 0xB0], "00B0 0000 00", None, None, "");
        return Ok(());
    };
    let wrong = || line.wrong(FORMAT, word.at, EXPECTED);
    if let Some(sfi) = word.text.strip_prefix("sfi:") {
        let sfi = u8::from_str_radix(sfi, 16).ok().filter(|sfi| (1..=30).contains(sfi));
        let p1 = 0x80 | sfi.ok_or_else(wrong)?;
        out.send(&[0x00, 0xB0], &format!("00B0 {p1:02X}00 00"), None, None, "");
        return Ok(());
    }
    let fid = identifier(&word.text).ok_or_else(wrong)?;
    out.say(format!("read ef {}", hex::encode_upper(fid)));
    Ok(())
}

fn verify(out: &mut Writer, line: &Line<'_>, words: &[Word]) -> Result<(), ImportError> {
    const EXPECTED: &str = "CHV and the password's number, then the password";
    let place = |n: usize| words.get(n).map_or(line.text.len(), |word: &Word| word.at);
    let wrong = |n: usize| line.wrong(FORMAT, place(n), EXPECTED);
    let number = words.get(1).and_then(|word| {
        let name = word.text.strip_prefix("CHV").or_else(|| word.text.strip_prefix("chv"))?;
        name.parse::<u8>().ok()
    });
    let number = number.ok_or_else(|| wrong(1))?;
    let Some(word) = words.get(2) else {
        // The reader's pad: here a person is asked.
        let name = out.name("pin");
        out.say(format!("secret {name} = prompt \"password {number}\""));
        let text = format!("0020 00{number:02X} #(%{name})");
        out.send(&[0x00, 0x20], &text, None, Some("9000"), "");
        return Ok(());
    };
    let password = part(line, word)?;
    let len = known(std::slice::from_ref(&password)).map_or(0, |bytes| bytes.len());
    if len > 255 {
        return Err(wrong(2));
    }
    let text = format!("0020 00{number:02X} #({})", value(&[password]));
    out.send(&[0x00, 0x20], &text, None, Some("9000"), "");
    Ok(())
}

fn identifier(text: &str) -> Option<Vec<u8>> {
    bytes(text).ok().filter(|fid| fid.len() == 2)
}
