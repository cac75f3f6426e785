//! The office: a clerk makes offers, reports losses and looks at what happened.
//!
//! A clerk is whoever has the bearer token. What they do stands in the events with their name.

mod clerk;

mod life;
mod offer;
#[cfg(test)]
mod tests;

pub use clerk::Clerk;

use serde::de::DeserializeOwned;

use super::ports::{Lookup, Person};
use super::{Code, Issuer, Refusal};

/// The largest identifier of a person.
const MAX_ID: usize = 128;

impl Issuer {
    /// The person of that identifier in the population registry.
    fn person(&self, id: &str) -> Result<Person, Refusal> {
        let id = checked("person", id)?;
        let found = self.population.find(Lookup::Id(id)).map_err(|error| {
            tracing::warn!(port = error.port, "the population registry does not answer");
            Refusal::new(Code::TemporarilyUnavailable, "the population registry does not answer")
        })?;
        found.ok_or_else(no_such_person)
    }
}

fn no_such_person() -> Refusal {
    Refusal::new(Code::NotFound, "there is no such person")
}

fn checked<'a>(name: &str, id: &'a str) -> Result<&'a str, Refusal> {
    let wrong = id.is_empty() || id.len() > MAX_ID || id.chars().any(char::is_control);
    if wrong {
        let text = format!("{name}: 1 to {MAX_ID} bytes without control characters expected");
        return Err(Refusal::new(Code::InvalidRequest, text));
    }
    Ok(id)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    // The values are personal: what is wrong is told by its place alone.
    serde_json::from_slice(body).map_err(|error| {
        let kind = match error.classify() {
            serde_json::error::Category::Data => "another member or value than expected",
            _ => "no JSON",
        };
        let place = format!("line {} column {}", error.line(), error.column());
        Refusal::new(Code::InvalidRequest, format!("body: {kind}, {place}"))
    })
}
