//! A file that only a passphrase opens: Argon2id (RFC 9106) and AES-256-GCM (NIST SP 800-38D).
//!
//! `magic || memory || passes || lanes || salt || nonce || ciphertext and tag`, the numbers four
//! bytes big-endian. What stands before the nonce is authenticated with it.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

const MAGIC: [u8; 8] = *b"ICWALLT1";
const SALT: usize = 16;
const NONCE: usize = 12;
const HEADER: usize = MAGIC.len() + 3 * 4 + SALT;

/// What one guess of a passphrase costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// RFC 9106 clause 4, the second recommended option.
    pub const RECOMMENDED: Self = Self { memory: 1 << 16, passes: 3, lanes: 4 };
    /// Nearly nothing: for tests, whose passphrases are no secret.
    pub const TEST: Self = Self { memory: 64, passes: 1, lanes: 1 };

    // What a hostile file may demand: no more than 1 GiB.
    const fn is_sane(self) -> bool {
        self.lanes >= 1
            && self.lanes <= 16
            && self.memory >= 8 * self.lanes
            && self.memory <= 1 << 20
            && self.passes >= 1
            && self.passes <= 16
    }
}

/// Why a sealed file does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SealError {
    /// It is none.
    Form(&'static str),
    /// Wrong passphrase, or altered.
    Closed,
}

/// The key of one file, made of its passphrase once; sealing again costs nothing more.
pub(super) struct Seal {
    header: [u8; HEADER],
    key: Zeroizing<[u8; 32]>,
}

impl Seal {
    /// For a new file.
    pub(super) fn new(
        passphrase: &str,
        cost: Cost,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, SealError> {
        let mut header = [0; HEADER];
        let (front, salt) = header.split_at_mut(HEADER - SALT);
        let numbers = [cost.memory, cost.passes, cost.lanes].map(u32::to_be_bytes);
        front.copy_from_slice(&[&MAGIC[..], &numbers.concat()].concat());
        rng.fill_bytes(salt);
        let key = derive(passphrase, cost, salt)?;
        Ok(Self { header, key })
    }

    /// Opens a file.
    pub(super) fn open(
        passphrase: &str,
        file: &[u8],
    ) -> Result<(Self, Zeroizing<Vec<u8>>), SealError> {
        let (header, rest) =
            file.split_first_chunk::<HEADER>().ok_or(SealError::Form("it is too short"))?;
        let (nonce, sealed) =
            rest.split_first_chunk::<NONCE>().ok_or(SealError::Form("it is too short"))?;
        let (front, salt) = header.split_at(HEADER - SALT);
        let numbers = front
            .strip_prefix(&MAGIC)
            .ok_or(SealError::Form("it does not begin as one of this version"))?;
        let mut numbers = numbers.as_chunks::<4>().0.iter().map(|n| u32::from_be_bytes(*n));
        let mut number = || numbers.next().unwrap_or_default();
        let cost = Cost { memory: number(), passes: number(), lanes: number() };
        let seal = Self { header: *header, key: derive(passphrase, cost, salt)? };
        let payload = Payload { msg: sealed, aad: header };
        let plain = seal.cipher().decrypt(&Nonce::from(*nonce), payload);
        let plain = plain.map_err(|_| SealError::Closed)?;
        Ok((seal, Zeroizing::new(plain)))
    }

    /// The file with that content. The nonce is random: a wallet is written a few thousand times in
    /// its life, far from 2^32 (NIST SP 800-38D clause 8.3).
    pub(super) fn seal(&self, plain: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let payload = Payload { msg: plain, aad: &self.header };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| SealError::Form("it is too large"))?;
        Ok([&self.header[..], &nonce, &sealed].concat())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&Key::<Aes256Gcm>::from(*self.key))
    }
}

fn derive(passphrase: &str, cost: Cost, salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, SealError> {
    let form = SealError::Form("its cost is out of bounds");
    if !cost.is_sane() {
        return Err(form);
    }
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(32));
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.map_err(|_| form)?);
    let mut key = Zeroizing::new([0; 32]);
    argon.hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice()).map_err(|_| form)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededRng;

    #[test]
    fn only_the_passphrase_opens_it_and_no_byte_may_change() {
        let mut rng = SeededRng::new(b"seal", "file");
        let seal = Seal::new("correct horse", Cost::TEST, &mut rng).unwrap();
        let file = seal.seal(b"keys", &mut rng).unwrap();
        assert!(!file.windows(4).any(|w| w == b"keys"));
        let (again, plain) = Seal::open("correct horse", &file).unwrap();
        assert_eq!(plain.as_slice(), b"keys");
        // Another nonce each time, and the derived key goes on.
        let second = again.seal(b"keys", &mut rng).unwrap();
        assert_ne!(second[HEADER..], file[HEADER..]);
        assert_eq!(Seal::open("correct horse", &second).unwrap().1.as_slice(), b"keys");
        let closed = |passphrase: &str, file: &[u8]| Seal::open(passphrase, file).err();
        assert_eq!(closed("wrong horse", &file), Some(SealError::Closed));
        for i in 0..file.len() {
            let mut altered = file.clone();
            // The high bit of a cost would only ask for gigabytes.
            altered[i] ^= if (8..20).contains(&i) { 0x80 } else { 1 };
            assert!(closed("correct horse", &altered).is_some(), "byte {i}");
            assert!(closed("correct horse", &file[..i]).is_some(), "{i} bytes");
        }
    }

    // RFC 9106 clause 5.3 has a secret and associated data, which this file has not: what the
    // parameters mean is shown by the Argon2 reference program.
    // echo -n password | argon2 somesaltsomesalt -id -v 13 -t 2 -m 6 -p 1 -l 32 -r
    #[test]
    fn the_key_is_that_of_argon2id() {
        let cost = Cost { memory: 64, passes: 2, lanes: 1 };
        let key = derive("password", cost, b"somesaltsomesalt").unwrap();
        assert_eq!(
            hex::encode(*key),
            "1a98fba8e6394425c9bdc333a9c750aaf811df070f5fb4a5788e1cf4db5793a1"
        );
    }
}
