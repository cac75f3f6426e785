//! Times and days as ISO/IEC 18013-5 clause 7.2.1 has them: tdate in whole seconds and UTC,
//! full-date (RFC 8943).

use ciborium::Value;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, PrimitiveDateTime, UtcDateTime};

use super::error::MdocError;

/// tdate: a text of RFC 3339 (RFC 8949 clause 3.4.1).
const TDATE: u64 = 0;
/// full-date (RFC 8943 clause 1.1).
const FULL_DATE: u64 = 1004;

const SECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

pub(super) fn tdate(at: UtcDateTime) -> Result<Value, MdocError> {
    let text = at.truncate_to_second().format(SECONDS);
    let text = text.map_err(|_| MdocError::structure("time", "a year of four digits"))?;
    Ok(Value::Tag(TDATE, Box::new(Value::Text(text))))
}

pub(super) fn full_date(day: Date) -> Result<Value, MdocError> {
    let text = day.format(DAY);
    let text = text.map_err(|_| MdocError::structure("date", "a year of four digits"))?;
    Ok(Value::Tag(FULL_DATE, Box::new(Value::Text(text))))
}

/// A tdate of whole seconds ending in Z, nothing else (clause 7.2.1).
pub(super) fn read_tdate(what: &'static str, value: &Value) -> Result<UtcDateTime, MdocError> {
    let text = match value {
        Value::Tag(TDATE, text) => text.as_text(),
        _ => None,
    };
    text.filter(|text| text.len() == 20)
        .and_then(|text| PrimitiveDateTime::parse(text, SECONDS).ok())
        .map(PrimitiveDateTime::as_utc)
        .ok_or_else(|| MdocError::structure(what, "a tdate in whole seconds and UTC"))
}
