//! The run as an object: docs/run-report.schema.json.

use serde_json::{Value, json};

use super::{Counts, Outcome, Report, TestResult};
use crate::script::{Sources, run::Failure};

/// All files of a run in one object.
pub fn json(reports: &[Report]) -> Value {
    let code = reports.iter().map(Report::code).max().unwrap_or(0);
    json!({
        "schema": 1,
        "code": code,
        "counts": counts(Counts::of(reports)),
        "files": reports.iter().map(file).collect::<Vec<_>>(),
    })
}

fn file(report: &Report) -> Value {
    let cards = report
        .cards
        .iter()
        .map(|card| json!({ "source": card.source, "atr": hex::encode_upper(&card.atr) }));
    json!({
        "file": report.file,
        "code": report.code(),
        "counts": counts(report.counts()),
        "cards": cards.collect::<Vec<_>>(),
        "tests": report.tests.iter().map(|t| test(t, &report.sources)).collect::<Vec<_>>(),
        "failure": report.failure.as_ref().map(|f| failure(f, &report.sources)),
        "skipped": report.skipped,
        "unreadable": report.unreadable,
        "diagnostics": report.wrong.iter().map(|d| d.json(&report.sources)).collect::<Vec<_>>(),
        "milliseconds": report.time.as_secs_f64() * 1000.0,
        "steps": report.steps,
        "apdus": report.apdus,
    })
}

fn test(test: &TestResult, sources: &Sources) -> Value {
    let (line, _) = sources.position(test.span);
    let (failed, skipped) = match &test.outcome {
        Outcome::Failed(failed) => (Some(failure(failed, sources)), None),
        Outcome::Skipped(reason) => (None, Some(reason)),
        Outcome::Passed | Outcome::NotRun => (None, None),
    };
    json!({
        "title": &*test.title,
        "id": test.id.as_deref(),
        "tags": test.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(),
        "profile": test.profile.as_deref(),
        "file": sources.name(test.span.source),
        "line": line,
        "outcome": test.outcome.name(),
        "failure": failed,
        "skipped": skipped,
        "milliseconds": test.time.as_secs_f64() * 1000.0,
        "apdus": test.apdus,
    })
}

fn failure(failure: &Failure, sources: &Sources) -> Value {
    json!({
        "class": failure.class.name(),
        "code": failure.class.exit_code(),
        "sw": failure.sw.map(|sw| format!("{:04X}", sw.0)),
        "diagnostic": failure.diagnostic.json(sources),
    })
}

fn counts(counts: Counts) -> Value {
    json!({
        "passed": counts.passed,
        "failed": counts.failed,
        "skipped": counts.skipped,
        "not_run": counts.not_run,
    })
}
