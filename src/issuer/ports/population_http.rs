//! The population registry over HTTP.
//!
//! `POST` to the URL with `{"by": "id" | "personal_number" | "document" | "key_only_card",
//! "value": ".."}`; 200 with the person as an object whose members are those of the CSV columns
//! (`sex` a text, `portrait` in base64), or 404 where nobody is.

use serde_json::json;

use super::{HttpPort, Lookup, Person, Population, PortError, person::Record};

/// The largest answer: a person with a photograph.
const MAX_ANSWER: u64 = 1 << 20;
const PORT: &str = "population registry";

/// A population registry that is asked over HTTP.
#[derive(Debug)]
pub struct HttpPopulation(HttpPort);

impl HttpPopulation {
    /// The registry there.
    pub const fn new(port: HttpPort) -> Self {
        Self(port)
    }
}

impl Population for HttpPopulation {
    fn find(&self, by: Lookup<'_>) -> Result<Option<Person>, PortError> {
        let (by, value) = match by {
            Lookup::Id(value) => ("id", value),
            Lookup::PersonalNumber(value) => ("personal_number", value),
            Lookup::Document(value) => ("document", value),
            Lookup::KeyOnlyCard(value) => ("key_only_card", value),
        };
        let question = json!({ "by": by, "value": value });
        let Some(record) = self.0.ask::<Record>(PORT, &question, MAX_ANSWER)? else {
            return Ok(None);
        };
        let wrong = |detail| PortError { port: PORT, detail };
        // An answer about somebody else must not become this person's card.
        if by == "id" && record.id != value {
            return Err(wrong("an answer about another person came".into()));
        }
        let person = record.person();
        person.map(Some).map_err(|f| wrong(format!("{}: {} expected", f.field, f.expected)))
    }
}
