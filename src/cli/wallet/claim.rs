//! `iccard wallet claim`: the QR code of an office.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use super::{
    WalletArgs, failure,
    issuer::{self, IssuerArgs, Way},
    keep,
};
use crate::{
    cli::{Context, secrets},
    crypto::SystemRng,
    wallet::claim::Claim,
};

#[derive(Args)]
pub(super) struct ClaimArgs {
    /// What the QR code says: openid-credential-offer://?…
    #[arg(value_name = "QR-TEXT")]
    offer: String,
    #[command(flatten)]
    issuer: IssuerArgs,
    /// The digits that the office gave apart from the QR code (or ICCARD_TX_CODE); asked for
    /// without it
    #[arg(long, value_name = "DIGITS")]
    tx_code: Option<String>,
}

impl std::fmt::Debug for ClaimArgs {
    // The code is among them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClaimArgs").finish_non_exhaustive()
    }
}

pub(super) fn run(context: &Context, wallet: &WalletArgs, args: &ClaimArgs) -> Result<ExitCode> {
    let out = &context.out;
    let mut held = keep::open_or_begin(out, wallet)?;
    let Way { client, roots } = issuer::connect(wallet, &args.issuer, &mut held)?;
    let mut progress = issuer::progress(context);
    let claim = Claim::read(&client, &args.offer).map_err(failure::of)?;
    let given = args.tx_code.clone().map(Zeroizing::new);
    let tx_code = match given.or_else(|| secrets::from_env("ICCARD_TX_CODE")) {
        None if claim.needs_tx_code() => {
            Some(secrets::ask_for("the offer", "transaction code", "--tx-code", "ICCARD_TX_CODE")?)
        }
        other => other,
    };
    let rng = &mut SystemRng::default();
    let typed = claim.needs_tx_code();
    claim.begin(&client, &mut held, tx_code, rng).map_err(failure::of)?;
    let done = client.go_on(&mut held, &roots, rng, &mut progress);
    done.map_err(|error| {
        let refused = error.code() == Some("invalid_grant") && !error.has_tries_left();
        let failure = failure::of(error);
        if typed && refused {
            return failure.help(
                "were the digits right? tries may be left: `iccard wallet claim` takes the same QR \
                 code again; if none is, ask the office for another",
            );
        }
        failure
    })?;
    out.row("issuer", client.issuer());
    keep::tell(out, &held.state.credentials);
    out.object(json!({
        "issuer": client.issuer(),
        "held": keep::value(&held.state.credentials),
    }));
    Ok(ExitCode::SUCCESS)
}
