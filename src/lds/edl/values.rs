//! Text and dates as driving licences write them.

use crate::lds::error::In;
use crate::lds::{FullDate, LdsError};

/// Text in ISO/IEC 8859-1, at most 255 characters.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// The most characters.
    pub const MAX: usize = 255;

    /// Text for a field of EF.DG1.
    ///
    /// # Errors
    /// [`LdsError::Value`], where a character is none of ISO/IEC 8859-1, or there are too many.
    pub fn new(text: &str) -> Result<Self, LdsError> {
        let at = In(crate::lds::File::Edl(super::File::Dg1));
        if let Some(at_char) = text.chars().position(|c| u32::from(c) > 0xFF) {
            let got = format!("another at character {at_char}");
            return Err(at.value("text", "characters of ISO/IEC 8859-1", got));
        }
        match text.chars().count() {
            n if n > Self::MAX => Err(at.value("text", "at most 255 characters", format!("{n}"))),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn read(at: In, field: &'static str, value: &[u8]) -> Result<Self, LdsError> {
        if value.len() > Self::MAX {
            return Err(at.value(field, "at most 255 bytes", format!("{}", value.len())));
        }
        Ok(Self(value.iter().copied().map(char::from).collect()))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Every character is below 100 hexadecimal.
        self.0.chars().map(|c| c as u8).collect()
    }
}

impl std::fmt::Debug for Text {
    // Names and addresses are personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text(..)")
    }
}

/// A date in four bytes of BCD. Licences of the EU write the day first, others the year; since no
/// month is as large as a century, the bytes themselves say which.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct LicenceDate([u8; 4]);

impl LicenceDate {
    /// From eight digits DDMMYYYY, to be written in that order; `None` for anything else.
    pub fn day_first(digits: &str) -> Option<Self> {
        Self::from_digits(digits).filter(|date| date.is_day_first())
    }

    /// From eight digits YYYYMMDD, to be written in that order; `None` for anything else.
    pub fn year_first(digits: &str) -> Option<Self> {
        Self::from_digits(digits).filter(|date| !date.is_day_first())
    }

    /// The date.
    pub fn full(self) -> FullDate {
        let digits = hex::encode(self.0);
        let day_first = self.is_day_first().then(|| {
            let (day, rest) = digits.split_at(2);
            let (month, year) = rest.split_at(2);
            format!("{year}{month}{day}")
        });
        // Only decimal digits are ever in here.
        FullDate::from_digits(&day_first.unwrap_or(digits)).unwrap_or(FullDate::UNKNOWN)
    }

    /// The bytes as they are written.
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0
    }

    pub(super) fn from_bcd(bytes: [u8; 4]) -> Option<Self> {
        let is_decimal = |byte: &u8| byte >> 4 <= 9 && byte & 0x0F <= 9;
        bytes.iter().all(is_decimal).then_some(Self(bytes))
    }

    pub(super) fn read(at: In, field: &'static str, value: &[u8]) -> Result<Self, LdsError> {
        value.try_into().ok().and_then(Self::from_bcd).ok_or_else(|| {
            let got = match value.len() {
                4 => "four other bytes".to_owned(),
                n => format!("{n} bytes"),
            };
            at.value(field, "a date in four bytes of BCD", got)
        })
    }

    // Years from 1300 on, and months to 12.
    const fn is_day_first(self) -> bool {
        let [_, _, month_or_century, _] = self.0;
        month_or_century > 0x12
    }

    fn from_digits(digits: &str) -> Option<Self> {
        let mut bytes = [0; 4];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Self::from_bcd(bytes)
    }
}

impl std::fmt::Debug for LicenceDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LicenceDate(..)")
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn dates_say_themselves_which_end_comes_first() {
        let day_first = LicenceDate::day_first("17121996").unwrap();
        let year_first = LicenceDate::year_first("19961217").unwrap();
        assert_eq!(day_first.full().date(), Some(date!(1996 - 12 - 17)));
        assert_eq!(year_first.full(), day_first.full());
        assert_ne!(day_first, year_first);
        assert_eq!(LicenceDate::day_first("19961217"), None);
        assert_eq!(LicenceDate::year_first("17121996"), None);
        for century in 19..22 {
            for (day, month) in [(1, 1), (31, 12), (20, 12), (12, 10)] {
                let year = century * 100 + 12;
                let day_first = format!("{day:02}{month:02}{year:04}");
                let year_first = format!("{year:04}{month:02}{day:02}");
                let full = LicenceDate::day_first(&day_first).unwrap().full();
                assert_eq!(LicenceDate::year_first(&year_first).unwrap().full(), full);
                assert_eq!(full.as_str(), year_first);
            }
        }
        for bad in ["", "1712199", "1A121996", "171219960", "1712199G"] {
            assert_eq!(LicenceDate::day_first(bad), None, "{bad}");
        }
        assert_eq!(LicenceDate::from_bcd([0x14, 0x07, 0x3B, 0x17]), None);
        assert_eq!(LicenceDate::from_bcd([0; 4]).unwrap().full().date(), None);
    }

    #[test]
    fn text_is_latin_and_hidden() {
        let text = Text::new("Daniël Mëppel").unwrap();
        assert_eq!(text.to_bytes().len(), 13);
        let at = In(crate::lds::File::Edl(crate::lds::edl::File::Dg1));
        assert_eq!(Text::read(at, "", &text.to_bytes()), Ok(text.clone()));
        assert!(!format!("{text:?}").contains("Dan"));
        assert!(Text::new(&"a".repeat(256)).is_err());
        assert_eq!(
            Text::new("홍").unwrap_err().to_string(),
            "eDL EF.DG1, text: characters of ISO/IEC 8859-1 expected, another at character 0 came"
        );
    }
}
