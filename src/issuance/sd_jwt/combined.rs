//! The JWT, its disclosures and the key binding in one string (RFC 9901 clause 4).

use super::SdJwtError;
use crate::crypto::Hash;
use crate::trust::encoding::base64url;

/// The longest SD-JWT that is read, in characters: a face picture and everything else.
pub const MAX_CREDENTIAL: usize = 1 << 20;
/// The most disclosures of one SD-JWT.
pub const MAX_DISCLOSURES: usize = 256;

/// The parts of an SD-JWT, still as text.
pub(super) struct Combined<'a> {
    /// The issuer-signed JWT.
    pub(super) jwt: &'a str,
    /// The disclosures.
    pub(super) disclosures: Vec<&'a str>,
    /// The key binding.
    pub(super) key_binding: Option<&'a str>,
    bound: &'a str,
}

impl<'a> Combined<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, SdJwtError> {
        if text.len() > MAX_CREDENTIAL {
            return Err(SdJwtError::TooLarge { got: text.len() });
        }
        let tilde = text.rfind('~').ok_or(SdJwtError::Form)?;
        let (bound, key_binding) = text.split_at(tilde + 1);
        let mut parts = bound[..tilde].split('~');
        let jwt = parts.next().filter(|jwt| !jwt.is_empty()).ok_or(SdJwtError::Form)?;
        let got = parts.clone().count();
        if got > MAX_DISCLOSURES {
            return Err(SdJwtError::TooMany { got });
        }
        let disclosures: Vec<&str> = parts.collect();
        if disclosures.iter().any(|disclosure| disclosure.is_empty()) {
            return Err(SdJwtError::Form);
        }
        let key_binding = Some(key_binding).filter(|text| !text.is_empty());
        Ok(Self { jwt, disclosures, key_binding, bound })
    }

    /// sd_hash of what is presented, up to its last tilde (RFC 9901 clause 4.3.1).
    pub(super) fn sd_hash(&self) -> String {
        sd_hash(self.bound)
    }
}

pub(super) fn sd_hash(bound: &str) -> String {
    base64url::encode(Hash::Sha256.digest(&[bound.as_bytes()]))
}

/// Whether a key binding stands at the end of it, or something in its place.
pub fn has_key_binding(text: &str) -> bool {
    text.rfind('~').is_some_and(|tilde| tilde + 1 < text.len())
}
