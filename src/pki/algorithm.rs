//! Algorithm identifiers and what they stand for.

use super::{Oid, PkiError, oid};
use crate::crypto::{Hash, PublicKey, Signature};
use crate::tlv::{Reader, Tag, Tlv, Writer};

pub(super) const SEQUENCE: Tag = Tag::new(0x30);
pub(super) const SET: Tag = Tag::new(0x31);
pub(super) const INTEGER: Tag = Tag::new(0x02);
pub(super) const BIT_STRING: Tag = Tag::new(0x03);
pub(super) const OCTET_STRING: Tag = Tag::new(0x04);
pub(super) const NULL: Tag = Tag::new(0x05);
pub(super) const OBJECT_IDENTIFIER: Tag = Tag::new(0x06);

/// A signature algorithm with its hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// ECDSA, the signature in its X9.62 form (RFC 5758 clause 3.2).
    Ecdsa(Hash),
}

impl SignatureAlgorithm {
    /// Its object identifier.
    pub const fn oid(self) -> Oid {
        match self {
            Self::Ecdsa(Hash::Sha1) => oid::ECDSA_WITH_SHA1,
            Self::Ecdsa(Hash::Sha224) => oid::ECDSA_WITH_SHA224,
            Self::Ecdsa(Hash::Sha256) => oid::ECDSA_WITH_SHA256,
            Self::Ecdsa(Hash::Sha384) => oid::ECDSA_WITH_SHA384,
            Self::Ecdsa(Hash::Sha512) => oid::ECDSA_WITH_SHA512,
        }
    }

    /// Whether `signature` is one of `key` over `message`. Bytes that are no signature at all are
    /// none of this key either.
    pub fn verify(self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ecdsa(hash) => Signature::from_der(key.curve(), signature)
                .is_some_and(|s| key.verify_prehash(&hash.digest(&[message]), &s).is_ok()),
        }
    }
}

/// The hash function with this identifier.
///
/// # Errors
/// [`PkiError::UnsupportedAlgorithm`], which says that it stands in `what`.
pub fn hash_of(what: &'static str, oid: Oid) -> Result<Hash, PkiError> {
    [Hash::Sha1, Hash::Sha224, Hash::Sha256, Hash::Sha384, Hash::Sha512]
        .into_iter()
        .find(|h| oid_of_hash(*h) == oid)
        .ok_or(PkiError::UnsupportedAlgorithm { what, oid })
}

/// The identifier of a hash function.
pub const fn oid_of_hash(hash: Hash) -> Oid {
    match hash {
        Hash::Sha1 => oid::SHA1,
        Hash::Sha224 => oid::SHA224,
        Hash::Sha256 => oid::SHA256,
        Hash::Sha384 => oid::SHA384,
        Hash::Sha512 => oid::SHA512,
    }
}

/// An AlgorithmIdentifier as it stands in the bytes (RFC 5280 clause 4.1.1.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct AlgorithmId<'a> {
    pub(super) oid: Oid,
    pub(super) parameters: Option<Tlv<'a>>,
}

impl<'a> AlgorithmId<'a> {
    pub(super) fn read(what: &'static str, tlv: Tlv<'a>) -> Result<Self, PkiError> {
        let mut fields =
            tlv.expect(SEQUENCE).and_then(|t| t.children()).map_err(PkiError::tlv(what))?;
        let oid = read_oid(what, &mut fields)?;
        let parameters = fields.next().transpose().map_err(PkiError::tlv(what))?;
        fields.end().map_err(PkiError::tlv(what))?;
        Ok(Self { oid, parameters })
    }

    /// The signature algorithm. SHA-1 is none: a forger may choose what collides.
    pub(super) fn signature(&self, what: &'static str) -> Result<SignatureAlgorithm, PkiError> {
        let algorithm = match self.oid {
            oid::ECDSA_WITH_SHA224 => SignatureAlgorithm::Ecdsa(Hash::Sha224),
            oid::ECDSA_WITH_SHA256 => SignatureAlgorithm::Ecdsa(Hash::Sha256),
            oid::ECDSA_WITH_SHA384 => SignatureAlgorithm::Ecdsa(Hash::Sha384),
            oid::ECDSA_WITH_SHA512 => SignatureAlgorithm::Ecdsa(Hash::Sha512),
            oid => return Err(PkiError::UnsupportedAlgorithm { what, oid }),
        };
        self.no_parameters(what)?;
        Ok(algorithm)
    }

    /// The hash function, for digests; SHA-1 again is refused.
    pub(super) fn hash(&self, what: &'static str) -> Result<Hash, PkiError> {
        self.no_parameters(what)?;
        match hash_of(what, self.oid)? {
            Hash::Sha1 => Err(PkiError::UnsupportedAlgorithm { what, oid: self.oid }),
            hash => Ok(hash),
        }
    }

    // Absent, or NULL as many wrote it (RFC 5754 clause 2).
    fn no_parameters(&self, what: &'static str) -> Result<(), PkiError> {
        match self.parameters {
            None => Ok(()),
            Some(p) if p.tag == NULL && p.value.is_empty() => Ok(()),
            Some(_) => Err(PkiError::value(what, "algorithm parameters where none belong")),
        }
    }
}

pub(super) fn read_oid(what: &'static str, fields: &mut Reader<'_>) -> Result<Oid, PkiError> {
    let tlv = fields.expect(OBJECT_IDENTIFIER).map_err(PkiError::tlv(what))?;
    Oid::from_bytes(tlv.value).map_err(|e| PkiError::value(what, e))
}

pub(super) fn write_algorithm(w: &mut Writer, oid: Oid) {
    w.constructed(SEQUENCE, |w| {
        w.primitive(OBJECT_IDENTIFIER, oid.as_bytes());
    });
}
