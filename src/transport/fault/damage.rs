//! What only the chip itself can do wrong, and the tools for it.

use std::collections::BTreeSet;

use rand_core::Rng;

use super::Amount;
use crate::{apdu::StatusWord, atr::Atr, crypto::SeededRng};

/// What a chip is to do wrong at its next command, since it lies behind secure messaging
/// ([`Responder::damage`](crate::transport::Responder::damage)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// Answer this and carry nothing out.
    Status(StatusWord),
    /// Flip so many bits of the data before they are protected.
    Spoil {
        /// How many.
        bits: Amount,
        /// What chance follows from.
        seed: u64,
    },
    /// Count once more than there were messages.
    SlipCounter,
}

/// Flips so many different bits, fewer where there are no more. Whether any is another now.
pub fn flip(data: &mut [u8], bits: Amount, seed: u64) -> bool {
    let all = data.len().saturating_mul(8);
    let wanted = usize::from(bits.bits()).min(all);
    let mut rng = chance(seed, "flip");
    let mut chosen = BTreeSet::new();
    while chosen.len() < wanted {
        chosen.insert(below(&mut rng, all));
    }
    for bit in &chosen {
        if let Some(byte) = data.get_mut(bit / 8) {
            *byte ^= 0x80 >> (bit % 8);
        }
    }
    !chosen.is_empty()
}

/// Chance that follows from a seed.
pub(super) fn chance(seed: u64, label: &str) -> SeededRng {
    SeededRng::new(&seed.to_be_bytes(), label)
}

/// A number below `end`; 0 where that is 0.
pub(super) fn below(rng: &mut SeededRng, end: usize) -> usize {
    // The little that a remainder prefers small numbers does not matter here.
    let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
    usize::try_from(rng.next_u64() % end).unwrap_or(0)
}

/// The same ATR with other historical bytes, as many; as it is where it is none.
pub(super) fn random_atr(atr: &[u8], rng: &mut SeededRng) -> Option<Vec<u8>> {
    let mut historical = Atr::parse(atr).ok()?.historical().to_vec();
    rng.fill_bytes(&mut historical);
    Some(Atr::from_historical(&historical).ok()?.as_bytes().to_vec())
}
