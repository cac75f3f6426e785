//! Who signed, over what, and with what (RFC 5652 clause 5.3).

use time::UtcDateTime;

use super::super::algorithm::{
    AlgorithmId, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, read_oid,
};
use super::super::{Certificate, Oid, PkiError, SignatureAlgorithm, ber, moment, oid};
use super::{CONTEXT_0, CONTEXT_1, bounded, next_of};
use crate::crypto::Hash;
use crate::tlv::{self, Tag, Tlv, Writer};

const MAX_ATTRIBUTES: usize = 64;
const PRIMITIVE_0: Tag = Tag::new(0x80);

/// One signer of signed data.
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

impl SignerInfo {
    /// How its certificate is named.
    pub const fn id(&self) -> &SignerId {
        &self.id
    }

    pub(super) fn digest(&self) -> Result<Hash, PkiError> {
        self.digest.clone()
    }

    pub(super) fn algorithm(&self) -> Result<SignatureAlgorithm, PkiError> {
        self.algorithm.clone()
    }

    pub(super) fn signed_attributes(&self) -> Option<&[u8]> {
        self.signed_attributes.as_deref()
    }

    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }

    pub(super) fn read(info: Tlv<'_>) -> Result<Self, PkiError> {
        let structure = PkiError::tlv("signer info");
        let info = info.expect(SEQUENCE).map_err(&structure)?;
        let mut fields = info.children().map_err(&structure)?;
        fields.expect(INTEGER).map_err(&structure)?;
        let id = SignerId::read(next_of(&mut fields).map_err(&structure)?)?;
        let digest = fields.expect(SEQUENCE).map_err(&structure)?;
        let digest = AlgorithmId::read("digest algorithm", digest)?.digest("digest algorithm");
        let mut next = next_of(&mut fields).map_err(&structure)?;
        let mut signed_attributes = None;
        if next.tag == CONTEXT_0 {
            signed_attributes = Some(as_set(next));
            next = next_of(&mut fields).map_err(&structure)?;
        }
        let algorithm = AlgorithmId::read("signature algorithm", next)?;
        let algorithm = algorithm.signature("signature algorithm", digest.as_ref().ok().copied());
        let signature = ber::octets("signature", next_of(&mut fields).map_err(&structure)?)?;
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
        // [0] around an OCTET STRING, as some take the standard.
        if tlv.tag == CONTEXT_0 {
            let id = tlv.need(OCTET_STRING).map_err(&structure)?;
            return Ok(Self::SubjectKeyId(id.value.to_vec()));
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
            Self::IssuerAndSerial { issuer, .. } => {
                self.has_serial_of(certificate) && certificate.issuer_is(issuer)
            }
            Self::SubjectKeyId(id) => certificate.subject_key_id() == Some(id),
        }
    }

    pub(super) fn has_serial_of(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { serial, .. } => certificate.has_serial(serial),
            Self::SubjectKeyId(_) => false,
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

/// What the signed attributes say.
pub(super) struct Attributes {
    pub(super) content_type: Oid,
    pub(super) message_digest: Vec<u8>,
    pub(super) signing_time: Option<UtcDateTime>,
    /// The whole set in DER.
    pub(super) der: Vec<u8>,
}

impl Attributes {
    pub(super) fn read(set: &[u8]) -> Result<Self, PkiError> {
        const WHAT: &str = "signed attributes";
        let structure = PkiError::tlv(WHAT);
        let set = tlv::parse_one(set, SET).map_err(&structure)?;
        let (mut content_type, mut message_digest, mut signing_time) = (None, None, None);
        for attribute in bounded(set, MAX_ATTRIBUTES, WHAT)? {
            let attribute = attribute.expect(SEQUENCE).map_err(&structure)?;
            let mut fields = attribute.children().map_err(&structure)?;
            let (slot, name) = match read_oid(WHAT, &mut fields)? {
                oid::CONTENT_TYPE => (&mut content_type, "contentType"),
                oid::MESSAGE_DIGEST => (&mut message_digest, "messageDigest"),
                oid::SIGNING_TIME => (&mut signing_time, "signingTime"),
                _ => continue,
            };
            let mut values = fields.expect(SET).and_then(|s| s.children()).map_err(&structure)?;
            let value = next_of(&mut values).map_err(&structure)?;
            if values.end().is_err() {
                return Err(PkiError::Attribute { attribute: name, detail: "has several values" });
            }
            if slot.replace(value).is_some() {
                return Err(PkiError::Attribute { attribute: name, detail: "stands twice" });
            }
        }
        let missing = |attribute| move || PkiError::Attribute { attribute, detail: "is missing" };
        let content_type = content_type.ok_or_else(missing("contentType"))?;
        let content_type = content_type.expect(OBJECT_IDENTIFIER).map_err(&structure)?.value;
        let message_digest = message_digest.ok_or_else(missing("messageDigest"))?;
        Ok(Self {
            content_type: Oid::from_bytes(content_type).map_err(|e| PkiError::value(WHAT, e))?,
            message_digest: ber::octets("messageDigest", message_digest)?,
            // A time that nobody can read says nothing, and makes nothing else wrong.
            signing_time: signing_time.and_then(|time| moment::read("signingTime", time).ok()),
            der: ber::to_der(set).map_err(&structure)?,
        })
    }
}

// What is signed: the attributes byte for byte as they came, under the header that DER gives a SET
// instead of that of [0] IMPLICIT.
fn as_set(attributes: Tlv<'_>) -> Vec<u8> {
    let mut w = Writer::new();
    w.primitive(SET, attributes.value);
    w.finish()
}
