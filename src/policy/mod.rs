//! Who gets a mobile card, when, where, for how long and for what fee: rules as data, and a pure
//! function over them. `policy/korea-2024.toml` holds the announcement's.

use time::{Date, UtcDateTime};

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
    /// What the tap showed; nothing at an office, or where only the rules are asked for.
    pub level: Option<Level>,
    /// Whether the card said that the PIN was given.
    pub pin: Option<bool>,
    /// Whether the face was compared, and how that ended.
    pub face: Option<bool>,
}

/// A policy, as its TOML file has it.
#[derive(Clone, Debug)]
pub struct Policy {}

/// What a policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it may be issued.
    pub allowed: bool,
    /// Why not, or on which grounds, each with the rule it comes from.
    pub reasons: Vec<String>,
    /// The fee of the card or the service, in won.
    pub fee: u32,
    /// The last second of the term: the end of that day in the policy's time zone.
    pub term_until: UtcDateTime,
}
