//! `iccard credential verify`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::slice;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use time::{Duration, UtcDateTime};

use super::super::{
    failure::{self, Failure},
    holder::shown,
    output::Output,
    trust,
};
use super::read::{Believed, Request, recognise};
use super::status::{Known, Sources, look_up};
use crate::{
    issuance::{Thumbprint, sd_jwt::MAX_CREDENTIAL, status_list, thumbprint},
    pki::Certificate,
};

const STEP: &str = "read the issuer's root";
/// The longest value of a claim that is printed, in characters.
const MAX_SHOWN: usize = 100;

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// The credential or presentation: an SD-JWT, or an mdoc, binary or in base64url
    credential: PathBuf,
    /// Root certificates to believe, PEM or DER
    #[arg(long, value_name = "FILE", required = true)]
    iaca: Vec<PathBuf>,
    /// Status lists that are at hand, or folders with such, as JWT or CWT
    #[arg(long, value_name = "FILE|DIR")]
    status: Vec<PathBuf>,
    /// Fetch the status list where none at hand is fresh
    #[arg(long)]
    fetch: bool,
    /// Keep fetched status lists in this folder, and use them until they end
    #[arg(long, value_name = "DIR")]
    status_cache: Option<PathBuf>,
    /// The CA of the status list's server, instead of those of the web
    #[arg(long, value_name = "FILE", requires = "fetch")]
    tls_ca: Option<PathBuf>,
    /// Count it as verified where the status is not known
    #[arg(long)]
    accept_unknown_status: bool,
    /// The nonce that the presentation answers
    #[arg(long, requires = "client_id", allow_hyphen_values = true)]
    nonce: Option<String>,
    /// The verifier that the presentation is for
    #[arg(long, visible_alias = "aud", value_name = "ID", requires = "nonce")]
    client_id: Option<String>,
    /// Where the presentation went: an mdoc is signed over it
    #[arg(long, value_name = "URL", requires = "nonce")]
    response_uri: Option<String>,
    /// The thumbprint of the key that the response was encrypted to, if it was
    #[arg(long, value_name = "THUMBPRINT", requires = "nonce", allow_hyphen_values = true)]
    encrypted_to: Option<Thumbprint>,
    /// How old an SD-JWT's presentation may be
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    max_age: u32,
    /// Judge at this time: now, a day, or RFC 3339
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = trust::time_of)]
    at: UtcDateTime,
}

pub(super) fn run(out: &Output, args: &VerifyArgs) -> Result<ExitCode> {
    let iaca = roots(&args.iaca)?;
    let bytes = trust::read_bounded(&args.credential, "read the credential", MAX_CREDENTIAL)?;
    let request = match (&args.client_id, &args.nonce) {
        (Some(client_id), Some(nonce)) => Some(Request {
            client_id,
            nonce,
            response_uri: args.response_uri.as_deref(),
            encrypted_to: args.encrypted_to,
            max_age: Duration::seconds(args.max_age.into()),
        }),
        _ => None,
    };
    let found = recognise(bytes)?;
    let believed = found.judge(request.as_ref(), &iaca, args.at)?;
    // The status of a credential is said by its own issuer, not by another that is believed too.
    let mut own = iaca;
    if own.len() > 1 {
        own.retain(|root| found.judge(request.as_ref(), slice::from_ref(root), args.at).is_ok());
    }
    let sources = Sources {
        files: &args.status,
        cache: args.status_cache.as_deref(),
        fetch: args.fetch,
        tls_ca: args.tls_ca.as_deref(),
        media_type: match believed.format {
            "mso_mdoc" => status_list::MEDIA_TYPE_CWT,
            _ => status_list::MEDIA_TYPE_JWT,
        },
    };
    let known = look_up(believed.status.clone(), &sources, &own, args.at)?;
    let good = known.is_good(args.accept_unknown_status);
    print(out, &believed, &known, good, args.at);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(failure::NEGATIVE) })
}

fn print(out: &Output, it: &Believed, known: &Known, good: bool, at: UtcDateTime) {
    let holder = thumbprint(&it.holder).to_string();
    let form = if it.presented { "shown by its holder" } else { "as issued" };
    out.row("format", format!("{} {}   {form}", it.name, shown(&it.kind)));
    out.row("signer", shown(&it.signer.subject()));
    out.row("holder", format!("key {holder}"));
    let (from, until) = (it.period.valid_from(), it.period.valid_until());
    out.row("good", format!("from {} to {}", trust::text(from), trust::text(until)));
    out.row("status", known.text());
    let claims = flat(it);
    let width = claims.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (i, (name, value)) in claims.iter().enumerate() {
        let label = if i == 0 { "claims" } else { "" };
        out.row(label, format!("{name:<width$} {value}"));
    }
    let verdict = match known {
        Known::Unchecked(_) => "VERIFIED, STATUS NOT CHECKED",
        Known::Unknown { .. } if !good => "STATUS UNKNOWN",
        Known::Listed { .. } if !good => match known.word() {
            "invalid" => "REVOKED",
            "suspended" => "SUSPENDED",
            _ => "NOT VALID",
        },
        _ => "VERIFIED",
    };
    out.row("verdict", out.verdict(good, verdict));
    if matches!(known, Known::Unknown { .. }) && !good {
        out.note("help: give a newer --status FILE, or --fetch; --accept-unknown-status goes on");
    }
    out.object(json!({
        "verified": good,
        "verdict": verdict,
        "format": it.format,
        "type": it.kind,
        "presented": it.presented,
        "signer": it.signer.subject(),
        "holder": holder,
        "signed_at": trust::text(it.period.signed()),
        "good_from": trust::text(from),
        "good_until": trust::text(until),
        "judged_at": trust::text(at),
        "status": known.value(),
        "claims": it.claims,
    }));
}

/// Every claim on a line of its own, and no longer than that.
fn flat(it: &Believed) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (name, value) in &it.claims {
        match value {
            Value::Object(inner) => {
                out.extend(
                    inner
                        .iter()
                        .map(|(below, value)| (shown(&format!("{name}/{below}")), cut(value))),
                );
            }
            value => out.push((shown(name), cut(value))),
        }
    }
    out
}

fn cut(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let len = text.chars().count();
    if len <= MAX_SHOWN {
        return shown(&text);
    }
    let start: String = text.chars().take(40).collect();
    format!("{}…   {len} characters", shown(&start))
}

fn roots(paths: &[PathBuf]) -> Result<Vec<Certificate>> {
    const MAX: usize = 1 << 20;
    let mut all = Vec::new();
    for path in paths {
        let bytes = trust::read_bounded(path, STEP, MAX)?;
        let read = if bytes.starts_with(b"-----") {
            Certificate::all_from_pem(&bytes)
        } else {
            Certificate::from_der(&bytes).map(|one| vec![one])
        };
        let read = read.map_err(|error| {
            Failure::new(failure::FILE, format!("{}: {error}", path.display()))
                .step(STEP)
                .expected("certificates in PEM or DER")
        })?;
        if read.is_empty() {
            return Err(Failure::new(failure::FILE, format!("{}: empty", path.display()))
                .step(STEP)
                .expected("certificates in PEM or DER")
                .into());
        }
        all.extend(read);
    }
    Ok(all)
}
