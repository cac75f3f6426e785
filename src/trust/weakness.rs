//! What a verdict tells beside passed and failed: signatures that hold, and lean on little.

use serde::{Serialize, Serializer};
use time::UtcDateTime;

use super::encoding::rfc3339;
use crate::pki::Oid;

/// Something that documents of real issuers have, that does not make them wrong, and that weakens
/// what is shown. In JSON it is a string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Weakness {
    /// A signature or hash with SHA-1: who can have two things signed that collide shows one and
    /// uses the other (ICAO Doc 9303-12 clause 4.4 has dropped it).
    #[error("SHA-1 in {what}")]
    Sha1 {
        /// Where.
        what: String,
    },
    /// An RSA key below 2,048 bits.
    #[error("a short key: {certificate} has {key}")]
    ShortKey {
        /// Whose: a certificate's, or that of a file of the card.
        certificate: String,
        /// The key's kind and size.
        key: String,
    },
    /// EF.SOD signs another type than ldsSecurityObject, one that other signed data could have too
    /// (ICAO Doc 9303-10 clause 4.6.2.2).
    #[error("EF.SOD has the content type {oid} of old issuers")]
    ContentType {
        /// The type.
        oid: Oid,
    },
    /// EF.SOD names its signer by another issuer, serial number or key identifier than the
    /// certificate has whose key signed it.
    #[error("EF.SOD names its signer in other words than the certificate of {signer}")]
    LooselyNamed {
        /// The signer.
        signer: String,
    },
    /// EF.SOD's signature is over the content itself: that it was meant as content of this type is
    /// not signed (RFC 5652 clause 5.3).
    #[error("EF.SOD has no signed attributes: {signer} signed the bare content")]
    NoSignedAttributes {
        /// The signer.
        signer: String,
    },
    /// The issuer was found by its key: the names differ.
    #[error("{certificate} names the issuer {named}, its key is that of {issuer}")]
    IssuerName {
        /// The certificate.
        certificate: String,
        /// Whom it names.
        named: String,
        /// Who issued it.
        issuer: String,
    },
    /// A certificate of another country than its issuer's.
    #[error("{certificate} is of {country}, its issuer of {issuer}")]
    Country {
        /// The certificate.
        certificate: String,
        /// Its country.
        country: String,
        /// Its issuer's.
        issuer: String,
    },
    /// The document says that another state issued it than the one whose signer signed it. Whoever
    /// is believed for the documents of one state could make those of any other.
    #[error("the document says that {state} issued it, its signer is of {country}")]
    IssuingState {
        /// The state, by the code of machine-readable zones.
        state: String,
        /// The signer's country.
        country: String,
    },
    /// A CA that says of itself that it signs certificates, but not that it is one (ICAO Doc
    /// 9303-12 clause 7.1.1).
    #[error("{certificate} is not marked as a CA")]
    NotMarkedCa {
        /// Whom it names.
        certificate: String,
    },
    /// EF.SOD was signed when the signer's private key was not to be used any more, or not yet
    /// (ICAO Doc 9303-12 clause 7.1.1, privateKeyUsagePeriod).
    #[error("{certificate} signed at {}, outside the time for which its private key was meant", rfc3339::text(*.at))]
    PrivateKeyUsage {
        /// The signer.
        certificate: String,
        /// When it signed.
        at: UtcDateTime,
    },
}

impl Serialize for Weakness {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
