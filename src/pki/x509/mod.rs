//! X.509 certificates (RFC 5280, ICAO Doc 9303-12 clause 7.1).

mod build;

use std::ops::Range;

use der::Decode;
use time::UtcDateTime;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix;
use x509_cert::name::Name;

pub use build::Profile;

use super::algorithm::{AlgorithmId, BIT_STRING, INTEGER, SEQUENCE};
use super::{Oid, PkiError, name, oid, spki};
use crate::crypto::{Hash, PublicKey};
use crate::tlv::{self, Tag};

const WHAT: &str = "certificate";
// The longest known certificates of signing authorities take some 3 KiB.
const MAX_LEN: usize = 1 << 16;

/// A certificate: the bytes as they came, and what stands in them. Its signature is checked by
/// [`Certificate::verify_signature`] and its place in a chain by the caller.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: Range<usize>,
    issuer: Range<usize>,
    spki: Range<usize>,
    inner: CertificateInner<Raw>,
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

#[derive(Clone, Default)]
struct Extensions {
    subject_key_id: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    unknown_critical: Option<Oid>,
}

impl Certificate {
    /// Reads a DER certificate, and nothing behind it.
    ///
    /// # Errors
    /// What is wrong with the structure. The key is not looked at yet, so that a certificate with
    /// an unknown key can at least be named.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > MAX_LEN {
            return Err(PkiError::TooMuch { what: WHAT, limit: MAX_LEN, got: der.len() });
        }
        let inner = CertificateInner::<Raw>::from_der(der).map_err(|e| PkiError::value(WHAT, e))?;
        // Signatures are over the bytes as they came, never over a second encoding.
        let outer = tlv::parse_one(der, SEQUENCE).map_err(PkiError::tlv(WHAT))?;
        let tbs = outer.need(SEQUENCE).map_err(PkiError::tlv(WHAT))?;
        let tbs_start = der.len() - outer.value.len();
        let tbs_range = tbs_start..tbs_start + tbs.raw.len();
        // version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
        let mut fields = tbs.children().map_err(PkiError::tlv(WHAT))?;
        let mut places = Vec::with_capacity(7);
        while places.len() < 7 {
            let field = fields.next().transpose().map_err(PkiError::tlv(WHAT))?;
            let field = field.ok_or_else(|| PkiError::value(WHAT, "fields are missing"))?;
            let end = tbs_range.end - fields.rest().len();
            if places.is_empty() && field.tag != VERSION {
                places.push(end..end);
            }
            places.push(end - field.raw.len()..end);
        }

        let tbs_inner = inner.tbs_certificate();
        let outer_algorithm = inner.signature_algorithm();
        if tbs_inner.signature() != outer_algorithm {
            return Err(PkiError::AlgorithmMismatch {
                inner: tbs_inner.signature().oid,
                outer: outer_algorithm.oid,
            });
        }
        let validity = Validity {
            not_before: moment(tbs_inner.validity().not_before)?,
            not_after: moment(tbs_inner.validity().not_after)?,
        };
        let extensions = Extensions::read(&inner)?;
        Ok(Self {
            tbs: tbs_range,
            issuer: places[3].clone(),
            spki: places[6].clone(),
            der: der.to_vec(),
            inner,
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
        const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
        const END: &str = "-----END CERTIFICATE-----";
        let bad = |detail: &str| PkiError::Pem { detail: detail.to_owned() };
        let mut rest = std::str::from_utf8(text)
            .map_err(|_| bad("neither DER nor text that begins with a certificate"))?;
        let mut all = Vec::new();
        while let Some((_, after)) = rest.split_once(BEGIN) {
            let (body, after) =
                after.split_once(END).ok_or_else(|| bad("a certificate has no END line"))?;
            let base64: String = body.split_ascii_whitespace().collect();
            let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64)
                .map_err(|e| bad(&e.to_string()))?;
            all.push(Self::from_der(&der)?);
            rest = after;
        }
        if all.is_empty() { Err(bad("no CERTIFICATE block")) } else { Ok(all) }
    }

    /// The whole certificate as it came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in PEM.
    pub fn to_pem(&self) -> String {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let body = STANDARD.encode(&self.der);
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in body.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        pem
    }

    /// SHA-256 of the whole certificate.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(&Hash::Sha256.digest(&[&self.der]));
        out
    }

    /// The subject's name in the form of RFC 4514.
    pub fn subject(&self) -> String {
        self.subject_name().to_string()
    }

    /// The issuer's name in the form of RFC 4514.
    pub fn issuer(&self) -> String {
        self.issuer_name().to_string()
    }

    /// The subject's country code in capitals.
    pub fn country(&self) -> Option<String> {
        name::country(self.subject_name())
    }

    /// The serial number, big-endian, as it is encoded.
    pub fn serial(&self) -> &[u8] {
        self.inner.tbs_certificate().serial_number().as_bytes()
    }

    /// When it is good.
    pub const fn validity(&self) -> Validity {
        self.validity
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

    /// A critical extension that is not understood here, which makes the certificate unusable
    /// (RFC 5280 clause 4.2).
    pub const fn unknown_critical_extension(&self) -> Option<Oid> {
        self.extensions.unknown_critical
    }

    /// Whether it may stand above document signers: a CA by its basicConstraints, and keyCertSign
    /// where it has a keyUsage.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints().is_some_and(|b| b.ca)
            && self.key_usage().is_none_or(|u| u.key_cert_sign)
    }

    /// The subject's key.
    ///
    /// # Errors
    /// As [`spki::parse`].
    pub fn public_key(&self) -> Result<PublicKey, PkiError> {
        spki::parse(&self.der[self.spki.clone()])
    }

    /// Whether its issuer's name is the other's subject (RFC 5280 clause 7.1), and the key
    /// identifiers agree where both are there.
    pub fn names_as_issuer(&self, issuer: &Self) -> bool {
        let keys_agree = match (self.authority_key_id(), issuer.subject_key_id()) {
            (Some(a), Some(s)) => a == s,
            _ => true,
        };
        keys_agree && name::same(self.issuer_name(), issuer.subject_name())
    }

    /// Checks the signature over the certificate with the issuer's key, and nothing else.
    ///
    /// # Errors
    /// [`PkiError::BadSignature`], an algorithm or key that is not supported, or what is wrong
    /// with the structure.
    pub fn verify_signature(&self, issuer: &Self) -> Result<(), PkiError> {
        let key = issuer.public_key()?;
        let structure = PkiError::tlv(WHAT);
        let outer = tlv::parse_one(&self.der, SEQUENCE).map_err(&structure)?;
        let mut fields = outer.children().map_err(&structure)?;
        fields.expect(SEQUENCE).map_err(&structure)?;
        let algorithm = fields.expect(SEQUENCE).map_err(&structure)?;
        let algorithm = AlgorithmId::read(WHAT, algorithm)?.signature(WHAT)?;
        let signature = fields.expect(BIT_STRING).map_err(&structure)?;
        let [0, signature @ ..] = signature.value else {
            return Err(PkiError::value(WHAT, "the signature is no whole number of bytes"));
        };
        if algorithm.verify(&key, &self.der[self.tbs.clone()], signature) {
            Ok(())
        } else {
            Err(PkiError::BadSignature { what: WHAT, by: issuer.subject() })
        }
    }

    /// Whether that DER name is its issuer's (RFC 5280 clause 7.1).
    pub(super) fn issuer_is(&self, der: &[u8]) -> bool {
        self.issuer_der() == der
            || Name::from_der(der).is_ok_and(|other| name::same(self.issuer_name(), &other))
    }

    pub(super) fn issuer_der(&self) -> &[u8] {
        &self.der[self.issuer.clone()]
    }

    pub(super) fn subject_name(&self) -> &Name {
        self.inner.tbs_certificate().subject()
    }

    pub(super) fn issuer_name(&self) -> &Name {
        self.inner.tbs_certificate().issuer()
    }
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

const VERSION: Tag = Tag::new(0xA0);

impl Extensions {
    fn read(certificate: &CertificateInner<Raw>) -> Result<Self, PkiError> {
        let mut out = Self::default();
        let all = certificate.tbs_certificate().extensions().map_or(&[][..], |e| e.as_slice());
        for (i, e) in all.iter().enumerate() {
            let value = e.extn_value.as_bytes();
            let bad = |error: &dyn std::fmt::Display| {
                PkiError::value(WHAT, format_args!("extension {}: {error}", e.extn_id))
            };
            if all[..i].iter().any(|before| before.extn_id == e.extn_id) {
                return Err(bad(&"stands twice"));
            }
            match e.extn_id {
                oid::SUBJECT_KEY_IDENTIFIER => {
                    let id = pkix::SubjectKeyIdentifier::from_der(value).map_err(|e| bad(&e))?;
                    out.subject_key_id = Some(id.0.as_bytes().to_vec());
                }
                oid::AUTHORITY_KEY_IDENTIFIER => {
                    let id = tlv::parse_one(value, SEQUENCE)
                        .and_then(|t| t.child(Tag::new(0x80)))
                        .map_err(|e| bad(&e))?;
                    out.authority_key_id = id.map(|t| t.value.to_vec());
                }
                oid::BASIC_CONSTRAINTS => {
                    out.basic_constraints = Some(basic_constraints(value).map_err(|e| bad(&e))?);
                }
                oid::KEY_USAGE => {
                    let usage = pkix::KeyUsage::from_der(value).map_err(|e| bad(&e))?;
                    out.key_usage = Some(KeyUsage {
                        digital_signature: usage.digital_signature(),
                        key_cert_sign: usage.key_cert_sign(),
                        crl_sign: usage.crl_sign(),
                    });
                }
                // Nothing in these changes what a chain of two certificates may do.
                oid::PRIVATE_KEY_USAGE_PERIOD
                | oid::SUBJECT_ALT_NAME
                | oid::ISSUER_ALT_NAME
                | oid::CRL_DISTRIBUTION_POINTS
                | oid::CERTIFICATE_POLICIES
                | oid::EXT_KEY_USAGE
                | oid::NAME_CHANGE
                | oid::DOCUMENT_TYPE_LIST => {}
                unknown if e.critical && out.unknown_critical.is_none() => {
                    out.unknown_critical = Some(unknown);
                }
                _ => {}
            }
        }
        Ok(out)
    }
}

// Read leniently: some real CAs write TRUE as 01.
fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, tlv::TlvError> {
    const BOOLEAN: Tag = Tag::new(0x01);
    let mut fields = tlv::parse_one(value, SEQUENCE)?.children()?;
    let mut next = fields.next().transpose()?;
    let mut ca = false;
    if let Some(flag) = next.filter(|t| t.tag == BOOLEAN) {
        ca = flag.value.iter().any(|b| *b != 0);
        next = fields.next().transpose()?;
    }
    // A length beyond one byte restricts nothing that we could tell from 255.
    let path_len = next.map(|t| t.expect(INTEGER)).transpose()?;
    let path_len = path_len.map(|n| if let [n] = n.value { *n } else { u8::MAX });
    fields.end()?;
    Ok(BasicConstraints { ca, path_len })
}

fn moment(time: x509_cert::time::Time) -> Result<UtcDateTime, PkiError> {
    i64::try_from(time.to_unix_duration().as_secs())
        .ok()
        .and_then(|s| UtcDateTime::from_unix_timestamp(s).ok())
        .ok_or_else(|| PkiError::value(WHAT, "a date beyond the calendar"))
}
