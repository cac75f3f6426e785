//! Revocation lists (RFC 5280 clause 5, ICAO Doc 9303-12 clause 7.1.4).

mod build;

use time::UtcDateTime;

pub use build::CrlProfile;

use super::algorithm::{AlgorithmId, BIT_STRING, INTEGER, SEQUENCE};
use super::x509::extensions::{authority_key_identifier, each};
use super::x509::{significant, verify, whole_bytes};
use super::{Certificate, Name, Oid, PkiError, SignatureAlgorithm, moment, oid, pem};
use crate::crypto::Hash;
use crate::tlv::{self, Limits, Mode, Reader, Tag, Tlv, TlvError};

const WHAT: &str = "revocation list";
// The lists of the ICAO PKD have some hundreds of entries at most.
const LIMITS: Limits = Limits { depth: 16, siblings: 200_000, size: 16 << 20 };

/// A revocation list: read and bounded. Whether its issuer signed it is checked by
/// [`Crl::verify_signature`].
#[derive(Clone)]
pub struct Crl {
    der: Vec<u8>,
    tbs: Vec<u8>,
    issuer: Name,
    authority_key_id: Option<Vec<u8>>,
    number: Option<Vec<u8>>,
    partial: bool,
    this_update: UtcDateTime,
    next_update: Option<UtcDateTime>,
    // In ascending order of serial numbers without leading zeros; of two entries of one number
    // that which takes it off the list comes last.
    revoked: Vec<Revoked>,
    algorithm: Result<SignatureAlgorithm, PkiError>,
    signature: Vec<u8>,
}

/// One entry of a revocation list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The certificate's serial number, without leading zeros.
    pub serial: Vec<u8>,
    /// When it was revoked.
    pub at: UtcDateTime,
    /// Why, where that is said.
    pub reason: Option<RevocationReason>,
    /// Since when its key is not to be trusted, where that is said.
    pub invalid_since: Option<UtcDateTime>,
}

/// Why a certificate was revoked (RFC 5280 clause 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationReason(pub u8);

impl RevocationReason {
    /// removeFromCRL: was on hold, and is not any more.
    pub const REMOVED: Self = Self(8);
}

impl std::fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            0 => "unspecified",
            1 => "keyCompromise",
            2 => "cACompromise",
            3 => "affiliationChanged",
            4 => "superseded",
            5 => "cessationOfOperation",
            6 => "certificateHold",
            8 => "removeFromCRL",
            9 => "privilegeWithdrawn",
            10 => "aACompromise",
            other => return write!(f, "reason {other}"),
        })
    }
}

impl Crl {
    /// Reads a revocation list, and nothing behind it, of at most 16 MiB and 200,000 entries.
    ///
    /// # Errors
    /// What is wrong with the structure; a list that covers other issuers' certificates, or only
    /// the changes to another list, is refused.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > LIMITS.size {
            return Err(PkiError::TooMuch { what: WHAT, limit: LIMITS.size, got: der.len() });
        }
        let structure = PkiError::tlv(WHAT);
        let mut outer = Reader::with(der, Mode::Lenient, LIMITS);
        let list = outer.expect(SEQUENCE).map_err(&structure)?;
        outer.end().map_err(&structure)?;
        let mut parts = list.children().map_err(&structure)?;
        let tbs = parts.expect(SEQUENCE).map_err(&structure)?;
        let outer_algorithm = parts.expect(SEQUENCE).map_err(&structure)?;
        let signature = whole_bytes(WHAT, parts.expect(BIT_STRING).map_err(&structure)?)?;
        parts.end().map_err(&structure)?;

        let mut fields = tbs.children().map_err(&structure)?.peekable();
        let mut need = |tag| {
            let field = fields.next().ok_or(TlvError::Missing { expected: tag });
            field.and_then(|f| f).map_err(&structure)
        };
        let mut algorithm = need(SEQUENCE)?;
        if algorithm.tag == INTEGER {
            algorithm = need(SEQUENCE)?;
        }
        let algorithm = AlgorithmId::read(WHAT, algorithm)?;
        let outer_algorithm = AlgorithmId::read(WHAT, outer_algorithm)?;
        if !algorithm.same(&outer_algorithm) {
            let (inner, outer) = (algorithm.oid, outer_algorithm.oid);
            return Err(PkiError::AlgorithmMismatch { inner, outer });
        }
        let issuer = Name::read(need(SEQUENCE)?)?;
        let this_update = moment::read(WHAT, need(moment::UTC_TIME)?)?;
        let mut out = Self {
            der: der.to_vec(),
            tbs: tbs.raw.to_vec(),
            issuer,
            authority_key_id: None,
            number: None,
            partial: false,
            this_update,
            next_update: None,
            revoked: Vec::new(),
            algorithm: algorithm.signature(WHAT, None),
            signature,
        };
        for field in fields {
            let field = field.map_err(&structure)?;
            match field.tag {
                moment::UTC_TIME | moment::GENERALIZED_TIME if out.next_update.is_none() => {
                    out.next_update = Some(moment::read(WHAT, field)?);
                }
                SEQUENCE if out.revoked.is_empty() => out.revoked = entries(field)?,
                EXTENSIONS => {
                    let mut inner = field.children().map_err(&structure)?;
                    let list = inner.expect(SEQUENCE).map_err(&structure)?;
                    inner.end().map_err(&structure)?;
                    out.extensions(list)?;
                }
                got => {
                    return Err(structure(TlvError::UnexpectedTag { expected: EXTENSIONS, got }));
                }
            }
        }
        Ok(out)
    }

    /// Reads the lists of a file, DER or PEM (RFC 7468), at least one.
    ///
    /// # Errors
    /// [`PkiError::Pem`], or as [`Self::from_der`].
    pub fn all_from(bytes: &[u8]) -> Result<Vec<Self>, PkiError> {
        if bytes.first() == Some(&0x30) {
            return Ok(vec![Self::from_der(bytes)?]);
        }
        let blocks = pem::blocks(bytes)?.into_iter().filter(|b| b.label == PEM_LABEL);
        let all = blocks.map(|b| Self::from_der(&b.der)).collect::<Result<Vec<_>, _>>()?;
        if all.is_empty() {
            return Err(PkiError::Pem { detail: format!("no {PEM_LABEL} block") });
        }
        Ok(all)
    }

    fn extensions(&mut self, list: Tlv<'_>) -> Result<(), PkiError> {
        each(WHAT, list, |id, critical, value| {
            match Oid::from_bytes(id) {
                Ok(oid::AUTHORITY_KEY_IDENTIFIER) => {
                    self.authority_key_id = authority_key_identifier(value).unwrap_or_default().0;
                }
                Ok(oid::CRL_NUMBER) => {
                    let number = tlv::parse_one(value, INTEGER).map_err(PkiError::tlv(WHAT))?;
                    self.number = Some(significant(number.value).to_vec());
                }
                Ok(oid::ISSUING_DISTRIBUTION_POINT) => self.partial = is_partial(value)?,
                // It has to be critical, and would speak for nothing where it is not.
                Ok(oid::DELTA_CRL_INDICATOR) => {
                    return Err(PkiError::value(WHAT, "it has the changes to another list alone"));
                }
                Ok(oid::ISSUER_ALT_NAME) => {}
                Ok(oid) if critical => {
                    return Err(PkiError::value(
                        WHAT,
                        format_args!("critical extension {oid}, which is not understood"),
                    ));
                }
                Err(e) if critical => return Err(PkiError::value(WHAT, e)),
                _ => {}
            }
            Ok(())
        })
    }

    /// The whole list as it came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the whole list.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(&Hash::Sha256.digest(&[&self.der]));
        out
    }

    /// Who issued it.
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// The keyIdentifier of the key that signed it, where that is said.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.authority_key_id.as_deref()
    }

    /// Its number, big-endian without leading zeros, where it has one.
    pub fn number(&self) -> Option<&[u8]> {
        self.number.as_deref()
    }

    /// Whether it covers a part of the issuer's certificates only: who is not on it may be on
    /// another.
    pub const fn is_partial(&self) -> bool {
        self.partial
    }

    /// When it was issued.
    pub const fn this_update(&self) -> UtcDateTime {
        self.this_update
    }

    /// When the next one was promised, until which this one speaks.
    pub const fn next_update(&self) -> Option<UtcDateTime> {
        self.next_update
    }

    /// Its entries.
    pub fn revoked(&self) -> &[Revoked] {
        &self.revoked
    }

    /// The entry of a serial number. Where it has several, one that revokes it.
    pub fn entry(&self, serial: &[u8]) -> Option<&Revoked> {
        let serial = significant(serial);
        let at = self.revoked.partition_point(|r| r.serial.as_slice() < serial);
        self.revoked.get(at).filter(|r| r.serial == serial)
    }

    /// The algorithm that it is signed with.
    ///
    /// # Errors
    /// [`PkiError::UnsupportedAlgorithm`], or what is wrong with its parameters.
    pub fn signature_algorithm(&self) -> Result<SignatureAlgorithm, PkiError> {
        self.algorithm.clone()
    }

    /// Checks that the certificate's key signed the list, and that it may.
    ///
    /// # Errors
    /// [`PkiError::BadSignature`], a certificate that signs neither lists nor certificates, or a
    /// key or algorithm that cannot be used.
    pub fn verify_signature(&self, issuer: &Certificate) -> Result<(), PkiError> {
        if !issuer.may_issue() && issuer.key_usage().is_none_or(|u| !u.crl_sign) {
            let detail = format_args!("{} must not sign it (keyUsage)", issuer.subject());
            return Err(PkiError::value(WHAT, detail));
        }
        let (key, algorithm) = (issuer.subject_key()?, self.signature_algorithm()?);
        verify(WHAT, || issuer.subject(), &key, algorithm, &[&self.tbs], &self.signature)
    }
}

impl PartialEq for Crl {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Crl {}

impl std::fmt::Debug for Crl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crl")
            .field("issuer", &self.issuer)
            .field("this_update", &self.this_update)
            .field("revoked", &self.revoked.len())
            .finish_non_exhaustive()
    }
}

const PEM_LABEL: &str = "X509 CRL";
const EXTENSIONS: Tag = Tag::new(0xA0);
const ENUMERATED: Tag = Tag::new(0x0A);

// issuingDistributionPoint (RFC 5280 clause 5.2.5): whatever stands in it leaves something out,
// but for onlyContainsUserCerts: document signers are users.
fn is_partial(value: &[u8]) -> Result<bool, PkiError> {
    const USERS: Tag = Tag::new(0x81);
    const INDIRECT: Tag = Tag::new(0x84);
    let structure = PkiError::tlv(WHAT);
    let point = tlv::parse_one(value, SEQUENCE).and_then(|p| p.children()).map_err(&structure)?;
    let mut partial = false;
    for field in point {
        let field = field.map_err(&structure)?;
        let set = field.value.iter().any(|b| *b != 0);
        match field.tag {
            INDIRECT if set => return Err(PkiError::value(WHAT, "it covers other issuers too")),
            USERS | INDIRECT => {}
            _ => partial |= set,
        }
    }
    Ok(partial)
}

fn entries(list: Tlv<'_>) -> Result<Vec<Revoked>, PkiError> {
    let structure = PkiError::tlv(WHAT);
    let mut all = Vec::new();
    for entry in list.children().map_err(&structure)? {
        let entry = entry.and_then(|e| e.expect(SEQUENCE)).map_err(&structure)?;
        let mut fields = entry.children().map_err(&structure)?;
        let serial = fields.expect(INTEGER).map_err(&structure)?.value;
        let at = fields.next().ok_or(TlvError::Missing { expected: moment::UTC_TIME });
        let at = moment::read(WHAT, at.and_then(|t| t).map_err(&structure)?)?;
        let serial = significant(serial).to_vec();
        let mut revoked = Revoked { serial, at, reason: None, invalid_since: None };
        if let Some(extensions) = fields.next() {
            revoked.extensions(extensions.map_err(&structure)?)?;
        }
        fields.end().map_err(&structure)?;
        all.push(revoked);
    }
    let removed = |r: &Revoked| r.reason == Some(RevocationReason::REMOVED);
    all.sort_by(|a, b| a.serial.cmp(&b.serial).then(removed(a).cmp(&removed(b))));
    Ok(all)
}

impl Revoked {
    fn extensions(&mut self, list: Tlv<'_>) -> Result<(), PkiError> {
        each(WHAT, list, |id, critical, value| {
            match Oid::from_bytes(id) {
                Ok(oid::CRL_REASON) => {
                    let reason = tlv::parse_one(value, ENUMERATED).map_err(PkiError::tlv(WHAT))?;
                    self.reason = reason.value.first().copied().map(RevocationReason);
                }
                Ok(oid::INVALIDITY_DATE) => {
                    let since = tlv::parse_one(value, moment::GENERALIZED_TIME).ok();
                    self.invalid_since = since.and_then(|t| moment::generalized_time(t.value));
                }
                // Another issuer's certificate, or what is not understood at all.
                Ok(oid) if critical => {
                    return Err(PkiError::value(
                        WHAT,
                        format_args!("critical extension {oid} of an entry, not understood"),
                    ));
                }
                _ => {}
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
