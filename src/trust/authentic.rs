//! Whether signed data of a card is its issuer's: EF.SOD, EF.CardSecurity.

use time::{Duration, UtcDateTime};

use super::chain::{self, Chain, Purpose};
use super::{Anchors, Check, CrlNamed, Reason, Unfit, Weakness, revocation};
use crate::crypto::Hash;
use crate::lds::File;
use crate::pki::{Certificate, Oid, SignedData, SubjectKey, Verified, oid};

/// Clocks differ, and some issuers write local time as UTC.
const TOLERANCE: Duration = Duration::DAY;

/// What is shown of signed data: by whom it is, and up to whom.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Authentic {
    /// It is signed by exactly one signer, whose certificate it carries.
    pub signature: Check,
    /// An anchor issued that certificate, directly or by link certificates, and for this use.
    pub chain: Check,
    /// All of them were valid at the time judged at, and the signer when it signed.
    pub validity: Check,
    /// None of them stands on its issuer's revocation list.
    pub revocation: Check,
    /// The signer.
    pub signer: Option<Certificate>,
    /// The links above it, its own issuer first.
    pub links: Vec<Certificate>,
    /// The anchor.
    pub anchor: Option<Certificate>,
    /// The list in which the signer was looked up.
    pub crl: Option<CrlNamed>,
    /// When the signer says that it signed.
    pub signed_at: Option<UtcDateTime>,
    /// What weakens it.
    pub weak: Vec<Weakness>,
}

impl Authentic {
    /// Whether all of it is shown: what is not known of revocation does not stand in the way.
    pub const fn passed(&self) -> bool {
        self.signature.passed()
            && self.chain.passed()
            && self.validity.passed()
            && !self.revocation.failed()
    }
}

/// Checks signed data of one of these types, which stands in that file, up to one of the anchors
/// (ICAO Doc 9303-12 clause 8).
pub fn authenticate(
    signed: &SignedData,
    file: File,
    content_types: &[Oid],
    anchors: &Anchors,
    at: UtcDateTime,
) -> Authentic {
    let mut out = Authentic {
        signature: Check::Passed,
        chain: Check::NotDone(Reason::NoSod),
        validity: Check::NotDone(Reason::NoChain),
        revocation: Check::NotDone(Reason::NoChain),
        signer: None,
        links: Vec::new(),
        anchor: None,
        crl: None,
        signed_at: None,
        weak: Vec::new(),
    };
    let verified = match signed.verify_any(content_types) {
        Ok(verified) => verified,
        Err(e) => {
            out.signature = Check::Failed(Reason::Signed { file, source: e.into() });
            return out;
        }
    };
    let signer = verified.certificate;
    out.signer = Some(signer.clone());
    out.signed_at = verified.signing_time;
    out.weak = of_signature(&verified, content_types);
    out.chain = match issuers(signer, anchors, signed.certificates(), at) {
        Ok(found) => {
            out.validity = validity(&verified, &found, at);
            (out.revocation, out.crl) = revocation::check(signer, &found, anchors, at);
            out.weak.extend(of_chain(signer, &found));
            out.links = found.links.iter().map(|c| (*c).clone()).collect();
            out.anchor = Some(found.anchor.clone());
            Check::Passed
        }
        Err(check) => check,
    };
    out
}

fn issuers<'a>(
    signer: &'a Certificate,
    anchors: &'a Anchors,
    embedded: &'a [Certificate],
    at: UtcDateTime,
) -> Result<Chain<'a>, Check> {
    if anchors.is_empty() {
        return Err(Check::NotDone(Reason::NoAnchors));
    }
    fit_to_sign(signer)
        .map_err(|why| Check::Failed(Reason::Unfit { certificate: signer.subject(), why }))?;
    chain::find(signer, anchors, embedded, Purpose::Documents, at).map_err(Check::Failed)
}

fn fit_to_sign(signer: &Certificate) -> Result<(), Unfit> {
    if signer.basic_constraints().is_some_and(|b| b.ca) {
        return Err(Unfit::IsCa);
    }
    if signer.key_usage().is_some_and(|u| !u.digital_signature) {
        return Err(Unfit::NoDigitalSignature);
    }
    // Those who sign master lists, deviation lists or barcodes sign no documents, nor do key-only
    // cards. Document signers have no purpose of their own.
    let arc = oid::MRTD_SECURITY;
    let is_other = |p: &Oid| *p == oid::KEY_ONLY_CARD || p.as_bytes().starts_with(arc.as_bytes());
    if let Some(purpose) = signer.purposes().unwrap_or_default().iter().copied().find(is_other) {
        return Err(Unfit::OtherPurpose(purpose));
    }
    signer.unknown_critical_extension().map_or(Ok(()), |oid| Err(Unfit::UnknownExtension(oid)))
}

// Of the signer and all above it.
pub(super) fn all_valid(signer: &Certificate, chain: &Chain<'_>, at: UtcDateTime) -> Check {
    let mut checks = vec![valid(signer, at)];
    checks.extend(chain.issuers().map(|issuer| valid(issuer, at)));
    Check::all(&checks.iter().collect::<Vec<_>>())
}

fn validity(verified: &Verified<'_>, chain: &Chain<'_>, at: UtcDateTime) -> Check {
    let signer = verified.certificate;
    let mut checks = vec![all_valid(signer, chain, at)];
    if let Some(signed_at) = verified.signing_time {
        let validity = signer.validity();
        if !validity.contains(signed_at) {
            checks.push(Check::Failed(Reason::SignedOutsideValidity {
                certificate: signer.subject(),
                not_before: validity.not_before,
                not_after: validity.not_after,
                signed_at,
            }));
        }
        if signed_at.checked_sub(TOLERANCE).is_some_and(|signed| signed > at) {
            checks.push(Check::Failed(Reason::SignedLater { signed_at, at }));
        }
    }
    Check::all(&checks.iter().collect::<Vec<_>>())
}

fn valid(certificate: &Certificate, at: UtcDateTime) -> Check {
    let validity = certificate.validity();
    if validity.contains(at) {
        return Check::Passed;
    }
    Check::Failed(Reason::OutsideValidity {
        certificate: certificate.subject(),
        not_before: validity.not_before,
        not_after: validity.not_after,
        at,
    })
}

fn of_signature(verified: &Verified<'_>, content_types: &[Oid]) -> Vec<Weakness> {
    let signer = verified.certificate;
    let mut weak = Vec::new();
    if content_types.first() != Some(&verified.content_type) {
        weak.push(Weakness::ContentType { oid: verified.content_type });
    }
    if verified.loosely_named {
        weak.push(Weakness::LooselyNamed { signer: signer.subject() });
    }
    if verified.bare {
        weak.push(Weakness::NoSignedAttributes { signer: signer.subject() });
    }
    if verified.digest == Hash::Sha1 || verified.algorithm.hash() == Hash::Sha1 {
        weak.push(Weakness::Sha1 { what: format!("the signature of {}", signer.subject()) });
    }
    if let Some(at) = verified.signing_time {
        let (from, until) = signer.private_key_usage();
        if from.is_some_and(|from| at < from) || until.is_some_and(|until| until < at) {
            weak.push(Weakness::PrivateKeyUsage { certificate: signer.subject(), at });
        }
    }
    weak
}

pub(super) fn of_chain(signer: &Certificate, chain: &Chain<'_>) -> Vec<Weakness> {
    let mut weak = Vec::new();
    weak.extend(short_key(signer));
    let mut child = signer;
    for issuer in chain.issuers() {
        let certificate = || child.subject();
        if child.signature_algorithm().is_ok_and(|a| a.hash() == Hash::Sha1) {
            weak.push(Weakness::Sha1 { what: format!("the certificate of {}", certificate()) });
        }
        if !child.issuer_name().same(issuer.subject_name()) {
            let (named, issuer) = (child.issuer(), issuer.subject());
            weak.push(Weakness::IssuerName { certificate: certificate(), named, issuer });
        }
        if let (Some(country), Some(of)) = (child.country(), issuer.country())
            && country != of
        {
            weak.push(Weakness::Country { certificate: certificate(), country, issuer: of });
        }
        if !issuer.is_ca() {
            weak.push(Weakness::NotMarkedCa { certificate: issuer.subject() });
        }
        weak.extend(short_key(issuer));
        child = issuer;
    }
    weak
}

fn short_key(certificate: &Certificate) -> Option<Weakness> {
    match certificate.subject_key() {
        Ok(key @ SubjectKey::Rsa(_)) if key.bits() < SubjectKey::SHORT_RSA_BITS => {
            let (certificate, key) = (certificate.subject(), key.to_string());
            Some(Weakness::ShortKey { certificate, key })
        }
        _ => None,
    }
}
