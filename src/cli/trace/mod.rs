//! `--trace`, and `iccard trace`: what stands in traces.

mod args;
mod show;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use zeroize::Zeroizing;

pub(super) use self::args::{STEP, TraceArgs};
use super::{
    Context,
    failure::{self, Failure},
    files, recording,
};
use crate::{
    script::export::of_recording,
    trace::{Trace, TraceError},
};

const READ: &str = "read the trace";

#[derive(Debug, Subcommand)]
pub(super) enum TraceCommand {
    /// Say what was said, command by command: its name, its bytes, its answer, the step, the time
    Show(ShowArgs),
    /// Make a script of a trace that does the same again
    ToScript(ToScriptArgs),
}

#[derive(Debug, Args)]
pub(super) struct ToScriptArgs {
    /// The trace, in any form that `show` reads
    file: PathBuf,
    /// Write into this new file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The trace: pcapng, pcap, JSON lines, a dump of apdu4j, a recording, a .clf of cardpeek
    file: PathBuf,
    /// A line or two an exchange, without what the bytes mean
    #[arg(long)]
    brief: bool,
}

pub(super) fn run(context: &Context, command: &TraceCommand) -> Result<ExitCode> {
    match command {
        TraceCommand::Show(args) => show::show(context, args),
        TraceCommand::ToScript(args) => to_script(context, args),
    }
}

fn to_script(context: &Context, args: &ToScriptArgs) -> Result<ExitCode> {
    let trace = Trace::load(&args.file).map_err(of_trace)?;
    let text = Zeroizing::new(of_recording(trace.recording()));
    let Some(path) = &args.out else {
        context.out.raw(text.as_bytes());
        return Ok(ExitCode::SUCCESS);
    };
    files::write_new_private(path, "write the script", text.as_bytes())?;
    let exchanges = trace.recording().exchanges().count();
    context.out.line(format!("{} written: {exchanges} exchanges", path.display()));
    context.out.object(json!({ "file": path, "exchanges": exchanges }));
    Ok(ExitCode::SUCCESS)
}

/// Why a trace cannot be used.
fn of_trace(error: TraceError) -> Failure {
    let failure = Failure::new(failure::FILE, error.to_string()).step(READ);
    match error {
        TraceError::Recording(error) => recording::of_recording(error),
        TraceError::Io { source, .. } => failure.of_kind(&source),
        TraceError::Unknown { expected, got, .. } => failure
            .expected(expected)
            .got(got)
            .help("`iccard decode HEX` explains bytes that are no trace"),
        TraceError::Line { line, expected, got, .. } => {
            failure.expected(expected).got(format!("{got} (line {line})"))
        }
        TraceError::Packet { packet, expected, got, .. } => {
            failure.expected(expected).got(format!("{got} (packet {packet})"))
        }
        _ => failure,
    }
}
