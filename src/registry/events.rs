//! What happened, appended and never changed: each event's salted hash is a leaf of the log.

use sha2::{Digest, Sha256};
use time::UtcDateTime;

use super::database::{micros, values};
use super::seal::Place;
use super::work::Work;
use super::{DeviceId, Event, EventKind, PersonId, Registry, RegistryError};

const SALT: usize = 32;
/// The most hashes that one call returns.
const MOST_HASHES: u64 = 1 << 16;

/// What an event's hash covers. The salt keeps what can be guessed from being tried out on the log.
fn hash(
    salt: &[u8],
    number: u64,
    at: UtcDateTime,
    kind: EventKind,
    person: Option<&PersonId>,
    device: Option<&DeviceId>,
    detail: &str,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"iccard event v1");
    let (number, at) = (number.to_be_bytes(), micros(at).to_be_bytes());
    let person = person.map_or(&[][..], |p| &p.0);
    let device = device.map_or(&[][..], |d| &d.0);
    for part in [salt, &number, &at, kind.name().as_bytes(), person, device, detail.as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

impl Work<'_> {
    /// Appends an event and returns its number.
    pub(super) fn event(
        &mut self,
        at: UtcDateTime,
        kind: EventKind,
        person: Option<&PersonId>,
        device: Option<&DeviceId>,
        detail: &serde_json::Value,
    ) -> Result<u64, RegistryError> {
        let number = self.number("events")?;
        let detail = detail.to_string();
        let salt: [u8; SALT] = self.fresh();
        let hash = hash(&salt, number, at, kind, person, device, &detail);
        let row = number.to_be_bytes();
        let place = Place { table: "events", column: "sealed", row: &row };
        let sealed = self.seal(place, &[&salt[..], detail.as_bytes()].concat())?;
        self.change(
            "INSERT INTO events (number, at, kind, hash, person, device, sealed) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            values![number, at, kind.name(), &hash, person, device, sealed],
        )?;
        Ok(number)
    }
}

impl Registry {
    /// What happened to a person, oldest first, each event as its hash in the log covers it.
    ///
    /// # Errors
    /// [`RegistryError::Sealed`] also where an event is not what its hash was made of.
    pub fn history(&self, person: &PersonId) -> Result<Vec<Event>, RegistryError> {
        self.read("reading a person's history", |work| {
            let rows = work.rows(
                "SELECT number, at, kind, hash, device, sealed FROM events WHERE person = $1 \
                 ORDER BY number",
                values![person],
            )?;
            let mut events = Vec::with_capacity(rows.len());
            for row in rows {
                let fault = || RegistryError::Sealed { step: "events" };
                let number = row.count(0)?;
                let id = number.to_be_bytes();
                let place = Place { table: "events", column: "sealed", row: &id };
                let plain = work.open(place, row.bytes(5)?)?;
                let (salt, detail) = plain.split_at_checked(SALT).ok_or_else(fault)?;
                let event = Event {
                    number,
                    at: row.time(1)?,
                    kind: EventKind::of(row.text(2)?).ok_or_else(fault)?,
                    hash: row.array(3)?,
                    person: Some(*person),
                    device: row.maybe_array(4)?.map(DeviceId),
                    detail: String::from_utf8(detail.to_vec()).map_err(|_| fault())?,
                };
                let made_of = hash(
                    salt,
                    number,
                    event.at,
                    event.kind,
                    event.person.as_ref(),
                    event.device.as_ref(),
                    &event.detail,
                );
                if made_of != event.hash {
                    return Err(fault());
                }
                events.push(event);
            }
            Ok(events)
        })
    }

    /// How many events there are: the size of the log.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn event_count(&self) -> Result<u64, RegistryError> {
        self.read("counting events", |work| {
            work.one("SELECT number FROM meta WHERE name = 'events'", values![])?.count(0)
        })
    }

    /// The hashes of that many events, from that number on; fewer where there are no more, and at
    /// most 65,536.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn event_hashes(&self, from: u64, count: u64) -> Result<Vec<[u8; 32]>, RegistryError> {
        self.read("reading the log", |work| {
            let rows = work.rows(
                "SELECT hash FROM events WHERE number >= $1 ORDER BY number LIMIT $2",
                values![from, count.min(MOST_HASHES)],
            )?;
            rows.iter().map(|row| row.array(0)).collect()
        })
    }
}
