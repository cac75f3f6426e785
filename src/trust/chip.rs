//! Whether the chip is the issuer's: its proofs, with keys that the issuer signed.

use super::card_security::CardSecurity;
use super::{
    Access, Check, Chip, ChipRun, Evidence, Holder, KeyFile, Passive, Reason, Seat, Weakness,
};
use crate::crypto::PublicKey;
use crate::lds::{
    Df, Dg14, Dg15, File, HolderVerification, Password, SecurityInfo, SecurityInfos, edl,
};
use crate::pki::{SubjectKey, agreement};
use crate::protocol::active_auth::{self, AaKey, ActiveAuthError};
use crate::protocol::pace::{ChipAuthenticationData, PaceError, cam};

/// The evidence, and what is known of its files.
pub(super) struct Case<'a> {
    evidence: &'a Evidence,
    passive: &'a Passive,
    card_security: Option<&'a CardSecurity>,
    seat: &'a Seat,
    /// EF.DG14 as signed, or why it is not to be had.
    dg14: Result<SecurityInfos, Check>,
}

impl<'a> Case<'a> {
    pub(super) fn new(
        evidence: &'a Evidence,
        passive: &'a Passive,
        card_security: Option<&'a CardSecurity>,
        seat: &'a Seat,
    ) -> Self {
        let dg14 = Err(Check::NotDone(Reason::NoSod));
        let mut case = Self { evidence, passive, card_security, seat, dg14 };
        case.dg14 = case.signed_dg14();
        case
    }

    // A driving licence has other numbers for the same files.
    fn security_options(&self) -> File {
        match self.evidence.application() {
            Df::Edl => File::Edl(edl::File::Dg14),
            _ => File::Dg14,
        }
    }

    fn holder_file(&self) -> File {
        match self.evidence.application() {
            Df::Edl => File::Edl(edl::File::Dg1),
            _ => File::Dg1,
        }
    }

    fn active_authentication_key(&self) -> File {
        match self.evidence.application() {
            Df::Edl => File::Edl(edl::File::Dg13),
            _ => File::Dg15,
        }
    }

    // The bytes of a file whose hash stands in an EF.SOD that an anchor vouches for.
    fn genuine(&self, file: File) -> Result<&[u8], Check> {
        let groups = &self.passive.groups;
        let files = vec![file];
        if groups.unlisted.contains(&file) {
            return Err(Check::Failed(Reason::NotListed { files }));
        }
        if groups.mismatched.contains(&file) {
            return Err(Check::Failed(Reason::HashMismatch { files }));
        }
        if groups.unread.contains(&file) {
            return Err(Check::NotDone(Reason::NotRead { file }));
        }
        if !groups.matched.contains(&file) {
            let readable = groups.listed > 0;
            let reason = if readable { Reason::Unlisted { file } } else { Reason::NoSod };
            return Err(Check::NotDone(reason));
        }
        let signed =
            Check::all(&[&self.passive.signature, &self.passive.chain, &self.passive.validity]);
        match self.evidence.file(file) {
            Some(bytes) if signed.passed() && !self.passive.revocation.failed() => Ok(bytes),
            _ => Err(Check::NotDone(Reason::KeyNotAuthentic { file })),
        }
    }

    fn signed_dg14(&self) -> Result<SecurityInfos, Check> {
        let file = self.security_options();
        let bytes = self.genuine(file)?;
        let infos = match file {
            File::Edl(_) => edl::Dg14::parse(bytes).map(|dg14| dg14.infos),
            _ => Dg14::parse(bytes).map(|dg14| dg14.infos),
        };
        infos.map_err(|e| Check::Failed(e.into()))
    }

    // EF.CardSecurity as signed, or why it is not to be had.
    fn signed_card_security(&self) -> Result<&SecurityInfos, Check> {
        let file = File::CardSecurity;
        let signed = self.card_security.ok_or(Check::NotDone(Reason::NotRead { file }))?;
        signed.genuine().ok_or(match &signed.check {
            Check::Failed(_) => Check::Failed(Reason::KeyNotAuthentic { file }),
            _ => Check::NotDone(Reason::KeyNotAuthentic { file }),
        })
    }

    pub(super) fn chip_authentication(&self) -> Check {
        let (run, record) = match self.seat {
            Seat::Live { chip_authentication, .. } => {
                (Some(chip_authentication), self.evidence.chip_authentication.as_ref())
            }
            // What the reader says of it counts for nothing.
            Seat::Remote { relayed, .. } => {
                (Some(&relayed.chip_authentication), relayed.record.as_ref())
            }
            Seat::Offline { .. } => (None, self.evidence.chip_authentication.as_ref()),
        };
        if let Some(ChipRun::Failed(why)) = run {
            return Check::Failed(Reason::ChipAuthentication { detail: why.clone() });
        }
        let record = record.filter(|r| r.protected_reply);
        let (file, infos) = match record.map_or(KeyFile::Dg14, |r| r.key_file) {
            KeyFile::Dg14 => (self.security_options(), self.dg14.as_ref().map_err(Clone::clone)),
            KeyFile::CardSecurity => (File::CardSecurity, self.signed_card_security()),
        };
        let infos = match infos {
            Ok(infos) => infos,
            Err(check) => return check,
        };
        if infos.chip_authentication_keys().next().is_none() {
            return Check::NotDone(Reason::NotOffered { file });
        }
        match (run, record) {
            (None, Some(_)) => Check::NotDone(Reason::NotProvable),
            (Some(ChipRun::Proven), Some(record)) => {
                // The proof is of the key that was used, so that has to be one of the file's.
                let known = infos.chip_authentication_keys().any(|k| k.key_id == record.key_id);
                if known { Check::Passed } else { Check::Failed(Reason::KeyNotAuthentic { file }) }
            }
            (Some(ChipRun::NotRun(why)), _) => Check::NotDone(Reason::NotRun { why: why.clone() }),
            _ => Check::NotDone(Reason::NotRecorded),
        }
    }

    pub(super) fn chip_authentication_mapping(&self) -> Check {
        let file = File::CardSecurity;
        let Some(record) = &self.evidence.chip_authentication_mapping else {
            return Check::NotDone(Reason::NotRecorded);
        };
        let infos = match self.signed_card_security() {
            Ok(infos) => infos,
            Err(check) => return check,
        };
        if !matches!(self.seat, Seat::Live { .. }) {
            return Check::NotDone(Reason::NotProvable);
        }
        let failed = |detail: String| Check::Failed(Reason::Mapping { detail });
        let Some(key) = infos.mapping_key(record.parameter_id) else {
            return failed(format!("{file} has no key of number {}", record.parameter_id));
        };
        let key = match agreement::parse(&key.spki) {
            Ok(key) => key,
            Err(e) => return Check::Failed(Reason::Signed { file, source: e.into() }),
        };
        let Some(key) = key.curve_key() else {
            return failed(format!("the key in {file} is none of a curve"));
        };
        let proof = PublicKey::from_sec1(key.curve(), &record.mapping_key)
            .and_then(|mapping| ChipAuthenticationData::new(&record.data, mapping));
        match proof.map_err(|e| e.to_string()).map(|proof| cam::verify(&proof, key)) {
            Ok(Ok(())) => Check::Passed,
            Ok(Err(PaceError::NotGenuine)) => failed(PaceError::NotGenuine.to_string()),
            Ok(Err(e)) => failed(e.to_string()),
            Err(detail) => failed(detail),
        }
    }

    /// The check, and what weakens it.
    pub(super) fn active_authentication(&self) -> (Check, Option<Weakness>) {
        match self.active_signature() {
            Ok(weak) => (Check::Passed, weak),
            Err(check) => (check, None),
        }
    }

    fn active_signature(&self) -> Result<Option<Weakness>, Check> {
        let failed = Check::Failed;
        let file = self.active_authentication_key();
        let key = match self.genuine(file) {
            Err(Check::NotDone(Reason::Unlisted { file })) => {
                return Err(Check::NotDone(Reason::NotOffered { file }));
            }
            other => other?,
        };
        let record =
            self.evidence.active_authentication.as_ref().ok_or_else(|| match self.seat {
                Seat::Live { active_authentication_refused: Some(detail), .. } => {
                    Check::Failed(Reason::Refused { detail: detail.clone() })
                }
                _ => Check::NotDone(Reason::NotRecorded),
            })?;
        if let Some(bind) = self.seat.demanded()
            && bind[..record.challenge.len()] != record.challenge
        {
            return Err(failed(Reason::ChallengeNotBound {
                expected: hex::encode(&bind[..record.challenge.len()]),
                got: hex::encode(record.challenge),
            }));
        }
        let spki = match file {
            File::Edl(_) => edl::Dg13::parse(key).map(|dg13| dg13.spki),
            _ => Dg15::parse(key).map(|dg15| dg15.spki),
        };
        let spki = spki.map_err(|e| failed(e.into()))?;
        let key = AaKey::from_spki(&spki).map_err(|e| match e {
            ActiveAuthError::Key(source) => failed(Reason::Signed { file, source }),
            other => failed(other.into()),
        })?;
        let info = self.dg14.as_ref().ok().and_then(SecurityInfos::active_authentication);
        let named = info.map(|info| info.signature_algorithm);
        active_auth::check(&key, named, &record.challenge, &record.signature).map_err(|e| {
            failed(match e {
                ActiveAuthError::UnknownAlgorithm { oid } => Reason::UnknownSignature { oid },
                other => other.into(),
            })
        })?;
        Ok(match key {
            AaKey::Rsa(key) if key.bits() < SubjectKey::SHORT_RSA_BITS => {
                let (certificate, key) = (file.to_string(), SubjectKey::Rsa(key).to_string());
                Some(Weakness::ShortKey { certificate, key })
            }
            _ => None,
        })
    }

    /// All proofs together: Chip Authentication, its mapping, Active Authentication.
    pub(super) fn chip(&self, proofs: [&Check; 3]) -> Check {
        if let Some(failure) = proofs.into_iter().find(|c| c.failed()) {
            return failure.clone();
        }
        if proofs.into_iter().any(Check::passed) {
            return Check::Passed;
        }
        // Of a card that has several, the reason for the one that could have been shown says more.
        let [ca, mapping, aa] = proofs;
        let lists = |file| {
            let groups = &self.passive.groups;
            groups.matched.contains(&file) || groups.unread.contains(&file)
        };
        let keys = |infos: &SecurityInfos| infos.chip_authentication_keys().next().is_some();
        let offers_ca = lists(self.security_options()) && self.dg14.as_ref().map_or(true, keys);
        if lists(self.active_authentication_key()) {
            aa.clone()
        } else if self.evidence.chip_authentication_mapping.is_some() {
            mapping.clone()
        } else if offers_ca || self.card_security.is_some() {
            ca.clone()
        } else if !self.passive.groups.check.passed() {
            Check::NotDone(Reason::NoSod)
        } else if !self.passive.groups.matched.contains(&self.holder_file()) {
            // Nothing else tells an application from the other, where the keys have other numbers.
            Check::NotDone(Reason::NotRead { file: self.holder_file() })
        } else {
            Check::NotDone(Reason::CannotProve)
        }
    }

    pub(super) const fn challenge_was_chosen(&self) -> bool {
        self.seat.chose_the_challenge()
    }

    /// Whether what was offered in the clear is what the issuer signed, in EF.DG14 or in
    /// EF.CardSecurity.
    pub(super) fn card_access(&self) -> Check {
        let offered = match self.evidence.file(File::CardAccess).map(SecurityInfos::parse) {
            Some(Ok(infos)) => Some(infos),
            Some(Err(e)) => return Check::Failed(e.into()),
            None => None,
        };
        let has_pace = |infos: &SecurityInfos| infos.pace().next().is_some();
        let signed = self.dg14.as_ref().is_ok_and(has_pace);
        if signed && !offered.as_ref().is_some_and(has_pace) {
            return Check::Failed(Reason::PaceHidden);
        }
        let Some(offered) = offered else {
            return Check::NotDone(Reason::NotRead { file: File::CardAccess });
        };
        let pace = |info: &&SecurityInfo| {
            matches!(info, SecurityInfo::Pace(_) | SecurityInfo::PaceDomainParameter(_))
        };
        let missing = |signed: &SecurityInfos| offered.missing_from(signed).filter(pace).count();
        let in_card_security = self.card_security.and_then(CardSecurity::genuine).map(missing);
        if in_card_security == Some(0) {
            return Check::Passed;
        }
        match &self.dg14 {
            Ok(signed) => match missing(signed) {
                0 => Check::Passed,
                count => Check::Failed(Reason::CardAccessAltered { count }),
            },
            Err(Check::NotDone(reason)) => Check::NotDone(reason.clone()),
            Err(_) => Check::NotDone(Reason::KeyNotAuthentic { file: self.security_options() }),
        }
    }

    pub(super) fn holder(&self, chip: &Chip) -> Option<Holder> {
        let told = self.evidence.file(File::HolderVerification);
        let bytes = match self.seat {
            Seat::Remote { relayed, .. } => match &relayed.holder_verification {
                Some(bytes) => bytes,
                None => {
                    let check = Check::NotDone(Reason::OnlyTold);
                    return told.map(|_| Holder { check, file: None });
                }
            },
            Seat::Live { .. } | Seat::Offline { .. } => told?,
        };
        let file = match HolderVerification::parse(bytes) {
            Ok(file) => file,
            Err(e) => return Some(Holder { check: Check::Failed(e.into()), file: None }),
        };
        let (access, password) = (self.evidence.access, file.password);
        let told = match access {
            Access::PaceCan => Password::Can,
            Access::PacePin => Password::Pin,
            Access::PacePuk => Password::Puk,
            Access::PaceMrz | Access::Bac | Access::Bap => Password::Mrz,
        };
        let check = match self.seat {
            Seat::Offline { .. } => Check::NotDone(Reason::NotProvable),
            // One proof says nothing of a channel in which another failed.
            _ if !chip.answered_the_judge() || !chip.check.passed() => {
                Check::NotDone(Reason::NotAttested)
            }
            _ if told != password => Check::Failed(Reason::AccessDiffers { password, access }),
            _ if password == Password::Pin => Check::Passed,
            _ => Check::NotDone(Reason::NoPin { password }),
        };
        Some(Holder { check, file: Some(file) })
    }
}
