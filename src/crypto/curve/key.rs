//! Public and private keys.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Curve, CurveError, Signature};

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

    /// Reads a point as a certificate may have it (RFC 5480 clause 2.2): uncompressed, or compressed
    /// as `02 || x` and `03 || x`. The protocols of a chip know the former alone.
    ///
    /// # Errors
    /// As [`Self::from_sec1`].
    pub fn from_sec1_any(curve: Curve, bytes: &[u8]) -> Result<Self, CurveError> {
        let expected = 1 + curve.field_len();
        if !matches!(bytes, [0x02 | 0x03, ..]) {
            return Self::from_sec1(curve, bytes);
        }
        let point = Some(bytes).filter(|point| point.len() == expected);
        let sec1 = point.and_then(|point| curve.ops().decompress(point));
        sec1.map(|sec1| Self { curve, sec1 }).ok_or(CurveError::BadPoint {
            curve,
            expected,
            got: bytes.len(),
        })
    }

    /// A point that an operation of the curve yielded.
    pub(super) const fn of(curve: Curve, sec1: Vec<u8>) -> Self {
        Self { curve, sec1 }
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

    /// The sum of two points.
    ///
    /// # Errors
    /// [`CurveError::CurveMismatch`], [`CurveError::Infinity`].
    pub fn plus(&self, other: &Self) -> Result<Self, CurveError> {
        other.on(self.curve)?;
        let sum = self.curve.ops().add(&self.sec1, &other.sec1);
        Ok(Self::of(self.curve, sum.ok_or(CurveError::Infinity { curve: self.curve })?))
    }

    /// Checks an ECDSA signature over a digest of any length (BSI TR-03111 clause 4.2.1).
    ///
    /// # Errors
    /// [`CurveError::BadSignature`].
    pub fn verify_prehash(&self, digest: &[u8], signature: &Signature) -> Result<(), CurveError> {
        let bad = CurveError::BadSignature { curve: self.curve };
        if self.curve.ops().verify(&self.sec1, digest, &signature.0) { Ok(()) } else { Err(bad) }
    }

    pub(super) fn on(&self, curve: Curve) -> Result<(), CurveError> {
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

    /// This number divided by another, modulo the order: the Chip Authentication Data of PACE-CAM
    /// is the mapping key divided by the static key (ICAO Doc 9303-11 clause 4.4.3.5.1).
    ///
    /// # Errors
    /// [`CurveError::CurveMismatch`].
    pub fn divided_by(&self, other: &Self) -> Result<Self, CurveError> {
        let curve = self.curve;
        if other.curve != curve {
            return Err(CurveError::CurveMismatch { expected: curve, got: other.curve });
        }
        let ratio = curve.ops().ratio(&self.bytes, &other.bytes);
        let bytes = ratio.ok_or(CurveError::BadSecret { curve })?;
        Ok(Self { curve, bytes })
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
    /// What an agreement yielded.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

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
