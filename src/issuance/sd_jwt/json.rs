//! The JSON of an SD-JWT, in which no member stands twice.

use serde_json::{Map, Value};

use super::SdJwtError;
use crate::issuance::json;

/// Reads a value.
pub(super) fn parse(part: &'static str, bytes: &[u8]) -> Result<Value, SdJwtError> {
    json::value(bytes).map_err(|fault| SdJwtError::Json { part, fault })
}

/// Reads an object.
pub(super) fn object(part: &'static str, bytes: &[u8]) -> Result<Map<String, Value>, SdJwtError> {
    json::object(bytes).map_err(|fault| SdJwtError::Json { part, fault })
}
