//! What a run shows while it goes on, and at its end.

use std::{path::Path, time::Duration};

use crate::{
    cli::output::Output,
    explain::count,
    script::{
        Diagnostic, Sources,
        report::{Counts, Outcome, Report, TestResult},
    },
};

/// Where a run is shown.
pub(in crate::cli) struct Show<'a> {
    pub(in crate::cli) out: &'a Output,
    several: bool,
}

impl<'a> Show<'a> {
    pub(in crate::cli) const fn new(out: &'a Output, several: bool) -> Self {
        Self { out, several }
    }

    /// A file begins.
    pub(in crate::cli) fn file(&self, path: &Path) {
        if self.several {
            self.out.line(path.display().to_string());
        }
    }

    /// A test has ended.
    pub(in crate::cli) fn test(&self, test: &TestResult, sources: &Sources) {
        let title = &*test.title;
        let line = match &test.outcome {
            Outcome::Passed => {
                format!("{} {title}  {}", self.out.verdict(true, "ok"), time(test.time))
            }
            Outcome::Failed(_) => format!("{} {title}", self.out.verdict(false, "not ok")),
            Outcome::Skipped(reason) => format!("skipped {title}: {reason}"),
            Outcome::NotRun => return,
        };
        self.out.line(line);
        if let Outcome::Failed(failure) = &test.outcome {
            self.diagnostic(&failure.diagnostic, sources);
        }
    }

    /// A file has ended: what is not told yet.
    pub(in crate::cli) fn end(&self, report: &Report) {
        if let Some(why) = &report.unreadable {
            self.out.line(format!("error: {}: {why}", report.file));
            self.out.line(
                "  help: check the path; `iccard script import` reads files of other programs",
            );
        }
        for wrong in &report.wrong {
            self.diagnostic(wrong, &report.sources);
        }
        if let Some(failure) = &report.failure {
            self.diagnostic(&failure.diagnostic, &report.sources);
        }
        if let Some(reason) = &report.skipped {
            self.out.line(format!("skipped {}: {reason}", report.file));
        }
    }

    /// The whole run has ended.
    pub(in crate::cli) fn closing(&self, reports: &[Report], check: bool) {
        if check {
            let all = || reports.iter().flat_map(|report| &report.wrong);
            let errors = all().filter(|wrong| !wrong.warning).count()
                + reports.iter().filter(|report| report.unreadable.is_some()).count();
            let warnings = all().filter(|wrong| wrong.warning).count();
            self.out.line(match (errors, warnings) {
                (0, 0) => "nothing is wrong".into(),
                (errors, warnings) => {
                    format!("{}, {}", count(errors, "error"), count(warnings, "warning"))
                }
            });
            return;
        }
        let counts = Counts::of(reports);
        self.out.line(self.out.verdict(counts.failed == 0, &counts.to_string()));
    }

    fn diagnostic(&self, diagnostic: &Diagnostic, sources: &Sources) {
        self.out.line(diagnostic.draw(sources, self.out.is_coloured()).trim_end());
    }
}

fn time(time: Duration) -> String {
    match time.as_millis() {
        0 => format!("{} µs", time.as_micros()),
        milliseconds => format!("{milliseconds} ms"),
    }
}
