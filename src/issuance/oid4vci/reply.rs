//! What an issuer answers.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::error::{ErrorCode, MessageError, Reading};

macro_rules! parsed {
    ($name:ident, $what:literal) => {
        impl $name {
            /// Reads one; members that are not known are passed over.
            ///
            /// # Errors
            /// [`MessageError`].
            pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
                typed($what, body)
            }
        }
    };
}

fn typed<T: DeserializeOwned>(what: &'static str, body: &[u8]) -> Result<T, MessageError> {
    let code = ErrorCode::InvalidRequest;
    let members = Reading::open(what, code, body)?.members;
    super::super::json::typed(members).map_err(|detail| MessageError::new(code, what, detail))
}

/// Tokens (clause 6.2, RFC 9449 clause 5).
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: Zeroizing<String>,
    /// `DPoP`.
    pub token_type: String,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// The refresh token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Zeroizing<String>>,
}

/// A nonce for proofs (clause 7.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonceResponse {
    /// The nonce.
    pub c_nonce: String,
}

/// A challenge for a wallet attestation's PoP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestationChallenge {
    /// The challenge.
    pub attestation_challenge: String,
}

/// Credentials (clause 8.3), HTTP 200.
#[derive(Clone, Serialize, Deserialize)]
pub struct CredentialResponse {
    /// One for each key, in the order of the proofs.
    pub credentials: Vec<IssuedCredential>,
    /// What a notification about them says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_id: Option<String>,
    /// What else an issuer says, which others pass over.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// One credential.
#[derive(Clone, Serialize, Deserialize)]
pub struct IssuedCredential {
    /// As its format is written.
    pub credential: String,
}

/// That it takes longer (clause 8.3), HTTP 202.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeferredResponse {
    /// With what to ask again.
    pub transaction_id: String,
    /// Seconds to wait before that.
    pub interval: u64,
}

/// A refusal (RFC 6749 clause 5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse {
    /// The standard's code.
    pub error: String,
    /// For developers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

parsed!(TokenResponse, "token response");
parsed!(NonceResponse, "nonce response");
parsed!(AttestationChallenge, "challenge response");
parsed!(CredentialResponse, "credential response");
parsed!(DeferredResponse, "deferred credential response");
parsed!(ErrorResponse, "error response");

macro_rules! secret {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

// Tokens, and what is personal.
secret!(TokenResponse, CredentialResponse, IssuedCredential, DeferredResponse);
