//! Deliberate mistakes of a chip, for judging a judge: a conformance run has to find each of them.
//! No profile can ask for one, and a card is made without.

use std::borrow::Cow;

use super::{
    access::Shown,
    card::Card,
    fs::NodeId,
    security::{PaceRun, Session},
};
use crate::{
    apdu::{Command, CommandView, Header, StatusWord, ins},
    lds::File,
    profile::Rule,
    protocol::{Flaws, pace::PasswordKind},
    sm::{Leniency, SmError},
    tlv::{Reader, Writer, parse_one},
};

macro_rules! defects {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+) => {
        /// A deliberate mistake of a chip.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Defect {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Defect {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What is wrong, in a sentence.
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+),)+
                }
            }
        }
    };
}

defects! {
    /// A SELECT without secure messaging does not end the session.
    PlainSelect = "plain-select-keeps-channel";
    /// PACE takes any token of the terminal.
    AnyToken = "wrong-token-accepted";
    /// The keys before Chip Authentication go on working.
    OldKeysAlive = "old-keys-after-ca";
    /// Active Authentication signs half of the challenge.
    ShortChallenge = "aa-over-fewer-bytes";
    /// The MAC of a protected command is not looked at.
    AnyMac = "mac-not-checked";
    /// The send sequence counter need not be the next.
    AnyCounter = "ssc-not-checked";
    /// A protected command may come without DO8E.
    MissingMac = "do8e-optional";
    /// The Le in DO97 is not looked at.
    Do97Ignored = "do97-ignored";
    /// EF.CardSecurity is readable without PACE.
    CardSecurityOpen = "card-security-open";
    /// Files are readable before BAC and PACE.
    FilesOpen = "files-open";
    /// A protected file may be selected before BAC and PACE.
    SelectOpen = "select-open";
    /// BAC takes a challenge that a later one made void.
    StaleChallenge = "stale-challenge";
    /// Key agreements take a point off the curve.
    OffCurve = "off-curve-accepted";
    /// Key agreements take the point (0,0).
    ZeroPoint = "zero-point-accepted";
    /// Key agreements take a Diffie-Hellman value above the prime.
    DhAbovePrime = "dh-above-prime";
    /// MSE:Set AT of PACE may come without DO80.
    MissingDo80 = "missing-do80";
    /// PACE takes an unknown password reference for the CAN.
    UnknownPassword = "unknown-password";
    /// PACE sends DO8A with the generic and the integrated mapping.
    Do8aInGm = "do8a-in-gm";
    /// PACE does not look at command chaining.
    ChainingIgnored = "chaining-ignored";
    /// A command between the steps of PACE does not end it.
    CommandBetween = "command-between";
    /// A failed Chip Authentication ends the session.
    FailedCaEnds = "failed-ca-ends-session";
    /// Active Authentication takes a challenge of any length.
    AnyChallengeLength = "aa-any-length";
    /// PACE passes over further data objects in GENERAL AUTHENTICATE.
    ExtraObject = "extra-object";
    /// A response without data goes out unprotected inside the session.
    StatusNotProtected = "status-not-protected";
    /// An error of secure messaging ends neither keys nor rights.
    RightsAfterSmError = "rights-after-sm-error";
}

impl Defect {
    /// The one with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|defect| defect.name() == name)
    }
}

impl std::fmt::Display for Defect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The deliberate mistakes of a card: none, unless somebody asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defects(u32);

impl FromIterator<Defect> for Defects {
    fn from_iter<I: IntoIterator<Item = Defect>>(defects: I) -> Self {
        Self(defects.into_iter().fold(0, |bits, defect| bits | 1 << defect as u8))
    }
}

impl Defects {
    /// None.
    pub const NONE: Self = Self(0);

    /// Whether this one is among them.
    pub const fn has(self, defect: Defect) -> bool {
        self.0 & 1 << defect as u8 != 0
    }

    /// Those of the protocols.
    pub(super) const fn flaws(self) -> Flaws {
        Flaws {
            any_token: self.has(Defect::AnyToken),
            chip_data: self.has(Defect::Do8aInGm),
            any_chaining: self.has(Defect::ChainingIgnored),
            off_curve: self.has(Defect::OffCurve),
            zero_point: self.has(Defect::ZeroPoint),
            any_dh_value: self.has(Defect::DhAbovePrime),
            stale_challenge: self.has(Defect::StaleChallenge),
        }
    }

    const fn leniency(self) -> Leniency {
        Leniency {
            any_mac: self.has(Defect::AnyMac),
            missing_mac: self.has(Defect::MissingMac),
            any_counter: self.has(Defect::AnyCounter),
        }
    }

    /// Whether this plain command leaves the session as it is.
    pub(super) const fn keeps_session(self, header: Header) -> bool {
        self.has(Defect::PlainSelect) && header.ins == ins::SELECT
    }

    /// Whether the answer to this protected command ends the session.
    pub(super) const fn ends_session(self, header: Header, sw: StatusWord) -> bool {
        let agreement = matches!(
            (header.ins, header.p1),
            (ins::MANAGE_SECURITY_ENVIRONMENT, 0x41) | (ins::GENERAL_AUTHENTICATE, 0x00)
        );
        self.has(Defect::FailedCaEnds) && agreement && !sw.is_success()
    }

    /// Ne as the chip understands it.
    pub(super) fn ne(self, ne: Option<u32>) -> Option<u32> {
        if self.has(Defect::Do97Ignored) { ne.map(|ne| ne.max(256)) } else { ne }
    }

    /// What was shown, for this command.
    pub(super) fn shown(self, session: Option<Shown>, header: Header) -> Option<Shown> {
        let open = match header.ins {
            ins::SELECT => self.has(Defect::SelectOpen),
            ins::READ_BINARY | ins::READ_BINARY_ODD => self.has(Defect::FilesOpen),
            _ => false,
        };
        session.or_else(|| open.then(|| Shown::from(PasswordKind::Can)))
    }

    /// The challenge that Active Authentication signs.
    pub(super) fn challenge(self, data: &[u8]) -> Cow<'_, [u8]> {
        let mut challenge = Cow::Borrowed(data);
        if self.has(Defect::AnyChallengeLength) {
            challenge.to_mut().resize(8, 0);
        }
        if self.has(Defect::ShortChallenge) {
            challenge.to_mut().iter_mut().skip(4).for_each(|byte| *byte = 0);
        }
        challenge
    }

    /// Whether a GENERAL AUTHENTICATE is the last of PACE.
    pub(super) fn is_last(self, header: Header, run: Option<&PaceRun>) -> bool {
        match run {
            Some(run) if self.has(Defect::ChainingIgnored) => run.chip.expects_token(),
            _ => !header.is_chained(),
        }
    }

    /// Dynamic authentication data as the chip understands them: the first data object alone.
    pub(super) fn dynamic_data(self, data: &[u8]) -> Cow<'_, [u8]> {
        let first = || {
            let outer = parse_one(data, crate::tlv::Tag::new(0x7C)).ok()?;
            let first = Reader::new(outer.value).next()?.ok()?;
            let mut w = Writer::new();
            w.primitive(outer.tag, first.raw);
            Some(w.finish())
        };
        match self.has(Defect::ExtraObject).then(first).flatten() {
            Some(first) => Cow::Owned(first),
            None => Cow::Borrowed(data),
        }
    }
}

impl Session {
    /// The plain form of a protected command.
    ///
    /// # Errors
    /// What is wrong with it and is not overlooked.
    pub(super) fn unprotect(
        &mut self,
        wire: &CommandView<'_>,
        defects: Defects,
    ) -> Result<Command, SmError> {
        let leniency = defects.leniency();
        let opened = self.channel.unprotect_command_with(wire, leniency);
        let Some(old) = self.old.as_mut().filter(|_| opened.is_err()) else { return opened };
        let command = old.unprotect_command_with(wire, leniency);
        if command.is_ok() {
            std::mem::swap(&mut self.channel, old);
        }
        command.or(opened)
    }
}

impl Card {
    /// The same card with deliberate mistakes, for judging a judge.
    ///
    /// ```
    /// use iccard::emulator::{Defect, resident};
    ///
    /// let card = resident()?.with_defects([Defect::AnyToken]);
    /// assert!(card.defects().has(Defect::AnyToken));
    /// # Ok::<(), iccard::emulator::CardError>(())
    /// ```
    #[must_use]
    pub fn with_defects(mut self, defects: impl IntoIterator<Item = Defect>) -> Self {
        let defects: Defects = defects.into_iter().collect();
        self.defects = defects;
        for applet in &mut self.parts.applets {
            applet.set_defects(defects);
        }
        if let Some(chip_auth) = &mut self.parts.chip_auth {
            chip_auth.set_flaws(defects.flaws());
        }
        if defects.has(Defect::CardSecurityOpen) {
            let tree = &mut self.parts.tree;
            let file = tree.by_fid(NodeId::MF, File::CardSecurity.fid());
            if let Some(node) = file.and_then(|id| tree.node_mut(id)) {
                node.rules.read = Rule::Always;
            }
        }
        self
    }

    /// Its deliberate mistakes.
    pub const fn defects(&self) -> Defects {
        self.defects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defect_has_its_own_name_and_bit() {
        let all: Defects = Defect::ALL.iter().copied().collect();
        assert_eq!(Defect::ALL.len(), 25);
        assert_eq!(all.0.count_ones(), 25);
        for defect in Defect::ALL {
            assert_eq!(Defect::from_name(defect.name()), Some(*defect));
            assert!(all.has(*defect) && !Defects::NONE.has(*defect));
        }
        assert_eq!(Defects::NONE.flaws(), Flaws::NONE);
        assert_eq!(Defects::NONE.leniency(), Leniency::NONE);
    }
}
