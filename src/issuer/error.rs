//! How the issuer says no: the standard's codes, never with HTTP 200.

use serde_json::{Value, json};

/// An error code, with the HTTP status that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// RFC 6749 clause 5.2, OpenID4VCI clause 6.3.
    InvalidRequest,
    /// RFC 6749: the wallet did not authenticate.
    InvalidClient,
    /// RFC 6749, OpenID4VCI clause 6.3: wrong or expired code, wrong tx_code, void refresh token.
    InvalidGrant,
    /// RFC 6749.
    UnauthorizedClient,
    /// RFC 6749.
    UnsupportedGrantType,
    /// RFC 6750 clause 3.1, with HTTP 401.
    InvalidToken,
    /// RFC 9449 clause 5.
    InvalidDpopProof,
    /// RFC 9449 clause 8.
    UseDpopNonce,
    /// OAuth 2.0 Attestation-Based Client Authentication.
    InvalidClientAttestation,
    /// The same: a new challenge is needed.
    UseAttestationChallenge,
    /// OpenID4VCI clause 8.3.1.2.
    InvalidCredentialRequest,
    /// The same.
    UnknownCredentialConfiguration,
    /// The same.
    UnknownCredentialIdentifier,
    /// The same.
    InvalidProof,
    /// The same.
    InvalidNonce,
    /// The same.
    InvalidEncryptionParameters,
    /// The same: the answer will not change by asking again.
    CredentialRequestDenied,
    /// OpenID4VCI clause 9.3.
    InvalidTransactionId,
    /// OpenID4VCI clause 11.3.
    InvalidNotificationId,
    /// The same.
    InvalidNotificationRequest,
    /// Of the tap: the session is unknown, over or another wallet's.
    InvalidTapSession,
    /// Of the tap: a frame that does not fit the state of the session.
    InvalidTapFrame,
    /// Of the tap: the evidence does not show what is needed.
    InsufficientEvidence,
    /// Of the tap and the office: the policy says no.
    PolicyDenied,
    /// Nothing there.
    NotFound,
    /// Another method.
    MethodNotAllowed,
    /// No `Accept` that can be met.
    NotAcceptable,
    /// Too slow.
    RequestTimeout,
    /// Too many bytes.
    ContentTooLarge,
    /// Another content type.
    UnsupportedMediaType,
    /// Too many requests.
    TooManyRequests,
    /// Not the client's fault.
    ServerError,
    /// Not now: the database or an adapter does not answer.
    TemporarilyUnavailable,
    /// Something that is defined and not offered (Token Status List clause 8.4).
    NotImplemented,
}

impl Code {
    /// As it stands in `error`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidToken => "invalid_token",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidClientAttestation => "invalid_client_attestation",
            Self::UseAttestationChallenge => "use_attestation_challenge",
            Self::InvalidCredentialRequest => "invalid_credential_request",
            Self::UnknownCredentialConfiguration => "unknown_credential_configuration",
            Self::UnknownCredentialIdentifier => "unknown_credential_identifier",
            Self::InvalidProof => "invalid_proof",
            Self::InvalidNonce => "invalid_nonce",
            Self::InvalidEncryptionParameters => "invalid_encryption_parameters",
            Self::CredentialRequestDenied => "credential_request_denied",
            Self::InvalidTransactionId => "invalid_transaction_id",
            Self::InvalidNotificationId => "invalid_notification_id",
            Self::InvalidNotificationRequest => "invalid_notification_request",
            Self::InvalidTapSession => "invalid_tap_session",
            Self::InvalidTapFrame => "invalid_tap_frame",
            Self::InsufficientEvidence => "insufficient_evidence",
            Self::PolicyDenied => "policy_denied",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotAcceptable => "not_acceptable",
            Self::RequestTimeout => "request_timeout",
            Self::ContentTooLarge => "content_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::TooManyRequests => "too_many_requests",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::NotImplemented => "not_implemented",
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken | Self::InvalidClientAttestation => 401,
            Self::PolicyDenied | Self::InsufficientEvidence => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::RequestTimeout => 408,
            Self::ContentTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooManyRequests => 429,
            Self::ServerError => 500,
            Self::NotImplemented => 501,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// A refusal: the code for programs, a sentence for people, in ASCII (RFC 6749 clause 5.2), with
/// nothing personal in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", .code.name())]
pub struct Refusal {
    /// The code.
    pub code: Code,
    /// What was expected, what came, what to do.
    pub description: String,
    /// Seconds after which to ask again, where that helps.
    pub retry_after: Option<u32>,
}

impl Refusal {
    /// A refusal with that sentence; what ASCII does not have becomes `?`.
    pub fn new(code: Code, description: impl std::fmt::Display) -> Self {
        let printable =
            |c: char| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\') { c } else { '?' };
        let description = description.to_string().chars().take(300).map(printable).collect();
        Self { code, description, retry_after: None }
    }

    /// The body (RFC 6749 clause 5.2).
    pub fn body(&self) -> Value {
        json!({ "error": self.code.name(), "error_description": self.description })
    }
}
