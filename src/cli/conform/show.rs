//! Reports in words and in JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Context;
use crate::{
    conform::{self, CaseReport, Outcome, Report},
    emulator::Defect,
};

/// A case in words, with its dialogue where it is asked for.
pub(super) fn case(case: &CaseReport, verbose: bool) -> String {
    let mut text = format!("{:<22} {:<7} {}", case.id, mark(&case.outcome), case.title);
    match &case.outcome {
        Outcome::Failed(failure) => {
            let _ = write!(text, "\n  {failure}");
        }
        Outcome::NotApplicable(missing) => {
            let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
            let _ = write!(text, " (for want of {})", missing.join(", "));
        }
        Outcome::Passed => {}
    }
    if verbose {
        for e in &case.exchanges {
            let _ = write!(text, "\n  > {} ({})", e.command, e.protection);
            let _ = write!(text, "\n  < {} ({} expected)", e.got, e.expected);
        }
    }
    text
}

const fn mark(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed(_) => "FAILED",
        Outcome::NotApplicable(_) => "n/a",
    }
}

/// The cases and the deliberate mistakes that there are.
pub(super) fn list(context: &Context) {
    let cases = conform::cases();
    for case in &cases {
        context.out.line(format!("{:<22} {}", case.id, case.title));
    }
    context.out.line("");
    for defect in Defect::ALL {
        context.out.line(format!("{:<28}{}", defect.name(), defect.description()));
    }
    context.out.object(json!({
        "cases": cases.iter().map(|case| json!({
            "id": case.id,
            "unit": case.unit(),
            "title": case.title,
            "basis": case.basis.name(),
            "needs": case.needs.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "defects": Defect::ALL.iter().map(|defect| json!({
            "name": defect.name(),
            "description": defect.description().trim(),
        })).collect::<Vec<_>>(),
    }));
}

/// A report in JSON (docs/conformance.md). `reviewed` holds what differs from a reviewed file, where
/// one was given.
pub(super) fn value(report: &Report, source: &str, reviewed: Option<Option<&str>>) -> Value {
    let names = |list: &[conform::Capability]| -> Vec<String> {
        list.iter().map(ToString::to_string).collect()
    };
    let case = |case: &CaseReport| {
        let mut value = json!({
            "id": case.id,
            "unit": case.unit,
            "title": case.title,
            "basis": case.basis.name(),
            "result": case.outcome.name(),
            "micros": case.micros,
            "exchanges": case.exchanges.iter().map(|e| json!({
                "command": e.command,
                "protection": e.protection,
                "expected": e.expected,
                "got": e.got,
                "passed": e.passed,
            })).collect::<Vec<_>>(),
        });
        match &case.outcome {
            Outcome::Failed(failure) => {
                value["failure"] = json!({
                    "step": failure.step, "expected": failure.expected, "got": failure.got,
                });
            }
            Outcome::NotApplicable(missing) => value["missing"] = json!(names(missing)),
            Outcome::Passed => {}
        }
        value
    };
    json!({
        "card": { "source": source },
        "declared": { "by": report.declared_by, "capabilities": names(&report.declared) },
        "seed": report.seed,
        "counts": {
            "cases": report.cases.len(),
            "passed": report.passed(),
            "failed": report.failed(),
            "not_applicable": report.not_applicable(),
        },
        "reviewed": reviewed.map(|differs| json!({ "same": differs.is_none(), "why": differs })),
        "cases": report.cases.iter().map(case).collect::<Vec<_>>(),
    })
}
