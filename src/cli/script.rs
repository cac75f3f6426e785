//! `iccard script`: scripts from other programs' files, and for other programs.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::{Args, Subcommand, builder::PossibleValuesParser};
use serde_json::json;
use zeroize::Zeroizing;

use super::{
    Context,
    failure::{self, Failure},
    files,
    recording::of_recording,
};
use crate::{
    script::{
        Diagnostic, Sources,
        export::{self, ExportError, Target},
        import::{self, Format, ImportError, MAX_IMPORT},
        is_lenient, syntax,
    },
    transport::Recording,
};

const IMPORT: &str = "import the file";
const EXPORT: &str = "export the script";

#[derive(Debug, Subcommand)]
pub(super) enum ScriptCommand {
    /// Make a script of another program's file: scriptor, opensc-tool, PCOM, JCShell, traces, ..
    Import(ImportArgs),
    /// Write the commands of a script or of a recording for another program
    Export(ExportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file
    file: PathBuf,
    /// Its format; without it, what the file looks like
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    from: Option<String>,
    /// Write into this new file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// A script, or a recording that is not redacted
    file: PathBuf,
    /// The format to write
    #[arg(long, value_name = "FORMAT", value_parser = targets())]
    to: String,
    /// Write into this new file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new(Format::ALL.map(Format::name))
}

fn targets() -> PossibleValuesParser {
    PossibleValuesParser::new(Target::ALL.map(Target::name))
}

pub(super) fn run(context: &Context, command: &ScriptCommand) -> Result<ExitCode> {
    match command {
        ScriptCommand::Import(args) => import(context, args),
        ScriptCommand::Export(args) => export(context, args),
    }
}

fn import(context: &Context, args: &ImportArgs) -> Result<ExitCode> {
    let file = args.file.display().to_string();
    let bytes = read(&args.file, IMPORT)?;
    let given = args.from.as_deref().and_then(Format::from_name);
    let Some(format) = given.or_else(|| Format::recognise(&file, &bytes)) else {
        let names = Format::ALL.map(Format::name).join(", ");
        return Err(Failure::usage(format!("{file}: this is none of the formats that are known"))
            .step(IMPORT)
            .expected(names)
            .got("another text")
            .help("say which with --from; what is a script already needs no import")
            .into());
    };
    let made = import::import(format, &file, &bytes).map_err(|error| refused(&file, error))?;
    let text = Zeroizing::new(made.text);
    let out = &context.out;
    for note in &made.notes {
        out.note(format!("{file}:{}: {}", note.line, note.message));
    }
    let notes: Vec<_> = made
        .notes
        .iter()
        .map(|note| json!({ "line": note.line, "message": note.message }))
        .collect();
    let object = json!({ "from": format.name(), "file": file, "notes": notes });
    finish(context, args.out.as_deref(), "write the script", &text, object)
}

fn refused(file: &str, error: ImportError) -> Failure {
    let error = match error {
        ImportError::Recording(error) => return of_recording(error),
        error => error,
    };
    let place = error.line().map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
    let failure = Failure::usage(format!("{file}: {error}"))
        .step(IMPORT)
        .expected(error.expected())
        .help(format!("correct {place}, or say with --from what the file is"));
    match error {
        ImportError::Line { got, .. } => failure.got(got),
        ImportError::TooLarge { got } => failure.got(format!("{got} bytes")),
        _ => failure.got("other bytes"),
    }
}

fn export(context: &Context, args: &ExportArgs) -> Result<ExitCode> {
    let file = args.file.display().to_string();
    let bytes = read(&args.file, EXPORT)?;
    let target = Target::from_name(&args.to).unwrap_or(Target::Scriptor);
    let text = if Format::recognise(&file, &bytes) == Some(Format::Recording) {
        let recording = Recording::parse(&file, &bytes).map_err(of_recording)?;
        export::export_recording(&recording, target).map_err(|error| match error {
            ExportError::Recording(error) => of_recording(error),
            error => Failure::usage(format!("{file}: {error}"))
                .step(EXPORT)
                .help("another format may have a word for it"),
        })?
    } else {
        let text = std::str::from_utf8(&bytes).map_err(|_| {
            Failure::usage(format!("{file}: this is no text"))
                .step(EXPORT)
                .expected("a script in UTF-8, or a recording")
                .got("other bytes")
                .help("a script ends in .apdu or .pcom; `iccard script import` makes one")
        })?;
        match of_script(&file, text, target) {
            Ok(text) => text,
            Err(wrong) => return Ok(not_exported(context, &file, target, &wrong)),
        }
    };
    let text = Zeroizing::new(text);
    let object = json!({ "to": target.name(), "file": file });
    finish(context, args.out.as_deref(), "write the export", &text, object)
}

// What is wrong, with the texts that its places are in.
type Wrong = (Sources, Vec<Diagnostic>);

fn of_script(file: &str, text: &str, target: Target) -> Result<String, Wrong> {
    let mut sources = Sources::default();
    let id = sources.add(file, text.into()).unwrap_or_default();
    let parsed = syntax::parse(id, text, is_lenient(file));
    if parsed.diagnostics.iter().any(|found| !found.warning) {
        return Err((sources, parsed.diagnostics));
    }
    export::export(&parsed.script, text, target).map_err(|wrong| (sources, vec![*wrong]))
}

// Drawn on stderr, as stdout is the export's.
fn not_exported(context: &Context, file: &str, target: Target, wrong: &Wrong) -> ExitCode {
    let (sources, found) = wrong;
    let out = &context.out;
    if !out.is_json() {
        found.iter().for_each(|one| out.note(one.draw(sources, false)));
    }
    let first = found.iter().find(|one| !one.warning).map(|one| {
        let (line, column) = sources.position(one.span);
        format!("{file}:{line}:{column}: {} ({})", one.message, one.code)
    });
    out.object(json!({
        "to": target.name(),
        "file": file,
        "error": { "code": failure::USAGE, "step": EXPORT, "message": first },
        "diagnostics": found.iter().map(|one| one.json(sources)).collect::<Vec<_>>(),
    }));
    ExitCode::from(failure::USAGE)
}

fn finish(
    context: &Context,
    path: Option<&Path>,
    what: &str,
    text: &str,
    mut object: serde_json::Value,
) -> Result<ExitCode> {
    let out = &context.out;
    match path {
        Some(path) => {
            // It may have passwords in it, as the file had.
            files::write_new_private(path, what, text.as_bytes())?;
            out.line(format!("{} written", path.display()));
            object["out"] = json!(path);
        }
        None if out.is_json() => object["text"] = json!(text),
        None => out.raw(text.as_bytes()),
    }
    out.object(object);
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path, what: &str) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    std::fs::File::open(path)
        // One more than there may be, for a file that grows or has no size.
        .and_then(|file| file.take(MAX_IMPORT as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::file(path, what, &error))?;
    if bytes.len() > MAX_IMPORT {
        return Err(Failure::new(
            failure::USAGE,
            format!("{}: more than {MAX_IMPORT} bytes", path.display()),
        )
        .step(what)
        .expected(format!("{MAX_IMPORT} bytes at most"))
        .got("more")
        .help("split the file")
        .into());
    }
    Ok(bytes)
}
