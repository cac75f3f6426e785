//! Encoded messages of RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 clause 9), for any hash function.

use subtle::ConstantTimeEq;

use super::{NULL, OBJECT_IDENTIFIER, OCTET_STRING, RsaError, SEQUENCE};
use crate::crypto::Hash;
use crate::tlv::Writer;

fn check_digest(hash: Hash, digest: &[u8]) -> Result<(), RsaError> {
    let (expected, got) = (hash.len(), digest.len());
    if expected == got { Ok(()) } else { Err(RsaError::DigestLength { expected, got }) }
}

/// `00 01 FF.. 00 || DigestInfo`, `len` bytes (clause 9.2).
pub(super) fn pkcs1(hash: Hash, digest: &[u8], len: usize) -> Result<Vec<u8>, RsaError> {
    check_digest(hash, digest)?;
    pkcs1_with(&digest_info(hash, digest, true), len)
}

/// Whether `message` is the encoding of the digest. The parameters of the hash function may be
/// NULL or absent (clause 9.2, note 1; RFC 8017 appendix B.1).
pub(super) fn is_pkcs1(message: &[u8], hash: Hash, digest: &[u8]) -> Result<bool, RsaError> {
    check_digest(hash, digest)?;
    Ok([true, false].into_iter().any(|null| {
        pkcs1_with(&digest_info(hash, digest, null), message.len()).is_ok_and(|em| em == message)
    }))
}

fn pkcs1_with(info: &[u8], len: usize) -> Result<Vec<u8>, RsaError> {
    let needed = info.len() + 11;
    if len < needed {
        return Err(RsaError::TooShort { needed, got: len });
    }
    let mut em = vec![0xFF; len - info.len()];
    em[..2].copy_from_slice(&[0x00, 0x01]);
    if let Some(last) = em.last_mut() {
        *last = 0x00;
    }
    em.extend_from_slice(info);
    Ok(em)
}

fn digest_info(hash: Hash, digest: &[u8], null: bool) -> Vec<u8> {
    // RFC 8017 appendix B.1: the arcs end in the number of the hash function.
    let oid: &[u8] = match hash {
        Hash::Sha1 => &[0x2B, 0x0E, 0x03, 0x02, 0x1A],
        Hash::Sha224 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04],
        Hash::Sha256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
        Hash::Sha384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
        Hash::Sha512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
    };
    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        w.constructed(SEQUENCE, |w| {
            w.primitive(OBJECT_IDENTIFIER, oid);
            if null {
                w.primitive(NULL, &[]);
            }
        });
        w.primitive(OCTET_STRING, digest);
    });
    w.finish()
}

/// EMSA-PSS with MGF1 (clause 9.1), for encoded messages of `em_bits` bits.
pub(super) struct Pss {
    pub(super) hash: Hash,
    pub(super) mgf_hash: Hash,
    pub(super) em_bits: usize,
}

impl Pss {
    const TRAILER: u8 = 0xBC;

    const fn em_len(&self) -> usize {
        self.em_bits.div_ceil(8)
    }

    // Keeps of the first byte those bits that the encoded message has.
    const fn top_mask(&self) -> u8 {
        0xFF >> (8 * self.em_len() - self.em_bits)
    }

    /// The encoded message with this salt.
    pub(super) fn encode(&self, salt: &[u8], digest: &[u8]) -> Result<Vec<u8>, RsaError> {
        check_digest(self.hash, digest)?;
        let (got, needed) = (self.em_len(), self.hash.len() + salt.len() + 2);
        if got < needed {
            return Err(RsaError::TooShort { needed, got });
        }
        let h = self.hash.digest(&[&[0; 8], digest, salt]);
        let mut em = vec![0; got - self.hash.len() - 2 - salt.len()];
        em.push(0x01);
        em.extend_from_slice(salt);
        mask(self.mgf_hash, &h, &mut em);
        if let Some(first) = em.first_mut() {
            *first &= self.top_mask();
        }
        em.extend_from_slice(&h);
        em.push(Self::TRAILER);
        Ok(em)
    }

    /// Whether `message`, as long as the modulus, encodes the digest with a salt of this length.
    pub(super) fn is_of(
        &self,
        message: &[u8],
        salt_len: usize,
        digest: &[u8],
    ) -> Result<bool, RsaError> {
        check_digest(self.hash, digest)?;
        let len = self.em_len();
        let needed = self.hash.len().saturating_add(salt_len).saturating_add(2);
        if len < needed || message.len() < len {
            return Ok(false);
        }
        // A modulus of 8n + 1 bits leaves one byte before the encoded message.
        let (before, em) = message.split_at(message.len() - len);
        let Some((&Self::TRAILER, em)) = em.split_last() else { return Ok(false) };
        let (masked, h) = em.split_at(em.len() - self.hash.len());
        let mut db = masked.to_vec();
        let Some(first) = masked.first() else { return Ok(false) };
        if before.iter().any(|b| *b != 0) || first & !self.top_mask() != 0 {
            return Ok(false);
        }
        mask(self.mgf_hash, h, &mut db);
        db[0] &= self.top_mask();
        let (padding, salt) = db.split_at(db.len() - salt_len);
        let Some((0x01, zeros)) = padding.split_last() else { return Ok(false) };
        let expected = self.hash.digest(&[&[0; 8], digest, salt]);
        Ok(zeros.iter().all(|b| *b == 0) && bool::from(expected.ct_eq(h)))
    }
}

// Adds MGF1(seed) to `out` (appendix B.2.1).
fn mask(hash: Hash, seed: &[u8], out: &mut [u8]) {
    for (counter, block) in (0_u32..).zip(out.chunks_mut(hash.len())) {
        let stream = hash.digest(&[seed, &counter.to_be_bytes()]);
        for (byte, with) in block.iter_mut().zip(stream) {
            *byte ^= with;
        }
    }
}
