//! `iccard ledger`: anybody's audit of an issuer's log.

mod source;

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use self::source::{Source, SourceArgs};
use super::{
    Context,
    failure::{self, Failure},
    files,
    holder::shown,
    output::Output,
};
use crate::ledger::{
    Checkpoint, LedgerError, MAX_NOTE, MAX_RECEIPT, NoteVerifier, Receipt, verify_consistency,
};

#[derive(Debug, Subcommand)]
pub(super) enum LedgerCommand {
    /// Check that the log is signed, only grew since the last time, and holds a receipt's event
    Audit(AuditArgs),
}

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// The log's key, or a file with it: NAME+HASH+KEY
    #[arg(long, value_name = "KEY|FILE")]
    key: String,
    /// Where the last good checkpoint is kept, from one audit to the next
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// A wallet's receipt, to be found in the log
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
}

pub(super) fn run(context: &Context, command: &LedgerCommand) -> Result<ExitCode> {
    match command {
        LedgerCommand::Audit(args) => audit(&context.out, args),
    }
}

fn audit(out: &Output, args: &AuditArgs) -> Result<ExitCode> {
    let key = key(&args.key)?;
    let before = match read(&args.state, MAX_NOTE, "read the last checkpoint") {
        Ok(note) => Some(opened_state(&args.state, &note, &key)?),
        Err(error) if is_missing(&error) => None,
        Err(error) => return Err(error),
    };
    let receipt = match &args.receipt {
        Some(path) => {
            let bytes = read(path, MAX_RECEIPT, "read the receipt")?;
            Some(Receipt::from_json(bytes.as_bytes()).map_err(|e| unreadable(path, &e))?)
        }
        None => None,
    };
    let source = args.source.open()?;
    let note = source.checkpoint()?;
    let mut findings = Findings::default();
    let now = match Checkpoint::open(&note, &key) {
        Ok(now) => now,
        Err(error) => return judged(out, &Findings::of(&error), None, before.as_ref(), &key),
    };
    if let Some(before) = &before {
        findings.faults.extend(grown(&source, before, &now)?);
    }
    if let Some(receipt) = &receipt {
        match held(&source, receipt, &now, &key)? {
            Ok(event) => findings.event = Some(event),
            Err(fault) => findings.faults.push(format!("receipt: {fault}")),
        }
    }
    if findings.faults.is_empty() {
        files::write_private(&args.state, "keep the checkpoint", note.as_bytes())?;
    } else if before.is_some() {
        // Two signed checkpoints that contradict each other are the proof against the log.
        let path = args.state.with_extension("conflict");
        files::write_private(&path, "keep the checkpoint that contradicts", note.as_bytes())?;
        out.note(format!("the checkpoint that does not fit is kept in {}", path.display()));
    }
    judged(out, &findings, Some(&now), before.as_ref(), &key)
}

/// What an audit found.
#[derive(Default)]
struct Findings {
    faults: Vec<String>,
    /// The receipt's event, where it is in the log.
    event: Option<u64>,
}

impl Findings {
    fn of(error: &LedgerError) -> Self {
        Self { faults: vec![error.to_string()], ..Self::default() }
    }
}

/// Whether the log only grew.
fn grown(source: &Source, old: &Checkpoint, new: &Checkpoint) -> Result<Option<String>> {
    if new.size < old.size {
        return Ok(Some(format!("log: it had {} events, and now has {}", old.size, new.size)));
    }
    let proof = if old.size == new.size || old.size == 0 {
        Vec::new()
    } else {
        source.consistency(old.size, new.size)?
    };
    Ok(verify_consistency(old, new, &proof).err().map(|error| error.to_string()))
}

/// The receipt's event, if it is in the log of this checkpoint.
fn held(
    source: &Source,
    receipt: &Receipt,
    now: &Checkpoint,
    key: &NoteVerifier,
) -> Result<Result<u64, String>> {
    let (event, then) = match receipt.verify(key) {
        Ok(found) => found,
        Err(error) => return Ok(Err(error.to_string())),
    };
    // It may have been given after the checkpoint that is looked at.
    let (old, new) = if then.size > now.size { (now, &then) } else { (&then, now) };
    Ok(match grown(source, old, new)? {
        Some(fault) => Err(fault),
        None => Ok(event),
    })
}

fn judged(
    out: &Output,
    findings: &Findings,
    now: Option<&Checkpoint>,
    before: Option<&Checkpoint>,
    key: &NoteVerifier,
) -> Result<ExitCode> {
    let good = findings.faults.is_empty();
    out.row("log", key.name());
    if let Some(now) = now {
        out.row("now", format!("{} events, root {}", now.size, hex::encode(now.root)));
    }
    match before {
        Some(before) => out.row("before", format!("{} events", before.size)),
        None => out.row("before", "nothing: this is the first audit, and believes what it sees"),
    }
    if let Some(event) = findings.event {
        out.row("receipt", format!("event {event} is in the log"));
    }
    for fault in &findings.faults {
        out.row("fault", shown(fault));
    }
    let word = if good { "CONSISTENT" } else { "NOT CONSISTENT" };
    out.row("verdict", out.verdict(good, word));
    let point = |at: &Checkpoint| json!({ "size": at.size, "root": hex::encode(at.root) });
    out.object(json!({
        "log": key.name(),
        "consistent": good,
        "now": now.map(point),
        "before": before.map(point),
        "receipt": findings.event.map(|event| json!({ "event": event })),
        "faults": findings.faults,
    }));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(failure::NEGATIVE) })
}

fn key(text: &str) -> Result<NoteVerifier> {
    let path = Path::new(text);
    let text =
        if path.is_file() { read(path, MAX_NOTE, "read the log's key")? } else { text.to_owned() };
    NoteVerifier::from_text(text.trim()).map_err(|error| {
        Failure::usage(format!("--key: {error}"))
            .step("read the log's key")
            .expected("NAME+HASH+KEY, or a file with it")
            .got(shown(&text.chars().take(80).collect::<String>()))
            .help("the issuer publishes its log's key; `iccard issuer init` wrote it to a file")
            .into()
    })
}

fn opened_state(path: &Path, note: &str, key: &NoteVerifier) -> Result<Checkpoint> {
    Checkpoint::open(note, key).map_err(|error| {
        Failure::usage(format!("{}: {error}", path.display()))
            .step("read the last checkpoint")
            .expected(format!("a checkpoint signed by {}", key.name()))
            .got(error.to_string())
            .help("another log needs another --state; do not delete the file of this one")
            .into()
    })
}

fn unreadable(path: &Path, error: &LedgerError) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
        .step("read the receipt")
        .expected("a receipt as the issuer gave it")
        .got(error.to_string())
        .help("`iccard wallet show` writes it out")
}

/// A file of bounded size.
fn read(path: &Path, most: usize, what: &str) -> Result<String> {
    let read = || -> std::io::Result<String> {
        let mut text = String::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        std::fs::File::open(path)?.take(limit).read_to_string(&mut text)?;
        if text.len() > most { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
    };
    read().map_err(|error| Failure::file(path, what, &error).into())
}

fn is_missing(error: &anyhow::Error) -> bool {
    let failure = error.downcast_ref::<Failure>();
    let got = failure.and_then(|failure| failure.got.as_deref());
    got == Some(std::io::ErrorKind::NotFound.to_string().as_str())
}

/// The hashes of a proof, in base64url.
fn hashes(step: &str, value: &Value) -> Result<Vec<crate::ledger::Hash>> {
    use crate::trust::encoding::base64url;
    let hash = |text: &Value| {
        let bytes = base64url::decode(text.as_str()?).ok()?;
        crate::ledger::Hash::try_from(bytes).ok()
    };
    let proof = value.get("proof").and_then(Value::as_array);
    let proof = proof.filter(|proof| proof.len() <= crate::ledger::MAX_PROOF);
    let proof: Option<Vec<_>> = proof.and_then(|proof| proof.iter().map(hash).collect());
    proof.ok_or_else(|| {
        Failure::new(failure::FILE, format!("{step}: a proof expected, something else came"))
            .step(step)
            .expected("proof: hashes in base64url")
            .got("something else")
            .help("is this the log of an issuer of this version?")
            .into()
    })
}
