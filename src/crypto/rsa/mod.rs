//! RSA: keys, and the signatures that cards, certificates and terminals carry (RFC 8017, ISO/IEC
//! 9796-2).
//!
//! A public key is checked when it is made: 1,024 to 8,192 bits, an odd exponent of 3 or more. The
//! raw operation comes from the `rsa` crate, the encodings are here because a verifier has to take
//! every pair of hash functions that a certificate may name.

mod emsa;
mod error;
pub mod iso9796;
mod private;

pub use error::RsaError;
pub use private::RsaPrivateKey;

use const_oid::ObjectIdentifier;
use rsa::{BoxedUint, hazmat};

use super::Hash;
use crate::tlv::{self, Reader, Tag, Writer};

const SEQUENCE: Tag = Tag::new(0x30);
const INTEGER: Tag = Tag::new(0x02);
const BIT_STRING: Tag = Tag::new(0x03);
const OCTET_STRING: Tag = Tag::new(0x04);
const NULL: Tag = Tag::new(0x05);
const OBJECT_IDENTIFIER: Tag = Tag::new(0x06);

/// rsaEncryption (RFC 8017 appendix A.1).
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The largest exponent that is read, in bits (FIPS 186-5 clause 5.1): what it costs to use a key
/// is bounded by it.
const MAX_EXPONENT_BITS: usize = 256;

/// A public key, checked when it was made.
#[derive(Clone)]
pub struct RsaPublicKey {
    inner: rsa::RsaPublicKey,
    n: Vec<u8>,
    e: Vec<u8>,
}

impl RsaPublicKey {
    /// The shortest modulus that is used, in bits: cards of 2006 have it.
    pub const MIN_BITS: usize = 1024;
    /// The longest modulus that is used, in bits.
    pub const MAX_BITS: usize = 8192;

    /// From the big-endian numbers; leading zeros pass.
    ///
    /// # Errors
    /// [`RsaError::ModulusSize`], [`RsaError::EvenModulus`], [`RsaError::Exponent`].
    pub fn from_components(n: &[u8], e: &[u8]) -> Result<Self, RsaError> {
        let (n, e) = (minimal(n), minimal(e));
        let bits = bit_len(n);
        if !(Self::MIN_BITS..=Self::MAX_BITS).contains(&bits) {
            return Err(RsaError::ModulusSize { got: bits });
        }
        if n.last().is_none_or(|b| b & 1 == 0) {
            return Err(RsaError::EvenModulus);
        }
        match e {
            [] | [1] => return Err(RsaError::Exponent { why: "it is below 3" }),
            [.., last] if last & 1 == 0 => return Err(RsaError::Exponent { why: "it is even" }),
            _ if bit_len(e) > MAX_EXPONENT_BITS => {
                return Err(RsaError::Exponent { why: "it has more than 256 bits" });
            }
            _ => {}
        }
        let inner = rsa::RsaPublicKey::new_unchecked(number(n, bits)?, number(e, bit_len(e))?);
        Ok(Self { inner, n: n.to_vec(), e: e.to_vec() })
    }

    /// From `RSAPublicKey ::= SEQUENCE { n, e }` (RFC 8017 appendix A.1.1).
    ///
    /// # Errors
    /// [`RsaError::Structure`], and those of [`RsaPublicKey::from_components`].
    pub fn from_pkcs1_der(der: &[u8]) -> Result<Self, RsaError> {
        let mut numbers = tlv::parse_one(der, SEQUENCE)?.children()?;
        let (n, e) = (numbers.expect(INTEGER)?.value, numbers.expect(INTEGER)?.value);
        numbers.end()?;
        Self::from_components(n, e)
    }

    /// From a SubjectPublicKeyInfo with rsaEncryption (RFC 3279 clause 2.3.1).
    ///
    /// # Errors
    /// [`RsaError::Structure`], [`RsaError::UnsupportedKey`] for a key of another algorithm, and
    /// those of [`RsaPublicKey::from_components`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self, RsaError> {
        let mut fields = tlv::parse_one(der, SEQUENCE)?.children()?;
        algorithm(&mut fields)?;
        let bits = fields.expect(BIT_STRING)?.value;
        fields.end()?;
        match bits {
            [0, key @ ..] => Self::from_pkcs1_der(key),
            _ => Err(RsaError::PartialByte),
        }
    }

    /// `RSAPublicKey` in DER.
    pub fn to_pkcs1_der(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(SEQUENCE, |w| {
            write_number(w, &self.n);
            write_number(w, &self.e);
        });
        w.finish()
    }

    /// The SubjectPublicKeyInfo in DER, with rsaEncryption.
    pub fn to_spki_der(&self) -> Vec<u8> {
        let mut bits = vec![0];
        bits.extend_from_slice(&self.to_pkcs1_der());
        let mut w = Writer::new();
        w.constructed(SEQUENCE, |w| {
            write_algorithm(w);
            w.primitive(BIT_STRING, &bits);
        });
        w.finish()
    }

    /// Bits of the modulus.
    pub fn bits(&self) -> usize {
        bit_len(&self.n)
    }

    /// Bytes of the modulus, and of a signature.
    pub const fn signature_len(&self) -> usize {
        self.n.len()
    }

    /// The modulus, big-endian without leading zeros.
    pub fn modulus(&self) -> &[u8] {
        &self.n
    }

    /// The exponent, big-endian without leading zeros.
    pub fn exponent(&self) -> &[u8] {
        &self.e
    }

    /// The raw public operation, `sig^e mod n`, as long as the modulus (RSAVP1, RFC 8017 clause
    /// 5.2.2).
    ///
    /// # Errors
    /// [`RsaError::SignatureLength`], [`RsaError::NotBelowModulus`].
    pub fn recover(&self, sig: &[u8]) -> Result<Vec<u8>, RsaError> {
        let expected = self.signature_len();
        if sig.len() != expected {
            return Err(RsaError::SignatureLength { expected, got: sig.len() });
        }
        // Both are as long, so their bytes compare as their numbers do.
        if sig >= self.n.as_slice() {
            return Err(RsaError::NotBelowModulus);
        }
        let message = hazmat::rsa_encrypt(&self.inner, &number(sig, self.bits())?)
            .map_err(|_| RsaError::BadSignature)?;
        Ok(padded(&message, expected))
    }

    /// Checks a signature RSASSA-PKCS1-v1_5 over a digest (RFC 8017 clause 8.2.2).
    ///
    /// # Errors
    /// [`RsaError::DigestLength`], [`RsaError::BadSignature`].
    pub fn verify_pkcs1(&self, hash: Hash, digest: &[u8], sig: &[u8]) -> Result<(), RsaError> {
        let message = self.recover(sig).map_err(|_| RsaError::BadSignature)?;
        if emsa::is_pkcs1(&message, hash, digest)? { Ok(()) } else { Err(RsaError::BadSignature) }
    }

    /// Checks a signature RSASSA-PSS over a digest, with the hash function of the mask (MGF1) and
    /// the bytes of salt that the algorithm names (RFC 8017 clause 8.1.2).
    ///
    /// # Errors
    /// [`RsaError::DigestLength`], [`RsaError::BadSignature`].
    pub fn verify_pss(
        &self,
        hash: Hash,
        mgf_hash: Hash,
        salt_len: usize,
        digest: &[u8],
        sig: &[u8],
    ) -> Result<(), RsaError> {
        let message = self.recover(sig).map_err(|_| RsaError::BadSignature)?;
        let scheme = emsa::Pss { hash, mgf_hash, em_bits: self.bits() - 1 };
        if scheme.is_of(&message, salt_len, digest)? { Ok(()) } else { Err(RsaError::BadSignature) }
    }

    /// Opens a signature of ISO/IEC 9796-2 scheme 1 over `M1 || m2`, of which it holds `M1`, and
    /// says with which hash function it was made. Both ways of signing that ICAO Doc 9303-11 clause
    /// 6.1.2.2 names pass: `s` (ISO/IEC 9796-2 clause B.6) and the smaller of `s` and `n - s`
    /// (clause B.4). Zeros that a card leaves out before `s`, or adds, change nothing.
    ///
    /// # Errors
    /// [`RsaError::SignatureLength`], [`RsaError::NotBelowModulus`], [`RsaError::Iso9796`] where
    /// what it holds is no such message, [`RsaError::UnknownHash`], [`RsaError::BadSignature`] where
    /// it is one of another.
    pub fn verify_iso9796(&self, m2: &[u8], sig: &[u8]) -> Result<Hash, RsaError> {
        let expected = self.signature_len();
        let digits = minimal(sig);
        if digits.len() > expected || sig.is_empty() {
            return Err(RsaError::SignatureLength { expected, got: sig.len() });
        }
        let mut full = vec![0; expected - digits.len()];
        full.extend_from_slice(digits);
        let recovered = self.recover(&full)?;
        // A message ends in the nibble C, of the two numbers at most one does: the modulus is odd.
        let message = match recovered.last() {
            Some(last) if last & 0x0F == 0x0C => recovered,
            _ => self.below_modulus(&recovered),
        };
        let message = iso9796::Message::decode(&message)?;
        if message.is_of(m2) { Ok(message.hash) } else { Err(RsaError::BadSignature) }
    }

    // n - x, for an x below n of the same number of bytes.
    fn below_modulus(&self, x: &[u8]) -> Vec<u8> {
        let mut out = self.n.clone();
        let mut borrow = false;
        for (a, b) in out.iter_mut().zip(x).rev() {
            let (first, under) = a.overflowing_sub(*b);
            let (second, again) = first.overflowing_sub(u8::from(borrow));
            (*a, borrow) = (second, under || again);
        }
        out
    }
}

impl PartialEq for RsaPublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.n == other.n && self.e == other.e
    }
}

impl Eq for RsaPublicKey {}

impl std::fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RsaPublicKey({} bits, e {})", self.bits(), hex::encode(&self.e))
    }
}

// Reads an AlgorithmIdentifier that has to be rsaEncryption with NULL, or nothing, behind it.
fn algorithm(fields: &mut Reader<'_>) -> Result<(), RsaError> {
    let mut parts = fields.expect(SEQUENCE)?.children()?;
    let oid = parts.expect(OBJECT_IDENTIFIER)?.value;
    match ObjectIdentifier::from_bytes(oid) {
        Ok(RSA_ENCRYPTION) => {}
        Ok(oid) => return Err(RsaError::UnsupportedKey { oid: oid.to_string() }),
        Err(_) => return Err(RsaError::UnsupportedKey { oid: hex::encode(oid) }),
    }
    if let Some(null) = parts.next() {
        null?.expect(NULL)?;
    }
    parts.end()?;
    Ok(())
}

fn write_algorithm(w: &mut Writer) {
    w.constructed(SEQUENCE, |w| {
        w.primitive(OBJECT_IDENTIFIER, RSA_ENCRYPTION.as_bytes());
        w.primitive(NULL, &[]);
    });
}

// A positive INTEGER of a number without leading zeros.
fn write_number(w: &mut Writer, digits: &[u8]) {
    match digits.first() {
        Some(first) if first & 0x80 == 0 => w.primitive(INTEGER, digits),
        _ => {
            let mut bytes = vec![0];
            bytes.extend_from_slice(digits);
            w.primitive(INTEGER, &bytes)
        }
    };
}

fn minimal(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|&b| b != 0).unwrap_or(number.len());
    &number[start..]
}

fn bit_len(digits: &[u8]) -> usize {
    digits.first().map_or(0, |first| digits.len() * 8 - first.leading_zeros() as usize)
}

// The crate's number; it has to fit into that many bits.
fn number(digits: &[u8], bits: usize) -> Result<BoxedUint, RsaError> {
    let bits = u32::try_from(bits).map_err(|_| RsaError::NotBelowModulus)?;
    BoxedUint::from_be_slice(digits, bits).map_err(|_| RsaError::NotBelowModulus)
}

// The number in that many bytes; it has to be below the modulus, which has as many.
fn padded(number: &BoxedUint, len: usize) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let digits = minimal(&bytes);
    let mut out = vec![0; len.saturating_sub(digits.len())];
    out.extend_from_slice(digits);
    out
}

#[cfg(test)]
mod tests;
