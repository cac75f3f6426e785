//! What still has to be told, and what may be forgotten.

use time::{Duration, UtcDateTime};

use super::database::values;
use super::{DeviceId, EndReason, Registry, RegistryError};

/// For how long what is over is remembered, so that a late client gets the right refusal.
const REMEMBERED: Duration = Duration::days(1);
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
    /// Events, places in status lists and the phones themselves stay.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn sweep(&self, now: UtcDateTime) -> Result<(), RegistryError> {
        while self.expire(now)? {}
        let before = now.checked_sub(REMEMBERED).unwrap_or(UtcDateTime::MIN);
        self.write("forgetting what is over", |work| {
            for sql in [
                "DELETE FROM once WHERE expires < $1",
                "DELETE FROM tokens WHERE expires < $1",
                "DELETE FROM deferred WHERE expires < $1",
            ] {
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
        })
    }

    /// Puts phones aside whose term is over; whether there may be more.
    fn expire(&self, now: UtcDateTime) -> Result<bool, RegistryError> {
        self.write("putting phones aside whose term is over", |work| {
            let rows = work.rows(
                "SELECT id FROM devices WHERE state IN ('active', 'suspended', 'needs-renewal') \
                 AND term_until < $1 LIMIT $2",
                values![now.truncate_to_second(), EXPIRING],
            )?;
            for row in &rows {
                let device = work.device(&DeviceId(row.array(0)?))?;
                work.end_device(&device, EndReason::TermOver, now)?;
            }
            Ok(rows.len() == EXPIRING as usize)
        })
    }
}
