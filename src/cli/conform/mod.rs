//! `iccard conform`: the cases of a test standard against a card.

mod show;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Result;
use clap::Args;
use zeroize::Zeroizing;

use super::{Context, card, failure, failure::Failure, secrets};
use crate::{
    conform::{self, Capabilities, CaseReport, ConformError, Outcome, Plan, Report, Secrets},
    emulator::{Card, Defect, SeededEnv},
    lds::Mrz,
    protocol::pace::Password,
    transport::{CardAddress, Loopback, Transport},
};

#[derive(Args)]
pub(super) struct ConformArgs {
    /// Run a unit: ISO7816_A to ISO7816_U, LDS_A to LDS_O; may be given again
    #[arg(long, value_name = "UNIT")]
    unit: Vec<String>,
    /// Run a case, as ISO7816_P_35; may be given again
    #[arg(long, value_name = "ID")]
    case: Vec<String>,
    /// Take what the card declares from this profile; an emulated card has its own
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// What all random numbers follow from: the same seed gives the same commands
    #[arg(long, value_name = "TEXT", default_value = "conform")]
    seed: String,
    /// The card access number (or ICCARD_CAN)
    #[arg(long, value_name = "DIGITS")]
    can: Option<String>,
    /// The machine-readable zone, or document number, birth and expiry with check digits (or
    /// ICCARD_MRZ)
    #[arg(long, value_name = "TEXT")]
    mrz: Option<String>,
    /// The PIN, for a card whose data need it; no case spends a try of it (or ICCARD_PIN)
    #[arg(long, value_name = "DIGITS")]
    pin: Option<String>,
    /// How long a case may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    case_timeout: u64,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the cases that do not apply, one a line, with what the card does not declare
    #[arg(long, value_name = "FILE")]
    not_applicable: Option<PathBuf>,
    /// Fail unless the cases that do not apply are those of this file
    #[arg(long, value_name = "FILE")]
    reviewed: Option<PathBuf>,
    /// Give the emulated card a deliberate mistake, for judging this command; may be given again
    #[arg(long, value_name = "NAME")]
    defect: Vec<String>,
    /// List the cases, or with --defect help the deliberate mistakes, and run nothing
    #[arg(long)]
    list: bool,
}

impl std::fmt::Debug for ConformArgs {
    // Passwords are among them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConformArgs").finish_non_exhaustive()
    }
}

pub(super) fn run(context: &Context, args: &ConformArgs) -> Result<ExitCode> {
    if args.list {
        show::list(context);
        return Ok(ExitCode::SUCCESS);
    }
    let defects = args.defect.iter().map(|name| defect(name)).collect::<Result<Vec<_>>>()?;
    let reviewed = args.reviewed.as_deref().map(|path| {
        std::fs::read_to_string(path)
            .map_err(|error| Failure::file(path, "read the reviewed cases", &error))
    });
    let reviewed = reviewed.transpose()?;
    let plan = Plan {
        units: args.unit.clone(),
        cases: args.case.clone(),
        seed: args.seed.clone(),
        timeout: Duration::from_secs(args.case_timeout),
    };
    let (mut transport, source, declared) = open(context, args, &plan, defects)?;
    let out = &context.out;
    out.row("card", &source);
    out.row("declared", format!("by {}", declared.declared_by()));
    let mut progress = |case: &CaseReport| {
        if context.verbose || matches!(case.outcome, Outcome::Failed(_)) {
            out.line(show::case(case, context.verbose));
        }
    };
    let report = conform::run(&mut *transport, &declared, &plan, &mut progress).map_err(failed)?;
    for (unit, [passed, failed, skipped]) in report.units() {
        out.line(format!(
            "{unit:<10}{passed:>4} passed{failed:>4} failed{skipped:>4} not applicable"
        ));
    }
    for (capability, count) in report.missing() {
        out.row("", format!("{count:>4} not applicable for want of {capability}"));
    }
    if let Some(path) = &args.junit {
        let xml = conform::junit(&report, &source);
        write(path, "write the JUnit report", &xml)?;
    }
    if let Some(path) = &args.not_applicable {
        write(path, "write the cases that do not apply", &report.not_applicable_list())?;
    }
    let reviewed = reviewed.map(|text| difference(&text, &report));
    if let Some(Some(why)) = &reviewed {
        out.note(format!("not what was reviewed: {why}"));
    }
    let good = report.failed() == 0 && !matches!(reviewed, Some(Some(_)));
    let counts = format!(
        "{} cases: {} passed, {} failed, {} not applicable",
        report.cases.len(),
        report.passed(),
        report.failed(),
        report.not_applicable()
    );
    out.line(out.verdict(good, &counts));
    out.object(show::value(&report, &source, reviewed.as_ref().map(Option::as_deref)));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(failure::NEGATIVE) })
}

type Opened = (Box<dyn Transport>, String, Capabilities);

fn open(
    context: &Context,
    args: &ConformArgs,
    plan: &Plan,
    defects: Vec<Defect>,
) -> Result<Opened> {
    if let CardAddress::Emulated { profile } = context.card.address() {
        let personalised = card::personalised(profile.as_deref().unwrap_or("resident"))?;
        let env = Box::new(SeededEnv::new(args.seed.as_bytes()));
        let card = Card::from_profile(&personalised, env)?.with_defects(defects);
        let source = format!("emulated:{}", personalised.name());
        let declared = match &args.profile {
            Some(name) => Capabilities::of_profile(&card::personalised(name)?),
            None => Capabilities::of_profile(&personalised),
        };
        let transport = Loopback::named(card, source.clone());
        return Ok((Box::new(transport), source, declared));
    }
    if !defects.is_empty() {
        return Err(Failure::usage("--defect is for emulated cards")
            .step("open the card")
            .expected("--card emulated:PROFILE")
            .got(context.card.address().to_string())
            .into());
    }
    let profile = args.profile.as_deref().map(card::personalised).transpose()?;
    let secrets = match &profile {
        Some(_) => None,
        None => Some(secrets_of(args)?),
    };
    let card::Opened { mut transport, source, .. } = card::open(&context.card, card::Use::Tap)?;
    let declared = match (&profile, secrets) {
        (Some(profile), _) => Capabilities::of_profile(profile),
        (None, secrets) => {
            Capabilities::of_card(&mut *transport, secrets.unwrap_or_default(), plan.timeout)
                .map_err(failed)?
        }
    };
    Ok((transport, source, declared))
}

// By flag, then by environment.
fn secrets_of(args: &ConformArgs) -> Result<Secrets> {
    let given = |flag: &Option<String>, variable| {
        flag.clone().map(Zeroizing::new).or_else(|| secrets::from_env(variable))
    };
    let mrz = given(&args.mrz, "ICCARD_MRZ").map(|text| information(&text));
    let can = given(&args.can, "ICCARD_CAN").map(|can| Password::can(&can));
    let pin = given(&args.pin, "ICCARD_PIN").map(|pin| Password::pin(&pin));
    if mrz.is_none() && can.is_none() {
        return Err(Failure::usage("the cases need what opens the card")
            .step("access")
            .expected("--can or --mrz, ICCARD_CAN or ICCARD_MRZ, or --profile")
            .got("none of them")
            .help("give --can for PACE and --mrz for BAC; without a right one nothing is tested")
            .into());
    }
    Ok(Secrets { mrz_information: mrz, can, pin, ..Secrets::default() })
}

// Of the whole zone, or as it was given.
fn information(text: &str) -> Zeroizing<String> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let zone = Mrz::parse(&text).ok().and_then(|mrz| mrz.information().ok());
    zone.map_or(Zeroizing::new(text), |zone| Zeroizing::new(zone.as_str().to_owned()))
}

fn defect(name: &str) -> Result<Defect> {
    let known = || Defect::ALL.iter().map(|d| d.name()).collect::<Vec<_>>().join(", ");
    Defect::from_name(name).ok_or_else(|| {
        Failure::usage(format!("--defect {name}: there is no such mistake"))
            .step("read the arguments")
            .expected(known())
            .got(name)
            .help("`iccard conform --list` says what each of them is")
            .into()
    })
}

fn failed(error: ConformError) -> anyhow::Error {
    let message = error.to_string();
    match error {
        ConformError::Transport { step, source } => {
            let mut failure = Failure::from_error(source.into()).step(step);
            failure.message = message;
            failure.into()
        }
        ConformError::Unknown { got, known } => Failure::usage(message)
            .step("read the arguments")
            .expected(known)
            .got(got)
            .help("`iccard conform --list` lists the cases")
            .into(),
        ConformError::Declared { step, expected, got } => Failure::new(failure::ACCESS, message)
            .step(step)
            .expected(expected)
            .got(got)
            .help("is the password right? --profile tells what the card declares instead")
            .into(),
    }
}

fn write(path: &std::path::Path, what: &str, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| Failure::file(path, what, &error).into())
}

// The first difference between the reviewed ids and those of a run.
fn difference(reviewed: &str, report: &Report) -> Option<String> {
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let first = lines.filter_map(|line| line.split_whitespace().next());
        first.map(str::to_owned).collect()
    };
    let (reviewed, now) = (lines(reviewed), lines(&report.not_applicable_list()));
    let new = now.iter().find(|id| !reviewed.contains(id));
    let gone = reviewed.iter().find(|id| !now.contains(id));
    match (new, gone) {
        (Some(id), _) => Some(format!("{id} does not apply")),
        (None, Some(id)) => Some(format!("{id} applies, or was not run")),
        (None, None) => None,
    }
}
