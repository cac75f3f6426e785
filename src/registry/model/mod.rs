//! What the register knows, as values.

mod credential;
mod entry;
mod id;
mod phone;
mod report;

pub use credential::{Credential, Reservation, Reserve, Reserved, StatusChange};
pub use entry::{
    AccessTokens, Claim, Grant, NewOffer, NewTapSession, OfferState, Once, TapResult, TapSession,
    TapState,
};
pub use id::{CardId, CredentialId, DeviceId, GrantId, OfferId, PersonId, TokenHash};
pub use phone::{Device, DeviceState, EndReason};
pub use report::{Event, EventKind, Loss, LostCard, Report};
