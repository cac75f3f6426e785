//! Losses, ends and changes after the issue.

use serde_json::json;
use time::UtcDateTime;

use super::database::values;
use super::work::Work;
use super::{
    Denied, Device, DeviceState, EndReason, EventKind, Loss, PersonId, Registry, RegistryError,
    StatusChange,
};
use crate::issuance::Status;

impl Registry {
    /// A loss: what earlier taps and offers earned is worth nothing. The card: none of the person's
    /// cards that were tapped is current any more, and the phone's card ends. The phone: it is
    /// suspended and keeps the person's place. Said again it changes nothing. Returns what has to
    /// be published, nothing where there is no phone.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn report_lost(
        &self,
        person: &PersonId,
        what: Loss,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        self.write("reporting a loss", |work| {
            work.next_epoch(person)?;
            work.withdraw_offers(person)?;
            let live = work.device_within_term(person, now)?;
            match what {
                Loss::Card => {
                    work.cards_lost(person)?;
                    let event = EventKind::CardReportedLost;
                    work.event(now, event, Some(person), None, &json!({}))?;
                    work.end_live(live, EndReason::CardLost, now)
                }
                Loss::Phone => work.suspend(live, now),
            }
        })
    }

    /// Unlocks a suspended phone.
    ///
    /// # Errors
    /// [`Denied::Unknown`] where there is no phone, [`Denied::PhoneNotActive`] where it is not
    /// suspended.
    pub fn resume(
        &self,
        person: &PersonId,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        self.write("unlocking a phone", |work| {
            let device = work.device_within_term(person, now)?;
            let device = device.ok_or(Denied::Unknown { what: "phone" })?;
            if device.state != DeviceState::Suspended {
                return Err(Denied::PhoneNotActive { state: device.state.name() }.into());
            }
            work.change(
                "UPDATE devices SET state = CASE WHEN stale = 1 THEN 'needs-renewal' \
                 ELSE 'active' END WHERE id = $1",
                values![&device.id],
            )?;
            work.event(now, EventKind::PhoneResumed, Some(person), Some(&device.id), &json!({}))?;
            work.notice(&device, "resumed")?;
            work.set_statuses(&device.id, Status::Valid)
        })
    }

    /// The person's card on the phone ends. Where the person left, their cards are not current any
    /// more either. Returns what has to be published, nothing where there is no phone.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn end(
        &self,
        person: &PersonId,
        reason: EndReason,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        self.write("ending a phone's card", |work| {
            work.next_epoch(person)?;
            work.withdraw_offers(person)?;
            if matches!(reason, EndReason::PersonLeft | EndReason::CardLost) {
                work.cards_lost(person)?;
            }
            let live = work.live_device(person)?;
            work.end_live(live, reason, now)
        })
    }

    /// The person's data changed: what the phone shows is out of date, but still accepted. What was
    /// earned with the old data gives no new credential: a new tap or offer does.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn needs_renewal(&self, person: &PersonId, now: UtcDateTime) -> Result<(), RegistryError> {
        self.write("noting that a person's data changed", |work| {
            work.person(person)?;
            work.change("UPDATE persons SET facts = facts + 1 WHERE id = $1", values![person])?;
            let device = work.live_device(person)?;
            if let Some(device) = &device {
                work.change(
                    "UPDATE devices SET stale = 1, state = CASE WHEN state = 'active' \
                     THEN 'needs-renewal' ELSE state END WHERE id = $1",
                    values![&device.id],
                )?;
                work.notice(device, DeviceState::NeedsRenewal.name())?;
            }
            let id = device.as_ref().map(|device| &device.id);
            work.event(now, EventKind::PersonChanged, Some(person), id, &json!({}))?;
            Ok(())
        })
    }
}

impl Work<'_> {
    fn cards_lost(&mut self, person: &PersonId) -> Result<(), RegistryError> {
        self.change("UPDATE cards SET lost = 1 WHERE person = $1", values![person]).map(drop)
    }

    fn end_live(
        &mut self,
        live: Option<Device>,
        reason: EndReason,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        live.map_or_else(|| Ok(Vec::new()), |device| self.end_device(&device, reason, now))
    }

    fn suspend(
        &mut self,
        live: Option<Device>,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        let Some(device) = live else { return Ok(Vec::new()) };
        if device.state == DeviceState::Suspended {
            // An answer was lost: what had to be published has to be.
            return self.statuses(&device.id);
        }
        let state = DeviceState::Suspended.name();
        self.change("UPDATE devices SET state = $2 WHERE id = $1", values![&device.id, state])?;
        let (person, id) = (Some(&device.person), Some(&device.id));
        self.event(now, EventKind::PhoneSuspended, person, id, &json!({}))?;
        self.notice(&device, state)?;
        self.set_statuses(&device.id, Status::Suspended)
    }
}
