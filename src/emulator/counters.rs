//! What a card counts, as it is now.

use super::{card::Card, store::Counter};

impl Card {
    /// Its counters as they are: those that were never set at what they begin with. Of a PIN and a
    /// PUK only where the card has one.
    pub fn counters(&mut self) -> Vec<(Counter, u64)> {
        let Self { parts, env, .. } = self;
        let (passwords, store) = (&parts.passwords, env.store());
        let mut counters = Vec::new();
        if passwords.pin.is_some() {
            counters.push((Counter::PinTries, u64::from(passwords.pin_tries_left(store))));
        }
        if passwords.puk.is_some() {
            let highest = u64::from(passwords.puk_uses);
            let uses = store.counter(Counter::PukUses).map_or(highest, |uses| uses.min(highest));
            counters.push((Counter::PukUses, uses));
        }
        let made = store.counter(Counter::HolderVerification).unwrap_or(0);
        counters.push((Counter::HolderVerification, made));
        counters
    }
}
