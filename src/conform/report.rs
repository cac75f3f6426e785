//! What a run found.

use std::collections::BTreeMap;

use super::{Basis, Capability};

/// A command with what was expected of its answer and what came. Response data are personal: only
/// their number is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The command before secure messaging, in hexadecimal; or what was looked at in a file.
    pub command: String,
    /// Whether it went out under secure messaging, and with what deliberate mistake.
    pub protection: &'static str,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub got: String,
    /// Whether that is good.
    pub passed: bool,
}

/// Why a case failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The command or the file.
    pub step: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub got: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} expected, {} came", self.step, self.expected, self.got)
    }
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All as expected.
    Passed,
    /// Something was not.
    Failed(Failure),
    /// The card does not declare these.
    NotApplicable(Vec<Capability>),
}

impl Outcome {
    /// The word for it in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::NotApplicable(_) => "not_applicable",
        }
    }
}

/// A case that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseReport {
    /// Its id.
    pub id: String,
    /// Its unit.
    pub unit: String,
    /// What it is about.
    pub title: String,
    /// Where what it expects comes from.
    pub basis: Basis,
    /// What became of it.
    pub outcome: Outcome,
    /// The dialogue.
    pub exchanges: Vec<Exchange>,
    /// How long it took.
    pub micros: u64,
}

/// What a run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Where what the card declares comes from.
    pub declared_by: String,
    /// What the card declares, of all that a case may need.
    pub declared: Vec<Capability>,
    /// What all of the terminal's random numbers follow from.
    pub seed: String,
    /// The cases, in the order of the standard.
    pub cases: Vec<CaseReport>,
}

impl Report {
    /// How many cases passed.
    pub fn passed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Passed))
    }

    /// How many failed.
    pub fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Failed(_)))
    }

    /// How many do not apply to this card.
    pub fn not_applicable(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::NotApplicable(_)))
    }

    /// Passed, failed and not applicable, by unit, in the order of the standard.
    pub fn units(&self) -> Vec<(&str, [usize; 3])> {
        let mut units: Vec<(&str, [usize; 3])> = Vec::new();
        for case in &self.cases {
            let at = units.iter().position(|(unit, _)| *unit == case.unit).unwrap_or_else(|| {
                units.push((&case.unit, [0; 3]));
                units.len() - 1
            });
            let column = match case.outcome {
                Outcome::Passed => 0,
                Outcome::Failed(_) => 1,
                Outcome::NotApplicable(_) => 2,
            };
            if let Some(count) = units.get_mut(at).and_then(|(_, counts)| counts.get_mut(column)) {
                *count += 1;
            }
        }
        units
    }

    /// The ids that do not apply, one a line with what the card lacks: the form of the reviewed
    /// files in card-profiles/conformance.
    pub fn not_applicable_list(&self) -> String {
        let mut list = String::new();
        for case in &self.cases {
            if let Outcome::NotApplicable(missing) = &case.outcome {
                let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
                list.push_str(&format!("{:<22} {}\n", case.id, missing.join(", ")));
            }
        }
        list
    }

    /// How many cases each missing capability keeps out.
    pub fn missing(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for case in &self.cases {
            if let Outcome::NotApplicable(missing) = &case.outcome {
                for capability in missing {
                    *counts.entry(capability.to_string()).or_default() += 1;
                }
            }
        }
        counts
    }

    fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.cases.iter().filter(|case| is(&case.outcome)).count()
    }
}
