//! The population registry as a file: for trials, and for a nightly export.
//!
//! The first row names the columns: `id,family_name,given_name,family_name_national,
//! given_name_national,birth_date,sex,personal_number,address,card,first_card,left,portrait`, in
//! any order. `id`, the two names, `birth_date` and `address` are needed; a column that is not
//! needed may be missing. Days are `1994-05-05`, truth is `true` or `false`, a portrait is a JPEG in
//! base64. `card` is the number of the current resident card, or the serial number of a key-only
//! one.

use std::collections::HashMap;

use super::{
    Lookup, Person, Population, PortError,
    person::{COLUMNS, Fault, Record},
};

/// The largest file.
pub const MAX_CSV: usize = 1 << 30;
/// The most persons.
pub const MAX_PERSONS: usize = 2_000_000;
/// The longest row: a photograph and what else there is.
const MAX_ROW: usize = 1 << 20;

/// Why a file is no population. Lines are counted from 1; values are personal and stand nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Larger than is read.
    #[error("population: at most {most} bytes expected, {got} came")]
    TooLarge {
        /// How many there may be.
        most: usize,
        /// How many came.
        got: usize,
    },
    /// More persons than are read.
    #[error("population: at most {most} persons expected")]
    TooMany {
        /// How many there may be.
        most: usize,
    },
    /// The first row.
    #[error("population, line 1: {expected} expected")]
    Columns {
        /// What would do.
        expected: String,
    },
    /// Not CSV, or not UTF-8, or another number of fields.
    #[error("population, line {line}: a row in CSV (RFC 4180) and UTF-8 expected")]
    Form {
        /// The line.
        line: u64,
    },
    /// A value of another form.
    #[error("population, line {line}, {column}: {expected} expected")]
    Value {
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
        /// What would do.
        expected: &'static str,
    },
    /// Somebody else has the same identifier, number or card.
    #[error("population, line {line}, {column}: another line has the same")]
    Twice {
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
    },
}

/// The persons of a file, in memory.
#[derive(Default)]
pub struct CsvPopulation {
    persons: Vec<Person>,
    ids: HashMap<String, usize>,
    numbers: HashMap<String, usize>,
    cards: HashMap<String, usize>,
}

impl CsvPopulation {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ImportError`].
    pub fn from_csv(bytes: &[u8]) -> Result<Self, ImportError> {
        if bytes.len() > MAX_CSV {
            return Err(ImportError::TooLarge { most: MAX_CSV, got: bytes.len() });
        }
        let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
        let header = reader.headers().map_err(|_| ImportError::Form { line: 1 })?.clone();
        columns(&header)?;
        let mut all = Self::default();
        let mut row = csv::StringRecord::new();
        loop {
            let start = reader.position().line();
            let form = || ImportError::Form { line: start };
            if !reader.read_record(&mut row).map_err(|_| form())? {
                return Ok(all);
            }
            let line = row.position().map_or(start, csv::Position::line);
            if row.as_byte_record().as_slice().len() > MAX_ROW {
                return Err(ImportError::Form { line });
            }
            let record: Record = row.deserialize(Some(&header)).map_err(|error| {
                match error.kind() {
                    // Only the two truths are anything but text.
                    csv::ErrorKind::Deserialize { err, .. } => {
                        let at = err.field().and_then(|i| header.get(usize::try_from(i).ok()?));
                        let column = if at == Some("left") { "left" } else { "first_card" };
                        ImportError::Value { line, column, expected: "true or false" }
                    }
                    _ => ImportError::Form { line },
                }
            })?;
            let person = record.person();
            let person = person.map_err(|Fault { field, expected }| ImportError::Value {
                line,
                column: field,
                expected,
            })?;
            all.add(person, line)?;
        }
    }

    fn add(&mut self, person: Person, line: u64) -> Result<(), ImportError> {
        if self.persons.len() == MAX_PERSONS {
            return Err(ImportError::TooMany { most: MAX_PERSONS });
        }
        let at = self.persons.len();
        let twice = |column| ImportError::Twice { line, column };
        if self.ids.insert(person.id.clone(), at).is_some() {
            return Err(twice("id"));
        }
        if let Some(number) = &person.personal_number
            && self.numbers.insert(number.to_string(), at).is_some()
        {
            return Err(twice("personal_number"));
        }
        if let Some(card) = &person.card
            && self.cards.insert(card.clone(), at).is_some()
        {
            return Err(twice("card"));
        }
        self.persons.push(person);
        Ok(())
    }

    /// How many persons there are.
    pub fn len(&self) -> usize {
        self.persons.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.persons.is_empty()
    }
}

impl std::fmt::Debug for CsvPopulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CsvPopulation({} persons)", self.len())
    }
}

impl Population for CsvPopulation {
    fn find(&self, by: Lookup<'_>) -> Result<Option<Person>, PortError> {
        let at = match by {
            Lookup::Id(id) => self.ids.get(id),
            Lookup::PersonalNumber(number) => self.numbers.get(number),
            Lookup::Document(number) | Lookup::KeyOnlyCard(number) => self.cards.get(number),
        };
        Ok(at.and_then(|at| self.persons.get(*at)).cloned())
    }
}

fn columns(header: &csv::StringRecord) -> Result<(), ImportError> {
    let mut seen = Vec::new();
    for name in header {
        if !COLUMNS.contains(&name) || seen.contains(&name) {
            let expected = format!("columns of {}, each once,", COLUMNS.join(", "));
            return Err(ImportError::Columns { expected });
        }
        seen.push(name);
    }
    for needed in ["id", "family_name", "given_name", "birth_date", "address"] {
        if !seen.contains(&needed) {
            return Err(ImportError::Columns { expected: format!("a column {needed}") });
        }
    }
    Ok(())
}
