//! What an issuer asks of others: who somebody is, and whether a face is theirs.

mod face_http;
mod http;
mod person;
mod population_csv;
mod population_http;
#[cfg(test)]
mod tests;

pub use face_http::HttpFaceMatch;
pub use http::HttpPort;
#[cfg(feature = "cli")]
pub(crate) use http::is_here;
pub(super) use person::MAX_PORTRAIT;
pub use population_csv::{CsvPopulation, ImportError, MAX_CSV, MAX_PERSONS};
pub use population_http::HttpPopulation;

use time::Date;
use zeroize::Zeroizing;

/// A port that does not answer, or not as it should. Nobody goes on without an answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{port}: {detail}")]
pub struct PortError {
    /// Which port.
    pub port: &'static str,
    /// What went wrong, with nothing personal in it.
    pub detail: String,
}

/// By what a person is looked up.
#[derive(Clone, Copy)]
pub enum Lookup<'a> {
    /// The population registry's own identifier.
    Id(&'a str),
    /// The number in the population registry, as the card's EF.DG11 has it.
    PersonalNumber(&'a str),
    /// The number of the card, as its EF.DG1 has it.
    Document(&'a str),
    /// The serial number of a key-only card, as its certificate has it.
    KeyOnlyCard(&'a str),
}

/// A person as the population registry knows them.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The registry's own identifier.
    pub id: String,
    /// Surname in Latin letters.
    pub family_name: String,
    /// Given names in Latin letters.
    pub given_name: String,
    /// Surname in Hangul.
    pub family_name_national: Option<String>,
    /// Given names in Hangul.
    pub given_name_national: Option<String>,
    /// Date of birth.
    pub birth_date: Date,
    /// ISO/IEC 5218.
    pub sex: Option<u8>,
    /// The number in the population registry.
    pub personal_number: Option<Zeroizing<String>>,
    /// Registered address.
    pub address: String,
    /// The number of the resident card that is current; nothing where there is none.
    pub card: Option<String>,
    /// Whether that card is the person's first.
    pub first_card: bool,
    /// Whether the person is dead or gave the citizenship up.
    pub left: bool,
    /// The photograph, a JPEG.
    pub portrait: Option<Vec<u8>>,
}

/// The population registry.
pub trait Population: Send + Sync {
    /// Who that is; nothing where nobody is.
    ///
    /// # Errors
    /// [`PortError`]: then nobody may go on.
    fn find(&self, by: Lookup<'_>) -> Result<Option<Person>, PortError>;
}

/// Compares faces.
pub trait FaceMatch: Send + Sync {
    /// Whether the picture that the phone took shows the person of the portrait, alive.
    ///
    /// # Errors
    /// [`PortError`]: then nobody may go on.
    fn same(&self, portrait: &[u8], picture: &[u8]) -> Result<bool, PortError>;
}

impl std::fmt::Debug for Person {
    // Personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Lookup<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Id(_) => "Id",
            Self::PersonalNumber(_) => "PersonalNumber",
            Self::Document(_) => "Document",
            Self::KeyOnlyCard(_) => "KeyOnlyCard",
        })
    }
}
