//! What makes a card a driving licence.

use rand_core::Rng;

use super::{
    super::{Document, Licence, ProfileError, document::Table},
    names::ENCODINGS,
};
use crate::{
    crypto::SeededRng,
    lds::edl::{Category, Encoding, LicenceDate, Mrz, Text},
};

pub(super) fn licence(
    root: &Table<'_>,
    seed: &str,
    document: &Document,
) -> Result<Option<Licence>, ProfileError> {
    let Some(table) = root.table("licence")? else { return Ok(None) };
    let encoding = table.text("encoding")?;
    let encoding = encoding.map(|e| e.one_of(ENCODINGS));
    let encoding = encoding.transpose()?.unwrap_or(Encoding::Eu);
    let place_of_birth = table.text("place_of_birth")?;
    if let (Encoding::Iso, Some(place)) = (encoding, &place_of_birth) {
        return Err(place.refused("no such key, as the encoding ISO has no room for it,"));
    }
    let place_of_birth = place_of_birth.map(|place| {
        Text::new(place.value).map_err(|_| place.refused("characters of ISO/IEC 8859-1"))
    });
    table.need("categories")?;
    Ok(Some(Licence {
        line: line(&table, seed, document)?,
        encoding,
        categories: categories(&table, "categories", encoding, document)?,
        domestic_categories: categories(&table, "domestic_categories", encoding, document)?,
        place_of_birth: place_of_birth.transpose()?,
        signature: table.flag("signature")?.is_some_and(|flag| flag.value),
    }))
}

fn categories(
    table: &Table<'_>,
    key: &str,
    encoding: Encoding,
    document: &Document,
) -> Result<Vec<Category>, ProfileError> {
    let day = |date| licence_date(encoding, date);
    let (issued, expires) = (day(document.issued), day(document.expires));
    let category = |code: super::super::document::Found<'_, &str>| {
        let made = Category::new(code.value, issued, expires);
        made.map_err(|_| code.refused("a category such as B: one to three letters and digits"))
    };
    table.texts(key)?.into_iter().map(category).collect()
}

/// A date as this encoding writes it: licences of the EU have the day first.
pub(in crate::profile) fn licence_date(
    encoding: Encoding,
    date: time::Date,
) -> Option<LicenceDate> {
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    match encoding {
        Encoding::Eu => LicenceDate::day_first(&format!("{day:02}{month:02}{year:04}")),
        Encoding::Iso => LicenceDate::year_first(&format!("{year:04}{month:02}{day:02}")),
    }
}

// The machine readable line. Behind state and number stand characters that nobody can guess, as a
// reader has only the line to open the card with.
fn line(table: &Table<'_>, seed: &str, document: &Document) -> Result<Mrz, ProfileError> {
    const RANDOM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let configuration = table.text("configuration")?;
    let one = configuration.as_ref().map_or("1", |found| found.value);
    if let (Some(found), false) = (&configuration, one == "1") {
        return Err(found.refused("1, the configuration of Basic Access Protection that is known,"));
    }
    let given = table.text("discretionary")?;
    let text = match &given {
        Some(given) => given.value.to_owned(),
        None => {
            let mut rng = SeededRng::new(seed.as_bytes(), "machine readable line");
            let mut text = format!("{}{}", document.issuing_state, document.number);
            while text.len() < 27 {
                text.push(char::from(RANDOM[rng.next_u32() as usize % RANDOM.len()]));
            }
            text
        }
    };
    Mrz::new('1', &text).map_err(|_| match &given {
        Some(given) => given.refused("at most 27 characters A to Z, 0 to 9 or <"),
        // State and number are such characters.
        None => ProfileError::personalise("machine readable line", "it cannot be made"),
    })
}
