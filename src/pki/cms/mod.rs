//! Signed data (RFC 5652 clause 5, as ICAO Doc 9303-10 clause 4.6.2 uses it in EF.SOD).
//!
//! The structure is read with the lenient TLV reader, because cards write BER; what is signed is
//! taken from the bytes as they came and never encoded again.

mod build;

pub use build::Signer;

use super::algorithm::{
    AlgorithmId, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, read_oid,
};
use super::{Certificate, Oid, PkiError, SignatureAlgorithm, oid};
use crate::crypto::Hash;
use crate::tlv::{self, Reader, Tag, Tlv, Writer};

const WHAT: &str = "signed data";
// Limits that no card comes near.
const MAX_LEN: usize = 1 << 20;
const MAX_CERTIFICATES: usize = 32;
const MAX_SIGNERS: usize = 32;
const MAX_ATTRIBUTES: usize = 64;

const CONTEXT_0: Tag = Tag::new(0xA0);
const CONTEXT_1: Tag = Tag::new(0xA1);
const PRIMITIVE_0: Tag = Tag::new(0x80);
const CONSTRUCTED_OCTET_STRING: Tag = Tag::new(0x24);

/// A SignedData structure: read and bounded, not yet checked. [`SignedData::verify`] checks it.
#[derive(Clone, Debug)]
pub struct SignedData {
    content_type: Oid,
    content: Vec<u8>,
    certificates: Vec<Certificate>,
    signers: Vec<SignerInfo>,
}

/// One signer of it.
#[derive(Clone, Debug)]
pub struct SignerInfo {
    id: SignerId,
    digest: Result<Hash, PkiError>,
    algorithm: Result<SignatureAlgorithm, PkiError>,
    /// The signed attributes as on the card, but with the tag of a SET, as they are signed
    /// (RFC 5652 clause 5.4).
    signed_attributes: Option<Vec<u8>>,
    signature: Vec<u8>,
}

/// How a signer's certificate is named (RFC 5652 clause 5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignerId {
    /// By its issuer's name and its serial number.
    IssuerAndSerial {
        /// The issuer's name, DER.
        issuer: Vec<u8>,
        /// The serial number as it is encoded.
        serial: Vec<u8>,
    },
    /// By its subjectKeyIdentifier.
    SubjectKeyId(Vec<u8>),
}

impl SignedData {
    /// Reads a ContentInfo that holds SignedData, and nothing behind it. Algorithms that are not
    /// known come to light when it is verified.
    ///
    /// # Errors
    /// What is wrong with the structure.
    pub fn parse(bytes: &[u8]) -> Result<Self, PkiError> {
        let structure = PkiError::tlv(WHAT);
        if bytes.len() > MAX_LEN {
            return Err(PkiError::TooMuch { what: WHAT, limit: MAX_LEN, got: bytes.len() });
        }
        let info = tlv::parse_one(bytes, SEQUENCE).map_err(&structure)?;
        let mut fields = info.children().map_err(&structure)?;
        let kind = read_oid(WHAT, &mut fields)?;
        if kind != oid::SIGNED_DATA {
            return Err(PkiError::ContentType { expected: oid::SIGNED_DATA, got: kind });
        }
        let explicit = fields.expect(CONTEXT_0).map_err(&structure)?;
        fields.end().map_err(&structure)?;
        let mut explicit = explicit.children().map_err(&structure)?;
        let signed_data = explicit.expect(SEQUENCE).map_err(&structure)?;
        explicit.end().map_err(&structure)?;

        let mut fields = signed_data.children().map_err(&structure)?;
        fields.expect(INTEGER).map_err(&structure)?;
        fields.expect(SET).map_err(&structure)?;
        let (content_type, content) = content(fields.expect(SEQUENCE).map_err(&structure)?)?;
        let mut certificates = Vec::new();
        let mut signers = Vec::new();
        let mut next = fields.next().transpose().map_err(&structure)?;
        if let Some(set) = next.filter(|t| t.tag == CONTEXT_0) {
            for certificate in bounded(set, MAX_CERTIFICATES, "embedded certificates")? {
                certificates.push(Certificate::from_der(certificate.raw)?);
            }
            next = fields.next().transpose().map_err(&structure)?;
        }
        if next.is_some_and(|t| t.tag == CONTEXT_1) {
            next = fields.next().transpose().map_err(&structure)?;
        }
        let infos = next.ok_or(tlv::TlvError::Missing { expected: SET }).map_err(&structure)?;
        let infos = infos.expect(SET).map_err(&structure)?;
        for info in bounded(infos, MAX_SIGNERS, "signers")? {
            signers.push(SignerInfo::read(info)?);
        }
        fields.end().map_err(&structure)?;
        Ok(Self { content_type, content, certificates, signers })
    }

    /// The type of the content.
    pub const fn content_type(&self) -> Oid {
        self.content_type
    }

    /// The content, which is worth something only after [`Self::verify`].
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The certificates that came with it.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Its signers.
    pub fn signers(&self) -> &[SignerInfo] {
        &self.signers
    }

    /// Checks that this is content of that type, signed by exactly one signer whose certificate
    /// came with it (RFC 5652 clauses 5.4 to 5.6), and returns that certificate. Whether the
    /// certificate can be trusted is another question.
    ///
    /// # Errors
    /// The first thing that is wrong, in the order: type, number of signers, certificate,
    /// algorithms, signed attributes, digest, signature.
    pub fn verify(&self, content_type: Oid) -> Result<&Certificate, PkiError> {
        if self.content_type != content_type {
            return Err(PkiError::ContentType { expected: content_type, got: self.content_type });
        }
        let [signer] = &self.signers[..] else {
            return Err(PkiError::SignerCount { got: self.signers.len() });
        };
        let certificate = self.certificates.iter().find(|c| signer.id.names(c));
        let certificate = certificate
            .ok_or_else(|| PkiError::NoSignerCertificate { signer: signer.id.to_string() })?;
        let digest = signer.digest.clone()?;
        let algorithm = signer.algorithm.clone()?;
        // RFC 5652 clause 5.3: any content type but id-data needs them.
        let signed = signer.signed_attributes.as_deref().ok_or(PkiError::Attribute {
            attribute: "set of signed attributes",
            detail: "is missing",
        })?;
        let attributes = Attributes::read(signed)?;
        if attributes.content_type != content_type {
            return Err(PkiError::ContentType {
                expected: content_type,
                got: attributes.content_type,
            });
        }
        if attributes.message_digest != digest.digest(&[&self.content]) {
            return Err(PkiError::DigestMismatch);
        }
        if !algorithm.verify(&certificate.public_key()?, signed, &signer.signature) {
            return Err(PkiError::BadSignature { what: WHAT, by: certificate.subject() });
        }
        Ok(certificate)
    }
}

impl SignerInfo {
    /// How its certificate is named.
    pub const fn id(&self) -> &SignerId {
        &self.id
    }

    fn read(info: Tlv<'_>) -> Result<Self, PkiError> {
        let structure = PkiError::tlv("signer info");
        let info = info.expect(SEQUENCE).map_err(&structure)?;
        let mut fields = info.children().map_err(&structure)?;
        fields.expect(INTEGER).map_err(&structure)?;
        let id = fields.next().ok_or(tlv::TlvError::Missing { expected: SEQUENCE });
        let id = SignerId::read(id.and_then(|t| t).map_err(&structure)?)?;
        let digest = fields.expect(SEQUENCE).map_err(&structure)?;
        let digest = AlgorithmId::read("digest algorithm", digest)?.hash("digest algorithm");
        let mut next = fields.expect_any().map_err(&structure)?;
        let mut signed_attributes = None;
        if next.tag == CONTEXT_0 {
            signed_attributes = Some(as_set(next));
            next = fields.expect_any().map_err(&structure)?;
        }
        let algorithm = AlgorithmId::read("signature algorithm", next)?;
        let algorithm = algorithm.signature("signature algorithm");
        let signature = octets(fields.expect_any().map_err(&structure)?)?;
        // Unsigned attributes say nothing that anybody vouches for.
        if let Some(unsigned) = fields.next() {
            unsigned.and_then(|t| t.expect(CONTEXT_1)).map_err(&structure)?;
        }
        fields.end().map_err(&structure)?;
        Ok(Self { id, digest, algorithm, signed_attributes, signature })
    }
}

impl SignerId {
    fn read(tlv: Tlv<'_>) -> Result<Self, PkiError> {
        let structure = PkiError::tlv("signer identifier");
        if tlv.tag == PRIMITIVE_0 {
            return Ok(Self::SubjectKeyId(tlv.value.to_vec()));
        }
        let tlv = tlv.expect(SEQUENCE).map_err(&structure)?;
        let mut fields = tlv.children().map_err(&structure)?;
        let issuer = fields.expect(SEQUENCE).map_err(&structure)?.raw.to_vec();
        let serial = fields.expect(INTEGER).map_err(&structure)?.value.to_vec();
        fields.end().map_err(&structure)?;
        Ok(Self::IssuerAndSerial { issuer, serial })
    }

    /// Whether that certificate is the one named.
    pub fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                certificate.serial() == serial && certificate.issuer_is(issuer)
            }
            Self::SubjectKeyId(id) => certificate.subject_key_id() == Some(id),
        }
    }
}

impl std::fmt::Display for SignerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::IssuerAndSerial { serial, .. } => {
                write!(f, "with serial number {}", hex::encode(serial))
            }
            Self::SubjectKeyId(id) => write!(f, "with key identifier {}", hex::encode(id)),
        }
    }
}

struct Attributes<'a> {
    content_type: Oid,
    message_digest: &'a [u8],
}

impl<'a> Attributes<'a> {
    fn read(set: &'a [u8]) -> Result<Self, PkiError> {
        const WHAT: &str = "signed attributes";
        let set = tlv::parse_one(set, SET).map_err(PkiError::tlv(WHAT))?;
        let (mut content_type, mut message_digest) = (None, None);
        for attribute in bounded(set, MAX_ATTRIBUTES, WHAT)? {
            let attribute = attribute.expect(SEQUENCE).map_err(PkiError::tlv(WHAT))?;
            let mut fields = attribute.children().map_err(PkiError::tlv(WHAT))?;
            let (slot, name, tag) = match read_oid(WHAT, &mut fields)? {
                oid::CONTENT_TYPE => (&mut content_type, "contentType", OBJECT_IDENTIFIER),
                oid::MESSAGE_DIGEST => (&mut message_digest, "messageDigest", OCTET_STRING),
                _ => continue,
            };
            let mut values =
                fields.expect(SET).and_then(|s| s.children()).map_err(PkiError::tlv(WHAT))?;
            let value = values.expect(tag).map_err(PkiError::tlv(WHAT))?.value;
            if values.end().is_err() {
                return Err(PkiError::Attribute { attribute: name, detail: "has several values" });
            }
            if slot.replace(value).is_some() {
                return Err(PkiError::Attribute { attribute: name, detail: "stands twice" });
            }
        }
        let missing = |attribute| move || PkiError::Attribute { attribute, detail: "is missing" };
        let content_type = content_type.ok_or_else(missing("contentType"))?;
        Ok(Self {
            content_type: Oid::from_bytes(content_type).map_err(|e| PkiError::value(WHAT, e))?,
            message_digest: message_digest.ok_or_else(missing("messageDigest"))?,
        })
    }
}

// EncapsulatedContentInfo; in EF.SOD the content is never elsewhere.
fn content(info: Tlv<'_>) -> Result<(Oid, Vec<u8>), PkiError> {
    let structure = PkiError::tlv("encapsulated content");
    let mut fields = info.children().map_err(&structure)?;
    let content_type = read_oid("encapsulated content", &mut fields)?;
    let explicit = fields.expect(CONTEXT_0).map_err(&structure)?;
    fields.end().map_err(&structure)?;
    let mut explicit = explicit.children().map_err(&structure)?;
    let content = octets(explicit.expect_any().map_err(&structure)?)?;
    explicit.end().map_err(&structure)?;
    Ok((content_type, content))
}

// An OCTET STRING, in one piece or in the segments that BER allows (X.690 clause 8.7.3).
fn octets(tlv: Tlv<'_>) -> Result<Vec<u8>, PkiError> {
    if tlv.tag != CONSTRUCTED_OCTET_STRING {
        return Ok(tlv.expect(OCTET_STRING).map_err(PkiError::tlv(WHAT))?.value.to_vec());
    }
    let mut all = Vec::with_capacity(tlv.value.len());
    for segment in tlv.children().map_err(PkiError::tlv(WHAT))? {
        let segment = segment.and_then(|s| s.expect(OCTET_STRING)).map_err(PkiError::tlv(WHAT))?;
        all.extend_from_slice(segment.value);
    }
    Ok(all)
}

// What is signed: the attributes byte for byte as they came, under the header that DER gives a SET
// instead of that of [0] IMPLICIT.
fn as_set(attributes: Tlv<'_>) -> Vec<u8> {
    let mut w = Writer::new();
    w.primitive(SET, attributes.value);
    w.finish()
}

fn bounded<'a>(set: Tlv<'a>, limit: usize, what: &'static str) -> Result<Vec<Tlv<'a>>, PkiError> {
    let all = set
        .children()
        .and_then(|children| children.take(limit + 1).collect::<Result<Vec<_>, _>>())
        .map_err(PkiError::tlv(what))?;
    if all.len() > limit {
        return Err(PkiError::TooMuch { what, limit, got: all.len() });
    }
    Ok(all)
}

trait ExpectAny<'a> {
    fn expect_any(&mut self) -> Result<Tlv<'a>, tlv::TlvError>;
}

impl<'a> ExpectAny<'a> for Reader<'a> {
    fn expect_any(&mut self) -> Result<Tlv<'a>, tlv::TlvError> {
        self.next().ok_or(tlv::TlvError::Missing { expected: SEQUENCE })?
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::crypto::{Curve, SecretKey, SeededRng};
    use crate::pki::{DistinguishedName, Profile};

    const TYPE: Oid = oid::LDS_SECURITY_OBJECT;

    fn signer(label: &str) -> (SecretKey, Certificate) {
        let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"cms", label));
        let profile = Profile {
            subject: DistinguishedName::new("KR", "TEST", format!("TEST {label}")),
            serial: vec![0x81, 2],
            not_before: utc_datetime!(2025-01-01 0:00),
            not_after: utc_datetime!(2035-01-01 0:00),
        };
        let certificate = profile.csca(&key).unwrap();
        (key, certificate)
    }

    fn sign(label: &str) -> Vec<u8> {
        let (key, certificate) = signer(label);
        SignedData::sign(TYPE, b"the content", &Signer { certificate: &certificate, key: &key })
            .unwrap()
    }

    // Rewrites the data object at a path of child numbers, lengths above it adjusted.
    fn rewrite(tlv: &[u8], path: &[usize], edit: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let Some((&index, path)) = path.split_first() else { return edit(tlv) };
        let outer = Reader::new(tlv).next().unwrap().unwrap();
        let mut w = Writer::new();
        w.constructed(outer.tag, |w| {
            for (i, child) in outer.children().unwrap().enumerate() {
                let raw = child.unwrap().raw;
                w.raw(&if i == index { rewrite(raw, path, edit) } else { raw.to_vec() });
            }
        });
        w.finish()
    }

    const CERTIFICATES: [usize; 3] = [1, 0, 3];
    const SIGNERS: [usize; 3] = [1, 0, 4];
    const ATTRIBUTES: [usize; 5] = [1, 0, 4, 0, 3];

    fn verify(cms: &[u8]) -> Result<Certificate, PkiError> {
        SignedData::parse(cms)?.verify(TYPE).cloned()
    }

    #[test]
    fn signing_is_repeatable_and_verifies() {
        let cms = sign("a");
        assert_eq!(cms, sign("a"));
        assert_eq!(verify(&cms).unwrap(), signer("a").1);
        assert_eq!(SignedData::parse(&cms).unwrap().content(), b"the content");
        assert_eq!(
            SignedData::parse(&cms).unwrap().verify(oid::SIGNED_DATA),
            Err(PkiError::ContentType { expected: oid::SIGNED_DATA, got: TYPE })
        );
        let (key, certificate) = (signer("b").0, signer("a").1);
        let by = Signer { certificate: &certificate, key: &key };
        assert!(SignedData::sign(TYPE, b"", &by).is_err());
    }

    #[test]
    fn every_flipped_bit_of_what_is_signed_is_noticed() {
        let cms = sign("a");
        let content = cms.windows(11).position(|w| w == b"the content").unwrap();
        for at in 0..cms.len() {
            let mut bad = cms.clone();
            bad[at] ^= 1 << (at % 8);
            let result = verify(&bad);
            if (content..content + 11).contains(&at) {
                assert_eq!(result, Err(PkiError::DigestMismatch));
            } else if let Ok(certificate) = result {
                // What nobody signs may change: version numbers, the list of digest algorithms.
                // The certificate's own signature is the chain's business.
                assert!(certificate.public_key() == signer("a").1.public_key(), "byte {at}");
            }
            assert!(verify(&cms[..at]).is_err());
        }
    }

    #[test]
    fn one_signer_no_more_no_less() {
        let cms = sign("a");
        let two = rewrite(&cms, &SIGNERS, &|set| {
            let info = &tlv::parse_one(set, SET).unwrap().value;
            let mut w = Writer::new();
            w.primitive(SET, &[*info, *info].concat());
            w.finish()
        });
        assert_eq!(verify(&two), Err(PkiError::SignerCount { got: 2 }));
        let none = rewrite(&cms, &SIGNERS, &|_| vec![0x31, 0]);
        assert_eq!(verify(&none), Err(PkiError::SignerCount { got: 0 }));
    }

    #[test]
    fn the_signer_is_found_among_the_certificates_or_not_at_all() {
        let cms = sign("a");
        let other = signer("b").1;
        let swapped = rewrite(&cms, &CERTIFICATES, &|_| {
            let mut w = Writer::new();
            w.primitive(CONTEXT_0, other.der());
            w.finish()
        });
        assert!(matches!(verify(&swapped), Err(PkiError::NoSignerCertificate { .. })));
        let both = rewrite(&cms, &CERTIFICATES, &|set| {
            let mut w = Writer::new();
            w.primitive(CONTEXT_0, &[other.der(), &set[4..]].concat());
            w.finish()
        });
        assert_eq!(verify(&both).unwrap(), signer("a").1);
        // Named by key identifier instead.
        let id = other.subject_key_id().unwrap();
        let by_key = |id: &[u8]| {
            rewrite(&cms, &[1, 0, 4, 0, 1], &|_| {
                let mut w = Writer::new();
                w.primitive(PRIMITIVE_0, id);
                w.finish()
            })
        };
        assert!(matches!(verify(&by_key(id)), Err(PkiError::NoSignerCertificate { .. })));
        let own = signer("a").1;
        assert_eq!(verify(&by_key(own.subject_key_id().unwrap())).unwrap(), own);
    }

    #[test]
    fn signed_attributes_are_there_once_and_right() {
        let cms = sign("a");
        let attribute = |name| PkiError::Attribute { attribute: name, detail: "stands twice" };
        let doubled = rewrite(&cms, &ATTRIBUTES, &|set| {
            let value = tlv::parse_one(set, CONTEXT_0).unwrap().value;
            let mut w = Writer::new();
            w.primitive(CONTEXT_0, &[value, value].concat());
            w.finish()
        });
        assert_eq!(verify(&doubled), Err(attribute("contentType")));
        let empty = rewrite(&cms, &ATTRIBUTES, &|_| vec![0xA0, 0]);
        assert!(matches!(verify(&empty), Err(PkiError::Attribute { detail: "is missing", .. })));
        let gone = rewrite(&cms, &[1, 0, 4, 0], &|info| {
            let info = tlv::parse_one(info, SEQUENCE).unwrap();
            let mut w = Writer::new();
            w.constructed(SEQUENCE, |w| {
                for field in info.children().unwrap().map(Result::unwrap) {
                    if field.tag != CONTEXT_0 {
                        w.raw(field.raw);
                    }
                }
            });
            w.finish()
        });
        assert!(matches!(verify(&gone), Err(PkiError::Attribute { detail: "is missing", .. })));
        // Reordered attributes are other bytes, whatever a second encoding would make of them.
        let turned = rewrite(&cms, &ATTRIBUTES, &|set| {
            let set = tlv::parse_one(set, CONTEXT_0).unwrap();
            let mut all: Vec<_> = set.children().unwrap().map(|t| t.unwrap().raw).collect();
            all.reverse();
            let mut w = Writer::new();
            w.primitive(CONTEXT_0, &all.concat());
            w.finish()
        });
        assert!(matches!(verify(&turned), Err(PkiError::BadSignature { .. })));
    }

    #[test]
    fn unknown_algorithms_are_named() {
        let cms = sign("a");
        for (path, algorithm) in [
            ([1, 0, 4, 0, 2], "1.3.14.3.2.26"),         // digest: SHA-1
            ([1, 0, 4, 0, 4], "1.2.840.10045.4.1"),     // ecdsa-with-SHA1
            ([1, 0, 4, 0, 4], "1.2.840.113549.1.1.10"), // RSASSA-PSS
        ] {
            let algorithm = Oid::new_unwrap(algorithm);
            let bad = rewrite(&cms, &path, &|_| {
                let mut w = Writer::new();
                super::super::algorithm::write_algorithm(&mut w, algorithm);
                w.finish()
            });
            let error = verify(&bad).unwrap_err();
            let PkiError::UnsupportedAlgorithm { oid, .. } = error else { panic!("{error}") };
            assert_eq!(oid, algorithm);
        }
    }

    #[test]
    fn ber_lengths_and_segments_are_read_as_they_are_meant() {
        // Indefinite lengths around, and the content in two segments.
        let cms = sign("a");
        let segmented = rewrite(&cms, &[1, 0, 2, 1, 0], &|_| {
            let mut ber = vec![0x24, 0x80, 4, 4];
            ber.extend_from_slice(b"the ");
            ber.extend_from_slice(&[4, 7]);
            ber.extend_from_slice(b"content");
            ber.extend_from_slice(&[0, 0]);
            ber
        });
        let outer = tlv::parse_one(&segmented, SEQUENCE).unwrap().value;
        let ber = [&[0x30, 0x80], outer, &[0, 0]].concat();
        assert_eq!(verify(&ber).unwrap(), signer("a").1);
    }
}
