//! Chip Authentication, versions 1 and 2, over ECDH and DH, with 3DES and AES
//! (ICAO Doc 9303-11 clause 6.2, BSI TR-03110-1 clause 3.4, TR-03110-2 clause 3.4, TR-03110-3
//! clause B.2).
//!
//! The terminal sends an ephemeral public key, and both sides derive new session keys from it and
//! the chip's static key. In version 1 the chip is proven only by the first answer under those
//! keys: [`Terminal`] yields keys, not a proof. In version 2 it sends a token; the first answer
//! counts all the same.

mod chip;
mod error;
mod params;
mod terminal;

pub use chip::{Chip, KeyAgreementTemplate};
pub use error::ChipAuthError;
pub use params::{Commands, Suite, Version};
pub use terminal::{Agreed, Terminal};

/// Bytes of the nonce of version 2, `r_PICC`.
pub const NONCE_LEN: usize = 8;

use zeroize::Zeroizing;

use crate::{crypto::SharedSecret, sm::SessionKeys};

// KDF(K, r_PICC, c) of version 2 (BSI TR-03110-3 clause A.2.3): the nonce stands behind the secret.
fn keys_with_nonce(suite: &Suite, secret: &SharedSecret, nonce: &[u8]) -> SessionKeys {
    let both = Zeroizing::new([secret.as_bytes(), nonce].concat());
    SessionKeys::derive(suite.cipher(), &both)
}

#[cfg(test)]
mod tests;
