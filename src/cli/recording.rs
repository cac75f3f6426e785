//! `--record` and `--trace`, and what a command needs to know of a recording that it replays.

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::OnceLock,
};

use anyhow::Result;
use clap::Args;
use rand_core::Rng;
use serde_json::json;
use time::{OffsetDateTime, UtcDateTime, format_description::well_known::Rfc3339};

use super::{
    Context,
    card::Opened,
    failure::{self, Failure},
    files,
    header::header,
    output::Output,
    profile::FromRecordingArgs,
    trace::{self, TraceArgs},
};
use crate::{
    crypto::SystemRng,
    pki::cvc::{CvCertificate, PrivateKey},
    profile::{self, FromRecordingError, Personalised},
    tap::TerminalCertificates,
    transport::{Anchor, Observer, RecordError, Recorder, Recording, Secrets, TerminalSecrets},
    trust::Anchors,
};

const STEP: &str = "write the recording";
const READ: &str = "read the recording";

/// Whether and where to record.
#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// Record the dialogue in this new file, secrets and personal data left out
    #[arg(long, global = true, value_name = "FILE")]
    record: Option<PathBuf>,
    /// With --record: leave nothing out, so that it can be replayed. Passwords stand in clear
    #[arg(long, global = true, requires = "record")]
    record_secrets: bool,
    #[command(flatten)]
    trace: TraceArgs,
    #[arg(skip)]
    recorder: OnceLock<Recorder>,
}

/// The files of a dialogue that is to be written down.
pub(super) struct Files {
    record: Option<File>,
    trace: Option<File>,
}

impl RecordArgs {
    /// Whether there is to be a recording.
    pub(super) const fn is_wanted(&self) -> bool {
        self.record.is_some()
    }

    /// The option that wants a card to talk to.
    pub(super) fn option(&self) -> Option<&'static str> {
        let record = self.record.is_some().then_some("--record");
        record.or_else(|| self.trace.path().map(|_| "--trace"))
    }

    /// Whether nothing is to be left out of the recording.
    pub(super) const fn keeps_secrets(&self) -> bool {
        self.record_secrets
    }

    /// Says before anything is written down that secrets will be.
    pub(super) fn warn(&self, out: &Output) {
        if let (true, Some(path)) = (self.record_secrets, &self.record) {
            out.note(format!(
                "--record-secrets: passwords and all that the card gives will stand in {}",
                path.display()
            ));
        }
        self.trace.warn(out);
    }

    /// The files, before the card is opened; never over one that is there.
    pub(super) fn create(&self) -> Result<Files> {
        let new = |path: Option<&PathBuf>, step| {
            let path = path.filter(|_| self.recorder.get().is_none());
            path.map(|path| files::new_private(path, step)).transpose()
        };
        self.trace.check()?;
        let record = new(self.record.as_ref(), STEP)?;
        match new(self.trace.path(), trace::STEP) {
            Ok(trace) => Ok(Files { record, trace }),
            Err(error) => {
                self.remove(self.record.as_ref());
                Err(error)
            }
        }
    }

    /// Takes the files away again: there is no card to record.
    pub(super) fn discard(&self) {
        self.remove(self.record.as_ref());
        self.remove(self.trace.path());
    }

    fn remove(&self, path: Option<&PathBuf>) {
        if let Some(path) = path.filter(|_| self.recorder.get().is_none()) {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Writes down what is said to this card.
    pub(super) fn start(&self, files: Files, mut opened: Opened) -> Result<Opened> {
        let Files { record, trace } = files;
        if record.is_some() || trace.is_some() {
            let recorder = Recorder::default();
            if let Some(file) = record {
                let header = header(&opened, self.record_secrets)?;
                recorder.record(Box::new(BufWriter::new(file)), header);
            }
            if let Some(file) = trace {
                let header = header(&opened, self.trace.is_unsafe())?;
                recorder.add(self.trace.sink(Box::new(BufWriter::new(file)))?, header);
            }
            let _ = self.recorder.set(recorder);
        }
        if let Some(recorder) = self.recorder.get() {
            opened.transport = Box::new(recorder.layer(opened.transport));
        }
        Ok(opened)
    }

    /// What makes the same commands again.
    pub(super) fn set_secrets(&self, secrets: &Secrets) {
        if let Some(recorder) = self.recorder.get() {
            recorder.set_secrets(secrets);
        }
    }

    /// Tells the recording of steps and plain forms.
    pub(super) fn observer(&self) -> Option<Box<dyn Observer>> {
        self.recorder.get().map(Recorder::observer)
    }

    /// Ends the files and says what there is now.
    pub(super) fn finish(&self, out: &Output) -> Result<()> {
        let Some(recorder) = self.recorder.get() else { return Ok(()) };
        let (counts, ends) = recorder.finish();
        let record = self.record.as_ref().map(|path| {
            let kept = if self.record_secrets {
                "WITH SECRETS: passwords and all that the card gave stand in it"
            } else {
                "redacted"
            };
            ("recorded", path, STEP, kept)
        });
        let trace =
            self.trace.path().map(|path| ("traced  ", path, trace::STEP, self.trace.kept()));
        let mut failed = None;
        // In the order in which they were added.
        for ((did, path, step, kept), end) in record.into_iter().chain(trace).zip(ends) {
            match end {
                Ok(()) => {
                    let (path, count) = (path.display(), counts.exchanges);
                    out.note(format!("{did}  {path}   {count} exchanges, {kept}"));
                }
                Err(error) => {
                    let failure = Failure::file(path, step, &error);
                    if let Some(first) = failed.replace(failure) {
                        out.note(first.to_string());
                    }
                }
            }
        }
        failed.map_or(Ok(()), |failure| Err(failure.into()))
    }
}

/// A recording that is replayed.
pub(super) struct Replayed {
    /// The card that was recorded.
    pub(super) card: String,
    /// When.
    pub(super) time: UtcDateTime,
    /// What the terminal knew then.
    pub(super) secrets: Secrets,
}

impl Replayed {
    pub(super) fn load(path: &Path) -> Result<(Recording, Self)> {
        let recording = Recording::load(path).map_err(of_recording)?;
        recording.need_all("replay it").map_err(of_recording)?;
        let header = recording.header();
        let time = OffsetDateTime::parse(&header.time, &Rfc3339).map_err(|error| {
            Failure::new(failure::FILE, format!("{}:1: its time is none: {error}", path.display()))
                .step(READ)
                .expected("a time of RFC 3339")
        })?;
        let secrets = header.secrets.clone().unwrap_or_default();
        let replayed = Self { card: header.card.clone(), time: time.to_utc(), secrets };
        Ok((recording, replayed))
    }

    /// The test anchors that came with it; `None` where the card was no emulated one.
    pub(super) fn anchors(&self, source: &str) -> Result<Option<Anchors>> {
        if self.secrets.anchors.is_empty() || !self.card.starts_with("emulated:") {
            return Ok(None);
        }
        let mut anchors = Anchors::new(source);
        for Anchor { name, der } in &self.secrets.anchors {
            let der = hex::decode(der).map_err(|error| damaged("an anchor", &error))?;
            anchors.add(name, &der)?;
        }
        Ok(Some(anchors))
    }

    /// What the terminal showed in Terminal Authentication.
    pub(super) fn terminal(&self) -> Result<Option<TerminalCertificates>> {
        let Some(shown) = &self.secrets.terminal else { return Ok(None) };
        let mut certificates = Vec::new();
        for text in &shown.certificates {
            let bytes = hex::decode(text).map_err(|error| damaged("a certificate", &error))?;
            let certificate = CvCertificate::parse(&bytes);
            certificates.push(certificate.map_err(|error| damaged("a certificate", &error))?);
        }
        let key = PrivateKey::from_bytes(shown.key.as_bytes())
            .map_err(|error| damaged("the terminal's key", &error))?;
        let own = TerminalCertificates::new(certificates, &key)
            .map_err(|error| damaged("the terminal's certificates", &error))?;
        Ok(Some(own))
    }
}

fn damaged(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(failure::FILE, format!("the recording is damaged: {what}: {error}")).step(READ)
}

/// What an emulated card of this profile adds to a recording.
pub(super) fn of_profile(profile: &Personalised, secrets: &mut Secrets) {
    let anchor = |(name, der): (String, Vec<u8>)| Anchor { name, der: hex::encode_upper(der) };
    secrets.anchors = profile::anchors(profile).into_iter().map(anchor).collect();
    if let Some(own) = &profile.terminal {
        secrets.terminal = Some(terminal(own.chain.iter(), own.key.private()));
    }
}

/// A terminal's certificates and key, for a recording.
pub(super) fn terminal<'a>(
    certificates: impl Iterator<Item = &'a CvCertificate>,
    key: &PrivateKey,
) -> TerminalSecrets {
    TerminalSecrets {
        certificates: certificates.map(|c| hex::encode_upper(c.to_bytes())).collect(),
        key: key.to_pem().to_string(),
    }
}

/// The binding as a recording has it.
pub(super) fn bind(text: &str) -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|error| damaged("the binding", &error))?;
    Ok(bytes)
}

/// A seed that nobody knows but the recording.
pub(super) fn new_seed() -> String {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    SystemRng::default().fill_bytes(&mut *bytes);
    hex::encode_upper(*bytes)
}

/// `iccard profile from-recording`.
pub(super) fn profile(context: &Context, args: &FromRecordingArgs) -> Result<ExitCode> {
    let recording = Recording::load(&args.recording).map_err(of_recording)?;
    let stem = args.recording.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = args.name.clone().or(stem).unwrap_or_else(|| "recorded".into());
    let text = profile::from_recording(&recording, &name).map_err(|error| match error {
        FromRecordingError::Recording(error) => of_recording(error),
        error => Failure::usage(error.to_string()).step("make a profile of the recording"),
    })?;
    let text = zeroize::Zeroizing::new(text);
    let out = &context.out;
    out.note(
        "the files are those of the card that was recorded: if it was a person's, so are the data. \
         Profiles are for synthetic persons",
    );
    out.note("a copy proves nothing: the chip's private keys are in no recording");
    let Some(path) = &args.out else {
        out.raw(text.as_bytes());
        return Ok(ExitCode::SUCCESS);
    };
    files::write_new_private(path, "write the profile", text.as_bytes())?;
    let shown = path.display();
    let wrong = profile::check(&text, path).err().map(|error| error.to_string());
    match &wrong {
        None => out.line(format!("{shown} written; try: iccard tap --card emulated:{shown}")),
        Some(wrong) => out.line(format!("{shown} written, to be completed by hand: {wrong}")),
    }
    out.object(json!({ "file": path, "name": name, "wrong": wrong }));
    Ok(if wrong.is_none() { ExitCode::SUCCESS } else { ExitCode::from(failure::NEGATIVE) })
}

/// Why a recording cannot be used.
pub(super) fn of_recording(error: RecordError) -> Failure {
    let message = error.to_string();
    match error {
        RecordError::Redacted { .. } => Failure::usage(message)
            .step(READ)
            .expected("a recording with all bytes")
            .got("a redacted one")
            .help("record with --record-secrets; `iccard record show` and `export` take this one"),
        RecordError::Line { line, column, expected, got, .. } => {
            let at = format!("{got} (line {line}, byte {column})");
            Failure::new(failure::FILE, message).step(READ).expected(expected).got(at)
        }
        _ => Failure::new(failure::FILE, message).step(READ),
    }
}

pub(super) fn nothing_to_record(option: &str) -> Failure {
    Failure::usage(format!("{option}: this command talks to no card"))
        .step(STEP)
        .expected("a command that talks to a card: tap, apdu")
        .help(format!("leave {option} out"))
}
