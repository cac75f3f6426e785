//! What still has to be told, and what may be forgotten.

use std::collections::BTreeMap;

use time::{Duration, UtcDateTime};

use super::database::values;
use super::grants::is_over;
use super::{DeviceId, EndReason, Registry, RegistryError};

/// For how long what is over is remembered, so that a late client gets the right refusal.
const REMEMBERED: Duration = Duration::days(1);
/// For how long what was used up is remembered after its end: a clock may be set back, and two
/// processes may have two.
const USED: Duration = Duration::minutes(10);
/// The most phones that one transaction puts aside.
const EXPIRING: u32 = 500;

impl Registry {
    /// What still has to be told to the outside, oldest first, as JSON: `{"status_list": 0}` where
    /// a list changed, `{"notice": "superseded", "device": ".."}` for the holder of a phone.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn outbox(&self, most: u32) -> Result<Vec<(u64, String)>, RegistryError> {
        self.read("reading the outbox", |work| {
            let sql = "SELECT number, line FROM outbox ORDER BY number LIMIT $1";
            let rows = work.rows(sql, values![most])?;
            rows.iter().map(|row| Ok((row.count(0)?, row.text(1)?.to_owned()))).collect()
        })
    }

    /// That was told.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn outbox_done(&self, number: u64) -> Result<(), RegistryError> {
        self.write("striking a line off the outbox", |work| {
            work.change("DELETE FROM outbox WHERE number = $1", values![number]).map(drop)
        })
    }

    /// Forgets what is over: nonces, sessions, offers, tokens; phones whose term is over expire.
    /// Events, places in status lists and the phones themselves stay. A phone that cannot be put
    /// aside keeps nothing else from it.
    ///
    /// # Errors
    /// [`RegistryError::Database`], [`RegistryError::Sealed`].
    pub fn sweep(&self, now: UtcDateTime) -> Result<(), RegistryError> {
        let expired = self.expire(now);
        let used = now.checked_sub(USED).unwrap_or(UtcDateTime::MIN);
        let before = now.checked_sub(REMEMBERED).unwrap_or(UtcDateTime::MIN);
        self.write("forgetting what is over", |work| {
            work.change("DELETE FROM once WHERE expires < $1", values![used])?;
            for sql in
                ["DELETE FROM tokens WHERE expires < $1", "DELETE FROM deferred WHERE expires < $1"]
            {
                work.change(sql, values![now])?;
            }
            for sql in [
                "DELETE FROM taps WHERE expires < $1",
                "DELETE FROM codes WHERE expires < $1",
                "DELETE FROM grants WHERE term_until < $1",
                // It was redeemed and never used for anything.
                "DELETE FROM tokens WHERE grant_id IN \
                 (SELECT id FROM grants WHERE device IS NULL AND made < $1)",
                "DELETE FROM grants WHERE device IS NULL AND made < $1",
            ] {
                work.change(sql, values![before])?;
            }
            Ok(())
        })?;
        expired
    }

    /// Puts phones aside whose term is over: many in one transaction, and where one of them fails,
    /// each in its own.
    fn expire(&self, now: UtcDateTime) -> Result<(), RegistryError> {
        let mut failed = BTreeMap::new();
        loop {
            let most = u64::from(EXPIRING) + failed.len() as u64;
            let due = self.read("looking for phones whose term is over", |work| {
                let rows = work.rows(
                    "SELECT id FROM devices \
                     WHERE state IN ('active', 'suspended', 'needs-renewal') \
                     AND term_until < $1 LIMIT $2",
                    values![now.truncate_to_second(), most],
                )?;
                rows.iter().map(|row| row.array(0).map(DeviceId)).collect::<Result<Vec<_>, _>>()
            })?;
            let due: Vec<_> = due.into_iter().filter(|id| !failed.contains_key(id)).collect();
            if due.is_empty() {
                return failed.into_values().next().map_or(Ok(()), Err);
            }
            if self.put_aside(&due, now).is_ok() {
                continue;
            }
            for id in due {
                if let Err(error) = self.put_aside(&[id], now) {
                    // Where the database does not answer at all, the others would fail too.
                    self.event_count()?;
                    failed.insert(id, error);
                }
            }
        }
    }

    fn put_aside(&self, due: &[DeviceId], now: UtcDateTime) -> Result<(), RegistryError> {
        self.write("putting phones aside whose term is over", |work| {
            for id in due {
                let device = work.device(id)?;
                // Another process may have been faster, or a tap given it another term.
                if device.state.is_live() && is_over(device.term_until, now) {
                    work.end_device(&device, EndReason::TermOver, now)?;
                }
            }
            Ok(())
        })
    }
}
