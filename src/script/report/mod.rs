//! What a run has shown, and how build servers and people get it: JUnit, TAP, JSON, a line a test.
//!
//! Nothing in here comes from a `secret`, and nothing that a card told but status words, single bytes
//! and lengths: messages are made without them.

mod json;
mod junit;
mod tap;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

pub use json::json;
pub use junit::{JunitError, junit};
pub use tap::tap;

use super::{
    Diagnostic, Sources,
    run::{Class, Failure},
    syntax::{Span, Test},
};

/// What a file has shown.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Its name.
    pub file: String,
    /// The texts, by which places are shown.
    pub sources: Sources,
    /// What is wrong with the texts: then nothing was run.
    pub wrong: Vec<Diagnostic>,
    /// Why the file itself could not be read.
    pub unreadable: Option<String>,
    /// The cards, in the order in which they were connected.
    pub cards: Vec<Card>,
    /// Its tests, those at the end that the run did not come to.
    pub tests: Vec<TestResult>,
    /// What ended the file outside of its tests.
    pub failure: Option<Failure>,
    /// Why the rest of the file was not wanted.
    pub skipped: Option<String>,
    /// How long it took.
    pub time: Duration,
    /// How many steps.
    pub steps: u64,
    /// How many commands went to the cards.
    pub apdus: u32,
}

/// A card of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// What it is called.
    pub source: String,
    /// Its answer to reset.
    pub atr: Vec<u8>,
}

/// A test and how it ended.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// Its title.
    pub title: Arc<str>,
    /// By which it is quoted: `ISO7816_B_01`.
    pub id: Option<Arc<str>>,
    /// Its tags.
    pub tags: Vec<Arc<str>>,
    /// Which cards it is for.
    pub profile: Option<Arc<str>>,
    /// Its place.
    pub span: Span,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub time: Duration,
    /// How many commands it sent.
    pub apdus: u32,
}

/// How a test ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// As expected.
    Passed,
    /// Otherwise.
    Failed(Failure),
    /// It was not wanted, for this reason.
    Skipped(String),
    /// The run did not come to it.
    NotRun,
}

impl Outcome {
    /// In a word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
            Self::NotRun => "not run",
        }
    }
}

impl TestResult {
    /// A test that was not run yet.
    pub fn of(test: &Test, span: Span) -> Self {
        let first = test.title.split_whitespace().next().filter(|word| is_id(word)).map(Arc::from);
        Self {
            title: Arc::clone(&test.title),
            id: test.id.clone().or(first),
            tags: test.tags.clone(),
            profile: test.profile.clone(),
            span,
            outcome: Outcome::NotRun,
            time: Duration::ZERO,
            apdus: 0,
        }
    }
}

/// How many there are of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// As expected.
    pub passed: u32,
    /// Otherwise.
    pub failed: u32,
    /// Not wanted.
    pub skipped: u32,
    /// Not come to.
    pub not_run: u32,
}

impl Counts {
    /// Of several files.
    pub fn of(reports: &[Report]) -> Self {
        reports.iter().map(Report::counts).fold(Self::default(), |all, one| Self {
            passed: all.passed + one.passed,
            failed: all.failed + one.failed,
            skipped: all.skipped + one.skipped,
            not_run: all.not_run + one.not_run,
        })
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        if self.not_run > 0 {
            write!(f, ", {} not run", self.not_run)?;
        }
        Ok(())
    }
}

impl Report {
    /// The report of a file that was not run, as its text is wrong.
    pub fn of_wrong(file: impl Into<String>, sources: Sources, wrong: Vec<Diagnostic>) -> Self {
        Self { file: file.into(), sources, wrong, ..Self::default() }
    }

    /// The report of a file that cannot be read.
    pub fn of_unreadable(file: impl Into<String>, why: impl Into<String>) -> Self {
        Self { file: file.into(), unreadable: Some(why.into()), ..Self::default() }
    }

    /// The tests; a file without any is one itself, and so is what failed outside of them.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for test in &self.tests {
            match test.outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Failed(_) => counts.failed += 1,
                Outcome::Skipped(_) => counts.skipped += 1,
                Outcome::NotRun => counts.not_run += 1,
            }
        }
        if self.is_wrong() || self.failure.is_some() {
            counts.failed += 1;
        } else if self.tests.is_empty() {
            match self.skipped {
                Some(_) => counts.skipped += 1,
                None => counts.passed += 1,
            }
        }
        counts
    }

    /// The exit code: that of the worst failure, 0 where there is none.
    pub fn code(&self) -> u8 {
        let tests = self.tests.iter().filter_map(|test| match &test.outcome {
            Outcome::Failed(failure) => Some(failure.class),
            _ => None,
        });
        let file = self.unreadable.as_ref().map(|_| Class::File);
        let wrong = self.wrong.iter().any(|w| !w.warning).then_some(Class::Script);
        let all = tests.chain(self.failure.as_ref().map(|failure| failure.class));
        all.chain(file).chain(wrong).map(Class::exit_code).max().unwrap_or(0)
    }

    /// Whether nothing was run, as the text is wrong or could not be read.
    pub fn is_wrong(&self) -> bool {
        self.unreadable.is_some() || self.wrong.iter().any(|diagnostic| !diagnostic.warning)
    }

    /// Notes a card.
    pub(super) fn card(&mut self, source: &str, atr: &[u8]) {
        let card = Card { source: source.to_owned(), atr: atr.to_vec() };
        // A script may connect many times.
        if self.cards.last() != Some(&card) && self.cards.len() < 64 {
            self.cards.push(card);
        }
    }
}

// Capital letters and digits in parts, as conformance tests are numbered.
fn is_id(word: &str) -> bool {
    let of_id =
        |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
    word.contains(['_', '-', '.'])
        && word.chars().all(of_id)
        && word.starts_with(|c: char| c.is_ascii_uppercase())
}
