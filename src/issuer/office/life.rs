//! What is lost and found, what happened, and who waits for the clerk.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{checked, no_such_person, parse};
use crate::issuer::ledger::parameters;
use crate::issuer::ports::{Lookup, Person};
use crate::issuer::service::refused;
use crate::issuer::{Call, Code, Issuer, Refusal};
use crate::policy::Change;
use crate::registry::{Denied, LostCard, OfferId, PersonId, Report};
use crate::trust::encoding::rfc3339;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reported {
    person: String,
    what: What,
    /// The number of the card; by default the current one's.
    card: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    /// The physical card was lost.
    Card,
    /// It was found again.
    CardFound,
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

/// What the population registry says of somebody.
enum Known {
    /// That it knows them, or that it does not but the register does.
    Asked(Option<Box<Person>>),
    /// Nothing: it does not answer.
    Unchecked,
}

impl Issuer {
    /// Takes a report: a lost `card` ends the mobile card too, a lost `phone` locks it at once, and
    /// a `found` phone is unlocked. Another registered `address` makes what the phone shows out of
    /// date, and whoever has `left` the population has no card any more. A `card-found` can be
    /// tapped again. The statuses are published when this returns.
    ///
    /// Which card was lost says `card`, by its number; without, it is the current one of the
    /// population registry, as long as the person had no other. The same loss again changes nothing.
    /// A report is taken even when the population registry does not answer: `checked` is false then,
    /// and nobody has looked whether there is such a person.
    ///
    /// # Errors
    /// [`Code::InvalidToken`]; [`Code::InvalidRequest`], also where the number of the card is
    /// needed; [`Code::NotFound`] where nobody knows the person, there is nothing to lock or unlock,
    /// or no such card.
    pub fn office_report(&self, call: &Call, body: &[u8]) -> Result<Value, Refusal> {
        let clerk = self.clerk(call)?;
        let reported: Reported = parse(body)?;
        let id = checked("person", &reported.person)?;
        let (person, now) = (self.registry.person_id(id), self.clock.now());
        let named = reported.card.as_deref().map(|card| checked("card", card)).transpose()?;
        if named.is_some() && !matches!(reported.what, What::Card | What::CardFound) {
            let text = "card: only with what = \"card\" or \"card-found\"";
            return Err(Refusal::new(Code::InvalidRequest, text));
        }
        let known = self.known(id, &person)?;
        let current = match &known {
            Known::Asked(Some(person)) => person.card.as_deref(),
            _ => None,
        };
        let answers = matches!(known, Known::Asked(_));
        let report = match reported.what {
            What::Card => Report::CardLost(match (named, current) {
                (Some(number), _) => LostCard::Named {
                    number: self.card_of(number),
                    current: answers.then_some(current == Some(number)),
                },
                (None, Some(number)) => LostCard::Current(self.card_of(number)),
                (None, None) => LostCard::Unnamed,
            }),
            What::CardFound => {
                let number = named.or(current).ok_or_else(|| {
                    Refusal::new(Code::InvalidRequest, "card: the number of the card is needed")
                })?;
                Report::CardFound(self.card_of(number))
            }
            What::Phone => {
                Report::PhoneLost { ends: self.policy.on_lost_phone() == Change::Revoke }
            }
            What::Found => Report::PhoneFound,
            // The only rule for it (`change.address`): out of date, and still good.
            What::Address => Report::DataChanged,
            What::Left => Report::Left,
        };
        let changes = self.registry.report(&person, &report, &clerk.name, now);
        let changes = changes.map_err(|e| refused(&e, denied))?;
        self.publish(&changes)?;
        // Who it was stands in the event.
        tracing::info!(credentials = changes.len(), checked = answers, "report taken");
        Ok(json!({
            "phone": self.phone(&person)?,
            "credentials_changed": changes.len(),
            "checked": answers,
        }))
    }

    /// Whether there is such a person: a mistyped identifier is not taken for somebody's.
    fn known(&self, id: &str, person: &PersonId) -> Result<Known, Refusal> {
        match self.population.find(Lookup::Id(id)) {
            Ok(Some(found)) => Ok(Known::Asked(Some(Box::new(found)))),
            // Whoever has a phone was somebody once.
            Ok(None) if self.phone(person)?.is_some() => Ok(Known::Asked(None)),
            Ok(None) => Err(no_such_person()),
            Err(error) => {
                tracing::warn!(port = error.port, "the population registry does not answer");
                Ok(Known::Unchecked)
            }
        }
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
    /// As [`Issuer::office_report`]: nobody where nothing happened and the population registry knows
    /// nobody.
    pub fn office_history(
        &self,
        call: &Call,
        query: &[(String, String)],
    ) -> Result<Value, Refusal> {
        self.clerk(call)?;
        let [person] = parameters(query, ["person"])?;
        let person = person.unwrap_or_default();
        let id = checked("person", person)?;
        let person = self.registry.person_id(id);
        let events = self.registry.history(&person).map_err(|e| refused(&e, denied))?;
        // To whom something happened is known.
        let checked = !events.is_empty() || matches!(self.known(id, &person)?, Known::Asked(_));
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
        Ok(json!({ "phone": self.phone(&person)?, "events": events, "checked": checked }))
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
        Denied::WhichCard => Code::InvalidRequest,
        _ => Code::PolicyDenied,
    }
}
