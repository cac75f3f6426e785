//! How long an enrolment takes in the register, from the opened tap session to the kept
//! credentials, at 1,000 and 100,000 registered persons or at the numbers given. It should not grow;
//! what it grows to three times fails.
//!
//! `cargo run --release --features postgres --example measure_registry [PERSONS..]`: on SQLite, and
//! on PostgreSQL where `ICCARD_POSTGRES` names one (tests/with-postgres).
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::unimplemented)]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use iccard::crypto::{Hash, SystemRng};
use iccard::issuance::{Commitment, Session, Thumbprint};
use iccard::registry::{
    AccessTokens, Claim, NewTapSession, PersonId, Registry, RegistryKeys, Reserve, TapResult,
    TokenHash,
};
use iccard::trust::Level;
use time::macros::utc_datetime;
use time::{Duration as Span, UtcDateTime};
use zeroize::Zeroizing;

const NOW: UtcDateTime = utc_datetime!(2026-03-02 09:00:00);
const TERM: UtcDateTime = utc_datetime!(2029-03-02 14:59:59);
/// Enrolments one after the other, and by eight threads.
const ROUNDS: usize = 300;
const THREADS: usize = 8;
/// Every second one is a person's next phone, so that another ends.
const WARM_UP: usize = 40;
const STEPS: [&str; 6] = ["open", "finish", "claim", "grant", "reserve", "keep"];

fn main() -> ExitCode {
    let sizes: Vec<u64> = std::env::args().skip(1).map(|n| n.parse().unwrap()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 100_000] } else { sizes };
    let mut grew = compare("SQLite", sizes.iter().map(|n| on_sqlite(*n)).collect());
    match std::env::var("ICCARD_POSTGRES") {
        Ok(server) => {
            grew |= compare("PostgreSQL", sizes.iter().map(|n| on_postgres(&server, *n)).collect());
        }
        Err(_) => println!("PostgreSQL: skipped, ICCARD_POSTGRES is not set"),
    }
    if grew { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Whether the median grew to more than three times. The registers take turns, so that what else the
/// machine does meanwhile hits all of them alike.
fn compare(name: &str, mut all: Vec<Filled>) -> bool {
    for filled in &all {
        for _ in 0..WARM_UP {
            filled.enrol();
        }
    }
    for _ in 0..ROUNDS {
        all.iter_mut().for_each(Filled::round);
    }
    let medians: Vec<_> = all.iter_mut().map(|filled| filled.print(name)).collect();
    let (Some(first), Some(last)) = (medians.first(), medians.last()) else { return false };
    let ratio = last.as_secs_f64() / first.as_secs_f64();
    let word = if ratio > 3.0 { ", IT GROWS" } else { "" };
    println!("{name}: the last takes {ratio:.2} times the first{word}");
    ratio > 3.0
}

/// A register with so many persons in it.
struct Filled {
    persons: u64,
    registry: Registry,
    known: Vec<PersonId>,
    filling: Duration,
    next: AtomicU64,
    wholes: Vec<Duration>,
    parts: [Duration; STEPS.len()],
    /// Takes it away when all is measured.
    _gone: Gone,
}

/// What is left of a register when it was measured.
enum Gone {
    Folder {
        _held: tempfile::TempDir,
    },
    #[cfg(feature = "postgres")]
    Schema {
        server: String,
        name: String,
    },
}

#[cfg(feature = "postgres")]
impl Drop for Gone {
    fn drop(&mut self) {
        if let Self::Schema { server, name } = self {
            order(server, &format!("DROP SCHEMA {name} CASCADE"));
        }
    }
}

fn keys() -> RegistryKeys {
    RegistryKeys { seal: Zeroizing::new([1; 32]), names: Zeroizing::new([2; 32]) }
}

fn on_sqlite(persons: u64) -> Filled {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register");
    drop(Registry::sqlite(&path, &keys()).unwrap());
    let begun = Instant::now();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; BEGIN")
        .unwrap();
    for sql in fill(
        persons,
        "randomblob(N)",
        "(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < LAST) SELECT n FROM s)",
    ) {
        connection.execute_batch(&sql).unwrap();
    }
    connection.execute_batch("COMMIT; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let some = "SELECT person FROM devices LIMIT 1000";
    let mut statement = connection.prepare(some).unwrap();
    let known = statement.query_map([], |row| row.get::<_, [u8; 32]>(0)).unwrap();
    let known: Vec<_> = known.map(|id| PersonId(id.unwrap())).collect();
    drop(statement);
    drop(connection);
    let registry = Registry::sqlite(&path, &keys()).unwrap();
    Filled::new(persons, registry, known, begun.elapsed(), Gone::Folder { _held: folder })
}

#[cfg(not(feature = "postgres"))]
fn on_postgres(_: &str, _: u64) -> Filled {
    unimplemented!("the feature postgres is off")
}

#[cfg(feature = "postgres")]
fn order(server: &str, sql: &str) {
    let mut client = postgres::Client::connect(server, postgres::NoTls).unwrap();
    client.batch_execute(sql).unwrap();
}

#[cfg(feature = "postgres")]
fn on_postgres(server: &str, persons: u64) -> Filled {
    let schema = format!("m{}_{persons}", std::process::id());
    order(server, &format!("CREATE SCHEMA {schema}"));
    let url = format!("{server}?options=-csearch_path%3D{schema}");
    drop(Registry::postgres(&url, &keys()).unwrap());
    let begun = Instant::now();
    let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
    client
        .batch_execute(
            "CREATE FUNCTION rnd(n int) RETURNS bytea LANGUAGE sql VOLATILE AS $$ SELECT \
             substring(decode(md5(random()::text) || md5(random()::text), 'hex') FROM 1 FOR n) $$; \
             SET synchronous_commit = off; BEGIN",
        )
        .unwrap();
    for sql in fill(persons, "rnd(N)", "(SELECT generate_series(0::bigint, LAST) AS n)") {
        client.batch_execute(&sql).unwrap();
    }
    client.batch_execute("COMMIT").unwrap();
    client.batch_execute("VACUUM ANALYZE").unwrap();
    client.batch_execute("CHECKPOINT").unwrap();
    let known = client.query("SELECT person FROM devices LIMIT 1000", &[]).unwrap();
    let known: Vec<_> =
        known.iter().map(|row| PersonId(row.get::<_, &[u8]>(0).try_into().unwrap())).collect();
    drop(client);
    let registry = Registry::postgres(&url, &keys()).unwrap();
    let gone = Gone::Schema { server: server.into(), name: schema };
    Filled::new(persons, registry, known, begun.elapsed(), gone)
}

/// Rows as enrolments by tap leave them: each person with a card, a phone, a grant, a refresh
/// token, two credentials and four events. Nobody reads what is sealed in them.
fn fill(persons: u64, random: &str, series: &str) -> Vec<String> {
    let last = persons - 1;
    let random = |n: u32| random.replace('N', &n.to_string());
    let series = series.replace("LAST", &last.to_string());
    let (id, key) = (random(16), random(32));
    let (at, term) = (NOW.unix_timestamp() * 1_000_000, TERM.unix_timestamp() * 1_000_000);
    let half = 1 << 19;
    let mut all = vec![
        format!(
            "INSERT INTO devices (id, person, jkt, h_dev, state, stale, way, card, activated_at, \
             term_until) SELECT {id}, {key}, {key}, {key}, 'active', 0, 'ic', {key}, {at}, {term} \
             FROM {series} s"
        ),
        "INSERT INTO persons (id, epoch, facts) SELECT person, 1, 0 FROM devices".into(),
        "INSERT INTO cards (id, person, lost) SELECT card, person, 0 FROM devices".into(),
        format!(
            "INSERT INTO grants (id, person, epoch, facts, way, card, jkt, instance, keys, h_dev, \
             subject, term_until, device, made, generation, used, minted, confirmed, revoked) \
             SELECT {id}, person, 0, 0, 'ic', card, jkt, {key}, {key}, h_dev, {key}, {term}, id, \
             {at}, 1, 1, 2, 0, 0 FROM devices"
        ),
        format!(
            "INSERT INTO tokens (hash, grant_id, refresh, generation, expires) \
             SELECT {key}, id, 1, 1, {term} FROM grants"
        ),
    ];
    for configuration in ["resident_mdoc", "resident_sdjwt"] {
        all.push(format!(
            "INSERT INTO reservations (id, grant_id, configuration, keys, generation, device, \
             event, kept) SELECT {id}, id, '{configuration}', keys, 1, device, 0, 1 FROM grants"
        ));
    }
    all.push(format!(
        "INSERT INTO credentials (id, reservation, position, device, jkt, configuration, list, \
         idx, status, issued) SELECT {id}, id, 0, device, {key}, configuration, \
         (n - 1) / {half}, ((n - 1) % {half}) * 2, 0, {key} \
         FROM (SELECT row_number() OVER () AS n, id, device, configuration FROM reservations) r"
    ));
    // The last list is as full in every register: the fuller it is, up to a half, the more tries a
    // place at random takes, however many persons there are.
    all.push(
        "INSERT INTO status_lists (number, size, version, taken) \
         SELECT list, CASE list WHEN (SELECT max(list) FROM credentials) THEN count(*) * 10 / 3 \
         ELSE 1048576 END, 1, count(*) FROM credentials GROUP BY list"
            .into(),
    );
    for part in 0..4 {
        all.push(format!(
            "INSERT INTO events (number, at, kind, hash, person, device, sealed) \
             SELECT (n - 1) * 4 + {part}, {at}, 'credentials-issued', {key}, person, id, {key} \
             FROM (SELECT row_number() OVER () AS n, id, person FROM devices) d"
        ));
    }
    all.push(format!("UPDATE meta SET number = {} WHERE name = 'events'", persons * 4));
    all
}

impl Filled {
    fn new(
        persons: u64,
        registry: Registry,
        known: Vec<PersonId>,
        filling: Duration,
        gone: Gone,
    ) -> Self {
        Self {
            persons,
            registry,
            known,
            filling,
            next: AtomicU64::new(0),
            wholes: Vec::new(),
            parts: [Duration::ZERO; STEPS.len()],
            _gone: gone,
        }
    }

    fn enrol(&self) -> [Duration; STEPS.len()] {
        enrol(&self.registry, &self.known, &self.next)
    }

    fn round(&mut self) {
        let times = self.enrol();
        self.wholes.push(times.iter().sum::<Duration>());
        for (sum, time) in self.parts.iter_mut().zip(times) {
            *sum += time;
        }
    }

    /// The median of the rounds; says all that was measured, and how many threads do a second.
    fn print(&mut self, name: &str) -> Duration {
        self.wholes.sort_unstable();
        let median = self.wholes[ROUNDS / 2];
        let begun = Instant::now();
        let this = &*self;
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..ROUNDS / THREADS {
                        this.enrol();
                    }
                });
            }
        });
        let rate = (ROUNDS / THREADS * THREADS) as f64 / begun.elapsed().as_secs_f64();
        let parts: Vec<_> = STEPS
            .iter()
            .zip(self.parts)
            .map(|(step, sum)| format!("{step} {:.2}", sum.as_secs_f64() * 1000.0 / ROUNDS as f64))
            .collect();
        println!(
            "{name}, {} persons: median {median:.1?} ({}), {rate:.0} a second by {THREADS} \
             threads; filled in {:.0?}",
            self.persons,
            parts.join(", "),
            self.filling
        );
        median
    }
}

/// One enrolment of a new person, or of one that has a phone; how long each step took.
fn enrol(registry: &Registry, known: &[PersonId], next: &AtomicU64) -> [Duration; STEPS.len()] {
    let number = next.fetch_add(1, Ordering::Relaxed);
    let fresh = |label: &str| -> [u8; 32] {
        Hash::Sha256.digest(&[label.as_bytes(), &number.to_be_bytes()]).try_into().unwrap()
    };
    let person = if number.is_multiple_of(2) {
        known[(number / 2) as usize % known.len()]
    } else {
        registry.person_id(&format!("new {number}"))
    };
    let keys = vec![Thumbprint::new(fresh("key 1")), Thumbprint::new(fresh("key 2"))];
    let (jkt, instance) = (Thumbprint::new(fresh("jkt")), Thumbprint::new(fresh("instance")));
    let h_dev = Commitment::new(fresh("h_dev"));
    let session = Session::new(h_dev, NOW, Span::seconds(90), &mut SystemRng::default());
    let id = session.id;
    let tap = NewTapSession { session, jkt, instance, keys, c_nonce: fresh("c_nonce") };
    let code = TokenHash(fresh("code"));
    let result = TapResult {
        session: id,
        person,
        card: registry.card_id(&fresh("card")),
        counter: Some(1),
        level: Level::L3,
        subject: vec![0; 20_000],
        term_until: TERM,
        code,
        expires: NOW + Span::minutes(2),
    };
    let tokens = AccessTokens {
        access: TokenHash(fresh("access")),
        access_expires: NOW + Span::minutes(5),
        refresh: TokenHash(fresh("refresh")),
    };
    let claim = Claim { code, tx_code: None, jkt, instance, tokens };
    let mut times = Vec::with_capacity(STEPS.len());
    let mut begun = Instant::now();
    let mut lap = || {
        times.push(begun.elapsed());
        begun = Instant::now();
    };
    registry.open_tap(&tap, NOW).unwrap();
    lap();
    registry.finish_tap(&result, NOW).unwrap();
    lap();
    registry.claim(&claim, NOW).unwrap();
    lap();
    let grant = registry.grant(&tokens.access, &jkt, NOW).unwrap();
    lap();
    let request = Reserve {
        grant: grant.id,
        configuration: "resident_mdoc".into(),
        keys: tap.keys,
        nonces: vec![(fresh("nonce"), NOW + Span::minutes(5))],
    };
    let reservation = registry.reserve(&request, NOW).unwrap();
    lap();
    let made: Vec<_> = reservation.credentials.iter().map(|c| (c.id, vec![0; 22_000])).collect();
    registry.keep(&made, &TokenHash(fresh("notification")), NOW).unwrap();
    lap();
    times.try_into().unwrap()
}
