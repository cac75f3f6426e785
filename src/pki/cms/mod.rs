//! Signed data (RFC 5652 clause 5, as ICAO Doc 9303-10 clause 4.6.2 uses it in EF.SOD).
//!
//! The structure is read with the lenient TLV reader, because cards write BER; what is signed is
//! taken from the bytes as they came. Only where the signed attributes are not DER as they stand,
//! their DER form is tried too, for it is what RFC 5652 clause 5.4 has signed.

mod build;
mod signer;

use time::UtcDateTime;

pub use build::Signer;
pub use signer::{SignerId, SignerInfo};

use self::signer::Attributes;
use super::algorithm::{INTEGER, SEQUENCE, SET, read_oid};
use super::x509::verify;
use super::{Certificate, Oid, PkiError, SignatureAlgorithm, ber, oid};
use crate::crypto::Hash;
use crate::tlv::{Limits, Mode, Reader, Tag, Tlv, TlvError};

const WHAT: &str = "signed data";
// Limits that no card comes near.
const MAX_CERTIFICATES: usize = 32;
const MAX_SIGNERS: usize = 32;

const SEQUENCE_OCTET: u8 = 0x30;
const SET_OCTET: u8 = 0x31;
const CONTEXT_0: Tag = Tag::new(0xA0);
const CONTEXT_1: Tag = Tag::new(0xA1);

/// A SignedData structure: read and bounded, not yet checked. [`SignedData::verify`] checks it.
#[derive(Clone, Debug)]
pub struct SignedData {
    content_type: Oid,
    content: Vec<u8>,
    certificates: Vec<Certificate>,
    /// Why an embedded certificate could not be read, the first of them.
    unread: Option<PkiError>,
    signers: Vec<SignerInfo>,
}

/// Signed data whose signature was checked: by whom it is, and how it was signed. Whether the
/// signer's certificate can be trusted is another question.
#[derive(Clone, Debug)]
pub struct Verified<'a> {
    /// The signer's certificate, which came with it.
    pub certificate: &'a Certificate,
    /// The type of the content, one of those that were allowed.
    pub content_type: Oid,
    /// The hash function over the content.
    pub digest: Hash,
    /// The algorithm of the signature.
    pub algorithm: SignatureAlgorithm,
    /// When the signer says that it signed (RFC 5652 clause 11.3).
    pub signing_time: Option<UtcDateTime>,
    /// The signer is named by another issuer, serial number or key than the certificate has.
    pub loosely_named: bool,
    /// The signature is over the content as it is, without signed attributes.
    pub bare: bool,
}

impl SignedData {
    /// Reads a ContentInfo that holds SignedData, and nothing behind it, of at most 1 MiB.
    /// Algorithms that are not known come to light when it is verified.
    ///
    /// # Errors
    /// What is wrong with the structure.
    pub fn parse(bytes: &[u8]) -> Result<Self, PkiError> {
        Self::parse_within(bytes, Limits::CARD)
    }

    pub(super) fn parse_within(bytes: &[u8], limits: Limits) -> Result<Self, PkiError> {
        let structure = PkiError::tlv(WHAT);
        if bytes.len() > limits.size {
            return Err(PkiError::TooMuch { what: WHAT, limit: limits.size, got: bytes.len() });
        }
        let mut outer = Reader::with(bytes, Mode::Lenient, limits);
        let info = outer.expect(SEQUENCE).map_err(&structure)?;
        outer.end().map_err(&structure)?;
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
        let (mut certificates, mut unread) = (Vec::new(), None);
        let mut signers = Vec::new();
        let mut next = fields.next().transpose().map_err(&structure)?;
        if let Some(set) = next.filter(|t| t.tag == CONTEXT_0) {
            // Other kinds of certificates than X.509 have other tags (RFC 5652 clause 10.2.2).
            let x509 = bounded(set, MAX_CERTIFICATES, "embedded certificates")?;
            for certificate in x509.into_iter().filter(|t| t.tag == SEQUENCE) {
                match Certificate::from_der(certificate.raw) {
                    Ok(certificate) => certificates.push(certificate),
                    Err(error) => unread = unread.or(Some(error)),
                }
            }
            next = fields.next().transpose().map_err(&structure)?;
        }
        if next.is_some_and(|t| t.tag == CONTEXT_1) {
            next = fields.next().transpose().map_err(&structure)?;
        }
        let infos = next.ok_or(TlvError::Missing { expected: SET }).map_err(&structure)?;
        let infos = infos.expect(SET).map_err(&structure)?;
        for info in bounded(infos, MAX_SIGNERS, "signers")? {
            signers.push(SignerInfo::read(info)?);
        }
        fields.end().map_err(&structure)?;
        Ok(Self { content_type, content, certificates, unread, signers })
    }

    /// The type of the content.
    pub const fn content_type(&self) -> Oid {
        self.content_type
    }

    /// The content, which is worth something only after [`Self::verify`].
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The certificates that came with it, those that could be read.
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
    /// As [`Self::verify_any`].
    pub fn verify(&self, content_type: Oid) -> Result<&Certificate, PkiError> {
        self.verify_any(&[content_type]).map(|verified| verified.certificate)
    }

    /// The same for content of one of several types, the first of which is the one expected.
    ///
    /// # Errors
    /// The first thing that is wrong, in the order: type, number of signers, certificate,
    /// algorithms, signed attributes, digest, signature.
    pub fn verify_any(&self, content_types: &[Oid]) -> Result<Verified<'_>, PkiError> {
        if !content_types.contains(&self.content_type) {
            let expected = content_types.first().copied().unwrap_or(oid::DATA);
            return Err(PkiError::ContentType { expected, got: self.content_type });
        }
        let [signer] = &self.signers[..] else {
            return Err(PkiError::SignerCount { got: self.signers.len() });
        };
        let named = self.certificates.iter().filter(|c| signer.id().names(c));
        let mut fault = None;
        for certificate in named {
            match self.verify_with(signer, certificate) {
                Ok(verified) => return Ok(verified),
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        if let Some(error) = fault {
            return Err(error);
        }
        // Some signers write the issuer's name or their number in another way than the certificate
        // does. It only serves to find the certificate; whose key fits the signature is the signer.
        let sole = self.certificates.len() == 1;
        let mut others: Vec<_> = self.certificates.iter().collect();
        others.sort_by_key(|c| !signer.id().has_serial_of(c));
        for certificate in others {
            match self.verify_with(signer, certificate) {
                Ok(verified) => return Ok(Verified { loosely_named: true, ..verified }),
                Err(PkiError::BadSignature { .. } | PkiError::WrongKey { .. }) => {}
                Err(error) if sole || signer.id().has_serial_of(certificate) => {
                    fault = fault.or(Some(error));
                }
                Err(_) => {}
            }
        }
        let signer = signer.id().to_string();
        let unknown = || PkiError::NoSignerCertificate { signer };
        Err(fault.or_else(|| self.unread.clone()).unwrap_or_else(unknown))
    }

    fn verify_with<'a>(
        &'a self,
        signer: &SignerInfo,
        certificate: &'a Certificate,
    ) -> Result<Verified<'a>, PkiError> {
        let digest = signer.digest()?;
        let algorithm = signer.algorithm()?;
        let key = certificate.subject_key()?;
        let by = || certificate.subject();
        let mut verified = Verified {
            certificate,
            content_type: self.content_type,
            digest,
            algorithm,
            signing_time: None,
            loosely_named: false,
            bare: false,
        };
        let Some(signed) = signer.signed_attributes() else {
            // RFC 5652 clause 5.3: any content type but id-data needs them, but early signers left
            // them out. A SET of them that some signature is over must not come back as content.
            let first = self.content.first().copied();
            let mistakable = if self.content_type == oid::DATA {
                first == Some(SET_OCTET)
            } else {
                first != Some(SEQUENCE_OCTET)
            };
            if mistakable {
                return Err(PkiError::Attribute {
                    attribute: "set of signed attributes",
                    detail: "is missing",
                });
            }
            verified.bare = true;
            verify(WHAT, by, &key, algorithm, &[&self.content], signer.signature())?;
            return Ok(verified);
        };
        let attributes = Attributes::read(signed)?;
        if attributes.content_type != self.content_type {
            let (expected, got) = (self.content_type, attributes.content_type);
            return Err(PkiError::ContentType { expected, got });
        }
        if attributes.message_digest != digest.digest(&[&self.content]) {
            return Err(PkiError::DigestMismatch);
        }
        let der = attributes.der.as_slice();
        verify(WHAT, by, &key, algorithm, &[signed, der], signer.signature())?;
        verified.signing_time = attributes.signing_time;
        Ok(verified)
    }
}

// EncapsulatedContentInfo; in EF.SOD the content is never elsewhere.
fn content(info: Tlv<'_>) -> Result<(Oid, Vec<u8>), PkiError> {
    const WHAT: &str = "encapsulated content";
    let structure = PkiError::tlv(WHAT);
    let mut fields = info.children().map_err(&structure)?;
    let content_type = read_oid(WHAT, &mut fields)?;
    let explicit = fields.expect(CONTEXT_0).map_err(&structure)?;
    fields.end().map_err(&structure)?;
    let mut explicit = explicit.children().map_err(&structure)?;
    let content = ber::octets(WHAT, next_of(&mut explicit).map_err(&structure)?)?;
    explicit.end().map_err(&structure)?;
    Ok((content_type, content))
}

/// The children of a set, as many as are allowed.
pub(super) fn bounded<'a>(
    set: Tlv<'a>,
    limit: usize,
    what: &'static str,
) -> Result<Vec<Tlv<'a>>, PkiError> {
    let all = set
        .children()
        .and_then(|children| children.take(limit + 1).collect::<Result<Vec<_>, _>>())
        .map_err(PkiError::tlv(what))?;
    if all.len() > limit {
        return Err(PkiError::TooMuch { what, limit, got: all.len() });
    }
    Ok(all)
}

fn next_of<'a>(fields: &mut Reader<'a>) -> Result<Tlv<'a>, TlvError> {
    fields.next().ok_or(TlvError::Missing { expected: SEQUENCE })?
}

#[cfg(test)]
mod tests;
