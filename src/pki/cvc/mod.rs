//! Card verifiable certificates: what terminals show to chips in Terminal Authentication
//! (BSI TR-03110-3 appendix C, ICAO Doc 9303-12 clause 7.2).
//!
//! A CVCA signs document verifiers, a document verifier signs terminals. [`CvCertificate`] reads
//! and makes them; [`Issuer`] is a key that vouches, and [`Issuer::admit`] the one rule by which
//! it lets the next one in; [`verify_chain`] asks it for a whole chain at a given day, the chip's
//! half of Terminal Authentication one certificate at a time.
//!
//! ```
//! use iccard::crypto::{Curve, Hash, SecretKey, SeededRng};
//! use iccard::pki::cvc::*;
//!
//! let rng = &mut SeededRng::new(b"doc", "cvc");
//! let mut key = || {
//!     let key = PrivateKey::Ec(SecretKey::generate(Curve::P256, rng));
//!     CvcSigner::new(TaAlgorithm::Ecdsa(Hash::Sha256), key).expect("a key for ECDSA")
//! };
//! let (cvca_key, dv_key, is_key) = (key(), key(), key());
//! let profile = |holder: &str, role, rights| CvcProfile {
//!     holder: holder.parse().expect("a reference"),
//!     chat: Chat::new(TerminalType::InspectionSystem, role).with_rights(rights),
//!     effective: "2025-01-01".parse().expect("a date"),
//!     expires: "2025-12-31".parse().expect("a date"),
//!     extensions: Vec::new(),
//! };
//! let rng = &mut SeededRng::new(b"doc", "signatures");
//! let cvca = profile("KRCVCA00001", Role::Cvca, 3).self_signed(&cvca_key, rng)?;
//! let dv = profile("KRDV00001", Role::DvDomestic, 3)
//!     .issue(&dv_key.public(), &cvca, &cvca_key, rng)?;
//! let terminal = profile("KRIS00001", Role::Terminal, 1)
//!     .issue(&is_key.public(), &dv, &dv_key, rng)?;
//!
//! let trust = Issuer::trust_point(&cvca)?;
//! let day = "2025-06-01".parse().expect("a date");
//! let holder = verify_chain(&[trust], &[dv, terminal], day)?;
//! let rights: Vec<_> = holder.authorization.rights().map(|r| r.name).collect();
//! assert_eq!(rights, ["read-dg3"]);
//! # Ok::<(), CvcError>(())
//! ```

mod build;
mod certificate;
mod chain;
mod chat;
mod date;
mod ef_cvca;
mod error;
mod private_key;
mod public_key;
mod reference;

pub use build::CvcProfile;
pub use certificate::{CvCertificate, Extension, MAX_CERTIFICATE};
pub use chain::{Issuer, MAX_CHAIN, find_chain, verify_chain};
pub use chat::{Chat, Right, Role, TerminalType};
pub use date::CvcDate;
pub use ef_cvca::{encode_ef_cvca, parse_ef_cvca};
pub use error::CvcError;
pub use private_key::{CvcSigner, PrivateKey};
pub use public_key::{CvcKey, CvcPublicKey, TaAlgorithm};
pub use reference::Reference;

use crate::tlv::Tag;

// Bytes that somebody sent, in a message that stays short whatever they sent.
fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 8;
    match bytes.get(..MOST) {
        Some(first) if bytes.len() > MOST => {
            format!("{}.. ({} bytes)", hex::encode(first), bytes.len())
        }
        _ => hex::encode(bytes),
    }
}

/// Data objects of a certificate (TR-03110-3 appendix D).
pub(crate) mod tag {
    use super::Tag;

    pub(crate) const CERTIFICATE: Tag = Tag::new(0x7F21);
    pub(crate) const BODY: Tag = Tag::new(0x7F4E);
    pub(crate) const PROFILE: Tag = Tag::new(0x5F29);
    pub(crate) const AUTHORITY: Tag = Tag::new(0x42);
    pub(crate) const PUBLIC_KEY: Tag = Tag::new(0x7F49);
    pub(crate) const HOLDER: Tag = Tag::new(0x5F20);
    pub(crate) const CHAT: Tag = Tag::new(0x7F4C);
    pub(crate) const EFFECTIVE: Tag = Tag::new(0x5F25);
    pub(crate) const EXPIRES: Tag = Tag::new(0x5F24);
    pub(crate) const EXTENSIONS: Tag = Tag::new(0x65);
    pub(crate) const SIGNATURE: Tag = Tag::new(0x5F37);
    pub(crate) const OBJECT_IDENTIFIER: Tag = Tag::new(0x06);
    pub(crate) const DISCRETIONARY: Tag = Tag::new(0x53);
    pub(crate) const TEMPLATE: Tag = Tag::new(0x73);
}

#[cfg(test)]
mod tests;
