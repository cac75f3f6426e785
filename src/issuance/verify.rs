//! The verifier's judgement on a request.

use serde::Serialize;
use time::UtcDateTime;

use super::challenge::Session;
use super::keys::commitment;
use super::request::{CredentialRequest, RequestError};
use super::used::{SessionError, SessionStore};
use super::value::{Commitment, SessionId, Thumbprint};
use crate::lds::File;
use crate::trust::encoding::rfc3339;
use crate::trust::{Anchors, Check, Judging, Level, Reason, Verdict, judge};

/// What a verifier found about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestVerdict {
    /// It has the form of a request and is signed by the key in its header.
    pub signature: Check<Refusal>,
    /// It is for this session, by the device that committed to its keys, in time, for the first
    /// time.
    pub binding: Check<Refusal>,
    /// Passive Authentication of the card's data passed, and the holder's data is among it; of a
    /// key-only card, which has none, its certificate leads to a card CA.
    pub data: Check<Refusal>,
    /// The card itself signed over the binding; a key-only card, which shows nothing else of its
    /// holder, with the PIN.
    pub chip: Check<Refusal>,
    /// All of it.
    pub verdict: Decision,
    /// How much the evidence shows.
    pub level: Level,
    /// jkt: thumbprint of the key that signed the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jkt: Option<Thumbprint>,
    /// The verdict on the evidence, check by check, where it came to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Box<Verdict>>,
    /// The request, where it could be opened.
    #[serde(skip)]
    pub request: Option<Box<CredentialRequest>>,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Decision {
    /// A credential may be issued to the device keys.
    Accept,
    /// None may.
    Refuse,
}

impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(if *self == Self::Accept { "ACCEPT" } else { "REFUSE" })
    }
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is no request, or not signed by the key it names.
    #[error("{0}")]
    Request(#[from] RequestError),
    /// It is for another session.
    #[error("the request is for session {got}, this one is {expected}")]
    OtherSession {
        /// This session.
        expected: SessionId,
        /// The request's session.
        got: SessionId,
    },
    /// It has this session's identifier, but another nonce.
    #[error("the request has another nonce than this session")]
    OtherNonce,
    /// It is signed by a key that is none of its device keys.
    #[error("another device key: the request is signed by {jkt}, which is none of its device keys")]
    OtherDeviceKey {
        /// Thumbprint of the key that signed.
        jkt: Thumbprint,
    },
    /// It is signed by another key than the wallet's requests are.
    #[error("another wallet: the request is signed by {got}, the session's key is {expected}")]
    OtherSigner {
        /// The key of the session's wallet.
        expected: Thumbprint,
        /// The key that signed.
        got: Thumbprint,
    },
    /// Its device keys are not those to which the device committed before the challenge was made.
    #[error(
        "the device keys are not those committed to before the challenge: H_dev {expected} expected, {got} came"
    )]
    KeysNotCommitted {
        /// H_dev of the session.
        expected: Commitment,
        /// H_dev of the request's keys.
        got: Commitment,
    },
    /// The binding it states is not that of this session and device.
    #[error("the request's binding is not that of this session and device")]
    BindingDiffers,
    /// The session was used before.
    #[error("used again: a request for this session came at {}", rfc3339::text(*.at))]
    UsedAgain {
        /// When.
        at: UtcDateTime,
    },
    /// The session is over.
    #[error("the session ended at {}, now it is {}", rfc3339::text(*.expires_at), rfc3339::text(*.now))]
    Expired {
        /// When it ended.
        expires_at: UtcDateTime,
        /// The verifier's time.
        now: UtcDateTime,
    },
    /// The session was made later than now: a clock was set back.
    #[error("the session was made at {}, now it is {}", rfc3339::text(*.issued_at), rfc3339::text(*.now))]
    NotYet {
        /// When it was made.
        issued_at: UtcDateTime,
        /// The verifier's time.
        now: UtcDateTime,
    },
    /// The evidence does not show it.
    #[error("{0}")]
    Evidence(#[from] Reason),
    /// A check before this one did not pass, so this one was not made.
    #[error("a check before it did not pass")]
    NotReached,
}

/// Judges a request, at the verifier's time `now`: signature, binding to the session, then the
/// evidence as a third party sees it.
///
/// The session is consumed as soon as a request with a valid signature and binding has come,
/// before its evidence is judged: a request that is then refused for its evidence has used the
/// session up, while anything that does not come from the committed device leaves it alone. It is
/// marked lastingly before this returns; where that fails, nothing is accepted.
///
/// # Errors
/// Where the store cannot be read or written.
pub fn verify(
    token: &str,
    session: &Session,
    store: &dyn SessionStore,
    anchors: &Anchors,
    now: UtcDateTime,
) -> Result<RequestVerdict, SessionError> {
    let not_reached = || Check::NotDone(Refusal::NotReached);
    let mut verdict = RequestVerdict {
        signature: Check::Passed,
        binding: not_reached(),
        data: not_reached(),
        chip: not_reached(),
        verdict: Decision::Refuse,
        level: Level::L0,
        jkt: None,
        evidence: None,
        request: None,
    };
    let request = match CredentialRequest::open(token) {
        Ok(request) => request,
        Err(e) => {
            verdict.signature = Check::Failed(e.into());
            return Ok(verdict);
        }
    };
    verdict.jkt = Some(request.jkt());
    verdict.binding = match binding(&request, session, store, now)? {
        Ok(()) => Check::Passed,
        Err(refusal) => Check::Failed(refusal),
    };
    if verdict.binding.passed() {
        let bind = *session.binding(&request.jkt()).as_bytes();
        let judged = judge(&request.evidence, anchors, &Judging::offline(Some(bind)).at(now));
        verdict.data = data(&judged);
        verdict.chip = chip(&judged);
        verdict.level = judged.level;
        let shown = verdict.data.passed() && verdict.chip.passed();
        if shown && judged.verified && judged.level >= Level::L2 {
            verdict.verdict = Decision::Accept;
        }
        verdict.evidence = Some(Box::new(judged));
    }
    verdict.request = Some(Box::new(request));
    Ok(verdict)
}

// The inner result says whether the request is bound; then the session is consumed.
fn binding(
    request: &CredentialRequest,
    session: &Session,
    store: &dyn SessionStore,
    now: UtcDateTime,
) -> Result<Result<(), Refusal>, SessionError> {
    if let Err(refusal) = belongs(request, session) {
        return Ok(Err(refusal));
    }
    if let Some(at) = store.used_at(session)? {
        return Ok(Err(Refusal::UsedAgain { at }));
    }
    if now < session.issued_at {
        return Ok(Err(Refusal::NotYet { issued_at: session.issued_at, now }));
    }
    if now > session.expires_at {
        return Ok(Err(Refusal::Expired { expires_at: session.expires_at, now }));
    }
    // Somebody may have been faster since the question above; this answer counts.
    Ok(match store.consume(session, now)? {
        Some(at) => Err(Refusal::UsedAgain { at }),
        None => Ok(()),
    })
}

fn belongs(request: &CredentialRequest, session: &Session) -> Result<(), Refusal> {
    committed(request, session)?;
    if !request.device_keys.contains(&request.signed_by) {
        return Err(Refusal::OtherDeviceKey { jkt: request.jkt() });
    }
    bound(request, session)
}

/// Whether a request is of that session, by the wallet whose requests the key of that thumbprint
/// signs, for the keys to which it committed ([`CredentialRequest::sign_for`]). Whether the session
/// is over, or was used, is not looked at.
///
/// # Errors
/// [`Refusal`].
pub fn belongs_to(
    request: &CredentialRequest,
    session: &Session,
    jkt: &Thumbprint,
) -> Result<(), Refusal> {
    committed(request, session)?;
    if request.jkt() != *jkt {
        return Err(Refusal::OtherSigner { expected: *jkt, got: request.jkt() });
    }
    bound(request, session)
}

fn committed(request: &CredentialRequest, session: &Session) -> Result<(), Refusal> {
    if request.session != session.id {
        let (expected, got) = (session.id, request.session);
        return Err(Refusal::OtherSession { expected, got });
    }
    if request.nonce != session.nonce {
        return Err(Refusal::OtherNonce);
    }
    let h_dev = commitment(&request.device_keys);
    if h_dev != session.h_dev {
        let (expected, got) = (session.h_dev, h_dev);
        return Err(Refusal::KeysNotCommitted { expected, got });
    }
    Ok(())
}

fn bound(request: &CredentialRequest, session: &Session) -> Result<(), Refusal> {
    if request.bind != *session.binding(&request.jkt()).as_bytes() {
        return Err(Refusal::BindingDiffers);
    }
    Ok(())
}

fn chip(verdict: &Verdict) -> Check<Refusal> {
    // There is no face to compare: the PIN alone ties a key-only card to whoever holds it.
    match (&verdict.key_only, &verdict.holder_verification) {
        (Some(_), Some(holder)) if verdict.chip.check.passed() => because(&holder.check),
        _ => because(&verdict.chip.check),
    }
}

fn data(verdict: &Verdict) -> Check<Refusal> {
    if let Some(card) = &verdict.key_only {
        return because(&card.certificate);
    }
    let groups = &verdict.passive.groups;
    if verdict.passive.check.passed() && !groups.matched.contains(&File::Dg1) {
        // Genuine data of nobody in particular is good for nothing.
        return Check::Failed(Reason::NotRead { file: File::Dg1 }.into());
    }
    if verdict.passive.check.passed() && verdict.card_access.failed() {
        return because(&verdict.card_access);
    }
    because(&verdict.passive.check)
}

fn because(check: &Check) -> Check<Refusal> {
    match check {
        Check::Passed => Check::Passed,
        Check::Failed(reason) => Check::Failed(reason.clone().into()),
        Check::NotDone(reason) => Check::NotDone(reason.clone().into()),
    }
}
