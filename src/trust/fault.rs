//! Parts of trust files that are not taken.

use time::UtcDateTime;

use super::encoding::rfc3339;
use super::{LdifError, Reason};
use crate::pki::PkiError;

/// A part of a file that is not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct Fault {
    /// Where it stands: the file, the place in a master list, the entry of a directory.
    pub name: String,
    /// Why it is not taken.
    pub reason: FaultReason,
}

/// Why a part of a trust file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultReason {
    /// It cannot be read, or its key or signature cannot be used.
    #[error("{0}")]
    Pki(Box<PkiError>),
    /// The part of a directory cannot be read.
    #[error("{0}")]
    Ldif(#[from] LdifError),
    /// Neither certificate nor list.
    #[error("neither a certificate nor a revocation list nor a master list")]
    Unknown,
    /// A certificate that must not sign others, such as a document signer's.
    #[error("{subject} is no CA, a country signing CA is expected")]
    NotCa {
        /// Whom it names.
        subject: String,
    },
    /// A CA of key-only cards in a master list of CSCAs.
    #[error("{subject} is a CA of key-only cards, a country signing CA is expected")]
    NotCsca {
        /// Whom it names.
        subject: String,
    },
    /// A critical extension that is not understood makes a certificate unusable.
    #[error("{subject}: the critical extension {oid} is not understood")]
    UnknownExtension {
        /// Whom it names.
        subject: String,
        /// The extension.
        oid: crate::pki::Oid,
    },
    /// A certificate whose key or signature cannot be believed.
    #[error("{subject}: {source}")]
    Certificate {
        /// Whom it names.
        subject: String,
        /// What is wrong.
        source: Box<PkiError>,
    },
    /// Nobody vouches for a master list.
    #[error("the master list is not signed by anybody who is believed: {0}")]
    List(Box<Reason>),
    /// The master list's signer was not valid when it signed.
    #[error("the master list was signed by {signer} at {}, when it was not valid", rfc3339::text(*.at))]
    ListSignedOutsideValidity {
        /// The signer.
        signer: String,
        /// When it signed.
        at: UtcDateTime,
    },
    /// A revocation list of an issuer who is not there, or who did not sign it.
    #[error("no certificate that is believed has signed the revocation list of {issuer}")]
    CrlIssuer {
        /// Whose list it says it is.
        issuer: String,
    },
    /// A revocation list that is older than the one that is there.
    #[error("there is a newer revocation list of {issuer}, from {}", rfc3339::text(*.newer))]
    CrlOlder {
        /// Whose list.
        issuer: String,
        /// When the newer one was issued.
        newer: UtcDateTime,
    },
}
