//! Points in time as ASN.1 writes them (ITU-T X.680 clauses 46 and 47).

use time::{Date, Duration, Month, Time, UtcDateTime};

use super::PkiError;
use crate::tlv::{Tag, Tlv, Writer};

pub(super) const UTC_TIME: Tag = Tag::new(0x17);
pub(super) const GENERALIZED_TIME: Tag = Tag::new(0x18);

/// Reads a UTCTime or GeneralizedTime. RFC 5280 clause 4.1.2.5 demands seconds and Z; old issuers
/// left the seconds out, wrote a difference to UTC or nothing at all, which is taken as UTC.
pub(super) fn read(what: &'static str, tlv: Tlv<'_>) -> Result<UtcDateTime, PkiError> {
    let bad = || {
        let text: String = tlv.value.iter().take(32).map(|b| char::from(*b)).collect();
        PkiError::value(what, format_args!("{text:?} is no point in time"))
    };
    match tlv.tag {
        UTC_TIME => utc_time(tlv.value).ok_or_else(bad),
        GENERALIZED_TIME => generalized_time(tlv.value).ok_or_else(bad),
        got => Err(PkiError::tlv(what)(crate::tlv::TlvError::UnexpectedTag {
            expected: GENERALIZED_TIME,
            got,
        })),
    }
}

/// A GeneralizedTime under a tag of its own.
pub(super) fn generalized_time(text: &[u8]) -> Option<UtcDateTime> {
    let (year, rest) = number(text, 4)?;
    moment(year, rest)
}

/// Writes a time as RFC 5280 clause 4.1.2.5 demands: UTCTime up to 2049, GeneralizedTime after.
pub(super) fn write(w: &mut Writer, at: UtcDateTime) {
    if (1950..2050).contains(&at.year()) {
        w.primitive(UTC_TIME, &text(at).as_bytes()[2..]);
    } else {
        write_generalized(w, at);
    }
}

/// Writes a GeneralizedTime of whole seconds.
pub(super) fn write_generalized(w: &mut Writer, at: UtcDateTime) {
    w.primitive(GENERALIZED_TIME, text(at).as_bytes());
}

fn text(at: UtcDateTime) -> String {
    let (date, month) = (at.date(), u8::from(at.month()));
    let (hour, minute, second) = at.time().as_hms();
    format!("{:04}{month:02}{:02}{hour:02}{minute:02}{second:02}Z", date.year(), date.day())
}

fn utc_time(text: &[u8]) -> Option<UtcDateTime> {
    let (year, rest) = number(text, 2)?;
    moment(if year >= 50 { 1900 + year } else { 2000 + year }, rest)
}

// What follows the year.
fn moment(year: u32, text: &[u8]) -> Option<UtcDateTime> {
    let (month, text) = number(text, 2)?;
    let (day, text) = number(text, 2)?;
    let (hour, mut text) = number(text, 2)?;
    let (mut minute, mut second) = (0, 0);
    for part in [&mut minute, &mut second] {
        if text.first().is_some_and(u8::is_ascii_digit) {
            (*part, text) = number(text, 2)?;
        }
    }
    // A fraction of the last part: no certificate lives by it.
    if let [b'.' | b',', fraction @ ..] = text {
        let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
        text = fraction.get(digits..).filter(|_| digits > 0)?;
    }
    let east = match text {
        [] | [b'Z'] => 0,
        [sign @ (b'+' | b'-'), offset @ ..] if matches!(offset.len(), 2 | 4) => {
            let (hours, offset) = number(offset, 2)?;
            let minutes = if offset.is_empty() { 0 } else { number(offset, 2)?.0 };
            let seconds = i64::from(hours * 3600 + minutes * 60);
            if *sign == b'+' { seconds } else { -seconds }
        }
        _ => return None,
    };
    let byte = |n: u32| u8::try_from(n).ok();
    let month = Month::try_from(byte(month)?).ok()?;
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, byte(day)?).ok()?;
    let time = Time::from_hms(byte(hour)?, byte(minute)?, byte(second)?).ok()?;
    UtcDateTime::new(date, time).checked_sub(Duration::seconds(east))
}

fn number(text: &[u8], digits: usize) -> Option<(u32, &[u8])> {
    let (head, rest) = text.split_at_checked(digits)?;
    let number = head.iter().try_fold(0_u32, |n, b| match b {
        b'0'..=b'9' => Some(n * 10 + u32::from(b - b'0')),
        _ => None,
    })?;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::utc_datetime;

    use super::*;
    use crate::tlv::parse_one;

    fn parse(tag: Tag, text: &[u8]) -> Result<UtcDateTime, PkiError> {
        let mut w = Writer::new();
        w.primitive(tag, text);
        let bytes = w.finish();
        read("test", parse_one(&bytes, tag).unwrap())
    }

    #[test]
    fn the_forms_of_old_and_new_issuers_are_read() {
        for (tag, text, expected) in [
            (UTC_TIME, "250328090001Z", utc_datetime!(2025-03-28 09:00:01)),
            (UTC_TIME, "500101000000Z", utc_datetime!(1950-01-01 0:00)),
            (UTC_TIME, "491231235959Z", utc_datetime!(2049-12-31 23:59:59)),
            (UTC_TIME, "0802290900Z", utc_datetime!(2008-02-29 09:00)),
            (UTC_TIME, "0802290030+0130", utc_datetime!(2008-02-28 23:00)),
            (UTC_TIME, "080229003000", utc_datetime!(2008-02-29 00:30)),
            (GENERALIZED_TIME, "20510601000000Z", utc_datetime!(2051-06-01 0:00)),
            (GENERALIZED_TIME, "2051060112.5Z", utc_datetime!(2051-06-01 12:00)),
            (GENERALIZED_TIME, "20510601000000,123-09", utc_datetime!(2051-06-01 9:00)),
            (GENERALIZED_TIME, "99991231235959Z", utc_datetime!(9999-12-31 23:59:59)),
        ] {
            assert_eq!(parse(tag, text.as_bytes()).unwrap(), expected, "{text}");
        }
        for text in [
            "",
            "2503",
            "250229000000Z",
            "251301000000Z",
            "250101240000Z",
            "250101000060Z",
            "250101000000z",
            "250101000000+1",
            "250101000000.Z",
            "250101000000ZZ",
            "25010100000",
            "+50101000000Z",
        ] {
            assert!(parse(UTC_TIME, text.as_bytes()).is_err(), "{text}");
        }
        // The ends of the calendar do not wrap.
        assert!(parse(GENERALIZED_TIME, b"99991231235959-1200").is_err());
        assert!(parse(Tag::new(0x13), b"250328090001Z").is_err());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[0-9Zz+\\-., ]{0,24}", general: bool) {
            let tag = if general { GENERALIZED_TIME } else { UTC_TIME };
            let _ = parse(tag, text.as_bytes());
        }
    }
}
