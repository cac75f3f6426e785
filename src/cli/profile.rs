//! `iccard profile`: cards declared in TOML.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    Context, card,
    failure::Failure,
    files::{write_new, write_new_private},
};
use crate::{crypto::SystemRng, profile};

#[derive(Debug, Subcommand)]
pub(super) enum ProfileCommand {
    /// Make a profile of another synthetic person, with keys of its own
    New(NewArgs),
    /// Say whether a profile is right, or which line and key is not
    Check(CheckArgs),
    /// Write the certificates that a reader needs to trust the card
    Anchors(AnchorsArgs),
    /// Write certificates and key of a terminal that the card believes
    Terminal(TerminalArgs),
    /// Turn a recording with all bytes into a profile with the files that were read
    FromRecording(FromRecordingArgs),
}

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// Where to write it
    file: PathBuf,
    /// What the card is called; the file's name without it
    #[arg(long)]
    name: Option<String>,
    /// Make person and keys follow from this text; random without it
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The profile: a name or a TOML file
    profile: String,
}

#[derive(Debug, Args)]
pub(super) struct AnchorsArgs {
    /// The profile: a name or a TOML file
    profile: String,
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct TerminalArgs {
    /// The profile: a name or a TOML file
    profile: String,
    /// The folder to write into; nothing in it is overwritten
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct FromRecordingArgs {
    /// The recording, made with --record-secrets
    pub(super) recording: PathBuf,
    /// Where to write it, never over a file that is there; to stdout without it
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// What the card is called; the recording's name without it
    #[arg(long)]
    pub(super) name: Option<String>,
}

pub(super) fn run(context: &Context, command: ProfileCommand) -> Result<ExitCode> {
    match command {
        ProfileCommand::New(args) => new(context, args),
        ProfileCommand::Check(args) => check(context, &args),
        ProfileCommand::Anchors(args) => anchors(context, &args),
        ProfileCommand::Terminal(args) => terminal(context, &args),
        ProfileCommand::FromRecording(args) => super::recording::profile(context, &args),
    }
}

fn new(context: &Context, args: NewArgs) -> Result<ExitCode> {
    use rand_core::Rng;
    let seed = args.seed.unwrap_or_else(|| {
        let mut bytes = [0; 16];
        SystemRng::default().fill_bytes(&mut bytes);
        hex::encode(bytes)
    });
    let stem = args.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = args.name.or(stem).unwrap_or_else(|| "card".into());
    let text = profile::new_profile(&name, &seed);
    let write = |error: std::io::Error| Failure::file(&args.file, "write the profile", &error);
    // Never over a file that is there: it may hold the only copy of a card's seed.
    let mut file = std::fs::File::create_new(&args.file).map_err(write)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(write)?;
    let shown = args.file.display();
    context.out.line(format!("{shown} written; try: iccard tap --card emulated:{shown}"));
    context.out.object(json!({ "file": args.file, "name": name }));
    Ok(ExitCode::SUCCESS)
}

fn check(context: &Context, args: &CheckArgs) -> Result<ExitCode> {
    let profile = card::personalised(&args.profile)?;
    let sizes: Vec<_> = profile.file_sizes().collect();
    context.out.line(format!("{} is right: {} files", profile.name(), sizes.len()));
    for (file, size) in &sizes {
        context.out.line(format!("  {file:<24}{size:>7} bytes"));
    }
    let files: serde_json::Map<_, _> =
        sizes.iter().map(|(file, size)| (file.to_string(), json!(size))).collect();
    context.out.object(json!({ "name": profile.name(), "files": files }));
    Ok(ExitCode::SUCCESS)
}

fn anchors(context: &Context, args: &AnchorsArgs) -> Result<ExitCode> {
    let profile = card::personalised(&args.profile)?;
    let fail = |error: std::io::Error| Failure::file(&args.out, "write the anchors", &error);
    std::fs::create_dir_all(&args.out).map_err(fail)?;
    let mut written = Vec::new();
    for (name, der) in profile::anchors(&profile) {
        let path = args.out.join(name);
        std::fs::write(&path, der).map_err(fail)?;
        context.out.line(path.display().to_string());
        written.push(path);
    }
    context.out.object(json!({ "files": written }));
    Ok(ExitCode::SUCCESS)
}

fn terminal(context: &Context, args: &TerminalArgs) -> Result<ExitCode> {
    let profile = card::personalised(&args.profile)?;
    let (Some(cvca), Some(terminal)) = (&profile.cvca, &profile.terminal) else {
        return Err(Failure::usage(format!("{} has no Terminal Authentication", profile.name()))
            .step("find the terminal")
            .expected("a profile with a table [terminal_authentication]")
            .into());
    };
    let fail = |error: std::io::Error| Failure::file(&args.out, "write the certificates", &error);
    std::fs::create_dir_all(&args.out).map_err(fail)?;
    let key = args.out.join("terminal.pem");
    let pem = terminal.key.private().to_pem();
    write_new_private(&key, "write the private key", pem.as_bytes())?;
    let mut written = Vec::new();
    for certificate in [cvca].into_iter().chain(&terminal.chain) {
        let path = args.out.join(format!("{}.cvcert", certificate.holder()));
        write_new(&path, "write the certificate", &certificate.to_bytes())?;
        context.out.line(path.display().to_string());
        written.push(path);
    }
    context.out.line(format!("{} has the terminal's private key", key.display()));
    context.out.object(json!({ "files": written, "key": key }));
    Ok(ExitCode::SUCCESS)
}
