//! `iccard completions` and `iccard man`: both made from the same definition of the command line.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, CommandFactory};
use serde_json::json;

use super::{Cli, Context, failure::Failure};

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write one page a command into this folder; without it the main page goes to stdout
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn completions(context: &Context, args: &CompletionsArgs) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "iccard", &mut script);
    context.out.raw(&script);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn man(context: &Context, args: &ManArgs) -> Result<ExitCode> {
    let Some(dir) = &args.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        context.out.raw(&page);
        return Ok(ExitCode::SUCCESS);
    };
    let write = |error: std::io::Error| Failure::file(dir, "write manual pages", &error);
    std::fs::create_dir_all(dir).map_err(write)?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(write)?;
    context.out.line(format!("manual pages written to {}", dir.display()));
    context.out.object(json!({ "out": dir }));
    Ok(ExitCode::SUCCESS)
}
