//! What makes a card one that has a key and no personal data.

use time::Date;

use super::{
    super::{KeyOnly, ProfileError, document::Table},
    in_order, letters,
    names::{CURVES, HASHES},
    plain,
};
use crate::{
    crypto::{Curve, Hash},
    lds::KEY_ONLY_AID,
};

pub(super) fn key_only(root: &Table<'_>) -> Result<Option<KeyOnly>, ProfileError> {
    let Some(table) = root.table("key_only")? else { return Ok(None) };
    let name = |key| -> Result<String, ProfileError> {
        let found = table.need_text(key)?;
        if !found.value.contains("TEST") {
            return Err(found.refused("a name with the word TEST in it"));
        }
        plain(&found, 60)
    };
    let aid = match table.text("aid")? {
        None => KEY_ONLY_AID.to_vec(),
        // An application's identifier (ISO/IEC 7816-4 clause 8.2.1.2).
        Some(aid) => aid.hex(5..=16)?,
    };
    let serial = table.need_text("serial")?;
    let character = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    if !(1..=16).contains(&serial.value.len()) || !serial.value.bytes().all(character) {
        return Err(serial.refused("1 to 16 characters A to Z and 0 to 9"));
    }
    let country = table.need_text("country")?;
    if !letters(country.value, 2..=2) {
        return Err(country.refused("a two-letter code such as KR"));
    }
    let days = |from, until| -> Result<(Date, Date), ProfileError> {
        let (from, until) = (table.need_date(from)?, table.need_date(until)?);
        in_order(&from, &until)?;
        Ok((from.value, until.value))
    };
    let ca_validity = days("ca_from", "ca_until")?;
    let validity = days("card_from", "card_until")?;
    if validity.0 < ca_validity.0 || validity.1 > ca_validity.1 {
        let from = table.need_date("card_from")?;
        return Err(from.refused("days within those of the card CA's certificate"));
    }
    let curve = table.text("curve")?.map(|curve| curve.one_of(CURVES)).transpose()?;
    let hash = table.text("hash")?.map(|hash| hash.one_of(HASHES)).transpose()?;
    Ok(Some(KeyOnly {
        aid,
        serial: serial.value.into(),
        curve: curve.unwrap_or(Curve::P256),
        hash: hash.unwrap_or(Hash::Sha256),
        country: country.value.into(),
        organization: name("organization")?,
        ca: name("ca")?,
        ca_validity,
        validity,
    }))
}
