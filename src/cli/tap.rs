//! `iccard tap`: the main job.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rand_core::CryptoRng;
use serde_json::{Value, json};
use time::UtcDateTime;

use super::{
    Context,
    card::{self, Opened, Use},
    cvc,
    face::FaceFile,
    failure::{self, Failure},
    files,
    holder::{Holder, shown},
    lengths, observe,
    output::Output,
    passwords::{self, Given},
    recording::{self, Replayed},
    trust, verdict,
};
use crate::{
    apdu::StatusWord,
    crypto::{SeededRng, SystemRng},
    issuance::{CredentialRequest, DeviceKeys, Session as RequestSession},
    lds::{Df, File, edl},
    pki::cvc::Chat,
    profile::{self, Personalised},
    session::Session,
    tap::{self, Event, KnownLengths, Options, Tapped, TerminalCertificates},
    transport::{CardAddress, Secrets, TerminalSecrets, link::Rate},
    trust::{Anchors, Evidence, Judging, Verdict, judge},
};

#[derive(Args)]
pub(super) struct TapArgs {
    /// The card access number printed on the card (or ICCARD_CAN)
    #[arg(long, value_name = "DIGITS")]
    pub(super) can: Option<String>,
    /// The holder's PIN (or ICCARD_PIN); with --can a suspended PIN is resumed
    #[arg(long, value_name = "DIGITS")]
    pub(super) pin: Option<String>,
    /// The PUK (or ICCARD_PUK); with --pin a blocked PIN is unblocked
    #[arg(long, value_name = "DIGITS")]
    pub(super) puk: Option<String>,
    /// The machine-readable zone, or its document number, dates and check digits (or ICCARD_MRZ)
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["can", "pin", "puk", "bap"])]
    pub(super) mrz: Option<String>,
    /// Instead of --mrz: the document number as it is printed
    #[arg(long, value_name = "TEXT", requires_all = ["birth", "expiry"], conflicts_with_all = ["mrz", "can", "pin", "puk", "bap"])]
    pub(super) doc_no: Option<String>,
    /// With --doc-no: date of birth, YYMMDD or YYYY-MM-DD
    #[arg(long, value_name = "DATE", requires = "doc_no")]
    pub(super) birth: Option<String>,
    /// With --doc-no: date of expiry, YYMMDD or YYYY-MM-DD
    #[arg(long, value_name = "DATE", requires = "doc_no")]
    pub(super) expiry: Option<String>,
    /// The machine-readable line of a driving licence, 30 characters (or ICCARD_BAP)
    #[arg(long, value_name = "LINE")]
    pub(super) bap: Option<String>,
    /// Allow the last try of the PIN to be spent: a wrong one blocks it
    #[arg(long)]
    last_try: bool,
    /// Use BAC or BAP although the card offers PACE: weaker, for tests; takes --mrz or --bap
    #[arg(long)]
    allow_bac: bool,
    /// Card verifiable certificates of this terminal, files or folders, for fingers and irises
    #[arg(long, value_name = "DIR", requires = "terminal_key")]
    cvc_chain: Vec<PathBuf>,
    /// The private key of the terminal's certificate
    #[arg(long, value_name = "FILE", requires = "cvc_chain")]
    terminal_key: Option<PathBuf>,
    /// Folders with the CSCA certificates to believe, instead of the trust store
    #[arg(long, value_name = "DIR")]
    trust: Vec<PathBuf>,
    /// Write what the card gave, to be judged again by `iccard verify`: personal data in clear
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Write the face, in the card's own format
    #[arg(long, value_name = "FILE")]
    face: Option<PathBuf>,
    /// Write a mobile credential request that is bound to this tap
    #[arg(long, value_name = "FILE", requires_all = ["keys", "session"])]
    request: Option<PathBuf>,
    /// The device keys (`iccard request keys`)
    #[arg(long, value_name = "FILE", requires = "request")]
    keys: Option<PathBuf>,
    /// The verifier's session (`iccard request challenge`)
    #[arg(long, value_name = "FILE", requires = "request")]
    session: Option<PathBuf>,
    /// Make the terminal's randomness follow from this text, and that of a card which is emulated
    /// here: for tests and recordings, for nothing is secure then
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// With --card replay:FILE: judge at this time instead of the recorded one: now, a day, or
    /// RFC 3339
    #[arg(long, value_name = "TIME", value_parser = trust::time_of)]
    at: Option<UtcDateTime>,
}

impl std::fmt::Debug for TapArgs {
    // Passwords are among them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TapArgs").finish_non_exhaustive()
    }
}

pub(super) fn run(context: &Context, args: &TapArgs) -> Result<ExitCode> {
    // Everything that can be wrong without the card comes before the card.
    let request = RequestFiles::load(args)?;
    let face = args.face.as_deref().map(FaceFile::new).transpose()?;
    let address = context.card.address();
    let replays = matches!(address, CardAddress::Replay { .. });
    if args.at.is_some() && !replays {
        return Err(Failure::usage("--at: a card that is there is judged now")
            .step("tap")
            .expected("--card replay:FILE beside --at")
            .help("`iccard verify --at` judges the evidence of a tap at another time")
            .into());
    }
    // Emulated and replayed cards may bring their own.
    let brings_anchors = replays || matches!(address, CardAddress::Emulated { .. });
    let trust = (!brings_anchors || !args.trust.is_empty())
        .then(|| trust::anchors(&context.out, &args.trust))
        .transpose()?;
    let given = passwords::given(args, address)?;
    let passwords = given.as_ref().map(Given::passwords).transpose()?;
    let (terminal, shown) = terminal_given(args)?.unzip();
    let out = &context.out;
    if args.seed.is_some() {
        out.note("--seed: all randomness follows from that text, so nothing is secure");
    }
    let opened = card::open_seeded(&context.card, Use::Tap, args.seed.as_deref())?;
    let Opened { transport, source, profile, replayed, time: now } = opened;
    // What makes this very dialogue again, if it is recorded.
    let mut known = match (&profile, &replayed) {
        (Some(profile), _) => {
            let mut known = Secrets::default();
            Given::of_profile(profile).record(&mut known);
            recording::of_profile(profile, &mut known);
            known
        }
        (None, Some(replayed)) => replayed.secrets.clone(),
        (None, None) => Secrets::default(),
    };
    if let Some(given) = &given {
        given.record(&mut known);
    }
    known.terminal = shown.or_else(|| known.terminal.take());
    known.last_try |= args.last_try;
    known.allow_bac |= args.allow_bac;
    let max_apdu = context.card.max_apdu();
    let max_apdu = known.max_apdu.map_or(max_apdu, |recorded| max_apdu.min(recorded.into()));
    known.max_apdu = Some(max_apdu.into());
    let bind = match &request {
        Some(request) => Some(request.bind()),
        None => known.bind.as_deref().map(recording::bind).transpose()?,
    };
    known.bind = bind.map(hex::encode_upper);
    known.seed = args.seed.clone().or_else(|| known.seed.take());
    if known.seed.is_none() && context.card.record().keeps_secrets() {
        known.seed = Some(recording::new_seed());
    }
    let mut rng: Box<dyn CryptoRng> = match &known.seed {
        Some(seed) => Box::new(SeededRng::new(seed.as_bytes(), "terminal")),
        None => Box::new(SystemRng::default()),
    };
    let own = match (&profile, &replayed) {
        (Some(profile), _) => Some(Options::of_profile(profile)),
        (None, Some(replayed)) => Some(Options {
            passwords: Given::recorded(&replayed.secrets).passwords()?,
            terminal: replayed.terminal()?,
            ..Options::default()
        }),
        (None, None) => None,
    };
    let own = own.unwrap_or_default();
    let recorded = replayed.as_ref().map(|replayed| replayed.anchors(&source)).transpose()?;
    let (trust, test_anchor) = match (trust, &profile, recorded.flatten()) {
        (Some(trust), ..) => (trust, false),
        (None, Some(profile), _) => (anchors_of(profile, &source)?, true),
        (None, None, Some(recorded)) => (recorded, true),
        (None, None, None) => (trust::anchors(out, &args.trust)?, false),
    };
    // A dialogue that is to be the same again must not depend on those before.
    let repeats = replays || known.seed.is_some() || context.card.record().is_wanted();
    let mut lengths = if repeats { KnownLengths::default() } else { lengths::load(&context.card) };
    let options = Options {
        passwords: passwords.unwrap_or(own.passwords),
        last_try: known.last_try,
        allow_bac: known.allow_bac,
        terminal: terminal.or(own.terminal),
        max_apdu,
        bind,
        source: source.clone(),
        lengths: lengths.clone(),
        ..Options::default()
    };
    context.card.record().set_secrets(known);
    let session = Session::new(transport).with_timeout(context.card.timeout());
    let mut session = observe::watched(context, session);
    let mut progress = Progress::new(out.is_json() || context.verbose);
    let tapped = tap::tap(&mut session, &options, &mut *rng, now, &mut |e| progress.show(e));
    progress.clear();
    let tapped = tapped?;
    if let Some(learnt) = tapped.lengths.as_ref().filter(|_| !repeats) {
        lengths::keep(&context.card, &mut lengths, learnt);
    }
    // Whoever wrote a recording held the keys of its tap: it is judged as what it is, a record.
    let mut judging = if replays { Judging::offline(None) } else { tapped.judging() };
    judging.at = args.at;
    let verdict = judge(&tapped.evidence, &trust, &judging);
    let now = args.at.unwrap_or(now);
    let link = context.card.link();
    let report = Report {
        tapped: &tapped,
        verdict: &verdict,
        source,
        profile,
        replayed,
        test_anchor,
        now,
        link,
    };
    report.print(out);
    let mut object = report.value();
    if let Some(path) = &args.evidence {
        let json = tapped.evidence.to_json()?;
        files::write_private(path, "write the evidence", json.as_bytes())?;
        out.row("evidence", path.display().to_string());
        object["evidence"] = json!(path);
    }
    if let Some(face) = &face {
        out.row("face", face.write(&tapped.evidence)?);
        let passive = &verdict.passive;
        let is_signed = passive.groups.matched.contains(&FaceFile::source(&tapped.evidence));
        if !passive.check.passed() || !is_signed {
            out.note("the face is not shown to be genuine");
        }
        object["face"] = json!(face.path());
    }
    let hindrance = request.as_ref().and_then(|_| hindrance(&tapped.evidence, &verdict));
    if let Some(files) = &request
        && hindrance.is_none()
    {
        files.write(tapped.evidence.clone(), UtcDateTime::now())?;
        out.row("request", files.out.display().to_string());
        object["request"] = json!(files.out);
    }
    out.object(object);
    if let Some(why) = hindrance {
        out.note(format!("no request was written: {why}"));
        return Ok(ExitCode::from(failure::NEGATIVE));
    }
    Ok(if verdict.verified { ExitCode::SUCCESS } else { ExitCode::from(failure::NEGATIVE) })
}

// Why no verifier could accept a request with this evidence.
fn hindrance(evidence: &Evidence, verdict: &Verdict) -> Option<&'static str> {
    if !verdict.verified {
        return Some("the tap is not verified");
    }
    if evidence.application() == Df::Edl {
        return Some("requests are for identity cards, and this is a driving licence");
    }
    if verdict.key_only.is_some() {
        let pin = verdict.holder_verification.as_ref().is_some_and(|h| h.check.passed());
        return (!pin).then_some("a key-only card takes its PIN for a request: give --pin");
    }
    let signed = verdict.chip.active_authentication.passed();
    (!signed).then_some(
        "the card did not sign the session, for it has no Active Authentication; its other proofs \
         convince whoever taps it, and nobody else",
    )
}

fn anchors_of(profile: &Personalised, source: &str) -> Result<Anchors> {
    let mut anchors = Anchors::new(source);
    for (name, der) in profile::anchors(profile) {
        anchors.add(&name, &der)?;
    }
    Ok(anchors)
}

fn terminal_given(args: &TapArgs) -> Result<Option<(TerminalCertificates, TerminalSecrets)>> {
    let Some(file) = &args.terminal_key else { return Ok(None) };
    let key = cvc::private_key(file)?;
    let certificates = cvc::certificates(&args.cvc_chain)?;
    let count = certificates.len();
    let certificates: Vec<_> =
        certificates.into_iter().map(|(_, certificate)| certificate).collect();
    let shown = recording::terminal(certificates.iter(), &key);
    let own = TerminalCertificates::new(certificates, &key).map_err(|_| {
        Failure::usage(format!("--terminal-key {}: the key of no terminal", file.display()))
            .step("read the terminal's certificates")
            .expected("the private key of a terminal whose certificate --cvc-chain has")
            .got(format!("{count} certificates, none of a terminal with this key"))
    })?;
    Ok(Some((own, shown)))
}

struct RequestFiles {
    out: PathBuf,
    keys: DeviceKeys,
    session: RequestSession,
}

impl RequestFiles {
    fn load(args: &TapArgs) -> Result<Option<Self>> {
        let (Some(out), Some(keys), Some(session)) = (&args.request, &args.keys, &args.session)
        else {
            return Ok(None);
        };
        let keys = DeviceKeys::load(keys).map_err(|error| {
            Failure::new(failure::FILE, error.to_string()).step("read the device keys")
        })?;
        let session = RequestSession::load(session).map_err(|error| {
            Failure::new(failure::FILE, error.to_string()).step("read the session")
        })?;
        if session.h_dev != keys.commitment() {
            return Err(Failure::new(
                failure::NEGATIVE,
                "the session was made for other device keys than these",
            )
            .step("bind the tap")
            .expected(format!("H_dev {}", session.h_dev))
            .got(keys.commitment().to_string())
            .help("keys come first: iccard request keys, then iccard request challenge --commit")
            .into());
        }
        Ok(Some(Self { out: out.clone(), keys, session }))
    }

    fn bind(&self) -> [u8; 32] {
        *self.session.binding(&self.keys.jkt()).as_bytes()
    }

    fn write(&self, evidence: Evidence, now: UtcDateTime) -> Result<()> {
        let request =
            CredentialRequest::sign(&self.keys, &self.session, evidence, now).map_err(|error| {
                Failure::new(failure::NEGATIVE, error.to_string()).step("sign the request")
            })?;
        files::write_private(&self.out, "write the request", request.as_bytes())
    }
}

struct Report<'a> {
    tapped: &'a Tapped,
    verdict: &'a Verdict,
    source: String,
    profile: Option<Personalised>,
    replayed: Option<Replayed>,
    test_anchor: bool,
    now: UtcDateTime,
    link: Option<Rate>,
}

impl Report<'_> {
    fn print(&self, out: &Output) {
        let (tapped, verdict) = (self.tapped, self.verdict);
        match &self.profile {
            Some(profile) => {
                out.row("card", format!("{} — {}", self.source, profile.profile.title));
                let anchor = if self.test_anchor { ", test anchor" } else { "" };
                out.row("", format!("EMULATED CARD{anchor}"));
            }
            None => out.row("card", &self.source),
        }
        if let Some(replayed) = &self.replayed {
            let (card, at) = (shown(&replayed.card), trust::text(replayed.time));
            let anchor = if self.test_anchor { ", test anchor" } else { "" };
            out.row("", format!("RECORDING of {card} at {at}{anchor}: no card is there"));
        }
        let password = tapped.evidence.access.name().trim_start_matches("pace-").to_uppercase();
        match &tapped.pace {
            Some(pace) => out.row("access", format!("{pace}, password {password}")),
            None => out.row(
                "access",
                format!("{password}, 3DES: its keys follow from printed data alone"),
            ),
        }
        match &tapped.terminal_authentication {
            Some(Ok(chat)) => {
                let rights: Vec<_> = chat.rights().map(|right| right.name).collect();
                out.row("terminal", format!("authorised   {}", rights.join(", ")));
            }
            Some(Err(why)) => out.row("terminal", format!("REFUSED   {why}")),
            None => {}
        }
        if let Some((sod, sw)) = self.sod_refused() {
            let access = tapped.evidence.access.name();
            out.row("", format!("the card answered {sw} to reading {sod} after {access}"));
            if sw == StatusWord::SECURITY_STATUS {
                out.row("", "it may open its data to another password: --pin, --can or --mrz");
            }
        }
        let unread = |file| self.unread(file);
        verdict::print(out, verdict, &tapped.evidence, self.now, &unread);
        let stats = tapped.stats;
        out.row(
            "",
            format!(
                "{} APDUs   {} B to card   {} B from card   {}",
                stats.apdus,
                grouped(stats.bytes_to_card),
                grouped(stats.bytes_from_card),
                milliseconds(self.total()),
            ) + &self.modelled(),
        );
        if let Some(lengths) = tapped.lengths.as_ref().map(|learnt| learnt.lengths) {
            let form = if lengths.extended { "" } else { "short APDUs, " };
            let read = lengths.read;
            let probes = match tapped.stats.probes {
                0 => "known from before".to_owned(),
                1 => "found by 1 probe".to_owned(),
                n => format!("found by {n} probes"),
            };
            out.row("", format!("{form}{read} B of a file at once, {probes}"));
        }
    }

    fn modelled(&self) -> String {
        match (self.link, self.tapped.stats.modelled) {
            (Some(rate), Some(time)) => {
                format!(" (modelled at {rate}: {:.2} s)", time.as_secs_f64())
            }
            _ => String::new(),
        }
    }

    fn sod_refused(&self) -> Option<(File, StatusWord)> {
        let sods = [File::Sod, File::Edl(edl::File::Sod)];
        sods.into_iter().find_map(|sod| Some((sod, *self.tapped.refused.get(&sod)?)))
    }

    fn unread(&self, file: File) -> String {
        match self.tapped.refused.get(&file) {
            Some(sw) => format!("{file} ({:04X})", sw.0),
            None => file.to_string(),
        }
    }

    fn total(&self) -> std::time::Duration {
        self.tapped.steps.iter().map(|step| step.time).sum()
    }

    fn value(&self) -> Value {
        let tapped = self.tapped;
        let steps: Vec<_> = tapped
            .steps
            .iter()
            .map(|step| {
                let modelled = step.modelled.map(micros);
                json!({
                    "name": step.name,
                    "micros": micros(step.time),
                    "modelled_micros": modelled,
                    "apdus": step.apdus,
                })
            })
            .collect();
        let refused: serde_json::Map<_, _> = tapped
            .refused
            .iter()
            .map(|(file, sw)| (file.to_string(), json!(format!("{:04X}", sw.0))))
            .collect();
        json!({
            "card": {
                "source": self.source,
                "emulated": self.profile.is_some(),
                "replayed": self.replayed.as_ref().map(|replayed| {
                    json!({ "card": replayed.card, "time": trust::text(replayed.time) })
                }),
                "atr": hex::encode_upper(&tapped.evidence.card.atr),
            },
            "trust": { "source": self.verdict.trust.source, "test_anchor": self.test_anchor },
            "access": tapped.evidence.access.name(),
            "pace": tapped.pace.as_ref().map(ToString::to_string),
            "terminal_authentication": tapped.terminal_authentication.as_ref().map(terminal_value),
            "verdict": self.verdict,
            "holder": Holder::of(&tapped.evidence, self.now).value(),
            "apdus": tapped.stats.apdus,
            "bytes_to_card": tapped.stats.bytes_to_card,
            "bytes_from_card": tapped.stats.bytes_from_card,
            "micros": micros(self.total()),
            "modelled": self.link.map(|rate| json!({
                "kbit_per_s": rate.kbit(),
                "micros": tapped.stats.modelled.map(micros),
            })),
            "lengths": tapped.lengths.as_ref().map(|learnt| json!({
                "read": learnt.lengths.read,
                "extended": learnt.lengths.extended,
                "probes": tapped.stats.probes,
            })),
            "steps": steps,
            "refused": refused,
        })
    }
}

fn terminal_value(outcome: &Result<Chat, String>) -> Value {
    match outcome {
        Ok(chat) => {
            let rights: Vec<_> = chat.rights().map(|right| right.name).collect();
            json!({ "result": "passed", "rights": rights })
        }
        Err(why) => json!({ "result": "failed", "reason": why }),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn milliseconds(time: std::time::Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    if ms < 100.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}

/// A bar on stderr while the large file is read; nothing where stderr is no terminal.
struct Progress {
    bar: ProgressBar,
}

impl Progress {
    fn new(hidden: bool) -> Self {
        let bar = if hidden { ProgressBar::hidden() } else { ProgressBar::new(0) };
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:24} {bytes}/{total_bytes}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    fn show(&self, event: Event) {
        match event {
            Event::Step(name) => self.bar.set_message(name),
            Event::Reading(reading) => {
                self.bar.set_length(reading.total as u64);
                self.bar.set_position(reading.done as u64);
            }
        }
    }

    fn clear(&mut self) {
        self.bar.finish_and_clear();
    }
}
