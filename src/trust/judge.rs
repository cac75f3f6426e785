//! From evidence to verdict.

use time::UtcDateTime;

use super::passive;
use super::{Access, Anchors, Check, Chip, Evidence, Holder, Level, Passive, Reason, Verdict};
use crate::lds::{Dg14, Dg15, File, HolderVerification, Password, SecurityInfo, SecurityInfos};
use crate::protocol::active_auth::{self, AaKey, ActiveAuthError};

/// Who judges, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judging {
    /// Whether the judge was there.
    pub seat: Seat,
    /// The time to judge at; without it, the time of the tap as the evidence tells it.
    pub at: Option<UtcDateTime>,
}

/// What the judge knows beside the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seat {
    /// The judge ran the tap: it held the ephemeral key of Chip Authentication and chose the
    /// challenge of Active Authentication.
    Live {
        /// Chip Authentication as the tap saw it: why it is no proof, where it is none; `None`
        /// where the card does not offer it.
        chip_authentication: Option<Result<(), String>>,
        /// Why the card gave no signature for Active Authentication, where it was asked and
        /// refused.
        active_authentication_refused: Option<String>,
    },
    /// The judge has the evidence and nothing else.
    Offline {
        /// What the tap had to be bound to; the card has to have signed its first eight bytes.
        bind: Option<[u8; 32]>,
    },
}

impl Judging {
    /// By the tap itself, of which these are the outcomes.
    pub const fn live(
        chip_authentication: Option<Result<(), String>>,
        active_authentication_refused: Option<String>,
    ) -> Self {
        let seat = Seat::Live { chip_authentication, active_authentication_refused };
        Self { seat, at: None }
    }

    /// By somebody who was not there.
    pub const fn offline(bind: Option<[u8; 32]>) -> Self {
        Self { seat: Seat::Offline { bind }, at: None }
    }

    /// At another time than that of the tap.
    #[must_use]
    pub const fn at(mut self, at: UtcDateTime) -> Self {
        self.at = Some(at);
        self
    }
}

/// Judges evidence. Nothing in it is believed but what is shown: signatures up to one of the
/// anchors, hashes under them, and the chip's proofs with keys under those.
pub fn judge(evidence: &Evidence, anchors: &Anchors, judging: &Judging) -> Verdict {
    let at = judging.at.unwrap_or(evidence.tapped_at);
    let (passive, weak) = passive::judge(evidence, anchors, at);
    let case = Case { evidence, passive: &passive, seat: &judging.seat };
    let dg14 = case.dg14();
    let chip_authentication = case.chip_authentication(dg14.as_ref());
    let active_authentication = case.active_authentication(dg14.as_ref());
    let check = case.chip(&chip_authentication, &active_authentication, dg14.as_ref());
    let can_prove = check != Check::NotDone(Reason::CannotProve);
    let chip = Chip { check, chip_authentication, active_authentication };
    let card_access = case.card_access(dg14.as_ref());
    let holder_verification = case.holder(&chip);
    let level = if !passive.check.passed() {
        Level::L0
    } else if chip.check.failed() {
        Level::L1
    } else if chip.chip_authentication.passed() {
        Level::L3
    } else if chip.active_authentication.passed() && case.challenge_was_chosen() {
        Level::L2
    } else {
        Level::L1
    };
    let verified =
        passive.check.passed() && (chip.check.passed() || !can_prove) && !card_access.failed();
    Verdict {
        verified,
        level,
        passive,
        chip,
        card_access,
        holder_verification,
        judged_at: at,
        trust: anchors.summary(),
        weak,
    }
}

struct Case<'a> {
    evidence: &'a Evidence,
    passive: &'a Passive,
    seat: &'a Seat,
}

// EF.DG14 as signed, or why it is not to be had.
type SignedDg14 = Result<SecurityInfos, Check>;

impl Case<'_> {
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

    fn dg14(&self) -> SignedDg14 {
        let bytes = self.genuine(File::Dg14)?;
        Dg14::parse(bytes).map(|dg14| dg14.infos).map_err(|e| Check::Failed(e.into()))
    }

    fn chip_authentication(&self, dg14: Result<&SecurityInfos, &Check>) -> Check {
        let outcome = match self.seat {
            Seat::Live { chip_authentication: Some(Err(detail)), .. } => {
                return Check::Failed(Reason::ChipAuthentication { detail: detail.clone() });
            }
            Seat::Live { chip_authentication, .. } => chip_authentication.as_ref(),
            Seat::Offline { .. } => None,
        };
        let infos = match dg14 {
            Ok(infos) => infos,
            Err(check) => return check.clone(),
        };
        if infos.chip_authentication_keys().next().is_none() {
            return Check::NotDone(Reason::NotOffered { file: File::Dg14 });
        }
        let record = self.evidence.chip_authentication.as_ref().filter(|r| r.protected_reply);
        match (self.seat, outcome, record) {
            (Seat::Offline { .. }, _, Some(_)) => Check::NotDone(Reason::NotProvable),
            (Seat::Live { .. }, Some(Ok(())), Some(record)) => {
                // The proof is of the key that was used, so that has to be one of EF.DG14.
                let known = infos.chip_authentication_keys().any(|k| k.key_id == record.key_id);
                if known {
                    Check::Passed
                } else {
                    Check::Failed(Reason::KeyNotAuthentic { file: File::Dg14 })
                }
            }
            _ => Check::NotDone(Reason::NotRecorded),
        }
    }

    fn active_authentication(&self, dg14: Result<&SecurityInfos, &Check>) -> Check {
        match self.active_signature(dg14) {
            Ok(()) => Check::Passed,
            Err(check) => check,
        }
    }

    fn active_signature(&self, dg14: Result<&SecurityInfos, &Check>) -> Result<(), Check> {
        let failed = Check::Failed;
        let key = match self.genuine(File::Dg15) {
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
        if let Seat::Offline { bind: Some(bind) } = self.seat
            && bind[..record.challenge.len()] != record.challenge
        {
            return Err(failed(Reason::ChallengeNotBound {
                expected: hex::encode(&bind[..record.challenge.len()]),
                got: hex::encode(record.challenge),
            }));
        }
        let key = Dg15::parse(key).map_err(|e| failed(e.into()))?;
        let key = AaKey::from_spki(&key.spki).map_err(|e| match e {
            ActiveAuthError::Key(source) => failed(Reason::Signed { file: File::Dg15, source }),
            other => failed(other.into()),
        })?;
        let info = dg14.ok().and_then(SecurityInfos::active_authentication);
        let named = info.map(|info| info.signature_algorithm);
        active_auth::check(&key, named, &record.challenge, &record.signature).map_err(|e| {
            failed(match e {
                ActiveAuthError::UnknownAlgorithm { oid } => Reason::UnknownSignature { oid },
                other => other.into(),
            })
        })?;
        Ok(())
    }

    fn chip(&self, ca: &Check, aa: &Check, dg14: Result<&SecurityInfos, &Check>) -> Check {
        if let Some(failure) = [ca, aa].into_iter().find(|c| c.failed()) {
            return failure.clone();
        }
        if ca.passed() || aa.passed() {
            return Check::Passed;
        }
        // Of a card that has both, the reason for the one that could have been shown says more.
        let lists = |file| {
            let groups = &self.passive.groups;
            groups.matched.contains(&file) || groups.unread.contains(&file)
        };
        let offers_ca = lists(File::Dg14)
            && dg14.map_or(true, |infos| infos.chip_authentication_keys().next().is_some());
        match (lists(File::Dg15), offers_ca) {
            (true, _) => aa.clone(),
            (false, true) => ca.clone(),
            (false, false) if self.passive.groups.check.passed() => {
                Check::NotDone(Reason::CannotProve)
            }
            (false, false) => Check::NotDone(Reason::NoSod),
        }
    }

    // Who chose the challenge decides whether a signature over it shows that the card was there
    // now: the judge, who ran the tap or demanded the binding.
    fn challenge_was_chosen(&self) -> bool {
        !matches!(self.seat, Seat::Offline { bind: None })
    }

    fn card_access(&self, dg14: Result<&SecurityInfos, &Check>) -> Check {
        let Some(bytes) = self.evidence.file(File::CardAccess) else {
            return Check::NotDone(Reason::NotRead { file: File::CardAccess });
        };
        let offered = match SecurityInfos::parse(bytes) {
            Ok(infos) => infos,
            Err(e) => return Check::Failed(e.into()),
        };
        let signed = match dg14 {
            Ok(infos) => infos,
            Err(Check::NotDone(reason)) => return Check::NotDone(reason.clone()),
            Err(_) => return Check::NotDone(Reason::KeyNotAuthentic { file: File::Dg14 }),
        };
        let pace = |info: &&SecurityInfo| {
            matches!(info, SecurityInfo::Pace(_) | SecurityInfo::PaceDomainParameter(_))
        };
        match offered.missing_from(signed).filter(pace).count() {
            0 => Check::Passed,
            count => Check::Failed(Reason::CardAccessAltered { count }),
        }
    }

    fn holder(&self, chip: &Chip) -> Option<Holder> {
        let bytes = self.evidence.file(File::HolderVerification)?;
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
        let check = match (self.seat, &chip.chip_authentication) {
            (Seat::Offline { .. }, _) => Check::NotDone(Reason::NotProvable),
            (Seat::Live { .. }, ca) if !ca.passed() => Check::NotDone(Reason::NotAttested),
            _ if told != password => Check::Failed(Reason::AccessDiffers { password, access }),
            _ if password == Password::Pin => Check::Passed,
            _ => Check::NotDone(Reason::NoPin { password }),
        };
        Some(Holder { check, file: Some(file) })
    }
}
