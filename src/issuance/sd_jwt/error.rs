use time::UtcDateTime;

use super::combined::{MAX_CREDENTIAL, MAX_DISCLOSURES};
use super::reveal::MAX_DEPTH;
use crate::issuance::{JwkError, SignedError};
use crate::trust::encoding::rfc3339::text;

/// Why an SD-JWT is refused, or cannot be made. No message has the value of a claim in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdJwtError {
    /// Longer than anything of its kind.
    #[error("SD-JWT: at most {MAX_CREDENTIAL} characters expected, {got} came")]
    TooLarge {
        /// How long it is.
        got: usize,
    },
    /// More disclosures than anyone needs.
    #[error("SD-JWT: at most {MAX_DISCLOSURES} disclosures expected, {got} came")]
    TooMany {
        /// How many.
        got: usize,
    },
    /// Claims inside claims without end.
    #[error("SD-JWT: claims nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// Not a JWT and disclosures with a tilde behind each (RFC 9901 clause 4).
    #[error("SD-JWT: <JWT>~<disclosure>~..~ expected (RFC 9901, 4)")]
    Form,
    /// The issuer's signature, or the holder's.
    #[error("SD-JWT: {part}: {source}")]
    Jws {
        /// Whose.
        part: &'static str,
        /// Why.
        source: SignedError,
    },
    /// Not the JSON that it should be, or a member twice.
    #[error("SD-JWT: {part}: {fault}")]
    Json {
        /// Which part.
        part: &'static str,
        /// What is wrong.
        fault: String,
    },
    /// A disclosure that is none (RFC 9901 clause 4.2).
    #[error("SD-JWT: disclosure {index}: {fault}")]
    Disclosure {
        /// Which, counted from one.
        index: usize,
        /// What is wrong.
        fault: &'static str,
    },
    /// A digest, or a disclosure, stands there twice (RFC 9901 clause 7.1, 4 and 5).
    #[error("SD-JWT: a digest stands there twice")]
    DigestTwice,
    /// A disclosure to which no digest leads (RFC 9901 clause 7.1, 5).
    #[error("SD-JWT: no digest leads to disclosure {index}")]
    Unreferenced {
        /// Which, counted from one.
        index: usize,
    },
    /// `_sd` or `...` where a claim's name or another form is due.
    #[error("SD-JWT: {name:?} stands where it may not")]
    Reserved {
        /// Which of them.
        name: String,
    },
    /// A disclosure brings a claim that is there already.
    #[error("SD-JWT: disclosure {index} brings the claim {name:?} a second time")]
    NameTaken {
        /// Which, counted from one.
        index: usize,
        /// The claim.
        name: String,
    },
    /// A claim that has to stand openly is selectively disclosed (SD-JWT VC clause 3.2.2.2).
    #[error("SD-JWT: the claim {name:?} may not be selectively disclosed")]
    NotDisclosable {
        /// The claim.
        name: String,
    },
    /// Another hash function.
    #[error("SD-JWT: _sd_alg sha-256 expected, {got} came")]
    Hash {
        /// What it names.
        got: String,
    },
    /// A claim that is missing, or of another form.
    #[error("SD-JWT: claim {name}: {expected} expected")]
    Claim {
        /// Which.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The holder's key.
    #[error("SD-JWT: cnf.jwk: {0}")]
    Holder(#[from] JwkError),
    /// It is not good yet.
    #[error("SD-JWT: good from {}, and it is {} now", text(*.from), text(*.at))]
    NotYet {
        /// The first second.
        from: UtcDateTime,
        /// The time judged at.
        at: UtcDateTime,
    },
    /// It is not good any more.
    #[error("SD-JWT: good until {}, and it is {} now", text(*.until), text(*.at))]
    Expired {
        /// The last second.
        until: UtcDateTime,
        /// The time judged at.
        at: UtcDateTime,
    },
    /// A presentation without key binding: whoever copied it could show it.
    #[error("SD-JWT: a key binding expected, none came")]
    NoKeyBinding,
    /// A key binding where a credential as it was issued is expected.
    #[error("SD-JWT: a credential without key binding expected, one with it came")]
    KeyBinding,
    /// The key binding is over something else (RFC 9901 clause 7.3).
    #[error("SD-JWT: key binding: sd_hash is not that of what is presented")]
    SdHash,
    /// It was made for another verifier.
    #[error("SD-JWT: key binding: aud {expected:?} expected, {got:?} came")]
    Audience {
        /// Whom it should be for.
        expected: String,
        /// Whom it is for.
        got: String,
    },
    /// It answers another question.
    #[error("SD-JWT: key binding: another nonce")]
    Nonce,
    /// It was not made just now.
    #[error("SD-JWT: key binding: made at {}, and it is {} now", text(*.iat), text(*.at))]
    NotFresh {
        /// When it was made.
        iat: UtcDateTime,
        /// The time judged at.
        at: UtcDateTime,
    },
    /// The key at hand is not the one that the credential is bound to.
    #[error("SD-JWT: the credential is bound to another key")]
    OtherHolder,
    /// A claim that is to be shown and that the credential has not, or not to be disclosed.
    #[error("SD-JWT: no claim {path:?} to show")]
    NoClaim {
        /// The claim.
        path: String,
    },
}

impl SdJwtError {
    pub(super) const fn issuer(source: SignedError) -> Self {
        Self::Jws { part: "issuer", source }
    }

    pub(super) const fn holder(source: SignedError) -> Self {
        Self::Jws { part: "key binding", source }
    }
}
