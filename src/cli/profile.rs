//! `iccard profile`: cards declared in TOML.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    Context, card,
    failure::{Failure, USAGE},
    files::{write_new, write_new_private},
};
use crate::{
    crypto::SystemRng,
    profile::{self, FileKind, FileSpec, ProfileError},
};

#[derive(Debug, Subcommand)]
pub(super) enum ProfileCommand {
    /// List the profiles that are built in
    List,
    /// Print the text of a profile, to keep and to change
    Show(ShowArgs),
    /// Print the keys of profiles as JSON Schema
    Schema(SchemaArgs),
    /// Make a profile of another synthetic person, with keys of its own
    New(NewArgs),
    /// Say whether a profile is right, or which lines and keys are not
    Check(CheckArgs),
    /// Write the certificates that a reader needs to trust the card
    Anchors(AnchorsArgs),
    /// Write certificates and key of a terminal that the card believes
    Terminal(TerminalArgs),
    /// Turn a recording with all bytes into a profile with the files that were read
    FromRecording(FromRecordingArgs),
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The profile's name
    profile: String,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Print them as the table of card-profiles/README.md instead
    #[arg(long)]
    markdown: bool,
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
        ProfileCommand::List => list(context),
        ProfileCommand::Show(args) => show(context, &args),
        ProfileCommand::Schema(args) => Ok(schema(context, &args)),
        ProfileCommand::New(args) => new(context, args),
        ProfileCommand::Check(args) => check(context, &args),
        ProfileCommand::Anchors(args) => anchors(context, &args),
        ProfileCommand::Terminal(args) => terminal(context, &args),
        ProfileCommand::FromRecording(args) => super::recording::profile(context, &args),
    }
}

fn list(context: &Context) -> Result<ExitCode> {
    let mut profiles = Vec::new();
    for (name, text) in profile::BUILT_IN {
        let profile = profile::check(text, format!("card-profiles/{name}.toml").as_ref())?;
        context.out.line(format!("{name:<24}{}", profile.title));
        profiles.push(json!({ "name": name, "title": profile.title }));
    }
    context.out.object(json!({ "profiles": profiles }));
    Ok(ExitCode::SUCCESS)
}

fn show(context: &Context, args: &ShowArgs) -> Result<ExitCode> {
    let found = profile::BUILT_IN.iter().find(|(name, _)| *name == args.profile);
    let Some((name, text)) = found else {
        let names: Vec<_> = profile::BUILT_IN.iter().map(|(name, _)| *name).collect();
        return Err(Failure::usage(format!("no profile is called {:?}", args.profile))
            .step("find the profile")
            .expected(names.join(", "))
            .got(args.profile.clone())
            .help("`iccard profile list` lists those that are built in")
            .into());
    };
    if context.out.is_json() {
        context.out.object(json!({ "name": name, "text": text }));
    } else {
        context.out.raw(text.as_bytes());
    }
    Ok(ExitCode::SUCCESS)
}

fn schema(context: &Context, args: &SchemaArgs) -> ExitCode {
    let text = match args.markdown {
        true => profile::key_table(),
        false => format!("{:#}\n", profile::json_schema()),
    };
    context.out.raw(text.as_bytes());
    ExitCode::SUCCESS
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
    let profile = match card::checked(&args.profile)? {
        Ok(profile) => profile.personalise()?,
        Err(findings) => return Ok(wrong(context, &findings)),
    };
    let made = profile.file_sizes().map(|(file, size)| (file.to_string(), size));
    let layout = &profile.profile.layout;
    let declared = layout.files.iter().chain(layout.inside.iter().map(|(_, spec)| spec));
    let sizes: Vec<_> = made.chain(declared.map(size)).collect();
    context.out.line(format!("{} is right: {} files", profile.name(), sizes.len()));
    for (file, size) in &sizes {
        context.out.line(format!("  {file:<24}{size:>7} bytes"));
    }
    let files: serde_json::Map<_, _> =
        sizes.iter().map(|(file, size)| (file.clone(), json!(size))).collect();
    context.out.object(json!({ "name": profile.name(), "files": files }));
    Ok(ExitCode::SUCCESS)
}

// A declared file by its path, with the bytes that it has room for.
fn size(spec: &FileSpec) -> (String, usize) {
    let path: Vec<_> = spec.path.iter().map(|fid| format!("{fid:04X}")).collect();
    let size = match &spec.kind {
        FileKind::Transparent { content, .. } => content.len(),
        FileKind::Records { record_size, most, .. } => {
            usize::from(*record_size) * usize::from(*most)
        }
        _ => 0,
    };
    (if path.is_empty() { "3F00".into() } else { path.join("/") }, size)
}

// Every finding, the first as the error that other commands would tell.
fn wrong(context: &Context, findings: &[ProfileError]) -> ExitCode {
    for finding in findings {
        if !context.out.is_json() {
            context.out.note(format!("error: {finding}"));
        }
    }
    let told = |finding: &ProfileError| {
        let place = finding.place();
        json!({
            "file": place.map(|place| &place.file),
            "line": place.map(|place| place.line),
            "column": place.map(|place| place.column),
            "key": finding.key(),
            "message": finding.to_string(),
        })
    };
    let first = findings.first().map(ToString::to_string);
    context.out.object(json!({
        "error": { "code": USAGE, "message": first, "step": "check the profile" },
        "findings": findings.iter().map(told).collect::<Vec<_>>(),
    }));
    ExitCode::from(USAGE)
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
