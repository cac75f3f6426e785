//! One disclosure: salt, name and value (RFC 9901 clause 4.2).

use rand_core::CryptoRng;
use serde_json::Value;

use super::{SdJwtError, json};
use crate::crypto::Hash;
use crate::trust::encoding::base64url;

/// 128 bits (RFC 9901 clause 9.3).
const SALT: usize = 16;

/// A disclosure that was taken apart.
pub(super) struct Disclosure {
    /// The claim's name; an element of an array has none.
    pub(super) name: Option<String>,
    /// Its value, in which there may be more digests.
    pub(super) value: Value,
}

impl Disclosure {
    pub(super) fn parse(index: usize, text: &str) -> Result<Self, SdJwtError> {
        let fault = |fault| SdJwtError::Disclosure { index, fault };
        let bytes = base64url::decode(text).map_err(|_| fault("not base64url"))?;
        let Value::Array(parts) = json::parse("disclosure", &bytes)? else {
            return Err(fault("an array expected"));
        };
        let mut parts = parts.into_iter();
        let (salt, second, third) = (parts.next(), parts.next(), parts.next());
        let ((Some(Value::String(_)), Some(second)), None) = ((salt, second), parts.next()) else {
            return Err(fault("salt, name and value, or salt and value expected"));
        };
        match (second, third) {
            (value, None) => Ok(Self { name: None, value }),
            (Value::String(name), Some(value)) => Ok(Self { name: Some(name), value }),
            _ => Err(fault("the name of a claim is text")),
        }
    }
}

/// The digest of a disclosure, over its text as it stands there (RFC 9901 clause 4.2.3).
pub(super) fn digest(text: &str) -> String {
    base64url::encode(Hash::Sha256.digest(&[text.as_bytes()]))
}

/// A new disclosure of a claim.
pub(super) fn of_claim(name: &str, value: &Value, rng: &mut dyn CryptoRng) -> String {
    base64url::encode(serde_json::json!([salt(rng), name, value]).to_string())
}

/// A digest to which no disclosure leads (RFC 9901 clause 4.2.5).
pub(super) fn decoy(rng: &mut dyn CryptoRng) -> String {
    digest(&salt(rng))
}

fn salt(rng: &mut dyn CryptoRng) -> String {
    let mut salt = [0; SALT];
    rng.fill_bytes(&mut salt);
    base64url::encode(salt)
}
