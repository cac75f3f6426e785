//! `iccard run`: scripts against a card.

mod given;
mod host;
mod show;
mod stop;

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::Args;
use rand_core::CryptoRng;

pub(super) use self::{
    host::{FileHost, Told},
    show::Show,
    stop::Stop,
};
use super::{
    Context,
    failure::{self, Failure},
    files, tap,
};
use crate::{
    crypto::{SeededRng, SystemRng},
    script::{
        Files, Program,
        check::{self, Known},
        report::{self, Report},
        run::{Options, Runner, Value},
    },
    tap::TerminalCertificates,
};

/// The most bytes that come through stdin.
const MAX_STDIN: u64 = 64 << 20;

#[derive(Args)]
pub(super) struct RunArgs {
    /// The scripts, each against a fresh card; `-` is stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Give a variable a value: bytes in hexadecimal, or else a text
    #[arg(long, value_name = "NAME=VALUE", value_parser = given::variable)]
    set: Vec<(String, Value)>,
    /// Give a variable the value of an environment variable, and show it nowhere
    #[arg(long, value_name = "NAME=env:VARIABLE", value_parser = given::secret)]
    set_secret: Vec<(String, Value)>,
    /// Any status will do where none is written, and answers come as the card gives them, as in
    /// scriptor; files named .pcom and .var are read so in any case
    #[arg(long)]
    lenient: bool,
    /// Look for mistakes in the scripts, without a card
    #[arg(long)]
    check: bool,
    /// Write a report in JUnit's XML, for build servers
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a report in the Test Anything Protocol
    #[arg(long, value_name = "FILE")]
    tap_out: Option<PathBuf>,
    /// How many statements may be run, so that no loop runs for ever
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000)]
    max_steps: u64,
    /// Ask nobody: a script that wants to fails there
    #[arg(long)]
    non_interactive: bool,
    /// Run only tests with one of these tags
    #[arg(long, value_name = "TAG,..", value_delimiter = ',')]
    tags: Vec<String>,
    /// Make all randomness follow from this text, that of an emulated card too: for tests
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// Allow the last try of a PIN to be spent: a wrong one blocks it
    #[arg(long)]
    last_try: bool,
    /// Card verifiable certificates for `auth terminal`, files or folders
    #[arg(long, value_name = "DIR", requires = "terminal_key")]
    cvc_chain: Vec<PathBuf>,
    /// The private key of the terminal's certificate
    #[arg(long, value_name = "FILE", requires = "cvc_chain")]
    terminal_key: Option<PathBuf>,
}

impl std::fmt::Debug for RunArgs {
    // Values may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunArgs").field("files", &self.files).finish_non_exhaustive()
    }
}

pub(super) fn run(context: &Context, args: &RunArgs) -> Result<ExitCode> {
    let out = &context.out;
    // Everything that can be wrong without the card comes before the card.
    for report in args.junit.iter().chain(&args.tap_out) {
        files::need_folder(report, "write the report")?;
    }
    let terminal = tap::terminal_given(args.terminal_key.as_deref(), &args.cvc_chain)?;
    let terminal = terminal.map(|(terminal, _)| terminal);
    if args.seed.is_some() && !args.check {
        out.note("--seed: all randomness follows from that text, so nothing is secure");
    }
    let stop = if args.check { Stop::default() } else { Stop::on_signals()? };
    let show = Show::new(out, args.files.len() > 1);
    let mut reports = Vec::new();
    for path in &args.files {
        show.file(path);
        let report = one(context, args, terminal.as_ref(), path, &show, &stop);
        show.end(&report);
        reports.push(report);
        if stop.is_set() {
            break;
        }
    }
    show.closing(&reports, args.check);
    out.object(report::json(&reports));
    // What ran is written down however it ended.
    let written = write(args, &reports);
    let code = reports.iter().map(Report::code).max().unwrap_or(0);
    match (written, code) {
        (Err(error), 0) => Err(error),
        (Err(error), code) => {
            out.note(format!("error: {}", Failure::from_error(error)));
            Ok(ExitCode::from(code))
        }
        (Ok(()), code) => Ok(ExitCode::from(code)),
    }
}

fn one(
    context: &Context,
    args: &RunArgs,
    terminal: Option<&TerminalCertificates>,
    path: &Path,
    show: &Show<'_>,
    stop: &Stop,
) -> Report {
    let name = path.display().to_string();
    let text = match read(path) {
        Ok(text) => text,
        Err(why) => return Report::of_unreadable(name, why),
    };
    let program = match Program::load(&name, &text, &mut Files, args.lenient) {
        Ok(program) => program,
        Err((sources, wrong)) => return Report::of_wrong(name, sources, wrong),
    };
    // The program has what it needs of it.
    drop(text);
    if args.check {
        let given = args.set.iter().chain(&args.set_secret).map(|(name, _)| name.clone());
        let wrong = check::check(&program, &Known { variables: given.collect() });
        return Report::of_wrong(name, program.sources, wrong);
    }
    let seed = args.seed.as_deref();
    let rng: Box<dyn CryptoRng> = match seed {
        Some(seed) => Box::new(SeededRng::new(seed.as_bytes(), "script")),
        None => Box::new(SystemRng::default()),
    };
    let variables = args.set.iter().chain(&args.set_secret).cloned().collect();
    let options = Options {
        variables,
        max_steps: args.max_steps,
        tags: args.tags.clone(),
        last_try: args.last_try,
    };
    let host = FileHost::new(
        context,
        Told { terminal, seed, asks: !args.non_interactive, stop },
        show,
        &program.sources,
    );
    Runner::new(&program, Box::new(host), rng, options).run()
}

fn read(path: &Path) -> Result<String, String> {
    if path.as_os_str() != "-" {
        return Files::read(path);
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MAX_STDIN + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_STDIN {
        return Err(format!("it is larger than {MAX_STDIN} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".into())
}

fn write(args: &RunArgs, reports: &[Report]) -> Result<()> {
    if let Some(path) = &args.junit {
        let text = report::junit(reports)
            .map_err(|error| Failure::new(failure::FILE, error.to_string()))?;
        put(path, "write the JUnit report", &text)?;
    }
    if let Some(path) = &args.tap_out {
        put(path, "write the TAP report", &report::tap(reports))?;
    }
    Ok(())
}

fn put(path: &Path, what: &str, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| Failure::file(path, what, &error).into())
}
