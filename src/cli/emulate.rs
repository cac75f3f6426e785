//! `iccard emulate`: an emulated card in a virtual reader.

use std::{process::ExitCode, time::Duration};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{Context, card, failure::Failure, observe};
use crate::transport::{
    Step,
    vpcd::{CardLink, Ended, Endpoint, LinkEvent},
};

#[derive(Debug, Args)]
pub(super) struct EmulateArgs {
    /// The profile: a name or a TOML file
    #[arg(default_value = "resident")]
    profile: String,
    /// The virtual reader to plug into (vsmartcard's vpcd in pcscd listens on 35963)
    #[arg(long, value_name = "HOST:PORT", default_value = "localhost:35963")]
    vpcd: Endpoint,
    /// The reader's slot: slot N listens on the port plus N
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
    /// Take all randomness from this seed, so that every run is alike
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
}

pub(super) fn run(context: &Context, args: &EmulateArgs) -> Result<ExitCode> {
    let (mut chip, profile) = {
        let state = context.card.state();
        card::emulated(Some(&args.profile), args.seed.as_deref(), state.as_deref())?
    };
    let endpoint = args.vpcd.slot(args.slot).map_err(|e| Failure::usage(e.to_string()))?;
    let link = if args.listen {
        CardLink::listening(&endpoint)?
    } else {
        CardLink::connecting(endpoint.clone())
    };
    let link = link.patience(Duration::from_secs(args.patience)).reconnecting(!args.once);
    let out = &context.out;
    out.note(format!("emulating {} at {endpoint} (Ctrl-C to stop)", profile.name()));
    let mut apdus = 0_u64;
    let ended = link.run(&mut chip, &mut |event| match event {
        LinkEvent::Waiting(error) => out.note(format!("waiting for a vpcd at {endpoint}: {error}")),
        LinkEvent::Connected(address) => out.note(format!("card in {address}")),
        LinkEvent::Silent => {
            out.note("connected, but the reader sends nothing: is another card in that slot?");
        }
        LinkEvent::Power(power) if context.verbose => out.note(format!("power: {power:?}")),
        LinkEvent::Exchange(exchange) => {
            apdus += 1;
            if context.verbose {
                out.note(observe::render(exchange, None, Step("wire")).trim_end());
            }
        }
        LinkEvent::UnknownControl(byte) => out.note(format!("unknown control {byte:02X}")),
        LinkEvent::Broken(error) => out.note(format!("link broken: {error}")),
        LinkEvent::Disconnected => out.note("card out"),
        _ => {}
    })?;
    let why = match ended {
        Ended::PeerClosed => "closed by the reader",
        Ended::Stopped => "stopped",
    };
    out.line(format!("{why} after {apdus} APDUs"));
    out.object(json!({ "profile": profile.name(), "ended": why, "apdus": apdus }));
    Ok(ExitCode::SUCCESS)
}
