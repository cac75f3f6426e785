//! The notification request (clause 11.1).

use super::MAX_TEXT;
use super::error::{ErrorCode, MessageError, Reading};

const MESSAGE: &str = "notification request";

/// What became of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotificationEvent {
    /// They were stored.
    CredentialAccepted,
    /// They could not be.
    CredentialFailure,
    /// The holder deleted them.
    CredentialDeleted,
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotificationRequest {
    /// What the credential response had.
    pub notification_id: String,
    /// What happened.
    pub event: NotificationEvent,
    /// More of it, for developers.
    pub event_description: Option<String>,
}

impl NotificationRequest {
    /// Reads a notification.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidNotificationRequest`].
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        let reading = Reading::open(MESSAGE, ErrorCode::InvalidNotificationRequest, body)?;
        let event = match reading.text("event", MAX_TEXT)?.as_str() {
            "credential_accepted" => NotificationEvent::CredentialAccepted,
            "credential_failure" => NotificationEvent::CredentialFailure,
            "credential_deleted" => NotificationEvent::CredentialDeleted,
            _ => {
                return Err(reading.wrong(
                    "event: credential_accepted, credential_failure or credential_deleted expected",
                ));
            }
        };
        let notification_id = reading.text("notification_id", MAX_TEXT)?;
        let event_description = reading.optional("event_description", MAX_TEXT)?;
        Ok(Self { notification_id, event, event_description })
    }
}
