//! That a session is good once.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use time::{Duration, UtcDateTime};

use super::challenge::Session;
use super::keys::folder_of;
use super::value::SessionId;
use crate::trust::encoding::{Schema, json_fault, rfc3339};

const MAX_FILE: u64 = 64 << 20;
// An expired session is refused for that; it is remembered longer in case a clock is set back.
const KEEP: Duration = Duration::days(7);
const LOCK_TRIES: u32 = 500;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(10);

/// Why a session's file, or the record of used ones, cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// It is not JSON of this form.
    #[error("{}: {}", .path.display(), json_fault(source))]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Another process holds the record.
    #[error("{}: another process has held the lock for 5 s", .path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
}

/// Where a verifier remembers which sessions were used. Whoever calls [`SessionStore::consume`]
/// first has the session, whatever runs beside it.
pub trait SessionStore {
    /// When the session was used, if it was.
    ///
    /// # Errors
    /// Where the record cannot be read: then nobody may go on.
    fn used_at(&self, session: &Session) -> Result<Option<UtcDateTime>, SessionError>;

    /// Marks it used, lastingly, before returning. `Some` says that somebody was first, and when.
    ///
    /// # Errors
    /// Where the record cannot be read or written: then nobody may go on.
    fn consume(
        &self,
        session: &Session,
        now: UtcDateTime,
    ) -> Result<Option<UtcDateTime>, SessionError>;
}

/// A record of used sessions in a JSON file, with a lock file beside it. The file is replaced by
/// renaming; processes on one machine can share it. Whoever deletes it makes sessions that have not
/// expired good again, so it belongs where only the verifier writes.
#[derive(Clone, Debug)]
pub struct UsedSessions {
    path: PathBuf,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    schema: Schema,
    used: Vec<Used>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Used {
    session: SessionId,
    #[serde(with = "rfc3339")]
    used_at: UtcDateTime,
    #[serde(with = "rfc3339")]
    expires_at: UtcDateTime,
}

impl UsedSessions {
    /// The name of the record beside session files.
    pub const FILE_NAME: &'static str = "iccard-used-sessions.json";

    /// The record in that file, which is made when the first session is used.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The record in the folder of a session file, for all sessions there.
    pub fn beside(session_file: &Path) -> Self {
        Self::new(folder_of(session_file).join(Self::FILE_NAME))
    }

    fn read(&self) -> Result<Record, SessionError> {
        let io = |source| SessionError::Io { path: self.path.clone(), source };
        let file = match File::open(&self.path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Record::default()),
            file => file.map_err(io)?,
        };
        let mut json = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut json).map_err(io)?;
        serde_json::from_slice(&json)
            .map_err(|source| SessionError::Malformed { path: self.path.clone(), source })
    }

    fn write(&self, record: &Record) -> Result<(), SessionError> {
        let io = |source| SessionError::Io { path: self.path.clone(), source };
        let folder = folder_of(&self.path);
        let json = serde_json::to_vec(record).map_err(|e| io(e.into()))?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
        file.write_all(&json).and_then(|()| file.as_file().sync_all()).map_err(io)?;
        file.persist(&self.path).map_err(|e| io(e.error))?;
        // The new name, too, has to outlive a power cut; not every system lets folders be opened.
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    // Held until dropped. The lock has a file of its own because the record's is replaced.
    fn lock(&self) -> Result<File, SessionError> {
        let path = self.path.with_extension("lock");
        let io = |source| SessionError::Io { path: path.clone(), source };
        let file =
            File::options().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(e)) => return Err(io(e)),
            }
        }
        Err(SessionError::Locked { path })
    }
}

impl Record {
    fn used_at(&self, session: &Session) -> Option<UtcDateTime> {
        self.used.iter().find(|u| u.session == session.id).map(|u| u.used_at)
    }
}

impl SessionStore for UsedSessions {
    fn used_at(&self, session: &Session) -> Result<Option<UtcDateTime>, SessionError> {
        Ok(self.read()?.used_at(session))
    }

    fn consume(
        &self,
        session: &Session,
        now: UtcDateTime,
    ) -> Result<Option<UtcDateTime>, SessionError> {
        let _lock = self.lock()?;
        let mut record = self.read()?;
        if let Some(before) = record.used_at(session) {
            return Ok(Some(before));
        }
        record.used.retain(|u| u.expires_at.checked_add(KEEP).is_none_or(|until| until > now));
        let expires_at = session.expires_at;
        record.used.push(Used { session: session.id, used_at: now, expires_at });
        self.write(&record)?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::crypto::SeededRng;
    use crate::issuance::Commitment;

    const NOW: UtcDateTime = utc_datetime!(2025-03-28 9:00);

    fn session(label: &str) -> Session {
        let rng = &mut SeededRng::new(b"session", label);
        Session::new(Commitment::new([7; 32]), NOW, Session::DEFAULT_LIFETIME, rng)
    }

    #[test]
    fn of_many_at_once_one_has_the_session() {
        let dir = tempfile::tempdir().unwrap();
        let store = UsedSessions::beside(&dir.path().join("s.json"));
        let (a, b) = (session("a"), session("b"));
        assert_eq!(store.used_at(&a).unwrap(), None);
        let first = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| store.clone().consume(&a, NOW).unwrap().is_none()))
                .collect();
            tries.into_iter().map(|t| t.join().unwrap()).filter(|won| *won).count()
        });
        assert_eq!(first, 1);
        assert_eq!(store.used_at(&a).unwrap(), Some(NOW));
        assert_eq!(store.consume(&b, NOW).unwrap(), None);
        assert_eq!(store.consume(&a, NOW).unwrap(), Some(NOW));
    }

    #[test]
    fn what_expired_long_ago_is_forgotten_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let store = UsedSessions::new(dir.path().join("used.json"));
        let (a, mut b) = (session("a"), session("b"));
        b.expires_at += Duration::SECOND;
        store.consume(&a, NOW).unwrap();
        store.consume(&b, NOW + KEEP).unwrap();
        assert!(store.used_at(&a).unwrap().is_some());
        store.consume(&session("c"), NOW + KEEP + Session::DEFAULT_LIFETIME).unwrap();
        assert!(store.used_at(&a).unwrap().is_none());
        assert!(store.used_at(&b).unwrap().is_some());
    }

    #[test]
    fn a_record_that_cannot_be_read_or_written_lets_nobody_through() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("used.json");
        std::fs::write(&path, "{\"schema\":1,\"used\":").unwrap();
        let store = UsedSessions::new(&path);
        assert!(matches!(store.consume(&session("a"), NOW), Err(SessionError::Malformed { .. })));
        let nowhere = UsedSessions::new(dir.path().join("no/used.json"));
        assert!(matches!(nowhere.consume(&session("a"), NOW), Err(SessionError::Io { .. })));
    }

    #[test]
    fn a_session_file_survives_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.json");
        let a = session("a");
        a.save(&path).unwrap();
        assert_eq!(Session::load(&path).unwrap(), a);
        assert!(session("b").save(&path).is_err());
        assert_eq!(a.expires_at - a.issued_at, Session::DEFAULT_LIFETIME);
        let json = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, json.replace("\"nonce\"", "\"nonce2\"")).unwrap();
        assert!(matches!(Session::load(&path), Err(SessionError::Malformed { .. })));
    }
}
