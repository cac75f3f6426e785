//! `iccard wallet show`, `renew`, `resume`, `delete`: what is held, and what becomes of it.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{
    WalletArgs, failure,
    issuer::{self, IssuerArgs, Way},
    keep,
};
use crate::{
    cli::{Context, failure::NEGATIVE},
    crypto::SystemRng,
    wallet::{By, Http, Notice, Pending, Wallet, WalletError, status},
};

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Ask the issuer's status list first, which tells it nothing of this wallet
    #[arg(long)]
    status: bool,
}

#[derive(Debug, Args)]
pub(super) struct RenewArgs {
    #[command(flatten)]
    issuer: IssuerArgs,
}

#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    #[command(flatten)]
    issuer: IssuerArgs,
}

#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    #[command(flatten)]
    issuer: IssuerArgs,
}

/// Exit code 1 where a credential is not good: revoked, suspended, or over.
pub(super) fn show(context: &Context, args: &WalletArgs, own: &ShowArgs) -> Result<ExitCode> {
    let out = &context.out;
    let mut wallet = keep::open(args)?;
    let now = keep::clock(args)();
    if own.status {
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
    if wallet.state.pending.is_none() {
        wallet.state.pending = Some(Pending { by: By::Refresh, configurations, deferred: None });
        wallet.save(rng).map_err(failure::of)?;
    }
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
    client.go_on(&mut wallet, &roots, rng, &mut progress).map_err(failure::of)?;
    told(context, &wallet)
}

/// Deletes the credentials. The issuer is told first, so that the place is free even if the file is
/// then lost.
pub(super) fn delete(context: &Context, args: &WalletArgs, own: &DeleteArgs) -> Result<ExitCode> {
    let out = &context.out;
    let mut wallet = keep::open(args)?;
    let rng = &mut SystemRng::default();
    let ids = wallet.state.credentials.iter().filter_map(|held| held.notification_id.clone());
    let event = "credential_deleted";
    let notices: Vec<_> = ids.map(|id| Notice { id, event: event.into() }).collect();
    let told = !notices.is_empty();
    if told {
        let Way { client, .. } = issuer::connect(args, &own.issuer, &mut wallet)?;
        wallet.state.notices = notices;
        wallet.save(rng).map_err(failure::of)?;
        client.notify(&mut wallet, rng).map_err(failure::of)?;
    }
    let count = wallet.state.credentials.len();
    wallet.state.forget(rng);
    wallet.save(rng).map_err(failure::of)?;
    out.row(
        "deleted",
        format!("{count} credentials{}", if told { ", the issuer knows" } else { "" }),
    );
    out.object(json!({ "deleted": count, "notified": told }));
    Ok(ExitCode::SUCCESS)
}

fn told(context: &Context, wallet: &Wallet) -> Result<ExitCode> {
    keep::tell(&context.out, &wallet.state.credentials);
    context.out.object(json!({
        "issuer": wallet.state.issuer,
        "held": keep::value(&wallet.state.credentials),
    }));
    Ok(ExitCode::SUCCESS)
}
