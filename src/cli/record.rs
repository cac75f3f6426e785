//! `iccard record`: what stands in recordings.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Context, files, holder::shown, recording::of_recording};
use crate::{
    apdu::{StatusWord, ins},
    trace,
    transport::{Counts, Entry, Masked, RecordedExchange, Recording, Secrets},
};

#[derive(Debug, Subcommand)]
pub(super) enum RecordCommand {
    /// Say what a recording has: the card, the dialogue step by step, how it ended
    Show(ShowArgs),
    /// Turn a recording into another form
    Export(ExportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The recording
    file: PathBuf,
    /// Show the data of commands and responses, as far as they were recorded: personal data
    #[arg(long)]
    data: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The recording
    file: PathBuf,
    /// `lines`: an object of JSON a line, in plain where the recording has that. `dump`: the wire
    /// in hexadecimal as apdu4j writes and replays it
    #[arg(long, value_enum, default_value = "lines")]
    format: Format,
    /// Write into this new file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Lines,
    Dump,
}

pub(super) fn run(context: &Context, command: &RecordCommand) -> Result<ExitCode> {
    match command {
        RecordCommand::Show(args) => show(context, args),
        RecordCommand::Export(args) => export(context, args),
    }
}

fn show(context: &Context, args: &ShowArgs) -> Result<ExitCode> {
    let recording = Recording::load(&args.file).map_err(of_recording)?;
    let (out, header) = (&context.out, recording.header());
    out.row("card", shown(&header.card));
    out.row("ATR", header.atr.to_string());
    out.row("recorded", format!("{} by version {}", shown(&header.time), shown(&header.program)));
    out.row("command", shown(&header.arguments.join(" ")));
    out.row("holds", holds(header.redacted, header.secrets.as_ref()));
    let mut entries = Vec::new();
    for (line, entry) in recording.entries() {
        match entry {
            Entry::Exchange(exchange) => {
                out.line(told(exchange));
                if args.data
                    && let Some((command, response)) = exchange.meant()
                {
                    out.line(format!("      > {command}"));
                    out.line(format!("      < {response}"));
                }
                entries.push(value(exchange, args.data));
            }
            Entry::Reset(reset) => {
                let kind = format!("{:?}", reset.kind).to_lowercase();
                out.line(format!("      {kind} reset   {} µs", reset.us));
                entries.push(json!({ "reset": kind, "line": line, "us": reset.us }));
            }
        }
    }
    out.row("end", ended(recording.counts()));
    out.object(json!({
        "card": header.card,
        "atr": header.atr.to_string(),
        "time": header.time,
        "program": header.program,
        "arguments": header.arguments,
        "redacted": header.redacted,
        "limits": header.limits,
        "entries": entries,
        "complete": recording.counts().is_some(),
        "counts": recording.counts(),
    }));
    Ok(ExitCode::SUCCESS)
}

fn export(context: &Context, args: &ExportArgs) -> Result<ExitCode> {
    let recording = Recording::load(&args.file).map_err(of_recording)?;
    let text = Zeroizing::new(match args.format {
        Format::Lines => lines(&recording),
        Format::Dump => trace::dump_of(&recording),
    });
    let Some(path) = &args.out else {
        context.out.raw(text.as_bytes());
        return Ok(ExitCode::SUCCESS);
    };
    files::write_new_private(path, "write the export", text.as_bytes())?;
    let exchanges = recording.exchanges().count();
    context.out.line(format!("{} written: {exchanges} exchanges", path.display()));
    context.out.object(json!({ "file": path, "exchanges": exchanges }));
    Ok(ExitCode::SUCCESS)
}

fn holds(redacted: bool, secrets: Option<&Secrets>) -> String {
    let Some(secrets) = secrets.filter(|_| !redacted) else {
        return "no secrets and no personal data: redacted".into();
    };
    let names = [
        ("CAN", secrets.can.is_some()),
        ("PIN", secrets.pin.is_some()),
        ("PUK", secrets.puk.is_some()),
        ("MRZ", secrets.mrz.is_some()),
        ("licence line", secrets.bap.is_some()),
        ("seed", secrets.seed.is_some()),
        ("terminal's key", secrets.terminal.is_some()),
    ];
    let there: Vec<_> = names.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
    format!("ALL BYTES, personal data too; secrets: {}", there.join(", "))
}

// Number, what for, what was sent and answered, without data.
fn told(exchange: &RecordedExchange) -> String {
    let step = shown(exchange.step.as_deref().unwrap_or("-"));
    let protected = if exchange.plain.is_some() { ", secure messaging" } else { "" };
    let name = instruction(exchange);
    let sent = format!("{:>4}  {step}: {name}{protected}", exchange.n);
    let Some((command, response)) = exchange.meant() else {
        let error = exchange.error.as_ref();
        let kind = error.map_or_else(String::new, |error| format!("{:?}", error.kind));
        return format!(
            "{sent}   {} B, no answer: {kind}   {} µs",
            exchange.command.len(),
            exchange.us
        );
    };
    let sw = response.status().map_or_else(String::new, |sw| status(sw).to_string());
    let len = response.len().saturating_sub(2);
    format!("{sent}   {} B   < {len} B {sw}   {} µs", command.len(), exchange.us)
}

fn instruction(exchange: &RecordedExchange) -> &'static str {
    let command = exchange.meant().map_or(&exchange.command, |(command, _)| command);
    match known_start(command).get(1) {
        Some(&ins) => ins::name(ins),
        None => "no APDU",
    }
}

fn known_start(masked: &Masked) -> &[u8] {
    match masked.parts().first() {
        Some(crate::transport::Part::Known(bytes)) => bytes,
        _ => &[],
    }
}

const fn status(sw: [u8; 2]) -> StatusWord {
    StatusWord(u16::from_be_bytes(sw))
}

fn value(exchange: &RecordedExchange, data: bool) -> Value {
    let meant = exchange.meant();
    let sw = meant.and_then(|(_, response)| response.status());
    let mut value = json!({
        "n": exchange.n,
        "step": exchange.step,
        "us": exchange.us,
        "name": instruction(exchange),
        "protected": exchange.plain.is_some(),
        "sw": sw.map(hex::encode_upper),
        "error": exchange.error,
    });
    if data {
        let command = meant.map_or(&exchange.command, |(command, _)| command);
        value["command"] = json!(command);
        value["response"] = json!(meant.map(|(_, response)| response));
    }
    value
}

fn ended(counts: Option<Counts>) -> String {
    counts.map_or_else(
        || "CUT OFF: the recorder was ended before the dialogue".into(),
        |counts| {
            format!(
                "{} exchanges, {} resets, {} errors, {} B to card, {} B from card",
                counts.exchanges,
                counts.resets,
                counts.errors,
                counts.bytes_to_card,
                counts.bytes_from_card
            )
        },
    )
}

fn lines(recording: &Recording) -> String {
    let mut text = String::new();
    for exchange in recording.exchanges() {
        text.push_str(&value(exchange, true).to_string());
        text.push('\n');
    }
    text
}
