//! What is lost and found, what happened, and who waits for the clerk.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{checked, parse};
use crate::issuer::ledger::parameters;
use crate::issuer::service::refused;
use crate::issuer::{Call, Code, Issuer, Refusal};
use crate::policy::Change;
use crate::registry::{Denied, EndReason, Loss, OfferId, PersonId};
use crate::trust::encoding::rfc3339;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    person: String,
    what: What,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    /// The physical card was lost.
    Card,
    /// The phone was lost.
    Phone,
    /// The phone was found again.
    Found,
    /// The registered address is another.
    Address,
    /// The person died, or is no citizen any more.
    Left,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    offer: String,
}

impl Issuer {
    /// Takes a report: a lost `card` ends the mobile card too, a lost `phone` locks it at once, and
    /// a `found` phone is unlocked. Another registered `address` makes what the phone shows out of
    /// date, and whoever has `left` the population has no card any more. The statuses are published
    /// when this returns.
    ///
    /// The population registry is asked for the number of the card, so that one is lost that was
    /// never tapped; a loss is taken even when that is down.
    ///
    /// # Errors
    /// [`Code::InvalidToken`], [`Code::InvalidRequest`], [`Code::NotFound`] where there is nothing to
    /// lock or unlock.
    pub fn office_report(&self, call: &Call, body: &[u8]) -> Result<Value, Refusal> {
        let clerk = self.clerk(call)?;
        let report: Report = parse(body)?;
        let (person, now) = (self.registry.person_id(checked(&report.person)?), self.clock.now());
        let changes = match report.what {
            What::Card => {
                self.know_card(&report.person, &person);
                self.registry.report_lost(&person, Loss::Card, now)
            }
            What::Phone => match self.policy.on_lost_phone() {
                Change::Revoke => self.registry.end(&person, EndReason::PhoneLost, now),
                Change::Suspend | Change::Renew => {
                    self.registry.report_lost(&person, Loss::Phone, now)
                }
            },
            What::Found => self.registry.resume(&person, now),
            // The only rule for it (`change.address`): out of date, and still good.
            What::Address => self.registry.needs_renewal(&person, now).map(|()| Vec::new()),
            What::Left => self.registry.end(&person, EndReason::PersonLeft, now),
        };
        let changes = changes.map_err(|e| refused(&e, denied))?;
        self.publish(&changes)?;
        tracing::info!(clerk = clerk.name, credentials = changes.len(), "report taken");
        Ok(json!({ "phone": self.phone(&person)?, "credentials_changed": changes.len() }))
    }

    /// The phone that claimed the offer is the one on the counter: what waits for that is issued.
    ///
    /// # Errors
    /// [`Code::InvalidToken`], [`Code::InvalidRequest`], [`Code::NotFound`] where nobody claimed it.
    pub fn office_confirm(&self, call: &Call, body: &[u8]) -> Result<Value, Refusal> {
        let clerk = self.clerk(call)?;
        let confirmation: Confirmation = parse(body)?;
        let mut id = [0; 16];
        hex::decode_to_slice(&confirmation.offer, &mut id)
            .map_err(|_| Refusal::new(Code::InvalidRequest, "offer: 32 hexadecimal digits"))?;
        let confirmed = self.registry.confirm_offer(&OfferId(id), &clerk.name, self.clock.now());
        confirmed.map_err(|e| refused(&e, denied))?;
        Ok(json!({ "offer": OfferId(id).to_string(), "confirmed": true }))
    }

    /// What happened to a person's cards and phones, the oldest first: `person` says whose.
    ///
    /// # Errors
    /// As [`Issuer::office_report`].
    pub fn office_history(
        &self,
        call: &Call,
        query: &[(String, String)],
    ) -> Result<Value, Refusal> {
        self.clerk(call)?;
        let [person] = parameters(query, ["person"])?;
        let person = self.registry.person_id(checked(person.unwrap_or_default())?);
        let events = self.registry.history(&person).map_err(|e| refused(&e, denied))?;
        let events: Vec<_> = events
            .iter()
            .map(|event| {
                json!({
                    "number": event.number,
                    "at": rfc3339::text(event.at),
                    "kind": event.kind,
                    "phone": event.device.map(|id| id.to_string()),
                    "detail": event.detail,
                })
            })
            .collect();
        Ok(json!({ "phone": self.phone(&person)?, "events": events }))
    }

    // The phone that holds the person's place, if one does.
    fn phone(&self, person: &PersonId) -> Result<Option<Value>, Refusal> {
        let device = self.registry.device_of(person).map_err(|e| refused(&e, denied))?;
        Ok(device.map(|device| {
            json!({
                "id": device.id.to_string(),
                "state": device.state,
                "way": device.way,
                "since": rfc3339::text(device.activated_at),
                "term_until": rfc3339::text(device.term_until),
            })
        }))
    }
}

fn denied(denied: &Denied) -> Code {
    match denied {
        Denied::Unknown { .. } => Code::NotFound,
        _ => Code::PolicyDenied,
    }
}
