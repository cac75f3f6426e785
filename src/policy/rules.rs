//! The schema of a policy's file.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use time::{Date, Month, UtcOffset};

use super::{PolicyError, Way, place::Region};
use crate::trust::Level;

/// A file of a policy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    schema: u32,
    pub(super) name: String,
    pub(super) zone: Zone,
    pub(super) person: Person,
    pub(super) term: Term,
    phones: Phones,
    pub(super) loss: Loss,
    pub(super) change: Changes,
    pub(super) way: Ways,
    pub(super) fees: BTreeMap<String, u32>,
    pub(super) roll_out: RollOut,
    #[serde(default)]
    pub(super) region: Vec<Region>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Zone {
    pub(super) offset_hours: i8,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) min_age: u8,
    pub(super) card_needed: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Term {
    pub(super) years: u8,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Phones {
    per_person: u8,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Loss {
    pub(super) card: Change,
    pub(super) phone: Change,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    pub(super) address: Change,
    pub(super) left: Change,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ways {
    pub(super) ic: WayRules,
    pub(super) qr: WayRules,
}

/// What one way demands and costs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WayRules {
    pub(super) visit: bool,
    #[serde(default, deserialize_with = "level")]
    pub(super) level: Option<Level>,
    pub(super) pin: Check,
    pub(super) face: Check,
    pub(super) fees: Vec<String>,
    #[serde(default)]
    pub(super) first_card_free: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RollOut {
    #[serde(deserialize_with = "date")]
    pub(super) anywhere_from: Date,
}

/// What becomes of a mobile card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is out of date, and still good.
    Renew,
    /// It is locked, and can be unlocked.
    Suspend,
    /// It ends.
    Revoke,
}

/// Whether something has to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Without it nobody goes on.
    Required,
    /// Where nobody can check it, it goes on without; where it was checked and failed, it does not.
    WhenAvailable,
    /// Not asked for.
    No,
}

/// Lists longer than these are a mistake.
const MOST_REGIONS: usize = 1000;

impl Rules {
    pub(super) const fn way(&self, way: Way) -> &WayRules {
        match way {
            Way::Ic => &self.way.ic,
            Way::Qr => &self.way.qr,
        }
    }

    /// What the schema's types do not say.
    pub(super) fn check(&self) -> Result<UtcOffset, PolicyError> {
        if self.schema != 1 {
            return Err(PolicyError::value("schema", "1", &self.schema));
        }
        if !(1..=50).contains(&self.term.years) {
            return Err(PolicyError::value("term.years", "1 to 50", &self.term.years));
        }
        // The register's own constraint; a policy that says otherwise would not be kept.
        if self.phones.per_person != 1 {
            return Err(PolicyError::value("phones.per_person", "1", &self.phones.per_person));
        }
        if self.loss.card != Change::Revoke {
            return Err(PolicyError::value("loss.card", "\"revoke\"", &word(self.loss.card)));
        }
        if self.loss.phone == Change::Renew {
            return Err(PolicyError::value("loss.phone", "\"suspend\" or \"revoke\"", &"renew"));
        }
        if self.change.address != Change::Renew {
            return Err(PolicyError::value(
                "change.address",
                "\"renew\"",
                &word(self.change.address),
            ));
        }
        if self.change.left != Change::Revoke {
            return Err(PolicyError::value("change.left", "\"revoke\"", &word(self.change.left)));
        }
        if self.way.ic.level.is_none_or(|level| level < Level::L2) {
            let got = self.way.ic.level.map_or_else(|| "nothing".into(), |l| l.to_string());
            // What is below was never the chip's: whoever copied the files would get a card.
            return Err(PolicyError::value("way.ic.level", "\"L2\" or \"L3\"", &got));
        }
        if self.way.qr.level.is_some() {
            return Err(PolicyError::value(
                "way.qr.level",
                "nothing: no card is tapped",
                &"a level",
            ));
        }
        // What nobody enforces is not demanded: at an office the clerk looks, and a tap is made
        // wherever the phone is.
        for (key, check) in [("way.qr.pin", self.way.qr.pin), ("way.qr.face", self.way.qr.face)] {
            if check == Check::Required {
                let expected = "\"no\" or \"when-available\": no card is tapped";
                return Err(PolicyError::value(key, expected, &"\"required\""));
            }
        }
        if self.way.ic.visit {
            return Err(PolicyError::value("way.ic.visit", "false: nobody sees a tap", &true));
        }
        for (name, way) in [("ic", &self.way.ic), ("qr", &self.way.qr)] {
            if let Some(unknown) = way.fees.iter().find(|fee| !self.fees.contains_key(*fee)) {
                return Err(PolicyError::value(
                    format!("way.{name}.fees"),
                    "names of [fees]",
                    &unknown,
                ));
            }
        }
        if self.region.len() > MOST_REGIONS {
            return Err(PolicyError::value("region", "at most 1000", &self.region.len()));
        }
        self.region.iter().try_for_each(Region::check)?;
        let hours = self.zone.offset_hours;
        let most = (-12..=14).contains(&hours);
        UtcOffset::from_hms(hours, 0, 0)
            .ok()
            .filter(|_| most)
            .ok_or_else(|| PolicyError::value("zone.offset_hours", "-12 to 14", &hours))
    }
}

const fn word(change: Change) -> &'static str {
    match change {
        Change::Renew => "renew",
        Change::Suspend => "suspend",
        Change::Revoke => "revoke",
    }
}

fn level<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Level>, D::Error> {
    match String::deserialize(d)?.as_str() {
        "L1" => Ok(Some(Level::L1)),
        "L2" => Ok(Some(Level::L2)),
        "L3" => Ok(Some(Level::L3)),
        _ => Err(D::Error::custom("\"L1\", \"L2\" or \"L3\" expected")),
    }
}

/// A day, as TOML writes it: 2024-12-27.
pub(super) fn date<'de, D: Deserializer<'de>>(d: D) -> Result<Date, D::Error> {
    let read = toml::value::Datetime::deserialize(d)?;
    let day = read.date.filter(|_| read.time.is_none() && read.offset.is_none());
    day.and_then(|day| {
        let month = Month::try_from(day.month).ok()?;
        Date::from_calendar_date(i32::from(day.year), month, day.day).ok()
    })
    .ok_or_else(|| D::Error::custom("a day expected, as in 2024-12-27"))
}
