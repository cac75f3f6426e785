//! Credentials, from the request for them to their status.

use time::UtcDateTime;

use super::{CredentialId, Device, DeviceId, GrantId};
use crate::issuance::{Status, Thumbprint};

/// A request for credentials, all its proofs checked.
#[derive(Clone, Debug)]
pub struct Reserve {
    /// The grant.
    pub grant: GrantId,
    /// credential_configuration_id.
    pub configuration: String,
    /// Thumbprints of the holder keys, one credential each, all different.
    pub keys: Vec<Thumbprint>,
    /// The c_nonces of the proofs with their ends, used up with this.
    pub nonces: Vec<([u8; 32], UtcDateTime)>,
}

/// What was set aside for a request: phone registered, places in the status list taken.
#[derive(Clone, Debug)]
pub struct Reservation {
    /// The grant.
    pub grant: GrantId,
    /// The phone.
    pub device: Device,
    /// One for each key, in their order.
    pub credentials: Vec<Reserved>,
    /// What changed in status lists and has to be published before anything is released.
    pub changes: Vec<StatusChange>,
    /// The event of this issue, by its number in the log.
    pub event: u64,
}

/// One credential to be signed, or signed already.
#[derive(Clone)]
pub struct Reserved {
    /// Its identifier.
    pub id: CredentialId,
    /// Thumbprint of the holder key.
    pub key: Thumbprint,
    /// The status list.
    pub list: u32,
    /// The place in it.
    pub idx: u64,
    /// The credential as it was released before, opened: a retry gets the same.
    pub issued: Option<Vec<u8>>,
}

impl std::fmt::Debug for Reserved {
    // What a credential says, and secrets, stay out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reserved")
            .field("id", &self.id)
            .field("key", &self.key)
            .field("list", &self.list)
            .field("idx", &self.idx)
            .finish_non_exhaustive()
    }
}

/// A credential as the register knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its identifier.
    pub id: CredentialId,
    /// The phone it is on.
    pub device: DeviceId,
    /// credential_configuration_id.
    pub configuration: String,
    /// The status list.
    pub list: u32,
    /// The place in it.
    pub idx: u64,
    /// Its status.
    pub status: Status,
}

/// A status that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The status list.
    pub list: u32,
    /// The place in it.
    pub idx: u64,
    /// The new status.
    pub status: Status,
}
