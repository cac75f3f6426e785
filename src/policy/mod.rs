//! Who gets a mobile card, when, where, for how long and for what fee: rules as data, and a pure
//! function over them. `policy/korea-2024.toml` holds the announcement's.

mod decide;
mod error;
mod place;
mod rules;

#[cfg(test)]
mod tests;

pub use error::PolicyError;
pub use rules::{Change, Check};

use time::{Date, Time, UtcDateTime, UtcOffset};

use self::rules::Rules;
use crate::trust::Level;

/// How the card comes to the phone.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// The holder taps an IC card on the phone.
    Ic,
    /// A one-time QR code at an office.
    Qr,
}

/// What is asked of a policy: may this person have a mobile card now, by this way?
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Date of birth.
    pub birth: Date,
    /// Registered address.
    pub address: &'a str,
    /// Now.
    pub at: UtcDateTime,
    /// The way.
    pub way: Way,
    /// Whether the person holds a resident card that is good.
    pub has_card: bool,
    /// Whether that card is (or would be) the person's first.
    pub first_card: bool,
    /// What the tap showed; nothing at an office, or where only the rules are asked for. Where it
    /// is given, the level, the PIN and the face are judged as the way demands it.
    pub level: Option<Level>,
    /// Whether the card said that the PIN was given.
    pub pin: Option<bool>,
    /// Whether the face was compared, and how that ended.
    pub face: Option<bool>,
}

/// A policy, as its TOML file has it.
#[derive(Clone, Debug)]
pub struct Policy {
    rules: Rules,
    zone: UtcOffset,
}

/// What a policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it may be issued.
    pub allowed: bool,
    /// Why not, or on which grounds, each with the rule it comes from: `age: ..`. In ASCII, and
    /// with nothing personal in it.
    pub reasons: Vec<String>,
    /// The fee of the card or the service, in won.
    pub fee: u32,
    /// What the fee is made of.
    pub fees: Vec<Fee>,
    /// Whether an office has to be visited, for the first phone and for each after it.
    pub visit: bool,
    /// The last second of the term: the end of that day in the policy's time zone.
    pub term_until: UtcDateTime,
}

/// A part of a fee.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fee {
    /// For what.
    pub what: String,
    /// How much.
    pub won: u32,
}

/// The largest file of a policy.
const MAX_POLICY: usize = 256 * 1024;

impl Policy {
    /// The rules of the announcement of 26 November 2024 and of the roll-out that followed.
    // Part of the crate, and read by its tests.
    #[allow(clippy::expect_used, clippy::missing_panics_doc)]
    pub fn korea_2024() -> Self {
        Self::from_toml(include_str!("../../policy/korea-2024.toml")).expect("the built-in policy")
    }

    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`]: no TOML, a key that is not known, missing or of another type, each with its
    /// line; or a value that contradicts another.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        if text.len() > MAX_POLICY {
            return Err(PolicyError::TooLarge { got: text.len(), most: MAX_POLICY });
        }
        let rules: Rules = toml::from_str(text).map_err(|e| PolicyError::toml(&e, text))?;
        let zone = rules.check()?;
        Ok(Self { rules, zone })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.rules.name
    }

    /// The day of that moment in the policy's time zone.
    pub fn day(&self, at: UtcDateTime) -> Date {
        at.to_offset(self.zone).date()
    }

    /// The first second of that day in the policy's time zone.
    pub fn start_of(&self, day: Date) -> UtcDateTime {
        day.with_time(Time::MIDNIGHT).assume_offset(self.zone).to_utc()
    }

    /// The last second of a term that begins then.
    pub fn term_until(&self, at: UtcDateTime) -> UtcDateTime {
        let day = self.day(at);
        let year = day.year() + i32::from(self.rules.term.years);
        // Only 29 February can be missing, and the years stay far from the end of the calendar.
        let last = day.replace_year(year).or_else(|_| day.replace_day(28)?.replace_year(year));
        let last = last.unwrap_or(day);
        last.with_time(time::macros::time!(23:59:59)).assume_offset(self.zone).to_utc()
    }

    /// What a lost physical card does to the mobile card.
    pub const fn on_lost_card(&self) -> Change {
        self.rules.loss.card
    }

    /// What a lost phone does to the mobile card.
    pub const fn on_lost_phone(&self) -> Change {
        self.rules.loss.phone
    }

    /// What another registered address does to the mobile card.
    pub const fn on_new_address(&self) -> Change {
        self.rules.change.address
    }

    /// What the holder's death, or the end of the citizenship, does to the mobile card.
    pub const fn on_leaving(&self) -> Change {
        self.rules.change.left
    }

    /// Whether a face has to be compared on that way.
    pub const fn face(&self, way: Way) -> Check {
        self.rules.way(way).face
    }

    /// Whether the PIN has to be given on that way.
    pub const fn pin(&self, way: Way) -> Check {
        self.rules.way(way).pin
    }

    /// The level that a tap has to show.
    pub fn level(&self) -> Option<Level> {
        self.rules.way.ic.level
    }
}
