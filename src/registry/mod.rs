//! The register: persons, cards, phones, offers, grants, credentials, statuses and what happened.
//!
//! All rules that several requests could break together are kept here, in transactions: one live
//! phone a person, a code good for one grant, a nonce good once, a place in a status list never
//! used again. What is personal is encrypted with a key that is not in the database; persons and
//! cards are known by keyed hashes.

mod error;
mod model;

pub use error::{Denied, RegistryError};
pub use model::{
    AccessTokens, CardId, Claim, Credential, CredentialId, Device, DeviceId, DeviceState,
    EndReason, Event, EventKind, Grant, GrantId, Loss, NewOffer, NewTapSession, OfferId,
    OfferState, Once, PersonId, Reservation, Reserve, Reserved, StatusChange, TapResult,
    TapSession, TapState, TokenHash,
};

use time::UtcDateTime;

use crate::issuance::{SessionId, Status, Thumbprint};

/// The register.
#[derive(Debug)]
pub struct Registry {}

// The bodies follow; the signatures are what the service is written against. All times are
// arguments. Every method is one transaction, may be called from many threads and processes, and
// leaves nothing behind where it fails.
#[allow(missing_docs, unused_variables, clippy::todo)]
impl Registry {
    // ---- who ----
    /// The keyed hash by which a person is known.
    pub fn person_id(&self, population_id: &str) -> PersonId {
        todo!()
    }
    /// The keyed hash by which a card is known: of its chip's public key or certificate.
    pub fn card_id(&self, key: &[u8]) -> CardId {
        todo!()
    }

    // ---- once ----
    /// Uses something up that is good once. `false`: it was used before.
    pub fn consume(
        &self,
        kind: Once,
        id: &[u8; 32],
        expires: UtcDateTime,
        now: UtcDateTime,
    ) -> Result<bool, RegistryError> {
        todo!()
    }

    // ---- taps ----
    /// Opens a session; its c_nonce is used up. A person's or a card's other sessions stay.
    pub fn open_tap(&self, tap: &NewTapSession, now: UtcDateTime) -> Result<(), RegistryError> {
        todo!()
    }
    /// The session of that wallet.
    pub fn tap(
        &self,
        id: &SessionId,
        jkt: &Thumbprint,
        now: UtcDateTime,
    ) -> Result<TapSession, RegistryError> {
        todo!()
    }
    /// Moves a session from one state to the next; `Denied::Used` where it is not in `from`.
    pub fn advance_tap(
        &self,
        id: &SessionId,
        from: TapState,
        to: TapState,
        now: UtcDateTime,
    ) -> Result<(), RegistryError> {
        todo!()
    }
    /// A verified tap: the session is done, the card's counter kept, the code made. Refused where the
    /// card is not current or its counter went back.
    pub fn finish_tap(&self, result: &TapResult, now: UtcDateTime) -> Result<(), RegistryError> {
        todo!()
    }

    /// Whether a card is current.
    pub fn check_card(&self, card: &CardId, person: &PersonId) -> Result<(), RegistryError> { todo!() }
    // ---- offers and tokens ----
    pub fn make_offer(&self, offer: &NewOffer, now: UtcDateTime) -> Result<(), RegistryError> {
        todo!()
    }
    /// The code of an offer as its URI shows it, any number of times while it is open.
    pub fn offer_code(
        &self,
        id: &OfferId,
        now: UtcDateTime,
    ) -> Result<zeroize::Zeroizing<String>, RegistryError> {
        todo!()
    }
    pub fn offer_state(&self, id: &OfferId, now: UtcDateTime) -> Result<OfferState, RegistryError> {
        todo!()
    }
    /// Redeems a code for the first wallet that claims it. A wrong transaction code counts; the fifth
    /// kills the offer. The same wallet may come again until it has used its access token, and gets
    /// the tokens anew; the earlier ones are void then.
    pub fn claim(&self, claim: &Claim, now: UtcDateTime) -> Result<Grant, RegistryError> {
        todo!()
    }
    /// The grant of an access token that is good; it counts as used by this.
    pub fn grant(
        &self,
        access: &TokenHash,
        jkt: &Thumbprint,
        now: UtcDateTime,
    ) -> Result<Grant, RegistryError> {
        todo!()
    }
    /// Rotates a refresh token. One that was rotated before revokes the grant, but for the last one
    /// while its successor was not used.
    pub fn refresh(
        &self,
        refresh: &TokenHash,
        jkt: &Thumbprint,
        instance: &Thumbprint,
        tokens: &AccessTokens,
        now: UtcDateTime,
    ) -> Result<Grant, RegistryError> {
        todo!()
    }

    // ---- credentials ----
    /// Registers the phone (the person's other one ends, its statuses become invalid, all in this
    /// transaction), takes places in the status list and uses up the nonces. The same grant, configuration and
    /// keys again give the same reservation, without using anything up.
    pub fn reserve(
        &self,
        request: &Reserve,
        now: UtcDateTime,
    ) -> Result<Reservation, RegistryError> {
        todo!()
    }
    /// Keeps the credentials of a reservation, sealed; where a retry was faster, what it kept is returned.
    pub fn keep(
        &self,
        credentials: &[(CredentialId, Vec<u8>)],
        notification: &TokenHash,
        now: UtcDateTime,
    ) -> Result<Vec<Vec<u8>>, RegistryError> {
        todo!()
    }
    /// What the wallet says became of its credentials; `deleted` ends the phone's card.
    pub fn notified(
        &self,
        notification: &TokenHash,
        grant: &GrantId,
        deleted: bool,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        todo!()
    }
    /// A request that waits for somebody: its keys are fixed here.
    pub fn defer(
        &self,
        transaction: &TokenHash,
        request: &Reserve, keys: &[crate::crypto::PublicKey],
        now: UtcDateTime,
    ) -> Result<(), RegistryError> {
        todo!()
    }
    /// The waiting request and whether it was confirmed.
    pub fn deferred(
        &self,
        transaction: &TokenHash,
        grant: &GrantId,
        now: UtcDateTime,
    ) -> Result<(Reserve, Vec<crate::crypto::PublicKey>, bool), RegistryError> {
        todo!()
    }

    // ---- life ----
    pub fn device_of(&self, person: &PersonId) -> Result<Option<Device>, RegistryError> {
        todo!()
    }
    pub fn devices_of(&self, person: &PersonId) -> Result<Vec<Device>, RegistryError> {
        todo!()
    }
    pub fn report_lost(
        &self,
        person: &PersonId,
        what: Loss,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        todo!()
    }
    /// Unlocks a suspended phone.
    pub fn resume(
        &self,
        person: &PersonId,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        todo!()
    }
    pub fn end(
        &self,
        person: &PersonId,
        reason: EndReason,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        todo!()
    }
    /// The person's data changed: what the phone shows is out of date, but still accepted.
    pub fn needs_renewal(&self, person: &PersonId, now: UtcDateTime) -> Result<(), RegistryError> {
        todo!()
    }
    pub fn history(&self, person: &PersonId) -> Result<Vec<Event>, RegistryError> {
        todo!()
    }

    // ---- status lists ----
    /// The numbers of the lists.
    pub fn status_lists(&self) -> Result<Vec<u32>, RegistryError> {
        todo!()
    }
    /// The version of a list, which goes up with every change.
    pub fn status_version(&self, list: u32) -> Result<u64, RegistryError> {
        todo!()
    }
    /// Size, version, and all entries that are not valid.
    pub fn status_entries(
        &self,
        list: u32,
    ) -> Result<(u64, u64, Vec<(u64, Status)>), RegistryError> {
        todo!()
    }

    // ---- the log ----
    pub fn event_count(&self) -> Result<u64, RegistryError> {
        todo!()
    }
    pub fn event_hashes(&self, from: u64, count: u64) -> Result<Vec<[u8; 32]>, RegistryError> {
        todo!()
    }

    // ---- outbox and housekeeping ----
    /// What still has to be told to the outside (published statuses, notices), oldest first.
    pub fn outbox(&self, most: u32) -> Result<Vec<(u64, String)>, RegistryError> {
        todo!()
    }
    pub fn outbox_done(&self, number: u64) -> Result<(), RegistryError> {
        todo!()
    }
    /// Forgets what is over: nonces, sessions, offers, tokens; phones whose term is over expire.
    pub fn sweep(&self, now: UtcDateTime) -> Result<(), RegistryError> {
        todo!()
    }
}
