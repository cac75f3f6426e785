//! `iccard emulate`: emulated cards in virtual readers, and the hand that reaches them.

mod ctl;
mod plug;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Subcommand};

use super::Context;
use crate::{control::ControlAddress, transport::vpcd::Endpoint};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct EmulateArgs {
    #[command(subcommand)]
    command: Option<EmulateCommand>,
    /// The profiles: names or TOML files, one a slot
    #[arg(value_name = "PROFILE", default_value = "resident")]
    profiles: Vec<String>,
    /// The virtual reader to plug into (vsmartcard's vpcd in pcscd listens on 35963)
    #[arg(long, value_name = "HOST:PORT", default_value = "localhost:35963")]
    vpcd: Endpoint,
    /// The first card's slot, the next ones' follow: slot N listens on the port plus N
    #[arg(long, value_name = "N", default_value_t = 0)]
    slot: u16,
    /// Listen there instead, for a vpcd configured to connect out
    #[arg(long)]
    listen: bool,
    /// How long to try while the virtual reader starts, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    patience: u64,
    /// End when the reader closes the connection, instead of coming back
    #[arg(long)]
    once: bool,
    /// End when standard input closes, so that no card outlives what started it
    #[arg(long)]
    while_stdin: bool,
    /// Take all randomness from this seed, so that every run is alike
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// Take orders there from `iccard emulate ctl` (or ICCARD_CONTROL): a socket's path, or tcp:FILE
    #[arg(long, value_name = "SOCKET")]
    control: Option<ControlAddress>,
}

#[derive(Debug, Subcommand)]
enum EmulateCommand {
    /// Reach running cards: insert, remove, reset, tear, swap, read counters
    Ctl(ctl::CtlArgs),
}

pub(super) fn run(context: &Context, args: &EmulateArgs) -> Result<ExitCode> {
    match &args.command {
        Some(EmulateCommand::Ctl(args)) => ctl::run(context, args),
        None => plug::run(context, args),
    }
}

/// The control channel of a flag, or of the environment.
fn control(flag: Option<&ControlAddress>) -> Option<ControlAddress> {
    let set = || std::env::var_os("ICCARD_CONTROL").filter(|path| !path.is_empty());
    flag.cloned().or_else(|| {
        let path = PathBuf::from(set()?);
        // What is no text is a path all the same.
        Some(path.to_str().map_or_else(
            || ControlAddress::Socket(path.clone()),
            |text| ControlAddress::of(text, cfg!(unix)),
        ))
    })
}
