//! `iccard trace show`.

use std::{process::ExitCode, time::Duration};

use anyhow::Result;
use serde_json::{Value, json};

use super::{ShowArgs, of_trace};
use crate::{
    apdu::StatusWord,
    cli::{Context, holder::shown, output::Output},
    explain::{self, Node},
    trace::{Trace, explain as explained},
    transport::{Counts, Entry, Masked, RecordedExchange, RecordedReset},
};

pub(super) fn show(context: &Context, args: &ShowArgs) -> Result<ExitCode> {
    let trace = Trace::load(&args.file).map_err(of_trace)?;
    let (out, recording) = (&context.out, trace.recording());
    let header = recording.header();
    out.row("form", trace.form());
    let rows = [("card", &header.card), ("recorded", &header.time), ("program", &header.program)];
    for (label, text) in rows {
        if !text.is_empty() {
            out.row(label, shown(text));
        }
    }
    if !header.atr.is_empty() {
        out.row("ATR", header.atr.to_string());
        if let Some(atr) = header.atr.bytes().filter(|_| !args.brief && !out.is_json()) {
            tree(out, &explain::atr(atr));
        }
    }
    let holds = if header.redacted {
        "redacted: [n] stands for n bytes that are left out"
    } else {
        "all bytes"
    };
    out.row("holds", holds);
    let mut entries = Vec::new();
    for ((line, entry), at) in recording.entries().iter().zip(trace.times()) {
        let mut value = match entry {
            Entry::Exchange(exchange) => exchanged(out, exchange, *at, args.brief),
            Entry::Reset(reset) => was_reset(out, reset, *at),
        };
        if out.is_json() {
            value["line"] = json!(line);
            value["at_us"] = json!(at.map(micros));
            entries.push(value);
        }
    }
    out.row("end", ended(recording.counts(), recording.exchanges().count()));
    out.object(json!({
        "form": trace.form(),
        "card": header.card,
        "program": header.program,
        "time": header.time,
        "atr": header.atr,
        "redacted": header.redacted,
        "entries": entries,
        "counts": recording.counts(),
    }));
    Ok(ExitCode::SUCCESS)
}

fn exchanged(
    out: &Output,
    exchange: &RecordedExchange,
    at: Option<Duration>,
    brief: bool,
) -> Value {
    let nodes = explained(exchange);
    if out.is_json() {
        let answer = exchange.plain.as_ref().map(|plain| &plain.response);
        let sw = answer.or(exchange.response.as_ref()).and_then(Masked::status);
        return json!({
            "n": exchange.n,
            "step": exchange.step,
            "us": exchange.us,
            "protected": exchange.plain.is_some(),
            "command": exchange.command,
            "response": exchange.response,
            "plain": exchange.plain,
            "error": exchange.error,
            "sw": sw.map(hex::encode_upper),
            "meaning": sw.map(|sw| StatusWord(u16::from_be_bytes(sw)).meaning()),
            "explained": if brief { Value::Null } else { json!(nodes) },
        });
    }
    let step = shown(exchange.step.as_deref().unwrap_or("-"));
    out.line(format!("{:>4}  {}{step}   {} µs", exchange.n, clock(at), exchange.us));
    for node in &nodes {
        if brief {
            let value = if node.value.is_empty() { "" } else { ": " };
            out.line(format!("      {}{value}{}", node.label, node.value));
        } else {
            tree(out, node);
        }
    }
    Value::Null
}

fn was_reset(out: &Output, reset: &RecordedReset, at: Option<Duration>) -> Value {
    let kind = format!("{:?}", reset.kind).to_lowercase();
    let atr = reset.atr.as_ref().map_or_else(|| "failed".into(), |atr| format!("ATR {atr}"));
    out.line(format!("      {}{kind} reset   {atr}", clock(at)));
    json!({ "reset": kind, "us": reset.us, "atr": reset.atr, "error": reset.error })
}

// Under the line of its exchange.
fn tree(out: &Output, node: &Node) {
    for line in node.draw().lines() {
        out.line(format!("      {line}"));
    }
}

fn clock(at: Option<Duration>) -> String {
    at.map_or_else(String::new, |at| format!("{}.{:06} s  ", at.as_secs(), at.subsec_micros()))
}

fn micros(at: Duration) -> u64 {
    u64::try_from(at.as_micros()).unwrap_or(u64::MAX)
}

fn ended(counts: Option<Counts>, exchanges: usize) -> String {
    match counts {
        Some(counts) => format!(
            "{} exchanges, {} resets, {} errors, {} B to card, {} B from card",
            counts.exchanges,
            counts.resets,
            counts.errors,
            counts.bytes_to_card,
            counts.bytes_from_card
        ),
        None => format!("{exchanges} exchanges; the trace does not say that it is whole"),
    }
}
