//! From evidence to verdict.

use time::UtcDateTime;

use super::chip::Case;
use super::{Anchors, Check, Chip, ChipAuthentication, Evidence, Level, Reason, Verdict};
use super::{card_security, key_only, passive};
use crate::lds::Df;

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
    /// The judge ran the tap: it held the ephemeral keys of Chip Authentication and of PACE, and
    /// chose the challenge of Active Authentication.
    Live {
        /// Chip Authentication as the tap saw it.
        chip_authentication: ChipRun,
        /// Why the card gave no signature for Active Authentication, or as a key-only card, where
        /// it was asked and refused.
        active_authentication_refused: Option<String>,
    },
    /// The judge was not at the tap, but spoke to the chip through whoever was: it held the
    /// ephemeral key of Chip Authentication and the channel behind it, and demanded the binding.
    Remote {
        /// What it found out so. Of the same things the evidence says nothing that counts.
        relayed: Relayed,
        /// What the tap had to be bound to, as of [`Seat::Offline`].
        bind: [u8; 32],
    },
    /// The judge has the evidence and nothing else.
    Offline {
        /// What the tap had to be bound to; the card has to have signed its first eight bytes, a
        /// key-only card all of it.
        bind: Option<[u8; 32]>,
    },
}

impl Seat {
    // Who chose the challenge decides whether a signature over it shows that the card was there
    // now: the judge, who ran the tap or demanded the binding.
    pub(super) const fn chose_the_challenge(&self) -> bool {
        !matches!(self, Self::Offline { bind: None })
    }

    // What the card has to have signed.
    pub(super) const fn demanded(&self) -> Option<&[u8; 32]> {
        match self {
            Self::Offline { bind } => bind.as_ref(),
            Self::Remote { bind, .. } => Some(bind),
            Self::Live { .. } => None,
        }
    }
}

/// What a judge learns from a chip through somebody else's reader, in a channel whose keys only
/// the chip and the judge have.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Relayed {
    /// Chip Authentication as the judge saw it.
    pub chip_authentication: ChipRun,
    /// The run itself, where there was one.
    pub record: Option<ChipAuthentication>,
    /// EF.HolderVerification, where the card gave it in that channel.
    pub holder_verification: Option<Vec<u8>>,
}

impl std::fmt::Debug for Relayed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relayed")
            .field("chip_authentication", &self.chip_authentication)
            .field("holder_verification", &self.holder_verification.is_some())
            .finish_non_exhaustive()
    }
}

/// How Chip Authentication went at the tap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChipRun {
    /// The card does not offer it.
    #[default]
    NotOffered,
    /// It was left out, for this reason.
    NotRun(String),
    /// It showed nothing, for this reason.
    Failed(String),
    /// The chip answered under the new keys.
    Proven,
}

impl Judging {
    /// By the tap itself, of which these are the outcomes.
    pub const fn live(
        chip_authentication: ChipRun,
        active_authentication_refused: Option<String>,
    ) -> Self {
        let seat = Seat::Live { chip_authentication, active_authentication_refused };
        Self { seat, at: None }
    }

    /// By somebody who was not there.
    pub const fn offline(bind: Option<[u8; 32]>) -> Self {
        Self { seat: Seat::Offline { bind }, at: None }
    }

    /// By somebody who was not there, but spoke to the chip through whoever was.
    pub const fn remote(relayed: Relayed, bind: [u8; 32]) -> Self {
        Self { seat: Seat::Remote { relayed, bind }, at: None }
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
    if evidence.application() == Df::KeyOnly {
        return key_only::judge(evidence, anchors, &judging.seat, at);
    }
    let (passive, mut weak) = passive::judge(evidence, anchors, at);
    let card_security = card_security::judge(evidence, anchors, at);
    let case = Case::new(evidence, &passive, card_security.as_ref(), &judging.seat);
    let chip_authentication = case.chip_authentication();
    let chip_authentication_mapping = case.chip_authentication_mapping();
    let (active_authentication, short_key) = case.active_authentication();
    weak.extend(short_key);
    let proofs = [&chip_authentication, &chip_authentication_mapping, &active_authentication];
    let check = case.chip(proofs);
    let can_prove = check != Check::NotDone(Reason::CannotProve);
    let chip =
        Chip { check, chip_authentication, chip_authentication_mapping, active_authentication };
    let card_access = case.card_access();
    let holder_verification = case.holder(&chip);
    let level = if !passive.check.passed() {
        Level::L0
    } else if chip.check.failed() {
        Level::L1
    } else if chip.answered_the_judge() {
        Level::L3
    } else if chip.active_authentication.passed() && case.challenge_was_chosen() {
        Level::L2
    } else {
        Level::L1
    };
    let card_security = card_security.map(|signed| {
        for weakness in signed.weak {
            if !weak.contains(&weakness) {
                weak.push(weakness);
            }
        }
        signed.check
    });
    let verified = passive.check.passed()
        && (chip.check.passed() || !can_prove)
        && !card_access.failed()
        && !card_security.as_ref().is_some_and(Check::failed);
    Verdict {
        verified,
        level,
        passive,
        chip,
        key_only: None,
        card_security,
        card_access,
        holder_verification,
        judged_at: at,
        trust: anchors.summary(),
        weak,
    }
}
