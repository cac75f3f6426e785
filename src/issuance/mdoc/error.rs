use time::UtcDateTime;

use super::super::{PeriodError, SignerError};

/// Why an mdoc is not made, or not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MdocError {
    /// More than is read or written.
    #[error("mdoc, {what}: at most {limit} expected, {got} came")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// The most there may be.
        limit: usize,
        /// How much there was.
        got: usize,
    },
    /// No CBOR, or not in the one form that is read.
    #[error("mdoc, {what}: {fault} at byte {at}")]
    Cbor {
        /// Which part.
        what: &'static str,
        /// What is wrong.
        fault: &'static str,
        /// Where.
        at: usize,
    },
    /// CBOR that is not what ISO/IEC 18013-5 has there.
    #[error("mdoc, {what}: {expected} expected")]
    Structure {
        /// Which part.
        what: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// The issuer's certificates are not believed.
    #[error("mdoc: {0}")]
    Signer(#[from] SignerError),
    /// An algorithm that is not known, or not that of the key.
    #[error("mdoc, {what}: an algorithm came that is not known or not that of the key")]
    Algorithm {
        /// Of which part.
        what: &'static str,
    },
    /// The issuer's signature does not verify.
    #[error("mdoc: the signature is not that of {by}")]
    BadSignature {
        /// The signer's certificate.
        by: String,
    },
    /// An element that is not the one that was signed, or was not signed at all.
    #[error("mdoc: element {element:?} is not what the issuer signed")]
    Digest {
        /// Its identifier.
        element: String,
    },
    /// An element or digest identifier that stands there twice.
    #[error("mdoc: element {element:?} or its digest identifier stands there twice")]
    Twice {
        /// The element's identifier.
        element: String,
    },
    /// The times are not in order.
    #[error("mdoc: {0}")]
    Period(#[from] PeriodError),
    /// Signed when the signer's certificate was not valid (ISO/IEC 18013-5 clause 9.3.1).
    #[error("mdoc: signed at {signed}, outside the validity of the certificate of {by}")]
    SignedOutside {
        /// When it was signed.
        signed: UtcDateTime,
        /// The signer's certificate.
        by: String,
    },
    /// It is not good at that moment.
    #[error("mdoc: good from {from} until {until}, not at {at}")]
    NotValid {
        /// The time judged at.
        at: UtcDateTime,
        /// The first second.
        from: UtcDateTime,
        /// The last second.
        until: UtcDateTime,
    },
    /// issuing_country is not the signer's country (ISO/IEC 18013-5 clause 9.3.1).
    #[error("mdoc: issuing_country is not {certificate}, the country of the signer's certificate")]
    Country {
        /// The country of the certificate, or nothing.
        certificate: String,
    },
    /// The document type around the signed part is not the one in it.
    #[error("mdoc: the document type is {signed:?}, not {stated:?}")]
    DocType {
        /// What the response says.
        stated: String,
        /// What the issuer signed.
        signed: String,
    },
    /// The holder's signature is not over this request, or not by the holder's key.
    #[error("mdoc: the holder's key did not sign this presentation")]
    NotHolder,
    /// An element is to be shown that the document does not have.
    #[error("mdoc: it has no element {element:?}")]
    NoElement {
        /// Its identifier.
        element: String,
    },
}

impl MdocError {
    /// That something else belongs there.
    pub(super) const fn structure(what: &'static str, expected: &'static str) -> Self {
        Self::Structure { what, expected }
    }
}
