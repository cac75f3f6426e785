//! JCShell: `/send` with `|text|`, `#(..)` and `${..}`, the whole answer with `*`, `/set-var`.

use super::{
    Format, ImportError, Imported,
    lines::{Line, single},
    parts::{MAX_DEPTH, Part, command, start, value},
    writer::{Writer, is_plain, quoted},
};

const FORMAT: Format = Format::JcShell;

pub(super) fn import(text: &str) -> Result<Imported, ImportError> {
    let mut out = Writer::new(FORMAT);
    for line in single(text) {
        let code = line.text.trim_end();
        let at = code.len() - code.trim_start().len();
        let word = code.split_whitespace().next().unwrap_or_default();
        let mut cursor = Cursor { line: &line, code, at: at + word.len() };
        match word {
            "" => out.blank(),
            comment if comment.starts_with('#') => {
                let comment = code.trim_start().trim_start_matches('#');
                out.comment(comment.strip_prefix(' ').unwrap_or(comment));
            }
            "/send" => send(&mut out, &mut cursor)?,
            "/select" => select(&mut out, &mut cursor)?,
            "/card" => card(&mut out, &mut cursor)?,
            "/set-var" => set(&mut out, &mut cursor)?,
            "/atr" => {
                out.say("reset cold");
                out.say("echo atr");
            }
            "/term" => match cursor.rest().trim().trim_matches('"') {
                "" => out.comment("/term: choose the reader with --card"),
                reader => out.comment(&format!("reader {reader}: choose one with --card")),
            },
            "/echo" => out.say(format!("echo {}", quoted(cursor.rest().trim().trim_matches('"')))),
            "/close" => out.say("disconnect reset"),
            "/exit" => out.say("exit"),
            _ => out.skip(line.number(), code.trim()),
        }
    }
    Ok(out.finish())
}

fn send(out: &mut Writer, cursor: &mut Cursor<'_>) -> Result<(), ImportError> {
    let parts = cursor.word(out)?;
    if parts.is_empty() {
        return Err(cursor.wrong("the bytes of a command"));
    }
    let (data, sw) = cursor.expected()?;
    out.send(&start(&parts), &command(&parts), data.as_deref(), sw.as_deref(), "");
    Ok(())
}

fn select(out: &mut Writer, cursor: &mut Cursor<'_>) -> Result<(), ImportError> {
    let parts = cursor.word(out)?;
    if parts.is_empty() {
        return Err(cursor.wrong("the name of an application"));
    }
    let text = format!("00A4 0400 #({}) 00", value(&parts));
    out.send(&[0x00, 0xA4], &text, None, None, "");
    Ok(())
}

fn card(out: &mut Writer, cursor: &mut Cursor<'_>) -> Result<(), ImportError> {
    out.say("reset cold");
    let rest = cursor.rest().trim_start();
    if let Some(rest) = rest.strip_prefix("-a").filter(|rest| rest.starts_with(char::is_whitespace))
    {
        cursor.at = cursor.code.len() - rest.len();
        select(out, cursor)?;
    }
    Ok(())
}

fn set(out: &mut Writer, cursor: &mut Cursor<'_>) -> Result<(), ImportError> {
    let mut words = cursor.rest().split_whitespace().filter(|word| *word != "-g");
    let Some(name) = words.next() else {
        return Err(cursor.wrong("a name and a value"));
    };
    let end = cursor.rest().find(name).map_or(0, |at| at + name.len());
    cursor.at += end;
    let given = cursor.rest().trim();
    if name == "path" {
        out.comment(&format!("not imported: /set-var path {given}"));
        return Ok(());
    }
    let plain = given.trim_matches('"');
    if given.contains("$(") {
        let number = cursor.line.number();
        out.note(number, format!("a command is substituted into `{name}`: set it another way"));
        out.comment(&format!("not imported: /set-var {name} {given}"));
        return Ok(());
    }
    let name = out.name(name);
    if plain.len() % 2 == 1 && plain.bytes().all(|b| b.is_ascii_digit()) {
        out.say(format!("let {name} = int({plain})"));
        return Ok(());
    }
    let before = cursor.at;
    match cursor.word(out) {
        Ok(parts) if !parts.is_empty() && cursor.rest().trim().is_empty() => {
            out.say(format!("let {name} = {}", value(&parts)));
        }
        _ if is_plain(plain) && !plain.is_empty() => out.say(format!("let {name} = \"{plain}\"")),
        _ => {
            cursor.at = before;
            return Err(cursor.wrong("hexadecimal digits, ${NAME} or plain text"));
        }
    }
    Ok(())
}

struct Cursor<'a> {
    line: &'a Line<'a>,
    code: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.code.get(self.at..).unwrap_or_default()
    }

    fn wrong(&self, expected: &'static str) -> ImportError {
        self.line.wrong(FORMAT, self.at, expected)
    }

    // One word: blanks end it outside of quotation marks, groups and text.
    fn word(&mut self, out: &mut Writer) -> Result<Vec<Part>, ImportError> {
        const EXPECTED: &str = "hexadecimal digits, |text|, #(..) or ${NAME}";
        self.at = self.code.len() - self.rest().trim_start().len();
        let quoted = self.rest().starts_with('"');
        self.at += usize::from(quoted);
        // The innermost group last, each with what closes it.
        let mut open: Vec<(char, Vec<Part>)> = vec![('\0', Vec::new())];
        while let Some(c) = self.rest().chars().next() {
            let rest = self.rest();
            let part = match c {
                '"' if quoted && open.len() == 1 => {
                    self.at += 1;
                    break;
                }
                c if c.is_whitespace() && !quoted && open.len() == 1 => break,
                c if c.is_whitespace() => {
                    self.at += c.len_utf8();
                    continue;
                }
                '|' => {
                    let Some((text, _)) = rest.get(1..).and_then(|rest| rest.split_once('|'))
                    else {
                        return Err(self.wrong("| behind the text"));
                    };
                    self.at += text.len() + 2;
                    Part::Text(text.to_owned())
                }
                '#' if rest.starts_with("#(") || rest.starts_with("#{") => {
                    if open.len() > MAX_DEPTH {
                        return Err(self.wrong("no more than 32 groups in one another"));
                    }
                    open.push((if rest.starts_with("#(") { ')' } else { '}' }, Vec::new()));
                    self.at += 2;
                    continue;
                }
                '$' if rest.starts_with("${") => {
                    let Some((name, _)) = rest.get(2..).and_then(|rest| rest.split_once('}'))
                    else {
                        return Err(self.wrong("} behind the name"));
                    };
                    self.at += name.len() + 3;
                    if name == "response" {
                        let number = self.line.number();
                        out.note(
                            number,
                            "${response} is the data of the answer, without its status",
                        );
                        // In a command `resp` is an expression like any other.
                        Part::Response
                    } else {
                        Part::Name(out.name(name))
                    }
                }
                ')' | '}' if open.last().is_some_and(|(close, _)| *close == c) => {
                    self.at += 1;
                    let group = open.pop().map(|(_, parts)| parts).unwrap_or_default();
                    Part::Counted(group)
                }
                _ => Part::Hex(self.hex(EXPECTED)?),
            };
            if let Some((_, parts)) = open.last_mut() {
                match (parts.last_mut(), part) {
                    (Some(Part::Hex(before)), Part::Hex(more)) => before.extend(more),
                    (_, part) => parts.push(part),
                }
            }
        }
        match open.pop() {
            Some((_, parts)) if open.is_empty() => Ok(parts),
            _ => Err(self.wrong("what closes #( or #{")),
        }
    }

    fn hex(&mut self, expected: &'static str) -> Result<Vec<u8>, ImportError> {
        let rest = self.rest();
        let len = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        let digits = rest.get(..len).unwrap_or_default();
        let read = hex::decode(digits).ok().filter(|bytes| !bytes.is_empty());
        let read = read.ok_or_else(|| self.wrong(expected))?;
        self.at += len;
        Ok(read)
    }

    // The whole answer, status word and all, with `*` for any bytes.
    fn expected(&mut self) -> Result<(Option<String>, Option<String>), ImportError> {
        const EXPECTED: &str = "the expected answer: pairs of digits and *";
        let text: String =
            self.rest().chars().filter(|c| !c.is_whitespace() && *c != '"').collect();
        if text.is_empty() {
            return Ok((None, None));
        }
        self.at = self.code.len() - self.rest().trim_start().len();
        let text = text.to_ascii_uppercase();
        if !text
            .split('*')
            .all(|run| run.len() % 2 == 0 && run.bytes().all(|b| b.is_ascii_hexdigit()))
        {
            return Err(self.wrong(EXPECTED));
        }
        let ends = text.rsplit('*').next().unwrap_or_default().len() >= 4;
        let (data, sw) = if ends { text.split_at(text.len() - 4) } else { (text.as_str(), "*") };
        let data = match data {
            "*" => None,
            data => {
                let spaced = data.replace('*', " * ");
                Some(spaced.split_whitespace().collect::<Vec<_>>().join(" "))
            }
        };
        Ok((data, Some(sw.to_owned())))
    }
}
