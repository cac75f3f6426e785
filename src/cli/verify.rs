//! `iccard verify`: evidence of a tap, judged again by somebody who was not there.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use serde_json::json;
use time::UtcDateTime;

use super::{
    Context,
    failure::{self, Failure},
    holder::{Holder, shown},
    trust, verdict,
};
use crate::trust::{Evidence, Judging, MAX_EVIDENCE, judge};

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The evidence, as `tap --evidence` wrote it
    evidence: PathBuf,
    /// Folders with the CSCA certificates to believe, instead of the trust store
    #[arg(long, value_name = "DIR")]
    trust: Vec<PathBuf>,
    /// Judge at this time instead of that of the tap: now, a day, or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = trust::time_of)]
    at: Option<UtcDateTime>,
}

pub(super) fn run(context: &Context, args: &VerifyArgs) -> Result<ExitCode> {
    const STEP: &str = "read the evidence";
    let out = &context.out;
    let bytes = trust::read_bounded(&args.evidence, STEP, MAX_EVIDENCE)?;
    let evidence = Evidence::from_json(&bytes).map_err(|error| {
        Failure::new(failure::NEGATIVE, shown(&error.to_string()))
            .step(STEP)
            .expected("evidence as `iccard tap --evidence` writes it")
    })?;
    let anchors = trust::anchors(out, &args.trust)?;
    let mut judging = Judging::offline(None);
    if let Some(at) = args.at {
        judging = judging.at(at);
    }
    let found = judge(&evidence, &anchors, &judging);
    let (source, at) = (shown(&evidence.card.source), trust::text(evidence.tapped_at));
    out.row("card", format!("{source}, tapped at {at}"));
    out.row("access", evidence.access.name());
    verdict::print(out, &found, &evidence, found.judged_at, &|file| file.to_string());
    out.row("", format!("judged at {}", trust::text(found.judged_at)));
    let (set, crls) = (&found.trust, &found.trust.crls);
    out.row("", format!("by {}: {} certificates, SHA-256 {}", set.source, set.count, set.sha256));
    out.row("", format!("and {} revocation lists, SHA-256 {}", crls.count, crls.sha256));
    out.object(json!({
        "card": { "source": evidence.card.source, "atr": hex::encode_upper(&evidence.card.atr) },
        "access": evidence.access.name(),
        "tapped_at": trust::text(evidence.tapped_at),
        "verdict": found,
        "holder": Holder::of(&evidence, found.judged_at).value(),
    }));
    Ok(if found.verified { ExitCode::SUCCESS } else { ExitCode::from(failure::NEGATIVE) })
}
