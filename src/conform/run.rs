//! Running cases: each from a reset card, with randomness and time of its own.

use std::time::{Duration, Instant};

use super::{
    Capabilities, Capability, CaseReport, ConformError, Outcome, Report, cases,
    terminal::{Files, Stop, Terminal},
};
use crate::{
    crypto::SeededRng,
    transport::{Deadline, Reset, Transport},
};

/// Which cases to run, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Units, `ISO7816_P` or `LDS_C`; none: all of them.
    pub units: Vec<String>,
    /// Cases by id, besides those of the units; none: all of them.
    pub cases: Vec<String>,
    /// What the terminal's random numbers follow from: the same seed gives the same commands.
    pub seed: String,
    /// How long a case may take.
    pub timeout: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            units: Vec::new(),
            cases: Vec::new(),
            seed: "conform".into(),
            timeout: Duration::from_secs(60),
        }
    }
}

impl Plan {
    /// One case.
    pub fn case(id: impl Into<String>) -> Self {
        Self { cases: vec![id.into()], ..Self::default() }
    }

    fn wants(&self, id: &str, unit: &str) -> bool {
        let everything = self.units.is_empty() && self.cases.is_empty();
        let named = |names: &[String], name: &str| {
            names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
        };
        everything || named(&self.units, unit) || named(&self.cases, id)
    }
}

/// Runs cases against a card, in the order of the standard. `progress` is told each case as it is
/// done.
///
/// # Errors
/// [`ConformError::Unknown`] for a unit or a case that there is none of, [`ConformError::Transport`]
/// where the link fails or the card leaves. A card that does not answer in time fails its case.
pub fn run(
    transport: &mut dyn Transport,
    card: &Capabilities,
    plan: &Plan,
    progress: &mut dyn FnMut(&CaseReport),
) -> Result<Report, ConformError> {
    let all = cases();
    let known_unit = |unit: &String| all.iter().any(|case| case.unit().eq_ignore_ascii_case(unit));
    let known_case = |id: &String| all.iter().any(|case| case.id.eq_ignore_ascii_case(id));
    let strange = plan.units.iter().find(|unit| !known_unit(unit));
    if let Some(got) = strange.or_else(|| plan.cases.iter().find(|id| !known_case(id))) {
        let mut units: Vec<_> = all.iter().map(|case| case.unit().to_owned()).collect();
        units.dedup();
        return Err(ConformError::Unknown { got: got.clone(), known: units.join(", ") });
    }

    let mut files = None;
    let mut reports = Vec::new();
    for case in all.iter().filter(|case| plan.wants(&case.id, case.unit())) {
        let begun = Instant::now();
        let missing = case.missing(card);
        let failed = |source| ConformError::Transport { step: case.id.clone(), source };
        let (outcome, exchanges) = if missing.is_empty() {
            if case.id.starts_with("LDS_") && files.is_none() {
                files = Some(collect(transport, card, plan).map_err(failed)?);
            }
            transport.reset(Reset::Cold).map_err(failed)?;
            let rng = SeededRng::new(plan.seed.as_bytes(), &case.id);
            let deadline = Deadline::after(plan.timeout);
            let mut terminal = Terminal::new(transport, card, rng, deadline);
            terminal.files = files.as_ref();
            let outcome = match (case.check)(&mut terminal) {
                Ok(()) => Outcome::Passed,
                Err(Stop::Failed(failure)) => Outcome::Failed(failure),
                Err(Stop::Transport(source)) => return Err(failed(source)),
            };
            (outcome, terminal.into_exchanges())
        } else {
            (Outcome::NotApplicable(missing), Vec::new())
        };
        let report = CaseReport {
            id: case.id.clone(),
            unit: case.unit().to_owned(),
            title: case.title.clone(),
            basis: case.basis,
            outcome,
            exchanges,
            micros: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        progress(&report);
        reports.push(report);
    }
    let declared: Vec<Capability> = card.all();
    Ok(Report {
        declared_by: card.declared_by().to_owned(),
        declared,
        seed: plan.seed.clone(),
        cases: reports,
    })
}

// What cannot be read fails the cases that would look at it.
fn collect(
    transport: &mut dyn Transport,
    card: &Capabilities,
    plan: &Plan,
) -> Result<Files, crate::transport::TransportError> {
    transport.reset(Reset::Cold)?;
    let rng = SeededRng::new(plan.seed.as_bytes(), "files");
    let mut files = Files::default();
    let deadline = Deadline::after(plan.timeout);
    match Terminal::new(transport, card, rng, deadline).collect(&mut files) {
        Ok(()) => {}
        Err(Stop::Failed(failure)) => files.failed = Some(failure),
        Err(Stop::Transport(error)) => return Err(error),
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_or_a_case_is_asked_for_in_any_case_of_letters() {
        let plan = Plan { units: vec!["iso7816_q".into()], ..Plan::case("ISO7816_A_1") };
        assert!(plan.wants("ISO7816_Q_4", "ISO7816_Q") && plan.wants("ISO7816_A_1", "ISO7816_A"));
        assert!(!plan.wants("ISO7816_A_2", "ISO7816_A"));
        assert!(Plan::default().wants("LDS_A_tag", "LDS_A"));
    }
}
