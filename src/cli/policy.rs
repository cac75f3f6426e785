//! `iccard policy`: what the rules say of a person, without a card and without an issuer.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use time::{
    Date, OffsetDateTime, UtcDateTime,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

use super::{
    Context,
    failure::{self, Failure},
};
use crate::policy::{Policy, Question, Way};

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Say whether a person may have a mobile card, why, for how long and for what fee
    Explain(ExplainArgs),
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Date of birth
    #[arg(long, value_name = "YYYY-MM-DD")]
    birth: String,
    /// Registered address, in Hangul or in Latin letters
    #[arg(long, value_name = "ADDRESS")]
    address: String,
    /// The day in the policy's time zone, or a time as in RFC 3339; now without it
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// A tap of an IC card, or a QR code at an office
    #[arg(long, value_enum)]
    way: WayArg,
    /// The resident card is the person's first
    #[arg(long)]
    first_card: bool,
    /// The person has no resident card
    #[arg(long)]
    no_card: bool,
    /// Where the office is, as addresses there begin
    #[arg(long, value_name = "AREA")]
    office: Option<String>,
    /// Other rules than those of policy/korea-2024.toml
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WayArg {
    Ic,
    Qr,
}

pub(super) fn run(context: &Context, command: PolicyCommand) -> Result<ExitCode> {
    match command {
        PolicyCommand::Explain(args) => explain(context, &args),
    }
}

fn explain(context: &Context, args: &ExplainArgs) -> Result<ExitCode> {
    let (out, policy) = (&context.out, load(args.policy.as_ref())?);
    let at = match &args.date {
        None => UtcDateTime::now(),
        Some(text) => match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(at) => at.to_utc(),
            Err(_) => policy.start_of(day("--date", text)?),
        },
    };
    let question = Question {
        birth: day("--birth", &args.birth)?,
        address: &args.address,
        at,
        way: match args.way {
            WayArg::Ic => Way::Ic,
            WayArg::Qr => Way::Qr,
        },
        has_card: !args.no_card,
        first_card: args.first_card,
        level: None,
        pin: None,
        face: None,
    };
    let answer = policy.decide_at(&question, args.office.as_deref());
    let word = if answer.allowed { "YES" } else { "NO" };
    out.row("answer", out.verdict(answer.allowed, word));
    for (i, reason) in answer.reasons.iter().enumerate() {
        out.row(if i == 0 { "why" } else { "" }, reason);
    }
    let parts: Vec<_> = answer.fees.iter().map(|fee| format!("{} {}", fee.what, fee.won)).collect();
    let parts = if parts.is_empty() { String::new() } else { format!("  {}", parts.join(" + ")) };
    out.row("fee", format!("{} won{parts}", answer.fee));
    out.row("visit", if answer.visit { "an office, for each phone" } else { "none" });
    let last = policy.day(answer.term_until);
    out.row("term", format!("to the end of {last}"));
    out.row("policy", policy.name());
    out.object(json!({
        "allowed": answer.allowed,
        "reasons": answer.reasons,
        "fee": answer.fee,
        "fees": answer.fees,
        "visit": answer.visit,
        "term_until": answer.term_until.format(&Rfc3339).unwrap_or_default(),
        "policy": policy.name(),
    }));
    Ok(if answer.allowed { ExitCode::SUCCESS } else { ExitCode::from(failure::NEGATIVE) })
}

/// The built-in policy, or that of a file.
pub(super) fn load(path: Option<&PathBuf>) -> Result<Policy> {
    let Some(path) = path else {
        return Ok(Policy::korea_2024());
    };
    let text = std::fs::read_to_string(path).map_err(|e| Failure::file(path, "read", &e))?;
    Policy::from_toml(&text).map_err(|error| {
        Failure::usage(format!("{}: {error}", path.display()))
            .step("read the policy")
            .help("policy/korea-2024.toml shows every key")
            .into()
    })
}

fn day(flag: &str, text: &str) -> Result<Date> {
    const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
    Date::parse(text, DAY).map_err(|_| {
        Failure::usage(format!("{flag}: a day as in 2025-03-28 expected, {text:?} came"))
            .step("read the question")
            .expected("YYYY-MM-DD")
            .got(text)
            .help("write it with four digits of the year, then month, then day")
            .into()
    })
}
