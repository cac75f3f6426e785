//! X.509 certificates (RFC 5280, ICAO Doc 9303-12 clause 7.1).
//!
//! They are read by the lenient TLV reader: what issuers of twenty years have signed is not all
//! DER, nor all as RFC 5280 has it (negative and padded serial numbers, times without seconds,
//! missing extensions). What is signed is taken from the bytes as they came.

mod build;
pub(super) mod extensions;
mod grant;
mod mobile;

use time::UtcDateTime;

pub use build::Profile;
pub use mobile::Contact;

use self::extensions::Extensions;
use super::algorithm::{AlgorithmId, BIT_STRING, INTEGER, SEQUENCE};
use super::{Name, Oid, PkiError, SignatureAlgorithm, SubjectKey, moment, pem, spki};
use crate::crypto::{Hash, PublicKey};
use crate::tlv::{self, Tag, Tlv, TlvError};

const WHAT: &str = "certificate";
// The longest known certificates of signing authorities take some 3 KiB.
const MAX_LEN: usize = 1 << 16;

/// A certificate: the bytes as they came, and what stands in them. Its signature is checked by
/// [`Certificate::verify_signature`] and its place in a chain by the caller.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: Vec<u8>,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    spki: Vec<u8>,
    algorithm: Result<SignatureAlgorithm, PkiError>,
    signature: Vec<u8>,
    validity: Validity,
    extensions: Extensions,
}

/// When a certificate is good, both ends included (RFC 5280 clause 4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub not_before: UtcDateTime,
    /// The last second.
    pub not_after: UtcDateTime,
}

impl Validity {
    /// Whether that moment lies inside.
    pub fn contains(&self, at: UtcDateTime) -> bool {
        // notAfter names a second, all of which is inside.
        self.not_before <= at && at.unix_timestamp() <= self.not_after.unix_timestamp()
    }
}

/// basicConstraints (RFC 5280 clause 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject may sign certificates.
    pub ca: bool,
    /// How many CAs may follow below it.
    pub path_len: Option<u8>,
}

/// The bits of keyUsage that matter here (RFC 5280 clause 4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    /// digitalSignature: may sign documents.
    pub digital_signature: bool,
    /// keyCertSign: may sign certificates.
    pub key_cert_sign: bool,
    /// cRLSign: may sign revocation lists.
    pub crl_sign: bool,
}

impl Certificate {
    /// Reads a certificate, and nothing behind it.
    ///
    /// # Errors
    /// What is wrong with the structure. Key and algorithm are not looked at yet, so that a
    /// certificate with unknown ones can at least be named.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > MAX_LEN {
            return Err(PkiError::TooMuch { what: WHAT, limit: MAX_LEN, got: der.len() });
        }
        let structure = PkiError::tlv(WHAT);
        let outer = tlv::parse_one(der, SEQUENCE).map_err(&structure)?;
        let mut parts = outer.children().map_err(&structure)?;
        let tbs = parts.expect(SEQUENCE).map_err(&structure)?;
        let outer_algorithm = parts.expect(SEQUENCE).map_err(&structure)?;
        let signature = whole_bytes(WHAT, parts.expect(BIT_STRING).map_err(&structure)?)?;
        parts.end().map_err(&structure)?;

        let mut fields = tbs.children().map_err(&structure)?;
        let mut next = || fields.next().ok_or(TlvError::Missing { expected: SEQUENCE })?;
        let mut serial = next().map_err(&structure)?;
        if serial.tag == VERSION {
            serial = next().map_err(&structure)?;
        }
        let serial = serial.expect(INTEGER).map_err(&structure)?.value.to_vec();
        let algorithm = next().and_then(|t| t.expect(SEQUENCE)).map_err(&structure)?;
        let issuer = Name::read(next().map_err(&structure)?)?;
        let validity = Validity::read(next().map_err(&structure)?)?;
        let subject = Name::read(next().map_err(&structure)?)?;
        let spki = next().and_then(|t| t.expect(SEQUENCE)).map_err(&structure)?.raw.to_vec();
        let mut extensions = Extensions::default();
        for field in fields {
            let field = field.map_err(&structure)?;
            match field.tag {
                ISSUER_UNIQUE_ID | SUBJECT_UNIQUE_ID => {}
                EXTENSIONS => {
                    let mut inner = field.children().map_err(&structure)?;
                    let list = inner.expect(SEQUENCE).map_err(&structure)?;
                    inner.end().map_err(&structure)?;
                    extensions = Extensions::read(WHAT, list)?;
                }
                got => {
                    return Err(structure(TlvError::UnexpectedTag { expected: EXTENSIONS, got }));
                }
            }
        }
        let algorithm = AlgorithmId::read(WHAT, algorithm)?;
        let outer_algorithm = AlgorithmId::read(WHAT, outer_algorithm)?;
        // Two ways to write one algorithm are one: defaults of RSASSA-PSS spelt out, say.
        let meant = |a: &AlgorithmId<'_>| a.signature(WHAT, None).ok();
        let same = algorithm.same(&outer_algorithm)
            || meant(&algorithm).is_some_and(|a| meant(&outer_algorithm) == Some(a));
        if !same {
            let (inner, outer) = (algorithm.oid, outer_algorithm.oid);
            return Err(PkiError::AlgorithmMismatch { inner, outer });
        }
        let algorithm = algorithm.signature(WHAT, None);
        Ok(Self {
            der: der.to_vec(),
            tbs: tbs.raw.to_vec(),
            serial,
            issuer,
            subject,
            spki,
            algorithm,
            signature,
            validity,
            extensions,
        })
    }

    /// Reads one certificate, DER or PEM (RFC 7468) whichever the bytes are.
    ///
    /// # Errors
    /// [`PkiError::Pem`] for text without exactly one certificate, or as [`Self::from_der`].
    pub fn from_pem_or_der(bytes: &[u8]) -> Result<Self, PkiError> {
        if bytes.first() == Some(&0x30) {
            return Self::from_der(bytes);
        }
        match <[_; 1]>::try_from(Self::all_from_pem(bytes)?) {
            Ok([one]) => Ok(one),
            Err(all) => Err(PkiError::Pem {
                detail: format!("one certificate expected, {} came", all.len()),
            }),
        }
    }

    /// Reads every certificate of a PEM text, at least one.
    ///
    /// # Errors
    /// [`PkiError::Pem`], or as [`Self::from_der`].
    pub fn all_from_pem(text: &[u8]) -> Result<Vec<Self>, PkiError> {
        let blocks = pem::blocks(text)?.into_iter().filter(|b| b.label == PEM_LABEL);
        let all = blocks.map(|b| Self::from_der(&b.der)).collect::<Result<Vec<_>, _>>()?;
        if all.is_empty() {
            return Err(PkiError::Pem { detail: "no CERTIFICATE block".into() });
        }
        Ok(all)
    }

    /// The whole certificate as it came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in PEM.
    pub fn to_pem(&self) -> String {
        pem::wrap(PEM_LABEL, &self.der)
    }

    /// SHA-256 of the whole certificate.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(&Hash::Sha256.digest(&[&self.der]));
        out
    }

    /// The subject's name in the form of RFC 4514.
    pub fn subject(&self) -> String {
        self.subject.to_string()
    }

    /// The issuer's name in the form of RFC 4514.
    pub fn issuer(&self) -> String {
        self.issuer.to_string()
    }

    /// The subject's name.
    pub const fn subject_name(&self) -> &Name {
        &self.subject
    }

    /// The issuer's name.
    pub const fn issuer_name(&self) -> &Name {
        &self.issuer
    }

    /// The subject's country code in capitals.
    pub fn country(&self) -> Option<String> {
        self.subject.country()
    }

    /// The serial number, big-endian, as it is encoded.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// Whether this is its serial number: leading zeros, which not everybody writes, do not count.
    pub fn has_serial(&self, serial: &[u8]) -> bool {
        significant(&self.serial) == significant(serial)
    }

    /// When it is good.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// When its private key may be used, where that is said (ICAO Doc 9303-12 clause 7.1.1).
    pub const fn private_key_usage(&self) -> (Option<UtcDateTime>, Option<UtcDateTime>) {
        self.extensions.private_key_usage
    }

    /// subjectKeyIdentifier (RFC 5280 clause 4.2.1.2).
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.extensions.subject_key_id.as_deref()
    }

    /// The keyIdentifier of authorityKeyIdentifier (RFC 5280 clause 4.2.1.1).
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.extensions.authority_key_id.as_deref()
    }

    /// basicConstraints; a certificate without them is none of a CA.
    pub const fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic_constraints
    }

    /// keyUsage; a certificate without it restricts nothing.
    pub const fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// extKeyUsage: what the key is good for, where that is said (RFC 5280 clause 4.2.1.12).
    pub fn purposes(&self) -> Option<&[Oid]> {
        self.extensions.purposes.as_deref()
    }

    /// A critical extension that is not understood here, which makes the certificate unusable
    /// (RFC 5280 clause 4.2).
    pub const fn unknown_critical_extension(&self) -> Option<Oid> {
        self.extensions.unknown_critical
    }

    /// Whether it is marked as ICAO Doc 9303-12 wants a CA marked: by its basicConstraints, and
    /// with keyCertSign where it has a keyUsage.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints().is_some_and(|b| b.ca)
            && self.key_usage().is_none_or(|u| u.key_cert_sign)
    }

    /// Whether it may stand above document signers. Several countries' link certificates and some
    /// of their CAs say that they are no CA, and that they sign certificates: the latter counts,
    /// for no document signer says so. A certificate that says nothing at all is believed where it
    /// signed itself.
    pub fn may_issue(&self) -> bool {
        match (self.key_usage(), self.basic_constraints()) {
            (Some(usage), _) => usage.key_cert_sign,
            (None, Some(constraints)) => constraints.ca,
            (None, None) => self.is_self_issued(),
        }
    }

    /// Whether subject and issuer have one name.
    pub fn is_self_issued(&self) -> bool {
        self.subject.same(&self.issuer)
    }

    /// The subject's key, of whichever kind.
    ///
    /// # Errors
    /// As [`SubjectKey::parse`].
    pub fn subject_key(&self) -> Result<SubjectKey, PkiError> {
        SubjectKey::parse(&self.spki)
    }

    /// The subject's key, which has to be one on an elliptic curve.
    ///
    /// # Errors
    /// As [`spki::parse`].
    pub fn public_key(&self) -> Result<PublicKey, PkiError> {
        spki::parse(&self.spki)
    }

    /// The algorithm that it is signed with.
    ///
    /// # Errors
    /// [`PkiError::UnsupportedAlgorithm`], or what is wrong with its parameters.
    pub fn signature_algorithm(&self) -> Result<SignatureAlgorithm, PkiError> {
        self.algorithm.clone()
    }

    /// Whether its issuer's name is the other's subject (RFC 5280 clause 7.1), and the key
    /// identifiers agree where both are there.
    pub fn names_as_issuer(&self, issuer: &Self) -> bool {
        self.key_id_agrees(issuer).unwrap_or(true) && self.issuer.same(&issuer.subject)
    }

    /// Whether its authorityKeyIdentifier is the other's: by key identifier, else by issuer and
    /// serial number; `None` where they say nothing that could be compared.
    pub fn key_id_agrees(&self, issuer: &Self) -> Option<bool> {
        if let (Some(a), Some(s)) = (self.authority_key_id(), issuer.subject_key_id()) {
            return Some(a == s);
        }
        let (name, serial) = self.extensions.authority_serial.as_ref()?;
        let named = name.as_ref().is_none_or(|name| name.same(&issuer.issuer));
        Some(named && issuer.has_serial(serial))
    }

    /// Checks the signature over the certificate with the issuer's key, and nothing else.
    ///
    /// # Errors
    /// [`PkiError::BadSignature`], a key that is too weak, an algorithm or key that is not
    /// supported or do not belong together, or what is wrong with the structure.
    pub fn verify_signature(&self, issuer: &Self) -> Result<(), PkiError> {
        let key = issuer.subject_key()?;
        let by = || issuer.subject();
        verify(WHAT, by, &key, self.signature_algorithm()?, &[&self.tbs], &self.signature)
    }

    /// Whether that DER name is its issuer's (RFC 5280 clause 7.1).
    pub(super) fn issuer_is(&self, der: &[u8]) -> bool {
        self.issuer.der() == der || Name::parse(der).is_ok_and(|other| self.issuer.same(&other))
    }
}

/// Checks a signature over the first of some messages that it fits: of signed attributes there may
/// be two forms.
pub(super) fn verify(
    what: &'static str,
    by: impl Fn() -> String,
    key: &SubjectKey,
    algorithm: SignatureAlgorithm,
    messages: &[&[u8]],
    signature: &[u8],
) -> Result<(), PkiError> {
    key.check_strength()?;
    if !algorithm.is_for(key) {
        return Err(PkiError::WrongKey { what, algorithm, key: key.to_string() });
    }
    if messages.iter().any(|message| algorithm.verify(key, message, signature)) {
        Ok(())
    } else {
        Err(PkiError::BadSignature { what, by: by() })
    }
}

/// The bytes of a BIT STRING.
pub(super) fn whole_bytes(what: &'static str, bits: Tlv<'_>) -> Result<Vec<u8>, PkiError> {
    match bits.value {
        [0, bytes @ ..] => Ok(bytes.to_vec()),
        _ => Err(PkiError::value(what, "the signature is no whole number of bytes")),
    }
}

/// A number without leading zeros.
pub(super) fn significant(serial: &[u8]) -> &[u8] {
    let start = serial.iter().position(|b| *b != 0).unwrap_or(serial.len());
    &serial[start..]
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject())
            .field("issuer", &self.issuer())
            .field("serial", &hex::encode(self.serial()))
            .finish_non_exhaustive()
    }
}

const PEM_LABEL: &str = "CERTIFICATE";
const VERSION: Tag = Tag::new(0xA0);
const ISSUER_UNIQUE_ID: Tag = Tag::new(0x81);
const SUBJECT_UNIQUE_ID: Tag = Tag::new(0x82);
const EXTENSIONS: Tag = Tag::new(0xA3);

impl Validity {
    fn read(tlv: Tlv<'_>) -> Result<Self, PkiError> {
        let structure = PkiError::tlv(WHAT);
        let mut times = tlv.expect(SEQUENCE).and_then(|t| t.children()).map_err(&structure)?;
        let mut next = || {
            let time = times.next().ok_or(TlvError::Missing { expected: moment::UTC_TIME });
            moment::read(WHAT, time.and_then(|t| t).map_err(&structure)?)
        };
        let (not_before, not_after) = (next()?, next()?);
        times.end().map_err(&structure)?;
        Ok(Self { not_before, not_after })
    }
}

#[cfg(test)]
mod tests;
