//! The one line that is printed on a driving licence for a reader (ISO/IEC 18013-3 amendment 1):
//! what Basic Access Protection makes its keys of.

use zeroize::Zeroizing;

use crate::lds::error::In;
use crate::lds::{File, LdsError, check_digit};

/// The line: 30 characters, `D`, the configuration of Basic Access Protection, 27 characters at
/// the issuer's discretion, and a check digit over all before it. A secret: it opens the card.
#[derive(Clone, PartialEq, Eq)]
pub struct Mrz(Zeroizing<String>);

impl Mrz {
    /// How many characters the line has.
    pub const LEN: usize = 30;

    /// Reads a line and checks its check digit; blanks and line breaks are passed over.
    ///
    /// # Errors
    /// [`LdsError::Value`], naming what is wrong.
    pub fn parse(text: &str) -> Result<Self, LdsError> {
        const LINE: &str = "machine readable line";
        let at = In(File::Edl(super::File::Dg12));
        let line: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).take(100).collect());
        if line.chars().count() != Self::LEN {
            let got = format!("{} characters", line.chars().count());
            return Err(at.value(LINE, "30 characters", got));
        }
        if !line.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'<') {
            return Err(at.value(LINE, "A-Z, 0-9 or <", "something else"));
        }
        if !line.starts_with('D') {
            return Err(at.value(LINE, "D as its first character", "something else"));
        }
        let (checked, digit) = line.split_at(Self::LEN - 1);
        if !digit.starts_with(check_digit(checked)) {
            return Err(at.value(LINE, "its check digit", "another character"));
        }
        Ok(Self(line))
    }

    /// The line of a configuration and what follows it, filled up, with its check digit.
    ///
    /// # Errors
    /// [`LdsError::Value`], where they do not fit the line.
    pub fn new(configuration: char, discretionary: &str) -> Result<Self, LdsError> {
        let line = Zeroizing::new(format!("D{configuration}{discretionary:<<27}"));
        let digit = check_digit(&line);
        Self::parse(&Zeroizing::new(format!("{}{digit}", *line)))
    }

    /// The 30 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The configuration of Basic Access Protection: `1` is that of passports.
    pub fn configuration(&self) -> char {
        self.0.chars().nth(1).unwrap_or('<')
    }

    /// The 28 characters that the keys are made of: all between the first and the check digit.
    pub fn bap_input(&self) -> &str {
        self.0.get(1..Self::LEN - 1).unwrap_or_default()
    }
}

impl std::fmt::Debug for Mrz {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("edl::Mrz(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "D1UTO2L898902C36A7XQ49KD2M5R<9";

    #[test]
    fn a_line_opens_the_card() {
        let mrz = Mrz::new('1', "UTO2L898902C36A7XQ49KD2M5R").unwrap();
        assert_eq!(mrz.as_str(), LINE);
        assert_eq!(mrz.bap_input(), "1UTO2L898902C36A7XQ49KD2M5R<");
        assert_eq!((mrz.bap_input().len(), mrz.configuration()), (28, '1'));
        assert_eq!(Mrz::parse(&format!(" {}\n{} ", &LINE[..9], &LINE[9..])), Ok(mrz.clone()));
        assert_eq!(format!("{mrz:?}"), "edl::Mrz(..)");
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for (bad, expected) in [
            (LINE[1..].to_owned(), "30 characters expected, 29 characters came"),
            ("x".repeat(1 << 16), "30 characters expected, 100 characters came"),
            (LINE.replace('A', "a"), "A-Z, 0-9 or < expected"),
            (LINE.replace('D', "E"), "D as its first character expected"),
            (LINE.replace('7', "8"), "its check digit expected"),
        ] {
            let error = Mrz::parse(&bad).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(Mrz::new('1', &"A".repeat(28)).is_err());
        assert!(Mrz::new('é', "A").is_err());
    }
}
