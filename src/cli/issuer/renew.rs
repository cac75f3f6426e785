//! `iccard issuer renew`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{super::output::Output, super::trust, of_init, serve};
use crate::{crypto::SystemRng, issuer::init};

#[derive(Debug, Args)]
pub(in crate::cli) struct RenewArgs {
    /// The configuration: issuer.toml of `iccard issuer init`
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The IACA's private key: of a new issuer, keys/iaca.pem
    #[arg(long, value_name = "FILE")]
    iaca_key: PathBuf,
    #[command(flatten)]
    clock: serve::ClockArgs,
}

pub(super) fn run(out: &Output, args: &RenewArgs) -> Result<ExitCode> {
    let now = args.clock.clock(out).now();
    let until = init::renew(&args.config, &args.iaca_key, &mut SystemRng::default(), now);
    let until = trust::text(until.map_err(|e| of_init(&e))?);
    out.row("signer", format!("new, good until {until}"));
    out.row("", "a running issuer takes it when it is started anew");
    out.object(json!({ "signer_until": until }));
    Ok(ExitCode::SUCCESS)
}
