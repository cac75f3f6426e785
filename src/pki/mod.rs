//! Certificates and signed data (RFC 5280, RFC 5652, ICAO Doc 9303-12).
//!
//! [`Certificate`] reads X.509 and checks signatures; [`Profile`] issues the kinds that a card
//! needs, a country signing CA and a document signer, and those that mobile credentials need. [`SignedData`] reads and checks the CMS
//! structure of EF.SOD, always over the bytes as they stand on the card, and [`SignedData::sign`]
//! makes one. Everything that comes in is bounded; an algorithm that is not known is an error that
//! names its OID, never a pass.
//!
//! ```
//! use iccard::crypto::{Curve, SecretKey, SeededRng};
//! use iccard::pki::{DistinguishedName, Profile, SignedData, Signer, oid};
//! use time::macros::utc_datetime;
//!
//! let mut rng = SeededRng::new(b"doc", "pki");
//! let (csca_key, signer_key) =
//!     (SecretKey::generate(Curve::P256, &mut rng), SecretKey::generate(Curve::P256, &mut rng));
//! let name = |cn| DistinguishedName::new("KR", "TEST", cn);
//! let csca = Profile {
//!     subject: name("TEST CSCA KR"),
//!     serial: vec![1],
//!     not_before: utc_datetime!(2025-01-01 0:00),
//!     not_after: utc_datetime!(2040-01-01 0:00),
//! }
//! .csca(&csca_key)?;
//! let signer = Profile {
//!     subject: name("TEST Document Signer 1"),
//!     serial: vec![2],
//!     not_before: utc_datetime!(2025-01-01 0:00),
//!     not_after: utc_datetime!(2035-01-01 0:00),
//! }
//! .document_signer(&signer_key.public(), &csca, &csca_key)?;
//! signer.verify_signature(&csca)?;
//!
//! let by = Signer { certificate: &signer, key: &signer_key };
//! let cms = SignedData::sign(oid::LDS_SECURITY_OBJECT, b"content", &by)?;
//! let signed = SignedData::parse(&cms)?;
//! assert_eq!(signed.verify(oid::LDS_SECURITY_OBJECT)?, &signer);
//! # Ok::<(), iccard::pki::PkiError>(())
//! ```

pub mod agreement;
mod algorithm;
mod ber;
mod cms;
mod crl;
pub mod cvc;
mod error;
mod key;
mod master_list;
mod moment;
mod name;
pub mod oid;
pub mod pem;
mod signing;
pub mod spki;
mod x509;

pub use algorithm::{SignatureAlgorithm, hash_of, oid_of_hash};
pub use cms::{SignedData, Signer, SignerId, SignerInfo, Verified};
pub use crl::{Crl, CrlProfile, RevocationReason, Revoked};
pub use error::PkiError;
pub use key::SubjectKey;
pub use master_list::{MasterList, MasterListEntry};
pub use name::{DistinguishedName, Name};
pub use oid::Oid;
pub use signing::SigningKey;
pub use x509::{BasicConstraints, Certificate, Contact, KeyUsage, Profile, Validity};
