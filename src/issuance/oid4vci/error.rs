//! Why a message is refused, and under which code.

use super::super::json;

/// The standard's code for a message that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// RFC 6749 clause 5.2.
    InvalidRequest,
    /// The same.
    UnsupportedGrantType,
    /// OpenID4VCI clause 8.3.1.2.
    InvalidCredentialRequest,
    /// The same.
    UnknownCredentialIdentifier,
    /// The same.
    InvalidProof,
    /// The same.
    InvalidEncryptionParameters,
    /// Clause 9.3.
    InvalidTransactionId,
    /// Clause 11.3.
    InvalidNotificationRequest,
}

impl ErrorCode {
    /// As it stands in `error`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidCredentialRequest => "invalid_credential_request",
            Self::UnknownCredentialIdentifier => "unknown_credential_identifier",
            Self::InvalidProof => "invalid_proof",
            Self::InvalidEncryptionParameters => "invalid_encryption_parameters",
            Self::InvalidTransactionId => "invalid_transaction_id",
            Self::InvalidNotificationRequest => "invalid_notification_request",
        }
    }
}

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {detail}")]
pub struct MessageError {
    /// The code that goes with it.
    pub code: ErrorCode,
    /// Which message.
    pub message: &'static str,
    /// What was expected, and what came.
    pub detail: String,
}

impl MessageError {
    pub(super) fn new(
        code: ErrorCode,
        message: &'static str,
        detail: impl std::fmt::Display,
    ) -> Self {
        Self { code, message, detail: detail.to_string() }
    }

    /// The code that goes with it.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }
}

type Members = serde_json::Map<String, serde_json::Value>;

/// A message in JSON that is being read.
pub(super) struct Reading {
    code: ErrorCode,
    message: &'static str,
    pub(super) members: Members,
}

impl Reading {
    pub(super) fn open(
        message: &'static str,
        code: ErrorCode,
        bytes: &[u8],
    ) -> Result<Self, MessageError> {
        if bytes.len() > super::MAX_MESSAGE {
            let (most, got) = (super::MAX_MESSAGE, bytes.len());
            let detail = format!("at most {most} bytes are taken, {got} came");
            return Err(MessageError::new(code, message, detail));
        }
        let members = json::object(bytes).map_err(|e| MessageError::new(code, message, e))?;
        Ok(Self { code, message, members })
    }

    pub(super) fn wrong(&self, detail: impl std::fmt::Display) -> MessageError {
        MessageError::new(self.code, self.message, detail)
    }

    /// A member that may be missing: a text of at most so many bytes, not empty.
    pub(super) fn optional(
        &self,
        name: &'static str,
        most: usize,
    ) -> Result<Option<String>, MessageError> {
        let Some(value) = self.members.get(name) else { return Ok(None) };
        let text = value.as_str().filter(|text| !text.is_empty() && text.len() <= most);
        let text = text.ok_or_else(|| {
            self.wrong(format_args!("{name}: a text of 1 to {most} bytes expected"))
        })?;
        Ok(Some(text.to_owned()))
    }

    /// The same, of one that must not be missing.
    pub(super) fn text(&self, name: &'static str, most: usize) -> Result<String, MessageError> {
        self.optional(name, most)?.ok_or_else(|| self.wrong(format_args!("{name} is missing")))
    }
}
