//! Passive Authentication (ICAO Doc 9303-11 clause 5.1, Doc 9303-12 clause 8).

use time::UtcDateTime;

use super::{Anchors, Check, Evidence, Groups, Named, Passive, Reason, Unfit};
use crate::crypto::Hash;
use crate::lds::{File, sod, sod::LdsSecurityObject};
use crate::pki::{Certificate, PkiError, SignedData, hash_of, oid};

pub(super) fn judge(evidence: &Evidence, anchors: &Anchors, at: UtcDateTime) -> Passive {
    let signed = match signed_data(evidence) {
        Ok(signed) => signed,
        Err(check) => return without_sod(check),
    };
    let groups = match LdsSecurityObject::parse(signed.content()) {
        Ok(object) => groups(evidence, &object),
        Err(e) => no_groups(Check::Failed(e.into())),
    };
    let (signature, signer) = match signed.verify(oid::LDS_SECURITY_OBJECT) {
        Ok(signer) => (Check::Passed, Some(signer)),
        Err(e) => (Check::Failed(Reason::Signed { file: File::Sod, source: e.into() }), None),
    };
    let (chain, anchor) = match signer.map(|signer| issuer_of(signer, anchors, at)) {
        None => (Check::NotDone(Reason::NoSod), None),
        Some(Ok(anchor)) => (Check::Passed, Some(anchor)),
        Some(Err(check)) => (check, None),
    };
    let validity = match (signer, anchor) {
        (Some(signer), Some(anchor)) => Check::all(&[&valid(signer, at), &valid(anchor, at)]),
        _ => Check::NotDone(Reason::NoChain),
    };
    Passive {
        check: Check::all(&[&signature, &chain, &validity, &groups.check]),
        signature,
        chain,
        validity,
        groups,
        signer: signer.map(Named::from),
        anchor: anchor.map(Named::from),
    }
}

fn signed_data(evidence: &Evidence) -> Result<SignedData, Check> {
    let file = File::Sod;
    let bytes = evidence.file(file).ok_or(Check::NotDone(Reason::NotRead { file }))?;
    let cms = sod::unwrap(bytes).map_err(|e| Check::Failed(e.into()))?;
    SignedData::parse(cms).map_err(|e| Check::Failed(Reason::Signed { file, source: e.into() }))
}

fn without_sod(check: Check) -> Passive {
    let not_done = || Check::NotDone(Reason::NoSod);
    Passive {
        check: check.clone(),
        signature: check,
        chain: not_done(),
        validity: not_done(),
        groups: no_groups(not_done()),
        signer: None,
        anchor: None,
    }
}

const fn no_groups(check: Check) -> Groups {
    Groups {
        check,
        listed: 0,
        matched: Vec::new(),
        mismatched: Vec::new(),
        unlisted: Vec::new(),
        unread: Vec::new(),
    }
}

fn groups(evidence: &Evidence, object: &LdsSecurityObject) -> Groups {
    let mut groups = no_groups(Check::Passed);
    groups.listed = object.hashes.len();
    let hash = match hash_of("LDS security object", object.hash_algorithm) {
        // Who can make two files with one SHA-1 hash gets the first signed and shows the second.
        Ok(Hash::Sha1) | Err(_) => {
            let (what, oid) = ("LDS security object", object.hash_algorithm);
            let source = PkiError::UnsupportedAlgorithm { what, oid };
            groups.check = Check::Failed(Reason::Signed { file: File::Sod, source: source.into() });
            return groups;
        }
        Ok(hash) => hash,
    };
    let df = evidence.application();
    for file in File::ALL.into_iter().filter(|file| file.df() == df) {
        let Some(number) = file.data_group() else { continue };
        let mut listed = object.hashes.iter().filter(|h| h.number == number);
        let list = match (listed.next(), evidence.file(file)) {
            (None, None) => continue,
            (None, Some(_)) => &mut groups.unlisted,
            (Some(_), None) => &mut groups.unread,
            (Some(entry), Some(bytes)) if entry.hash == hash.digest(&[bytes]) => {
                &mut groups.matched
            }
            (Some(_), Some(_)) => &mut groups.mismatched,
        };
        list.push(file);
        if listed.next().is_some() {
            groups.check = Check::Failed(Reason::ListedTwice { number });
        }
    }
    let fault = if groups.check.failed() {
        return groups;
    } else if !groups.mismatched.is_empty() {
        Check::Failed(Reason::HashMismatch { files: groups.mismatched.clone() })
    } else if !groups.unlisted.is_empty() {
        Check::Failed(Reason::NotListed { files: groups.unlisted.clone() })
    } else if groups.matched.is_empty() {
        Check::NotDone(Reason::NothingRead)
    } else {
        Check::Passed
    };
    groups.check = fault;
    groups
}

// The anchor that issued a document signer. A CA may have several certificates of one name, for
// old keys and new ones and for one key twice: one that is valid is taken where there is a choice.
fn issuer_of<'a>(
    signer: &Certificate,
    anchors: &'a Anchors,
    at: UtcDateTime,
) -> Result<&'a Certificate, Check> {
    if anchors.is_empty() {
        return Err(Check::NotDone(Reason::NoAnchors));
    }
    fit_to_sign(signer).map_err(Check::Failed)?;
    let mut fault = Reason::UnknownIssuer {
        signer: signer.subject(),
        issuer: signer.issuer(),
        anchors: anchors.len(),
    };
    let mut found: Option<&Certificate> = None;
    for anchor in anchors.certificates().iter().filter(|a| signer.names_as_issuer(a)) {
        if let Some(oid) = anchor.unknown_critical_extension() {
            fault = unfit(anchor, Unfit::UnknownExtension(oid));
        } else if let Err(source) = signer.verify_signature(anchor) {
            let (signer, anchor) = (signer.subject(), anchor.subject());
            fault = Reason::NotIssued { signer, anchor, source: source.into() };
        } else if found.is_none() || anchor.validity().contains(at) {
            found = Some(anchor);
        }
    }
    found.ok_or(Check::Failed(fault))
}

fn fit_to_sign(signer: &Certificate) -> Result<(), Reason> {
    if signer.basic_constraints().is_some_and(|b| b.ca) {
        return Err(unfit(signer, Unfit::IsCa));
    }
    if signer.key_usage().is_some_and(|u| !u.digital_signature) {
        return Err(unfit(signer, Unfit::NoDigitalSignature));
    }
    match signer.unknown_critical_extension() {
        Some(oid) => Err(unfit(signer, Unfit::UnknownExtension(oid))),
        None => Ok(()),
    }
}

fn unfit(certificate: &Certificate, why: Unfit) -> Reason {
    Reason::Unfit { certificate: certificate.subject(), why }
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
