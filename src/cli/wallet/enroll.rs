//! `iccard wallet enroll`: a tap for an issuer far away.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{
    WalletArgs, failure,
    issuer::{self, IssuerArgs, Way},
    keep,
};
use crate::{
    cli::{
        Context,
        card::{self, Use},
        failure::Failure,
        observe,
        passwords::{self, Given},
    },
    crypto::SystemRng,
    session::Session,
    tap::Options,
    wallet::EnrollError,
};

#[derive(Args)]
pub(super) struct EnrollArgs {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// The card access number printed on the card (or ICCARD_CAN)
    #[arg(long, value_name = "DIGITS")]
    can: Option<String>,
    /// The holder's PIN (or ICCARD_PIN)
    #[arg(long, value_name = "DIGITS")]
    pin: Option<String>,
    /// The machine-readable zone of a passport (or ICCARD_MRZ)
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["can", "pin"])]
    mrz: Option<String>,
    /// The holder's face as the phone sees it, a JPEG, for issuers that compare
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

impl std::fmt::Debug for EnrollArgs {
    // Passwords are among them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrollArgs").finish_non_exhaustive()
    }
}

pub(super) fn run(context: &Context, wallet: &WalletArgs, args: &EnrollArgs) -> Result<ExitCode> {
    let out = &context.out;
    // Everything that can be wrong without the card comes before the card.
    let picture = args.picture.as_ref().map(|path| -> Result<Vec<u8>> {
        std::fs::read(path).map_err(|error| Failure::file(path, "read the picture", &error).into())
    });
    let picture = picture.transpose()?;
    let given = Given::typed(args.can.as_deref(), args.pin.as_deref(), args.mrz.as_deref());
    let given = passwords::or_asked(given, context.card.address())?;
    let passwords = given.map(|given| given.passwords()).transpose()?;
    let mut held = keep::open_or_begin(out, wallet)?;
    let Way { client, roots } = issuer::connect(wallet, &args.issuer, &mut held)?;
    let opened = card::open(&context.card, Use::Tap)?;
    let own = opened.profile.as_ref().map(Options::of_profile).unwrap_or_default();
    let options = Options {
        passwords: passwords.unwrap_or(own.passwords),
        max_apdu: context.card.max_apdu(),
        source: opened.source.clone(),
        ..Options::default()
    };
    let card = Session::new(opened.transport).with_timeout(context.card.timeout());
    let mut card = observe::watched(context, card);
    let rng = &mut SystemRng::default();
    let mut progress = issuer::progress(context);
    let tapped = client.tap(&mut held, &mut card, options, picture, rng, &mut progress);
    tapped.map_err(|error| match error {
        EnrollError::Card(error) => anyhow::Error::new(error),
        EnrollError::Wallet(error) => failure::of(error).into(),
    })?;
    drop(card);
    client.go_on(&mut held, &roots, rng, &mut progress).map_err(failure::of)?;
    out.row("issuer", client.issuer());
    out.row("card", &opened.source);
    keep::tell(out, &held.state.credentials);
    out.object(json!({
        "issuer": client.issuer(),
        "card": opened.source,
        "held": keep::value(&held.state.credentials),
    }));
    Ok(ExitCode::SUCCESS)
}
