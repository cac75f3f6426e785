//! Whether a master list is to be believed, and what is in it (ICAO Doc 9303-12 clause 9).

use time::UtcDateTime;

use super::chain::{self, Purpose};
use super::{Anchors, Check, Fault, FaultReason, Named, Reason, revocation};
use crate::pki::{Certificate, MasterList, Verified, oid};

/// A master list whose signature was checked.
#[derive(Debug)]
pub(super) struct OpenedList {
    pub(super) vouched: Vouched,
    /// The certificates, each with its place in the list.
    pub(super) certificates: Vec<(String, Certificate)>,
    /// What is broken in it.
    pub(super) faults: Vec<Fault>,
}

/// Who stands for a master list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Vouched {
    /// Who signed it.
    pub signer: Named,
    /// The self-signed certificate above the signer.
    pub anchor: Named,
    /// The anchor was believed before. Where not, it came with the list: then whoever took the
    /// list vouches for it, and nobody else.
    pub believed: bool,
    /// The signer's certificate is one for master lists (extKeyUsage
    /// id-icao-cscaMasterListSigningKey).
    pub for_lists: bool,
    /// When the signer says that it signed.
    #[serde(skip_serializing_if = "Option::is_none", with = "super::encoding::rfc3339::option")]
    pub signed_at: Option<UtcDateTime>,
    /// How many certificates it has, broken ones included.
    pub certificates: usize,
}

// Who signs a list vouches for those who issue documents, not for the CAs of key-only cards.
fn is_csca(certificate: &Certificate) -> bool {
    certificate.may_issue() && Purpose::of_issuer(certificate) == Purpose::Documents
}

/// Checks the list's signature up to a certificate that is believed, else up to one that came with
/// it, and names the parts that are broken.
pub(super) fn open(name: &str, list: &MasterList, believed: &Anchors) -> Result<OpenedList, Fault> {
    let fault = |reason| Fault { name: name.to_owned(), reason };
    let verified = list.verify().map_err(|e| fault(e.into()))?;
    let mut contained = Anchors::new(name);
    let listed = list.entries().iter().filter_map(|entry| entry.certificate.as_ref().ok());
    for certificate in list.embedded().iter().chain(listed) {
        if is_csca(certificate) {
            // A list has fewer than a set may have.
            let _ = contained.insert(name, certificate.clone());
        }
    }
    let by_believed = vouch(&verified, believed, true);
    let vouched = match by_believed {
        Ok(vouched) => Ok(vouched),
        Err(reason @ FaultReason::List(_)) => {
            // Who is known and was revoked does not become good by bringing an anchor along.
            let revoked =
                matches!(&reason, FaultReason::List(r) if matches!(**r, Reason::Revoked { .. }));
            if revoked { Err(reason) } else { vouch(&verified, &contained, false) }
        }
        Err(reason) => Err(reason),
    };
    let mut vouched = vouched.map_err(fault)?;
    vouched.certificates = list.entries().len();
    let (mut certificates, mut faults) = (Vec::new(), Vec::new());
    for entry in list.entries() {
        let name = format!("{name}: certificate {}", entry.place);
        match &entry.certificate {
            Ok(certificate) if is_csca(certificate) => {
                certificates.push((name, certificate.clone()));
            }
            Ok(certificate) => {
                let subject = certificate.subject();
                let reason = if certificate.may_issue() {
                    FaultReason::NotCsca { subject }
                } else {
                    FaultReason::NotCa { subject }
                };
                faults.push(Fault { name, reason });
            }
            Err(error) => {
                let name = format!("{name} (SHA-256 {})", hex::encode(entry.sha256));
                faults.push(Fault { name, reason: error.clone().into() });
            }
        }
    }
    Ok(OpenedList { vouched, certificates, faults })
}

fn vouch(
    verified: &Verified<'_>,
    anchors: &Anchors,
    believed: bool,
) -> Result<Vouched, FaultReason> {
    let signer = verified.certificate;
    let list = |reason: Reason| FaultReason::List(Box::new(reason));
    // Without a time of signing, dates show nothing: a list is as good as when it was made.
    let at = verified.signing_time.unwrap_or_else(|| signer.validity().not_before);
    if !signer.validity().contains(at) {
        return Err(FaultReason::ListSignedOutsideValidity { signer: signer.subject(), at });
    }
    // A CA may sign its list itself, though it should not (ICAO Doc 9303-12 clause 9.2).
    let anchor = if anchors.contains(signer)
        && chain::is_believed(signer, anchors, Purpose::Documents, at)
    {
        signer
    } else {
        let chain = chain::find(signer, anchors, &[], Purpose::Documents, at).map_err(list)?;
        if let (Check::Failed(reason), _) = revocation::check(signer, &chain, anchors, at) {
            return Err(list(reason));
        }
        chain.anchor
    };
    let purposes = signer.purposes().unwrap_or_default();
    Ok(Vouched {
        signer: signer.into(),
        anchor: anchor.into(),
        believed,
        for_lists: purposes.contains(&oid::MASTER_LIST_SIGNER),
        signed_at: verified.signing_time,
        certificates: 0,
    })
}
