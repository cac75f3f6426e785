//! `iccard request`: device keys, the verifier's challenge, and the verification of what a tap
//! made of both.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use time::{Duration, UtcDateTime};

use super::{Context, failure, failure::Failure, output::Output, trust};
use crate::{
    crypto::SystemRng,
    issuance::{
        Commitment, Decision, DeviceKeys, MAX_REQUEST, Refusal, Session, UsedSessions, verify,
    },
    trust::Check,
};

#[derive(Debug, Subcommand)]
pub(super) enum RequestCommand {
    /// The device: make keys and print the commitment to them, H_dev
    Keys(KeysArgs),
    /// The verifier: open a session for a device that has committed to its keys
    Challenge(ChallengeArgs),
    /// The verifier: judge a request; each session is good once
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    /// Where to write the private keys; never over a file that is there
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How many keys
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: usize,
}

#[derive(Debug, Args)]
pub(super) struct ChallengeArgs {
    /// H_dev, as `request keys` printed it
    #[arg(long, value_name = "H_DEV", allow_hyphen_values = true)]
    commit: String,
    /// Where to write the session, for the device and for `request verify`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How long it is good, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    seconds: u32,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The request
    request: PathBuf,
    /// The session it is for
    #[arg(long, value_name = "FILE")]
    session: PathBuf,
    /// Folders with the CSCA certificates to believe, instead of the trust store
    #[arg(long, value_name = "DIR")]
    trust: Vec<PathBuf>,
    /// The record of used sessions; beside the session's file without it
    #[arg(long, value_name = "FILE")]
    used: Option<PathBuf>,
}

pub(super) fn run(context: &Context, command: RequestCommand) -> Result<ExitCode> {
    match command {
        RequestCommand::Keys(args) => keys(&context.out, &args),
        RequestCommand::Challenge(args) => challenge(&context.out, &args),
        RequestCommand::Verify(args) => judge(&context.out, &args),
    }
}

fn keys(out: &Output, args: &KeysArgs) -> Result<ExitCode> {
    let keys = DeviceKeys::generate(args.count, &mut SystemRng::default());
    keys.save(&args.out).map_err(|error| {
        Failure::new(failure::FILE, error.to_string()).step("write the device keys")
    })?;
    let h_dev = keys.commitment().to_string();
    out.line(&h_dev);
    out.object(json!({ "keys": args.out, "h_dev": h_dev, "count": keys.public().len() }));
    Ok(ExitCode::SUCCESS)
}

fn challenge(out: &Output, args: &ChallengeArgs) -> Result<ExitCode> {
    let h_dev: Commitment = args.commit.trim().parse().map_err(|error| {
        Failure::usage(format!("--commit: {error}"))
            .step("read H_dev")
            .expected("H_dev as `iccard request keys` prints it")
    })?;
    let lifetime = Duration::seconds(i64::from(args.seconds));
    let session = Session::new(h_dev, UtcDateTime::now(), lifetime, &mut SystemRng::default());
    session.save(&args.out).map_err(|error| {
        Failure::new(failure::FILE, error.to_string()).step("write the session")
    })?;
    let until = session.expires_at.replace_nanosecond(0).unwrap_or(session.expires_at);
    out.line(format!("session {} until {until}", session.id));
    out.object(json!({
        "session": args.out,
        "id": session.id.to_string(),
        "expires_at": session.expires_at.unix_timestamp(),
    }));
    Ok(ExitCode::SUCCESS)
}

fn judge(out: &Output, args: &VerifyArgs) -> Result<ExitCode> {
    let token = read_request(&args.request)?;
    let session = Session::load(&args.session)
        .map_err(|error| Failure::new(failure::FILE, error.to_string()).step("read the session"))?;
    let trust = trust::anchors(out, &args.trust)?;
    let store = match &args.used {
        Some(path) => UsedSessions::new(path),
        None => UsedSessions::beside(&args.session),
    };
    let verdict = verify(&token, &session, &store, &trust, UtcDateTime::now())
        .map_err(|error| Failure::new(failure::FILE, error.to_string()).step("mark the session"))?;
    for (label, check) in [
        ("signature", &verdict.signature),
        ("binding", &verdict.binding),
        ("data", &verdict.data),
        ("chip", &verdict.chip),
    ] {
        out.line(format!("{label:<12}{}", told(check)));
    }
    let accepted = verdict.verdict == Decision::Accept;
    let word = out.verdict(accepted, &verdict.verdict.to_string());
    out.line(format!("{:<12}{word} level {}", "verdict", verdict.level));
    out.object(serde_json::to_value(&verdict)?);
    Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::from(failure::NEGATIVE) })
}

fn told(check: &Check<Refusal>) -> String {
    match check {
        Check::Passed => "ok".into(),
        Check::Failed(reason) => format!("FAILED: {reason}"),
        Check::NotDone(reason) => format!("not done: {reason}"),
    }
}

// Bounded before it is read: a request is at most a megabyte.
fn read_request(path: &Path) -> Result<String> {
    let fail = |error: std::io::Error| Failure::file(path, "read the request", &error);
    let len = std::fs::metadata(path).map_err(fail)?.len();
    if len > MAX_REQUEST as u64 {
        return Err(Failure::new(failure::NEGATIVE, format!("{}: too large", path.display()))
            .step("read the request")
            .expected(format!("at most {MAX_REQUEST} bytes"))
            .got(format!("{len} bytes"))
            .into());
    }
    std::fs::read_to_string(path).map_err(|error| fail(error).into())
}
