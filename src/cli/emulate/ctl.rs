//! `iccard emulate ctl`: reaching running cards.

use std::{path::Path, process::ExitCode, time::Duration};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    super::{
        Context,
        failure::{self, Failure},
        output::Output,
    },
    control,
};
use crate::{
    control::{Client, ControlAddress, ControlError, Request, Span},
    transport::Deadline,
};

/// Between two looks whether an emulator listens.
const LOOK: Duration = Duration::from_millis(20);

#[derive(Debug, Args)]
pub(super) struct CtlArgs {
    /// Where the emulator listens: its --control (or ICCARD_CONTROL)
    // Names of their own: clap would hand down what `emulate` has under the same ones.
    #[arg(id = "ctl_control", long = "control", global = true, value_name = "SOCKET")]
    control: Option<ControlAddress>,
    /// Which card, where there are several
    #[arg(id = "ctl_slot", long = "slot", global = true, value_name = "N")]
    slot: Option<u16>,
    #[command(subcommand)]
    order: Order,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// Put the card back into the reader, and wait until the reader has it
    Insert,
    /// Take it out, for a time such as 2s or until `insert`; at least a second, which pcscd needs
    Remove { time: Option<Span> },
    /// Take its power for a moment, unnoticed by the reader: sessions and rights are gone
    Reset,
    /// Take it out when it has done the next command, before it answers
    Tear { time: Option<Span> },
    /// Take it out and put the card of another profile in
    Swap { profile: String },
    /// Show its counters
    Counters,
    /// Have it misbehave from now on; an empty text has it behave again
    Fault { faults: String },
    /// Show every card and where it is
    List,
    /// End the card of --slot, or the emulator
    Stop,
}

impl Order {
    fn request(&self, slot: Option<u16>) -> Request {
        match self {
            Self::Insert => Request::Insert { slot },
            Self::Remove { time } => Request::Remove { slot, time: *time },
            Self::Reset => Request::Reset { slot },
            Self::Tear { time } => Request::Tear { slot, time: *time },
            Self::Swap { profile } => Request::Swap { slot, profile: absolute(profile) },
            Self::Counters => Request::Counters { slot },
            Self::Fault { faults } => Request::Fault { slot, faults: faults.clone() },
            Self::List => Request::List,
            Self::Stop => Request::Stop { slot },
        }
    }
}

// The emulator may run in another folder.
fn absolute(profile: &str) -> String {
    let path = Path::new(profile);
    let is_file = path.is_file() && (path.extension().is_some() || path.components().count() > 1);
    let whole = is_file.then(|| std::path::absolute(path).ok()).flatten();
    whole.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or_else(|| profile.to_owned())
}

pub(super) fn run(context: &Context, args: &CtlArgs) -> Result<ExitCode> {
    let address = control(args.control.as_ref()).ok_or_else(|| {
        Failure::usage("no control channel is named")
            .step("connect")
            .expected("--control SOCKET, or ICCARD_CONTROL")
            .got("neither")
            .help("start the emulator with --control SOCKET and give the same one here")
    })?;
    let request = args.order.request(args.slot);
    let answer = connect(&address, context.card.wait())
        .and_then(|mut client| client.ask(&request))
        .map_err(|error| failure(&error))?;
    print(&context.out, &answer);
    context.out.object(answer);
    Ok(ExitCode::SUCCESS)
}

// With --wait, an emulator that starts just now is waited for.
fn connect(address: &ControlAddress, wait: Option<Duration>) -> Result<Client, ControlError> {
    let until = Deadline::after(wait.unwrap_or_default());
    loop {
        match Client::connect(address) {
            Err(ControlError::NoEmulator { .. }) if !until.passed() => {
                std::thread::sleep(LOOK.min(until.left()));
            }
            done => return done,
        }
    }
}

fn print(out: &Output, answer: &Value) {
    if let Some(stopped) = answer["stopped"].as_array() {
        let numbers: Vec<_> = stopped.iter().map(Value::to_string).collect();
        out.line(format!("stopped slot {}", numbers.join(", ")));
    }
    let all = std::slice::from_ref(answer);
    let slots = answer["slots"].as_array().map_or(all, Vec::as_slice);
    for slot in slots.iter().filter(|slot| slot["slot"].is_u64()) {
        let text = |key: &str| slot[key].as_str().unwrap_or_default().to_owned();
        let (card, place, reader) = (text("card"), text("place"), text("reader"));
        let (number, apdus) = (&slot["slot"], &slot["apdus"]);
        out.line(format!("slot {number}: {card}, {place}, {reader}, {apdus} APDUs"));
    }
    for (name, value) in answer["counters"].as_object().into_iter().flatten() {
        out.line(format!("  {name:<20}{value}"));
    }
}

/// The failure that an error of a control channel is.
pub(super) fn failure(error: &ControlError) -> Failure {
    let code = match error {
        ControlError::NoEmulator { .. } => failure::ABSENT,
        ControlError::Timeout { .. } => failure::TRANSPORT,
        ControlError::Io { .. } | ControlError::InUse { .. } | ControlError::NotOurs { .. } => {
            failure::FILE
        }
        _ => failure::USAGE,
    };
    let (step, expected, got, help) = error.parts();
    let failure = Failure::new(code, error.to_string()).step(step).expected(expected).got(got);
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
}
