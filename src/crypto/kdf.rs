//! Key derivation (ICAO Doc 9303-11 clause 9.7.1, BSI TR-03110-3 clause A.2.3).

use zeroize::Zeroizing;

use super::{Cipher, Hash};

/// What a derived key is for; the number is the KDF's counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum KeyPurpose {
    /// Encryption, `KS_Enc`.
    Enc = 1,
    /// Message authentication, `KS_MAC`.
    Mac = 2,
    /// From a password, `K_π`.
    Password = 3,
}

/// The key of `cipher`'s length that follows from a shared secret or a password's bytes. 3DES keys
/// are two-key and have their parity bits set.
pub fn derive_key(secret: &[u8], purpose: KeyPurpose, cipher: Cipher) -> Zeroizing<Vec<u8>> {
    let hash = match cipher {
        Cipher::TripleDes | Cipher::Aes128 => Hash::Sha1,
        Cipher::Aes192 | Cipher::Aes256 => Hash::Sha256,
    };
    let counter = (purpose as u32).to_be_bytes();
    let mut key = Zeroizing::new(hash.digest(&[secret, &counter]));
    key.truncate(cipher.key_len());
    if cipher == Cipher::TripleDes {
        for byte in key.iter_mut() {
            let odd = (*byte >> 1).count_ones() & 1 == 0;
            *byte = *byte & 0xFE | u8::from(odd);
        }
    }
    key
}
