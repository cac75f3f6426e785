//! EF.CardSecurity, which is signed itself: the keys of PACE with Chip Authentication Mapping and of
//! Chip Authentication version 2 (ICAO Doc 9303-11 clause 9.2.10, BSI TR-03110-3 clause A.1.2.2).

use time::UtcDateTime;

use super::{Anchors, Check, Evidence, Reason, Weakness, authenticate};
use crate::lds::{File, SecurityInfos, oids};
use crate::pki::SignedData;

/// What is shown of the file.
pub(super) struct CardSecurity {
    /// Signed by a document signer whom an anchor vouches for.
    pub(super) check: Check,
    /// Its content, believed only where the check passed.
    infos: Option<SecurityInfos>,
    /// What weakens it.
    pub(super) weak: Vec<Weakness>,
}

impl CardSecurity {
    /// The content, where it is the issuer's.
    pub(super) const fn genuine(&self) -> Option<&SecurityInfos> {
        match (&self.check, &self.infos) {
            (Check::Passed, Some(infos)) => Some(infos),
            _ => None,
        }
    }
}

/// `None` where the file was not read.
pub(super) fn judge(
    evidence: &Evidence,
    anchors: &Anchors,
    at: UtcDateTime,
) -> Option<CardSecurity> {
    const FILE: File = File::CardSecurity;
    let failed =
        |check| Some(CardSecurity { check: Check::Failed(check), infos: None, weak: Vec::new() });
    let signed = match SignedData::parse(evidence.file(FILE)?) {
        Ok(signed) => signed,
        Err(e) => return failed(Reason::Signed { file: FILE, source: e.into() }),
    };
    let infos = match SecurityInfos::parse_in(FILE, signed.content()) {
        Ok(infos) => infos,
        Err(e) => return failed(e.into()),
    };
    let authentic = authenticate(&signed, FILE, &[oids::SECURITY_OBJECT], anchors, at);
    let mut checks = vec![&authentic.signature, &authentic.chain, &authentic.validity];
    if authentic.revocation.failed() {
        checks.push(&authentic.revocation);
    }
    let check = Check::all(&checks);
    Some(CardSecurity { check, infos: Some(infos), weak: authentic.weak })
}
