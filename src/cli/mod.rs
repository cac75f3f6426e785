//! The command line: parses, calls the library, prints. Nothing else in the crate prints.

mod apdu;
#[cfg(feature = "issuer")]
mod api;
mod card;
mod conform;
#[cfg(feature = "credentials")]
mod credential;
mod cvc;
mod decode;
mod emulate;
mod face;
mod failure;
mod files;
mod fmt;
mod generate;
mod header;
mod holder;
#[cfg(feature = "issuer")]
mod issuer;
#[cfg(feature = "issuer")]
mod ledger;
mod lengths;
mod observe;
#[cfg(feature = "issuer")]
mod office;
mod output;
mod passwords;
mod policy;
mod profile;
mod readers;
mod record;
mod recording;
mod request;
mod run;
mod script;
mod secrets;
mod shell;
mod tap;
mod trace;
mod trust;
mod verdict;
mod verify;
#[cfg(feature = "wallet")]
mod wallet;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::{card::CardArgs, failure::Failure, output::Output};

/// Tap, prove and emulate contactless IC identity cards.
#[derive(Debug, Parser)]
#[command(name = "iccard", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes: 0 done or verified, 1 judged negative, 2 usage, profile or script error, 3 no reader or \
no card, 4 transport or time-out, 5 access refused, 6 the card broke the protocol, 7 file, network \
or server.")]
pub(crate) struct Cli {
    /// Print one JSON object on stdout instead of text
    #[arg(long, global = true)]
    json: bool,
    /// Show the dialogue with the card, secrets and personal data left out
    #[arg(short, long, global = true)]
    verbose: bool,
    #[command(flatten)]
    card: CardArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read a card, prove its chip genuine, and say who it is
    Tap(Box<tap::TapArgs>),
    /// Judge the evidence of a tap again, offline
    Verify(verify::VerifyArgs),
    /// Keep the CSCA certificates and revocation lists to believe
    #[command(subcommand)]
    Trust(trust::TrustCommand),
    /// List the card readers, or watch cards come and go
    Readers(readers::ReadersArgs),
    /// Send APDUs as they are
    Apdu(apdu::ApduArgs),
    /// Run APDU scripts: commands, what is expected of the answers, tests
    Run(Box<run::RunArgs>),
    /// Talk to a card line by line: scripts, files, completion
    Shell(shell::ShellArgs),
    /// Put APDU scripts into the one form that all have
    Fmt(fmt::FmtArgs),
    /// Be a card: plug an emulated one into a virtual reader
    Emulate(emulate::EmulateArgs),
    /// Run the cases of a test standard against a card, emulated or real
    Conform(Box<conform::ConformArgs>),
    /// Make and check card profiles
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    /// Make and verify mobile credential requests
    #[command(subcommand)]
    Request(request::RequestCommand),
    /// Verify mobile credentials and presentations
    #[cfg(feature = "credentials")]
    #[command(subcommand)]
    Credential(credential::CredentialCommand),
    /// Make, show and verify the certificates that terminals show to chips
    #[command(subcommand)]
    Cvc(cvc::CvcCommand),
    /// Say what bytes mean: APDUs, TLV, ATRs, status words, certificates, MRZ, files of a card
    Decode(decode::DecodeArgs),
    /// Ask the rules who may have a mobile card
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Make offers, report losses: the clerk's side
    #[cfg(feature = "issuer")]
    #[command(subcommand)]
    Office(Box<office::OfficeCommand>),
    /// Audit an issuer's log
    #[cfg(feature = "issuer")]
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Look into recordings of dialogues with cards
    #[command(subcommand)]
    Record(record::RecordCommand),
    /// Look into traces: pcapng, JSON lines, dumps, recordings, cardpeek's
    #[command(subcommand)]
    Trace(trace::TraceCommand),
    /// Bring scripts from other programs and to them
    #[command(subcommand)]
    Script(script::ScriptCommand),
    /// Be the phone: keep a mobile card in an encrypted file, for developers and tests
    #[cfg(feature = "wallet")]
    Wallet(Box<wallet::WalletArgs>),
    /// Make, run and renew an issuer of mobile cards
    #[cfg(feature = "issuer")]
    #[command(subcommand)]
    Issuer(issuer::IssuerCommand),
    /// Print a completion script for a shell
    Completions(generate::CompletionsArgs),
    /// Write the manual pages
    Man(generate::ManArgs),
}

impl Command {
    // Whether there is a dialogue to record.
    const fn talks_to_card(&self) -> bool {
        #[cfg(feature = "issuer")]
        if matches!(self, Self::Issuer(_) | Self::Office(_) | Self::Ledger(_)) {
            return false;
        }
        #[cfg(feature = "credentials")]
        if let Self::Credential(_) = self {
            return false;
        }
        #[cfg(feature = "wallet")]
        if let Self::Wallet(args) = self {
            return args.talks_to_card();
        }
        !matches!(
            self,
            Self::Verify(_)
                | Self::Trust(_)
                | Self::Readers(_)
                | Self::Emulate(_)
                | Self::Profile(_)
                | Self::Request(_)
                | Self::Cvc(_)
                | Self::Decode(_)
                | Self::Policy(_)
                | Self::Record(_)
                | Self::Trace(_)
                | Self::Script(_)
                | Self::Fmt(_)
                | Self::Completions(_)
                | Self::Man(_)
        )
    }
}

/// What every command gets.
struct Context {
    card: CardArgs,
    verbose: bool,
    out: Output,
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // clap prints help and version on stdout with status 0, mistakes on stderr with status 2.
        Err(error) => {
            let json = std::env::args_os().any(|arg| arg == "--json");
            if error.use_stderr() && json {
                let text = error.to_string();
                return Output::new(true).fail(&Failure::usage(first_line(&text)));
            }
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let context = Context { card: cli.card, verbose: cli.verbose, out: Output::new(cli.json) };
    if let Some(option) = context.card.record().option()
        && !cli.command.talks_to_card()
    {
        return context.out.fail(&recording::nothing_to_record(option));
    }
    context.card.record().warn(&context.out);
    let done = match cli.command {
        Command::Tap(args) => tap::run(&context, &args),
        Command::Verify(args) => verify::run(&context, &args),
        Command::Trust(command) => trust::run(&context, command),
        Command::Readers(args) => readers::run(&context, &args),
        Command::Apdu(args) => apdu::run(&context, &args),
        Command::Run(args) => run::run(&context, &args),
        Command::Shell(args) => shell::run(&context, &args),
        Command::Fmt(args) => fmt::run(&context, &args),
        Command::Emulate(args) => emulate::run(&context, &args),
        Command::Conform(args) => conform::run(&context, &args),
        Command::Profile(command) => profile::run(&context, command),
        Command::Request(command) => request::run(&context, command),
        #[cfg(feature = "credentials")]
        Command::Credential(command) => credential::run(&context, &command),
        Command::Cvc(command) => cvc::run(&context, command),
        Command::Decode(args) => decode::run(&context, &args),
        Command::Policy(command) => policy::run(&context, command),
        #[cfg(feature = "issuer")]
        Command::Office(command) => office::run(&context, &command),
        #[cfg(feature = "issuer")]
        Command::Ledger(command) => ledger::run(&context, &command),
        Command::Record(command) => record::run(&context, &command),
        Command::Trace(command) => trace::run(&context, &command),
        Command::Script(command) => script::run(&context, &command),
        #[cfg(feature = "wallet")]
        Command::Wallet(args) => wallet::run(&context, &args),
        #[cfg(feature = "issuer")]
        Command::Issuer(command) => issuer::run(&context, command),
        Command::Completions(args) => generate::completions(&context, &args),
        Command::Man(args) => generate::man(&context, &args),
    };
    let recorded = context.card.record().finish(&context.out);
    match done.and_then(|code| recorded.map(|()| code)) {
        Ok(code) => code,
        Err(error) => context.out.fail(&Failure::from_error(error)),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
