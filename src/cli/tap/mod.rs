//! `iccard tap`: the main job.

mod html;
mod progress;
mod report;
mod request;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::Args;
use rand_core::CryptoRng;
use serde_json::json;
use time::UtcDateTime;

use self::{
    html::ReportFile,
    progress::Progress,
    report::Report,
    request::{RequestFiles, hindrance},
};
use super::{
    Context,
    card::{self, Opened, Use},
    cvc,
    face::FaceFile,
    failure::{self, Failure},
    files, lengths, observe,
    passwords::{self, Given},
    recording::{self, Replayed},
    trust,
};
use crate::{
    crypto::{SeededRng, SystemRng},
    profile::{self, Personalised},
    session::Session,
    tap::{self, KnownLengths, Options, TerminalCertificates},
    transport::{CardAddress, Observer, Secrets, TerminalSecrets},
    trust::{Anchors, Judging, judge},
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
    /// Write a page that shows verdict, holder, checks and dialogue: personal data in clear; of a tap
    /// that failed, why and how far it came
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// With --report: write over a file that is there
    #[arg(long, requires = "report")]
    force: bool,
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
    let page = args.report.as_deref().map(|path| ReportFile::new(path, args.force)).transpose()?;
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
    let (terminal, shown) = terminal_given(args.terminal_key.as_deref(), &args.cvc_chain)?.unzip();
    let out = &context.out;
    if args.seed.is_some() {
        out.note("--seed: all randomness follows from that text, so nothing is secure");
    }
    let opened = card::open_seeded(&context.card, Use::Tap, args.seed.as_deref())?;
    let Opened { transport, source, profile, replayed, time: now } = opened;
    let mut known = known(profile.as_ref(), replayed.as_ref());
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
    let own = own_options(profile.as_ref(), replayed.as_ref())?;
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
    context.card.record().set_secrets(&known);
    let session = Session::new(transport).with_timeout(context.card.timeout());
    let page_observer = page.as_ref().map(|page| Box::new(page.observer()) as Box<dyn Observer>);
    let mut session = observe::watched_by(context, session, page_observer);
    let mut progress = Progress::new(out.is_json() || context.verbose);
    let tapped = tap::tap(&mut session, &options, &mut *rng, now, &mut |e| progress.show(e));
    progress.clear();
    let tapped = match (tapped, &page) {
        (Ok(tapped), _) => tapped,
        (Err(error), None) => return Err(error.into()),
        (Err(error), Some(page)) => {
            let failure = Failure::from_error(error.into());
            page.write_failed(&failure, &source, now, out);
            return Err(failure.into());
        }
    };
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
    if let Some(page) = &page {
        page.write(&report, out)?;
        object["report"] = json!(page.path());
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

// What makes this very dialogue again, if it is recorded.
fn known(profile: Option<&Personalised>, replayed: Option<&Replayed>) -> Secrets {
    match (profile, replayed) {
        (Some(profile), _) => {
            let mut known = Secrets::default();
            Given::of_profile(profile).record(&mut known);
            recording::of_profile(profile, &mut known);
            known
        }
        (None, Some(replayed)) => replayed.secrets.clone(),
        (None, None) => Secrets::default(),
    }
}

// What an emulated or a replayed card brings with it.
fn own_options(profile: Option<&Personalised>, replayed: Option<&Replayed>) -> Result<Options> {
    Ok(match (profile, replayed) {
        (Some(profile), _) => Options::of_profile(profile),
        (None, Some(replayed)) => Options {
            passwords: Given::recorded(&replayed.secrets).passwords()?,
            terminal: replayed.terminal()?,
            ..Options::default()
        },
        (None, None) => Options::default(),
    })
}

fn anchors_of(profile: &Personalised, source: &str) -> Result<Anchors> {
    let mut anchors = Anchors::new(source);
    for (name, der) in profile::anchors(profile) {
        anchors.add(&name, &der)?;
    }
    Ok(anchors)
}

/// What a terminal shows: the private key, and certificates among which is its own.
pub(super) fn terminal_given(
    key: Option<&Path>,
    chain: &[PathBuf],
) -> Result<Option<(TerminalCertificates, TerminalSecrets)>> {
    let Some(file) = key else { return Ok(None) };
    let key = cvc::private_key(file)?;
    let certificates = cvc::certificates(chain)?;
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
