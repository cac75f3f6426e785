//! Session keys.

use zeroize::Zeroizing;

use crate::crypto::{Cipher, KeyPurpose, derive_key};

/// `KS_Enc` and `KS_MAC` with the cipher they are for. Wiped when dropped.
#[derive(Clone)]
pub struct SessionKeys {
    /// The cipher suite.
    pub cipher: Cipher,
    /// `KS_Enc`.
    pub enc: Zeroizing<Vec<u8>>,
    /// `KS_MAC`.
    pub mac: Zeroizing<Vec<u8>>,
}

impl SessionKeys {
    /// The keys that follow from a shared secret (ICAO Doc 9303-11 clause 9.7.4).
    pub fn derive(cipher: Cipher, secret: &[u8]) -> Self {
        Self {
            cipher,
            enc: derive_key(secret, KeyPurpose::Enc, cipher),
            mac: derive_key(secret, KeyPurpose::Mac, cipher),
        }
    }
}

impl std::fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionKeys({})", self.cipher)
    }
}
