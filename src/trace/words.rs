//! What exchanges are, in words. What is left out of them stands as zeros, so that nothing said here
//! can tell of it.

use crate::{
    apdu::StatusWord,
    explain::{self, Node},
    transport::{ErrorKind, Masked, RecordedExchange, ResetKind},
};

/// The command that was meant: in plain under secure messaging.
pub(super) fn meant(exchange: &RecordedExchange) -> &Masked {
    exchange.plain.as_ref().map_or(&exchange.command, |plain| &plain.command)
}

/// The command in one line, such as `READ BINARY, short EF identifier 1E`.
pub(super) fn command(exchange: &RecordedExchange) -> String {
    let line = explain::command_line(&meant(exchange).filled());
    let protected = if exchange.plain.is_some() { ", under secure messaging" } else { "" };
    format!("{line}{protected}")
}

/// The status word, where there is one.
pub(super) fn status(answer: &Masked) -> Option<StatusWord> {
    answer.status().map(|sw| StatusWord(u16::from_be_bytes(sw)))
}

/// A fault's name, as files have it.
pub(super) const fn fault(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::CardRemoved => "card_removed",
        ErrorKind::CardReset => "card_reset",
        ErrorKind::Timeout => "timeout",
        ErrorKind::CommandTooLong => "command_too_long",
        ErrorKind::Other => "other",
    }
}

/// A reset's name, as files have it.
pub(super) const fn reset(kind: ResetKind) -> &'static str {
    match kind {
        ResetKind::Cold => "cold",
        ResetKind::Warm => "warm",
    }
}

/// What an exchange says: the command, the answer, each with what its bytes mean where they are
/// there. Under secure messaging that is what was meant; the wire stands beside it.
pub fn explain(exchange: &RecordedExchange) -> Vec<Node> {
    let meant_command = meant(exchange);
    let mut nodes = vec![of_command(meant_command)];
    let answer = match &exchange.plain {
        Some(plain) => Some(&plain.response),
        None => exchange.response.as_ref(),
    };
    match (answer, &exchange.error) {
        (Some(answer), _) => nodes.push(of_answer(meant_command, answer)),
        (None, Some(error)) => nodes.push(Node::new("no answer", fault(error.kind))),
        (None, None) => {}
    }
    if exchange.plain.is_some() {
        let mut wire = Node::new("secure messaging", "").child(of_command(&exchange.command));
        if let Some(response) = &exchange.response {
            wire = wire.child(of_answer(&exchange.command, response));
        }
        nodes.push(wire);
    }
    nodes
}

fn of_command(command: &Masked) -> Node {
    match command.bytes() {
        Some(bytes) => explain::command(bytes),
        None => partly("command", explain::command_line(&command.filled()), command),
    }
}

fn of_answer(command: &Masked, answer: &Masked) -> Node {
    match (command.bytes(), answer.bytes()) {
        (Some(command), Some(answer)) => explain::answer(command, answer),
        // Its header says what the answer is of.
        (None, Some(bytes)) => explain::answer(&command.filled(), bytes),
        (_, None) => {
            let said = status(answer).map_or_else(String::new, |sw| sw.to_string());
            partly("answer", said, answer)
        }
    }
}

// The tree of bytes that are not all there would be made up.
fn partly(label: &str, value: String, bytes: &Masked) -> Node {
    let gone: usize = bytes.gaps().into_iter().map(|gap| gap.len()).sum();
    Node { bytes: Some(bytes.to_string()), ..Node::new(label, value) }
        .child(Node::new("data", format!("{gone} bytes left out")))
}
