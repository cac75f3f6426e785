//! Whom the wallet speaks to, and whom it believes.

use std::{fs, path::PathBuf};

use anyhow::Result;
use clap::Args;

use super::{WalletArgs, failure, keep};
use crate::{
    cli::{Context, failure::Failure},
    crypto::SystemRng,
    pki::Certificate,
    tap::Event,
    wallet::{Client, Http, Progress, Provider, Wallet},
};

#[derive(Debug, Args)]
pub(super) struct IssuerArgs {
    /// The issuer to trust; the wallet's own without it
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    #[command(flatten)]
    trust: TrustArgs,
    /// Folder of the wallet provider that attests this wallet, a test's. Kept in the wallet
    #[arg(long, value_name = "DIR")]
    provider: Option<PathBuf>,
}

/// Whom to believe. What is given is kept once an answer has shown that it fits.
#[derive(Debug, Args)]
pub(super) struct TrustArgs {
    /// The folder that `iccard issuer init` made, for tests: its CA, its IACA and its wallet provider
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// The CA of the issuer's server, PEM; those of Mozilla without it. Kept in the wallet
    #[arg(long, value_name = "PEM")]
    ca: Option<PathBuf>,
    /// The issuer's IACA, the root of its credentials, PEM. Kept in the wallet
    #[arg(long, value_name = "PEM")]
    iaca: Option<PathBuf>,
}

impl TrustArgs {
    /// Takes what is given into the wallet, which is not saved by this.
    pub(super) fn take(&self, wallet: &mut Wallet) -> Result<()> {
        let text = |path: &PathBuf, what: &str| -> Result<String> {
            fs::read_to_string(path).map_err(|error| Failure::file(path, what, &error).into())
        };
        let trusted = &mut wallet.state.trusted;
        if let Some(path) = self.ca.clone().or_else(|| self.within("tls/ca.pem")) {
            trusted.ca = Some(text(&path, "read the CA")?);
        }
        if let Some(path) = self.iaca.clone().or_else(|| self.within("iaca.pem")) {
            trusted.iaca = Some(text(&path, "read the IACA")?);
        }
        Ok(())
    }

    const fn is_given(&self) -> bool {
        self.from.is_some() || self.ca.is_some() || self.iaca.is_some()
    }

    fn within(&self, name: &str) -> Option<PathBuf> {
        self.from.as_ref().map(|folder| folder.join(name))
    }
}

/// A way to the issuer.
pub(super) struct Way {
    pub(super) client: Client,
    pub(super) roots: Vec<Certificate>,
}

/// Connects to the issuer of the options, or to the wallet's own.
pub(super) fn connect(args: &WalletArgs, own: &IssuerArgs, wallet: &mut Wallet) -> Result<Way> {
    own.trust.take(wallet)?;
    let trusted = &mut wallet.state.trusted;
    if let Some(path) = &own.provider.clone().or_else(|| own.trust.within("wallet-provider")) {
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
    // Whatever comes of the rest, nobody has to say it again; what a wallet holds of another issuer
    // is read under that one's roots until this one has given it something.
    let same = wallet.state.issuer.as_deref().is_none_or(|held| held == client.issuer());
    if same && (own.trust.is_given() || own.provider.is_some()) {
        wallet.save(&mut SystemRng::default()).map_err(failure::of)?;
    }
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
