//! Why a proof is refused.

use time::UtcDateTime;

use super::super::{JwkError, SignerError};
use crate::trust::encoding::rfc3339;

/// Which proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// RFC 9449.
    Dpop,
    /// OpenID4VCI appendix F.1.
    KeyProof,
    /// OpenID4VCI appendix D.
    KeyAttestation,
    /// OpenID4VCI appendix E.
    WalletAttestation,
    /// The same.
    WalletPop,
    /// A challenge of our own.
    Nonce,
}

impl What {
    /// `typ` of its header.
    pub const fn typ(self) -> &'static str {
        match self {
            Self::Dpop => "dpop+jwt",
            Self::KeyProof => "openid4vci-proof+jwt",
            Self::KeyAttestation => "key-attestation+jwt",
            Self::WalletAttestation => "oauth-client-attestation+jwt",
            Self::WalletPop => "oauth-client-attestation-pop+jwt",
            Self::Nonce => "",
        }
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Dpop => "DPoP proof",
            Self::KeyProof => "key proof",
            Self::KeyAttestation => "key attestation",
            Self::WalletAttestation => "wallet attestation",
            Self::WalletPop => "wallet attestation PoP",
            Self::Nonce => "nonce",
        })
    }
}

/// Why a proof is refused, or cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// None came, or more than the one that is taken.
    #[error("{what}: exactly one expected, {got} came")]
    Count {
        /// Which proof.
        what: What,
        /// How many came.
        got: usize,
    },
    /// More bytes than are read.
    #[error("{what}: at most {limit} bytes are taken, {got} came")]
    TooLarge {
        /// Which proof.
        what: What,
        /// The limit.
        limit: usize,
        /// How many came.
        got: usize,
    },
    /// Text that is no compact JWS (RFC 7515 clause 3.1).
    #[error("{what}: three base64url parts with dots between expected (a compact JWS)")]
    NotJws {
        /// Which proof.
        what: What,
    },
    /// A header that is not of this form.
    #[error("{what}, header: {detail}")]
    Header {
        /// Which proof.
        what: What,
        /// What is wrong.
        detail: String,
    },
    /// Another algorithm than the only one taken; `none` and the symmetric ones among them.
    #[error("{what}, header: alg ES256 expected, {got:?} came")]
    Algorithm {
        /// Which proof.
        what: What,
        /// What came.
        got: String,
    },
    /// Another kind of token.
    #[error("{what}, header: typ {:?} expected, {got:?} came", .what.typ())]
    Type {
        /// Which proof.
        what: What,
        /// What came.
        got: String,
    },
    /// The header names its key in a way that is not taken, or not in the one that is.
    #[error("{what}, header: the key has to stand in {expected}; {got}")]
    KeyMember {
        /// Which proof.
        what: What,
        /// The member that is taken.
        expected: &'static str,
        /// What came.
        got: &'static str,
    },
    /// A key is refused.
    #[error("{what}, {place}: {source}")]
    Key {
        /// Which proof.
        what: What,
        /// Where it stands.
        place: &'static str,
        /// Why.
        source: JwkError,
    },
    /// Its signer is none that an anchor stands above.
    #[error("{what}: {source}")]
    Signer {
        /// Which proof.
        what: What,
        /// Why.
        source: SignerError,
    },
    /// The signature is not one of that key over these bytes: something was altered.
    #[error("{what}: the signature does not verify")]
    BadSignature {
        /// Which proof.
        what: What,
    },
    /// Signed claims that are not of this form.
    #[error("{what}, claims: {detail}")]
    Claims {
        /// Which proof.
        what: What,
        /// What is wrong.
        detail: String,
    },
    /// A claim that has to be there is not.
    #[error("{what}, claims: {claim} is missing")]
    Missing {
        /// Which proof.
        what: What,
        /// Which claim.
        claim: &'static str,
    },
    /// A claim says something else than this request.
    #[error("{what}, {claim}: {expected:?} expected, {got:?} came")]
    Mismatch {
        /// Which proof.
        what: What,
        /// Which claim.
        claim: &'static str,
        /// What this request demands.
        expected: String,
        /// What it says.
        got: String,
    },
    /// Made too long ago, or in the future.
    #[error(
        "{what}, iat: made at {}, now it is {}: {}",
        rfc3339::text(*.at), rfc3339::text(*.now),
        if .at > .now { "the clocks differ too much" } else { "too old" }
    )]
    IssuedAt {
        /// Which proof.
        what: What,
        /// When it says that it was made.
        at: UtcDateTime,
        /// Now.
        now: UtcDateTime,
    },
    /// It is over.
    #[error("{what}, exp: it ended at {}, now it is {}", rfc3339::text(*.at), rfc3339::text(*.now))]
    Expired {
        /// Which proof.
        what: What,
        /// When it ended.
        at: UtcDateTime,
        /// Now.
        now: UtcDateTime,
    },
    /// It has not begun.
    #[error("{what}, nbf: it begins at {}, now it is {}", rfc3339::text(*.at), rfc3339::text(*.now))]
    NotYet {
        /// Which proof.
        what: What,
        /// When it begins.
        at: UtcDateTime,
        /// Now.
        now: UtcDateTime,
    },
    /// A nonce that was not made with this key for this use.
    #[error("nonce: this issuer did not make it for this use; a fresh one is needed")]
    ForeignNonce,
    /// A nonce that is over.
    #[error("nonce: it ended at {}; a fresh one is needed", rfc3339::text(*.at))]
    ExpiredNonce {
        /// When it ended.
        at: UtcDateTime,
    },
    /// No key attested, too many, or one twice.
    #[error("{what}, attested_keys: 1 to {most} different keys expected, {got} came")]
    KeyCount {
        /// Which proof.
        what: What,
        /// The most.
        most: usize,
        /// How many.
        got: usize,
    },
    /// The key of the proof is none of those attested beside it.
    #[error("key proof: its key is none of those that the key_attestation beside it attests")]
    NotAttested,
    /// It cannot be made from this.
    #[error("{what}: it cannot be made: {detail}")]
    NotMade {
        /// Which proof.
        what: What,
        /// Why.
        detail: String,
    },
}
