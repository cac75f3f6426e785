//! The worked examples in `tests/vectors`, and randomness that plays their private keys.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;

/// A vector file by name.
pub fn load(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The bytes that a field spells in hexadecimal.
pub fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap_or_else(|| panic!("{value} is no hex"))).unwrap()
}

/// Hands out given byte strings, one a call, and panics when asked for another length.
pub struct Script(std::vec::IntoIter<Vec<u8>>);

impl Script {
    pub fn new(parts: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self(parts.into_iter().collect::<Vec<_>>().into_iter())
    }

    pub fn assert_spent(&mut self) {
        assert!(self.0.next().is_none(), "not all scripted randomness was used");
    }
}

impl TryRng for Script {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("whole strings only")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("whole strings only")
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        dst.copy_from_slice(&self.0.next().expect("more randomness than the example has"));
        Ok(())
    }
}

impl TryCryptoRng for Script {}
