//! Lines in their form, one after the other.

use super::{
    commands::{Commands, grouped, tail},
    tokens::{Kind, Token, next},
};
use crate::script::syntax::{OPENERS, Send};

/// What a level of blocks is moved in by.
const INDENT: &str = "  ";

/// A line: what stands on it, what is expected, and a comment.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) head: String,
    /// What is expected of a command's answer.
    pub(super) tail: String,
    pub(super) comment: String,
}

/// How the lines of a text are laid out.
pub(super) struct Layout<'t> {
    text: &'t str,
    lenient: bool,
    commands: &'t Commands<'t>,
    at: usize,
    depth: usize,
}

impl<'t> Layout<'t> {
    pub(super) const fn new(text: &'t str, lenient: bool, commands: &'t Commands<'t>) -> Self {
        Self { text, lenient, commands, at: 0, depth: 0 }
    }

    /// All lines. Two empty ones never follow one another, and none stands at either end.
    pub(super) fn lines(mut self) -> Vec<Line> {
        if self.text.starts_with('\u{FEFF}') {
            self.at = '\u{FEFF}'.len_utf8();
        }
        let mut lines: Vec<Line> = Vec::new();
        while self.at < self.text.len() {
            let line = self.line();
            let is_empty = |line: &Line| line.head.is_empty() && line.comment.is_empty();
            if !is_empty(&line) || lines.last().is_some_and(|last| !is_empty(last)) {
                lines.push(line);
            }
        }
        while lines.last().is_some_and(|line| line.head.is_empty() && line.comment.is_empty()) {
            lines.pop();
        }
        lines
    }

    // Only a command's own lines have `;` as a comment anywhere: in a fault it parts two of them.
    fn next(&self, is_fault: bool) -> Token<'t> {
        next(self.text, self.at, self.lenient && !is_fault)
    }

    fn line(&mut self) -> Line {
        // What goes on before it has begun is a line of its own.
        let mut first = self.next(false);
        while first.kind == Kind::GoesOn {
            self.at = first.start + first.text.len();
            first = self.next(false);
        }
        // In a lenient file a line that begins with `#` is a comment, whatever follows.
        if self.lenient && first.text.starts_with('#') {
            let rest = self.text.get(first.start..).unwrap_or_default();
            let comment = rest.split('\n').next().unwrap_or_default();
            self.at = first.start + (comment.len() + 1).min(rest.len());
            let comment = format!("{}{}", INDENT.repeat(self.depth), comment.trim_end());
            return Line { comment, ..Line::default() };
        }
        let word = if first.kind == Kind::Word { first.text } else { "" };
        let send = self.commands.at(first.start);
        // A block's first line moves in what follows, `else` and `catch` only themselves out.
        let opens = send.is_none() && OPENERS.contains(&word);
        let between = matches!(word, "else" | "catch");
        if matches!(word, "end") || between {
            self.depth = self.depth.saturating_sub(1);
        }
        let indent = INDENT.repeat(self.depth);
        let mut writer =
            Writer { line: Line::default(), word, send, before: None, goes_on: None, indent };
        let tail = send.and_then(tail);
        if let Some((digits, end)) = send.and_then(|send| grouped(send, self.text)) {
            writer.push_first(&digits);
            self.at = end;
        }
        let is_fault = word == "fault";
        loop {
            let token = self.next(is_fault);
            self.at = token.start + token.text.len();
            match token.kind {
                Kind::End => break,
                Kind::Comment => writer.line.comment = token.text.trim_end().to_owned(),
                kind => {
                    let in_tail = tail.is_some_and(|tail| token.start >= tail);
                    if kind == Kind::GoesOn {
                        writer.goes_on.get_or_insert((token, in_tail));
                    } else {
                        writer.push(token, in_tail);
                    }
                }
            }
        }
        let mut line = writer.line;
        if line.head.is_empty() && !line.comment.is_empty() {
            line.comment = format!("{}{}", INDENT.repeat(self.depth), line.comment);
        }
        if opens || between {
            self.depth += 1;
        }
        line
    }
}

// One line while its tokens come.
struct Writer<'t> {
    line: Line,
    word: &'t str,
    send: Option<&'t Send>,
    before: Option<Token<'t>>,
    /// A backslash that nothing has followed yet.
    goes_on: Option<(Token<'t>, bool)>,
    indent: String,
}

impl<'t> Writer<'t> {
    fn push_first(&mut self, digits: &str) {
        self.line.head = format!("{}{digits}", self.indent);
        let text = "0";
        self.before = Some(Token { kind: Kind::Word, text, start: 0, blank: false });
    }

    fn push(&mut self, token: Token<'t>, in_tail: bool) {
        if let Some((goes_on, in_tail)) = self.goes_on.take() {
            self.write(goes_on, in_tail);
        }
        self.write(token, in_tail);
    }

    fn write(&mut self, token: Token<'t>, in_tail: bool) {
        let blank = self.blank(token);
        let shown = match token.kind {
            Kind::GoesOn => format!("\\\n{}{INDENT}{INDENT}", self.indent),
            Kind::Word if self.send.is_some() => self.upper(token.text, in_tail),
            _ => token.text.to_owned(),
        };
        let part = if in_tail { &mut self.line.tail } else { &mut self.line.head };
        if part.is_empty() {
            if !in_tail {
                part.push_str(&self.indent);
            }
        } else if blank {
            part.push(' ');
        }
        part.push_str(&shown);
        self.before = Some(token);
    }

    // Whether a blank belongs before a token.
    fn blank(&self, token: Token<'_>) -> bool {
        let Some(before) = self.before else { return false };
        let is_send = self.send.is_some();
        // Words keep their distance, or have none.
        let as_it_is = token.blank;
        if before.kind == Kind::GoesOn {
            return false;
        }
        match (before.text, token.text) {
            _ if token.kind == Kind::GoesOn => true,
            // What is raw stays as it is.
            _ if self.word == "fault" || self.word.is_empty() && !is_send => as_it_is,
            ("(" | "[" | "#(" | "#ber(" | ".." | "..=" | "|" | "!", _) => false,
            (_, ")" | "]" | ".." | "..=" | "|" | ",") => false,
            (",", _) => self.word != "test",
            (")" | "]", "(" | "[") if is_send => true,
            ("=~", _) | (_, "=~") => false,
            ("=", _) | (_, "=") => matches!(self.word, "let" | "secret"),
            ("->", _) | (_, "->") => true,
            ("==" | "!=" | "<=" | ">=" | "<" | ">", _)
            | (_, "==" | "!=" | "<=" | ">=" | "<" | ">") => !is_send,
            _ => as_it_is,
        }
    }

    // Digits of bytes and patterns are capitals; names are what they are.
    fn upper(&self, text: &str, in_tail: bool) -> String {
        let is_digits = |text: &str, more: &str| {
            text.chars().all(|c| c.is_ascii_hexdigit() || more.contains(c))
        };
        if is_digits(text, "") || in_tail && is_digits(text, "Xx") {
            return text.to_ascii_uppercase();
        }
        text.to_owned()
    }
}
