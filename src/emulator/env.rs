//! The world of a card: randomness, a clock, memory that outlives power.

use rand_core::CryptoRng;
use time::{UtcDateTime, macros::utc_datetime};
use zeroize::Zeroizing;

use super::store::{MemoryStore, Store};
use crate::crypto::SeededRng;

/// What a card needs from outside itself. Two cards of one profile in equal worlds answer alike,
/// byte for byte.
pub trait Env: Send {
    /// Randomness: nonces, ephemeral keys, the contactless identifier.
    fn rng(&mut self) -> &mut dyn CryptoRng;
    /// A dialogue begins: the first command after power or reset has come. Readers differ in how
    /// often they power a card and reset it before that, so what is random must not depend on it.
    fn begin_dialogue(&mut self) {}
    /// The time. Chips have no clock; this is for what an applet would learn from certificates.
    fn now(&self) -> UtcDateTime;
    /// Memory that outlives power and reset.
    fn store(&mut self) -> &mut dyn Store;
}

/// A world that follows from a seed: the same seed gives the same bytes, each dialogue its own. The
/// clock stands still.
pub struct SeededEnv {
    seed: Zeroizing<Vec<u8>>,
    dialogues: u64,
    rng: SeededRng,
    now: UtcDateTime,
    store: Box<dyn Store>,
}

impl SeededEnv {
    /// The time in a seeded world unless another is given: the day the mobile resident card began.
    pub const EPOCH: UtcDateTime = utc_datetime!(2024-12-27 00:00);

    /// The world of this seed, with no counter set.
    pub fn new(seed: &[u8]) -> Self {
        let rng = SeededRng::new(seed, "card");
        let seed = Zeroizing::new(seed.to_vec());
        let store = Box::new(MemoryStore::default());
        Self { seed, dialogues: 0, rng, now: Self::EPOCH, store }
    }

    /// The same with entries kept there: they are then a part of what the dialogue follows from.
    #[must_use]
    pub fn with_store(mut self, store: Box<dyn Store>) -> Self {
        self.store = store;
        self
    }

    /// The same at another time.
    #[must_use]
    pub fn at(mut self, now: UtcDateTime) -> Self {
        self.now = now;
        self
    }
}

impl Env for SeededEnv {
    fn rng(&mut self) -> &mut dyn CryptoRng {
        &mut self.rng
    }

    fn begin_dialogue(&mut self) {
        self.dialogues += 1;
        self.rng = SeededRng::new(&self.seed, &format!("card dialogue {}", self.dialogues));
    }

    fn now(&self) -> UtcDateTime {
        self.now
    }

    fn store(&mut self) -> &mut dyn Store {
        &mut *self.store
    }
}

impl std::fmt::Debug for SeededEnv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeededEnv").field("now", &self.now).finish_non_exhaustive()
    }
}

/// The world of a card that runs for real: the system's clock, randomness stretched from numbers
/// of the system, counters where the caller says.
pub struct SystemEnv {
    rng: SeededRng,
    store: Box<dyn Store>,
}

impl SystemEnv {
    /// A world whose randomness is stretched from 32 bytes of `rng`, which should be the system's.
    /// Its counters last as long as it.
    pub fn new(rng: &mut dyn CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self { rng: SeededRng::new(&*seed, "card"), store: Box::new(MemoryStore::default()) }
    }

    /// The same with counters kept there.
    #[must_use]
    pub fn with_store(mut self, store: Box<dyn Store>) -> Self {
        self.store = store;
        self
    }
}

impl Env for SystemEnv {
    fn rng(&mut self) -> &mut dyn CryptoRng {
        &mut self.rng
    }

    fn now(&self) -> UtcDateTime {
        UtcDateTime::now()
    }

    fn store(&mut self) -> &mut dyn Store {
        &mut *self.store
    }
}

impl std::fmt::Debug for SystemEnv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SystemEnv").finish_non_exhaustive()
    }
}
