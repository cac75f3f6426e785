//! `iccard wallet present`: chosen claims for a verifier.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{WalletArgs, failure, keep};
use crate::{
    cli::{Context, files},
    wallet::{WalletError, present},
};

#[derive(Debug, Args)]
pub(super) struct PresentArgs {
    /// The verifier's nonce
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    nonce: String,
    /// The verifier: its client_id
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// Where the verifier wants the answer, which an mdoc's signature covers; the client_id
    /// without it
    #[arg(long, value_name = "URL")]
    response_uri: Option<String>,
    /// The claims to show, by name; everything else stays hidden
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    claims: Vec<String>,
    /// In which format
    #[arg(long, value_enum, default_value = "sd-jwt")]
    format: Format,
    /// Where to write the presentation, as it stands in a vp_token
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    SdJwt,
    Mdoc,
}

pub(super) fn run(context: &Context, args: &WalletArgs, own: &PresentArgs) -> Result<ExitCode> {
    let wallet = keep::open(args)?;
    let format = match own.format {
        Format::SdJwt => "dc+sd-jwt",
        Format::Mdoc => "mso_mdoc",
    };
    let nothing = || failure::of(WalletError::Nothing { what: "credential of this format" });
    let held = wallet.state.credential(format).ok_or_else(nothing)?;
    let claims: Vec<&str> = own.claims.iter().map(String::as_str).collect();
    let request = present::Request {
        client_id: &own.client_id,
        nonce: &own.nonce,
        response_uri: own.response_uri.as_deref().unwrap_or(&own.client_id),
        claims: &claims,
    };
    let now = keep::clock(args)();
    let shown = present::present(&wallet.state, held, &request, now).map_err(failure::of)?;
    files::write_private(&own.out, "write the presentation", shown.as_bytes())?;
    let out = &context.out;
    let claims = if own.claims.is_empty() { "none".into() } else { own.claims.join(", ") };
    out.row("shown", format!("{claims} ({format}), for {}", own.client_id));
    out.row("out", own.out.display().to_string());
    out.object(json!({ "out": own.out, "format": format, "claims": own.claims }));
    Ok(ExitCode::SUCCESS)
}
