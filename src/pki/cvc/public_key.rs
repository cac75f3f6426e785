//! Public keys in CV certificates (TR-03110-3 clause D.3) and the signature algorithms of Terminal
//! Authentication (TR-03110-3 annex A, ICAO Doc 9303-11 clause 7.1.4).

use super::{CvcError, Reference, tag};
use crate::crypto::{Curve, CurveParameters, Hash, PublicKey, RsaPublicKey, Signature};
use crate::pki::Oid;
use crate::tlv::{Tag, Tlv, Writer};

const WHAT: &str = "public key";

/// A signature algorithm of Terminal Authentication, id-TA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaAlgorithm {
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS, its mask of the same hash function and its salt as long as a digest.
    RsaPss(Hash),
    /// ECDSA, the signature plain (BSI TR-03111 clause 5.2.1).
    Ecdsa(Hash),
}

impl TaAlgorithm {
    /// Every algorithm there is, those that ICAO Doc 9303-11 tables 7 and 8 leave out included.
    pub const ALL: [Self; 11] = [
        Self::RsaPkcs1(Hash::Sha1),
        Self::RsaPkcs1(Hash::Sha256),
        Self::RsaPss(Hash::Sha1),
        Self::RsaPss(Hash::Sha256),
        Self::RsaPkcs1(Hash::Sha512),
        Self::RsaPss(Hash::Sha512),
        Self::Ecdsa(Hash::Sha1),
        Self::Ecdsa(Hash::Sha224),
        Self::Ecdsa(Hash::Sha256),
        Self::Ecdsa(Hash::Sha384),
        Self::Ecdsa(Hash::Sha512),
    ];

    /// Its identifier below id-TA, 0.4.0.127.0.7.2.2.2; `None` for a hash function that the
    /// algorithm is not defined with.
    pub const fn oid(self) -> Option<Oid> {
        Some(Oid::new_unwrap(match self {
            Self::RsaPkcs1(Hash::Sha1) => "0.4.0.127.0.7.2.2.2.1.1",
            Self::RsaPkcs1(Hash::Sha256) => "0.4.0.127.0.7.2.2.2.1.2",
            Self::RsaPss(Hash::Sha1) => "0.4.0.127.0.7.2.2.2.1.3",
            Self::RsaPss(Hash::Sha256) => "0.4.0.127.0.7.2.2.2.1.4",
            Self::RsaPkcs1(Hash::Sha512) => "0.4.0.127.0.7.2.2.2.1.5",
            Self::RsaPss(Hash::Sha512) => "0.4.0.127.0.7.2.2.2.1.6",
            Self::Ecdsa(Hash::Sha1) => "0.4.0.127.0.7.2.2.2.2.1",
            Self::Ecdsa(Hash::Sha224) => "0.4.0.127.0.7.2.2.2.2.2",
            Self::Ecdsa(Hash::Sha256) => "0.4.0.127.0.7.2.2.2.2.3",
            Self::Ecdsa(Hash::Sha384) => "0.4.0.127.0.7.2.2.2.2.4",
            Self::Ecdsa(Hash::Sha512) => "0.4.0.127.0.7.2.2.2.2.5",
            Self::RsaPkcs1(_) | Self::RsaPss(_) => return None,
        }))
    }

    /// The algorithm with that identifier.
    pub fn from_oid(oid: Oid) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.oid() == Some(oid))
    }

    /// Its hash function.
    pub const fn hash(self) -> Hash {
        match self {
            Self::RsaPkcs1(hash) | Self::RsaPss(hash) | Self::Ecdsa(hash) => hash,
        }
    }

    /// Whether it is ECDSA.
    pub const fn is_ecdsa(self) -> bool {
        matches!(self, Self::Ecdsa(_))
    }
}

impl std::fmt::Display for TaAlgorithm {
    /// As the standards spell it: `id-TA-ECDSA-SHA-256`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = match self {
            Self::RsaPkcs1(_) => "RSA-v1-5",
            Self::RsaPss(_) => "RSA-PSS",
            Self::Ecdsa(_) => "ECDSA",
        };
        write!(f, "id-TA-{scheme}-{}", self.hash())
    }
}

/// A public key and what its holder signs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CvcPublicKey {
    /// The algorithm of the holder's signatures.
    pub algorithm: TaAlgorithm,
    /// The key.
    pub key: CvcKey,
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CvcKey {
    /// RSA.
    Rsa(RsaPublicKey),
    /// On an elliptic curve that is known: the domain parameters stand in the certificate, or came
    /// from its issuer's.
    Ec(PublicKey),
    /// A point whose curve only the CVCA's certificate tells.
    Point(Vec<u8>),
}

impl CvcPublicKey {
    /// The key of that algorithm.
    ///
    /// # Errors
    /// [`CvcError::Value`] where key and algorithm do not fit, or the algorithm is not defined.
    pub fn new(algorithm: TaAlgorithm, key: CvcKey) -> Result<Self, CvcError> {
        if algorithm.is_ecdsa() == matches!(key, CvcKey::Rsa(_)) || algorithm.oid().is_none() {
            return Err(CvcError::value(WHAT, format_args!("{algorithm} is not for this key")));
        }
        Ok(Self { algorithm, key })
    }

    /// The curve, where it is one and is known.
    pub const fn curve(&self) -> Option<Curve> {
        match &self.key {
            CvcKey::Ec(key) => Some(key.curve()),
            CvcKey::Rsa(_) | CvcKey::Point(_) => None,
        }
    }

    /// The same with its curve, which is the issuer's where it has none of its own (TR-03110-3
    /// clause C.1.3).
    ///
    /// # Errors
    /// [`CvcError::NoDomainParameters`], [`CvcError::Curve`] for a point off that curve.
    pub fn resolved(&self, holder: Reference, inherited: Option<Curve>) -> Result<Self, CvcError> {
        let key = match &self.key {
            CvcKey::Point(point) => {
                let curve = inherited.ok_or(CvcError::NoDomainParameters { holder })?;
                CvcKey::Ec(PublicKey::from_sec1(curve, point)?)
            }
            known => known.clone(),
        };
        Ok(Self { algorithm: self.algorithm, key })
    }

    /// Whether `signature` is one of this key over `message`. A point without a curve verifies
    /// nothing.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let hash = self.algorithm.hash();
        let digest = hash.digest(&[message]);
        match (&self.key, self.algorithm) {
            (CvcKey::Rsa(key), TaAlgorithm::RsaPkcs1(_)) => {
                key.verify_pkcs1(hash, &digest, signature).is_ok()
            }
            (CvcKey::Rsa(key), TaAlgorithm::RsaPss(_)) => {
                key.verify_pss(hash, hash, hash.len(), &digest, signature).is_ok()
            }
            (CvcKey::Ec(key), TaAlgorithm::Ecdsa(_)) => plain(key.curve(), signature)
                .is_some_and(|s| key.verify_prehash(&digest, &s).is_ok()),
            _ => false,
        }
    }

    /// Whether both are one key for one algorithm; a point is compared without its curve.
    pub fn is_same(&self, other: &Self) -> bool {
        let same = match (&self.key, &other.key) {
            (CvcKey::Point(a), CvcKey::Ec(b)) | (CvcKey::Ec(b), CvcKey::Point(a)) => a == b.sec1(),
            (a, b) => a == b,
        };
        self.algorithm == other.algorithm && same
    }

    /// Reads the data object 7F49.
    ///
    /// # Errors
    /// [`CvcError::Structure`], [`CvcError::UnsupportedAlgorithm`], [`CvcError::Value`] for data
    /// objects that make no key, [`CvcError::Curve`] for domain parameters of no curve known here
    /// or a point off it, [`CvcError::Rsa`].
    pub fn read(tlv: &Tlv<'_>) -> Result<Self, CvcError> {
        let mut objects =
            tlv.expect(tag::PUBLIC_KEY).and_then(|t| t.children()).map_err(CvcError::tlv(WHAT))?;
        let oid = objects.expect(tag::OBJECT_IDENTIFIER).map_err(CvcError::tlv(WHAT))?.value;
        let oid = Oid::from_bytes(oid).map_err(|e| CvcError::value(WHAT, e))?;
        let algorithm = TaAlgorithm::from_oid(oid);
        let algorithm = algorithm.ok_or(CvcError::UnsupportedAlgorithm { oid })?;
        // 81 to 87, each at most once and in their order.
        let mut values: [Option<&[u8]>; 7] = [None; 7];
        let mut last = 0x80;
        for object in objects {
            let object = object.map_err(CvcError::tlv(WHAT))?;
            let tag = object.tag.value();
            match usize::try_from(tag).ok().and_then(|t| values.get_mut(t.checked_sub(0x81)?)) {
                Some(value) if tag > last => *value = Some(object.value),
                _ => {
                    let detail = format_args!("{} is out of place", object.tag);
                    return Err(CvcError::value(WHAT, detail));
                }
            }
            last = tag;
        }
        let key = match (algorithm.is_ecdsa(), values) {
            (false, [Some(n), Some(e), None, None, None, None, None]) => {
                CvcKey::Rsa(RsaPublicKey::from_components(n, e)?)
            }
            (true, [None, None, None, None, None, Some(point), None]) => {
                CvcKey::Point(point.to_vec())
            }
            (true, [Some(p), Some(a), Some(b), Some(g), Some(r), Some(point), cofactor]) => {
                let curve = Curve::from_explicit(&CurveParameters {
                    prime: p.to_vec(),
                    a: a.to_vec(),
                    b: b.to_vec(),
                    generator: g.to_vec(),
                    order: r.to_vec(),
                    cofactor: cofactor.map(<[u8]>::to_vec),
                })?;
                CvcKey::Ec(PublicKey::from_sec1(curve, point)?)
            }
            _ => {
                let detail = format_args!("not the data objects of a key for {algorithm}");
                return Err(CvcError::value(WHAT, detail));
            }
        };
        Ok(Self { algorithm, key })
    }

    /// Writes the data object 7F49, of an elliptic-curve key with or without the domain
    /// parameters: those of a CVCA have them, all others must not (TR-03110-3 clause D.3.3).
    pub fn write(&self, w: &mut Writer, domain_parameters: bool) {
        w.constructed(tag::PUBLIC_KEY, |w| {
            if let Some(oid) = self.algorithm.oid() {
                w.primitive(tag::OBJECT_IDENTIFIER, oid.as_bytes());
            }
            let mut put = |tag: u32, value: &[u8]| {
                w.primitive(Tag::new(tag), value);
            };
            match &self.key {
                CvcKey::Rsa(key) => {
                    put(0x81, key.modulus());
                    put(0x82, key.exponent());
                }
                CvcKey::Ec(key) if domain_parameters => {
                    let domain = key.curve().parameters();
                    put(0x81, unsigned(&domain.prime));
                    put(0x82, unsigned(&domain.a));
                    put(0x83, unsigned(&domain.b));
                    put(0x84, &domain.generator);
                    put(0x85, unsigned(&domain.order));
                    put(0x86, key.sec1());
                    put(0x87, &[1]);
                }
                CvcKey::Ec(key) => put(0x86, key.sec1()),
                CvcKey::Point(point) => put(0x86, point),
            }
        });
    }
}

impl std::fmt::Display for CvcPublicKey {
    /// `id-TA-ECDSA-SHA-256, brainpoolP256r1`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.key {
            CvcKey::Rsa(key) => write!(f, "{}, {} bits", self.algorithm, key.bits()),
            CvcKey::Ec(key) => write!(f, "{}, {}", self.algorithm, key.curve()),
            CvcKey::Point(_) => write!(f, "{}, on its issuer's curve", self.algorithm),
        }
    }
}

// `r || s`, both as long as the field (BSI TR-03111 clause 5.2.1). libeac leaves out the zeros that
// both have in front, so halves that are shorter pass.
fn plain(curve: Curve, signature: &[u8]) -> Option<Signature> {
    let len = curve.field_len();
    let half = signature.len() / 2;
    if !signature.len().is_multiple_of(2) || !(1..=len).contains(&half) {
        return None;
    }
    let mut full = vec![0; 2 * len];
    for (to, from) in full.chunks_mut(len).zip(signature.chunks(half)) {
        to[len - half..].copy_from_slice(from);
    }
    Some(Signature::from_plain(full))
}

// An unsigned integer has no zeros in front (TR-03110-3 clause D.2.1.1).
fn unsigned(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|&b| b != 0).unwrap_or(number.len());
    &number[start..]
}
