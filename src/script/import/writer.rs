//! Writing a script.

use std::collections::{BTreeMap, BTreeSet};

use super::{Format, lines::clean};
use crate::apdu::{CommandView, ins};

/// A script that was made of another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The script.
    pub text: String,
    /// What to look at, in the order of the file.
    pub notes: Vec<Note>,
}

/// Something that has no meaning in a script, or another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The line of the file.
    pub line: usize,
    /// What about it.
    pub message: String,
}

/// Puts a script together.
#[derive(Debug)]
pub(in crate::script) struct Writer {
    origin: String,
    /// What stands in front of everything else.
    first: Vec<String>,
    body: String,
    notes: Vec<Note>,
    /// Whether the script is about what a session does, and never about what it does by itself.
    logical: bool,
    /// Whether the script looks at what a session does by itself: 61xx, 6Cxx, GET RESPONSE.
    raw: bool,
    /// Whether a command stands without an expected status.
    any_status: bool,
    names: BTreeMap<String, String>,
    used: BTreeSet<String>,
}

impl Writer {
    pub(super) fn new(format: Format) -> Self {
        Self::titled(format!("imported from {format}"))
    }

    pub(in crate::script) fn titled(origin: impl AsRef<str>) -> Self {
        Self {
            origin: remark(origin.as_ref()),
            first: Vec::new(),
            body: String::new(),
            notes: Vec::new(),
            logical: false,
            raw: false,
            any_status: false,
            names: BTreeMap::new(),
            used: BTreeSet::new(),
        }
    }

    /// The script never looks at 61xx and 6Cxx.
    pub(in crate::script) const fn logical(&mut self) {
        self.logical = true;
    }

    /// A statement in front of everything else.
    pub(in crate::script) fn first(&mut self, statement: &str) {
        self.first.push(statement.to_owned());
    }

    /// An empty line, but never two of them.
    pub(in crate::script) fn blank(&mut self) {
        if !self.body.is_empty() && !self.body.ends_with("\n\n") {
            self.body.push('\n');
        }
    }

    pub(in crate::script) fn comment(&mut self, text: &str) {
        self.body.push_str(format!("# {}", remark(text)).trim_end());
        self.body.push('\n');
    }

    /// A statement.
    pub(in crate::script) fn say(&mut self, statement: impl AsRef<str>) {
        self.body.push_str(statement.as_ref().trim_end());
        self.body.push('\n');
    }

    /// What to tell of a line, in the script as well.
    pub(super) fn note(&mut self, line: usize, message: impl Into<String>) {
        self.notes.push(Note { line, message: message.into() });
    }

    /// A line that has no meaning in a script.
    pub(super) fn skip(&mut self, line: usize, text: &str) {
        let word = text.split_whitespace().next().unwrap_or_default();
        self.note(line, format!("`{}` has no meaning here", clean(word.chars().take(40))));
        self.comment(&format!("not imported: {text}"));
    }

    /// A command: what it begins with, how a script writes it, the expected data between brackets,
    /// the expected status between parentheses, and a remark.
    pub(in crate::script) fn send(
        &mut self,
        start: &[u8],
        command: &str,
        data: Option<&str>,
        sw: Option<&str>,
        remark: &str,
    ) {
        if command.is_empty() {
            return;
        }
        let seen = |sw: &str| {
            let sw = sw.trim_start_matches('!').to_ascii_uppercase();
            sw.split('|').any(|sw| ["61", "6C", "9F"].iter().any(|own| sw.trim().starts_with(own)))
        };
        self.raw |= start.get(1) == Some(&ins::GET_RESPONSE) || sw.is_some_and(seen);
        self.any_status |= sw.is_none();
        let mut line = command.to_owned();
        if let Some(data) = data {
            line.push_str(&format!("  [{data}]"));
        }
        if let Some(sw) = sw {
            line.push_str(&format!(" ({sw})"));
        }
        let remark = self::remark(remark);
        let remark = remark.trim_start();
        if !remark.is_empty() {
            line.push_str(&format!("  # {remark}"));
        }
        self.say(line);
    }

    /// A command with the answer that a card once gave. What differs each time is not expected.
    pub(in crate::script) fn answered(&mut self, command: &[u8], response: &[u8], remark: &str) {
        let (data, sw) = response.split_at(response.len().saturating_sub(2));
        let sw = hex::encode_upper(sw);
        let fresh = is_fresh(command) && !data.is_empty();
        let expected = (!data.is_empty() && !fresh).then(|| hex::encode_upper(data));
        let remark = match (fresh, remark.is_empty()) {
            (true, true) => "another answer each time".to_owned(),
            (true, false) => format!("another answer each time; {remark}"),
            (false, _) => remark.to_owned(),
        };
        let text = hex_words(command, true);
        self.send(command, &text, expected.as_deref(), Some(&sw), &remark);
    }

    /// The name in the script of a variable of the file.
    pub(super) fn name(&mut self, original: &str) -> String {
        if let Some(name) = self.names.get(original) {
            return name.clone();
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut name: String =
            original.chars().take(200).map(|c| if legal(c) { c } else { '_' }).collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert_str(0, "v_");
        }
        let mut unique = name.clone();
        let mut number = 2;
        while !self.used.insert(unique.clone()) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        self.names.insert(original.to_owned(), unique.clone());
        unique
    }

    /// The script.
    pub(in crate::script) fn finish(self) -> Imported {
        let mut text = format!("# {}\n", self.origin);
        if self.any_status {
            text.push_str("default-sw (*)\n");
        }
        for statement in &self.first {
            text.push_str(statement);
            text.push('\n');
        }
        text.push('\n');
        let body = self.body.trim_start_matches('\n');
        if self.raw && !self.logical {
            text.push_str("# the card's own 61xx and 6Cxx are looked at below\nraw\n");
            for line in body.lines() {
                text.push_str(format!("  {line}").trim_end());
                text.push('\n');
            }
            text.push_str("end\n");
        } else {
            text.push_str(body);
        }
        Imported { text, notes: self.notes }
    }
}

// What stands behind a `#`: a `\` at its end would swallow the next line.
pub(in crate::script) fn remark(text: &str) -> String {
    clean(text.trim_end_matches(|c: char| c == '\\' || c.is_whitespace()).chars())
}

/// The bytes of a command in words: header, Lc, data, Le where all of it is known.
pub(in crate::script) fn hex_words(bytes: &[u8], whole: bool) -> String {
    let Some((header, rest)) = bytes.split_first_chunk::<4>() else {
        return hex::encode_upper(bytes);
    };
    let [cla, ins, p1, p2] = header;
    let mut text = format!("{cla:02X}{ins:02X} {p1:02X}{p2:02X}");
    let mut word = |bytes: &[u8]| {
        if !bytes.is_empty() {
            text.push(' ');
            text.push_str(&hex::encode_upper(bytes));
        }
    };
    match CommandView::parse(bytes) {
        Ok(view) if whole && !view.data.is_empty() => {
            let lc = if view.extended { 3 } else { 1 };
            let (lc, rest) = rest.split_at_checked(lc).unwrap_or((rest, &[]));
            let (data, le) = rest.split_at_checked(view.data.len()).unwrap_or((rest, &[]));
            word(lc);
            word(data);
            word(le);
        }
        _ => word(rest),
    }
    text
}

/// Whether text can stand between quotation marks as it is.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
}

/// Text between quotation marks; what could not stand there is left out.
pub(super) fn quoted(text: &str) -> String {
    let text: String =
        text.chars().filter(|&c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
    format!("\"{text}\"")
}

// A challenge, a signature, a cryptogram, a reader's identifier of a card that makes a new one.
const fn is_fresh(command: &[u8]) -> bool {
    match command {
        [0xFF, 0xCA, 0x00, ..] => true,
        [0xFF, ..] => false,
        [cla, ins, ..] => {
            matches!(
                *ins,
                ins::GET_CHALLENGE
                    | ins::EXTERNAL_AUTHENTICATE
                    | ins::INTERNAL_AUTHENTICATE
                    | ins::GENERAL_AUTHENTICATE
                    | ins::PERFORM_SECURITY_OPERATION
            ) || *cla & 0x8C == 0x0C
        }
        _ => false,
    }
}
