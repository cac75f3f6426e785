//! `iccard wallet show`, `renew`, `resume`, `delete`: what is held, and what becomes of it.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use super::{
    WalletArgs, failure,
    issuer::{self, IssuerArgs, TrustArgs, Way},
    keep,
};
use crate::{
    cli::{
        Context,
        failure::{Failure, NEGATIVE},
        secrets,
    },
    crypto::SystemRng,
    wallet::{By, Http, Notice, Pending, Wallet, WalletError, status},
};

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Ask the issuer's status list first, which tells it nothing of this wallet
    #[arg(long)]
    status: bool,
    #[command(flatten)]
    trust: TrustArgs,
}

#[derive(Debug, Args)]
pub(super) struct RenewArgs {
    #[command(flatten)]
    issuer: IssuerArgs,
}

#[derive(Args)]
pub(super) struct ResumeArgs {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// The digits of the office, where those given before were wrong (or ICCARD_TX_CODE)
    #[arg(long, value_name = "DIGITS")]
    tx_code: Option<String>,
}

impl std::fmt::Debug for ResumeArgs {
    // The code is among them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResumeArgs").finish_non_exhaustive()
    }
}

#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// Delete credentials and keys even where the issuer cannot be told: for the issuer this phone
    /// then has a card still
    #[arg(long)]
    force: bool,
}

/// Exit code 1 where a credential is not good: revoked, suspended, or over.
pub(super) fn show(context: &Context, args: &WalletArgs, own: &ShowArgs) -> Result<ExitCode> {
    let out = &context.out;
    let mut wallet = keep::open(args)?;
    let now = keep::clock(args)();
    if own.status {
        own.trust.take(&mut wallet)?;
        let ca = wallet.state.trusted.ca.clone();
        let http = Http::new(ca.as_deref().map(str::as_bytes)).map_err(failure::of)?;
        let roots = issuer::roots(&wallet)?;
        status::refresh(&mut wallet.state, &http, &roots, now).map_err(failure::of)?;
        wallet.save(&mut SystemRng::default()).map_err(failure::of)?;
    }
    let state = &wallet.state;
    out.row("issuer", state.issuer.as_deref().unwrap_or("none yet"));
    keep::tell(out, &state.credentials);
    let over = state.credentials.iter().any(|held| held.valid_until < now);
    if over {
        out.note("over: `iccard wallet renew` fetches it anew, or a new tap");
    }
    if state.pending.is_some() {
        out.note("something was begun and is not done: `iccard wallet resume` goes on");
    }
    out.object(json!({
        "issuer": state.issuer,
        "held": keep::value(&state.credentials),
        "receipts": state.receipts,
        "pending": state.pending.is_some(),
        "over": over,
    }));
    let bad = state.credentials.iter().any(|held| held.seen.as_ref().is_some_and(|s| s.value != 0));
    Ok(if bad || over { ExitCode::from(NEGATIVE) } else { ExitCode::SUCCESS })
}

/// Fetches the same card again with the refresh token. Whatever ends it, a tap begins anew.
pub(super) fn renew(context: &Context, args: &WalletArgs, own: &RenewArgs) -> Result<ExitCode> {
    let mut wallet = keep::open(args)?;
    let Way { client, roots } = issuer::connect(args, &own.issuer, &mut wallet)?;
    let configurations: Vec<String> =
        wallet.state.credentials.iter().map(|held| held.configuration.clone()).collect();
    if configurations.is_empty() || wallet.state.grant.is_none() {
        return Err(failure::of(WalletError::Nothing { what: "card to renew" }).into());
    }
    let rng = &mut SystemRng::default();
    match &mut wallet.state.pending {
        None => {
            let by = By::Refresh;
            wallet.state.pending = Some(Pending { by, configurations, deferred: None });
        }
        // What was left over does not keep the rest from being fetched anew.
        Some(Pending { by: By::Refresh | By::Access, configurations: begun, .. }) => {
            begun.extend(configurations);
            begun.sort();
            begun.dedup();
        }
        Some(Pending { by: By::Code { .. }, .. }) => {}
    }
    wallet.save(rng).map_err(failure::of)?;
    let mut progress = issuer::progress(context);
    let done = client.go_on(&mut wallet, &roots, rng, &mut progress);
    done.map_err(|error| {
        let needs_tap = matches!(error.code(), Some("invalid_grant" | "credential_request_denied"));
        let failure = failure::of(error);
        if needs_tap {
            return failure.help("a new tap is needed: `iccard wallet enroll`, or go to an office");
        }
        failure
    })?;
    told(context, &wallet)
}

/// Goes on with what was begun.
pub(super) fn resume(context: &Context, args: &WalletArgs, own: &ResumeArgs) -> Result<ExitCode> {
    let mut wallet = keep::open(args)?;
    if wallet.state.pending.is_none() && wallet.state.notices.is_empty() {
        context.out.note("nothing was begun");
        return told(context, &wallet);
    }
    let Way { client, roots } = issuer::connect(args, &own.issuer, &mut wallet)?;
    let mut progress = issuer::progress(context);
    let rng = &mut SystemRng::default();
    let given = own.tx_code.clone().map(Zeroizing::new);
    let given = given.or_else(|| secrets::from_env("ICCARD_TX_CODE"));
    if let (Some(given), Some(Pending { by: By::Code { tx_code, .. }, .. })) =
        (given, &mut wallet.state.pending)
    {
        *tx_code = Some(given);
        wallet.save(rng).map_err(failure::of)?;
    }
    client.go_on(&mut wallet, &roots, rng, &mut progress).map_err(failure::of)?;
    told(context, &wallet)
}

/// Deletes the credentials. The issuer is told first, so that the place is free even if the file is
/// then lost; where it cannot be told, nothing is deleted but by force.
pub(super) fn delete(context: &Context, args: &WalletArgs, own: &DeleteArgs) -> Result<ExitCode> {
    let out = &context.out;
    let mut wallet = keep::open(args)?;
    let rng = &mut SystemRng::default();
    let ids = wallet.state.credentials.iter().filter_map(|held| held.notification_id.clone());
    let event = "credential_deleted";
    let notices: Vec<_> = ids.map(|id| Notice { id, event: event.into() }).collect();
    let count = wallet.state.credentials.len();
    let told = match notices.is_empty() {
        true => Ok(false),
        false => tell_deleted(args, own, &mut wallet, notices),
    };
    const HELP: &str = "nothing was deleted: try again, or --force deletes credentials and keys here, \
                        though the issuer does not know";
    let told = match told {
        Ok(true) => true,
        _ if own.force || count == 0 => false,
        Ok(false) => {
            return Err(Failure::new(NEGATIVE, "the issuer does not take it")
                .step("tell the issuer that the card is deleted")
                .expected("a yes")
                .got("none")
                .help(HELP)
                .into());
        }
        Err(error) => {
            return Err(match error.downcast::<Failure>() {
                Ok(failure) => failure.help(HELP).into(),
                Err(other) => other,
            });
        }
    };
    wallet.state.forget(rng);
    wallet.save(rng).map_err(failure::of)?;
    out.row(
        "deleted",
        format!(
            "{count} credentials{}",
            match (told, count) {
                (true, _) => ", the issuer knows",
                (false, 0) => "",
                (false, _) => ", the issuer was not told",
            }
        ),
    );
    out.object(json!({ "deleted": count, "notified": told }));
    Ok(ExitCode::SUCCESS)
}

// Whether the issuer took it. What it was to be told before waits, where this gets no answer.
fn tell_deleted(
    args: &WalletArgs,
    own: &DeleteArgs,
    wallet: &mut Wallet,
    notices: Vec<Notice>,
) -> Result<bool> {
    let rng = &mut SystemRng::default();
    let Way { client, .. } = issuer::connect(args, &own.issuer, wallet)?;
    let before = std::mem::replace(&mut wallet.state.notices, notices);
    let told = client.notify(wallet, rng);
    if told.is_err() {
        wallet.state.notices = before;
    }
    wallet.save(rng).map_err(failure::of)?;
    Ok(told.map_err(failure::of)?)
}

fn told(context: &Context, wallet: &Wallet) -> Result<ExitCode> {
    keep::tell(&context.out, &wallet.state.credentials);
    context.out.object(json!({
        "issuer": wallet.state.issuer,
        "held": keep::value(&wallet.state.credentials),
    }));
    Ok(ExitCode::SUCCESS)
}
