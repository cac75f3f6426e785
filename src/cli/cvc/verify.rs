//! `iccard cvc verify`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::super::{failure, failure::Failure, output::Output};
use super::show::{names, rights, row};
use crate::pki::cvc::{
    CvCertificate, CvcDate, CvcError, Issuer, Reference, find_chain, verify_chain,
};

#[derive(Debug, Args)]
pub(in super::super) struct VerifyArgs {
    /// Certificates in any order, or folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Certificates of the CVCAs to believe, or folders of them
    #[arg(long, value_name = "FILE", required = true)]
    trust: Vec<PathBuf>,
    /// Whose chain to verify, where there are several terminals or none
    #[arg(long, value_name = "REFERENCE")]
    holder: Option<Reference>,
    /// The day to judge at; today without it
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<CvcDate>,
}

pub(super) fn run(out: &Output, args: &VerifyArgs) -> Result<ExitCode> {
    let at = args.at.map_or_else(super::today, Ok)?;
    let trust = trust_points(&args.trust)?;
    let given: Vec<_> = super::certificates(&args.files)?.into_iter().map(|(_, c)| c).collect();
    let (chain, judged) = match judge(&trust, &given, args.holder, at) {
        Ok((chain, holder)) => (chain, Ok(holder)),
        Err(error) => (Vec::new(), Err(error)),
    };
    match &judged {
        Ok(holder) => {
            let mut way: Vec<_> = chain.iter().map(|c| c.holder().to_string()).collect();
            if let Some(first) = chain.first() {
                way.insert(0, first.authority().to_string());
            }
            row(out, "chain", &way.join(" > "));
            let chat = holder.authorization;
            row(out, "role", &format!("{} for {}s", chat.role(), chat.terminal()));
            rights(out, chat);
            let word = out.verdict(true, "VERIFIED");
            row(out, "verdict", &format!("{word} {} on {at}", holder.holder));
            out.object(json!({
                "verified": true,
                "at": at.to_string(),
                "holder": holder.holder.to_string(),
                "role": chat.role().to_string(),
                "terminal_type": chat.terminal().to_string(),
                "rights": names(chat),
                "chain": way,
            }));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            let word = out.verdict(false, "NOT VERIFIED");
            row(out, "verdict", &format!("{word}: {error}"));
            out.object(json!({
                "verified": false, "at": at.to_string(), "reason": error.to_string()
            }));
            Ok(ExitCode::from(failure::NEGATIVE))
        }
    }
}

fn trust_points(paths: &[PathBuf]) -> Result<Vec<Issuer>> {
    let mut points = Vec::new();
    for (file, certificate) in super::certificates(paths)? {
        points.push(Issuer::trust_point(&certificate).map_err(|error| {
            Failure::new(failure::FILE, format!("{}: {error}", file.display()))
                .step("read the trust points")
                .expected("the certificate of a CVCA that signed itself")
        })?);
    }
    if points.is_empty() {
        return Err(Failure::usage("--trust: no certificate is there")
            .step("read the trust points")
            .expected("files that end in .cvcert, .cvc, .cv or .cer")
            .into());
    }
    Ok(points)
}

fn judge(
    trust: &[Issuer],
    given: &[CvCertificate],
    holder: Option<Reference>,
    at: CvcDate,
) -> Result<(Vec<CvCertificate>, Issuer), CvcError> {
    let names: Vec<_> = trust.iter().map(|point| point.holder).collect();
    // One certificate alone is the one that is meant.
    let holder = match (holder, given) {
        (None, [only]) => Some(only.holder()),
        (holder, _) => holder,
    };
    let chain = find_chain(&names, given, holder)?;
    let judged = verify_chain(trust, &chain, at)?;
    Ok((chain, judged))
}
