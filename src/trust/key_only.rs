//! A key-only card (docs/applet.md): its certificate up to a card CA, and what it signed. There is
//! no data, so there is no Passive Authentication; L1 is the certificate, L2 the signature over what
//! the judge chose. All of it can be shown to others.

use time::UtcDateTime;

use super::chain::{self, Chain, Purpose};
use super::{
    Access, Anchors, Check, Chip, Evidence, Holder, KeyOnly, Level, Named, Reason, Seat, Unfit,
    Verdict, Weakness, authentic, passive, revocation,
};
use crate::lds::{CardLabel, Df, File};
use crate::pki::{Certificate, oid};
use crate::protocol::key_only::{Answer, check};

/// The verdict on the evidence of such a card.
pub(super) fn judge(
    evidence: &Evidence,
    anchors: &Anchors,
    seat: &Seat,
    at: UtcDateTime,
) -> Verdict {
    let certificate = certificate(evidence);
    let (mut found, weak) = match &certificate {
        Ok(certificate) => of_certificate(certificate, anchors, at),
        Err(check) => (without_certificate(check), Vec::new()),
    };
    let genuine = Check::all(&[&own_files(evidence), &found.certificate]);
    found.signature = match certificate.and_then(|own| signature(evidence, &own, seat)) {
        // The key of whoever made the certificate is good for nothing.
        Ok(_) if !genuine.passed() => match &genuine {
            Check::Failed(_) => Check::Failed(Reason::CardNotAuthentic),
            _ => Check::NotDone(Reason::CardNotAuthentic),
        },
        Ok(answer) => {
            (found.pin, found.counter) = (Some(answer.pin), Some(answer.counter));
            Check::Passed
        }
        Err(check) => check,
    };
    found.check = Check::all(&[&genuine, &found.signature]);
    let level = if !genuine.passed() {
        Level::L0
    } else if found.signature.passed() && seat.chose_the_challenge() {
        Level::L2
    } else {
        Level::L1
    };
    let none = || Check::NotDone(Reason::KeyOnlyCard);
    Verdict {
        verified: found.check.passed(),
        level,
        passive: passive::without_sod(&none(), none),
        chip: Chip {
            check: found.signature.clone(),
            chip_authentication: none(),
            chip_authentication_mapping: none(),
            active_authentication: none(),
        },
        card_security: None,
        card_access: none(),
        holder_verification: found.pin.map(|pin| holder(pin, evidence.access)),
        key_only: Some(found),
        judged_at: at,
        trust: anchors.summary(),
        weak,
    }
}

fn certificate(evidence: &Evidence) -> Result<Certificate, Check> {
    let file = File::CardCertificate;
    let bytes = evidence.file(file).ok_or(Check::NotDone(Reason::NotRead { file }))?;
    Certificate::from_der(bytes)
        .map_err(|e| Check::Failed(Reason::Signed { file, source: e.into() }))
}

// Nothing but this application: what else was read is signed by nobody here.
fn own_files(evidence: &Evidence) -> Check {
    let elsewhere = |file: &&File| !matches!(file.df(), Df::KeyOnly | Df::MasterFile);
    if let Some(file) = evidence.files.keys().find(elsewhere) {
        return Check::Failed(Reason::OtherApplication { file: *file });
    }
    match evidence.file(File::CardLabel).map(CardLabel::parse) {
        Some(Err(error)) => Check::Failed(error.into()),
        _ => Check::Passed,
    }
}

fn without_certificate(check: &Check) -> KeyOnly {
    let not_done = || Check::NotDone(Reason::NotRead { file: File::CardCertificate });
    KeyOnly {
        check: check.clone(),
        certificate: check.clone(),
        chain: not_done(),
        validity: not_done(),
        revocation: not_done(),
        signature: not_done(),
        card: None,
        links: Vec::new(),
        anchor: None,
        crl: None,
        pin: None,
        counter: None,
    }
}

fn of_certificate(
    card: &Certificate,
    anchors: &Anchors,
    at: UtcDateTime,
) -> (KeyOnly, Vec<Weakness>) {
    let no_chain = || Check::NotDone(Reason::NoCardCa);
    let mut found = KeyOnly { card: Some(card.into()), ..without_certificate(&no_chain()) };
    (found.validity, found.revocation) = (no_chain(), no_chain());
    let chain = match issuers(card, anchors, at) {
        Ok(chain) => chain,
        Err(check) => {
            found.certificate = check.clone();
            found.chain = check;
            return (found, Vec::new());
        }
    };
    found.chain = Check::Passed;
    found.validity = authentic::all_valid(card, &chain, at);
    (found.revocation, found.crl) = revocation::check(card, &chain, anchors, at);
    found.links = chain.links.iter().map(|c| Named::from(*c)).collect();
    found.anchor = Some(chain.anchor.into());
    let mut checks = vec![&found.chain, &found.validity];
    // What is not known of revocation is told; only what is known stands in the way.
    if found.revocation.failed() {
        checks.push(&found.revocation);
    }
    found.certificate = Check::all(&checks);
    (found, authentic::of_chain(card, &chain))
}

fn issuers<'a>(
    card: &'a Certificate,
    anchors: &'a Anchors,
    at: UtcDateTime,
) -> Result<Chain<'a>, Check> {
    if anchors.is_empty() {
        return Err(Check::NotDone(Reason::NoAnchors));
    }
    fit_for_a_card(card)
        .map_err(|why| Check::Failed(Reason::Unfit { certificate: card.subject(), why }))?;
    chain::find(card, anchors, &[], Purpose::KeyOnlyCards, at).map_err(Check::Failed)
}

// A document signer's certificate is none, nor is that of a CA.
fn fit_for_a_card(card: &Certificate) -> Result<(), Unfit> {
    if card.basic_constraints().is_some_and(|b| b.ca) {
        return Err(Unfit::IsCa);
    }
    if !card.purposes().unwrap_or_default().contains(&oid::KEY_ONLY_CARD) {
        return Err(Unfit::NotForKeyOnlyCards);
    }
    if !card.key_usage().is_some_and(|u| u.digital_signature) {
        return Err(Unfit::NoDigitalSignature);
    }
    card.unknown_critical_extension().map_or(Ok(()), |oid| Err(Unfit::UnknownExtension(oid)))
}

fn signature(evidence: &Evidence, card: &Certificate, seat: &Seat) -> Result<Answer, Check> {
    let record = evidence.key_only.as_ref().ok_or_else(|| match seat {
        Seat::Live { active_authentication_refused: Some(detail), .. } => {
            Check::Failed(Reason::Refused { detail: detail.clone() })
        }
        _ => Check::NotDone(Reason::NotRecorded),
    })?;
    if let Some(bind) = seat.demanded()
        && *bind != record.challenge
    {
        let (expected, got) = (hex::encode(bind), hex::encode(record.challenge));
        return Err(Check::Failed(Reason::ChallengeNotBound { expected, got }));
    }
    check(card, &record.challenge, &record.answer).map_err(|e| Check::Failed(e.into()))
}

// By what the card signed, which the reader cannot write itself.
fn holder(pin: bool, access: Access) -> Holder {
    let check = if pin != (access == Access::PacePin) {
        Check::Failed(Reason::PinDiffers { pin, access })
    } else if pin {
        Check::Passed
    } else {
        Check::NotDone(Reason::WithoutPin)
    };
    Holder { check, file: None }
}
