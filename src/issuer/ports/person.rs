//! A person as files and answers have them, and what of it is believed.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use time::{Date, format_description::BorrowedFormatItem, macros::format_description};
use zeroize::Zeroizing;

use super::Person;

/// The largest photograph, which both formats of a credential have room for.
pub(in crate::issuer) const MAX_PORTRAIT: usize = 192 * 1024;
/// The longest name, address or number.
const MAX_TEXT: usize = 256;

/// A person, as the population registry writes them: a row of CSV, or an object of JSON. What is
/// not stated is empty or missing.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Record {
    pub(super) id: String,
    family_name: String,
    given_name: String,
    family_name_national: String,
    given_name_national: String,
    birth_date: String,
    sex: String,
    personal_number: Zeroizing<String>,
    address: String,
    card: String,
    first_card: bool,
    left: bool,
    portrait: String,
}

/// The columns of CSV, in any order.
pub(super) const COLUMNS: [&str; 13] = [
    "id",
    "family_name",
    "given_name",
    "family_name_national",
    "given_name_national",
    "birth_date",
    "sex",
    "personal_number",
    "address",
    "card",
    "first_card",
    "left",
    "portrait",
];

/// Which field is wrong, and what would do; its value is personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) field: &'static str,
    pub(super) expected: &'static str,
}

impl Record {
    /// The person, checked.
    pub(super) fn person(self) -> Result<Person, Fault> {
        const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
        let fault = |field, expected| Err(Fault { field, expected });
        for (field, text, needed) in [
            ("id", &self.id, true),
            ("family_name", &self.family_name, true),
            ("given_name", &self.given_name, true),
            ("family_name_national", &self.family_name_national, false),
            ("given_name_national", &self.given_name_national, false),
            ("personal_number", &*self.personal_number, false),
            ("address", &self.address, true),
            ("card", &self.card, false),
        ] {
            if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
                return fault(field, "at most 256 bytes without control characters");
            }
            if needed && text.trim().is_empty() {
                return fault(field, "a text");
            }
        }
        let sex = match self.sex.as_str() {
            "" => None,
            "0" => Some(0),
            "1" => Some(1),
            "2" => Some(2),
            "9" => Some(9),
            _ => return fault("sex", "0, 1, 2 or 9 (ISO/IEC 5218)"),
        };
        let Ok(birth_date) = Date::parse(&self.birth_date, DAY) else {
            return fault("birth_date", "a day as in 1994-05-05");
        };
        let portrait = match self.portrait.as_str() {
            "" => None,
            text if text.len() > MAX_PORTRAIT * 4 / 3 + 4 => {
                return fault("portrait", "at most 192 KiB");
            }
            text => match STANDARD.decode(text) {
                Ok(jpeg) if jpeg.len() > MAX_PORTRAIT => {
                    return fault("portrait", "at most 192 KiB");
                }
                Ok(jpeg) if jpeg.starts_with(&[0xFF, 0xD8, 0xFF]) => Some(jpeg),
                _ => return fault("portrait", "a JPEG in base64"),
            },
        };
        let maybe = |text: String| Some(text).filter(|text| !text.is_empty());
        Ok(Person {
            id: self.id,
            family_name: self.family_name,
            given_name: self.given_name,
            family_name_national: maybe(self.family_name_national),
            given_name_national: maybe(self.given_name_national),
            birth_date,
            sex,
            personal_number: Some(self.personal_number).filter(|number| !number.is_empty()),
            address: self.address,
            card: maybe(self.card),
            first_card: self.first_card,
            left: self.left,
            portrait,
        })
    }
}
