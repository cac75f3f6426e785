//! `iccard fmt`: scripts in the one form that all have.

use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::{
    Context,
    failure::{Failure, NEGATIVE, USAGE},
};
use crate::script::{
    Diagnostic, Files, Sources,
    format::{format, meaning},
    syntax::{MAX_TEXT, SourceId, parse},
};

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
    let mut files = Vec::new();
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
                    write(path, &new)?;
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
        files.push(json!({ "file": name, "state": state, "diagnostics": diagnostics }));
    }
    out.object(json!({ "files": files, "changed": changed, "wrong": wrong }));
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
        Failure::usage(format!("{}: {why}", path.display()))
            .step("read the script")
            .expected(format!("UTF-8 text of at most {MAX_TEXT} bytes"))
            .got(why)
            .help("`iccard script import` reads files of other programs")
    };
    if !is_stdin(path) {
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

// Whole or not at all, with the rights that the file has.
fn write(path: &Path, text: &str) -> Result<()> {
    let write = || -> std::io::Result<()> {
        // A link stays one.
        let path = path.canonicalize()?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(path.metadata()?.permissions())?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Failure::file(path, "write the script", &error).into())
}
