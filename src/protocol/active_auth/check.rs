//! Checking the chip's signature.

use const_oid::ObjectIdentifier;

use super::{ActiveAuthError, CHALLENGE_LEN};
use crate::{
    crypto::{CurveError, Hash, PublicKey, RsaError, RsaPublicKey, Signature},
    lds::oids,
    pki::{SignatureAlgorithm, SubjectKey, oid},
};

/// Every hash function that a card may have used, the best first.
const HASHES: [Hash; 5] = [Hash::Sha512, Hash::Sha384, Hash::Sha256, Hash::Sha224, Hash::Sha1];

/// The key of EF.DG15.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AaKey {
    /// On an elliptic curve.
    Ec(PublicKey),
    /// RSA.
    Rsa(RsaPublicKey),
}

impl AaKey {
    /// Reads the SubjectPublicKeyInfo of EF.DG15 (ICAO Doc 9303-11 clause 6.1.5).
    ///
    /// # Errors
    /// [`ActiveAuthError::Key`].
    pub fn from_spki(der: &[u8]) -> Result<Self, ActiveAuthError> {
        match SubjectKey::parse(der).map_err(|error| ActiveAuthError::Key(Box::new(error)))? {
            SubjectKey::Ec(key) => Ok(Self::Ec(key)),
            SubjectKey::Rsa(key) => Ok(Self::Rsa(key)),
        }
    }

    /// The most bytes of a signature: what Le has to make room for. A plain ECDSA signature is
    /// shorter than one in DER.
    pub const fn signature_len(&self) -> usize {
        match self {
            Self::Ec(key) => 2 * key.curve().field_len() + 9,
            Self::Rsa(key) => key.signature_len(),
        }
    }
}

/// How an ECDSA signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EcdsaFormat {
    /// `r || s` (BSI TR-03111 clause 5.2.1), which ICAO Doc 9303-11 clause 6.1.2.3 demands.
    Plain,
    /// `SEQUENCE { r, s }` (ANSI X9.62), which some cards answer.
    Der,
}

/// How a signature that verified was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AaAlgorithm {
    /// ECDSA (ICAO Doc 9303-11 clause 6.1.2.3).
    Ecdsa {
        /// The hash function.
        hash: Hash,
        /// The form of the signature.
        format: EcdsaFormat,
    },
    /// ISO/IEC 9796-2 scheme 1 (ICAO Doc 9303-11 clause 6.1.2.2).
    Rsa {
        /// The hash function that the signature's trailer names.
        hash: Hash,
    },
}

impl AaAlgorithm {
    /// The hash function.
    pub const fn hash(self) -> Hash {
        match self {
            Self::Ecdsa { hash, .. } | Self::Rsa { hash } => hash,
        }
    }
}

impl std::fmt::Display for AaAlgorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ecdsa { hash, format: EcdsaFormat::Plain } => write!(f, "ECDSA with {hash}"),
            Self::Ecdsa { hash, format: EcdsaFormat::Der } => {
                write!(f, "ECDSA with {hash}, written in DER")
            }
            Self::Rsa { hash } => write!(f, "RSA of ISO/IEC 9796-2 with {hash}"),
        }
    }
}

/// Checks a chip's signature over a challenge, and says how it was made.
///
/// `named` is the signature algorithm of EF.DG14's ActiveAuthenticationInfo. It binds for ECDSA;
/// where the card has none, every hash function is tried: those no longer than the key first, the
/// longest of them at the front, then the longer ones. An ECDSA signature may be plain or in DER.
/// An RSA signature says its hash function itself.
///
/// # Errors
/// [`ActiveAuthError::UnknownAlgorithm`], [`ActiveAuthError::BadLength`],
/// [`ActiveAuthError::BadSignature`], [`ActiveAuthError::BadRsaSignature`].
pub fn check(
    key: &AaKey,
    named: Option<ObjectIdentifier>,
    challenge: &[u8; CHALLENGE_LEN],
    signature: &[u8],
) -> Result<AaAlgorithm, ActiveAuthError> {
    match key {
        AaKey::Rsa(key) => key
            .verify_iso9796(challenge, signature)
            .map(|hash| AaAlgorithm::Rsa { hash })
            .map_err(|error| ActiveAuthError::BadRsaSignature(plain_reason(error))),
        AaKey::Ec(key) => {
            let named = named
                .map(|oid| hash_of(oid).ok_or(ActiveAuthError::UnknownAlgorithm { oid }))
                .transpose()?;
            check_ecdsa(key, named, challenge, signature)
        }
    }
}

/// Checks a plain ECDSA signature over the challenge (BSI TR-03111 clause 5.2.1).
///
/// # Errors
/// [`ActiveAuthError::BadLength`], [`ActiveAuthError::BadSignature`].
pub fn verify(
    key: &PublicKey,
    hash: Hash,
    challenge: &[u8; CHALLENGE_LEN],
    signature: &[u8],
) -> Result<(), ActiveAuthError> {
    let expected = 2 * key.curve().field_len();
    if signature.len() != expected {
        return Err(ActiveAuthError::BadLength { expected, got: signature.len() });
    }
    let digest = hash.digest(&[challenge]);
    key.verify_prehash(&digest, &Signature::from_plain(signature))?;
    Ok(())
}

fn check_ecdsa(
    key: &PublicKey,
    named: Option<Hash>,
    challenge: &[u8],
    signature: &[u8],
) -> Result<AaAlgorithm, ActiveAuthError> {
    let expected = 2 * key.curve().field_len();
    // A signature in DER may happen to be as long as a plain one: both are tried.
    let plain = (signature.len() == expected).then_some(EcdsaFormat::Plain);
    let der = (signature.first() == Some(&0x30)).then_some(EcdsaFormat::Der);
    if plain.is_none() && der.is_none() {
        return Err(ActiveAuthError::BadLength { expected, got: signature.len() });
    }
    let subject = SubjectKey::Ec(key.clone());
    for hash in hashes(named, key.curve().field_len()) {
        for format in plain.into_iter().chain(der) {
            let algorithm = match format {
                EcdsaFormat::Plain => SignatureAlgorithm::EcdsaPlain(hash),
                EcdsaFormat::Der => SignatureAlgorithm::Ecdsa(hash),
            };
            if algorithm.verify(&subject, challenge, signature) {
                return Ok(AaAlgorithm::Ecdsa { hash, format });
            }
        }
    }
    Err(CurveError::BadSignature { curve: key.curve() }.into())
}

// Those to try for a key of that many bytes.
pub(super) fn hashes(named: Option<Hash>, key_len: usize) -> Vec<Hash> {
    if let Some(hash) = named {
        return vec![hash];
    }
    let fits = |hash: &Hash| hash.len() <= key_len;
    let longer = HASHES.into_iter().rev().filter(|hash| !fits(hash));
    HASHES.into_iter().filter(fits).chain(longer).collect()
}

// The hash function of a signature algorithm: ecdsa-plain of BSI TR-03111, which ICAO Doc 9303-11
// clause 9.2.4 demands, or the ANSI X9.62 name of the same that some cards give.
fn hash_of(oid: ObjectIdentifier) -> Option<Hash> {
    match oid {
        oids::ECDSA_PLAIN_SHA1 | oid::ECDSA_WITH_SHA1 => Some(Hash::Sha1),
        oids::ECDSA_PLAIN_SHA224 | oid::ECDSA_WITH_SHA224 => Some(Hash::Sha224),
        oids::ECDSA_PLAIN_SHA256 | oid::ECDSA_WITH_SHA256 => Some(Hash::Sha256),
        oids::ECDSA_PLAIN_SHA384 | oid::ECDSA_WITH_SHA384 => Some(Hash::Sha384),
        oids::ECDSA_PLAIN_SHA512 | oid::ECDSA_WITH_SHA512 => Some(Hash::Sha512),
        _ => None,
    }
}

// What opens to no message was made by another key, in all likelihood.
fn plain_reason(error: RsaError) -> RsaError {
    match error {
        RsaError::Iso9796 { .. } | RsaError::NotBelowModulus => RsaError::BadSignature,
        other => other,
    }
}
