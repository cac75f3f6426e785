//! Days of a certificate (TR-03110-3 clause D.2.1.3).

use std::str::FromStr;

use time::{Date, Month, UtcDateTime};

use super::{CvcError, shown};

/// A day from 2000 to 2099, written as six digits `YYMMDD`, one a byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CvcDate(Date);

impl CvcDate {
    /// That day.
    ///
    /// # Errors
    /// [`CvcError::Value`] for a day that is not, or is of another century.
    pub fn new(year: i32, month: u8, day: u8) -> Result<Self, CvcError> {
        Month::try_from(month)
            .and_then(|month| Date::from_calendar_date(year, month, day))
            .ok()
            .filter(|date| (2000..2100).contains(&date.year()))
            .map(Self)
            .ok_or_else(|| {
                CvcError::value("date", format_args!("{year:04}-{month:02}-{day:02} is none"))
            })
    }

    /// The day of a moment; `None` in another century.
    pub fn of(moment: UtcDateTime) -> Option<Self> {
        let date = moment.date();
        (2000..2100).contains(&date.year()).then_some(Self(date))
    }

    /// From the six bytes of a data object.
    ///
    /// # Errors
    /// [`CvcError::Value`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CvcError> {
        match *bytes {
            [y1, y2, m1, m2, d1, d2] if bytes.iter().all(|b| *b <= 9) => {
                Self::new(2000 + i32::from(10 * y1 + y2), 10 * m1 + m2, 10 * d1 + d2)
            }
            _ => Err(CvcError::value("date", format_args!("{} is none", shown(bytes)))),
        }
    }

    /// The six bytes of a data object.
    pub fn to_bytes(self) -> [u8; 6] {
        let pair = |number: u8| [number / 10, number % 10];
        let [y1, y2] = pair((self.0.year() - 2000) as u8);
        let [m1, m2] = pair(self.0.month().into());
        let [d1, d2] = pair(self.0.day());
        [y1, y2, m1, m2, d1, d2]
    }
}

impl FromStr for CvcDate {
    type Err = CvcError;

    /// `2025-12-31`.
    fn from_str(text: &str) -> Result<Self, CvcError> {
        let bad = || CvcError::value("date", format_args!("{text:?}: as in 2025-12-31"));
        let mut parts = text.split('-');
        let mut part = |len: usize| {
            let part = parts.next().filter(|p| p.len() == len);
            part.filter(|p| p.bytes().all(|b| b.is_ascii_digit())).and_then(|p| p.parse().ok())
        };
        let (Some(year), Some(month), Some(day)) = (part(4), part(2), part(2)) else {
            return Err(bad());
        };
        if parts.next().is_some() {
            return Err(bad());
        }
        // Two digits are below 100.
        Self::new(year, month as u8, day as u8)
    }
}

impl std::fmt::Display for CvcDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = (self.0.year(), u8::from(self.0.month()), self.0.day());
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl std::fmt::Debug for CvcDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CvcDate({self})")
    }
}
