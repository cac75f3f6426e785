//! Messages of ISO/IEC 9796-2 digital signature scheme 1 with partial recovery, as a card's Active
//! Authentication signs them (ICAO Doc 9303-11 clause 6.1.2.2 and appendix F).
//!
//! `F = 6A || M1 || H(M1 || M2) || T`: the signature holds `M1`, the verifier knows `M2`.

use subtle::ConstantTimeEq;

use super::RsaError;
use crate::crypto::Hash;

/// Header nibble 6 (partial recovery), and A at the border of the message.
const HEADER: u8 = 0x6A;

/// What a signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The hash function that the trailer names.
    pub hash: Hash,
    /// The recoverable part, chosen by the signer.
    pub m1: Vec<u8>,
    /// The hash over both parts.
    pub digest: Vec<u8>,
}

impl Message {
    /// Of both parts.
    pub fn new(hash: Hash, m1: &[u8], m2: &[u8]) -> Self {
        Self { hash, m1: m1.to_vec(), digest: hash.digest(&[m1, m2]) }
    }

    /// Reads `F`; zeros before the header pass, as do the padding nibbles B behind it.
    ///
    /// # Errors
    /// [`RsaError::Iso9796`], [`RsaError::UnknownHash`].
    pub fn decode(f: &[u8]) -> Result<Self, RsaError> {
        let f = super::minimal(f);
        let start = match f {
            [HEADER, ..] => 1,
            [0x6B, behind @ ..] => {
                let padding = behind.iter().take_while(|b| **b == 0xBB).count();
                match behind.get(padding) {
                    Some(0xBA) => padding + 2,
                    _ => return Err(wrong("the padding does not end in A")),
                }
            }
            [first, ..] => {
                return Err(wrong(format!("a header of 6A expected, {first:02X} came")));
            }
            [] => return Err(wrong("it is empty")),
        };
        let (hash, body) = split_trailer(&f[start..])?;
        let Some(m1_len) = body.len().checked_sub(hash.len()) else {
            return Err(wrong(format!("no room for a digest of {} bytes", hash.len())));
        };
        let (m1, digest) = body.split_at(m1_len);
        Ok(Self { hash, m1: m1.to_vec(), digest: digest.to_vec() })
    }

    /// `F` without padding: `M1` has to be as long as [`capacity`] says.
    pub fn encode(&self) -> Vec<u8> {
        let mut f = vec![HEADER];
        f.extend_from_slice(&self.m1);
        f.extend_from_slice(&self.digest);
        f.extend_from_slice(trailer(self.hash));
        f
    }

    /// Whether the hash is that over the recovered part and this other part.
    pub fn is_of(&self, m2: &[u8]) -> bool {
        self.hash.digest(&[&self.m1, m2]).ct_eq(&self.digest).into()
    }
}

/// Bytes of `M1` under a modulus of `len` bytes, the first of which is not zero.
///
/// # Errors
/// [`RsaError::TooShort`].
pub fn capacity(hash: Hash, len: usize) -> Result<usize, RsaError> {
    let needed = 1 + hash.len() + trailer(hash).len();
    len.checked_sub(needed).ok_or(RsaError::TooShort { needed, got: len })
}

// SHA-1 takes the short trailer, all others name themselves.
const fn trailer(hash: Hash) -> &'static [u8] {
    match hash {
        Hash::Sha1 => &[0xBC],
        Hash::Sha224 => &[0x38, 0xCC],
        Hash::Sha256 => &[0x34, 0xCC],
        Hash::Sha384 => &[0x36, 0xCC],
        Hash::Sha512 => &[0x35, 0xCC],
    }
}

fn split_trailer(f: &[u8]) -> Result<(Hash, &[u8]), RsaError> {
    match f {
        [rest @ .., 0xBC] => Ok((Hash::Sha1, rest)),
        [rest @ .., id, 0xCC] => {
            let hash = match id {
                // The long trailer of SHA-1 (ISO/IEC 10118-3), which ICAO does not use.
                0x33 => Hash::Sha1,
                0x34 => Hash::Sha256,
                0x35 => Hash::Sha512,
                0x36 => Hash::Sha384,
                0x38 => Hash::Sha224,
                _ => return Err(RsaError::UnknownHash { id: *id }),
            };
            Ok((hash, rest))
        }
        [.., last] => Err(wrong(format!("a trailer BC or CC expected, {last:02X} came"))),
        [] => Err(wrong("there is no trailer")),
    }
}

fn wrong(why: impl Into<String>) -> RsaError {
    RsaError::Iso9796 { why: why.into() }
}
