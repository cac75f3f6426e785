//! The databases that the tests run on, each behind a wire that can be cut.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use super::world::{World, keys};
use crate::registry::database::{Database, Dialect, Mode, Row, Transaction, Value};
use crate::registry::{Registry, RegistryError, sqlite::Sqlite};

/// Runs a test on SQLite in memory and in a file, and on PostgreSQL where `ICCARD_POSTGRES` names
/// one. Status lists have 64 places.
pub(super) fn each(test: &str, run: impl Fn(&World)) {
    run(&World::new(memory()));
    stored(test, run);
}

/// The same without the one in memory, which has no second connection to race with.
pub(super) fn stored(test: &str, run: impl Fn(&World)) {
    let folder = tempfile::tempdir().unwrap();
    run(&World::new(over(Box::new(Sqlite::open(&folder.path().join("register")).unwrap()))));
    postgres(test, run);
}

pub(super) fn memory() -> Registry {
    over(Box::new(Sqlite::memory().unwrap()))
}

pub(super) fn over(database: Box<dyn Database>) -> Registry {
    Registry::open(database, &keys()).unwrap().with_list_size(64)
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str, _: impl Fn(&World)) {}

#[cfg(feature = "postgres")]
fn postgres(test: &str, run: impl Fn(&World)) {
    let Some(schema) = schema::Schema::new(test) else { return };
    run(&World::new(over(Box::new(schema.database()))));
}

#[cfg(feature = "postgres")]
#[path = "../../../tests/support/skipped.rs"]
#[allow(unreachable_pub)]
mod skipped;

#[cfg(feature = "postgres")]
pub(super) mod schema {
    use std::sync::atomic::{AtomicU32, Ordering};

    use crate::registry::postgres::Postgres;

    /// A schema of its own, gone with the value.
    pub(in crate::registry::tests) struct Schema {
        server: String,
        name: String,
    }

    impl Schema {
        /// Nothing, and a word about it, where there is no server.
        pub(in crate::registry::tests) fn new(test: &str) -> Option<Self> {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let Ok(server) = std::env::var("ICCARD_POSTGRES") else {
                let why = "ICCARD_POSTGRES is not set (1 check)";
                super::skipped::skipped(&format!("registry {test}"), why);
                return None;
            };
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let schema = Self { server, name: format!("t{}_{number}", std::process::id()) };
            schema.order("CREATE");
            Some(schema)
        }

        pub(in crate::registry::tests) fn url(&self) -> String {
            let join = if self.server.contains('?') { '&' } else { '?' };
            format!("{}{join}options=-csearch_path%3D{}", self.server, self.name)
        }

        pub(in crate::registry::tests) fn database(&self) -> Postgres {
            Postgres::open(&self.url()).unwrap()
        }

        fn order(&self, verb: &str) {
            let mut client = ::postgres::Client::connect(&self.server, ::postgres::NoTls).unwrap();
            let rest = if verb == "DROP" { " CASCADE" } else { "" };
            client.batch_execute(&format!("{verb} SCHEMA {}{rest}", self.name)).unwrap();
        }
    }

    impl Drop for Schema {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                self.order("DROP");
            }
        }
    }
}

/// A database whose wire is cut before the statement of that number, and which notes what it was
/// asked.
pub(super) struct Wire {
    inner: Box<dyn Database>,
    /// Statements until the cut; below 0 there is none.
    left: AtomicI64,
    pub(super) asked: Mutex<BTreeSet<String>>,
}

impl Wire {
    pub(super) fn new(inner: Box<dyn Database>) -> Self {
        Self { inner, left: AtomicI64::new(-1), asked: Mutex::default() }
    }

    pub(super) fn cut_before(&self, statement: i64) {
        self.left.store(statement, Ordering::SeqCst);
    }

    pub(super) fn mend(&self) {
        self.cut_before(-1);
    }
}

impl Database for &'static Wire {
    fn transaction(
        &self,
        step: &'static str,
        mode: Mode,
        run: &mut dyn FnMut(&mut dyn Transaction) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        self.inner.transaction(step, mode, &mut |tx| run(&mut Wired { tx, wire: self }))
    }

    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }
}

struct Wired<'a> {
    tx: &'a mut dyn Transaction,
    wire: &'a Wire,
}

impl Wired<'_> {
    fn pass(&self, sql: &str) -> Result<(), String> {
        self.wire.asked.lock().unwrap().insert(sql.to_owned());
        match self.wire.left.load(Ordering::SeqCst) {
            0 => Err("the wire is cut".into()),
            left if left > 0 => {
                self.wire.left.store(left - 1, Ordering::SeqCst);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Transaction for Wired<'_> {
    fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, String> {
        self.pass(sql)?;
        self.tx.rows(sql, values)
    }

    fn change(&mut self, sql: &str, values: &[Value]) -> Result<u64, String> {
        self.pass(sql)?;
        self.tx.change(sql, values)
    }

    fn batch(&mut self, sql: &str) -> Result<(), String> {
        self.tx.batch(sql)
    }
}

/// The tables of the register.
pub(super) const TABLES: [&str; 16] = [
    "meta",
    "once",
    "persons",
    "cards",
    "taps",
    "codes",
    "grants",
    "tokens",
    "devices",
    "status_lists",
    "reservations",
    "credentials",
    "notifications",
    "deferred",
    "events",
    "outbox",
];

/// All rows of all tables.
pub(super) fn dump(registry: &Registry) -> Vec<String> {
    let word = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::Int(value) => value.to_string(),
        Value::Text(value) => value.clone(),
        Value::Bytes(value) => hex::encode(value),
    };
    let mut all = Vec::new();
    for table in TABLES {
        let rows = registry
            .read("dumping", |work| work.rows(&format!("SELECT * FROM {table}"), &[]))
            .unwrap();
        all.extend(rows.iter().map(|row| {
            let words: Vec<_> = row.0.iter().map(word).collect();
            format!("{table} {}", words.join(" "))
        }));
    }
    all.sort();
    all
}
