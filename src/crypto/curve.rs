//! Elliptic curves, keys on them, and what is done with those keys
//! (BSI TR-03111, FIPS 186-5, ICAO Doc 9303-11 clause 9.5).

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::ec::{self, Ops};

/// A named curve. All of them have cofactor 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Curve {
    /// NIST P-256, secp256r1 (FIPS 186-5), standardised domain parameters 12.
    P256,
    /// brainpoolP256r1 (RFC 5639), standardised domain parameters 13.
    BrainpoolP256r1,
}

/// Why a key, a point or a signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CurveError {
    /// Bytes that are no uncompressed point of the curve (SEC 1 clause 2.3.4).
    #[error("no point of {curve}: {expected} bytes 04 || x || y on the curve expected, {got} came")]
    BadPoint {
        /// The curve.
        curve: Curve,
        /// Bytes of an uncompressed point.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// A result at infinity, which no honest partner causes.
    #[error("the point at infinity of {curve}")]
    Infinity {
        /// The curve.
        curve: Curve,
    },
    /// Keys of two curves.
    #[error("a key on {expected} expected, one on {got} came")]
    CurveMismatch {
        /// The curve of our key.
        expected: Curve,
        /// The curve of theirs.
        got: Curve,
    },
    /// Bytes that are no private key: zero, not below the order, or of another length.
    #[error("no private key of {curve}")]
    BadSecret {
        /// The curve.
        curve: Curve,
    },
    /// A signature that is not one of this key over this digest.
    #[error("the {curve} signature does not verify")]
    BadSignature {
        /// The curve.
        curve: Curve,
    },
}

impl Curve {
    /// Every curve there is.
    pub const ALL: [Self; 2] = [Self::P256, Self::BrainpoolP256r1];

    /// Bytes of a coordinate, a private key and half a signature.
    pub const fn field_len(self) -> usize {
        match self {
            Self::P256 | Self::BrainpoolP256r1 => 32,
        }
    }

    /// The number of the standardised domain parameters (ICAO Doc 9303-11 table 6, BSI TR-03110-3
    /// table 4).
    pub const fn parameter_id(self) -> u32 {
        match self {
            Self::P256 => 12,
            Self::BrainpoolP256r1 => 13,
        }
    }

    /// The curve of these standardised domain parameters.
    pub fn from_parameter_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.parameter_id() == id)
    }

    /// The generic mapping (ICAO Doc 9303-11 clause 4.4.3.3.1): the generator `s·G + H`.
    ///
    /// # Errors
    /// [`CurveError::Infinity`], [`CurveError::CurveMismatch`].
    pub fn map_generic(self, s: &[u8], h: &PublicKey) -> Result<PublicKey, CurveError> {
        h.on(self)?;
        let mapped =
            self.ops().mul_base_add(s, &h.sec1).ok_or(CurveError::Infinity { curve: self })?;
        Ok(PublicKey { curve: self, sec1: mapped })
    }

    fn ops(self) -> &'static dyn Ops {
        match self {
            Self::P256 => &ec::P256,
            Self::BrainpoolP256r1 => &ec::BRAINPOOL_P256R1,
        }
    }
}

impl std::fmt::Display for Curve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::P256 => "P-256",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
        })
    }
}

/// A point of a curve other than infinity, checked when it was made.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey {
    curve: Curve,
    sec1: Vec<u8>,
}

impl PublicKey {
    /// Reads an uncompressed point, `04 || x || y`.
    ///
    /// # Errors
    /// [`CurveError::BadPoint`] for another length or form, a point off the curve or infinity.
    pub fn from_sec1(curve: Curve, bytes: &[u8]) -> Result<Self, CurveError> {
        let expected = 1 + 2 * curve.field_len();
        if bytes.len() == expected && bytes[0] == 0x04 && curve.ops().is_point(bytes) {
            return Ok(Self { curve, sec1: bytes.to_vec() });
        }
        Err(CurveError::BadPoint { curve, expected, got: bytes.len() })
    }

    /// The curve it lies on.
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// `04 || x || y`.
    pub fn sec1(&self) -> &[u8] {
        &self.sec1
    }

    /// The x-coordinate.
    pub fn x(&self) -> &[u8] {
        &self.sec1[1..=self.curve.field_len()]
    }

    /// The y-coordinate.
    pub fn y(&self) -> &[u8] {
        &self.sec1[1 + self.curve.field_len()..]
    }

    /// Checks an ECDSA signature over a digest of any length (BSI TR-03111 clause 4.2.1).
    ///
    /// # Errors
    /// [`CurveError::BadSignature`].
    pub fn verify_prehash(&self, digest: &[u8], signature: &Signature) -> Result<(), CurveError> {
        let bad = CurveError::BadSignature { curve: self.curve };
        if self.curve.ops().verify(&self.sec1, digest, &signature.0) { Ok(()) } else { Err(bad) }
    }

    fn on(&self, curve: Curve) -> Result<(), CurveError> {
        if self.curve == curve {
            Ok(())
        } else {
            Err(CurveError::CurveMismatch { expected: curve, got: self.curve })
        }
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({}, {})", self.curve, hex::encode(&self.sec1))
    }
}

/// A private key: a number from 1 below the curve's order. Wiped when dropped.
#[derive(Clone)]
pub struct SecretKey {
    curve: Curve,
    bytes: Zeroizing<Vec<u8>>,
}

impl SecretKey {
    /// A fresh key.
    pub fn generate(curve: Curve, rng: &mut dyn CryptoRng) -> Self {
        Self { curve, bytes: curve.ops().random(rng) }
    }

    /// The key with this big-endian number of [`Curve::field_len`] bytes.
    ///
    /// # Errors
    /// [`CurveError::BadSecret`].
    pub fn from_bytes(curve: Curve, bytes: &[u8]) -> Result<Self, CurveError> {
        if !curve.ops().is_secret(bytes) {
            return Err(CurveError::BadSecret { curve });
        }
        Ok(Self { curve, bytes: Zeroizing::new(bytes.to_vec()) })
    }

    /// The curve it is for.
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// The number, big-endian.
    pub fn to_bytes(&self) -> &Zeroizing<Vec<u8>> {
        &self.bytes
    }

    /// The public key, `k·G`.
    pub fn public(&self) -> PublicKey {
        PublicKey { curve: self.curve, sec1: self.curve.ops().public(&self.bytes) }
    }

    /// The public key on another generator, as PACE needs after the mapping.
    ///
    /// # Errors
    /// [`CurveError::CurveMismatch`].
    pub fn public_on(&self, generator: &PublicKey) -> Result<PublicKey, CurveError> {
        self.agree_point(generator)
    }

    /// The whole point `k·P`, which the generic mapping needs.
    ///
    /// # Errors
    /// [`CurveError::CurveMismatch`], [`CurveError::Infinity`].
    pub fn agree_point(&self, other: &PublicKey) -> Result<PublicKey, CurveError> {
        other.on(self.curve)?;
        let infinity = CurveError::Infinity { curve: self.curve };
        let sec1 = self.curve.ops().mul(&self.bytes, &other.sec1).ok_or(infinity)?;
        Ok(PublicKey { curve: self.curve, sec1 })
    }

    /// The shared secret of ECDH: the x-coordinate of `k·P` (BSI TR-03111 clause 4.3.1).
    ///
    /// # Errors
    /// [`CurveError::CurveMismatch`], [`CurveError::Infinity`].
    pub fn agree(&self, other: &PublicKey) -> Result<SharedSecret, CurveError> {
        let point = self.agree_point(other)?;
        let shared = SharedSecret(Zeroizing::new(point.x().to_vec()));
        drop(Zeroizing::new(point.sec1));
        Ok(shared)
    }

    /// The deterministic ECDSA signature (RFC 6979) over a digest of any length.
    pub fn sign_prehash(&self, digest: &[u8]) -> Signature {
        Signature(self.curve.ops().sign(&self.bytes, digest))
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.curve)
    }
}

/// What a key agreement yields. Wiped when dropped.
pub struct SharedSecret(Zeroizing<Vec<u8>>);

impl SharedSecret {
    /// The secret's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedSecret").finish_non_exhaustive()
    }
}

/// An ECDSA signature in the plain form `r || s` (BSI TR-03111 clause 5.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// Takes `r || s`. Whether it is a signature shows when it is verified.
    pub fn from_plain(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Reads the X9.62 form `SEQUENCE { r INTEGER, s INTEGER }` for a curve, or `None` where the
    /// bytes are not that or a number is too large.
    pub fn from_der(curve: Curve, bytes: &[u8]) -> Option<Self> {
        use crate::tlv::{Reader, Tag};
        let mut outer = Reader::der(bytes);
        let sequence = outer.expect(Tag::new(0x30)).ok()?;
        outer.end().ok()?;
        let mut numbers = sequence.children().ok()?;
        let len = curve.field_len();
        let mut plain = vec![0; 2 * len];
        for half in plain.chunks_mut(len) {
            let number = numbers.expect(Tag::new(0x02)).ok()?.value;
            // A minimal positive INTEGER (X.690 clause 8.3).
            let digits = match number {
                [0, second, ..] if second & 0x80 != 0 => &number[1..],
                [first, ..] if first & 0x80 == 0 && *first != 0 => number,
                _ => return None,
            };
            let start = len.checked_sub(digits.len())?;
            half[start..].copy_from_slice(digits);
        }
        numbers.end().ok()?;
        Some(Self(plain))
    }

    /// `r || s`.
    pub fn to_plain(&self) -> &[u8] {
        &self.0
    }

    /// The X9.62 form.
    pub fn to_der(&self) -> Vec<u8> {
        use crate::tlv::{Tag, Writer};
        let mut w = Writer::new();
        w.constructed(Tag::new(0x30), |w| {
            for half in self.0.chunks(self.0.len().div_ceil(2).max(1)) {
                let start = half.iter().position(|&b| b != 0).unwrap_or(half.len());
                let digits = &half[start..];
                let mut number = Vec::with_capacity(digits.len() + 1);
                if digits.first().is_none_or(|&b| b & 0x80 != 0) {
                    number.push(0);
                }
                number.extend_from_slice(digits);
                w.primitive(Tag::new(0x02), &number);
            }
        });
        w.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Hash, SeededRng};

    #[test]
    fn signatures_survive_both_forms_and_verify() {
        for curve in Curve::ALL {
            let mut rng = SeededRng::new(b"curve", "sign");
            for i in 0..20_u8 {
                let key = SecretKey::generate(curve, &mut rng);
                for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
                    let digest = hash.digest(&[&[i]]);
                    let signature = key.sign_prehash(&digest);
                    let again = Signature::from_der(curve, &signature.to_der()).unwrap();
                    assert_eq!(signature, again);
                    key.public().verify_prehash(&digest, &again).unwrap();
                    let mut bad = again.to_plain().to_vec();
                    bad[40] ^= 1;
                    let bad = Signature::from_plain(bad);
                    assert!(key.public().verify_prehash(&digest, &bad).is_err());
                }
            }
        }
    }

    #[test]
    fn points_off_the_curve_and_at_infinity_are_refused() {
        for curve in Curve::ALL {
            let key = SecretKey::generate(curve, &mut SeededRng::new(b"curve", "point"));
            let good = key.public().sec1().to_vec();
            assert!(PublicKey::from_sec1(curve, &good).is_ok());
            let mut off = good.clone();
            off[64] ^= 1;
            let mut zero = vec![0; good.len()];
            zero[0] = 4;
            let mut compressed = good[..33].to_vec();
            compressed[0] = 2;
            for bad in [&off[..], &zero, &compressed, &[0], &[], &good[..64]] {
                assert!(PublicKey::from_sec1(curve, bad).is_err());
            }
            assert!(SecretKey::from_bytes(curve, &[0; 32]).is_err());
            assert!(SecretKey::from_bytes(curve, &[0xFF; 32]).is_err());
            assert!(SecretKey::from_bytes(curve, &[1; 31]).is_err());
        }
    }

    #[test]
    fn signatures_that_are_no_numbers_are_refused() {
        for hex in
            ["", "3006020100020101", "3006020101020180", "30080202000102020001", "3003020101"]
        {
            let der = hex::decode(hex).unwrap();
            assert!(Signature::from_der(Curve::P256, &der).is_none(), "{hex}");
        }
        let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"curve", "zero"));
        for plain in [vec![0; 64], vec![], vec![1; 63], vec![0xFF; 64]] {
            let signature = Signature::from_plain(plain);
            assert!(key.public().verify_prehash(&[0; 32], &signature).is_err());
        }
    }
}
