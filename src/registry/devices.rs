//! Phones: one live a person.

use serde_json::json;
use time::UtcDateTime;

use super::database::{Row, values};
use super::grants::is_over;
use super::names;
use super::work::Work;
use super::{
    CardId, Denied, Device, DeviceId, DeviceState, EndReason, EventKind, Grant, PersonId, Registry,
    RegistryError, StatusChange,
};
use crate::issuance::{Commitment, Status, Thumbprint};

const COLUMNS: &str = "id, person, jkt, h_dev, state, way, card, activated_at, term_until, ended";

impl Registry {
    /// The phone that holds the person's place: active, suspended or in need of renewal.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn device_of(&self, person: &PersonId) -> Result<Option<Device>, RegistryError> {
        self.read("looking a phone up", |work| work.live_device(person))
    }

    /// All phones of a person, the first one first.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn devices_of(&self, person: &PersonId) -> Result<Vec<Device>, RegistryError> {
        self.read("looking phones up", |work| {
            let sql =
                format!("SELECT {COLUMNS} FROM devices WHERE person = $1 ORDER BY activated_at");
            work.rows(&sql, values![person])?.iter().map(device).collect()
        })
    }
}

impl Work<'_> {
    pub(super) fn device(&mut self, id: &DeviceId) -> Result<Device, RegistryError> {
        let sql = format!("SELECT {COLUMNS} FROM devices WHERE id = $1");
        device(&self.one(&sql, values![id])?)
    }

    pub(super) fn live_device(
        &mut self,
        person: &PersonId,
    ) -> Result<Option<Device>, RegistryError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM devices WHERE person = $1 \
             AND state IN ('active', 'suspended', 'needs-renewal')"
        );
        self.row(&sql, values![person])?.map(|row| device(&row)).transpose()
    }

    /// The live phone, after one whose term is over was put aside.
    pub(super) fn device_within_term(
        &mut self,
        person: &PersonId,
        now: UtcDateTime,
    ) -> Result<Option<Device>, RegistryError> {
        match self.live_device(person)? {
            Some(device) if is_over(device.term_until, now) => {
                self.end_device(&device, EndReason::TermOver, now)?;
                Ok(None)
            }
            other => Ok(other),
        }
    }

    /// Nothing, where the grant's phone is good or there is none yet.
    pub(super) fn live_for(
        &mut self,
        grant: &Grant,
        now: UtcDateTime,
    ) -> Result<(), RegistryError> {
        let Some(id) = grant.device else { return Ok(()) };
        let device = self.device(&id)?;
        match device.state {
            DeviceState::Revoked if device.ended == Some(EndReason::Superseded) => {
                Err(Denied::Superseded.into())
            }
            DeviceState::Active | DeviceState::NeedsRenewal if is_over(device.term_until, now) => {
                Err(Denied::PhoneNotActive { state: DeviceState::Expired.name() }.into())
            }
            DeviceState::Active | DeviceState::NeedsRenewal => Ok(()),
            other => Err(Denied::PhoneNotActive { state: other.name() }.into()),
        }
    }

    /// Ends a phone: its statuses are invalid, its grants void, what it was issued forgotten. Where
    /// only its term is over the statuses stay, as its credentials say themselves until when they
    /// are good.
    pub(super) fn end_device(
        &mut self,
        device: &Device,
        reason: EndReason,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        let state = match reason {
            EndReason::TermOver => DeviceState::Expired,
            _ => DeviceState::Revoked,
        };
        self.change(
            "UPDATE devices SET state = $2, ended = $3 WHERE id = $1",
            values![&device.id, state.name(), reason.name()],
        )?;
        let changes = match reason {
            EndReason::TermOver => Vec::new(),
            _ => self.set_statuses(&device.id, Status::Invalid)?,
        };
        self.change(
            "UPDATE credentials SET issued = NULL WHERE device = $1 AND issued IS NOT NULL",
            values![&device.id],
        )?;
        self.revoke_grants_of(&device.id)?;
        let detail = json!({ "reason": reason.name(), "credentials": changes.len() });
        let (person, id) = (Some(&device.person), Some(&device.id));
        self.event(now, EventKind::PhoneEnded, person, id, &detail)?;
        self.notice(device, reason.name())?;
        Ok(changes)
    }

    /// A line for the holder of a phone.
    pub(super) fn notice(&mut self, device: &Device, what: &str) -> Result<(), RegistryError> {
        self.tell(&json!({ "notice": what, "device": device.id.to_string() }))
    }

    /// Registers a phone for a grant.
    pub(super) fn register(
        &mut self,
        grant: &Grant,
        h_dev: Commitment,
        now: UtcDateTime,
    ) -> Result<Device, RegistryError> {
        let device = Device {
            id: DeviceId(self.fresh()),
            person: grant.person,
            jkt: grant.jkt,
            h_dev,
            state: DeviceState::Active,
            way: grant.way,
            card: grant.card,
            activated_at: now,
            term_until: grant.term_until,
            ended: None,
        };
        self.change(
            "INSERT INTO devices (id, person, jkt, h_dev, state, stale, way, card, activated_at, \
             term_until) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9)",
            values![
                &device.id,
                &device.person,
                &device.jkt,
                &device.h_dev,
                device.state.name(),
                names::way(device.way),
                device.card.as_ref(),
                device.activated_at,
                device.term_until,
            ],
        )?;
        let detail = json!({
            "way": names::way(device.way),
            "card": device.card.map(|c| c.to_string()),
            "wallet": device.jkt.to_string(),
        });
        let (person, id) = (Some(&device.person), Some(&device.id));
        self.event(now, EventKind::PhoneRegistered, person, id, &detail)?;
        Ok(device)
    }

    /// The same phone earned a card again: it has the new term, and what it shows is true again.
    pub(super) fn register_again(
        &mut self,
        device: &Device,
        grant: &Grant,
    ) -> Result<Device, RegistryError> {
        self.change(
            "UPDATE devices SET state = $2, stale = 0, way = $3, card = $4, term_until = $5 \
             WHERE id = $1",
            values![
                &device.id,
                DeviceState::Active.name(),
                names::way(grant.way),
                grant.card.as_ref(),
                grant.term_until
            ],
        )?;
        self.device(&device.id)
    }
}

fn device(row: &Row) -> Result<Device, RegistryError> {
    let ended = row.maybe_text(9)?;
    Ok(Device {
        id: DeviceId(row.array(0)?),
        person: PersonId(row.array(1)?),
        jkt: Thumbprint::new(row.array(2)?),
        h_dev: Commitment::new(row.array(3)?),
        state: DeviceState::of(row.text(4)?).ok_or_else(|| Row::fault(4))?,
        way: names::way_of(row.text(5)?).ok_or_else(|| Row::fault(5))?,
        card: row.maybe_array(6)?.map(CardId),
        activated_at: row.time(7)?,
        term_until: row.time(8)?,
        ended: ended.map(|e| EndReason::of(e).ok_or_else(|| Row::fault(9))).transpose()?,
    })
}
