//! Status lists: places taken at random and once for ever, versions that go up with each change.

use std::collections::BTreeSet;

use serde_json::json;

use super::database::{Row, values};
use super::work::Work;
use super::{DeviceId, Registry, RegistryError, StatusChange};
use crate::issuance::Status;

/// A list is at most half full, so that this many tries fail once in 2^64 lists.
const TRIES: u32 = 64;

impl Registry {
    /// The numbers of the lists.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn status_lists(&self) -> Result<Vec<u32>, RegistryError> {
        self.read("reading the status lists", |work| {
            let rows = work.rows("SELECT number FROM status_lists ORDER BY number", values![])?;
            rows.iter().map(|row| list(row, 0)).collect()
        })
    }

    /// The version of a list, which goes up with every change.
    ///
    /// # Errors
    /// [`super::Denied::Unknown`].
    pub fn status_version(&self, list: u32) -> Result<u64, RegistryError> {
        self.read("reading a status list", |work| Ok(head(work, list)?.1))
    }

    /// Size, version, and all entries that are not valid, in their order.
    ///
    /// # Errors
    /// [`super::Denied::Unknown`].
    #[allow(clippy::type_complexity)] // The three are taken apart where they are used.
    pub fn status_entries(
        &self,
        list: u32,
    ) -> Result<(u64, u64, Vec<(u64, Status)>), RegistryError> {
        self.read("reading a status list", |work| {
            let (size, version) = head(work, list)?;
            let rows = work.rows(
                "SELECT idx, status FROM credentials WHERE list = $1 AND status <> 0 ORDER BY idx",
                values![list],
            )?;
            let entries = rows.iter().map(|row| Ok((row.count(0)?, status(row, 1)?)));
            Ok((size, version, entries.collect::<Result<_, RegistryError>>()?))
        })
    }
}

fn head(work: &mut Work<'_>, list: u32) -> Result<(u64, u64), RegistryError> {
    let sql = "SELECT size, version FROM status_lists WHERE number = $1";
    let row = work.row(sql, values![list])?;
    let row = row.ok_or(super::Denied::Unknown { what: "status list" })?;
    Ok((row.count(0)?, row.count(1)?))
}

impl Work<'_> {
    /// A list that is less than half full, by number and size; a new one where the last is not.
    pub(super) fn open_list(&mut self) -> Result<(u32, u64), RegistryError> {
        let sql = "SELECT number, size, taken FROM status_lists ORDER BY number DESC LIMIT 1";
        let last = self.row(sql, values![])?;
        let next = match last {
            Some(row) => {
                let (number, size, taken) = (list(&row, 0)?, row.count(1)?, row.count(2)?);
                if taken < size.div_ceil(2) {
                    return Ok((number, size));
                }
                number + 1
            }
            None => 0,
        };
        let size = self.list_size();
        self.change(
            "INSERT INTO status_lists (number, size, version, taken) VALUES ($1, $2, 1, 0)",
            values![next, size],
        )?;
        Ok((next, size))
    }

    /// Takes a random place for a credential: `insert` tries one, and says whether it was free.
    pub(super) fn take_place(
        &mut self,
        mut insert: impl FnMut(&mut Self, u32, u64) -> Result<bool, RegistryError>,
    ) -> Result<(u32, u64), RegistryError> {
        let (number, size) = self.open_list()?;
        for _ in 0..TRIES {
            let idx = self.below(size);
            if insert(self, number, idx)? {
                self.change(
                    "UPDATE status_lists SET taken = taken + 1 WHERE number = $1",
                    values![number],
                )?;
                return Ok((number, idx));
            }
        }
        Err(self.fault("no free place was found in a status list that is half empty"))
    }

    /// Gives all credentials of a phone that are not invalid another status.
    pub(super) fn set_statuses(
        &mut self,
        device: &DeviceId,
        status: Status,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        let rows = self.rows(
            "UPDATE credentials SET status = $2 WHERE device = $1 AND status <> $2 AND status <> 1 \
             RETURNING list, idx",
            values![device, i64::from(status.value())],
        )?;
        self.changed(&rows, status)
    }

    /// Gives the credentials of one reservation that are not invalid another status.
    pub(super) fn set_statuses_of_reservation(
        &mut self,
        reservation: &[u8; 16],
        status: Status,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        let rows = self.rows(
            "UPDATE credentials SET status = $2 WHERE reservation = $1 AND status <> $2 \
             AND status <> 1 RETURNING list, idx",
            values![reservation, i64::from(status.value())],
        )?;
        self.changed(&rows, status)
    }

    fn changed(
        &mut self,
        rows: &[Row],
        status: Status,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        let changes = rows
            .iter()
            .map(|row| Ok(StatusChange { list: list(row, 0)?, idx: row.count(1)?, status }))
            .collect::<Result<Vec<_>, RegistryError>>()?;
        let lists: BTreeSet<u32> = changes.iter().map(|change| change.list).collect();
        for list in lists {
            let sql = "UPDATE status_lists SET version = version + 1 WHERE number = $1";
            self.change(sql, values![list])?;
            self.tell(&json!({ "status_list": list }))?;
        }
        Ok(changes)
    }

    /// The statuses of a phone that are not valid: what has to be published for it.
    pub(super) fn statuses(
        &mut self,
        device: &DeviceId,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        let rows = self.rows(
            "SELECT list, idx, status FROM credentials WHERE device = $1 AND status <> 0",
            values![device],
        )?;
        rows.iter()
            .map(|row| {
                Ok(StatusChange {
                    list: list(row, 0)?,
                    idx: row.count(1)?,
                    status: status(row, 2)?,
                })
            })
            .collect()
    }
}

pub(super) fn list(row: &Row, column: usize) -> Result<u32, RegistryError> {
    u32::try_from(row.int(column)?).map_err(|_| Row::fault(column))
}

fn status(row: &Row, column: usize) -> Result<Status, RegistryError> {
    u8::try_from(row.int(column)?).map(Status::of).map_err(|_| Row::fault(column))
}
