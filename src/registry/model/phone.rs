//! Registered phones, and what becomes of them.

use time::UtcDateTime;

use super::{CardId, DeviceId, PersonId};
use crate::issuance::{Commitment, Thumbprint};
use crate::policy::Way;

/// The states of a phone. The first three hold the person's one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// Good.
    Active,
    /// Locked because it was reported lost; it can be unlocked.
    Suspended,
    /// Good, but what it shows is no longer true, for example the address.
    NeedsRenewal,
    /// Over for ever.
    Revoked,
    /// Its term is over.
    Expired,
}

/// Why a phone's card ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// Another phone took its place.
    Superseded,
    /// The physical card was reported lost.
    CardLost,
    /// The phone was reported lost, for good.
    PhoneLost,
    /// The holder deleted it.
    Deleted,
    /// The person died or left.
    PersonLeft,
    /// Three years are over.
    TermOver,
}

/// A registered phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its identifier.
    pub id: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// The key of its requests.
    pub jkt: Thumbprint,
    /// What it committed to.
    pub h_dev: Commitment,
    /// Its state.
    pub state: DeviceState,
    /// How it got its card.
    pub way: Way,
    /// The card that was tapped.
    pub card: Option<CardId>,
    /// Since when.
    pub activated_at: UtcDateTime,
    /// The last second of its term.
    pub term_until: UtcDateTime,
    /// Why it ended, where it did.
    pub ended: Option<EndReason>,
}
