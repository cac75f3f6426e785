//! `iccard fmt`: scripts in the one form that all have.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::{
    Context,
    failure::{FILE, Failure, NEGATIVE, USAGE},
    files,
};
use crate::script::{
    Diagnostic, Files, Sources,
    format::{format, meaning},
    syntax::{MAX_TEXT, SourceId, parse},
};

const STEP: &str = "read the script";

#[derive(Debug, Args)]
pub(super) struct FmtArgs {
    /// The scripts, which are written anew where they change; - is stdin, and then stdout
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write nothing: say which would change, and fail where any would
    #[arg(long)]
    check: bool,
}

// What became of a file.
enum Done {
    Same,
    Changed(String),
    Wrong(Sources, Vec<Diagnostic>),
}

pub(super) fn run(context: &Context, args: &FmtArgs) -> Result<ExitCode> {
    let out = &context.out;
    let (mut changed, mut wrong) = (0_usize, 0_usize);
    let mut told = Vec::new();
    for path in &args.files {
        let name = path.display().to_string();
        let text = read(path)?;
        let (state, diagnostics) = match formatted(&name, &text)? {
            Done::Same => {
                if is_stdin(path) && !args.check && !out.is_json() {
                    out.raw(text.as_bytes());
                }
                ("same", Vec::new())
            }
            Done::Changed(new) => {
                changed += 1;
                if args.check {
                    out.line(format!("{name}: not in its form"));
                } else if !is_stdin(path) {
                    files::rewrite(path, "write the script", new.as_bytes())?;
                    out.line(format!("{name}: written"));
                } else if !out.is_json() {
                    out.raw(new.as_bytes());
                }
                ("changed", Vec::new())
            }
            Done::Wrong(sources, found) => {
                wrong += 1;
                if !out.is_json() {
                    found.iter().for_each(|one| out.note(one.draw(&sources, false)));
                }
                ("wrong", found.iter().map(|one| one.json(&sources)).collect::<Vec<Value>>())
            }
        };
        told.push(json!({ "file": name, "state": state, "diagnostics": diagnostics }));
    }
    out.object(json!({ "files": told, "changed": changed, "wrong": wrong }));
    Ok(match (wrong, changed) {
        (1.., _) => ExitCode::from(USAGE),
        (0, 1..) if args.check => ExitCode::from(NEGATIVE),
        _ => ExitCode::SUCCESS,
    })
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn read(path: &Path) -> Result<String> {
    let told = |why: String| {
        Failure::new(FILE, format!("{}: {why}", path.display()))
            .step(STEP)
            .expected(format!("UTF-8 text of at most {MAX_TEXT} bytes"))
            .got(why)
            .help("`iccard script import` reads files of other programs")
    };
    if !is_stdin(path) {
        std::fs::metadata(path).map_err(|error| Failure::file(path, STEP, &error))?;
        return Files::read(path).map_err(|why| told(why).into());
    }
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_TEXT as u64 + 1)
        .read_to_string(&mut text)
        .map_err(|error| told(error.to_string()))?;
    Ok(text)
}

fn formatted(name: &str, text: &str) -> Result<Done> {
    let lenient = crate::script::is_lenient(name);
    let new = match format(text, lenient) {
        Ok(new) if new == text => return Ok(Done::Same),
        Ok(new) => new,
        Err(found) => {
            let mut sources = Sources::default();
            sources.add(name, Arc::from(text));
            return Ok(Done::Wrong(sources, found));
        }
    };
    // What is not certain to mean the same is not written.
    let means = |text: &str| meaning(&parse(SourceId(0), text, lenient).script);
    if means(&new) != means(text) {
        return Err(Failure::usage(format!("{name}: its form would change what it means"))
            .step("format the script")
            .expected("the same statements")
            .got("others")
            .help("nothing was written; please report this script")
            .into());
    }
    Ok(Done::Changed(new))
}
