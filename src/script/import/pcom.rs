//! PCOM: `;` comments, `[data]`, `(SW)`, `.DEFINE %X`, `.CALL`, `.POWER_ON`, `R(p;l)`, `W(p;l)`.

use super::{
    Format, ImportError, Imported,
    lines::{Line, joined},
    parts::{Part, command, start, value},
    writer::{Writer, quoted},
};

const FORMAT: Format = Format::Pcom;
/// The last byte of the longest answer, its status word counted.
const MAX_ANSWER: u32 = 0x1_0002;

pub(super) fn import(text: &str) -> Result<Imported, ImportError> {
    let mut out = Writer::new(FORMAT);
    for line in joined(text, |line| line.trim_start().starts_with(';')) {
        let (code, comment) = split_comment(&line.text);
        let code = code.trim_end();
        let start = code.len() - code.trim_start().len();
        let word = code.split_whitespace().next().unwrap_or_default();
        match word.to_ascii_uppercase().as_str() {
            "" => match comment {
                Some(comment) => out.comment(comment.strip_prefix(' ').unwrap_or(comment)),
                None => out.blank(),
            },
            directive if directive.starts_with('.') => {
                above(&mut out, comment);
                self::directive(&mut out, &line, directive, start + word.len(), code)?;
            }
            _ => send(&mut out, &line, code, comment.unwrap_or_default())?,
        }
    }
    Ok(out.finish())
}

fn above(out: &mut Writer, comment: Option<&str>) {
    if let Some(comment) = comment.map(str::trim).filter(|comment| !comment.is_empty()) {
        out.comment(comment);
    }
}

// A `;` between the parentheses of R and W is none.
fn split_comment(line: &str) -> (&str, Option<&str>) {
    let mut depth = 0_usize;
    for (at, c) in line.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => return (line.get(..at).unwrap_or_default(), line.get(at + 1..)),
            _ => {}
        }
    }
    (line, None)
}

fn directive(
    out: &mut Writer,
    line: &Line<'_>,
    name: &str,
    at: usize,
    code: &str,
) -> Result<(), ImportError> {
    let rest = code.get(at..).unwrap_or_default().trim();
    let place = code.len() - rest.len();
    match name {
        ".DEFINE" => {
            let expected = "a name with % in front, then its value";
            let (name, digits) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let Some(name) = name.strip_prefix('%').filter(|name| !name.is_empty()) else {
                return Err(line.wrong(FORMAT, place, expected));
            };
            let mut cursor = Cursor { line, code, at: code.len() - digits.len() };
            let parts = cursor.parts(out)?;
            if parts.is_empty() || cursor.at < code.len() {
                return Err(line.wrong(FORMAT, cursor.at, "hexadecimal digits, %NAME or R(p;l)"));
            }
            let name = out.name(name);
            out.say(format!("let {name} = {}", value(&parts)));
        }
        ".CALL" if rest.is_empty() => return Err(line.wrong(FORMAT, place, "a file to call")),
        ".CALL" => {
            out.say(format!("include {}", quoted(&rest.trim_matches('"').replace('\\', "/"))));
        }
        ".POWER_ON" if rest.to_ascii_uppercase().contains("/WARM") => out.say("reset warm"),
        ".POWER_ON" => out.say("reset cold"),
        ".POWER_OFF" => out.say("disconnect unpower"),
        ".ALLUNDEFINE" => out.say(".ALLUNDEFINE"),
        _ => out.skip(line.number(), code.trim()),
    }
    Ok(())
}

fn send(out: &mut Writer, line: &Line<'_>, code: &str, remark: &str) -> Result<(), ImportError> {
    const EXPECTED: &str = "hexadecimal digits, %NAME, W(p;l), [data] or (status)";
    let mut cursor = Cursor { line, code, at: 0 };
    let parts = cursor.parts(out)?;
    let (mut data, mut sw) = (None, None);
    loop {
        cursor.skip_blanks();
        let rest = cursor.rest();
        let (close, kind) = match rest.chars().next() {
            None => break,
            Some('[') if data.is_none() => (']', true),
            Some('(') if sw.is_none() => (')', false),
            Some(_) => return Err(line.wrong(FORMAT, cursor.at, EXPECTED)),
        };
        // Parentheses of R(p;l) stand inside brackets.
        let Some(len) = rest.find(close) else {
            let expected = if kind { "a closing bracket" } else { "a closing parenthesis" };
            return Err(line.wrong_as(FORMAT, code.len(), expected, "the end of the line"));
        };
        if kind {
            let mut inner = Cursor {
                line,
                code: code.get(..cursor.at + len).unwrap_or_default(),
                at: cursor.at + 1,
            };
            data = Some(inner.pattern(out)?);
        } else {
            let inner = rest.get(1..len).unwrap_or_default();
            sw = Some(status(inner).map_err(|at| {
                line.wrong(FORMAT, cursor.at + 1 + at, "four digits, X for any: (9000), (61XX)")
            })?);
        }
        cursor.at += len + 1;
    }
    if parts.is_empty() {
        return Err(line.wrong(FORMAT, code.len() - code.trim_start().len(), EXPECTED));
    }
    out.send(&start(&parts), &command(&parts), data.as_deref(), sw.as_deref(), remark);
    Ok(())
}

// Alternatives as a script writes them, or the byte where it goes wrong.
fn status(text: &str) -> Result<String, usize> {
    let mut all = Vec::new();
    let mut at = 0;
    for alternative in text.split(['|', ',']) {
        let digits: String = alternative.chars().filter(|c| !c.is_whitespace()).collect();
        let digits = digits.to_ascii_uppercase();
        let right = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit() || b == b'X');
        if !right {
            return Err(at);
        }
        all.push(if digits == "XXXX" { "*".to_owned() } else { digits });
        at += alternative.len() + 1;
    }
    Ok(if all.iter().any(|one| one == "*") { "*".into() } else { all.join("|") })
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

    fn skip_blanks(&mut self) {
        self.at = self.code.len() - self.rest().trim_start().len();
    }

    // Digits, variables and bytes of the last answer, up to what is none of them.
    fn parts(&mut self, out: &mut Writer) -> Result<Vec<Part>, ImportError> {
        let mut parts = Vec::new();
        loop {
            self.skip_blanks();
            if let Some(part) = self.other(out)? {
                parts.push(part);
                continue;
            }
            let hex = self.hex()?;
            if hex.is_empty() {
                return Ok(parts);
            }
            parts.push(Part::Hex(hex));
        }
    }

    fn other(&mut self, out: &mut Writer) -> Result<Option<Part>, ImportError> {
        let rest = self.rest();
        if let Some(after) = rest.strip_prefix('%') {
            let len =
                after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            let name = after.get(..len).filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| self.line.wrong(FORMAT, self.at, "a name behind %"))?;
            self.at += 1 + len;
            return Ok(Some(Part::Name(out.name(name))));
        }
        let mut chars = rest.chars();
        let is_answer = matches!(chars.next(), Some('R' | 'W' | 'r' | 'w'))
            && chars.as_str().trim_start().starts_with('(');
        if !is_answer {
            return Ok(None);
        }
        let read = || {
            let (_, inner) = rest.split_once('(')?;
            let (inner, _) = inner.split_once(')')?;
            let (position, len) = inner.split_once(';')?;
            let number = |text: &str| text.trim().parse::<u16>().ok().filter(|n| *n > 0);
            let (position, len) = (number(position)?, number(len)?);
            let fits = u32::from(position) + u32::from(len) <= MAX_ANSWER + 1;
            fits.then_some((position, len, rest.find(')')? + 1))
        };
        let expected = "(position;length), the first byte being 1";
        let (position, len, end) =
            read().ok_or_else(|| self.line.wrong(FORMAT, self.at + 1, expected))?;
        self.at += end;
        Ok(Some(Part::Answer(position, len)))
    }

    fn hex(&mut self) -> Result<Vec<u8>, ImportError> {
        let mut bytes = Vec::new();
        let mut high: Option<(usize, u8)> = None;
        for (at, c) in self.rest().char_indices() {
            match (c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()), high) {
                (Some(digit), None) => high = Some((at, digit)),
                (Some(digit), Some((_, nibble))) => {
                    bytes.push(nibble << 4 | digit);
                    high = None;
                }
                (None, _) if c.is_whitespace() => {}
                (None, _) => {
                    self.end(at, high)?;
                    return Ok(bytes);
                }
            }
        }
        self.end(self.rest().len(), high)?;
        Ok(bytes)
    }

    fn end(&mut self, len: usize, high: Option<(usize, u8)>) -> Result<(), ImportError> {
        if let Some((at, _)) = high {
            return Err(self.line.wrong(FORMAT, self.at + at, "pairs of hexadecimal digits"));
        }
        self.at += len;
        Ok(())
    }

    // What stands between brackets, up to the end of the code.
    fn pattern(&mut self, out: &mut Writer) -> Result<String, ImportError> {
        const EXPECTED: &str = "pairs of hexadecimal digits, X for any, or %NAME";
        let mut words: Vec<String> = Vec::new();
        loop {
            self.skip_blanks();
            if let Some(part) = self.other(out)? {
                words.push(value(&[part]));
                continue;
            }
            let mut digits = String::new();
            let mut end = self.rest().len();
            for (at, c) in self.rest().char_indices() {
                if c.is_ascii_hexdigit() || matches!(c, 'X' | 'x') {
                    digits.push(c.to_ascii_uppercase());
                } else if !c.is_whitespace() {
                    end = at;
                    break;
                }
            }
            if digits.is_empty() {
                return match self.rest().is_empty() {
                    true => Ok(words.join(" ")),
                    false => Err(self.line.wrong(FORMAT, self.at, EXPECTED)),
                };
            }
            if digits.len() % 2 == 1 {
                return Err(self.line.wrong(FORMAT, self.at, EXPECTED));
            }
            words.extend(pairs(&digits));
            self.at += end;
        }
    }
}

// Known bytes in one word, wildcards a byte each.
fn pairs(digits: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for at in (0..digits.len()).step_by(2) {
        let byte = digits.get(at..at + 2).unwrap_or_default();
        let known = !byte.contains('X');
        match words.last_mut() {
            Some(word) if known && open => word.push_str(byte),
            _ => words.push(byte.to_owned()),
        }
        open = known;
    }
    words
}
