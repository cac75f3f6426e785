//! What the evidence shows, before the chip was asked and after.

use rand_core::CryptoRng;
use time::UtcDateTime;

use super::super::Issuer;
use super::fault::{TapFault, reason};
use super::not_yet;
use crate::issuance::SessionId;
use crate::issuance::tap_session::{ChipKey, Next, RemoteChip};
use crate::lds::{Df, Dg14, File, SecurityInfos};
use crate::trust::{
    Access, Check, Evidence, Judging, Level, Reason, Relayed, Verdict, Weakness, judge,
};

/// A tap to be judged.
pub(super) struct Case {
    /// Its session.
    pub(super) session: SessionId,
    /// The session's end.
    pub(super) ends: UtcDateTime,
    /// What the card had to sign.
    pub(super) bind: [u8; 32],
    /// What the phone brought home.
    pub(super) evidence: Evidence,
    /// The holder's face as the phone saw it.
    pub(super) picture: Option<Vec<u8>>,
}

/// What is to be done with it.
pub(super) enum Weighed {
    /// It shows all that this card can show.
    Shown(Shown),
    /// The chip has to be asked.
    Ask(AskKey),
}

/// The key that the chip is to prove to have.
pub(super) struct AskKey(ChipKey);

/// What a tap has shown.
pub(super) struct Shown {
    /// How much.
    pub(super) level: Level,
    /// What the chip itself said of the PIN, where it said something.
    pub(super) pin: Option<bool>,
    /// Whether it is a document that lists a portrait of its holder.
    pub(super) portrait: bool,
    /// How far the card has counted, by what it said itself.
    pub(super) counter: Option<u64>,
    /// What the card is known by: the key that it proved to have, or the certificate of that.
    pub(super) chip: Vec<u8>,
}

impl AskKey {
    #[cfg(test)]
    pub(super) const fn of(key: ChipKey) -> Self {
        Self(key)
    }

    /// The first command for the chip.
    pub(super) fn begin(&self, case: &Case, rng: &mut dyn CryptoRng) -> (RemoteChip, Next) {
        let dg14 = case.evidence.file(File::Dg14).unwrap_or_default();
        let told = case.evidence.files.contains_key(&File::HolderVerification);
        RemoteChip::new(&self.0, dg14, told, rng)
    }
}

impl Issuer {
    /// Before the chip is asked. What is wrong already is refused here, and so is a card that is
    /// nobody's: no chip is asked for nothing.
    pub(super) fn weigh(&self, case: &Case, now: UtcDateTime) -> Result<Weighed, TapFault> {
        let verdict = self.verdict(case, not_yet(), now);
        let weighed = match case.evidence.application() {
            Df::KeyOnly => Weighed::Shown(key_only(&verdict, &case.evidence)?),
            Df::Edl => return Err(TapFault::OtherKind),
            _ => document(&verdict, &case.evidence)?,
        };
        strong(&verdict)?;
        let chip = match &weighed {
            Weighed::Shown(shown) => &shown.chip,
            Weighed::Ask(key) => key.0.as_bytes(),
        };
        let card = self.registry.card_id(chip);
        let holder = self.holder_of(&case.evidence)?;
        let person = self.registry.person_id(&holder.id);
        self.registry.check_card(&card, &person)?;
        if let Some(number) = &holder.card {
            self.registry.check_card(&self.card_of(number), &person)?;
        }
        Ok(weighed)
    }

    /// After it.
    pub(super) fn weigh_chip(
        &self,
        case: &Case,
        key: &AskKey,
        relayed: Relayed,
        now: UtcDateTime,
    ) -> Result<Shown, TapFault> {
        let verdict = self.verdict(case, relayed, now);
        // A certificate may have ended meanwhile.
        data(&verdict)?;
        enough(&verdict, Level::L3)?;
        let holder = verdict.holder_verification.as_ref();
        let pin = holder.and_then(|holder| match holder.check {
            Check::Passed => Some(true),
            Check::NotDone(Reason::OnlyTold) => None,
            _ => Some(false),
        });
        let counter = holder.and_then(|holder| holder.file).map(|file| file.counter);
        let portrait = lists_portrait(&verdict);
        Ok(Shown { level: verdict.level, pin, portrait, counter, chip: key.0.as_bytes().to_vec() })
    }

    fn verdict(&self, case: &Case, relayed: Relayed, now: UtcDateTime) -> Verdict {
        let judging = Judging::remote(relayed, case.bind).at(now);
        judge(&case.evidence, &self.card_anchors, &judging)
    }
}

fn key_only(verdict: &Verdict, evidence: &Evidence) -> Result<Shown, TapFault> {
    if let Some(card) = &verdict.key_only {
        passed("card certificate", &card.certificate)?;
        passed("card signature", &card.signature)?;
    }
    enough(verdict, Level::L2)?;
    let signed = verdict.key_only.as_ref();
    Ok(Shown {
        level: verdict.level,
        // Signed by the card; and the phone has to say the same.
        pin: verdict.holder_verification.as_ref().map(|holder| holder.check.passed()),
        portrait: false,
        counter: signed.and_then(|card| card.counter),
        chip: evidence.file(File::CardCertificate).unwrap_or_default().to_vec(),
    })
}

fn document(verdict: &Verdict, evidence: &Evidence) -> Result<Weighed, TapFault> {
    data(verdict)?;
    let groups = &verdict.passive.groups;
    if groups.matched.contains(&File::Dg14) {
        let infos = evidence.file(File::Dg14).map(Dg14::parse);
        let malformed = || TapFault::Evidence { what: "chip", why: "EF.DG14 is malformed".into() };
        let infos = infos.and_then(Result::ok).ok_or_else(malformed)?.infos;
        downgraded(&infos, evidence.access)?;
        if let Ok(key) = ChipKey::strongest(&infos) {
            return Ok(Weighed::Ask(AskKey(key)));
        }
    }
    enough(verdict, Level::L2)?;
    let chip = evidence.file(File::Dg15).unwrap_or_default().to_vec();
    let portrait = lists_portrait(verdict);
    Ok(Weighed::Shown(Shown { level: verdict.level, pin: None, portrait, counter: None, chip }))
}

// By EF.SOD, which the phone cannot alter: what it leaves out counts too.
fn lists_portrait(verdict: &Verdict) -> bool {
    let groups = &verdict.passive.groups;
    groups.matched.contains(&File::Dg2) || groups.unread.contains(&File::Dg2)
}

// Genuine data of somebody, all of the chip's keys among it, and nothing that speaks against it.
fn data(verdict: &Verdict) -> Result<(), TapFault> {
    passed("passive authentication", &verdict.passive.check)?;
    let groups = &verdict.passive.groups;
    if !groups.matched.contains(&File::Dg1) {
        let check = Check::Failed(Reason::NotRead { file: File::Dg1 });
        return Err(TapFault::check("holder's data", &check));
    }
    // Left out, it would hide which proof the chip could give.
    if groups.unread.contains(&File::Dg14) {
        let check = Check::Failed(Reason::NotRead { file: File::Dg14 });
        return Err(TapFault::check("chip", &check));
    }
    not_failed("EF.CardAccess", &verdict.card_access)?;
    if let Some(check) = &verdict.card_security {
        not_failed("EF.CardSecurity", check)?;
    }
    not_failed("chip", &verdict.chip.check)
}

// A collision of SHA-1 or a short key can be bought, and a signer of another state is none for this.
fn strong(verdict: &Verdict) -> Result<(), TapFault> {
    let what = verdict.weak.iter().find_map(|weakness| match weakness {
        Weakness::Sha1 { .. } => Some("a signature or hash with SHA-1"),
        Weakness::ShortKey { .. } => Some("a key of less than 2,048 bits"),
        Weakness::IssuingState { .. } => Some("a document signed by another state's signer"),
        _ => None,
    });
    what.map_or(Ok(()), |what| Err(TapFault::Weak { what }))
}

// Nobody falls back to the older protocol with a card that has the newer one.
fn downgraded(infos: &SecurityInfos, access: Access) -> Result<(), TapFault> {
    let old = matches!(access, Access::Bac | Access::Bap);
    if old && infos.pace().next().is_some() { Err(TapFault::Downgraded) } else { Ok(()) }
}

fn enough(verdict: &Verdict, expected: Level) -> Result<(), TapFault> {
    let (got, why) = (verdict.level, reason(&verdict.chip.check));
    if verdict.verified && got >= expected {
        Ok(())
    } else {
        Err(TapFault::Level { expected, got, why })
    }
}

fn passed(what: &'static str, check: &Check) -> Result<(), TapFault> {
    if check.passed() { Ok(()) } else { Err(TapFault::check(what, check)) }
}

fn not_failed(what: &'static str, check: &Check) -> Result<(), TapFault> {
    if check.failed() { Err(TapFault::check(what, check)) } else { Ok(()) }
}
