//! Algorithm identifiers and what they stand for.

use super::{Oid, PkiError, SubjectKey, oid};
use crate::crypto::{Hash, Signature};
use crate::tlv::{Reader, Tag, Tlv, TlvError, Writer};

pub(super) const SEQUENCE: Tag = Tag::new(0x30);
pub(super) const SET: Tag = Tag::new(0x31);
pub(super) const INTEGER: Tag = Tag::new(0x02);
pub(super) const BIT_STRING: Tag = Tag::new(0x03);
pub(super) const OCTET_STRING: Tag = Tag::new(0x04);
pub(super) const NULL: Tag = Tag::new(0x05);
pub(super) const OBJECT_IDENTIFIER: Tag = Tag::new(0x06);
// RSASSA-PSS-params (RFC 8017 appendix A.2.3).
const PSS_HASH: Tag = Tag::new(0xA0);
const PSS_MASK: Tag = Tag::new(0xA1);
const PSS_SALT: Tag = Tag::new(0xA2);
const PSS_TRAILER: Tag = Tag::new(0xA3);

/// A signature algorithm with its hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// ECDSA, the signature in its X9.62 form (RFC 5758 clause 3.2).
    Ecdsa(Hash),
    /// ECDSA, the signature in its plain form (BSI TR-03111 clause 5.2.1.1).
    EcdsaPlain(Hash),
    /// RSASSA-PKCS1-v1_5 (RFC 8017 clause 8.2).
    RsaPkcs1(Hash),
    /// RSASSA-PSS with MGF1 (RFC 8017 clause 8.1).
    RsaPss {
        /// The hash function.
        hash: Hash,
        /// The hash function of the mask.
        mgf_hash: Hash,
        /// Bytes of salt.
        salt_len: usize,
    },
}

impl SignatureAlgorithm {
    /// Its object identifier; that of RSASSA-PSS does not say with which hash function.
    pub const fn oid(self) -> Oid {
        match self {
            Self::Ecdsa(Hash::Sha1) => oid::ECDSA_WITH_SHA1,
            Self::Ecdsa(Hash::Sha224) => oid::ECDSA_WITH_SHA224,
            Self::Ecdsa(Hash::Sha256) => oid::ECDSA_WITH_SHA256,
            Self::Ecdsa(Hash::Sha384) => oid::ECDSA_WITH_SHA384,
            Self::Ecdsa(Hash::Sha512) => oid::ECDSA_WITH_SHA512,
            Self::EcdsaPlain(Hash::Sha1) => oid::ECDSA_PLAIN_SHA1,
            Self::EcdsaPlain(Hash::Sha224) => oid::ECDSA_PLAIN_SHA224,
            Self::EcdsaPlain(Hash::Sha256) => oid::ECDSA_PLAIN_SHA256,
            Self::EcdsaPlain(Hash::Sha384) => oid::ECDSA_PLAIN_SHA384,
            Self::EcdsaPlain(Hash::Sha512) => oid::ECDSA_PLAIN_SHA512,
            Self::RsaPkcs1(Hash::Sha1) => oid::SHA1_WITH_RSA,
            Self::RsaPkcs1(Hash::Sha224) => oid::SHA224_WITH_RSA,
            Self::RsaPkcs1(Hash::Sha256) => oid::SHA256_WITH_RSA,
            Self::RsaPkcs1(Hash::Sha384) => oid::SHA384_WITH_RSA,
            Self::RsaPkcs1(Hash::Sha512) => oid::SHA512_WITH_RSA,
            Self::RsaPss { .. } => oid::RSASSA_PSS,
        }
    }

    /// The AlgorithmIdentifier in DER: parameters of NULL with RSASSA-PKCS1-v1_5 (RFC 4055 clause
    /// 5), those of RSASSA-PSS (clause 3.1), none with ECDSA.
    pub(super) fn write(self, w: &mut Writer) {
        w.constructed(SEQUENCE, |w| {
            w.primitive(OBJECT_IDENTIFIER, self.oid().as_bytes());
            match self {
                Self::RsaPkcs1(_) => {
                    w.primitive(NULL, &[]);
                }
                Self::RsaPss { hash, mgf_hash, salt_len } => {
                    w.constructed(SEQUENCE, |w| {
                        w.constructed(PSS_HASH, |w| write_digest(w, hash));
                        w.constructed(PSS_MASK, |w| {
                            w.constructed(SEQUENCE, |w| {
                                w.primitive(OBJECT_IDENTIFIER, oid::MGF1.as_bytes());
                                write_digest(w, mgf_hash);
                            });
                        });
                        w.constructed(PSS_SALT, |w| {
                            // No digest is longer than 64 bytes, and no salt of ours.
                            w.primitive(INTEGER, &[salt_len.min(0x7F) as u8]);
                        });
                    });
                }
                Self::Ecdsa(_) | Self::EcdsaPlain(_) => {}
            }
        });
    }

    /// Its hash function.
    pub const fn hash(self) -> Hash {
        match self {
            Self::Ecdsa(hash) | Self::EcdsaPlain(hash) | Self::RsaPkcs1(hash) => hash,
            Self::RsaPss { hash, .. } => hash,
        }
    }

    /// Whether `signature` is one of `key` over `message`. Bytes that are no signature at all are
    /// none of this key either, and a key of another kind signs nothing with this algorithm.
    pub fn verify(self, key: &SubjectKey, message: &[u8], signature: &[u8]) -> bool {
        let digest = self.hash().digest(&[message]);
        match (self, key) {
            (Self::Ecdsa(_), SubjectKey::Ec(key)) => plain(key.curve().field_len(), signature)
                .is_some_and(|s| key.verify_prehash(&digest, &s).is_ok()),
            (Self::EcdsaPlain(_), SubjectKey::Ec(key)) => {
                key.verify_prehash(&digest, &Signature::from_plain(signature)).is_ok()
            }
            (Self::RsaPkcs1(hash), SubjectKey::Rsa(key)) => {
                full_length(signature, key.signature_len())
                    .is_some_and(|s| key.verify_pkcs1(hash, &digest, &s).is_ok())
            }
            (Self::RsaPss { hash, mgf_hash, salt_len }, SubjectKey::Rsa(key)) => {
                full_length(signature, key.signature_len())
                    .is_some_and(|s| key.verify_pss(hash, mgf_hash, salt_len, &digest, &s).is_ok())
            }
            _ => false,
        }
    }

    /// Whether keys of that kind sign with it.
    pub const fn is_for(self, key: &SubjectKey) -> bool {
        matches!(
            (self, key),
            (Self::Ecdsa(_) | Self::EcdsaPlain(_), SubjectKey::Ec(_))
                | (Self::RsaPkcs1(_) | Self::RsaPss { .. }, SubjectKey::Rsa(_))
        )
    }
}

impl std::fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ecdsa(hash) | Self::EcdsaPlain(hash) => write!(f, "ECDSA with {hash}"),
            Self::RsaPkcs1(hash) => write!(f, "RSA with {hash}"),
            Self::RsaPss { hash, .. } => write!(f, "RSA-PSS with {hash}"),
        }
    }
}

// SEQUENCE { r, s }: read generously, since some signers leave out the zero that keeps a number
// positive, and others add more of them.
fn plain(field_len: usize, der: &[u8]) -> Option<Signature> {
    let mut outer = Reader::new(der);
    let mut numbers = outer.expect(SEQUENCE).and_then(|s| s.children()).ok()?;
    outer.end().ok()?;
    let mut plain = Vec::with_capacity(2 * field_len);
    for _ in 0..2 {
        let number = numbers.expect(INTEGER).ok()?.value;
        plain.extend_from_slice(&full_length(number, field_len)?);
    }
    numbers.end().ok()?;
    Some(Signature::from_plain(plain))
}

// A number with as many bytes as expected: zeros before it are left out by some, added by others.
fn full_length(number: &[u8], len: usize) -> Option<Vec<u8>> {
    let start = number.iter().position(|b| *b != 0).unwrap_or(number.len());
    let digits = number.get(start..)?;
    let mut full = vec![0; len.checked_sub(digits.len())?];
    full.extend_from_slice(digits);
    Some(full)
}

/// The hash function with this identifier.
///
/// # Errors
/// [`PkiError::UnsupportedAlgorithm`], which says that it stands in `what`.
pub fn hash_of(what: &'static str, oid: Oid) -> Result<Hash, PkiError> {
    HASHES
        .into_iter()
        .find(|h| oid_of_hash(*h) == oid)
        .ok_or(PkiError::UnsupportedAlgorithm { what, oid })
}

const HASHES: [Hash; 5] = [Hash::Sha1, Hash::Sha224, Hash::Sha256, Hash::Sha384, Hash::Sha512];

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

    /// Whether both name one algorithm: parameters of NULL are as good as none (RFC 4055 clause
    /// 2.1, RFC 5754 clause 2).
    pub(super) fn same(&self, other: &Self) -> bool {
        let parameters = |a: &Self| a.parameters.filter(|p| !is_null(p)).map(|p| p.raw.to_vec());
        self.oid == other.oid && parameters(self) == parameters(other)
    }

    /// The signature algorithm. Some signers name only the kind of key, and the hash function
    /// nowhere but in `digest` beside it (RFC 5652 clause 10.1.2, RFC 3370 clause 3.2).
    pub(super) fn signature(
        &self,
        what: &'static str,
        digest: Option<Hash>,
    ) -> Result<SignatureAlgorithm, PkiError> {
        let unsupported = || PkiError::UnsupportedAlgorithm { what, oid: self.oid };
        let algorithm = match self.oid {
            oid::RSASSA_PSS => return self.pss(what, digest),
            oid::ECDSA_WITH_SPECIFIED => {
                let hash = self.parameters.ok_or_else(unsupported)?;
                return Ok(SignatureAlgorithm::Ecdsa(AlgorithmId::read(what, hash)?.hash(what)?));
            }
            oid::RSA_ENCRYPTION => SignatureAlgorithm::RsaPkcs1(digest.ok_or_else(unsupported)?),
            // With a curve in the parameters, as it would stand in a key.
            oid::EC_PUBLIC_KEY => {
                return digest.map(SignatureAlgorithm::Ecdsa).ok_or_else(unsupported);
            }
            oid::SHA1_WITH_RSA_OIW => SignatureAlgorithm::RsaPkcs1(Hash::Sha1),
            oid => HASHES
                .into_iter()
                .flat_map(|hash| {
                    [
                        SignatureAlgorithm::Ecdsa(hash),
                        SignatureAlgorithm::EcdsaPlain(hash),
                        SignatureAlgorithm::RsaPkcs1(hash),
                    ]
                })
                .find(|algorithm| algorithm.oid() == oid)
                .ok_or_else(unsupported)?,
        };
        match (algorithm, self.parameters) {
            // The curve, as it stands in the key already.
            (SignatureAlgorithm::Ecdsa(_), Some(p))
                if [OBJECT_IDENTIFIER, SEQUENCE].contains(&p.tag) => {}
            _ => self.no_parameters(what)?,
        }
        Ok(algorithm)
    }

    // RSASSA-PSS-params (RFC 8017 appendix A.2.3). What is left out has its default, and those
    // are those of 1998: SHA-1 and 20 bytes of salt. A signer that leaves all of them out, which
    // RFC 4055 clause 3.1 forbids, means the hash function that stands beside it.
    fn pss(
        &self,
        what: &'static str,
        digest: Option<Hash>,
    ) -> Result<SignatureAlgorithm, PkiError> {
        let structure = PkiError::tlv(what);
        let (mut hash, mut mgf_hash, mut salt_len) = (Hash::Sha1, Hash::Sha1, 20);
        let parameters = match self.parameters.filter(|p| !is_null(p)) {
            Some(parameters) => parameters.expect(SEQUENCE).and_then(|p| p.children()),
            None => {
                let hash = digest.unwrap_or(Hash::Sha1);
                let salt_len = hash.len();
                return Ok(SignatureAlgorithm::RsaPss { hash, mgf_hash: hash, salt_len });
            }
        };
        let mut before = None;
        for field in parameters.map_err(&structure)? {
            let field = field.map_err(&structure)?;
            if before.replace(field.tag).is_some_and(|tag| tag >= field.tag) {
                return Err(PkiError::value(what, "RSASSA-PSS parameters out of order"));
            }
            let mut inner = field.children().map_err(&structure)?;
            let value = inner.next().ok_or(TlvError::Missing { expected: SEQUENCE });
            let value = value.and_then(|v| v).map_err(&structure)?;
            inner.end().map_err(&structure)?;
            match field.tag {
                PSS_HASH => hash = AlgorithmId::read(what, value)?.hash(what)?,
                PSS_MASK => {
                    let mask = AlgorithmId::read(what, value)?;
                    let parameters = mask.parameters.filter(|_| mask.oid == oid::MGF1);
                    let parameters =
                        parameters.ok_or(PkiError::UnsupportedAlgorithm { what, oid: mask.oid })?;
                    mgf_hash = AlgorithmId::read(what, parameters)?.hash(what)?;
                }
                PSS_SALT => salt_len = usize::from(small(what, value)?),
                PSS_TRAILER if small(what, value)? == 1 => {}
                _ => return Err(PkiError::value(what, "unknown RSASSA-PSS parameters")),
            }
        }
        Ok(SignatureAlgorithm::RsaPss { hash, mgf_hash, salt_len })
    }

    /// The hash function, for digests.
    pub(super) fn hash(&self, what: &'static str) -> Result<Hash, PkiError> {
        self.no_parameters(what)?;
        hash_of(what, self.oid)
    }

    /// The hash function of signed data, where some signers name their signature algorithm.
    pub(super) fn digest(&self, what: &'static str) -> Result<Hash, PkiError> {
        let signed_with = || self.signature(what, None).ok().map(SignatureAlgorithm::hash);
        self.hash(what).or_else(|error| signed_with().ok_or(error))
    }

    // Absent, or NULL as many wrote it (RFC 5754 clause 2).
    fn no_parameters(&self, what: &'static str) -> Result<(), PkiError> {
        match self.parameters {
            None => Ok(()),
            Some(p) if is_null(&p) => Ok(()),
            Some(_) => Err(PkiError::value(what, "algorithm parameters where none belong")),
        }
    }
}

fn is_null(tlv: &Tlv<'_>) -> bool {
    tlv.tag == NULL && tlv.value.is_empty()
}

fn small(what: &'static str, tlv: Tlv<'_>) -> Result<u16, PkiError> {
    let value = tlv.expect(INTEGER).map_err(PkiError::tlv(what))?.value;
    match value {
        [n @ 0..=0x7F] => Ok(u16::from(*n)),
        [high @ 0..=0x7F, low] => Ok(u16::from_be_bytes([*high, *low])),
        _ => Err(PkiError::value(what, "a number out of range")),
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

// A hash function within RSASSA-PSS-params, with NULL as most write it.
fn write_digest(w: &mut Writer, hash: Hash) {
    w.constructed(SEQUENCE, |w| {
        w.primitive(OBJECT_IDENTIFIER, oid_of_hash(hash).as_bytes());
        w.primitive(NULL, &[]);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv::parse_one;

    fn read(hex_text: &str, digest: Option<Hash>) -> Result<SignatureAlgorithm, PkiError> {
        let bytes = hex::decode(hex_text.replace(' ', "")).unwrap();
        let tlv = parse_one(&bytes, SEQUENCE).map_err(PkiError::tlv("test"))?;
        AlgorithmId::read("test", tlv)?.signature("test", digest)
    }

    #[test]
    fn every_identifier_names_its_algorithm() {
        for hash in HASHES {
            for algorithm in [
                SignatureAlgorithm::Ecdsa(hash),
                SignatureAlgorithm::EcdsaPlain(hash),
                SignatureAlgorithm::RsaPkcs1(hash),
            ] {
                let mut w = Writer::new();
                write_algorithm(&mut w, algorithm.oid());
                assert_eq!(read(&hex::encode(w.finish()), None), Ok(algorithm));
            }
        }
        let rsa = "300d 06092a864886f70d010101 0500";
        assert_eq!(read(rsa, Some(Hash::Sha384)), Ok(SignatureAlgorithm::RsaPkcs1(Hash::Sha384)));
        assert!(matches!(read(rsa, None), Err(PkiError::UnsupportedAlgorithm { .. })));
        let specified = "3014 06072a8648ce3d0403 3009 06052b0e03021a 0500";
        assert_eq!(read(specified, None), Ok(SignatureAlgorithm::Ecdsa(Hash::Sha1)));
        // The curve of the key beside the algorithm.
        let curve = "3014 06082a8648ce3d040302 06082a8648ce3d030107";
        assert_eq!(read(curve, None), Ok(SignatureAlgorithm::Ecdsa(Hash::Sha256)));
        // A hash function by name, and by that of a signature with it; SHA-3 is none of ours.
        for (hex_text, expected) in [
            ("300b 0609608648016503040202", Some(Hash::Sha384)),
            ("300d 06092a864886f70d01010c 0500", Some(Hash::Sha384)),
            ("300a 06082a8648ce3d040301", Some(Hash::Sha224)),
            ("300b 0609608648016503040208", None),
        ] {
            let bytes = hex::decode(hex_text.replace(' ', "")).unwrap();
            let id = AlgorithmId::read("test", parse_one(&bytes, SEQUENCE).unwrap()).unwrap();
            assert_eq!(id.digest("test").ok(), expected, "{hex_text}");
        }
        // md5WithRSAEncryption; ecdsa-with-SHA256 with parameters of its own
        let md5 = "300d 06092a864886f70d010104 0500";
        assert!(matches!(read(md5, None), Err(PkiError::UnsupportedAlgorithm { .. })));
        let parameters = "300d 06082a8648ce3d040302 020101";
        assert!(matches!(read(parameters, None), Err(PkiError::Value { .. })));
    }

    #[test]
    fn parameters_of_pss_have_their_defaults_and_nothing_else() {
        let pss =
            |hash, mgf_hash, salt_len| Ok(SignatureAlgorithm::RsaPss { hash, mgf_hash, salt_len });
        let oid = "06092a864886f70d01010a";
        let old = pss(Hash::Sha1, Hash::Sha1, 20);
        assert_eq!(read(&format!("300b{oid}"), None), old);
        assert_eq!(read(&format!("300d{oid}0500"), None), old);
        assert_eq!(read(&format!("300d{oid}3000"), Some(Hash::Sha512)), old);
        for absent in [format!("300b{oid}"), format!("300d{oid}0500")] {
            let beside = pss(Hash::Sha512, Hash::Sha512, 64);
            assert_eq!(read(&absent, Some(Hash::Sha512)), beside);
        }
        let ours =
            SignatureAlgorithm::RsaPss { hash: Hash::Sha256, mgf_hash: Hash::Sha256, salt_len: 32 };
        let mut written = Writer::new();
        ours.write(&mut written);
        let written = hex::encode(written.finish());
        // As OpenSSL writes SHA-256 with MGF1 of the same and 32 bytes of salt.
        let sha256 = "300d0609608648016503040201 0500";
        let mgf = format!("301a06092a864886f70d010108{sha256}");
        let whole = format!("3041{oid}3034a00f{sha256}a11c{mgf}a203020120");
        assert_eq!(read(&whole, None), pss(Hash::Sha256, Hash::Sha256, 32));
        assert_eq!(written, whole.replace(' ', ""));
        assert_eq!(read(&format!("3012{oid}3005a203020100"), None), pss(Hash::Sha1, Hash::Sha1, 0));
        assert_eq!(read(&format!("3012{oid}3005a303020101"), None), old);
        for bad in [
            "3012{oid}3005a303020102",           // another trailer
            "3012{oid}3005a2030201ff",           // a negative salt
            "3014{oid}3007a20502030fffff",       // a salt of a megabyte
            "3017{oid}300aa203020120a203020120", // twice
            "3012{oid}3005a403020101",
            "300d{oid}0400",
            "300f{oid}3002a000",
        ] {
            assert!(read(&bad.replace("{oid}", oid), None).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_of_a_signature_may_have_too_few_or_too_many_zeros() {
        let hex = |text: &str| hex::decode(text).unwrap();
        let good = Some(Signature::from_plain([vec![0, 0xFF], vec![0, 1]].concat()));
        for der in ["3008020200ff02020001", "30060201ff020101", "3008020300 00ff020101"] {
            assert_eq!(plain(2, &hex(&der.replace(' ', ""))), good, "{der}");
        }
        for der in ["", "3000", "3003020101", "300602010102010100", "30080203010203020101"] {
            assert_eq!(plain(2, &hex(der)), None, "{der}");
        }
        assert_eq!(full_length(&[0; 5], 2), Some(vec![0, 0]));
    }
}
