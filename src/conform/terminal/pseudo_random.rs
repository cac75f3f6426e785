//! The terminal's pseudo-random number mapping of PACE-IM (ICAO Doc 9303-11 clause 4.4.3.3.2).

use crate::crypto::{BlockKey, Cipher};

/// The constants `c0` and `c1`, for keys of up to 128 bits and for longer ones.
const CONSTANTS: [[&str; 2]; 2] = [
    ["a668892a7c41e3ca739f40b057d85904", "a4e136ac725f738b01c1f60217c188ad"],
    [
        "d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676",
        "54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517",
    ],
];

/// `R(s, t)`, 64 bits longer than a prime of so many bits; `None` for a key `t` of another length
/// than the cipher's.
pub(super) fn pseudo_random(cipher: Cipher, s: &[u8], t: &[u8], bits: usize) -> Option<Vec<u8>> {
    let [c0, c1] = CONSTANTS[usize::from(s.len() > 16)].map(|c| hex::decode(c).unwrap_or_default());
    let encrypt = |key: &[u8], data: &[u8]| {
        let mut out = data.to_vec();
        let zero = vec![0; cipher.block_len()];
        BlockKey::new(cipher, key.get(..cipher.key_len())?)?.encrypt_cbc(&zero, &mut out);
        Some(out)
    };
    let mut key = encrypt(t, s)?;
    let mut number = Vec::new();
    while 8 * number.len() < bits + 64 {
        number.extend(encrypt(&key, &c1)?);
        key = encrypt(&key, &c0)?;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    // ICAO Doc 9303-11 appendix H.1.
    #[test]
    fn the_worked_example_of_the_standard() {
        let hex = |text: &str| hex::decode(text).unwrap();
        let s = hex("2923BE84E16CD6AE529049F1F1BBE9EB");
        let t = hex("5DD4CBFC96F5453B130D890A1CDBAE32");
        let number = pseudo_random(Cipher::Aes128, &s, &t, 256).unwrap();
        assert!(number.len() * 8 >= 320);
        let expected = "E4447E2DFB3586BAC05DDB00156B57FBB2179A3949294C97";
        assert!(hex::encode_upper(&number).starts_with(expected), "{}", hex::encode_upper(&number));
    }
}
