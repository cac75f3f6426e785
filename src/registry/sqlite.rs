//! SQLite: one file, one writer at a time, readers beside it.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};

use super::RegistryError;
use super::database::{Database, Dialect, Mode, Row, Transaction, Value};

/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(20);
/// Readers that are kept open.
const READERS: usize = 8;
/// Statements that a connection keeps prepared.
const STATEMENTS: usize = 128;

/// A SQLite database in WAL mode.
pub(super) struct Sqlite {
    /// Writers of this process stand in line here; those of others at the file's lock.
    writer: Mutex<Connection>,
    /// Nothing where the database is in memory: then the writer reads too.
    path: Option<std::path::PathBuf>,
    readers: Mutex<Vec<Connection>>,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, RegistryError> {
        make_private(path)?;
        let writer = connect(Some(path))?;
        Ok(Self {
            writer: Mutex::new(writer),
            path: Some(path.to_owned()),
            readers: Mutex::default(),
        })
    }

    pub(super) fn memory() -> Result<Self, RegistryError> {
        let writer = Mutex::new(connect(None)?);
        Ok(Self { writer, path: None, readers: Mutex::default() })
    }
}

/// Makes the file, where it is missing, readable for its owner alone; SQLite gives the files beside
/// it the same permissions.
fn make_private(path: &Path) -> Result<(), RegistryError> {
    let fault = |e: std::io::Error| RegistryError::Database {
        step: "opening",
        detail: format!("{}: {e}", path.display()),
    };
    if path.try_exists().map_err(fault)? {
        return Ok(());
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")));
    match file.map_err(fault)?.persist_noclobber(path) {
        Err(e) if e.error.kind() != std::io::ErrorKind::AlreadyExists => Err(fault(e.error)),
        _ => Ok(()),
    }
}

fn connect(path: Option<&Path>) -> Result<Connection, RegistryError> {
    let fault =
        |e: rusqlite::Error| RegistryError::Database { step: "opening", detail: e.to_string() };
    let connection =
        path.map_or_else(Connection::open_in_memory, Connection::open).map_err(fault)?;
    connection.busy_timeout(BUSY).map_err(fault)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // FULL, since what is released cannot be taken back: were the last transactions lost with the
    // power, a nonce would be good again, and a place in a status list be given to a second card.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; \
             PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;",
        )
        .map_err(fault)?;
    Ok(connection)
}

/// A thread that panicked inside has rolled back: its connection is as good as before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Database for Sqlite {
    fn transaction(
        &self,
        step: &'static str,
        mode: Mode,
        run: &mut dyn FnMut(&mut dyn Transaction) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        let Some(path) = self.path.as_deref().filter(|_| mode == Mode::Read) else {
            return within(&lock(&self.writer), step, mode, run);
        };
        let free = lock(&self.readers).pop();
        let reader = free.map_or_else(|| connect(Some(path)), Ok)?;
        let done = within(&reader, step, mode, run);
        let mut readers = lock(&self.readers);
        if readers.len() < READERS {
            readers.push(reader);
        }
        done
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }
}

/// Begins, runs, ends: a transaction that is not committed is rolled back whatever happens.
fn within(
    connection: &Connection,
    step: &'static str,
    mode: Mode,
    run: &mut dyn FnMut(&mut dyn Transaction) -> Result<(), RegistryError>,
) -> Result<(), RegistryError> {
    let fault = |e: rusqlite::Error| RegistryError::Database { step, detail: e.to_string() };
    // IMMEDIATE takes the lock now, and not when it is too late to wait for it.
    let begin = match mode {
        Mode::Read => "BEGIN DEFERRED",
        Mode::Write => "BEGIN IMMEDIATE",
    };
    connection.execute_batch(begin).map_err(fault)?;
    let open = Open(connection);
    run(&mut Running(connection))?;
    connection.execute_batch("COMMIT").map_err(fault)?;
    drop(open);
    Ok(())
}

/// Rolls back where it was not committed.
struct Open<'a>(&'a Connection);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            // Where even that fails, the next BEGIN says so.
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}

struct Running<'a>(&'a Connection);

impl Transaction for Running<'_> {
    fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, String> {
        let mut statement = self.0.prepare_cached(&numbered(sql)).map_err(text)?;
        let columns = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(text)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(text)? {
            let values = (0..columns).map(|at| value(row.get_ref(at).map_err(text)?));
            out.push(Row(values.collect::<Result<_, _>>()?));
        }
        Ok(out)
    }

    fn change(&mut self, sql: &str, values: &[Value]) -> Result<u64, String> {
        let mut statement = self.0.prepare_cached(&numbered(sql)).map_err(text)?;
        let changed = statement.execute(rusqlite::params_from_iter(values)).map_err(text)?;
        Ok(changed as u64)
    }

    fn batch(&mut self, sql: &str) -> Result<(), String> {
        self.0.execute_batch(sql).map_err(text)
    }
}

/// SQLite numbers `$1` by where it stands first, and `?1` by its number.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

// The words of SQLite name tables and columns, never values.
#[allow(clippy::needless_pass_by_value)]
fn text(error: rusqlite::Error) -> String {
    error.to_string()
}

fn value(value: ValueRef<'_>) -> Result<Value, String> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Int(value),
        ValueRef::Text(value) => {
            Value::Text(std::str::from_utf8(value).map_err(|e| e.to_string())?.to_owned())
        }
        ValueRef::Blob(value) => Value::Bytes(value.to_vec()),
        ValueRef::Real(_) => return Err("a fraction where none was written".into()),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}
