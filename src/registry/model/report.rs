//! What is reported, and what is remembered of all that happened.

use time::UtcDateTime;

use super::{CardId, DeviceId, PersonId};

/// What was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// The physical card: the mobile card ends too.
    Card,
    /// The phone: the mobile card is locked.
    Phone,
}

/// Which physical card was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostCard {
    /// That of this number, which the clerk has said. Where it is the current one, or nobody can
    /// say, all cards of the person that are known by now are lost with it; where it is another,
    /// it alone.
    Named {
        /// Of its number.
        number: CardId,
        /// Whether the population registry has it as the current one, where that answers.
        current: Option<bool>,
    },
    /// The current one, as the population registry has it: as long as the register knows of no
    /// other.
    Current(CardId),
    /// Whichever is known, as long as no other was lost before.
    Unnamed,
}

/// What a clerk reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// The physical card was lost: the mobile card ends too.
    CardLost(LostCard),
    /// The card of this number was found: it can be tapped again. The mobile card stays ended.
    CardFound(CardId),
    /// The phone was lost: the mobile card is locked, or ends.
    PhoneLost {
        /// Whether it ends.
        ends: bool,
    },
    /// The phone was found: the mobile card is unlocked.
    PhoneFound,
    /// The person's data changed.
    DataChanged,
    /// The person died or left.
    Left,
}

impl Report {
    /// As events have it.
    pub(in crate::registry) const fn name(&self) -> &'static str {
        match self {
            Self::CardLost(_) => "card-lost",
            Self::CardFound(_) => "card-found",
            Self::PhoneLost { .. } => "phone-lost",
            Self::PhoneFound => "phone-found",
            Self::DataChanged => "data-changed",
            Self::Left => "left",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A tap was verified.
    TapVerified,
    /// An office made an offer.
    OfferMade,
    /// A clerk confirmed the wallet that redeemed an offer.
    OfferConfirmed,
    /// A code was redeemed.
    CodeRedeemed,
    /// A phone was registered.
    PhoneRegistered,
    /// Credentials were issued.
    CredentialsIssued,
    /// A phone was suspended.
    PhoneSuspended,
    /// A phone was unlocked.
    PhoneResumed,
    /// A phone's card ended.
    PhoneEnded,
    /// A physical card was reported lost.
    CardReportedLost,
    /// A physical card was found again.
    CardFound,
    /// A clerk reported something: says who, beside what it did.
    ReportTaken,
    /// A refresh token came twice.
    RefreshReused,
    /// A card's counter went back.
    CounterWentBack,
    /// The population registry changed a person's data.
    PersonChanged,
}

/// An event, as it is kept for ever.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its number, from 0 without a gap: the leaf in the log.
    pub number: u64,
    /// When.
    pub at: UtcDateTime,
    /// What.
    pub kind: EventKind,
    /// SHA-256 over a random salt and what happened: what stands in the log.
    pub hash: [u8; 32],
    /// Whom it is about.
    pub person: Option<PersonId>,
    /// Which phone.
    pub device: Option<DeviceId>,
    /// More of it, opened: for `history`, never for the log.
    pub detail: String,
}
