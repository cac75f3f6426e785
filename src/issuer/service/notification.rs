//! What became of credentials in the wallet (OpenID4VCI clause 11).

use super::super::{Call, Code, Issuer, Refusal};
use super::{refused, secret};
use crate::issuance::oid4vci::{NotificationEvent, NotificationRequest};
use crate::registry::Denied;

impl Issuer {
    /// Takes a notification; the same one again changes nothing. Where the holder deleted the
    /// credential, the phone's card ends and its place is free.
    ///
    /// # Errors
    /// [`Code::InvalidNotificationId`], [`Code::InvalidNotificationRequest`], and those of tokens.
    pub fn notification(&self, call: &Call, body: &[u8]) -> Result<(), Refusal> {
        let now = self.clock.now();
        let grant = self.grant_of(call, now)?.1;
        let request =
            NotificationRequest::parse(body).map_err(|e| Refusal::new(Code::of_message(&e), e))?;
        let deleted = request.event == NotificationEvent::CredentialDeleted;
        let id = secret::hash(&request.notification_id);
        let code = |denied: &Denied| match denied {
            Denied::Unknown { .. } | Denied::OtherWallet { .. } => Code::InvalidNotificationId,
            _ => Code::InvalidNotificationRequest,
        };
        let changes =
            self.registry.notified(&id, &grant.id, deleted, now).map_err(|e| refused(&e, code))?;
        self.publish(&changes)
    }
}
