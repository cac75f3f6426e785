//! Elliptic curves, keys on them, and what is done with those keys
//! (BSI TR-03111, FIPS 186-5, ICAO Doc 9303-11 clause 9.5).

mod ec;
mod error;
mod explicit;
mod key;
mod map;
mod own;
mod signature;

pub use self::{
    error::CurveError,
    explicit::CurveParameters,
    key::{PublicKey, SecretKey, SharedSecret},
    signature::Signature,
};

use self::ec::Ops;

/// A named curve. All of them have cofactor 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Curve {
    /// NIST P-192, secp192r1, standardised domain parameters 8. Too short for new documents.
    P192,
    /// brainpoolP192r1 (RFC 5639), standardised domain parameters 9. Too short for new documents.
    BrainpoolP192r1,
    /// NIST P-224, secp224r1, standardised domain parameters 10. Has no integrated mapping.
    P224,
    /// brainpoolP224r1 (RFC 5639), standardised domain parameters 11.
    BrainpoolP224r1,
    /// NIST P-256, secp256r1 (FIPS 186-5), standardised domain parameters 12.
    P256,
    /// brainpoolP256r1 (RFC 5639), standardised domain parameters 13.
    BrainpoolP256r1,
    /// brainpoolP320r1 (RFC 5639), standardised domain parameters 14.
    BrainpoolP320r1,
    /// NIST P-384, secp384r1 (FIPS 186-5), standardised domain parameters 15.
    P384,
    /// brainpoolP384r1 (RFC 5639), standardised domain parameters 16.
    BrainpoolP384r1,
    /// brainpoolP512r1 (RFC 5639), standardised domain parameters 17.
    BrainpoolP512r1,
    /// NIST P-521, secp521r1 (FIPS 186-5), standardised domain parameters 18.
    P521,
}

impl Curve {
    /// Every curve there is, in the order of the standardised domain parameters.
    pub const ALL: [Self; 11] = [
        Self::P192,
        Self::BrainpoolP192r1,
        Self::P224,
        Self::BrainpoolP224r1,
        Self::P256,
        Self::BrainpoolP256r1,
        Self::BrainpoolP320r1,
        Self::P384,
        Self::BrainpoolP384r1,
        Self::BrainpoolP512r1,
        Self::P521,
    ];

    /// Bits of the field's prime and of the order. A collision attack takes half as many.
    pub const fn bits(self) -> usize {
        match self {
            Self::P192 | Self::BrainpoolP192r1 => 192,
            Self::P224 | Self::BrainpoolP224r1 => 224,
            Self::P256 | Self::BrainpoolP256r1 => 256,
            Self::BrainpoolP320r1 => 320,
            Self::P384 | Self::BrainpoolP384r1 => 384,
            Self::BrainpoolP512r1 => 512,
            Self::P521 => 521,
        }
    }

    /// Bytes of a coordinate, a private key and half a signature.
    pub const fn field_len(self) -> usize {
        self.bits().div_ceil(8)
    }

    /// The number of the standardised domain parameters (ICAO Doc 9303-11 table 12, BSI TR-03110-3
    /// table 4).
    pub const fn parameter_id(self) -> u32 {
        match self {
            Self::P192 => 8,
            Self::BrainpoolP192r1 => 9,
            Self::P224 => 10,
            Self::BrainpoolP224r1 => 11,
            Self::P256 => 12,
            Self::BrainpoolP256r1 => 13,
            Self::BrainpoolP320r1 => 14,
            Self::P384 => 15,
            Self::BrainpoolP384r1 => 16,
            Self::BrainpoolP512r1 => 17,
            Self::P521 => 18,
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
        let mapped = self.ops().mul_base_add(s, h.sec1());
        Ok(PublicKey::of(self, mapped.ok_or(CurveError::Infinity { curve: self })?))
    }

    /// Whether the integrated mapping is defined: it needs a prime that is 3 modulo 4, which that
    /// of P-224 is not (ICAO Doc 9303-11 table 12).
    pub fn has_integrated_mapping(self) -> bool {
        self != Self::P224
    }

    /// The integrated mapping (ICAO Doc 9303-11 clause 4.4.3.3.2 and Appendix B): the point that
    /// the pseudo-random number `R(s, t)`, big-endian and not reduced yet, is sent to.
    ///
    /// # Errors
    /// [`CurveError::NoMapping`] on P-224, or for the few numbers that are sent to no point.
    pub fn map_integrated(self, number: &[u8]) -> Result<PublicKey, CurveError> {
        let mapped = self.ops().encode(number).filter(|_| self.has_integrated_mapping());
        Ok(PublicKey::of(self, mapped.ok_or(CurveError::NoMapping { curve: self })?))
    }

    fn ops(self) -> &'static dyn Ops {
        match self {
            Self::P192 => &ec::P192,
            Self::BrainpoolP192r1 => &ec::BRAINPOOL_P192R1,
            Self::P224 => &ec::P224,
            Self::BrainpoolP224r1 => &ec::BRAINPOOL_P224R1,
            Self::P256 => &ec::P256,
            Self::BrainpoolP256r1 => &ec::BRAINPOOL_P256R1,
            Self::BrainpoolP320r1 => &ec::BRAINPOOL_P320R1,
            Self::P384 => &ec::P384,
            Self::BrainpoolP384r1 => &ec::BRAINPOOL_P384R1,
            Self::BrainpoolP512r1 => &ec::BRAINPOOL_P512R1,
            Self::P521 => &ec::P521,
        }
    }
}

impl std::fmt::Display for Curve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::P192 => "P-192",
            Self::BrainpoolP192r1 => "brainpoolP192r1",
            Self::P224 => "P-224",
            Self::BrainpoolP224r1 => "brainpoolP224r1",
            Self::P256 => "P-256",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
            Self::BrainpoolP320r1 => "brainpoolP320r1",
            Self::P384 => "P-384",
            Self::BrainpoolP384r1 => "brainpoolP384r1",
            Self::BrainpoolP512r1 => "brainpoolP512r1",
            Self::P521 => "P-521",
        })
    }
}

#[cfg(test)]
mod tests;
