//! The run in the Test Anything Protocol, version 14.

use std::fmt::Write;

use super::{Outcome, Report, TestResult};
use crate::script::{Diagnostic, Sources};

/// All files of a run as one stream of test points.
pub fn tap(reports: &[Report]) -> String {
    let mut text = String::from("TAP version 14\n");
    let mut number = 0;
    for report in reports {
        let _ = writeln!(text, "# {}", line(&report.file));
        for test in &report.tests {
            number += 1;
            point(&mut text, number, test, &report.sources);
        }
        let failed = report.failure.as_ref().map(|failure| &*failure.diagnostic);
        let wrong = report.wrong.iter().find(|wrong| !wrong.warning);
        if let Some(diagnostic) = failed.or(wrong) {
            number += 1;
            let _ = writeln!(text, "not ok {number} - {}", described(&report.file));
            details(&mut text, diagnostic, &report.sources);
        } else if report.unreadable.is_some() {
            number += 1;
            let _ = writeln!(text, "not ok {number} - {}", described(&report.file));
        } else if report.tests.is_empty() {
            number += 1;
            let _ = write!(text, "ok {number} - {}", described(&report.file));
            if let Some(reason) = &report.skipped {
                let _ = write!(text, " # SKIP {}", described(reason));
            }
            text.push('\n');
        }
    }
    let _ = writeln!(text, "1..{number}");
    text
}

fn point(text: &mut String, number: u32, test: &TestResult, sources: &Sources) {
    let title = described(&test.title);
    let _ = match &test.outcome {
        Outcome::Passed => writeln!(text, "ok {number} - {title}"),
        Outcome::Skipped(reason) => {
            writeln!(text, "ok {number} - {title} # SKIP {}", described(reason))
        }
        // What kept the run from it is a failure of its own.
        Outcome::NotRun => writeln!(text, "ok {number} - {title} # SKIP not run"),
        Outcome::Failed(_) => writeln!(text, "not ok {number} - {title}"),
    };
    if let Outcome::Failed(failure) = &test.outcome {
        details(text, &failure.diagnostic, sources);
    }
}

// A block of YAML, its values as JSON writes text, which YAML reads.
fn details(text: &mut String, diagnostic: &Diagnostic, sources: &Sources) {
    let (at, column) = sources.position(diagnostic.span);
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let _ = writeln!(text, "  ---");
    let _ = writeln!(text, "  message: {}", quoted(&diagnostic.message));
    let _ = writeln!(text, "  severity: fail");
    let _ = writeln!(text, "  code: {}", diagnostic.code);
    let _ = writeln!(text, "  file: {}", quoted(sources.name(diagnostic.span.source)));
    let _ = writeln!(text, "  line: {at}");
    let _ = writeln!(text, "  column: {column}");
    for (name, value) in [("wanted", &diagnostic.expected), ("found", &diagnostic.got)] {
        if let Some(value) = value {
            let _ = writeln!(text, "  {name}: {}", quoted(value));
        }
    }
    let _ = writeln!(text, "  ...");
}

// A description: `#` begins a directive, and a backslash guards it.
fn described(text: &str) -> String {
    line(text).replace('\\', "\\\\").replace('#', "\\#")
}

fn line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
