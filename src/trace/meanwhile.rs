//! Until `explain` says these.

use crate::{
    apdu::{CommandView, StatusWord, ins},
    explain::Node,
};

pub(super) fn command_line(command: &[u8]) -> String {
    match CommandView::parse(command) {
        Ok(view) => ins::name(view.header.ins).into(),
        Err(_) => "no command APDU".into(),
    }
}

pub(super) fn command(bytes: &[u8]) -> Node {
    Node::new("command", command_line(bytes)).bytes(bytes)
}

pub(super) fn answer(_command: &[u8], answer: &[u8]) -> Node {
    let sw = answer.last_chunk().map(|sw| StatusWord(u16::from_be_bytes(*sw)));
    let said = sw.map_or_else(|| "no response APDU".into(), |sw| sw.to_string());
    Node::new("answer", said).bytes(answer)
}

/// What an answer to reset says.
pub fn atr(bytes: &[u8]) -> Node {
    Node::new("ATR", "").bytes(bytes)
}

/// A tree as text.
pub fn draw(node: &Node) -> String {
    let mut text = format!("{}: {}", node.label, node.value);
    if let Some(bytes) = &node.bytes {
        text.push_str(&format!("   {bytes}"));
    }
    for child in &node.children {
        text.push_str(&format!("\n  {}: {}", child.label, child.value));
    }
    text
}
