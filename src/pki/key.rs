//! Whose key it is that signed: elliptic-curve or RSA.

use super::algorithm::{AlgorithmId, BIT_STRING, SEQUENCE};
use super::{PkiError, oid, spki};
use crate::crypto::PublicKey;
use crate::crypto::rsa::RsaPublicKey;
use crate::tlv;

const WHAT: &str = "public key";

/// The key of a certificate, checked when it was read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SubjectKey {
    /// A point of a named curve, or of one whose parameters are written out and known.
    Ec(PublicKey),
    /// An RSA key.
    Rsa(RsaPublicKey),
}

impl SubjectKey {
    /// Curves below this many bits sign nothing that is believed: at 192 bits a forgery is within
    /// reach of those who forge passports.
    pub const MIN_CURVE_BITS: usize = 224;
    /// RSA keys below this many bits are told of, but believed: documents of 2006 have them.
    pub const SHORT_RSA_BITS: usize = 2048;

    /// Reads a SubjectPublicKeyInfo (RFC 5280 clause 4.1.2.7).
    ///
    /// # Errors
    /// As [`spki::parse`] for elliptic curves; [`PkiError::RsaKey`] for an RSA key that cannot be
    /// used.
    pub fn parse(der: &[u8]) -> Result<Self, PkiError> {
        let structure = PkiError::tlv(WHAT);
        let mut fields =
            tlv::parse_one(der, SEQUENCE).and_then(|t| t.children()).map_err(&structure)?;
        let algorithm = AlgorithmId::read(WHAT, fields.expect(SEQUENCE).map_err(&structure)?)?;
        // A key that is good for PSS alone is no other key (RFC 4055 clause 1.2).
        if !matches!(algorithm.oid, oid::RSA_ENCRYPTION | oid::RSASSA_PSS) {
            return spki::parse(der).map(Self::Ec);
        }
        let bits = fields.expect(BIT_STRING).map_err(&structure)?;
        fields.end().map_err(&structure)?;
        let [0, key @ ..] = bits.value else {
            return Err(PkiError::value(WHAT, "the key is no whole number of bytes"));
        };
        let key = RsaPublicKey::from_pkcs1_der(key);
        key.map(Self::Rsa).map_err(|source| PkiError::RsaKey { source })
    }

    /// The SubjectPublicKeyInfo: a curve by its name, rsaEncryption for RSA.
    pub fn to_spki(&self) -> Vec<u8> {
        match self {
            Self::Ec(key) => spki::encode(key),
            Self::Rsa(key) => key.to_spki_der(),
        }
    }

    /// Its size in bits: of the curve's field or of the modulus.
    pub fn bits(&self) -> usize {
        match self {
            Self::Ec(key) => key.curve().bits(),
            Self::Rsa(key) => key.bits(),
        }
    }

    /// Fails where the key is so short that its signatures show nothing.
    ///
    /// # Errors
    /// [`PkiError::WeakKey`].
    pub fn check_strength(&self) -> Result<(), PkiError> {
        match self {
            Self::Ec(key) if key.curve().bits() < Self::MIN_CURVE_BITS => {
                Err(PkiError::WeakKey { key: self.to_string() })
            }
            _ => Ok(()),
        }
    }
}

impl PartialEq for SubjectKey {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ec(a), Self::Ec(b)) => a == b,
            (Self::Rsa(a), Self::Rsa(b)) => {
                a.modulus() == b.modulus() && a.exponent() == b.exponent()
            }
            _ => false,
        }
    }
}

impl Eq for SubjectKey {}

impl From<&PublicKey> for SubjectKey {
    fn from(key: &PublicKey) -> Self {
        Self::Ec(key.clone())
    }
}

impl std::fmt::Display for SubjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ec(key) => write!(f, "{}", key.curve()),
            Self::Rsa(key) => write!(f, "RSA {}", key.bits()),
        }
    }
}
