//! Dates as the card's files write them.

use time::{Date, Month};

use super::MrzError;

/// A date of the machine readable zone: YYMMDD, with fillers for what is unknown (ICAO Doc 9303-3
/// clause 4). The zone has no century; [`MrzDate::birth`] and [`MrzDate::expiry`]
/// supply it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MrzDate([u8; 6]);

impl MrzDate {
    /// A date of six characters, each digit or `<`.
    ///
    /// # Errors
    /// [`MrzError::Value`], naming `field`.
    pub fn new(field: &'static str, text: &str) -> Result<Self, MrzError> {
        let error = MrzError::Value { field, expected: "six digits, with < for unknown ones" };
        let bytes: [u8; 6] = text.as_bytes().try_into().map_err(|_| error.clone())?;
        if bytes.iter().all(|b| b.is_ascii_digit() || *b == b'<') {
            Ok(Self(bytes))
        } else {
            Err(error)
        }
    }

    /// The six characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The date with the latest century that does not put it after `today`; `None` where part of
    /// it is unknown or there is no such day.
    pub fn birth(self, today: Date) -> Option<Date> {
        self.in_centuries(today).filter(|d| *d <= today).max()
    }

    /// The date with the century that puts it closest to `today`; `None` where part of it is
    /// unknown or there is no such day. Documents are valid for less than fifty years.
    pub fn expiry(self, today: Date) -> Option<Date> {
        self.in_centuries(today).min_by_key(|d| (*d - today).abs())
    }

    fn in_centuries(self, today: Date) -> impl Iterator<Item = Date> {
        let century = today.year().div_euclid(100);
        let [y1, y2, m1, m2, d1, d2] = self.0.map(|b| b.checked_sub(b'0').filter(|d| *d <= 9));
        let pair = |tens: Option<u8>, ones: Option<u8>| Some(tens? * 10 + ones?);
        let parts = (pair(y1, y2), pair(m1, m2), pair(d1, d2));
        (century - 1..=century + 1).filter_map(move |century| {
            let (Some(year), Some(month), Some(day)) = parts else { return None };
            let month = Month::try_from(month).ok()?;
            Date::from_calendar_date(century * 100 + i32::from(year), month, day).ok()
        })
    }
}

impl From<Date> for MrzDate {
    fn from(date: Date) -> Self {
        let year = date.year().rem_euclid(100) as u8;
        let pair = |n: u8| [b'0' + n / 10 % 10, b'0' + n % 10];
        let ([a, b], [c, d], [e, f]) = (pair(year), pair(date.month().into()), pair(date.day()));
        Self([a, b, c, d, e, f])
    }
}

impl std::fmt::Debug for MrzDate {
    // Dates of birth are personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MrzDate(..)")
    }
}

/// A date of DG11 and DG12: YYYYMMDD, with zeros for what is unknown (ICAO Doc 9303-10 clauses
/// 4.7.11 and 4.7.12).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FullDate([u8; 8]);

impl FullDate {
    /// A date of which nothing is known: `00000000`.
    pub const UNKNOWN: Self = Self(*b"00000000");

    /// From eight digits; `None` for anything else.
    pub fn from_digits(text: &str) -> Option<Self> {
        let bytes: [u8; 8] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_digit).then_some(Self(bytes))
    }

    /// The eight digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The day; `None` where part of it is unknown or there is no such day.
    pub fn date(self) -> Option<Date> {
        let text = self.as_str();
        let year = text.get(..4)?.parse().ok()?;
        let month = Month::try_from(text.get(4..6)?.parse::<u8>().ok()?).ok()?;
        Date::from_calendar_date(year, month, text.get(6..)?.parse().ok()?).ok()
    }

    // Eight ASCII digits, or four bytes of BCD as early documents write it.
    pub(super) fn from_value(value: &[u8]) -> Option<Self> {
        match value.len() {
            4 => Self::from_digits(&hex::encode(value)),
            _ => Self::from_digits(std::str::from_utf8(value).ok()?),
        }
    }
}

impl TryFrom<Date> for FullDate {
    type Error = Date;

    /// Fails for years outside 0 to 9999.
    fn try_from(date: Date) -> Result<Self, Date> {
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        Self::from_digits(&format!("{year:04}{month:02}{day:02}")).ok_or(date)
    }
}

impl std::fmt::Debug for FullDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FullDate(..)")
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn mrz(text: &str) -> MrzDate {
        MrzDate::new("date", text).unwrap()
    }

    #[test]
    fn centuries_follow_from_the_reference_date() {
        let today = date!(2024 - 12 - 27);
        assert_eq!(mrz("070228").birth(today), Some(date!(2007 - 02 - 28)));
        assert_eq!(mrz("241227").birth(today), Some(today));
        assert_eq!(mrz("241228").birth(today), Some(date!(1924 - 12 - 28)));
        assert_eq!(mrz("271227").expiry(today), Some(date!(2027 - 12 - 27)));
        assert_eq!(mrz("991231").expiry(today), Some(date!(1999 - 12 - 31)));
        assert_eq!(mrz("000101").expiry(date!(2095 - 01 - 01)), Some(date!(2100 - 01 - 01)));
        // 29 February is a day in 2000 only, of the centuries in question.
        assert_eq!(mrz("000229").birth(today), Some(date!(2000 - 02 - 29)));
        assert_eq!(mrz("230229").birth(today), None);
        for unknown in ["74<<<<", "<<<<<<", "000000", "741301"] {
            assert_eq!(mrz(unknown).birth(today), None, "{unknown}");
            assert_eq!(mrz(unknown).expiry(today), None, "{unknown}");
        }
        assert_eq!(MrzDate::from(date!(2007 - 02 - 28)).as_str(), "070228");
        assert!(MrzDate::new("date", "7408122").is_err());
        assert!(MrzDate::new("date", "74O812").is_err());
        assert_eq!(mrz("010101").birth(Date::MIN), Some(Date::MIN));
        assert_eq!(mrz("991231").birth(Date::MAX), Some(Date::MAX));
    }

    #[test]
    fn full_dates_come_as_digits_or_bcd() {
        let date = FullDate::from_value(b"20070228").unwrap();
        assert_eq!(date.date(), Some(date!(2007 - 02 - 28)));
        assert_eq!(FullDate::from_value(&[0x20, 0x07, 0x02, 0x28]), Some(date));
        assert_eq!(FullDate::try_from(date!(2007 - 02 - 28)), Ok(date));
        assert_eq!(FullDate::from_digits("19740000").unwrap().date(), None);
        for bad in [&b"2007022"[..], b"2007-2-2", &[0x20, 0x07, 0x02, 0xFF], b""] {
            assert_eq!(FullDate::from_value(bad), None);
        }
        assert!(!format!("{date:?}").contains("2007"));
    }
}
