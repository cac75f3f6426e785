//! The seam between the rules and a database: transactions, statements, values.
//!
//! The statements are the subset of SQL that SQLite and PostgreSQL share: `$1` for parameters,
//! `RETURNING`, `ON CONFLICT`, partial indexes; integers are 64 bits, times are microseconds.

use time::UtcDateTime;

use super::RegistryError;
use crate::issuance::{Commitment, SessionId, Thumbprint};

/// What a transaction does, which says how much it has to be kept apart from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Reads one state of everything.
    Read,
    /// Reads and writes: one after another, over all processes. What it read stays true until it
    /// is committed, so that no rule needs a lock of its own.
    Write,
}

/// A database.
pub(super) trait Database: Send + Sync {
    /// Runs it, and commits unless it fails. It may run more than once.
    fn transaction(
        &self,
        step: &'static str,
        mode: Mode,
        run: &mut dyn FnMut(&mut dyn Transaction) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError>;

    /// `sqlite` or `postgres`: for what the two spell differently.
    fn dialect(&self) -> Dialect;
}

/// What the two spell differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// SQLite 3.35 and later.
    Sqlite,
    /// PostgreSQL 13 and later.
    #[cfg(feature = "postgres")]
    Postgres,
}

/// A transaction that is under way.
pub(super) trait Transaction {
    /// The rows of a statement.
    fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, String>;
    /// How many rows a statement changed.
    fn change(&mut self, sql: &str, values: &[Value]) -> Result<u64, String>;
    /// Several statements without parameters.
    fn batch(&mut self, sql: &str) -> Result<(), String>;
}

/// A value in a row, or for a parameter.
#[derive(Clone)]
pub(super) enum Value {
    /// Nothing.
    Null,
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(String),
    /// BLOB, BYTEA.
    Bytes(Vec<u8>),
}

impl std::fmt::Debug for Value {
    // Only what kind it is: it may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Int(_) => "Int",
            Self::Text(_) => "Text",
            Self::Bytes(_) => "Bytes",
        })
    }
}

/// Parameters, in their order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::registry::database::Value::from($value)),*] };
}
pub(super) use values;

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u64> for Value {
    // Nothing that is counted here comes near 2^63.
    fn from(value: u64) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl From<UtcDateTime> for Value {
    fn from(value: UtcDateTime) -> Self {
        Self::Int(micros(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(value: &[u8; N]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! as_bytes {
    ($($name:ty),*) => {
        $(impl From<&$name> for Value {
            fn from(value: &$name) -> Self {
                Self::Bytes(value.as_bytes().to_vec())
            }
        })*
    };
}
as_bytes!(Thumbprint, Commitment, SessionId);
as_bytes!(super::PersonId, super::CardId, super::DeviceId, super::OfferId, super::GrantId);
as_bytes!(super::CredentialId, super::TokenHash);

/// A row of an answer.
#[derive(Clone)]
pub(super) struct Row(pub(super) Vec<Value>);

impl Row {
    pub(super) fn int(&self, column: usize) -> Result<i64, RegistryError> {
        self.maybe_int(column)?.ok_or_else(|| Self::fault(column))
    }

    pub(super) fn count(&self, column: usize) -> Result<u64, RegistryError> {
        u64::try_from(self.int(column)?).map_err(|_| Self::fault(column))
    }

    pub(super) fn maybe_int(&self, column: usize) -> Result<Option<i64>, RegistryError> {
        match self.0.get(column) {
            Some(Value::Int(value)) => Ok(Some(*value)),
            Some(Value::Null) => Ok(None),
            _ => Err(Self::fault(column)),
        }
    }

    pub(super) fn flag(&self, column: usize) -> Result<bool, RegistryError> {
        Ok(self.int(column)? != 0)
    }

    pub(super) fn time(&self, column: usize) -> Result<UtcDateTime, RegistryError> {
        let nanos = i128::from(self.int(column)?) * 1000;
        UtcDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| Self::fault(column))
    }

    pub(super) fn text(&self, column: usize) -> Result<&str, RegistryError> {
        self.maybe_text(column)?.ok_or_else(|| Self::fault(column))
    }

    pub(super) fn maybe_text(&self, column: usize) -> Result<Option<&str>, RegistryError> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(Self::fault(column)),
        }
    }

    pub(super) fn bytes(&self, column: usize) -> Result<&[u8], RegistryError> {
        self.maybe_bytes(column)?.ok_or_else(|| Self::fault(column))
    }

    pub(super) fn maybe_bytes(&self, column: usize) -> Result<Option<&[u8]>, RegistryError> {
        match self.0.get(column) {
            Some(Value::Bytes(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(Self::fault(column)),
        }
    }

    pub(super) fn array<const N: usize>(&self, column: usize) -> Result<[u8; N], RegistryError> {
        self.bytes(column)?.try_into().map_err(|_| Self::fault(column))
    }

    pub(super) fn maybe_array<const N: usize>(
        &self,
        column: usize,
    ) -> Result<Option<[u8; N]>, RegistryError> {
        let bytes = self.maybe_bytes(column)?;
        bytes.map(|b| b.try_into().map_err(|_| Self::fault(column))).transpose()
    }

    /// A row that this program did not write.
    pub(super) fn fault(column: usize) -> RegistryError {
        let detail = format!("column {} of the answer is not what was written", column + 1);
        RegistryError::Database { step: "reading a row", detail }
    }
}

/// Microseconds since 1970.
pub(super) fn micros(at: UtcDateTime) -> i64 {
    let micros = at.unix_timestamp_nanos().div_euclid(1000);
    i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
}
