//! The tables, and how a database gets them.

use super::RegistryError;
use super::database::{Dialect, Row, Transaction, values};
use super::seal::Vault;

/// The schema that this program knows. A database with a newer one is refused.
const VERSION: i64 = 1;

/// Tables and indexes, in the SQL that both databases share; PostgreSQL spells BLOB BYTEA.
///
/// `devices_one_live` is the rule that a person has one phone: no code can get around it.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS once (
    kind BIGINT NOT NULL, id BLOB NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (kind, id));
CREATE INDEX IF NOT EXISTS once_expires ON once (expires);

CREATE TABLE IF NOT EXISTS persons (
    id BLOB PRIMARY KEY, epoch BIGINT NOT NULL, facts BIGINT NOT NULL);

CREATE TABLE IF NOT EXISTS cards (
    id BLOB PRIMARY KEY, person BLOB NOT NULL, counter BIGINT, lost BIGINT NOT NULL);
CREATE INDEX IF NOT EXISTS cards_person ON cards (person);

CREATE TABLE IF NOT EXISTS taps (
    id BLOB PRIMARY KEY, session TEXT NOT NULL, jkt BLOB NOT NULL, instance BLOB NOT NULL,
    keys BLOB NOT NULL, c_nonce BLOB NOT NULL, state BIGINT NOT NULL, expires BIGINT NOT NULL);
CREATE INDEX IF NOT EXISTS taps_expires ON taps (expires);

CREATE TABLE IF NOT EXISTS codes (
    hash BLOB PRIMARY KEY, offer BLOB UNIQUE, person BLOB NOT NULL, epoch BIGINT NOT NULL,
    facts BIGINT NOT NULL, way TEXT NOT NULL, card BLOB, jkt BLOB, instance BLOB, keys BLOB,
    h_dev BLOB, subject BLOB, secret BLOB, tx_code BLOB, failures BIGINT NOT NULL,
    term_until BIGINT NOT NULL, expires BIGINT NOT NULL, state BIGINT NOT NULL, grant_id BLOB);
CREATE INDEX IF NOT EXISTS codes_expires ON codes (expires);
CREATE INDEX IF NOT EXISTS codes_person ON codes (person);

CREATE TABLE IF NOT EXISTS grants (
    id BLOB PRIMARY KEY, offer BLOB, person BLOB NOT NULL, epoch BIGINT NOT NULL,
    facts BIGINT NOT NULL, way TEXT NOT NULL, card BLOB, jkt BLOB NOT NULL, instance BLOB NOT NULL,
    keys BLOB, h_dev BLOB, subject BLOB, term_until BIGINT NOT NULL, device BLOB,
    made BIGINT NOT NULL, generation BIGINT NOT NULL, used BIGINT NOT NULL, minted BIGINT NOT NULL,
    confirmed BIGINT NOT NULL, revoked BIGINT NOT NULL);
CREATE INDEX IF NOT EXISTS grants_device ON grants (device) WHERE device IS NOT NULL;
CREATE INDEX IF NOT EXISTS grants_offer ON grants (offer) WHERE offer IS NOT NULL;
CREATE INDEX IF NOT EXISTS grants_loose ON grants (made) WHERE device IS NULL;
CREATE INDEX IF NOT EXISTS grants_term ON grants (term_until);

CREATE TABLE IF NOT EXISTS tokens (
    hash BLOB PRIMARY KEY, grant_id BLOB NOT NULL, refresh BIGINT NOT NULL,
    generation BIGINT NOT NULL, expires BIGINT NOT NULL);
CREATE INDEX IF NOT EXISTS tokens_grant ON tokens (grant_id);
CREATE INDEX IF NOT EXISTS tokens_expires ON tokens (expires);

CREATE TABLE IF NOT EXISTS devices (
    id BLOB PRIMARY KEY, person BLOB NOT NULL, jkt BLOB NOT NULL, h_dev BLOB NOT NULL,
    state TEXT NOT NULL, stale BIGINT NOT NULL, way TEXT NOT NULL, card BLOB,
    activated_at BIGINT NOT NULL, term_until BIGINT NOT NULL, ended TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS devices_one_live ON devices (person)
    WHERE state IN ('active', 'suspended', 'needs-renewal');
CREATE INDEX IF NOT EXISTS devices_person ON devices (person, activated_at);
CREATE INDEX IF NOT EXISTS devices_term ON devices (term_until)
    WHERE state IN ('active', 'suspended', 'needs-renewal');

CREATE TABLE IF NOT EXISTS status_lists (
    number BIGINT PRIMARY KEY, size BIGINT NOT NULL, version BIGINT NOT NULL, taken BIGINT NOT NULL);

CREATE TABLE IF NOT EXISTS reservations (
    id BLOB PRIMARY KEY, grant_id BLOB NOT NULL, configuration TEXT NOT NULL, keys BLOB NOT NULL,
    generation BIGINT NOT NULL, device BLOB NOT NULL, replaced BLOB, event BIGINT NOT NULL,
    kept BIGINT NOT NULL, UNIQUE (grant_id, configuration, generation, keys));
CREATE INDEX IF NOT EXISTS reservations_device ON reservations (device, configuration);

CREATE TABLE IF NOT EXISTS credentials (
    id BLOB PRIMARY KEY, reservation BLOB NOT NULL, position BIGINT NOT NULL, device BLOB NOT NULL,
    jkt BLOB NOT NULL, configuration TEXT NOT NULL, list BIGINT NOT NULL, idx BIGINT NOT NULL,
    status BIGINT NOT NULL, issued BLOB, UNIQUE (list, idx));
CREATE INDEX IF NOT EXISTS credentials_reservation ON credentials (reservation, position);
CREATE INDEX IF NOT EXISTS credentials_device ON credentials (device);
CREATE INDEX IF NOT EXISTS credentials_not_valid ON credentials (list, idx) WHERE status <> 0;

CREATE TABLE IF NOT EXISTS notifications (
    hash BLOB PRIMARY KEY, grant_id BLOB NOT NULL, reservation BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS notifications_reservation ON notifications (reservation);

CREATE TABLE IF NOT EXISTS deferred (
    hash BLOB PRIMARY KEY, grant_id BLOB NOT NULL, configuration TEXT NOT NULL, keys BLOB NOT NULL,
    request BLOB NOT NULL, points BLOB NOT NULL, expires BIGINT NOT NULL);
CREATE INDEX IF NOT EXISTS deferred_grant ON deferred (grant_id, configuration);
CREATE INDEX IF NOT EXISTS deferred_expires ON deferred (expires);

CREATE TABLE IF NOT EXISTS events (
    number BIGINT PRIMARY KEY, at BIGINT NOT NULL, kind TEXT NOT NULL, hash BLOB NOT NULL,
    person BLOB, device BLOB, sealed BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS events_person ON events (person, number);

CREATE TABLE IF NOT EXISTS outbox (number BIGINT PRIMARY KEY, line TEXT NOT NULL);
";

/// What happened stays as it was written, whoever has the database open.
const APPEND_ONLY_SQLITE: &str = "
CREATE TRIGGER IF NOT EXISTS events_not_changed BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER IF NOT EXISTS events_not_removed BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
";

#[cfg(feature = "postgres")]
const APPEND_ONLY_POSTGRES: &str = "
CREATE OR REPLACE FUNCTION events_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$;
DROP TRIGGER IF EXISTS events_not_changed ON events;
CREATE TRIGGER events_not_changed BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_append_only();
DROP TRIGGER IF EXISTS events_not_truncated ON events;
CREATE TRIGGER events_not_truncated BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_append_only();
";

const STEP: &str = "opening";

/// Makes what is missing. A newer schema is refused, and so is a key of names that is not the one
/// the database was made with: under another one nobody would be found, and everybody could
/// register a second phone.
pub(super) fn migrate(
    tx: &mut dyn Transaction,
    dialect: Dialect,
    vault: &Vault,
) -> Result<(), RegistryError> {
    let fault = |detail| RegistryError::Database { step: STEP, detail };
    let blob = match dialect {
        Dialect::Sqlite => "BLOB",
        #[cfg(feature = "postgres")]
        Dialect::Postgres => "BYTEA",
    };
    tx.batch(&format!(
        "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, number BIGINT, bytes {blob})"
    ))
    .map_err(fault)?;
    let check = vault.name("check", b"");
    let known = tx
        .rows("SELECT number, bytes FROM meta WHERE name = 'schema'", values![])
        .map_err(fault)?;
    if let Some(row) = known.first() {
        let got = row.int(0)?;
        if got > VERSION {
            let detail = format!("schema {VERSION} or older expected, {got} came");
            return Err(fault(detail));
        }
        return names_fit(row, &check);
    }
    tx.batch(&TABLES.replace("BLOB", blob)).map_err(fault)?;
    tx.batch(match dialect {
        Dialect::Sqlite => APPEND_ONLY_SQLITE,
        #[cfg(feature = "postgres")]
        Dialect::Postgres => APPEND_ONLY_POSTGRES,
    })
    .map_err(fault)?;
    tx.change(
        "INSERT INTO meta (name, number, bytes) VALUES ('schema', $1, $2), ('events', 0, NULL), \
         ('outbox', 0, NULL)",
        values![VERSION, &check],
    )
    .map_err(fault)?;
    Ok(())
}

fn names_fit(row: &Row, check: &[u8; 32]) -> Result<(), RegistryError> {
    use subtle::ConstantTimeEq;
    if bool::from(row.array::<32>(1)?.ct_eq(check)) {
        return Ok(());
    }
    Err(RegistryError::Sealed { step: "opening: the key of names" })
}
