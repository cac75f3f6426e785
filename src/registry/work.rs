//! A method's transaction: statements with their step, randomness, seals.

use std::sync::PoisonError;

use rand_core::CryptoRng;
use time::UtcDateTime;
use zeroize::Zeroizing;

use super::database::{Mode, Row, Transaction, Value, values};
use super::seal::Place;
use super::{PersonId, Registry, RegistryError};

/// What a method of the register works with, within one transaction.
pub(super) struct Work<'a> {
    tx: &'a mut dyn Transaction,
    registry: &'a Registry,
    step: &'static str,
}

impl Registry {
    /// Reads one state of everything.
    pub(super) fn read<T>(
        &self,
        step: &'static str,
        run: impl FnMut(&mut Work<'_>) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        self.work(step, Mode::Read, run)
    }

    /// Reads and writes, alone. What it returns is committed; its error undoes everything. A
    /// refusal that has to leave something behind is returned in `T`.
    pub(super) fn write<T>(
        &self,
        step: &'static str,
        run: impl FnMut(&mut Work<'_>) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        self.work(step, Mode::Write, run)
    }

    fn work<T>(
        &self,
        step: &'static str,
        mode: Mode,
        mut run: impl FnMut(&mut Work<'_>) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let mut out = None;
        self.database.transaction(step, mode, &mut |tx| {
            out = Some(run(&mut Work { tx, registry: self, step })?);
            Ok(())
        })?;
        out.ok_or_else(|| RegistryError::Database { step, detail: "it did not run".into() })
    }
}

impl Work<'_> {
    /// The rows of a statement.
    pub(super) fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, RegistryError> {
        let step = self.step;
        self.tx.rows(sql, values).map_err(|detail| RegistryError::Database { step, detail })
    }

    /// The first row of a statement.
    pub(super) fn row(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Option<Row>, RegistryError> {
        Ok(self.rows(sql, values)?.into_iter().next())
    }

    /// The row that there has to be.
    pub(super) fn one(&mut self, sql: &str, values: &[Value]) -> Result<Row, RegistryError> {
        let row = self.row(sql, values)?;
        row.ok_or_else(|| self.fault("a row is missing"))
    }

    /// How many rows a statement changed.
    pub(super) fn change(&mut self, sql: &str, values: &[Value]) -> Result<u64, RegistryError> {
        let step = self.step;
        self.tx.change(sql, values).map_err(|detail| RegistryError::Database { step, detail })
    }

    /// A database that is not as the rules left it.
    pub(super) fn fault(&self, detail: &str) -> RegistryError {
        RegistryError::Database { step: self.step, detail: detail.to_owned() }
    }

    /// Random bytes.
    pub(super) fn fresh<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.with_rng(|rng| rng.fill_bytes(&mut out));
        out
    }

    /// A random number below `end`, which is not 0: by Lemire's multiplication, without bias.
    pub(super) fn below(&self, end: u64) -> u64 {
        let end = end.max(1);
        loop {
            let wide = u128::from(u64::from_be_bytes(self.fresh())) * u128::from(end);
            let (high, low) = ((wide >> 64) as u64, wide as u64);
            if low >= end || low >= end.wrapping_neg() % end {
                return high;
            }
        }
    }

    fn with_rng<T>(&self, run: impl FnOnce(&mut dyn CryptoRng) -> T) -> T {
        let mut rng = self.registry.rng.lock().unwrap_or_else(PoisonError::into_inner);
        run(&mut **rng)
    }

    /// The keyed hash of something, as [`super::seal::Vault::name`].
    pub(super) fn name(&self, kind: &str, of: &[u8]) -> [u8; 32] {
        self.registry.vault.name(kind, of)
    }

    pub(super) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, RegistryError> {
        self.with_rng(|rng| self.registry.vault.seal(place, plain, rng))
    }

    pub(super) fn open(
        &self,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, RegistryError> {
        self.registry.vault.open(place, sealed)
    }

    /// Places in a new status list.
    pub(super) const fn list_size(&self) -> u64 {
        self.registry.list_size
    }

    /// The next number of a row that counts.
    pub(super) fn number(&mut self, counter: &str) -> Result<u64, RegistryError> {
        let sql = "UPDATE meta SET number = number + 1 WHERE name = $1 RETURNING number - 1";
        self.one(sql, values![counter])?.count(0)
    }

    /// A person's epoch and the count of changes to their data; the person is made where missing.
    pub(super) fn person(&mut self, person: &PersonId) -> Result<Epoch, RegistryError> {
        let row = self.one(
            "INSERT INTO persons (id, epoch, facts) VALUES ($1, 0, 0) \
             ON CONFLICT (id) DO UPDATE SET epoch = persons.epoch RETURNING epoch, facts",
            values![person],
        )?;
        Ok(Epoch { number: row.int(0)?, facts: row.int(1)? })
    }

    /// What a tap or an offer earned up to now is worth nothing any more.
    pub(super) fn next_epoch(&mut self, person: &PersonId) -> Result<(), RegistryError> {
        self.person(person)?;
        self.change("UPDATE persons SET epoch = epoch + 1 WHERE id = $1", values![person])?;
        Ok(())
    }

    /// Something for the outside to be told.
    pub(super) fn tell(&mut self, line: &serde_json::Value) -> Result<(), RegistryError> {
        let number = self.number("outbox")?;
        let sql = "INSERT INTO outbox (number, line) VALUES ($1, $2)";
        self.change(sql, values![number, line.to_string()]).map(drop)
    }

    /// Uses something up; `false` where it was before.
    pub(super) fn use_up(
        &mut self,
        kind: super::Once,
        id: &[u8; 32],
        expires: UtcDateTime,
    ) -> Result<bool, RegistryError> {
        let changed = self.change(
            "INSERT INTO once (kind, id, expires) VALUES ($1, $2, $3) \
             ON CONFLICT (kind, id) DO NOTHING",
            values![kind.number(), id, expires],
        )?;
        Ok(changed == 1)
    }
}

/// Where a person stands: what was earned in another epoch is worth nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch {
    /// Goes up with each phone, each loss and each end.
    pub(super) number: i64,
    /// Goes up with each change of the person's data.
    pub(super) facts: i64,
}
