//! The register: persons, cards, phones, offers, grants, credentials, statuses and what happened.
//!
//! All rules that several requests could break together are kept here, in transactions: one live
//! phone a person, a code good for one grant, a nonce good once, a place in a status list never
//! used again. What is personal is encrypted with a key that is not in the database; persons and
//! cards are known by keyed hashes.
//!
//! Each method of [`Registry`] is one transaction, may be called from many threads and processes,
//! and leaves nothing behind where it fails, but for what its documentation says. All times are
//! arguments. `docs/register.md` has the rules on one page.

mod cards;
mod database;
mod deferred;
mod devices;
mod error;
mod events;
mod grants;
mod issue;
mod life;
mod model;
mod names;
mod notify;
mod offers;
mod once;
#[cfg(feature = "postgres")]
mod postgres;
mod reserve;
mod schema;
mod seal;
mod sqlite;
mod statuses;
mod sweep;
mod taps;
mod tokens;
mod work;

#[cfg(test)]
mod tests;

pub use error::{Denied, RegistryError};
pub use model::{
    AccessTokens, CardId, Claim, Credential, CredentialId, Device, DeviceId, DeviceState,
    EndReason, Event, EventKind, Grant, GrantId, Loss, LostCard, NewOffer, NewTapSession, OfferId,
    OfferState, Once, PersonId, Report, Reservation, Reserve, Reserved, StatusChange, TapResult,
    TapSession, TapState, TokenHash,
};
pub use seal::RegistryKeys;

use std::path::Path;
use std::sync::Mutex;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::crypto::SystemRng;
use database::{Database, Mode};
use seal::Vault;

/// Places in a status list, unless [`Registry::with_list_size`] says otherwise.
pub const LIST_SIZE: u64 = 1 << 20;

/// The register.
pub struct Registry {
    database: Box<dyn Database>,
    vault: Vault,
    list_size: u64,
    rng: Mutex<Box<dyn CryptoRng + Send>>,
}

impl Registry {
    /// Opens the register in a SQLite file, which is made where it is missing.
    ///
    /// # Errors
    /// [`RegistryError::Database`], also for a newer schema; [`RegistryError::Sealed`] where
    /// `keys.names` is not the key it was made with.
    pub fn sqlite(path: &Path, keys: &RegistryKeys) -> Result<Self, RegistryError> {
        Self::open(Box::new(sqlite::Sqlite::open(path)?), keys)
    }

    /// A register in memory, gone with the value.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn memory(keys: &RegistryKeys) -> Result<Self, RegistryError> {
        Self::open(Box::new(sqlite::Sqlite::memory()?), keys)
    }

    /// Opens the register in a PostgreSQL database, by a URL as libpq has it.
    ///
    /// # Errors
    /// As [`Self::sqlite`].
    #[cfg(feature = "postgres")]
    pub fn postgres(url: &str, keys: &RegistryKeys) -> Result<Self, RegistryError> {
        Self::open(Box::new(postgres::Postgres::open(url)?), keys)
    }

    fn open(database: Box<dyn Database>, keys: &RegistryKeys) -> Result<Self, RegistryError> {
        let vault = Vault::new(keys);
        let dialect = database.dialect();
        database
            .transaction("opening", Mode::Write, &mut |tx| schema::migrate(tx, dialect, &vault))?;
        let rng: Box<dyn CryptoRng + Send> = Box::new(SystemRng::default());
        Ok(Self { database, vault, list_size: LIST_SIZE, rng: Mutex::new(rng) })
    }

    /// With status lists of that size from the next one on; at least two places.
    #[must_use]
    pub fn with_list_size(mut self, places: u64) -> Self {
        self.list_size = places.max(2);
        self
    }

    /// With a source of identifiers, salts, nonces and places in status lists other than the
    /// system's: for tests.
    #[must_use]
    pub fn with_rng(mut self, rng: Box<dyn CryptoRng + Send>) -> Self {
        self.rng = Mutex::new(rng);
        self
    }

    /// Opens what was sealed with that earlier key too; nothing is sealed with it any more.
    #[must_use]
    pub fn also_opens(mut self, earlier: Zeroizing<[u8; 32]>) -> Self {
        self.vault.retire(earlier);
        self
    }

    /// The keyed hash by which a person is known.
    pub fn person_id(&self, population_id: &str) -> PersonId {
        PersonId(self.vault.name("person", population_id.as_bytes()))
    }

    /// The keyed hash by which a card is known: of its chip's public key or certificate.
    pub fn card_id(&self, key: &[u8]) -> CardId {
        CardId(self.vault.name("card", key))
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let dialect = self.database.dialect();
        f.debug_struct("Registry").field("database", &dialect).finish_non_exhaustive()
    }
}
