//! The run as build servers read it: JUnit's XML.

use quick_junit::{NonSuccessKind, Property, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::{Outcome, Report, TestResult};
use crate::script::{
    Diagnostic, Sources,
    run::{Class, Failure},
    syntax::Span,
};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JunitError {
    /// The XML could not be written.
    #[error("write the JUnit report: {0}")]
    Written(#[from] quick_junit::SerializeError),
}

/// All files of a run, a suite each.
///
/// # Errors
/// [`JunitError`].
pub fn junit(reports: &[Report]) -> Result<String, JunitError> {
    let mut junit = Junit::new("iccard run");
    junit.set_time(reports.iter().map(|report| report.time).sum());
    for report in reports {
        junit.add_test_suite(suite(report));
    }
    Ok(junit.to_string()?)
}

fn suite(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(report.file.as_str());
    suite.set_time(report.time);
    for card in &report.cards {
        suite.add_property(Property::new("card", card.source.as_str()));
        suite.add_property(Property::new("atr", hex::encode_upper(&card.atr)));
    }
    for test in &report.tests {
        suite.add_test_case(case(test, report));
    }
    for wrong in report.wrong.iter().filter(|wrong| !wrong.warning) {
        let status = failed(Class::Script, wrong, &report.sources);
        suite.add_test_case(of_file(report, wrong.span, status));
    }
    if let Some(failure) = &report.failure {
        let span = failure.diagnostic.span;
        let status = status(failure, &report.sources);
        suite.add_test_case(of_file(report, span, status));
    } else if report.tests.is_empty() && report.wrong.iter().all(|wrong| wrong.warning) {
        let status = match &report.skipped {
            Some(reason) => skipped(reason),
            None => match &report.unreadable {
                Some(why) => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                    status.set_message(why.as_str()).set_type(Class::File.name());
                    status
                }
                None => TestCaseStatus::success(),
            },
        };
        let mut case = of_file(report, Span::default(), status);
        case.set_time(report.time);
        suite.add_test_case(case);
    }
    suite
}

fn case(test: &TestResult, report: &Report) -> TestCase {
    let status = match &test.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed(failure) => status(failure, &report.sources),
        Outcome::Skipped(reason) => skipped(reason),
        Outcome::NotRun => skipped("not run: the file ended before"),
    };
    let mut case = TestCase::new(&*test.title, status);
    case.set_classname(report.file.as_str()).set_time(test.time);
    place(&mut case, &report.sources, test.span);
    if let Some(id) = &test.id {
        case.add_property(Property::new("id", &**id));
    }
    if let Some(profile) = &test.profile {
        case.add_property(Property::new("profile", &**profile));
    }
    if !test.tags.is_empty() {
        case.add_property(Property::new("tags", test.tags.join(",")));
    }
    case
}

// What belongs to no test: the file itself.
fn of_file(report: &Report, span: Span, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(report.file.as_str(), status);
    case.set_classname(report.file.as_str());
    place(&mut case, &report.sources, span);
    case
}

fn place(case: &mut TestCase, sources: &Sources, span: Span) {
    let (line, _) = sources.position(span);
    case.extra.insert("file".into(), sources.name(span.source).into());
    case.extra.insert("line".into(), line.to_string().into());
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(reason);
    status
}

fn status(failure: &Failure, sources: &Sources) -> TestCaseStatus {
    failed(failure.class, &failure.diagnostic, sources)
}

fn failed(class: Class, diagnostic: &Diagnostic, sources: &Sources) -> TestCaseStatus {
    let kind = match class {
        Class::Expectation => NonSuccessKind::Failure,
        _ => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status
        .set_message(diagnostic.message.as_str())
        .set_type(diagnostic.code.to_string())
        .set_description(diagnostic.draw(sources, false));
    status
}
