//! How states and kinds are written in the database.

use super::{DeviceState, EndReason, EventKind, OfferState, Once, TapState};
use crate::policy::Way;

macro_rules! names {
    ($type:ty { $($variant:ident => $name:literal),* $(,)? }) => {
        impl $type {
            /// As it is written.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What was written so.
            pub(super) fn of(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

names!(DeviceState {
    Active => "active",
    Suspended => "suspended",
    NeedsRenewal => "needs-renewal",
    Revoked => "revoked",
    Expired => "expired",
});

names!(EndReason {
    Superseded => "superseded",
    CardLost => "card-lost",
    PhoneLost => "phone-lost",
    Deleted => "deleted",
    PersonLeft => "person-left",
    TermOver => "term-over",
});

names!(EventKind {
    TapVerified => "tap-verified",
    OfferMade => "offer-made",
    OfferConfirmed => "offer-confirmed",
    CodeRedeemed => "code-redeemed",
    PhoneRegistered => "phone-registered",
    CredentialsIssued => "credentials-issued",
    PhoneSuspended => "phone-suspended",
    PhoneResumed => "phone-resumed",
    PhoneEnded => "phone-ended",
    CardReportedLost => "card-reported-lost",
    CardFound => "card-found",
    ReportTaken => "report-taken",
    RefreshReused => "refresh-reused",
    CounterWentBack => "counter-went-back",
    PersonChanged => "person-changed",
});

macro_rules! numbers {
    ($type:ty { $($variant:ident => $number:literal),* $(,)? }) => {
        impl $type {
            /// As it is written.
            pub(super) const fn number(self) -> i64 {
                match self { $(Self::$variant => $number),* }
            }

            /// What was written so.
            #[allow(dead_code)]
            pub(super) const fn numbered(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

numbers!(Once { Nonce => 0, Dpop => 1, AttestationPop => 2, AttestationChallenge => 3 });
numbers!(TapState { Open => 0, Chip => 1, Done => 2, Failed => 3 });
numbers!(OfferState { Open => 0, Redeemed => 1, Dead => 2 });

impl DeviceState {
    /// Whether it holds the person's one place.
    pub(super) const fn is_live(self) -> bool {
        matches!(self, Self::Active | Self::Suspended | Self::NeedsRenewal)
    }
}

/// The names of [`Way`], which is not ours.
pub(super) const fn way(way: Way) -> &'static str {
    match way {
        Way::Ic => "ic",
        Way::Qr => "qr",
    }
}

/// The way of that name.
pub(super) fn way_of(name: &str) -> Option<Way> {
    match name {
        "ic" => Some(Way::Ic),
        "qr" => Some(Way::Qr),
        _ => None,
    }
}
