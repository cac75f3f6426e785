//! Why a certificate, a key or a signed structure is refused.

use super::{Oid, SignatureAlgorithm};
use crate::crypto::rsa::RsaError;
use crate::crypto::{AgreementError, CurveError};
use crate::tlv::TlvError;

/// What is wrong with a certificate, a key or signed data, or cannot be checked here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PkiError {
    /// The bytes are not the ASN.1 structure that is expected.
    #[error("{what}: {source}")]
    Structure {
        /// Which structure.
        what: &'static str,
        /// What is wrong with its data objects.
        source: TlvError,
    },
    /// A value inside a well-formed structure that cannot be.
    #[error("{what}: {detail}")]
    Value {
        /// Which structure or field.
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
    /// An algorithm that this build does not know.
    #[error("{what}: algorithm {oid} is not supported")]
    UnsupportedAlgorithm {
        /// Where it stands.
        what: &'static str,
        /// Its identifier.
        oid: Oid,
    },
    /// A named curve that this build does not know.
    #[error("public key: curve {oid} is not supported")]
    UnsupportedCurve {
        /// Its identifier.
        oid: Oid,
    },
    /// Curve parameters that are written out (RFC 3279 clause 2.3.5) and are those of no curve
    /// known here.
    #[error("public key: the curve written out: {source}")]
    ExplicitCurve {
        /// In what they differ.
        source: CurveError,
    },
    /// An RSA key that cannot be used, such as one with the exponent 1.
    #[error("public key: {source}")]
    RsaKey {
        /// Why.
        source: RsaError,
    },
    /// A key so short that its signatures show nothing.
    #[error("public key: {key} is too weak to be believed")]
    WeakKey {
        /// The key's kind and size.
        key: String,
    },
    /// A signature by an algorithm that the signer's key is not for.
    #[error("{what}: {algorithm}, but the signer's key is one of {key}")]
    WrongKey {
        /// What is signed.
        what: &'static str,
        /// The algorithm it says.
        algorithm: SignatureAlgorithm,
        /// The key's kind and size.
        key: String,
    },
    /// A point or key that is not on its curve.
    #[error("{what}: {source}")]
    Key {
        /// Whose key.
        what: &'static str,
        /// Why it is refused.
        source: CurveError,
    },
    /// A key for a key agreement that is none, or parameters of no known group.
    #[error("public key for a key agreement: {source}")]
    AgreementKey {
        /// Why it is refused.
        source: AgreementError,
    },
    /// The algorithm identifiers inside and outside the signed part differ (RFC 5280 clause
    /// 4.1.1.2).
    #[error("certificate: signed as {inner}, labelled {outer}")]
    AlgorithmMismatch {
        /// The one inside the signed part.
        inner: Oid,
        /// The one beside the signature.
        outer: Oid,
    },
    /// A signature that is not one of that key over these bytes.
    #[error("{what}: the signature does not verify with the key of {by}")]
    BadSignature {
        /// What is signed.
        what: &'static str,
        /// Whose key was tried.
        by: String,
    },
    /// Signed data with no or several signers, where one is expected (ICAO Doc 9303-10 clause
    /// 4.6.2.2).
    #[error("signed data: exactly one signer expected, {got} came")]
    SignerCount {
        /// How many there are.
        got: usize,
    },
    /// The signer's certificate is not among those in the signed data.
    #[error("signed data: no embedded certificate is that of the signer {signer}")]
    NoSignerCertificate {
        /// How the signer is named.
        signer: String,
    },
    /// Content of another type than expected.
    #[error("signed data: content type {expected} expected, {got} came")]
    ContentType {
        /// The type demanded.
        expected: Oid,
        /// The type that came.
        got: Oid,
    },
    /// A signed attribute that is missing, doubled or has not exactly one value (RFC 5652 clause
    /// 11).
    #[error("signed data: attribute {attribute} {detail}")]
    Attribute {
        /// Which attribute.
        attribute: &'static str,
        /// What is wrong.
        detail: &'static str,
    },
    /// The content is not what the signed digest is of (RFC 5652 clause 5.4).
    #[error("signed data: the content does not match the signed digest")]
    DigestMismatch,
    /// Text that is no PEM certificate (RFC 7468).
    #[error("PEM: {detail}")]
    Pem {
        /// What is wrong.
        detail: String,
    },
}

impl PkiError {
    pub(super) const fn tlv(what: &'static str) -> impl Fn(TlvError) -> Self {
        move |source| Self::Structure { what, source }
    }

    pub(super) fn value(what: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Value { what, detail: detail.to_string() }
    }
}
