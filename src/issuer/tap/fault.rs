//! Why a tap fails, and what the wallet is told of it.

use super::super::ports::PortError;
use super::super::{Code, Refusal};
use crate::issuance::proof::ProofError;
use crate::issuance::tap_session::MessageError;
use crate::issuance::{Refusal as NotBound, RequestError};
use crate::registry::{Denied, RegistryError};
use crate::trust::{Check, Level, Reason};

/// Why a tap fails. Nothing personal is in it: of the card's files only their names.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum TapFault {
    /// A message that is none.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The wallet did not show which instance it is.
    #[error("tap session: a wallet attestation is needed, none came")]
    NoInstance,
    /// Another instance of the wallet than the one that opened the session.
    #[error("tap session: it belongs to another instance of the wallet")]
    OtherInstance,
    /// The attestation of the holder keys, or its nonce.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// An attestation without a nonce may be of any time.
    #[error("key attestation: nonce, a c_nonce of this issuer, expected, none came")]
    NoNonce,
    /// A request that is none.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A request that is not of this session and wallet.
    #[error(transparent)]
    NotBound(#[from] NotBound),
    /// The register does not answer, or says no.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A card of another kind.
    #[error("evidence: a resident card is expected, a driving licence came")]
    OtherKind,
    /// The card was opened in a weaker way than it offers.
    #[error("evidence: the card has PACE, and was opened without it")]
    Downgraded,
    /// What holds, and leans on too little.
    #[error("evidence: {what}, on which no mobile card is issued")]
    Weak {
        /// What is weak.
        what: &'static str,
    },
    /// A check of the evidence that did not pass.
    #[error("evidence, {what}: {why}")]
    Evidence {
        /// Which check.
        what: &'static str,
        /// Why, where that can be told.
        why: String,
    },
    /// The chip did not show what it had to.
    #[error("evidence: {expected} expected, {got} came: {why}")]
    Level {
        /// The level that this card can show.
        expected: Level,
        /// What it showed.
        got: Level,
        /// Why, where that can be told.
        why: String,
    },
    /// No frame of that session is under way.
    #[error("tap frame: no frame of this wallet's session is under way")]
    NotAsked,
    /// An answer to another frame.
    #[error("tap frame: the answer to step {expected} expected, that to step {got} came")]
    Step {
        /// The frame that is under way.
        expected: u32,
        /// The answer's.
        got: u32,
    },
    /// The session's time is over.
    #[error("tap session: its time is over; tap again")]
    Over,
    /// Too many taps at once.
    #[error("tap session: {most} chips are being asked, more are not taken; tap again later")]
    Busy {
        /// How many are taken.
        most: usize,
    },
    /// Somebody who is asked does not answer.
    #[error("{} does not answer; tap again later", .0.port)]
    Port(#[from] PortError),
    /// Nobody has that card.
    #[error("population registry: nobody has this card")]
    NobodyKnown,
    /// The card is not the one that the person has now.
    #[error("population registry: this card is not the person's current one")]
    NotCurrent,
    /// The person died or gave the citizenship up.
    #[error("population registry: the person has left")]
    Left,
    /// Card and registry do not speak of the same person.
    #[error("population registry: {what} is not that of the card")]
    Disagree {
        /// What differs.
        what: &'static str,
    },
    /// A face is compared, and none was sent.
    #[error("evidence: a picture of the holder is needed, none came")]
    NoPicture,
    /// A face is compared, and the card's portrait did not come in a form that can be.
    #[error(
        "evidence: EF.DG2 with a JPEG is needed to compare the face: have the phone read it and tap \
         again, or go to an office"
    )]
    NoPortrait,
    /// The document is of a state for which this issuer does not speak.
    #[error("evidence: a document of {expected} is expected, one of another state came")]
    Foreign {
        /// The issuer's country, ISO 3166-1 alpha-2.
        expected: String,
    },
    /// The policy says no.
    #[error("policy: {reasons}")]
    Policy {
        /// Why.
        reasons: String,
    },
    /// Too often.
    #[error(transparent)]
    Limited(Refusal),
}

impl TapFault {
    /// Of a check that did not pass.
    pub(super) fn check(what: &'static str, check: &Check) -> Self {
        Self::Evidence { what, why: reason(check) }
    }

    /// A word for an operator's counters.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Message(_) | Self::Request(_) => "malformed",
            Self::NoInstance | Self::Proof(_) | Self::NoNonce => "not-attested",
            Self::OtherInstance | Self::NotBound(_) => "other-wallet",
            Self::Registry(RegistryError::Denied(Denied::CounterWentBack { .. })) => "counter",
            Self::Registry(RegistryError::Denied(Denied::CardNotCurrent)) => "card-not-current",
            Self::Registry(RegistryError::Denied(_)) | Self::Over => "session",
            Self::Registry(_) | Self::Port(_) => "unavailable",
            Self::OtherKind
            | Self::Downgraded
            | Self::Weak { .. }
            | Self::Evidence { .. }
            | Self::Foreign { .. } => "evidence",
            Self::Level { .. } => "chip",
            Self::NotAsked | Self::Step { .. } => "frame",
            Self::Busy { .. } | Self::Limited(_) => "limited",
            Self::NobodyKnown | Self::NotCurrent | Self::Left => "card-not-current",
            Self::Disagree { .. } => "evidence",
            Self::NoPicture | Self::NoPortrait => "face",
            Self::Policy { .. } => "policy",
        }
    }

    /// Tells the operator what the wallet is not told. The words are those of the database or the
    /// port, which have nothing personal in them.
    pub(super) fn log(&self) {
        match self {
            Self::Registry(RegistryError::Denied(_)) => {}
            Self::Registry(error) => tracing::error!(%error, "a tap: the register failed"),
            Self::Port(error) => tracing::error!(%error, "a tap: a port failed"),
            _ => {}
        }
    }

    const fn code(&self) -> Code {
        match self {
            Self::Message(MessageError::TooLarge { .. }) => Code::ContentTooLarge,
            Self::Message(_) | Self::Request(_) => Code::InvalidRequest,
            Self::NoInstance => Code::InvalidClientAttestation,
            Self::Proof(ProofError::ForeignNonce | ProofError::ExpiredNonce { .. }) => {
                Code::InvalidNonce
            }
            Self::Proof(_) | Self::NoNonce => Code::InvalidProof,
            Self::OtherInstance | Self::NotBound(_) | Self::Over => Code::InvalidTapSession,
            Self::Registry(RegistryError::Denied(denied)) => match denied {
                Denied::Used { what } if is_nonce(what) => Code::InvalidNonce,
                Denied::Unknown { .. } | Denied::Used { .. } | Denied::OtherWallet { .. } => {
                    Code::InvalidTapSession
                }
                _ => Code::CredentialRequestDenied,
            },
            // Asked again it is no other: the operator has the wrong keys, or a damaged register.
            Self::Registry(RegistryError::Sealed { .. }) => Code::ServerError,
            Self::Registry(_) | Self::Port(_) | Self::Busy { .. } => Code::TemporarilyUnavailable,
            Self::OtherKind
            | Self::Downgraded
            | Self::Weak { .. }
            | Self::Evidence { .. }
            | Self::Level { .. }
            | Self::Disagree { .. }
            | Self::NoPicture
            | Self::NoPortrait
            | Self::Foreign { .. } => Code::InsufficientEvidence,
            Self::NotAsked | Self::Step { .. } => Code::InvalidTapFrame,
            Self::NobodyKnown | Self::NotCurrent | Self::Left => Code::CredentialRequestDenied,
            Self::Policy { .. } => Code::PolicyDenied,
            Self::Limited(_) => Code::TooManyRequests,
        }
    }
}

const fn is_nonce(what: &str) -> bool {
    matches!(what.as_bytes(), b"c_nonce")
}

impl From<TapFault> for Refusal {
    fn from(fault: TapFault) -> Self {
        match fault {
            TapFault::Limited(refusal) => refusal,
            TapFault::Registry(ref error @ RegistryError::Denied(ref denied)) => {
                let said = match denied {
                    // How far a copy of the card is behind is nobody's business.
                    Denied::CounterWentBack { .. } => "the card's counter went back".into(),
                    _ => error.to_string(),
                };
                Self::new(fault.code(), said)
            }
            TapFault::Registry(RegistryError::Sealed { .. }) => {
                Self::new(fault.code(), "the register cannot be read")
            }
            TapFault::Registry(_) => {
                Self::new(fault.code(), "the register does not answer; tap again")
            }
            TapFault::Busy { .. } => {
                Self { retry_after: Some(10), ..Self::new(fault.code(), &fault) }
            }
            _ => Self::new(fault.code(), &fault),
        }
    }
}

/// Why a check did not pass, as far as it can be told to a stranger: most reasons quote files or
/// certificates, and a certificate may be that of one card.
pub(super) fn reason(check: &Check) -> String {
    let Some(reason) = check.reason() else { return "passed".into() };
    match reason {
        Reason::NotRead { .. }
        | Reason::NoAnchors
        | Reason::HashMismatch { .. }
        | Reason::NotListed { .. }
        | Reason::Unlisted { .. }
        | Reason::PaceHidden
        | Reason::NothingRead
        | Reason::NotOffered { .. }
        | Reason::KeyNotAuthentic { .. }
        | Reason::NotRecorded
        | Reason::NotRun { .. }
        | Reason::ChipAuthentication { .. }
        | Reason::CardNotAuthentic
        | Reason::WithoutPin
        | Reason::CannotProve
        | Reason::CardAccessAltered { .. }
        | Reason::OnlyTold
        | Reason::NotAttested => reason.to_string(),
        Reason::ChallengeNotBound { .. } => {
            "the card signed another challenge than this session demands".into()
        }
        Reason::UnknownIssuer { .. } | Reason::NotIssued { .. } => {
            "it leads to no issuer that is believed here".into()
        }
        Reason::Revoked { .. } => "the issuer of the card was revoked".into(),
        Reason::OutsideValidity { .. } => "a certificate is not valid now".into(),
        Reason::File(_) => "a file is malformed".into(),
        _ => "it did not pass".into(),
    }
}
