//! From evidence to verdict: what a tap brought home, whom one believes, and what follows.
//!
//! [`Evidence`] is what the reader recorded; it stands for itself and can be judged again by
//! anyone, any time. [`Anchors`] are the country signing CAs that the judge believes. [`judge`]
//! checks one against the other and says for every check whether it passed, failed or was not
//! done, and why; what was not done never counts as passed.
//!
//! | level | shown |
//! |---|---|
//! | [`Level::L0`] | nothing |
//! | [`Level::L1`] | the data is the issuer's; the chip may be a copy |
//! | [`Level::L2`] | and the card itself signed what the judge demanded |
//! | [`Level::L3`] | and the chip answered under a key that only the judge shared with it |
//!
//! For a key-only card, which has no data, L1 says that its certificate leads to a card CA.
//!
//! A live tap judges itself, and its own Chip Authentication counts. Offline it does not: whoever
//! held the ephemeral key could have written the whole dialogue. A judge far away who held that key
//! itself, and spoke to the chip through the reader, knows as much as one who was there
//! ([`Seat::Remote`]).

mod anchors;
mod authentic;
mod card_security;
mod chain;
mod check;
mod chip;
pub(crate) mod country;
pub(crate) mod encoding;
mod evidence;
mod fault;
mod judge;
mod key_only;
mod ldif;
mod lists;
mod passive;
mod revocation;
mod source;
mod store;
mod verdict;
mod weakness;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use anchors::{AnchorError, AnchorSet, Anchors, CrlSet};
pub use authentic::{Authentic, authenticate};
pub use check::{Check, Reason, Unfit};
pub use evidence::{
    Access, ActiveAuthentication, Card, ChipAuthentication, ChipAuthenticationMapping, Evidence,
    EvidenceError, KeyFile, KeyOnlyAuthentication, MAX_EVIDENCE,
};
pub use fault::{Fault, FaultReason};
pub use judge::{ChipRun, Judging, Relayed, Seat, judge};
pub use ldif::LdifError;
pub use lists::Vouched;
pub use store::{ImportReport, ImportedList, Store, StoreError};
pub use verdict::{Chip, CrlNamed, Groups, Holder, KeyOnly, Level, Named, Passive, Verdict};
pub use weakness::Weakness;
