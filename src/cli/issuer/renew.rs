//! `iccard issuer renew`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{super::output::Output, super::trust, of_init, serve};
use crate::{crypto::SystemRng, issuer::init};

#[derive(Debug, Args)]
pub(super) struct RenewArgs {
    /// The issuer's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The IACA's private key; keys/iaca.pem of the folder without it
    #[arg(long, value_name = "FILE")]
    iaca_key: Option<PathBuf>,
    #[command(flatten)]
    clock: serve::ClockArgs,
}

pub(super) fn run(out: &Output, args: &RenewArgs) -> Result<ExitCode> {
    let key = args.iaca_key.clone().unwrap_or_else(|| args.dir.join("keys/iaca.pem"));
    let now = args.clock.clock(out).now();
    let config = args.dir.join("issuer.toml");
    let until = init::renew(&config, &key, &mut SystemRng::default(), now);
    let until = trust::text(until.map_err(|e| of_init(&e))?);
    out.row("signer", format!("new, good until {until}"));
    out.row("", "a running issuer takes it when it is started anew");
    out.object(json!({ "signer_until": until }));
    Ok(ExitCode::SUCCESS)
}
