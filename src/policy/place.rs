//! Where an address lies.

use serde::Deserialize;
use time::Date;

use super::{PolicyError, rules::date};

/// A region, with the areas in it that began before it did.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Region {
    pub(super) name: String,
    names: Vec<String>,
    #[serde(deserialize_with = "date")]
    pub(super) from: Date,
    #[serde(default)]
    pub(super) pilot: Vec<Area>,
}

/// An area of a region.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Area {
    pub(super) name: String,
    names: Vec<String>,
    #[serde(deserialize_with = "date")]
    pub(super) from: Date,
    #[serde(default)]
    alone: bool,
}

/// Where an address lies, as far as a policy knows places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    /// The region.
    pub(super) region: &'a Region,
    /// The pilot area, where it is in one.
    pub(super) area: Option<&'a Area>,
}

impl Found<'_> {
    /// Since when.
    pub(super) fn from(&self) -> Date {
        self.area.map_or(self.region.from, |area| area.from.min(self.region.from))
    }
}

impl Region {
    pub(super) fn check(&self) -> Result<(), PolicyError> {
        let all = self.pilot.iter().map(|area| (&area.name, &area.names));
        for (name, names) in all.chain([(&self.name, &self.names)]) {
            if names.is_empty() || names.iter().any(|name| words(name).is_empty()) {
                return Err(PolicyError::value(
                    format!("region {name}, names"),
                    "at least one, and none empty",
                    &names.len(),
                ));
            }
            // Answers name them, and the errors of OAuth are ASCII (RFC 6749 clause 5.2).
            if !name.is_ascii() {
                return Err(PolicyError::value("region.name", "Latin letters", &"others"));
            }
        }
        Ok(())
    }
}

/// An address as its words, from the largest place to the smallest.
struct Reading(Vec<String>);

impl Reading {
    /// What is left after one of these names.
    fn after(&self, names: &[String], backwards: bool) -> Option<Self> {
        names.iter().find_map(|name| {
            let mut name = words(name);
            if backwards {
                name.reverse();
            }
            self.0.strip_prefix(name.as_slice()).map(|rest| Self(rest.to_vec()))
        })
    }
}

/// The place of an address: from the front, as it is written in Hangul, else from the back, as it
/// is written in Latin letters.
pub(super) fn find<'a>(regions: &'a [Region], address: &str) -> Option<Found<'a>> {
    let forwards = words(address);
    let mut backwards: Vec<_> = forwards.iter().rev().cloned().collect();
    // A country and a postal code may end it.
    while backwards.first().is_some_and(|word| {
        let digits = word.chars().all(|c| c.is_ascii_digit());
        digits || ["korea", "of", "republic", "south"].contains(&word.as_str())
    }) {
        backwards.remove(0);
    }
    let readings = [(Reading(forwards), false), (Reading(backwards), true)];
    readings.iter().find_map(|(reading, back)| {
        let in_region = |region: &'a Region| {
            let rest = reading.after(&region.names, *back)?;
            let area = region.pilot.iter().find(|area| rest.after(&area.names, *back).is_some());
            Some(Found { region, area })
        };
        let alone = |region: &'a Region| {
            let mut areas = region.pilot.iter().filter(|area| area.alone);
            let area = areas.find(|area| reading.after(&area.names, *back).is_some())?;
            Some(Found { region, area: Some(area) })
        };
        regions.iter().find_map(in_region).or_else(|| regions.iter().find_map(alone))
    })
}

/// Whether an address lies in the area of an office, which is given as addresses there begin, or
/// in Latin letters end.
pub(super) fn lies_in(address: &str, office: &str) -> bool {
    let (address, office) = (words(address), words(office));
    !office.is_empty() && (address.starts_with(&office) || address.ends_with(&office))
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c.is_whitespace() || c == ',');
    parts.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}
