//! The rows of a verdict, for a tap and for evidence judged again.

use super::{
    holder::{Holder, shown},
    output::Output,
};
use crate::{
    lds::{CardLabel, File},
    trust::{Check, Evidence, KeyOnly, Verdict},
};
use time::UtcDateTime;

/// What was shown, from the data to the verdict. `unread` says more of a file that was not read.
pub(super) fn print(
    out: &Output,
    verdict: &Verdict,
    evidence: &Evidence,
    now: UtcDateTime,
    unread: &dyn Fn(File) -> String,
) {
    if let Some(card) = &verdict.key_only {
        return key_only(out, verdict, card, evidence);
    }
    data(out, verdict, unread);
    out.row("chip", format!("{}{}", word(&verdict.chip.check, "genuine"), chip_proofs(verdict)));
    if let Some(Check::Failed(reason)) = &verdict.card_security {
        out.row("", format!("EF.CardSecurity: {reason}"));
    }
    if let Some(reason) = verdict.card_access.reason()
        && verdict.card_access.failed()
    {
        out.row("", reason.to_string());
    }
    if let Some(holder) = &verdict.holder_verification
        && holder.check.passed()
    {
        out.row("", "the holder gave the PIN, and the chip itself says so");
    }
    let holder = Holder::of(evidence, now).line();
    let holder = if holder.is_empty() { "not read".to_owned() } else { holder };
    let doubt = if verdict.passive.check.passed() { "" } else { "NOT SHOWN TO BE GENUINE   " };
    out.row("holder", format!("{doubt}{holder}"));
    conclusion(out, verdict);
}

fn conclusion(out: &Output, verdict: &Verdict) {
    let text = if verdict.verified { "VERIFIED" } else { "NOT VERIFIED" };
    out.row("verdict", format!("{}  level {}", out.verdict(verdict.verified, text), verdict.level));
}

// A card without data: who issued it, what it signed, and whether the PIN was given.
fn key_only(out: &Output, verdict: &Verdict, card: &KeyOnly, evidence: &Evidence) {
    let label = evidence.file(File::CardLabel).and_then(|file| CardLabel::parse(file).ok());
    let label = label.map_or_else(String::new, |file| format!("   {}", shown(&file.label)));
    let by = card.card.as_ref().map_or_else(String::new, |own| {
        let above = card.links.iter().chain(&card.anchor);
        let above: String = above.map(|named| format!(" <- {}", named.subject)).collect();
        format!("   {}{above}", own.subject)
    });
    out.row("data", format!("none: a key-only card{label}"));
    out.row("issued", format!("{}{by}", word(&card.certificate, "genuine")));
    if let Some(reason) = card.certificate.reason() {
        out.row("", reason.to_string());
    }
    if let Check::NotDone(reason) = &card.revocation
        && verdict.trust.crls.count > 0
        && card.chain.passed()
    {
        out.row("", format!("revocation not known: {reason}"));
    }
    for weak in &verdict.weak {
        out.row("", format!("weak: {weak}"));
    }
    let told = match (card.signature.reason(), card.counter) {
        (Some(reason), _) => reason.to_string(),
        (None, counter) => {
            format!("INTERNAL AUTHENTICATE, number {}", counter.unwrap_or_default())
        }
    };
    out.row("chip", format!("{}  {told}", word(&card.signature, "genuine")));
    if let Some(reason) = card.check.reason().filter(|_| card.certificate.passed())
        && card.signature.passed()
    {
        out.row("", reason.to_string());
    }
    let holder = match verdict.holder_verification.as_ref().map(|holder| &holder.check) {
        Some(Check::Passed) => "gave the PIN, and the card signed that".to_owned(),
        Some(other) => other.reason().map(ToString::to_string).unwrap_or_default(),
        None => "nothing is shown of the holder".to_owned(),
    };
    out.row("holder", holder);
    conclusion(out, verdict);
}

fn data(out: &Output, verdict: &Verdict, unread: &dyn Fn(File) -> String) {
    let passive = &verdict.passive;
    let by = passive.signer.as_ref().map_or_else(String::new, |signer| {
        let above = passive.links.iter().chain(&passive.anchor);
        let above: String = above.map(|named| format!(" <- {}", named.subject)).collect();
        format!("   EF.SOD by {}{above}", signer.subject)
    });
    let groups = &passive.groups;
    let matched = format!("   {} of {} groups match", groups.matched.len(), groups.listed);
    out.row("data", format!("{}{by}{matched}", word(&passive.check, "signed")));
    if let Some(reason) = passive.check.reason() {
        out.row("", reason.to_string());
    }
    // Of whom nobody keeps a list there is nothing to say; a list that does not speak is told.
    if let Check::NotDone(reason) = &passive.revocation
        && verdict.trust.crls.count > 0
        && passive.chain.passed()
    {
        out.row("", format!("revocation not known: {reason}"));
    }
    for weak in &verdict.weak {
        out.row("", format!("weak: {weak}"));
    }
    if !groups.unread.is_empty() {
        let names: Vec<_> = groups.unread.iter().map(|file| unread(*file)).collect();
        out.row("", format!("not read: {}", names.join(", ")));
    }
}

fn chip_proofs(verdict: &Verdict) -> String {
    let chip = &verdict.chip;
    let proofs = [
        ("Chip Authentication", &chip.chip_authentication),
        ("PACE with Chip Authentication Mapping", &chip.chip_authentication_mapping),
        ("Active Authentication", &chip.active_authentication),
    ];
    let said: Vec<_> = proofs
        .iter()
        .filter(|(_, check)| check.passed() || check.failed())
        .map(|(name, check)| match check.reason() {
            None => (*name).to_owned(),
            Some(reason) => {
                let reason = reason.to_string();
                if reason.starts_with(name) { reason } else { format!("{name}: {reason}") }
            }
        })
        .collect();
    let reason = chip.check.reason().filter(|_| said.is_empty()).map(ToString::to_string);
    format!("  {}", reason.unwrap_or_else(|| said.join("; ")))
}

fn word<R>(check: &Check<R>, good: &str) -> String {
    match check {
        Check::Passed => format!("{good:<8}"),
        Check::Failed(_) => "FAILED  ".into(),
        Check::NotDone(_) => "unproven".into(),
    }
}
