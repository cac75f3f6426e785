//! From a signer up to an anchor (ICAO Doc 9303-12 clauses 7.1 and 8, RFC 5280 clause 6).
//!
//! A chain is short: a document signer, the CSCA that issued it, and between them link
//! certificates, in which a CSCA signs its next key with the one before. Candidates are found by
//! key identifier first, then by name; whose key fits the signature is the issuer. The certificate
//! of a key-only card leads to a card CA in the same way, and never to a CSCA.

use time::UtcDateTime;

use super::{Anchors, Reason, Unfit};
use crate::pki::{Certificate, oid};

/// CAs of a country renew their key every few years.
const MAX_LINKS: usize = 8;
/// Signatures that are checked for one chain at most.
const MAX_SIGNATURES: usize = 256;

/// What a chain is for. Anchors of both kinds may stand in one set; none counts for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Documents, and master lists of those who sign them: up to a CSCA.
    Documents,
    /// Key-only cards: up to a card CA (docs/applet.md).
    KeyOnlyCards,
}

impl Purpose {
    /// That of a CA, by its extKeyUsage.
    pub(super) fn of_issuer(certificate: &Certificate) -> Self {
        let purposes = certificate.purposes().unwrap_or_default();
        if purposes.contains(&oid::KEY_ONLY_CARD) { Self::KeyOnlyCards } else { Self::Documents }
    }
}

/// The certificates above a signer.
#[derive(Clone, Debug)]
pub(super) struct Chain<'a> {
    /// Link certificates, the signer's own issuer first.
    pub(super) links: Vec<&'a Certificate>,
    /// The self-signed certificate that is believed.
    pub(super) anchor: &'a Certificate,
}

impl<'a> Chain<'a> {
    /// The issuers, the signer's own first and the anchor last.
    pub(super) fn issuers(&self) -> impl Iterator<Item = &'a Certificate> {
        self.links.iter().copied().chain([self.anchor])
    }
}

/// The chain of a signer: the one of which every certificate is valid at that moment, where there
/// is a choice. `embedded` may have link certificates, which count only with an anchor above them.
pub(super) fn find<'a>(
    signer: &'a Certificate,
    anchors: &'a Anchors,
    embedded: &'a [Certificate],
    purpose: Purpose,
    at: UtcDateTime,
) -> Result<Chain<'a>, Reason> {
    let mut search = Search {
        anchors,
        embedded,
        purpose,
        left: MAX_SIGNATURES,
        fault: Reason::UnknownIssuer {
            signer: signer.subject(),
            issuer: signer.issuer(),
            anchors: anchors.len(),
        },
    };
    let mut found: Option<Chain<'a>> = None;
    let mut paths = vec![vec![signer]];
    for _ in 0..=MAX_LINKS {
        let mut longer = Vec::new();
        for path in paths {
            let Some(child) = path.last() else { continue };
            for (issuer, believed) in search.issuers(child, &path) {
                let links = path.iter().skip(1).copied();
                if believed {
                    let chain = Chain { links: links.collect(), anchor: issuer };
                    if chain.issuers().all(|c| c.validity().contains(at)) {
                        return Ok(chain);
                    }
                    found.get_or_insert(chain);
                } else {
                    longer.push(path.iter().copied().chain([issuer]).collect());
                }
            }
        }
        paths = longer;
    }
    found.ok_or(search.fault)
}

struct Search<'a> {
    anchors: &'a Anchors,
    embedded: &'a [Certificate],
    purpose: Purpose,
    left: usize,
    fault: Reason,
}

/// How well a certificate fits as an issuer, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    KeyIdentifier,
    Name,
    NameAlone,
    Country,
}

impl<'a> Search<'a> {
    // The certificates whose key signed that one, each with whether it is an anchor.
    fn issuers(
        &mut self,
        child: &'a Certificate,
        path: &[&Certificate],
    ) -> Vec<(&'a Certificate, bool)> {
        let given = self.anchors.certificates().iter().map(|c| (c, true));
        let embedded = self.embedded.iter().map(|c| (c, false));
        let mut candidates: Vec<_> = given
            .chain(embedded)
            .filter(|(c, _)| path.iter().all(|p| p != c))
            .filter_map(|(c, given)| Some((fit(child, c)?, c, given)))
            .collect();
        candidates.sort_by_key(|(fit, ..)| *fit);
        let mut issuers = Vec::new();
        for (fit, issuer, given) in candidates {
            // Only of what names nobody, or in other words, the country is asked.
            if (fit == Fit::Country && !issuers.is_empty()) || self.left == 0 {
                break;
            }
            let named = fit <= Fit::Name;
            if let Err(reason) = fit_to_issue(issuer, self.purpose) {
                self.fault = if named { reason } else { self.fault.clone() };
                continue;
            }
            self.left -= 1;
            match child.verify_signature(issuer) {
                Ok(()) => issuers.push((issuer, given && self.is_anchor(issuer))),
                Err(source) if named => {
                    let (signer, anchor) = (child.subject(), issuer.subject());
                    self.fault = Reason::NotIssued { signer, anchor, source: source.into() };
                }
                Err(_) => {}
            }
        }
        if let [(link, false), ..] = issuers[..] {
            let (link, issuer) = (link.subject(), link.issuer());
            self.fault = Reason::LinkNotAnchored { link, issuer };
        }
        issuers
    }

    // A given certificate that signed itself is believed for its own sake. One signed by another
    // key, even under its own name, is a link and counts with what is above it. Where the
    // algorithm is not known, the signature says nothing, and need not: the certificate was given.
    fn is_anchor(&mut self, certificate: &Certificate) -> bool {
        if !certificate.is_self_issued() {
            return false;
        }
        self.left = self.left.saturating_sub(1);
        match certificate.signature_algorithm() {
            Ok(_) => certificate.verify_signature(certificate).is_ok(),
            Err(_) => certificate.key_id_agrees(certificate) != Some(false),
        }
    }
}

fn fit(child: &Certificate, issuer: &Certificate) -> Option<Fit> {
    let same_name = child.issuer_name().same(issuer.subject_name());
    match child.key_id_agrees(issuer) {
        Some(true) => Some(Fit::KeyIdentifier),
        None if same_name => Some(Fit::Name),
        Some(false) if same_name => Some(Fit::NameAlone),
        _ => {
            let country = child.issuer_name().country();
            (country.is_some() && country == issuer.country()).then_some(Fit::Country)
        }
    }
}

fn fit_to_issue(issuer: &Certificate, purpose: Purpose) -> Result<(), Reason> {
    let unfit = |why| Err(Reason::Unfit { certificate: issuer.subject(), why });
    match issuer.unknown_critical_extension() {
        Some(oid) => return unfit(Unfit::UnknownExtension(oid)),
        None if !issuer.may_issue() => return unfit(Unfit::NoCa),
        None => {}
    }
    match (purpose, Purpose::of_issuer(issuer)) {
        (Purpose::Documents, Purpose::KeyOnlyCards) => {
            unfit(Unfit::OtherPurpose(oid::KEY_ONLY_CARD))
        }
        (Purpose::KeyOnlyCards, Purpose::Documents) => unfit(Unfit::NotForKeyOnlyCards),
        _ => Ok(()),
    }
}

/// Whether that certificate is an anchor, or a link that leads to one.
pub(super) fn is_believed(
    certificate: &Certificate,
    anchors: &Anchors,
    purpose: Purpose,
    at: UtcDateTime,
) -> bool {
    let fault = Reason::NoAnchors;
    let mut search = Search { anchors, embedded: &[], purpose, left: MAX_SIGNATURES, fault };
    if fit_to_issue(certificate, purpose).is_err() || !anchors.certificates().contains(certificate)
    {
        return false;
    }
    search.is_anchor(certificate) || find(certificate, anchors, &[], purpose, at).is_ok()
}
