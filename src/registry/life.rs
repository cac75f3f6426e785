//! Losses, ends and changes after the issue.

use serde_json::json;
use time::UtcDateTime;

use super::database::values;
use super::work::Work;
use super::{
    Denied, Device, DeviceState, EndReason, EventKind, Loss, LostCard, PersonId, Registry,
    RegistryError, Report, StatusChange,
};
use crate::issuance::Status;

impl Registry {
    /// What a clerk reports, and in the same transaction the event that says who did. The loss of a
    /// card that is known changes nothing. Returns what has to be published.
    ///
    /// # Errors
    /// [`Denied::Unknown`] where there is no phone to lock or unlock (what waits for one is void
    /// after a loss all the same, and the event is written), or no such card; [`Denied::PhoneNotActive`] where a phone to
    /// unlock is not locked; [`Denied::WhichCard`], [`Denied::CardNotCurrent`].
    pub fn report(
        &self,
        person: &PersonId,
        report: &Report,
        clerk: &str,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        let done = self.write("taking a report", |work| {
            let changes = match report {
                Report::CardLost(card) => match work.card_lost(person, card, now)? {
                    Some(changes) => changes,
                    None => return Ok(Ok(Vec::new())),
                },
                Report::CardFound(card) => {
                    if !work.card_found(person, card, now)? {
                        return Ok(Ok(Vec::new()));
                    }
                    Vec::new()
                }
                Report::PhoneLost { ends } => {
                    let live = work.device_within_term(person, now)?;
                    let none = live.is_none();
                    let changes = if *ends {
                        work.end_card(person, live, EndReason::PhoneLost, now)?
                    } else {
                        work.phone_lost(person, live, now)?
                    };
                    if none {
                        // What waited is void by this, and the log says by whom.
                        work.taken(person, report, clerk, now)?;
                        return Ok(Err(Denied::Unknown { what: PHONE }));
                    }
                    changes
                }
                Report::PhoneFound => work.phone_found(person, now)?,
                Report::DataChanged => {
                    work.data_changed(person, now)?;
                    Vec::new()
                }
                Report::Left => {
                    let live = work.live_device(person)?;
                    work.end_card(person, live, EndReason::PersonLeft, now)?
                }
            };
            work.taken(person, report, clerk, now)?;
            Ok(Ok(changes))
        })?;
        done.map_err(Into::into)
    }

    /// A loss: what earlier taps and offers earned is worth nothing. The card: as
    /// [`LostCard::Unnamed`]. The phone: it is suspended and keeps the person's place. Said again it
    /// changes nothing. Returns what has to be published, nothing where there is no phone.
    ///
    /// # Errors
    /// [`RegistryError::Database`], [`Denied::WhichCard`].
    pub fn report_lost(
        &self,
        person: &PersonId,
        what: Loss,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        self.write("reporting a loss", |work| match what {
            Loss::Card => Ok(work.card_lost(person, &LostCard::Unnamed, now)?.unwrap_or_default()),
            Loss::Phone => {
                let live = work.device_within_term(person, now)?;
                work.phone_lost(person, live, now)
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
        self.write("unlocking a phone", |work| work.phone_found(person, now))
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
            let live = work.live_device(person)?;
            work.end_card(person, live, reason, now)
        })
    }

    /// The person's data changed: what the phone shows is out of date, but still accepted. What was
    /// earned with the old data gives no new credential: a new tap or offer does.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn needs_renewal(&self, person: &PersonId, now: UtcDateTime) -> Result<(), RegistryError> {
        self.write("noting that a person's data changed", |work| work.data_changed(person, now))
    }
}

const PHONE: &str = "phone";

impl Work<'_> {
    fn taken(
        &mut self,
        person: &PersonId,
        report: &Report,
        clerk: &str,
        now: UtcDateTime,
    ) -> Result<(), RegistryError> {
        let detail = json!({ "report": report.name(), "clerk": clerk });
        self.event(now, EventKind::ReportTaken, Some(person), None, &detail).map(drop)
    }

    fn phone_lost(
        &mut self,
        person: &PersonId,
        live: Option<Device>,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        self.next_epoch(person)?;
        self.withdraw_offers(person)?;
        self.suspend(live, now)
    }

    fn phone_found(
        &mut self,
        person: &PersonId,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        let device = self.device_within_term(person, now)?;
        let device = device.ok_or(Denied::Unknown { what: PHONE })?;
        if device.state != DeviceState::Suspended {
            return Err(Denied::PhoneNotActive { state: device.state.name() }.into());
        }
        self.change(
            "UPDATE devices SET state = CASE WHEN stale = 1 THEN 'needs-renewal' \
             ELSE 'active' END WHERE id = $1",
            values![&device.id],
        )?;
        self.event(now, EventKind::PhoneResumed, Some(person), Some(&device.id), &json!({}))?;
        self.notice(&device, "resumed")?;
        self.set_statuses(&device.id, Status::Valid)
    }

    fn end_card(
        &mut self,
        person: &PersonId,
        live: Option<Device>,
        reason: EndReason,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        self.next_epoch(person)?;
        self.withdraw_offers(person)?;
        if matches!(reason, EndReason::PersonLeft | EndReason::CardLost) {
            self.cards_left(person)?;
        }
        self.end_live(live, reason, now)
    }

    fn data_changed(&mut self, person: &PersonId, now: UtcDateTime) -> Result<(), RegistryError> {
        self.person(person)?;
        self.change("UPDATE persons SET facts = facts + 1 WHERE id = $1", values![person])?;
        let device = self.live_device(person)?;
        if let Some(device) = &device {
            self.change(
                "UPDATE devices SET stale = 1, state = CASE WHEN state = 'active' \
                 THEN 'needs-renewal' ELSE state END WHERE id = $1",
                values![&device.id],
            )?;
            self.notice(device, DeviceState::NeedsRenewal.name())?;
        }
        let id = device.as_ref().map(|device| &device.id);
        self.event(now, EventKind::PersonChanged, Some(person), id, &json!({})).map(drop)
    }

    pub(super) fn end_live(
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
