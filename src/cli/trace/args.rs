//! `--trace` on every command that talks to a card.

use std::{io::Write, path::PathBuf};

use anyhow::Result;
use clap::Args;

use crate::{
    cli::{failure::Failure, output::Output},
    trace::{self, Format, Link},
    transport::Sink,
};

pub(in crate::cli) const STEP: &str = "write the trace";

/// Whether and how to trace.
#[derive(Debug, Args)]
pub(in crate::cli) struct TraceArgs {
    /// Trace the dialogue into this new file, secrets and personal data left out: .pcapng for
    /// Wireshark, .jsonl, or .dump as apdu4j has it
    #[arg(long, global = true, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// With --trace: the form, where the file's name does not say it
    #[arg(long, global = true, value_name = "FORM", requires = "trace", value_parser = form)]
    trace_format: Option<Format>,
    /// With --trace FILE.pcapng: upper for APDUs, iso14443 for the blocks that they would be on the
    /// air
    #[arg(long, global = true, value_name = "LINK", requires = "trace", value_parser = link)]
    trace_link: Option<Link>,
    /// With --trace: leave nothing out. All that the card gives and is given stands in clear
    #[arg(long, global = true, requires = "trace")]
    unsafe_trace: bool,
}

impl TraceArgs {
    pub(in crate::cli) const fn path(&self) -> Option<&PathBuf> {
        self.trace.as_ref()
    }

    /// Whether nothing is to be left out.
    pub(in crate::cli) const fn is_unsafe(&self) -> bool {
        self.unsafe_trace
    }

    /// Says before anything is traced that personal data will be.
    pub(in crate::cli) fn warn(&self, out: &Output) {
        if let (true, Some(path)) = (self.unsafe_trace, &self.trace) {
            out.note(format!(
                "--unsafe-trace: NOTHING IS LEFT OUT, PINs and all that the card gives will stand \
                 in {}",
                path.display()
            ));
        }
    }

    /// What cannot be written, before a file is made.
    pub(in crate::cli) fn check(&self) -> Result<()> {
        if self.trace.is_some() {
            let format = self.format()?;
            if self.trace_link.is_some() && format != Format::Pcapng {
                return Err(Failure::usage("--trace-link: only pcapng has packets")
                    .step(STEP)
                    .expected("--trace FILE.pcapng beside --trace-link")
                    .got(format!("{format:?}").to_lowercase())
                    .help("leave --trace-link out, or trace into a .pcapng")
                    .into());
            }
        }
        Ok(())
    }

    /// What writes the file.
    pub(in crate::cli) fn sink(&self, file: Box<dyn Write + Send>) -> Result<Box<dyn Sink>> {
        Ok(trace::sink(self.format()?, self.trace_link.unwrap_or_default(), file))
    }

    /// What there is to say of the file.
    pub(in crate::cli) const fn kept(&self) -> &'static str {
        if self.unsafe_trace {
            "NOT REDACTED: all that the card gave and was given stands in it"
        } else {
            "redacted"
        }
    }

    fn format(&self) -> Result<Format> {
        let by_name = || self.trace.as_ref().and_then(|path| path.to_string_lossy().parse().ok());
        self.trace_format.or_else(by_name).ok_or_else(|| {
            Failure::usage("--trace: the file's name does not say which form")
                .step(STEP)
                .expected("a name that ends in .pcapng, .jsonl or .dump")
                .help("name it so, or say --trace-format pcapng, jsonl or dump")
                .into()
        })
    }
}

fn form(text: &str) -> Result<Format, String> {
    let known = ["pcapng", "jsonl", "dump"].contains(&text).then(|| text.parse().ok());
    known.flatten().ok_or_else(|| "pcapng, jsonl or dump".into())
}

fn link(text: &str) -> Result<Link, String> {
    text.parse().map_err(str::to_owned)
}
