//! `iccard issuer`: the service that answers a tap with a mobile card (docs/issuer.md).

mod init;
mod renew;
mod serve;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::{
    Context,
    failure::{self, Failure},
};
use crate::issuer::{config::ConfigError, init::InitError};

#[derive(Debug, Subcommand)]
pub(super) enum IssuerCommand {
    /// Make everything a first run needs: keys, certificates, configuration, synthetic persons
    Init(init::InitArgs),
    /// Serve wallets, clerks and verifiers
    Serve(serve::ServeArgs),
    /// Make a new document signer, before the certificate of the old one ends
    Renew(renew::RenewArgs),
}

pub(super) fn run(context: &Context, command: IssuerCommand) -> Result<ExitCode> {
    match command {
        IssuerCommand::Init(args) => init::run(&context.out, &args),
        IssuerCommand::Serve(args) => serve::run(&context.out, &args),
        IssuerCommand::Renew(args) => renew::run(&context.out, &args),
    }
}

/// The failure that a fault of a configuration is.
pub(super) fn of_config(error: &ConfigError) -> Failure {
    let usage = matches!(error, ConfigError::Syntax { .. } | ConfigError::Value { .. });
    let code = if usage { failure::USAGE } else { failure::FILE };
    let failure = Failure::new(code, error.to_string()).step("read the configuration");
    match error {
        ConfigError::Value { expected, .. } => failure
            .expected(expected.clone())
            .help("the comments of a new issuer.toml say what each key takes: iccard issuer init"),
        ConfigError::Syntax { line, .. } => failure
            .got(format!("line {line}"))
            .help("the comments of a new issuer.toml say what each key takes: iccard issuer init"),
        ConfigError::File { source, .. } => failure.of_kind(source),
        ConfigError::Content { expected, detail, .. } => {
            failure.expected(*expected).got(detail.clone())
        }
        ConfigError::Open { path, mode } => failure
            .expected("mode 0600")
            .got(format!("{mode:04o}"))
            .help(format!("chmod 600 {}", path.display())),
        ConfigError::Registry(_) => failure.step("open the register").help(
            "is the database there, and are keys.seal and keys.names those it was made with?",
        ),
        ConfigError::Trial { what, detail } => {
            failure.step("make a credential for nobody").expected(*what).got(detail.clone()).help(
                "is it the right key file, and not over? iccard issuer renew makes a new document \
                 signer",
            )
        }
        ConfigError::Environment { variable } => {
            failure.expected(variable.clone()).got("nothing").help("export it, with the URL")
        }
        _ => failure,
    }
}

pub(super) fn of_init(error: &InitError) -> Failure {
    let failure = |code| Failure::new(code, error.to_string()).step("make an issuer");
    match error {
        InitError::Exists { path } => failure(failure::FILE)
            .expected("an empty folder, or none")
            .got(path.display().to_string())
            .help("name another folder: keys are never overwritten"),
        InitError::Option { expected, .. } => failure(failure::USAGE).expected(*expected),
        InitError::Io { source, .. } => failure(failure::FILE).of_kind(source),
        InitError::Config(error) => of_config(error),
        _ => failure(failure::FILE),
    }
}
