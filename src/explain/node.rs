//! A tree of labels and values.

use serde::Serialize;

/// Bytes that a node keeps of a long value.
const KEPT: usize = 256;
/// Bytes that stand in a drawn line.
const DRAWN: usize = 24;
/// The longest label that others of its level are lined up with.
const WIDEST: usize = 30;
/// What stands before the reason.
const REFUSED: &str = "refused: ";
/// No tree is deeper; what were below it is not drawn.
const DEEPEST: usize = 64;

/// One line of an explanation, and what belongs under it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Node {
    /// What it is: `P1`, `6F FCI template`, `serial number`.
    pub label: String,
    /// Its value in words: `select by DF name`; empty where the children say it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// The bytes that it was read from, in capital hexadecimal digits, where they are worth showing;
    /// of long ones the first 256, then `…` and how many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// What it consists of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Self>,
}

impl Node {
    /// A node without children.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), ..Self::default() }
    }

    /// With the bytes that it was read from.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.bytes = Some(cut(bytes, KEPT));
        self
    }

    /// With one more child.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// With these children, too.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// Whether it says that the bytes are not what they were read as.
    pub fn is_refused(&self) -> bool {
        self.value.starts_with(REFUSED)
    }

    /// What it says of bytes that are not what they were read as.
    pub(super) fn refused(label: impl Into<String>, why: &dyn std::fmt::Display) -> Self {
        Self::new(label, format!("{REFUSED}{why}"))
    }

    /// The tree as indented lines, one a node. Control characters are escaped, for what comes from
    /// a card may hold commands for a terminal.
    pub fn draw(&self) -> String {
        let mut out = String::new();
        self.draw_at(0, 0, &mut out);
        out
    }

    fn draw_at(&self, depth: usize, width: usize, out: &mut String) {
        if depth > DEEPEST {
            return;
        }
        let bytes = self.bytes.as_deref().map(drawn).unwrap_or_default();
        let mut text = escaped(&self.value);
        if !text.is_empty() && !bytes.is_empty() {
            text.push_str("   ");
        }
        text.push_str(&bytes);
        let label = escaped(&self.label);
        let line = format!("{}{label:<width$}  {text}", "  ".repeat(depth));
        out.push_str(line.trim_end());
        out.push('\n');
        let widths = self.children.iter().map(|child| child.label.chars().count());
        let widest = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
        for child in &self.children {
            child.draw_at(depth + 1, widest, out);
        }
    }
}

/// Bytes in hexadecimal digits; of more than `most` the first, then `…` and how many there are.
pub(super) fn cut(bytes: &[u8], most: usize) -> String {
    match bytes.get(..most) {
        Some(first) if bytes.len() > most => {
            format!("{}… ({} bytes)", hex::encode_upper(first), bytes.len())
        }
        _ => hex::encode_upper(bytes),
    }
}

// The digits of a node, cut for a line.
fn drawn(digits: &str) -> String {
    let (hex, count) = match digits.split_once('…') {
        Some((hex, rest)) => (hex, rest.to_owned()),
        None => (digits, format!(" ({} bytes)", digits.len() / 2)),
    };
    match hex.get(..2 * DRAWN) {
        Some(first) if hex.len() > 2 * DRAWN => format!("{first}…{count}"),
        _ => digits.to_owned(),
    }
}

// What could move a terminal's cursor or turn the direction of writing.
fn escaped(text: &str) -> String {
    let turns = |c| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if c.is_control() || turns(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_drawn_lined_up_and_harmless() {
        let tree = Node::new("command", "SELECT")
            .child(Node::new("CLA", "plain").bytes(&[0x00]))
            .child(Node::new("data field", "").bytes(&[0xAB; 30]))
            .child(Node::new("name", "\u{1b}[31mHONG\u{202e}"));
        let long = "AB".repeat(24);
        assert_eq!(
            tree.draw(),
            format!(
                "command  SELECT\n  CLA         plain   00\n  data field  {long}… (30 bytes)\n  \
                 name        \\u{{1b}}[31mHONG\\u{{202e}}\n"
            )
        );
    }

    #[test]
    fn long_values_keep_their_length_and_not_their_bytes() {
        let node = Node::new("x", "").bytes(&[1; 70_000]);
        assert!(node.bytes.as_ref().is_some_and(|text| text.len() < 600));
        assert!(node.draw().ends_with("01… (70000 bytes)\n"), "{}", node.draw());
    }
}
