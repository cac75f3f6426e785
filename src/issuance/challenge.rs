//! The verifier's challenge, made after the device committed to its keys.

use std::io::Read;
use std::path::Path;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use time::{Duration, UtcDateTime};

use super::binding::Binding;
use super::keys::folder_of;
use super::used::SessionError;
use super::value::{Commitment, Nonce, SessionId, Thumbprint};
use crate::trust::encoding::{Schema, rfc3339};

const MAX_FILE: u64 = 16 << 10;

/// One session: what the verifier chose, for a device that committed to its keys before.
///
/// Nothing in it is secret. The verifier keeps it as a file and gives the device a copy; what comes
/// back with a request is compared with the verifier's own file, never with the copy. That it was
/// used is not written into it but into the verifier's [`SessionStore`](super::SessionStore).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    schema: Schema,
    /// Its identifier.
    #[serde(rename = "session")]
    pub id: SessionId,
    /// N, the nonce.
    pub nonce: Nonce,
    /// H_dev, to which the device committed before the nonce was drawn.
    pub h_dev: Commitment,
    /// When it was made.
    #[serde(with = "rfc3339")]
    pub issued_at: UtcDateTime,
    /// The last moment at which a request for it is taken.
    #[serde(with = "rfc3339")]
    pub expires_at: UtcDateTime,
}

impl Session {
    /// How long a session lasts unless somebody says otherwise: long enough to find the card and
    /// type a PIN.
    pub const DEFAULT_LIFETIME: Duration = Duration::minutes(5);
    /// The longest lifetime.
    pub const MAX_LIFETIME: Duration = Duration::days(1);

    /// Draws identifier and nonce. It begins with the second that `now` lies in; a lifetime is cut
    /// to one second at least and [`Self::MAX_LIFETIME`] at most.
    pub fn new(
        h_dev: Commitment,
        now: UtcDateTime,
        lifetime: Duration,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let (mut id, mut nonce) = ([0; 16], [0; 32]);
        rng.fill_bytes(&mut id);
        rng.fill_bytes(&mut nonce);
        let now = now.truncate_to_second();
        let lifetime = lifetime.clamp(Duration::seconds(1), Self::MAX_LIFETIME);
        Self {
            schema: Schema,
            id: SessionId::new(id),
            nonce: Nonce::new(nonce),
            h_dev,
            issued_at: now,
            expires_at: now.checked_add(lifetime).unwrap_or(now),
        }
    }

    /// What a tap in this session is bound to, by the device whose key has that thumbprint.
    pub fn binding(&self, jkt: &Thumbprint) -> Binding {
        Binding::new(&self.id, &self.nonce, &self.h_dev, jkt)
    }

    /// Reads a session file.
    ///
    /// # Errors
    /// [`SessionError::Io`], [`SessionError::Malformed`].
    pub fn load(path: &Path) -> Result<Self, SessionError> {
        let io = |source| SessionError::Io { path: path.to_owned(), source };
        let file = std::fs::File::open(path).map_err(io)?;
        let mut json = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut json).map_err(io)?;
        serde_json::from_slice(&json)
            .map_err(|source| SessionError::Malformed { path: path.to_owned(), source })
    }

    /// Writes the session to a file that must not be there yet, whole or not at all.
    ///
    /// # Errors
    /// [`SessionError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), SessionError> {
        use std::io::Write;
        let io = |source| SessionError::Io { path: path.to_owned(), source };
        let mut json = serde_json::to_vec_pretty(self).map_err(|e| io(e.into()))?;
        json.push(b'\n');
        let mut file = tempfile::NamedTempFile::new_in(folder_of(path)).map_err(io)?;
        file.write_all(&json).and_then(|()| file.as_file().sync_all()).map_err(io)?;
        file.persist_noclobber(path).map(drop).map_err(|e| io(e.error))
    }
}
