//! `iccard readers`: the readers there are, and what comes and goes on them.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::{Context, card, output::Output};
use crate::{
    atr::Atr,
    transport::pcsc::{self, ReaderEvent, ReaderInfo, ReaderKind, ReaderState, Watcher},
};

#[derive(Debug, Args)]
pub(super) struct ReadersArgs {
    /// Go on and show cards and readers coming and going (with --json: one object a line)
    #[arg(long)]
    watch: bool,
    /// End watching after this many seconds
    #[arg(long, value_name = "SECONDS", requires = "watch")]
    seconds: Option<u64>,
}

pub(super) fn run(context: &Context, args: &ReadersArgs) -> Result<ExitCode> {
    if args.watch {
        return watch(&context.out, args.seconds.map(Duration::from_secs));
    }
    let readers = pcsc::readers()?;
    if readers.is_empty() {
        context.out.line("no reader is connected");
    }
    for reader in &readers {
        context.out.line(describe(reader));
    }
    let list: Vec<Value> = readers.iter().map(value).collect();
    context.out.object(json!({ "readers": list }));
    Ok(ExitCode::SUCCESS)
}

fn watch(out: &Output, limit: Option<Duration>) -> Result<ExitCode> {
    let end = limit.and_then(|limit| Instant::now().checked_add(limit));
    let mut watcher = Watcher::start(card::ignored_readers())?;
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(ExitCode::SUCCESS);
        }
        let second = Duration::from_secs(1);
        let Some(event) = watcher.next(left.map_or(second, |left| left.min(second)))? else {
            continue;
        };
        let (name, text, reader) = match &event {
            ReaderEvent::Added(reader) => ("reader_in", describe(reader), Some(reader)),
            ReaderEvent::Removed(reader) => {
                ("reader_out", format!("{}  {}  gone", reader.index, reader.name), Some(reader))
            }
            ReaderEvent::CardIn(reader) => {
                ("card_in", format!("{}  card in   {}", reader.index, atr(reader)), Some(reader))
            }
            ReaderEvent::CardOut(reader) => {
                ("card_out", format!("{}  card out", reader.index), Some(reader))
            }
            ReaderEvent::Changed(reader) => ("changed", describe(reader), Some(reader)),
            ReaderEvent::ServiceLost { detail } => {
                ("service_lost", format!("the smart card service is gone: {detail}"), None)
            }
            ReaderEvent::ServiceBack => ("service_back", "the service is back".into(), None),
        };
        out.line(text);
        out.json_line(json!({ "event": name, "reader": reader.map(value) }));
    }
}

fn describe(reader: &ReaderInfo) -> String {
    let atr = if reader.atr.is_empty() { String::new() } else { format!("   {}", atr(reader)) };
    let (kind, state) = (kind(reader.kind), state(reader.state));
    format!("{}  {}    {kind}   {state}{atr}", reader.index, reader.name)
}

fn atr(reader: &ReaderInfo) -> String {
    let hex = hex::encode_upper(&reader.atr);
    match Atr::parse(&reader.atr) {
        Ok(atr) => format!("{hex} {atr}"),
        Err(_) => hex,
    }
}

fn value(reader: &ReaderInfo) -> Value {
    json!({
        "index": reader.index,
        "name": reader.name,
        "kind": kind(reader.kind),
        "state": state(reader.state),
        "atr": hex::encode_upper(&reader.atr),
    })
}

const fn kind(kind: ReaderKind) -> &'static str {
    match kind {
        ReaderKind::Contactless => "contactless",
        ReaderKind::Contact => "contact",
        ReaderKind::Sam => "SAM",
        ReaderKind::Unknown => "unknown kind",
    }
}

const fn state(state: ReaderState) -> &'static str {
    match state {
        ReaderState::Empty => "empty",
        ReaderState::Card => "card",
        ReaderState::InUse => "card in use",
        ReaderState::Exclusive => "card in exclusive use",
        ReaderState::Mute => "mute card",
        ReaderState::Unavailable => "unavailable",
    }
}
