//! `iccard wallet`: the phone's side, for developers and CI.

mod claim;
mod enroll;
mod failure;
mod issuer;
mod keep;
mod present;
mod show;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Subcommand};

use super::Context;

#[derive(Debug, Args)]
pub(super) struct WalletArgs {
    /// The wallet's file (or ICCARD_WALLET); in the user's data folder without it
    #[arg(long, global = true, value_name = "FILE")]
    wallet: Option<PathBuf>,
    /// For tests: the clock of an issuer that was started with the same file
    #[cfg(feature = "test-clock")]
    #[arg(long, global = true, value_name = "FILE")]
    clock_file: Option<PathBuf>,
    #[command(subcommand)]
    command: WalletCommand,
}

#[derive(Debug, Subcommand)]
enum WalletCommand {
    /// Tap the card and fetch the mobile card that it earns; begins a wallet where there is none
    Enroll(Box<enroll::EnrollArgs>),
    /// Fetch the mobile card that an office offers by a QR code
    Claim(claim::ClaimArgs),
    /// Go on with what was interrupted, or with what an office had to confirm
    Resume(show::ResumeArgs),
    /// Say what the wallet holds
    Show(show::ShowArgs),
    /// Show chosen claims to a verifier
    Present(present::PresentArgs),
    /// Fetch the mobile card anew on this phone, without a tap
    Renew(show::RenewArgs),
    /// Delete the mobile card, and tell the issuer
    Delete(show::DeleteArgs),
}

pub(super) fn run(context: &Context, args: &WalletArgs) -> Result<ExitCode> {
    match &args.command {
        WalletCommand::Enroll(own) => enroll::run(context, args, own),
        WalletCommand::Claim(own) => claim::run(context, args, own),
        WalletCommand::Resume(own) => show::resume(context, args, own),
        WalletCommand::Show(own) => show::show(context, args, own),
        WalletCommand::Present(own) => present::run(context, args, own),
        WalletCommand::Renew(own) => show::renew(context, args, own),
        WalletCommand::Delete(own) => show::delete(context, args, own),
    }
}

impl WalletArgs {
    /// Whether a card is tapped: only then is there a dialogue to record.
    pub(super) const fn talks_to_card(&self) -> bool {
        matches!(self.command, WalletCommand::Enroll(_))
    }
}
