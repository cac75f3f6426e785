//! Why a CV certificate or a chain of them is refused.

use super::{CvcDate, Reference, Role, TerminalType};
use crate::crypto::{CurveError, RsaError};
use crate::pki::Oid;
use crate::tlv::TlvError;

/// What is wrong with a CV certificate, its key, or the chain it stands in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CvcError {
    /// The bytes are not the structure that is expected.
    #[error("CV certificate, {what}: {source}")]
    Structure {
        /// Which part.
        what: &'static str,
        /// What is wrong with its data objects.
        source: TlvError,
    },
    /// A value that cannot be.
    #[error("CV certificate, {what}: {detail}")]
    Value {
        /// Which part.
        what: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// More bytes or elements than are read.
    #[error("{what}: at most {limit} expected, {got} came")]
    TooMuch {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// How many came.
        got: usize,
    },
    /// A signature algorithm that is none of Terminal Authentication.
    #[error("CV certificate: algorithm {oid} is not supported")]
    UnsupportedAlgorithm {
        /// Its identifier.
        oid: Oid,
    },
    /// A terminal type that is not known.
    #[error("CV certificate: terminal type {oid} is not supported")]
    UnsupportedTerminal {
        /// Its identifier.
        oid: Oid,
    },
    /// An elliptic-curve key that is none.
    #[error("CV certificate: {0}")]
    Curve(#[from] CurveError),
    /// An RSA key that is none, or cannot sign.
    #[error("CV certificate: {0}")]
    Rsa(#[from] RsaError),
    /// A key without domain parameters, and no CVCA to take them from.
    #[error("CV certificate of {holder}: its key has no domain parameters, nor has its issuer's")]
    NoDomainParameters {
        /// Whose certificate.
        holder: Reference,
    },
    /// The certificate names another issuer.
    #[error("{holder} was issued by {named}, not by {by}")]
    NotIssuedBy {
        /// Whose certificate.
        holder: Reference,
        /// The issuer it names.
        named: Reference,
        /// The issuer at hand.
        by: Reference,
    },
    /// A signature that the issuer did not make.
    #[error("{holder}: the signature does not verify with the key of {by}")]
    BadSignature {
        /// Whose certificate.
        holder: Reference,
        /// Whose key was tried.
        by: Reference,
    },
    /// A certificate that its issuer may not issue: a terminal's under a CVCA, anything under a
    /// terminal.
    #[error("{by} is a {issuer} and must not issue {holder}, a {role}")]
    MustNotIssue {
        /// The issuer.
        by: Reference,
        /// What the issuer is.
        issuer: Role,
        /// Whose certificate.
        holder: Reference,
        /// What that is.
        role: Role,
    },
    /// A certificate for another kind of terminal than its issuer's, which would give no rights.
    #[error("{holder} is for {got}s, its issuer for {expected}s")]
    OtherTerminal {
        /// Whose certificate.
        holder: Reference,
        /// The issuer's kind.
        expected: TerminalType,
        /// This kind.
        got: TerminalType,
    },
    /// A certificate beyond its last day.
    #[error("{holder} expired on {expires}; it is {at}")]
    Expired {
        /// Whose certificate.
        holder: Reference,
        /// Its last day.
        expires: CvcDate,
        /// The day it was judged at.
        at: CvcDate,
    },
    /// A certificate before its first day.
    #[error("{holder} is good from {effective}; it is {at}")]
    NotYetValid {
        /// Whose certificate.
        holder: Reference,
        /// Its first day.
        effective: CvcDate,
        /// The day it was judged at.
        at: CvcDate,
    },
    /// A trust point that did not sign itself, or is no CVCA.
    #[error("{holder} is no trust point: {why}")]
    NoTrustPoint {
        /// Whose certificate.
        holder: Reference,
        /// Why not.
        why: &'static str,
    },
    /// A chain that begins with nobody who is trusted.
    #[error("{issuer}, who issued {holder}, is no trust point ({known} given)")]
    Untrusted {
        /// Whose certificate.
        holder: Reference,
        /// The issuer it names.
        issuer: Reference,
        /// How many trust points there are.
        known: usize,
    },
    /// Certificates that lead in a circle.
    #[error("the chain of {holder} leads in a circle")]
    Loop {
        /// Where it comes round.
        holder: Reference,
    },
    /// No chain to build: no certificate, or none of a terminal.
    #[error("no certificate of a terminal is there")]
    NoTerminal,
    /// A private key that cannot be read.
    #[error("private key: {detail}")]
    PrivateKey {
        /// What is wrong, without a byte of the key.
        detail: String,
    },
    /// A certificate that cannot be issued.
    #[error("issuing {holder}: {why}")]
    CannotIssue {
        /// For whom.
        holder: Reference,
        /// Why not.
        why: &'static str,
    },
}

impl CvcError {
    pub(super) const fn tlv(what: &'static str) -> impl Fn(TlvError) -> Self {
        move |source| Self::Structure { what, source }
    }

    pub(super) fn value(what: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Value { what, detail: detail.to_string() }
    }
}
