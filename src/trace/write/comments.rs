//! What stands beside a packet: for people, and to be read again.

use crate::{
    trace::words,
    transport::{Masked, RecordedExchange},
};

/// Begins the comment that names the step.
pub(in crate::trace) const STEP: &str = "step: ";
/// Begins the comment that says which bytes are zeros for what is left out.
pub(in crate::trace) const LEFT_OUT: &str = "masked: bytes ";
/// Begins the comment with what is meant under secure messaging.
pub(in crate::trace) const PLAIN: &str = "plain: ";
/// Begins the comment that says why there is no answer.
pub(in crate::trace) const ANSWER: &str = "no answer: ";
/// Begins the comment with the counts, in the block of statistics.
pub(in crate::trace) const END: &str = "end: ";

/// Most bytes of a comment: its length has two.
const MAX: usize = 0xFFFF;

/// What to say beside a command.
pub(super) fn command(exchange: &RecordedExchange) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(step) = &exchange.step {
        said.push(format!("{STEP}{step}"));
    }
    said.push(words::command(exchange));
    said.extend(left_out(&exchange.command));
    said.extend(exchange.plain.as_ref().and_then(|plain| in_plain(&plain.command)));
    said.extend(exchange.error.as_ref().map(|error| {
        let why = words::fault(error.kind);
        format!("{ANSWER}{why}")
    }));
    said
}

/// What to say beside its response.
pub(super) fn response(exchange: &RecordedExchange, response: &Masked) -> Vec<String> {
    let plain = exchange.plain.as_ref().map(|plain| &plain.response);
    let mut said = Vec::new();
    said.extend(words::status(plain.unwrap_or(response)).map(|sw| sw.to_string()));
    said.extend(left_out(response));
    said.extend(plain.and_then(in_plain));
    said
}

fn left_out(bytes: &Masked) -> Vec<String> {
    let range = |gap: std::ops::Range<usize>| {
        let last = gap.end.saturating_sub(1);
        format!("{LEFT_OUT}{} to {last} of {}, zeros stand for them", gap.start, bytes.len())
    };
    bytes.gaps().into_iter().map(range).collect()
}

// What is too long is not cut, for a part would be read as the whole.
fn in_plain(bytes: &Masked) -> Option<String> {
    Some(format!("{PLAIN}{bytes}")).filter(|text| text.len() <= MAX)
}
