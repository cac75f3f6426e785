//! Whom the wallet speaks to, and whom it believes.

use std::{fs, path::PathBuf};

use anyhow::Result;
use clap::Args;

use super::{WalletArgs, failure, keep};
use crate::{
    cli::{Context, failure::Failure},
    pki::Certificate,
    tap::Event,
    wallet::{Client, Http, Progress, Provider, Wallet},
};

#[derive(Debug, Args)]
pub(super) struct IssuerArgs {
    /// The issuer to trust; the wallet's own without it
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The folder that `iccard issuer init` made, for tests: its CA, its IACA and its wallet provider
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// The CA of the issuer's server, PEM; those of Mozilla without it. Kept in the wallet
    #[arg(long, value_name = "PEM")]
    ca: Option<PathBuf>,
    /// The issuer's IACA, the root of its credentials, PEM. Kept in the wallet
    #[arg(long, value_name = "PEM")]
    iaca: Option<PathBuf>,
    /// Folder of the wallet provider that attests this wallet, a test's. Kept in the wallet
    #[arg(long, value_name = "DIR")]
    provider: Option<PathBuf>,
}

/// A way to the issuer.
pub(super) struct Way {
    pub(super) client: Client,
    pub(super) roots: Vec<Certificate>,
}

/// Connects to the issuer of the options, or to the wallet's own.
pub(super) fn connect(args: &WalletArgs, own: &IssuerArgs, wallet: &mut Wallet) -> Result<Way> {
    let text = |path: &PathBuf, what: &str| -> Result<String> {
        fs::read_to_string(path).map_err(|error| Failure::file(path, what, &error).into())
    };
    let within = |name: &str| own.from.as_ref().map(|folder| folder.join(name));
    let trusted = &mut wallet.state.trusted;
    if let Some(path) = own.ca.clone().or_else(|| within("tls/ca.pem")) {
        trusted.ca = Some(text(&path, "read the CA")?);
    }
    if let Some(path) = own.iaca.clone().or_else(|| within("iaca.pem")) {
        trusted.iaca = Some(text(&path, "read the IACA")?);
    }
    if let Some(path) = &own.provider.clone().or_else(|| within("wallet-provider")) {
        let whole = fs::canonicalize(path);
        trusted.provider =
            Some(whole.map_err(|error| Failure::file(path, "find the wallet provider", &error))?);
    }
    let missing = |what: &str, flag: &str| {
        Failure::usage(format!("the wallet does not know {what}"))
            .step("look for the issuer")
            .expected(flag)
            .got("nothing")
            .help(format!("give {flag} once; the wallet keeps it"))
    };
    let trusted = trusted.clone();
    let url = own.issuer.clone().or_else(|| wallet.state.issuer.clone());
    let url = url.ok_or_else(|| missing("which issuer to trust", "--issuer URL"))?;
    let folder = trusted.provider.ok_or_else(|| missing("who attests it", "--provider DIR"))?;
    let provider = Provider::load(&folder).map_err(failure::of)?;
    let roots = roots(wallet)?;
    let http = Http::new(trusted.ca.as_deref().map(str::as_bytes)).map_err(failure::of)?;
    let client = Client::connect(http, &url, provider, keep::clock(args)).map_err(failure::of)?;
    Ok(Way { client, roots })
}

/// The roots of credentials that the wallet believes.
pub(super) fn roots(wallet: &Wallet) -> Result<Vec<Certificate>> {
    let failure = |got: String| {
        Failure::usage("the wallet does not know the root of its issuer's credentials")
            .step("read the IACA")
            .expected("--iaca PEM")
            .got(got)
            .help("give --iaca once; the wallet keeps it")
    };
    let pem = wallet.state.trusted.iaca.as_deref().ok_or_else(|| failure("nothing".into()))?;
    let roots = Certificate::all_from_pem(pem.as_bytes()).map_err(|e| failure(e.to_string()))?;
    if roots.is_empty() { Err(failure("no certificate".into()).into()) } else { Ok(roots) }
}

/// Says on stderr what is going on.
pub(super) fn progress(context: &Context) -> impl FnMut(Progress) {
    let silent = context.out.is_json();
    let out = &context.out;
    move |event| match event {
        Progress::Step(step) if !silent => out.note(format!("… {step}")),
        Progress::Tap(Event::Step(step)) if !silent && context.verbose => {
            out.note(format!("… card: {step}"));
        }
        _ => {}
    }
}
