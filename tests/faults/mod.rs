//! Cards that misbehave on purpose, and what a tap says of each.

mod property;
mod quirks;
mod vpcd;

use iccard::{
    emulator::Card,
    profile::Personalised,
    tap::{TapError, Tapped},
    transport::fault::{FaultPlan, Faulty},
};

use crate::support::card::{anchors, card, judged};

/// A card with the faults of its profile and more.
fn faulty(personalised: &Personalised, more: &str) -> Faulty<Card> {
    let mut plan: FaultPlan = personalised.profile.faults.clone();
    plan.extend(more.parse().unwrap());
    Faulty::new(card(personalised), plan)
}

/// What came of a tap, in a line: the verdict with all that is short of it, or the error.
fn told(personalised: &Personalised, outcome: &Result<Tapped, TapError>) -> String {
    let tapped = match outcome {
        Ok(tapped) => tapped,
        Err(error) => return format!("error: {error}"),
    };
    let verdict = judged(tapped, &anchors(personalised));
    let mut parts = Vec::new();
    if let Some(why) = &tapped.active_authentication_refused {
        parts.push(format!("no Active Authentication: {why}"));
    }
    for (name, check) in [
        ("data", &verdict.passive.check),
        ("chip", &verdict.chip.check),
        ("EF.CardAccess", &verdict.card_access),
    ] {
        if let Some(why) = check.reason() {
            parts.push(format!("{name}: {why}"));
        }
    }
    for (file, sw) in &tapped.refused {
        parts.push(format!("{file}: {:04X}", sw.0));
    }
    let verified = if verdict.verified { "verified" } else { "not verified" };
    format!("{verified} {}, {}; {}", verdict.level, tapped.evidence.access.name(), parts.join("; "))
}
