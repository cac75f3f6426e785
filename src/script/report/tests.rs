use super::*;
use crate::script::{Code, syntax::SourceId};

fn report() -> Report {
    let mut sources = Sources::default();
    let text = "test \"a # b\"\n00B0 0000 (6A82)\nend\n";
    let source: SourceId = sources.add("dir/a.apdu", Arc::from(text)).unwrap();
    let span = |start, end| Span { start, end, source };
    let test = |title: &str, outcome| TestResult {
        title: Arc::from(title),
        id: None,
        tags: Vec::new(),
        profile: None,
        span: span(0, 12),
        outcome,
        time: Duration::from_millis(3),
        apdus: 1,
    };
    let failure =
        Failure::new(Class::Expectation, Code::STATUS, span(23, 29), "status \"x\": 9000");
    Report {
        file: "dir/a.apdu".into(),
        sources,
        tests: vec![
            test("a # b", Outcome::Failed(failure)),
            test("c\\d", Outcome::Skipped("no\nsuch".into())),
            test("e", Outcome::NotRun),
            test("f", Outcome::Passed),
        ],
        ..Report::default()
    }
}

#[test]
fn tap_guards_what_would_be_a_directive() {
    let expected = "\
TAP version 14
# dir/a.apdu
not ok 1 - a \\# b
  ---
  message: \"status \\\"x\\\": 9000\"
  severity: fail
  code: E70
  file: \"dir/a.apdu\"
  line: 2
  column: 11
  ...
ok 2 - c\\\\d # SKIP no such
ok 3 - e # SKIP not run
ok 4 - f
1..4
";
    assert_eq!(tap(&[report()]), expected);
}

#[test]
fn the_worst_failure_is_the_exit_code() {
    let mut failed = report();
    assert_eq!(failed.code(), 1);
    let span = Span::default();
    failed.failure = Some(Failure::new(Class::Absent, Code::ABSENT, span, "no card"));
    assert_eq!((failed.code(), failed.counts().failed), (3, 2));
    assert_eq!(Report::of_unreadable("x", "no such file").code(), 7);
    assert_eq!(Report::default().code(), 0);
    let ids = ["ISO7816_B_01 x", "LDS_A_1", "Select it", "a_b", "X.1 y"];
    let found = ids.map(|title| title.split(' ').next().is_some_and(is_id));
    assert_eq!(found, [true, true, false, false, true]);
}
