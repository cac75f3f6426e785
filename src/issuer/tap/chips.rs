//! Sessions whose chip is being asked. They are kept in memory: the ephemeral keys of Chip
//! Authentication never leave this process, and what a restart forgets is tapped again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::UtcDateTime;

use super::fault::TapFault;
use super::weigh::{AskKey, Case};
use crate::issuance::tap_session::RemoteChip;
use crate::issuance::{SessionId, Thumbprint};

/// Most chips that are asked at once; each holds a request's evidence in memory.
const MAX_CHIPS: usize = 256;

/// The sessions whose chip is being asked, each with one frame under way.
#[derive(Default)]
pub(in crate::issuer) struct Chips(Mutex<HashMap<SessionId, Asking>>);

/// One of them.
pub(super) struct Asking {
    /// Whose session.
    pub(super) jkt: Thumbprint,
    /// The number of the frame that is under way.
    pub(super) step: u32,
    /// The key of the chip that is asked for.
    pub(super) key: AskKey,
    /// The talk with it.
    pub(super) talk: RemoteChip,
    /// What it is about.
    pub(super) case: Box<Case>,
}

impl Chips {
    /// Keeps one until its next answer comes.
    ///
    /// # Errors
    /// [`TapFault::Busy`] where too many are asked at once.
    pub(super) fn put(&self, asking: Asking, now: UtcDateTime) -> Result<(), TapFault> {
        let mut open = self.open();
        // Evidence is personal: what is over is not kept until the place is needed.
        open.retain(|_, asking| now <= asking.case.ends);
        if open.len() >= MAX_CHIPS {
            return Err(TapFault::Busy { most: MAX_CHIPS });
        }
        open.insert(asking.case.session, asking);
        Ok(())
    }

    /// Takes one out for its answer, so that no other answer finds it.
    ///
    /// # Errors
    /// [`TapFault::NotAsked`] where no frame of that wallet's session is under way,
    /// [`TapFault::Over`] where its time is over.
    pub(super) fn take(
        &self,
        session: &SessionId,
        jkt: &Thumbprint,
        now: UtcDateTime,
    ) -> Result<Asking, TapFault> {
        let mut open = self.open();
        // Another wallet's answer leaves it alone.
        if open.get(session).is_none_or(|asking| asking.jkt != *jkt) {
            return Err(TapFault::NotAsked);
        }
        let asking = open.remove(session).ok_or(TapFault::NotAsked)?;
        if now > asking.case.ends {
            return Err(TapFault::Over);
        }
        Ok(asking)
    }

    // Nothing is left half done where a thread broke off.
    fn open(&self) -> MutexGuard<'_, HashMap<SessionId, Asking>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Chips {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chips({})", self.open().len())
    }
}
