//! The pseudo-random number mapping of PACE-IM (ICAO Doc 9303-11 clause 4.4.3.3.2, figure 2).

use zeroize::Zeroizing;

use crate::crypto::{BlockKey, Cipher};

const C0_128: [u8; 16] = [
    0xA6, 0x68, 0x89, 0x2A, 0x7C, 0x41, 0xE3, 0xCA, 0x73, 0x9F, 0x40, 0xB0, 0x57, 0xD8, 0x59, 0x04,
];
const C1_128: [u8; 16] = [
    0xA4, 0xE1, 0x36, 0xAC, 0x72, 0x5F, 0x73, 0x8B, 0x01, 0xC1, 0xF6, 0x02, 0x17, 0xC1, 0x88, 0xAD,
];
const C0_256: [u8; 32] = [
    0xD4, 0x63, 0xD6, 0x52, 0x34, 0x12, 0x4E, 0xF7, 0x89, 0x70, 0x54, 0x98, 0x6D, 0xCA, 0x0A, 0x17,
    0x4E, 0x28, 0xDF, 0x75, 0x8C, 0xBA, 0xA0, 0x3F, 0x24, 0x06, 0x16, 0x41, 0x4D, 0x5A, 0x16, 0x76,
];
const C1_256: [u8; 32] = [
    0x54, 0xBD, 0x72, 0x55, 0xF0, 0xAA, 0xF8, 0x31, 0xBE, 0xC3, 0x42, 0x3F, 0xCF, 0x39, 0xD6, 0x9B,
    0x6C, 0xBF, 0x06, 0x66, 0x77, 0xD0, 0xFA, 0xAE, 0x5A, 0xAD, 0xD9, 0x9D, 0xF8, 0xE5, 0x35, 0x17,
];

/// `R(s, t)`, not reduced yet: at least 64 bits longer than the prime of `bits` bits. `None` where
/// `t` is no key of the cipher.
pub(super) fn pseudo_random(
    cipher: Cipher,
    s: &[u8],
    t: &[u8],
    bits: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    let (c0, c1) = match s.len() {
        16 => (&C0_128[..], &C1_128[..]),
        _ => (&C0_256[..], &C1_256[..]),
    };
    let encrypt = |key: &[u8], data: &[u8]| {
        let key = BlockKey::new(cipher, key)?;
        let mut data = Zeroizing::new(data.to_vec());
        key.encrypt_cbc(&[0; 16][..cipher.block_len()], &mut data);
        Some(data)
    };
    // Only AES-192 has keys shorter than the nonce.
    let cut = |mut key: Zeroizing<Vec<u8>>| {
        key.truncate(cipher.key_len());
        key
    };
    let mut key = cut(encrypt(t, s)?);
    let mut number = Zeroizing::new(Vec::with_capacity(bits / 8 + 8 + c1.len()));
    while number.len() * 8 < bits + 64 {
        number.extend_from_slice(&encrypt(&key, c1)?);
        key = cut(encrypt(&key, c0)?);
    }
    Some(number)
}
