//! Who vouches for whom (ICAO Doc 9303-11 clause 7.1.4.3, BSI TR-03110-3).

use super::{Chat, CvCertificate, CvcDate, CvcError, CvcPublicKey, Reference, Role};
use crate::crypto::Curve;

/// The most certificates of one chain: 14 generations of link certificates, a document verifier
/// and a terminal.
pub const MAX_CHAIN: usize = 16;

/// A key that was found good, with what its certificate said: the public key data that a chip
/// keeps (ICAO Doc 9303-11 clause 7.1.4.3.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The name of the key.
    pub holder: Reference,
    /// The key, its curve known.
    pub public_key: CvcPublicKey,
    /// The role of the holder, and its effective rights: those that everybody above it has too.
    pub authorization: Chat,
    /// The first day.
    pub effective: CvcDate,
    /// The last day.
    pub expires: CvcDate,
    /// The curve that those below inherit.
    pub(crate) curve: Option<Curve>,
}

impl Issuer {
    /// A CVCA that is believed, from its own certificate. Only the signature shows whether that is
    /// whole; why to believe it is the caller's business.
    ///
    /// # Errors
    /// [`CvcError::NoTrustPoint`], [`CvcError::NoDomainParameters`], [`CvcError::BadSignature`].
    pub fn trust_point(certificate: &CvCertificate) -> Result<Self, CvcError> {
        let holder = certificate.holder();
        let no = |why| Err(CvcError::NoTrustPoint { holder, why });
        if certificate.chat().role() != Role::Cvca {
            return no("its role is not that of a CVCA");
        }
        if !certificate.is_self_issued() {
            return no("it names another issuer than itself");
        }
        let public_key = certificate.public_key().resolved(holder, None)?;
        if !public_key.verifies(certificate.body(), certificate.signature()) {
            return Err(CvcError::BadSignature { holder, by: holder });
        }
        Ok(Self::of(certificate, public_key, certificate.chat()))
    }

    fn of(certificate: &CvCertificate, public_key: CvcPublicKey, authorization: Chat) -> Self {
        Self {
            holder: certificate.holder(),
            curve: public_key.curve(),
            public_key,
            authorization,
            effective: certificate.effective(),
            expires: certificate.expires(),
        }
    }

    /// Admits the holder of a certificate that this issuer made: the signature is right, and the
    /// role one that it may give. Days are not looked at.
    ///
    /// A document verifier and a terminal keep those rights alone that their issuer has; under an
    /// issuer for another kind of terminal none is left, as in the BSI's worked example, whose CVCA
    /// is one for inspection systems. A CVCA's link certificate says anew what the CVCA may give.
    ///
    /// # Errors
    /// [`CvcError::NotIssuedBy`], [`CvcError::MustNotIssue`], [`CvcError::NoDomainParameters`],
    /// [`CvcError::Curve`], [`CvcError::BadSignature`].
    pub fn admit(&self, certificate: &CvCertificate) -> Result<Self, CvcError> {
        let (holder, by) = (certificate.holder(), self.holder);
        if certificate.authority() != by {
            let named = certificate.authority();
            return Err(CvcError::NotIssuedBy { holder, named, by });
        }
        let (issuer, role) = (self.authorization.role(), certificate.chat().role());
        if !issuer.may_issue(role) {
            return Err(CvcError::MustNotIssue { by, issuer, holder, role });
        }
        if !self.public_key.verifies(certificate.body(), certificate.signature()) {
            return Err(CvcError::BadSignature { holder, by });
        }
        let public_key = certificate.public_key().resolved(holder, self.curve)?;
        let authorization = match role {
            Role::Cvca => certificate.chat(),
            _ => certificate.chat().intersect(self.authorization),
        };
        Ok(Self::of(certificate, public_key, authorization))
    }

    /// Whether the effective date of a certificate that this issuer made tells the time: those of
    /// a CVCA do, and a terminal's under a domestic document verifier (ICAO Doc 9303-11 clause
    /// 7.1.4.3.3).
    pub const fn tells_time(&self) -> bool {
        matches!(self.authorization.role(), Role::Cvca | Role::DvDomestic)
    }

    /// Checks that the day is one of its days, first and last included.
    ///
    /// # Errors
    /// [`CvcError::NotYetValid`], [`CvcError::Expired`].
    pub fn check_day(&self, at: CvcDate) -> Result<(), CvcError> {
        let (holder, effective, expires) = (self.holder, self.effective, self.expires);
        if at < effective {
            return Err(CvcError::NotYetValid { holder, effective, at });
        }
        if at > expires {
            return Err(CvcError::Expired { holder, expires, at });
        }
        Ok(())
    }
}

/// Checks a chain from one of the trust points to its last certificate, on a day. Yields what the
/// last holder is, and the rights it effectively has.
///
/// Link certificates may be past their last day, as the chip takes them; the CVCA key that issued
/// a document verifier may not.
///
/// # Errors
/// [`CvcError::TooMuch`], [`CvcError::NoTerminal`] for no certificate at all,
/// [`CvcError::Untrusted`], [`CvcError::Loop`], the dates, and those of [`Issuer::admit`].
pub fn verify_chain(
    trust: &[Issuer],
    chain: &[CvCertificate],
    at: CvcDate,
) -> Result<Issuer, CvcError> {
    if chain.len() > MAX_CHAIN {
        let (limit, got) = (MAX_CHAIN, chain.len());
        return Err(CvcError::TooMuch { what: "certificates of a chain", limit, got });
    }
    let first = chain.first().ok_or(CvcError::NoTerminal)?;
    let trusted = trust.iter().find(|t| t.holder == first.authority());
    let Some(mut issuer) = trusted.cloned() else {
        let (holder, issuer, known) = (first.holder(), first.authority(), trust.len());
        return Err(CvcError::Untrusted { holder, issuer, known });
    };
    let mut seen = vec![issuer.holder];
    for certificate in chain {
        let next = issuer.admit(certificate)?;
        if seen.contains(&next.holder) {
            return Err(CvcError::Loop { holder: next.holder });
        }
        seen.push(next.holder);
        if next.authorization.role() != Role::Cvca {
            issuer.check_day(at)?;
            next.check_day(at)?;
        }
        issuer = next;
    }
    Ok(issuer)
}

/// Finds, among certificates in any order, the chain from one of these trust points to a holder:
/// the one that is named, or the only terminal there is. Nothing is verified.
///
/// # Errors
/// [`CvcError::NoTerminal`] where there is none, or several and none is named,
/// [`CvcError::Untrusted`] where the way up ends elsewhere, [`CvcError::Loop`],
/// [`CvcError::TooMuch`].
pub fn find_chain(
    trust: &[Reference],
    certificates: &[CvCertificate],
    holder: Option<Reference>,
) -> Result<Vec<CvCertificate>, CvcError> {
    let mut ends = certificates.iter().filter(|c| match holder {
        Some(name) => name == c.holder() && !c.is_self_issued(),
        None => c.chat().role() == Role::Terminal,
    });
    let mut last = ends.next().ok_or(CvcError::NoTerminal)?;
    if ends.any(|other| other.holder() != last.holder()) {
        return Err(CvcError::NoTerminal);
    }
    let mut chain = vec![last.clone()];
    while !trust.contains(&last.authority()) {
        let above = certificates
            .iter()
            .filter(|c| c.holder() == last.authority() && !c.is_self_issued())
            .max_by_key(|c| c.effective());
        let Some(above) = above else {
            let (holder, issuer, known) = (last.holder(), last.authority(), trust.len());
            return Err(CvcError::Untrusted { holder, issuer, known });
        };
        if chain.iter().any(|c| c.holder() == above.holder()) {
            return Err(CvcError::Loop { holder: above.holder() });
        }
        if chain.len() == MAX_CHAIN {
            let (limit, got) = (MAX_CHAIN, chain.len() + 1);
            return Err(CvcError::TooMuch { what: "certificates of a chain", limit, got });
        }
        chain.push(above.clone());
        last = above;
    }
    chain.reverse();
    Ok(chain)
}
