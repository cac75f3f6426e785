//! All that an issuer's register holds, to be compared before and after a request.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// The rows of each table, as text.
pub type Rows = BTreeMap<String, BTreeSet<String>>;

/// One state of every table that there is, of an issuer on SQLite.
pub fn rows(folder: &Path) -> Rows {
    let path = folder.join("data/register.db");
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    db.execute_batch("BEGIN").unwrap();
    let mut tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let tables: Vec<String> = tables.map(Result::unwrap).collect();
    assert!(tables.len() > 12, "{tables:?}");
    tables.into_iter().map(|table| (table.clone(), rows_of(&db, &table))).collect()
}

fn rows_of(db: &Connection, table: &str) -> BTreeSet<String> {
    let mut select = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = select.column_count();
    let rows = select.query_map([], |row| {
        let words = (0..columns).map(|column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Null => "-".to_owned(),
                ValueRef::Integer(value) => value.to_string(),
                ValueRef::Real(value) => value.to_string(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                ValueRef::Blob(bytes) => hex::encode(bytes),
            })
        });
        words.collect::<rusqlite::Result<Vec<_>>>().map(|words| words.join(" "))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// The tables that differ, and in which rows. That the proofs in a request's own head are used up
/// is no difference, as they are to be; a c_nonce is one. What was put into the outbox may have been
/// told meanwhile.
pub fn differences(before: &Rows, after: &Rows) -> BTreeMap<String, Vec<String>> {
    assert!(before.keys().eq(after.keys()));
    let mut all = BTreeMap::new();
    for (table, (before, after)) in before.iter().map(|(t, rows)| (t, (rows, &after[t]))) {
        let came = after.difference(before).filter(|row| table != "once" || row.starts_with("0 "));
        let gone = before.difference(after).filter(|_| table != "outbox");
        let rows: Vec<_> =
            came.map(|row| format!("+ {row}")).chain(gone.map(|row| format!("- {row}"))).collect();
        if !rows.is_empty() {
            all.insert(table.clone(), rows);
        }
    }
    all
}

/// The names of the tables that differ.
pub fn changed(before: &Rows, after: &Rows) -> Vec<String> {
    differences(before, after).into_keys().collect()
}
