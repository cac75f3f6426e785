//! `iccard issuer init`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use serde_json::json;
use time::UtcDateTime;

use super::{super::output::Output, super::trust, of_init};
use crate::{crypto::SystemRng, issuer::init};

#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// The folder to make; nothing in it is ever overwritten
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The issuer's URL, as wallets will know it
    #[arg(long, default_value = "https://localhost:8443", value_name = "URL")]
    url: String,
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8443", value_name = "ADDRESS:PORT")]
    listen: String,
    /// One more name or address of the server's certificate
    #[arg(long = "host", value_name = "NAME|ADDRESS")]
    hosts: Vec<String>,
    /// Name for people
    #[arg(long, default_value = "TEST iccard issuer")]
    name: String,
    /// Country, two letters
    #[arg(long, default_value = "KR", value_name = "CODE")]
    country: String,
    /// Name of the first clerk
    #[arg(long, default_value = "clerk-1")]
    clerk: String,
}

pub(super) fn run(out: &Output, args: &InitArgs) -> Result<ExitCode> {
    let options = init::Options {
        url: args.url.trim_end_matches('/').to_owned(),
        listen: args.listen.clone(),
        hosts: args.hosts.clone(),
        name: args.name.clone(),
        country: args.country.clone(),
        clerk: args.clerk.clone(),
    };
    let now = UtcDateTime::now();
    let made = init::create(&args.dir, &options, &mut SystemRng::default(), now);
    let made = made.map_err(|e| of_init(&e))?;
    let dir = args.dir.display();
    let until = trust::text(made.signer_until);
    out.row("issuer", format!("{} in {dir}", options.url));
    out.row("clerk", format!("{}, token {}", options.clerk, made.clerk_token.as_str()));
    out.row("", "the token is shown this once; its hash stands in issuer.toml");
    out.row("signer", format!("good until {until}; then: iccard issuer renew"));
    out.line("");
    out.line("All keys are for trials: the IACA's, keys/iaca.pem, belongs off line in earnest.");
    out.line("Next:");
    out.line(format!("  iccard issuer serve --config {}", made.config.display()));
    out.line(format!(
        "  iccard wallet enroll --issuer {} --from {dir} --card emulated:resident",
        options.url
    ));
    let at = |name: &str| args.dir.join(name);
    out.object(json!({
        "issuer": options.url,
        "config": made.config,
        "clerk": { "name": options.clerk, "token": made.clerk_token.as_str() },
        "signer_until": until,
        "iaca": at("iaca.pem"),
        "ca": at("tls/ca.pem"),
        "wallet_provider": at("wallet-provider"),
        "log": at("log.pub"),
        "people": at("people.csv"),
    }));
    Ok(ExitCode::SUCCESS)
}
