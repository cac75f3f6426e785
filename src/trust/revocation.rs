//! Whether somebody in a chain was revoked (RFC 5280 clause 6.3, ICAO Doc 9303-12 clause 7.1.4).
//!
//! A revoked signer fails at any time judged at: it is not shown that a document was signed before
//! its key was lost. A list that does not speak of that time, or of all certificates, shows nothing
//! of who is not on it: the check is then not done.

use time::UtcDateTime;

use super::chain::{self, Chain, Purpose};
use super::{Anchors, Check, CrlNamed, Reason};
use crate::pki::{Certificate, Crl, PkiError, RevocationReason};

/// Checks every certificate of a chain, and names the list that the signer was looked up in.
pub(super) fn check(
    signer: &Certificate,
    chain: &Chain<'_>,
    anchors: &Anchors,
    at: UtcDateTime,
) -> (Check, Option<CrlNamed>) {
    let mut checks = Vec::new();
    let mut named = None;
    let mut certificate = signer;
    for issuer in chain.issuers() {
        let (check, crl) = look_up(certificate, issuer, anchors, at);
        if certificate == signer {
            named = crl.map(CrlNamed::from);
            checks.push(check);
        } else if check.failed() {
            // Lists of links are rare; without one there is nothing to tell.
            checks.push(check);
        }
        certificate = issuer;
    }
    // A CA can only revoke itself on its own list.
    let (check, _) = look_up(chain.anchor, chain.anchor, anchors, at);
    if check.failed() {
        checks.push(check);
    }
    (Check::all(&checks.iter().collect::<Vec<_>>()), named)
}

fn look_up<'a>(
    certificate: &Certificate,
    issuer: &Certificate,
    anchors: &'a Anchors,
    at: UtcDateTime,
) -> (Check, Option<&'a Crl>) {
    let mut fault = Reason::NoCrl { issuer: issuer.subject() };
    // The newest that covers all certificates, and those that cover some: who stands on one of them
    // is revoked, however new another is.
    let mut whole: Option<&Crl> = None;
    let mut parts: Vec<&Crl> = Vec::new();
    for crl in anchors.crls() {
        match is_of(crl, certificate, issuer, anchors, at) {
            Some(Ok(())) if crl.is_partial() => parts.push(crl),
            Some(Ok(())) if whole.is_some_and(|n| n.this_update() >= crl.this_update()) => {}
            Some(Ok(())) => whole = Some(crl),
            Some(Err(source)) => {
                let (issuer, source) = (crl.issuer().to_string(), Box::new(source));
                fault = Reason::CrlNotVerified { issuer, source };
            }
            None => {}
        }
    }
    for crl in whole.into_iter().chain(parts.iter().copied()) {
        let entry = crl.entry(certificate.serial());
        if let Some(entry) = entry.filter(|e| e.reason != Some(RevocationReason::REMOVED)) {
            let revoked = Reason::Revoked {
                certificate: certificate.subject(),
                at: entry.at,
                reason: entry.reason,
            };
            return (Check::Failed(revoked), Some(crl));
        }
    }
    let Some(crl) = whole.or_else(|| parts.first().copied()) else {
        return (Check::NotDone(fault), None);
    };
    let spoken = speaks_of(crl, certificate, at);
    (spoken.map_or_else(Check::NotDone, |()| Check::Passed), Some(crl))
}

// Whether the list is one of that issuer: `None` where it is somebody else's, else whether the
// issuer signed it, by this key or a later one under the same name.
fn is_of(
    crl: &Crl,
    certificate: &Certificate,
    issuer: &Certificate,
    anchors: &Anchors,
    at: UtcDateTime,
) -> Option<Result<(), PkiError>> {
    let same_key =
        crl.authority_key_id().is_some() && crl.authority_key_id() == issuer.subject_key_id();
    let same_name =
        crl.issuer().same(issuer.subject_name()) || crl.issuer().same(certificate.issuer_name());
    if !same_key && !same_name {
        return None;
    }
    let fault = match crl.verify_signature(issuer) {
        Ok(()) => return Some(Ok(())),
        Err(fault) => fault,
    };
    let namesakes = anchors.certificates().iter().filter(|c| {
        *c != issuer
            && c.subject_name().same(crl.issuer())
            && (crl.authority_key_id().is_none()
                || c.subject_key_id().is_none()
                || crl.authority_key_id() == c.subject_key_id())
    });
    for namesake in namesakes {
        let signed = crl.verify_signature(namesake).is_ok();
        let purpose = Purpose::of_issuer(issuer);
        if signed && chain::is_believed(namesake, anchors, purpose, at) {
            return Some(Ok(()));
        }
    }
    Some(Err(fault))
}

// Whether it follows that a certificate is not revoked from its not being on the list.
fn speaks_of(crl: &Crl, certificate: &Certificate, at: UtcDateTime) -> Result<(), Reason> {
    let issuer = crl.issuer().to_string();
    if crl.is_partial() {
        return Err(Reason::CrlPartial { issuer });
    }
    match crl.next_update() {
        Some(next_update) if at <= next_update => {}
        next_update => return Err(Reason::CrlOutdated { issuer, next_update, at }),
    }
    // Who has expired is left off the lists that follow (RFC 5280 clause 5).
    if certificate.validity().not_after < crl.this_update() {
        let this_update = crl.this_update();
        return Err(Reason::CrlTooLate { issuer, this_update });
    }
    Ok(())
}
