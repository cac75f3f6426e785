//! Passive Authentication (ICAO Doc 9303-11 clause 5.1, Doc 9303-12 clause 8).

use time::UtcDateTime;

use super::authentic::{Authentic, authenticate};
use super::{Anchors, Check, Evidence, Groups, Named, Passive, Reason, Weakness, country};
use crate::crypto::Hash;
use crate::lds::{Df, Dg1, File, edl, sod, sod::LdsSecurityObject};
use crate::pki::{Certificate, Oid, SignedData, hash_of, oid};

/// What EF.SOD may sign: the type of ICAO Doc 9303-10, and what issuers signed before they knew it.
pub(super) const CONTENT_TYPES: [Oid; 4] = [
    oid::LDS_SECURITY_OBJECT,
    oid::LDS_SECURITY_OBJECT_OLD,
    oid::LDS_SECURITY_OBJECT_NL,
    oid::DATA,
];

pub(super) fn judge(
    evidence: &Evidence,
    anchors: &Anchors,
    at: UtcDateTime,
) -> (Passive, Vec<Weakness>) {
    let signed = match signed_data(evidence) {
        Ok(signed) => signed,
        Err(check) => {
            let rest = || Check::NotDone(Reason::NoSod);
            return (without_sod(&check, rest), Vec::new());
        }
    };
    let mut groups = match LdsSecurityObject::parse(signed.content()) {
        Ok(object) => groups(evidence, &object),
        Err(e) => (no_groups(Check::Failed(e.into())), None),
    };
    let authentic = authenticate(&signed, sod_of(evidence), &CONTENT_TYPES, anchors, at);
    let Authentic { signature, chain, validity, revocation, .. } = &authentic;
    let mut checks = vec![signature, chain, validity, &groups.0.check];
    // What is not known of revocation is told; only what is known stands in the way.
    if revocation.failed() {
        checks.push(revocation);
    }
    let check = Check::all(&checks);
    let mut weak = authentic.weak;
    weak.extend(groups.1.take());
    weak.extend(issuing_state(evidence, &groups.0, authentic.signer.as_ref()));
    let passive = Passive {
        check,
        signature: authentic.signature,
        chain: authentic.chain,
        validity: authentic.validity,
        revocation: authentic.revocation,
        groups: groups.0,
        signer: authentic.signer.as_ref().map(Named::from),
        links: authentic.links.iter().map(Named::from).collect(),
        anchor: authentic.anchor.as_ref().map(Named::from),
        crl: authentic.crl,
        signed_at: authentic.signed_at,
    };
    (passive, weak)
}

fn issuing_state(
    evidence: &Evidence,
    groups: &Groups,
    signer: Option<&Certificate>,
) -> Option<Weakness> {
    let zone = evidence.file(File::Dg1).filter(|_| groups.matched.contains(&File::Dg1))?;
    let state = Dg1::parse(zone).ok()?.mrz().issuing_state.clone();
    let (expected, country) = (country::of_certificates(&state)?, signer?.country()?);
    (country != expected).then_some(Weakness::IssuingState { state, country })
}

fn signed_data(evidence: &Evidence) -> Result<SignedData, Check> {
    let file = sod_of(evidence);
    let bytes = evidence.file(file).ok_or(Check::NotDone(Reason::NotRead { file }))?;
    let cms = sod::unwrap(bytes).map_err(|e| Check::Failed(e.into()))?;
    SignedData::parse(cms).map_err(|e| Check::Failed(Reason::Signed { file, source: e.into() }))
}

fn sod_of(evidence: &Evidence) -> File {
    match evidence.application() {
        Df::Edl => File::Edl(edl::File::Sod),
        _ => File::Sod,
    }
}

pub(super) fn without_sod(check: &Check, not_done: impl Fn() -> Check) -> Passive {
    Passive {
        check: check.clone(),
        signature: check.clone(),
        chain: not_done(),
        validity: not_done(),
        revocation: not_done(),
        groups: no_groups(not_done()),
        signer: None,
        links: Vec::new(),
        anchor: None,
        crl: None,
        signed_at: None,
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

fn groups(evidence: &Evidence, object: &LdsSecurityObject) -> (Groups, Option<Weakness>) {
    let mut groups = no_groups(Check::Passed);
    groups.listed = object.hashes.len();
    let hash = match hash_of("LDS security object", object.hash_algorithm) {
        Ok(hash) => hash,
        Err(e) => {
            let source = e.into();
            groups.check = Check::Failed(Reason::Signed { file: sod_of(evidence), source });
            return (groups, None);
        }
    };
    let weak = (hash == Hash::Sha1)
        .then(|| Weakness::Sha1 { what: "the hashes of the data groups".into() });
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
    // What stands in another application is signed by another EF.SOD, or by none.
    let elsewhere = |file: &File| file.df() != df && file.df() != Df::MasterFile;
    groups.unlisted.extend(evidence.files.keys().copied().filter(elsewhere));
    if !groups.check.failed() {
        groups.check = if let Some(file) = of_another_application(evidence, df) {
            Check::Failed(Reason::OtherApplication { file })
        } else if !groups.mismatched.is_empty() {
            Check::Failed(Reason::HashMismatch { files: groups.mismatched.clone() })
        } else if !groups.unlisted.is_empty() {
            Check::Failed(Reason::NotListed { files: groups.unlisted.clone() })
        } else if groups.matched.is_empty() {
            Check::NotDone(Reason::NothingRead)
        } else {
            Check::Passed
        };
    }
    (groups, weak)
}

// EF.SOD does not say of which application it is, and EF.DG1 has the same tag in both: under the
// other one's numbers nobody would ask for the chip's key.
fn of_another_application(evidence: &Evidence, df: Df) -> Option<File> {
    let (file, is_other): (_, fn(&[u8]) -> bool) = match df {
        Df::Edl => (File::Edl(edl::File::Dg1), |bytes| Dg1::parse(bytes).is_ok()),
        _ => (File::Dg1, |bytes| edl::Dg1::parse(bytes).is_ok()),
    };
    evidence.file(file).is_some_and(is_other).then_some(file)
}
