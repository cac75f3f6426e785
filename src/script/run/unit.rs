//! Tests and files: what is counted and reported.

use std::{collections::HashSet, time::Instant};

use super::{Event, Failure, Flow, machine::Machine};
use crate::script::{
    Program,
    report::{Outcome, Report, TestResult},
    syntax::{Span, Stmt, StmtKind, Test},
};

impl Machine<'_> {
    /// A whole program. Variables and card stay for whoever looks afterwards.
    pub(super) fn run(&mut self, program: &Program) -> Report {
        let started = Instant::now();
        let file = program.sources.name(program.main.source).to_owned();
        self.report = Report { file, sources: program.sources.clone(), ..Report::default() };
        match self.script(program, &program.main) {
            Ok(Flow::Skip(reason)) => self.report.skipped = Some(reason),
            Ok(_) => {}
            // What ended a test and the file with it stands with the test.
            Err(failure) if failure.is_told => {}
            Err(failure) => self.report.failure = Some(failure),
        }
        self.add_not_run(program);
        let mut report = std::mem::take(&mut self.report);
        report.time = started.elapsed();
        report.steps = self.steps();
        report.apdus += self.apdus();
        report
    }

    /// `test .. end`: its failure ends it, and the next one runs.
    pub(super) fn test(
        &mut self,
        program: &Program,
        test: &Test,
        span: Span,
    ) -> Result<Flow, Failure> {
        let mut result = TestResult::of(test, span);
        if !self.is_asked_for(test) {
            result.outcome = Outcome::Skipped("it has none of the tags that were asked for".into());
            self.tell(result);
            return Ok(Flow::Next);
        }
        self.host.event(Event::Test(&test.title));
        let (started, before) = (Instant::now(), self.apdus());
        // A loop around the test is not the test's.
        let loops = std::mem::take(&mut self.loops);
        let done = self.body(program, &test.body);
        self.loops = loops;
        result.time = started.elapsed();
        result.apdus = self.apdus().saturating_sub(before);
        let (outcome, flow) = match done {
            Ok(Flow::Skip(reason)) => (Outcome::Skipped(reason), Ok(Flow::Next)),
            Ok(Flow::Exit) => (Outcome::Passed, Ok(Flow::Exit)),
            Ok(_) => (Outcome::Passed, Ok(Flow::Next)),
            Err(failure) => {
                let flow = if failure.ends_file {
                    Err(Failure { is_told: true, ..failure.clone() })
                } else {
                    Ok(Flow::Next)
                };
                (Outcome::Failed(failure), flow)
            }
        };
        result.outcome = outcome;
        self.tell(result);
        flow
    }

    fn is_asked_for(&self, test: &Test) -> bool {
        let wanted = &self.options.tags;
        wanted.is_empty() || test.tags.iter().any(|tag| wanted.iter().any(|w| **w == **tag))
    }

    fn tell(&mut self, result: TestResult) {
        self.host.event(Event::Tested(&result));
        self.report.tests.push(result);
    }

    // Commands that went to the cards of this run.
    fn apdus(&self) -> u32 {
        self.link.apdus + self.link.session.as_ref().map_or(0, |session| session.stats().apdus)
    }

    // The tests that the run did not come to.
    fn add_not_run(&mut self, program: &Program) {
        let ran: HashSet<Span> = self.report.tests.iter().map(|test| test.span).collect();
        let mut seen = HashSet::new();
        let mut bodies: Vec<&[Stmt]> = vec![&program.main.body];
        let mut missing = Vec::new();
        // Included files and blocks are few, and none is looked at twice.
        while let Some(body) = bodies.pop() {
            for stmt in body {
                match &stmt.kind {
                    StmtKind::Test(test) if !ran.contains(&stmt.span) => {
                        missing.push(TestResult::of(test, stmt.span));
                    }
                    StmtKind::Include { path, .. } => {
                        let source = stmt.span.source;
                        let script = program.included(source, path);
                        if let Some(script) = script.filter(|script| seen.insert(script.source)) {
                            bodies.push(&script.body);
                        }
                    }
                    _ => {}
                }
                stmt.kind.bodies(&mut |body| bodies.push(body));
            }
        }
        missing.sort_by_key(|test| (test.span.source, test.span.start));
        self.report.tests.extend(missing);
    }
}
