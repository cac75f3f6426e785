//! What keeps personal data out of the database: sealed columns and keyed hashes.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use hmac::{Hmac, Mac};
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::RegistryError;
use crate::crypto::Hash;

/// The keys of a register. Neither is in the database.
#[derive(Clone)]
pub struct RegistryKeys {
    /// Seals personal data: AES-256-GCM (NIST SP 800-38D). Random nonces of 96 bits, so it should
    /// be changed before 2^32 values were sealed.
    pub seal: Zeroizing<[u8; 32]>,
    /// Makes persons and cards unknown: HMAC-SHA-256 (RFC 2104). It cannot be changed, since nobody
    /// would be found again.
    pub names: Zeroizing<[u8; 32]>,
}

impl RegistryKeys {
    /// Fresh keys.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut keys = Self { seal: Zeroizing::new([0; 32]), names: Zeroizing::new([0; 32]) };
        rng.fill_bytes(&mut *keys.seal);
        rng.fill_bytes(&mut *keys.names);
        keys
    }
}

impl std::fmt::Debug for RegistryKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistryKeys").finish_non_exhaustive()
    }
}

/// How a sealed value begins; then the key's identifier, the nonce, and what GCM made.
const VERSION: u8 = 1;
const HEAD: usize = 1 + 4;
const NONCE: usize = 12;

/// Where a sealed value stands. Part of what is authenticated, so that no value passes for that
/// of another row, column or table.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The table.
    pub(super) table: &'static str,
    /// The column.
    pub(super) column: &'static str,
    /// The row's primary key.
    pub(super) row: &'a [u8],
}

impl Place<'_> {
    fn aad(&self) -> Vec<u8> {
        let mut aad = b"iccard registry v1".to_vec();
        for part in [self.table.as_bytes(), self.column.as_bytes(), self.row] {
            aad.extend_from_slice(&(part.len() as u64).to_be_bytes());
            aad.extend_from_slice(part);
        }
        aad
    }
}

/// Seals, opens, and makes names.
pub(super) struct Vault {
    keys: RegistryKeys,
    /// Keys that were used before: they open, and seal nothing.
    retired: Vec<Zeroizing<[u8; 32]>>,
}

impl Vault {
    pub(super) fn new(keys: &RegistryKeys) -> Self {
        Self { keys: keys.clone(), retired: Vec::new() }
    }

    pub(super) fn retire(&mut self, key: Zeroizing<[u8; 32]>) {
        self.retired.push(key);
    }

    /// HMAC-SHA-256 under the key of names; `kind` keeps persons and cards apart.
    pub(super) fn name(&self, kind: &str, of: &[u8]) -> [u8; 32] {
        let mut mac = hmac(&self.keys.names);
        mac.update(&(kind.len() as u64).to_be_bytes());
        mac.update(kind.as_bytes());
        mac.update(of);
        let mut out = [0; 32];
        out.copy_from_slice(&mac.finalize().into_bytes());
        out
    }

    pub(super) fn seal(
        &self,
        place: Place<'_>,
        plain: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, RegistryError> {
        let fault = |_| RegistryError::Sealed { step: "sealing" };
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let cipher = Aes256Gcm::new(&(*self.keys.seal).into());
        let payload = Payload { msg: plain, aad: &place.aad() };
        let sealed = cipher.encrypt(&nonce.into(), payload).map_err(fault)?;
        let mut out = Vec::with_capacity(HEAD + NONCE + sealed.len());
        out.push(VERSION);
        out.extend_from_slice(&key_id(&self.keys.seal));
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    pub(super) fn open(
        &self,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, RegistryError> {
        let fault = || RegistryError::Sealed { step: place.table };
        let (head, rest) = sealed.split_at_checked(HEAD).ok_or_else(fault)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or_else(fault)?;
        let key = std::iter::once(&self.keys.seal)
            .chain(&self.retired)
            .find(|key| head.first() == Some(&VERSION) && head.get(1..) == Some(&key_id(key)))
            .ok_or_else(fault)?;
        let cipher = Aes256Gcm::new(&(**key).into());
        let payload = Payload { msg: rest, aad: &place.aad() };
        let plain = cipher.decrypt(&(*nonce).into(), payload).map_err(|_| fault())?;
        Ok(Zeroizing::new(plain))
    }
}

/// An HMAC takes a key of any length.
fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = digest::Key::<Hmac<Sha256>>::default();
    block[..32].copy_from_slice(key);
    Hmac::new(&block)
}

/// By which a sealed value names its key, and says nothing about it.
fn key_id(key: &[u8; 32]) -> [u8; 4] {
    let hash = Hash::Sha256.digest(&[b"iccard registry key v1", key]);
    let mut id = [0; 4];
    id.copy_from_slice(&hash[..4]);
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededRng;

    fn keys(byte: u8) -> RegistryKeys {
        RegistryKeys { seal: Zeroizing::new([byte; 32]), names: Zeroizing::new([9; 32]) }
    }

    #[test]
    fn a_sealed_value_opens_at_its_place_under_its_key_and_nowhere_else() {
        let mut rng = SeededRng::new(b"1", "seal");
        let vault = Vault::new(&keys(1));
        let here = Place { table: "grants", column: "subject", row: b"a" };
        let sealed = vault.seal(here, b"HONG", &mut rng).unwrap();
        assert_eq!(&**vault.open(here, &sealed).unwrap(), b"HONG");
        assert_ne!(vault.seal(here, b"HONG", &mut rng).unwrap(), sealed);
        for other in [
            Place { table: "codes", ..here },
            Place { column: "secret", ..here },
            Place { row: b"b", ..here },
            Place { column: "subjec", row: b"ta", ..here },
        ] {
            assert!(vault.open(other, &sealed).is_err());
        }
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(vault.open(here, &bent).is_err(), "byte {at}");
            assert!(vault.open(here, &sealed[..at]).is_err(), "{at} bytes");
        }
        let mut next = Vault::new(&keys(2));
        assert!(matches!(next.open(here, &sealed), Err(RegistryError::Sealed { .. })));
        next.retire(Zeroizing::new([1; 32]));
        assert_eq!(&**next.open(here, &sealed).unwrap(), b"HONG");
        assert!(vault.open(here, &next.seal(here, b"HONG", &mut rng).unwrap()).is_err());
    }

    // Computed with another implementation.
    #[test]
    fn names_are_hmac_sha_256() {
        let vault = Vault::new(&keys(1));
        let expected = "f27dcb283441b30b64f2770d8b35e4d49c79c750fb12b9d860707c2cea233074";
        assert_eq!(hex::encode(vault.name("person", b"P-1")), expected);
        assert_ne!(vault.name("card", b"P-1"), vault.name("person", b"P-1"));
    }
}
