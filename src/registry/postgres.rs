//! PostgreSQL: writers stand in line at one lock, as they do in SQLite, so that the rules are the
//! same; readers see one snapshot and wait for nobody.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::postgres::error::SqlState;
use ::postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use ::postgres::{Client, Config, Error, NoTls, Statement};

use super::RegistryError;
use super::database::{Database, Dialect, Mode, Row, Transaction, Value};

/// Connections of this process. Writers stand in line anyway, so that more would only wait.
const CONNECTIONS: usize = 8;
/// How long to wait for a server, unless the URL says so.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long what was sent may stay without an acknowledgement, unless the URL says so.
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);
/// How soon, and how often, an idle server is asked whether it is there, unless the URL says so.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(15), Duration::from_secs(5), 3);
/// How long to wait for a connection of the pool: longer than a statement may take.
const WAIT: Duration = Duration::from_secs(40);
/// How often a transaction is run anew that the database gave up in favour of another.
const RUNS: u32 = 16;

/// The first key of the lock that writers take; the second is the schema, so that two registers in
/// one database do not wait for each other.
/// Neither a writer that hangs nor one that waits for it holds the others up for ever. What is
/// committed is on the disk, whatever the server's own setting: a nonce is good once.
const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
    SET LOCAL synchronous_commit = on; SET LOCAL statement_timeout = '30s'; \
    SET LOCAL lock_timeout = '20s'; SET LOCAL idle_in_transaction_session_timeout = '60s'; \
    SELECT pg_advisory_xact_lock(1768120178, hashtext(current_schema()))";
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
    SET LOCAL statement_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// A PostgreSQL database. The connection is not encrypted: a Unix socket, or an address on which
/// nobody else listens.
pub(super) struct Postgres {
    config: Config,
    pool: Mutex<Pool>,
    returned: Condvar,
    wait: Duration,
}

#[derive(Default)]
struct Pool {
    free: Vec<Session>,
    /// All that are open, free or not.
    open: usize,
}

/// A connection with its prepared statements.
struct Session {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl Postgres {
    pub(super) fn open(url: &str) -> Result<Self, RegistryError> {
        let mut config: Config = url.parse().map_err(|_| RegistryError::Database {
            step: "opening",
            detail: "a URL was expected as in postgresql://user@host:port/database".into(),
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNACKNOWLEDGED);
        }
        if config.get_keepalives_interval().is_none() && config.get_keepalives_retries().is_none() {
            let (idle, interval, retries) = KEEPALIVE;
            config.keepalives_idle(idle).keepalives_interval(interval).keepalives_retries(retries);
        }
        Ok(Self { config, pool: Mutex::default(), returned: Condvar::new(), wait: WAIT })
    }

    fn connect(&self) -> Result<Session, RegistryError> {
        let client = self
            .config
            .connect(NoTls)
            .map_err(|e| RegistryError::Database { step: "connecting", detail: words(&e) })?;
        Ok(Session { client, statements: HashMap::new() })
    }

    /// A free connection, a new one, or the next that is free within the time.
    fn take(&self) -> Result<Session, RegistryError> {
        let until = Instant::now() + self.wait;
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(session) = pool.free.pop() {
                return Ok(session);
            }
            if pool.open < CONNECTIONS {
                break;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let detail = format!("all {CONNECTIONS} connections are busy");
                return Err(RegistryError::Database { step: "connecting", detail });
            }
            let waited = self.returned.wait_timeout(pool, left);
            pool = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        pool.open += 1;
        drop(pool);
        self.connect().inspect_err(|_| self.give_back(None))
    }

    fn give_back(&self, session: Option<Session>) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        match session {
            Some(session) => pool.free.push(session),
            None => pool.open -= 1,
        }
        drop(pool);
        self.returned.notify_one();
    }
}

/// A connection that goes back whatever happens, unless it is broken.
struct Taken<'a> {
    from: &'a Postgres,
    session: Option<Session>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let whole = self.session.take().filter(|_| !std::thread::panicking());
        self.from.give_back(whole.filter(|session| !session.client.is_closed()));
    }
}

impl Database for Postgres {
    fn transaction(
        &self,
        step: &'static str,
        mode: Mode,
        run: &mut dyn FnMut(&mut dyn Transaction) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        let fault = |error: &Error| RegistryError::Database { step, detail: words(error) };
        let mut taken = Taken { from: self, session: Some(self.take()?) };
        let missing = || RegistryError::Database { step, detail: "no connection".into() };
        let begin = match mode {
            Mode::Read => BEGIN_READ,
            Mode::Write => BEGIN_WRITE,
        };
        for last in (0..RUNS).rev() {
            let session = taken.session.as_mut().ok_or_else(missing)?;
            if let Err(error) = session.client.batch_execute(begin) {
                // Nothing was done yet: the server may have been restarted since the last time.
                if last == 0 || !session.client.is_closed() {
                    let _ = session.client.batch_execute("ROLLBACK");
                    return Err(fault(&error));
                }
                *session = self.connect()?;
                continue;
            }
            let mut running = Running { session, gave_way: false };
            let done = run(&mut running);
            let gave_way = running.gave_way;
            let (done, gave_way) = match done {
                Ok(()) => match session.client.batch_execute("COMMIT") {
                    Ok(()) => return Ok(()),
                    Err(error) => (fault(&error), gives_way(&error)),
                },
                Err(error) => (error, gave_way),
            };
            // A connection that cannot even do that is closed, and dropped for it.
            let _ = session.client.batch_execute("ROLLBACK");
            if last == 0 || !gave_way {
                return Err(done);
            }
        }
        Err(RegistryError::Database { step, detail: format!("gave way {RUNS} times") })
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }
}

/// Whether the database chose this transaction to make way for another.
fn gives_way(error: &Error) -> bool {
    let codes = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
    error.code().is_some_and(|code| codes.contains(code))
}

/// The message and the code, without the detail, in which values of a row may stand.
fn words(error: &Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |db| format!("{} ({})", db.message(), db.code().code()))
}

struct Running<'a> {
    session: &'a mut Session,
    gave_way: bool,
}

impl Running<'_> {
    fn prepared(&mut self, sql: &str) -> Result<Statement, Error> {
        if let Some(known) = self.session.statements.get(sql) {
            return Ok(known.clone());
        }
        let statement = self.session.client.prepare(sql)?;
        self.session.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn noted<T>(&mut self, result: Result<T, Error>) -> Result<T, String> {
        result.map_err(|error| {
            self.gave_way |= gives_way(&error);
            words(&error)
        })
    }
}

impl Transaction for Running<'_> {
    fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, String> {
        let statement = self.prepared(sql);
        let statement = self.noted(statement)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as _).collect();
        let rows = self.session.client.query(&statement, &values);
        let rows = self.noted(rows)?;
        rows.iter()
            .map(|row| {
                let values = (0..row.len()).map(|at| row.try_get::<_, Value>(at));
                values.collect::<Result<_, _>>().map(Row).map_err(|e| words(&e))
            })
            .collect()
    }

    fn change(&mut self, sql: &str, values: &[Value]) -> Result<u64, String> {
        let statement = self.prepared(sql);
        let statement = self.noted(statement)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as _).collect();
        let changed = self.session.client.execute(&statement, &values);
        self.noted(changed)
    }

    fn batch(&mut self, sql: &str) -> Result<(), String> {
        let done = self.session.client.batch_execute(sql);
        self.noted(done)
    }
}

type Fault = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) if *ty == Type::INT4 => i32::try_from(*value)?.to_sql(ty, out),
            Self::Int(value) => value.to_sql(ty, out),
            Self::Text(value) => value.to_sql(ty, out),
            Self::Bytes(value) => value.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT4, Type::INT8, Type::TEXT, Type::BYTEA].contains(ty)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        Ok(match *ty {
            Type::INT4 => Self::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::BYTEA => Self::Bytes(Vec::from_sql(ty, raw)?),
            _ => Self::Text(String::from_sql(ty, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        <Self as ToSql>::accepts(ty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_hangs_keeps_nobody_for_ever() {
        let mut database = Postgres::open("postgresql://nobody@localhost/none").unwrap();
        assert_eq!(database.config.get_tcp_user_timeout(), Some(&UNACKNOWLEDGED));
        assert_eq!(database.config.get_keepalives_interval(), Some(KEEPALIVE.1));
        // All connections are with calls that are not answered.
        database.wait = Duration::from_millis(1);
        database.pool.get_mut().unwrap().open = CONNECTIONS;
        let error = database.transaction("asking", Mode::Read, &mut |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("all 8 connections are busy"), "{error}");
    }
}
