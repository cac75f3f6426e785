//! `--trace`, and `iccard trace`: what stands in traces.

mod args;
mod show;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Subcommand};

pub(super) use self::args::{STEP, TraceArgs};
use super::{
    Context,
    failure::{self, Failure},
    recording::of_recording,
};
use crate::trace::TraceError;

const READ: &str = "read the trace";

#[derive(Debug, Subcommand)]
pub(super) enum TraceCommand {
    /// Say what was said, command by command: its name, its bytes, its answer, the step, the time
    Show(ShowArgs),
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
    }
}

/// Why a trace cannot be used.
fn of_trace(error: TraceError) -> Failure {
    let failure = Failure::new(failure::FILE, error.to_string()).step(READ);
    match error {
        TraceError::Recording(error) => of_recording(error),
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
