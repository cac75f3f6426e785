//! Tap sessions: opened for committed keys, finished with a code for the same keys.

use serde_json::json;
use time::{Duration, UtcDateTime};

use super::database::{Row, values};
use super::seal::Place;
use super::work::Work;
use super::{
    CardId, Denied, EventKind, NewTapSession, OfferState, Once, PersonId, Registry, RegistryError,
    TapResult, TapSession, TapState,
};
use crate::issuance::{SessionId, Thumbprint};

/// For how long a nonce counts as used: longer than any is good.
const NONCE_KEPT: Duration = Duration::days(1);

const SESSION: &str = "tap session";

impl Registry {
    /// Opens a session; its c_nonce is used up. Other sessions stay.
    ///
    /// # Errors
    /// [`Denied::Used`] where the nonce was used before.
    pub fn open_tap(&self, tap: &NewTapSession, now: UtcDateTime) -> Result<(), RegistryError> {
        self.write("opening a tap session", |work| {
            if !work.use_up(Once::Nonce, &tap.c_nonce, later(now, NONCE_KEPT))? {
                return Err(Denied::Used { what: "c_nonce" }.into());
            }
            let session = serde_json::to_string(&tap.session);
            let session = session.map_err(|e| work.fault(&e.to_string()))?;
            work.change(
                "INSERT INTO taps (id, session, jkt, instance, keys, c_nonce, state, expires) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                values![
                    &tap.session.id,
                    session,
                    &tap.jkt,
                    &tap.instance,
                    joined(&tap.keys),
                    &tap.c_nonce,
                    TapState::Open.number(),
                    tap.session.expires_at,
                ],
            )?;
            Ok(())
        })
    }

    /// The session of that wallet, whatever its state.
    ///
    /// # Errors
    /// [`Denied::Unknown`] where there is none or its time is over, [`Denied::OtherWallet`].
    pub fn tap(
        &self,
        id: &SessionId,
        jkt: &Thumbprint,
        now: UtcDateTime,
    ) -> Result<TapSession, RegistryError> {
        self.read("reading a tap session", |work| {
            let tap = load(work, id, now)?;
            if tap.opened.jkt != *jkt {
                return Err(Denied::OtherWallet { what: SESSION }.into());
            }
            Ok(tap)
        })
    }

    /// Moves a session from one state to the next.
    ///
    /// # Errors
    /// [`Denied::Used`] where it is in another state, [`Denied::Unknown`].
    pub fn advance_tap(
        &self,
        id: &SessionId,
        from: TapState,
        to: TapState,
        now: UtcDateTime,
    ) -> Result<(), RegistryError> {
        self.write("moving a tap session on", |work| {
            if load(work, id, now)?.state != from {
                return Err(Denied::Used { what: SESSION }.into());
            }
            work.change("UPDATE taps SET state = $2 WHERE id = $1", values![id, to.number()])?;
            Ok(())
        })
    }

    /// Whether a card may be tapped for anything: known as this person's or not known yet, and not
    /// reported lost. To be asked before the chip is; [`Self::finish_tap`] asks again. From here on
    /// it is known as this person's, so that a loss reported meanwhile is one of this card too.
    ///
    /// # Errors
    /// [`Denied::CardNotCurrent`].
    pub fn check_card(&self, card: &CardId, person: &PersonId) -> Result<(), RegistryError> {
        self.write("looking a card up", |work| {
            work.person(person)?;
            current(work, card, person)?;
            work.change(
                "INSERT INTO cards (id, person, counter, lost) VALUES ($1, $2, NULL, 0) \
                 ON CONFLICT (id) DO NOTHING",
                values![card, person],
            )
            .map(drop)
        })
    }

    /// A verified tap: the session is done, the card's counter kept, the code made, good only for
    /// the session's wallet and keys, and only until another phone is registered for the person or
    /// a loss is reported.
    ///
    /// # Errors
    /// [`Denied::CardNotCurrent`]; [`Denied::CounterWentBack`], after which the session has failed
    /// and the log has an event; [`Denied::Used`] where the session is over, [`Denied::Unknown`].
    pub fn finish_tap(&self, result: &TapResult, now: UtcDateTime) -> Result<(), RegistryError> {
        self.write("finishing a tap", |work| finish(work, result, now))?.map_err(Into::into)
    }
}

fn finish(
    work: &mut Work<'_>,
    result: &TapResult,
    now: UtcDateTime,
) -> Result<Result<(), Denied>, RegistryError> {
    let tap = load(work, &result.session, now)?;
    if !matches!(tap.state, TapState::Open | TapState::Chip) {
        return Err(Denied::Used { what: SESSION }.into());
    }
    let epoch = work.person(&result.person)?;
    let before = current(work, &result.card, &result.person)?;
    let state = "UPDATE taps SET state = $2 WHERE id = $1";
    if let (Some(before), Some(got)) = (before, result.counter)
        && got <= before
    {
        work.change(state, values![&result.session, TapState::Failed.number()])?;
        let detail = json!({ "card": result.card.to_string(), "before": before, "got": got });
        work.event(now, EventKind::CounterWentBack, Some(&result.person), None, &detail)?;
        return Ok(Err(Denied::CounterWentBack { before, got }));
    }
    work.change(
        "INSERT INTO cards (id, person, counter, lost) VALUES ($1, $2, $3, 0) \
         ON CONFLICT (id) DO UPDATE SET counter = COALESCE(excluded.counter, cards.counter)",
        values![&result.card, &result.person, result.counter],
    )?;
    work.change(state, values![&result.session, TapState::Done.number()])?;
    let place = Place { table: "codes", column: "subject", row: &result.code.0 };
    let subject = work.seal(place, &result.subject)?;
    work.change(
        "INSERT INTO codes (hash, person, epoch, facts, way, card, jkt, instance, keys, h_dev, \
         subject, failures, term_until, expires, state) \
         VALUES ($1, $2, $3, $4, 'ic', $5, $6, $7, $8, $9, $10, 0, $11, $12, $13)",
        values![
            &result.code,
            &result.person,
            epoch.number,
            epoch.facts,
            &result.card,
            &tap.opened.jkt,
            &tap.opened.instance,
            joined(&tap.opened.keys),
            &tap.opened.session.h_dev,
            subject,
            result.term_until,
            result.expires,
            OfferState::Open.number(),
        ],
    )?;
    let detail = json!({
        "session": result.session.to_string(),
        "card": result.card.to_string(),
        "level": result.level.to_string(),
    });
    work.event(now, EventKind::TapVerified, Some(&result.person), None, &detail)?;
    Ok(Ok(()))
}

/// The counter of a card that is this person's and not lost; nothing where it was never seen.
pub(super) fn current(
    work: &mut Work<'_>,
    card: &CardId,
    person: &PersonId,
) -> Result<Option<u64>, RegistryError> {
    let sql = "SELECT person, lost, counter FROM cards WHERE id = $1";
    let Some(row) = work.row(sql, values![card])? else { return Ok(None) };
    if row.flag(1)? || row.array(0)? != person.0 {
        return Err(Denied::CardNotCurrent.into());
    }
    Ok(row.maybe_int(2)?.and_then(|c| u64::try_from(c).ok()))
}

fn load(
    work: &mut Work<'_>,
    id: &SessionId,
    now: UtcDateTime,
) -> Result<TapSession, RegistryError> {
    let row = work.row(
        "SELECT session, jkt, instance, keys, c_nonce, state FROM taps \
         WHERE id = $1 AND expires >= $2",
        values![id, now],
    )?;
    let row = row.ok_or(Denied::Unknown { what: SESSION })?;
    Ok(TapSession {
        opened: NewTapSession {
            session: serde_json::from_str(row.text(0)?).map_err(|_| Row::fault(0))?,
            jkt: Thumbprint::new(row.array(1)?),
            instance: Thumbprint::new(row.array(2)?),
            keys: split(row.bytes(3)?).ok_or_else(|| Row::fault(3))?,
            c_nonce: row.array(4)?,
        },
        state: TapState::numbered(row.int(5)?).ok_or_else(|| Row::fault(5))?,
    })
}

/// Thumbprints one behind the other.
pub(super) fn joined(keys: &[Thumbprint]) -> Vec<u8> {
    keys.iter().flat_map(|key| *key.as_bytes()).collect()
}

/// The thumbprints that were put one behind the other.
pub(super) fn split(bytes: &[u8]) -> Option<Vec<Thumbprint>> {
    let (keys, []) = bytes.as_chunks::<32>() else { return None };
    Some(keys.iter().copied().map(Thumbprint::new).collect())
}

/// A time after another; the end of time is its own.
pub(super) fn later(now: UtcDateTime, by: Duration) -> UtcDateTime {
    now.checked_add(by).unwrap_or(UtcDateTime::MAX)
}
