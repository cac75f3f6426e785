//! Randomness: the system's, or from a seed.

use std::convert::Infallible;

use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng, UnwrapErr};

use super::Hash;

/// The operating system's random numbers.
pub type SystemRng = UnwrapErr<getrandom::SysRng>;

/// A generator whose whole output follows from a seed and a label (ChaCha20, RFC 8439), so that
/// two runs with one seed are alike byte for byte. Different labels are independent streams.
pub struct SeededRng(ChaCha20Rng);

impl SeededRng {
    /// The stream named `label` of this seed.
    pub fn new(seed: &[u8], label: &str) -> Self {
        let len = (seed.len() as u64).to_be_bytes();
        let key = Hash::Sha256.digest(&[b"iccard seed v1", &len, seed, label.as_bytes()]);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&key);
        Self(ChaCha20Rng::from_seed(bytes))
    }
}

impl TryRng for SeededRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(dst);
        Ok(())
    }
}

impl TryCryptoRng for SeededRng {}

impl std::fmt::Debug for SeededRng {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeededRng").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_and_label_fix_the_stream() {
        let take = |seed: &[u8], label| SeededRng::new(seed, label).next_u64();
        assert_eq!(take(b"1", "a"), take(b"1", "a"));
        assert_ne!(take(b"1", "a"), take(b"1", "b"));
        assert_ne!(take(b"1", "a"), take(b"1a", ""));
    }
}
