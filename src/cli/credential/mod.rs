//! `iccard credential`: a credential or its presentation, judged by somebody who has nothing but
//! the issuer's root.

mod fetch;
mod read;
mod status;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::Context;

#[derive(Debug, Subcommand)]
pub(super) enum CredentialCommand {
    /// Verify an SD-JWT VC or an mdoc, as issued or as presented, and look up its status
    Verify(Box<verify::VerifyArgs>),
}

pub(super) fn run(context: &Context, command: &CredentialCommand) -> Result<ExitCode> {
    match command {
        CredentialCommand::Verify(args) => verify::run(&context.out, args),
    }
}
