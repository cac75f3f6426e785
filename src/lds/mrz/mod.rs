//! The machine readable zone (ICAO Doc 9303-3 clause 4, Doc 9303-4, 9303-5 and 9303-6).
//!
//! ```
//! use iccard::lds::{Mrz, MrzInformation};
//!
//! let mrz = Mrz::parse(
//!     "I<UTOD231458907<<<<<<<<<<<<<<<
//!      7408122F1204159UTO<<<<<<<<<<<6
//!      ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
//! )?;
//! assert_eq!((mrz.primary.as_str(), mrz.secondary.as_str()), ("ERIKSSON", "ANNA MARIA"));
//! assert_eq!(mrz.information()?.as_str(), "D23145890774081221204159");
//! assert_eq!(MrzInformation::new("D23145890", "740812", "120415")?, mrz.information()?);
//! # Ok::<(), iccard::lds::MrzError>(())
//! ```

mod information;
mod layout;

use super::MrzDate;
pub use information::MrzInformation;
pub use layout::Format;
use layout::{Grid, Layout, Span};

/// Why characters are no machine readable zone. Fields are named, not quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MrzError {
    /// No format has that many characters.
    #[error("MRZ: 90 (TD1), 72 (TD2) or 88 (TD3) characters expected, {got} came")]
    Length {
        /// How many came, without line breaks; counting stops at 100.
        got: usize,
    },
    /// A character outside A to Z, 0 to 9 and `<`.
    #[error("MRZ line {line}, column {column}: A-Z, 0-9 or < expected, {got:?} came")]
    Character {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// The character.
        got: char,
    },
    /// A check digit is wrong.
    #[error(
        "MRZ line {line}, column {column}: check digit of {field} {expected} expected, {got} came"
    )]
    CheckDigit {
        /// What it checks.
        field: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// The digit that the field's characters give.
        expected: char,
        /// The digit in the zone.
        got: char,
    },
    /// A field has another form than the standard gives it.
    #[error("MRZ, {field}: {expected} expected")]
    Value {
        /// The field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A field is too long for its place.
    #[error("MRZ, {field}: at most {limit} characters fit, {got} came")]
    TooLong {
        /// The field.
        field: &'static str,
        /// How many fit.
        limit: usize,
        /// How many came.
        got: usize,
    },
}

/// What the zone says about the sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// `F`.
    Female,
    /// `M`.
    Male,
    /// `<`; some documents print `X`, which is read but never written.
    Unspecified,
}

/// A machine readable zone. Its text fields have no fillers at their end.
#[derive(Clone, PartialEq, Eq)]
pub struct Mrz {
    /// Which of the three formats.
    pub format: Format,
    /// Document code: `P`, `ID`, `I`, `AC`, ...
    pub document_code: String,
    /// Issuing State or organization: `KOR`, `D`, `UTO`.
    pub issuing_state: String,
    /// Document number; over nine characters in TD1 and TD2 it goes on in the optional data.
    pub document_number: String,
    /// Date of birth.
    pub date_of_birth: MrzDate,
    /// Sex.
    pub sex: Sex,
    /// Date of expiry.
    pub date_of_expiry: MrzDate,
    /// Nationality.
    pub nationality: String,
    /// Primary identifier: the surname, its parts with blanks between.
    pub primary: String,
    /// Secondary identifier: the given names, with blanks between; may be empty.
    pub secondary: String,
    /// Optional data; in TD3 the personal number. Without the rest of a long document number.
    pub optional_data: String,
    /// The second optional data of TD1; empty in the others.
    pub optional_data_2: String,
}

const NUMBER: &str = "document number";
const BIRTH: &str = "date of birth";
const EXPIRY: &str = "date of expiry";
const OPTIONAL: &str = "optional data";
const NAME: &str = "name";

impl Mrz {
    /// Reads a zone, with or without line breaks, and checks every check digit.
    ///
    /// # Errors
    /// [`MrzError`], naming the field and its place.
    pub fn parse(text: &str) -> Result<Self, MrzError> {
        let (format, grid) = Grid::read(text)?;
        let layout = format.layout();
        let field = |span| grid.get(span).trim_end_matches('<').to_owned();
        let check = |name, over: &str, digit: Span| {
            let expected = check_digit(over);
            match grid.get(digit).chars().next().unwrap_or('<') {
                got if got == expected => Ok(()),
                got => Err(MrzError::CheckDigit {
                    field: name,
                    line: digit.0.into(),
                    column: digit.1.into(),
                    expected,
                    got,
                }),
            }
        };
        let (document_number, optional_data) = match long_number(&grid, layout)? {
            Some(long) => long,
            None => {
                check(NUMBER, grid.get(layout.number), layout.number_check)?;
                (field(layout.number), field(layout.optional))
            }
        };
        check(BIRTH, grid.get(layout.birth), layout.birth_check)?;
        check(EXPIRY, grid.get(layout.expiry), layout.expiry_check)?;
        if let Some(digit) = layout.optional_check {
            // 9303-4 clause 4.2.2.2: of empty optional data the check digit may be < as well.
            let may_be_filler = optional_data.is_empty() && grid.get(digit) == "<";
            if !may_be_filler {
                check(OPTIONAL, grid.get(layout.optional), digit)?;
            }
        }
        check("the whole zone", &grid.composite(layout), layout.composite)?;
        let (primary, secondary) = split_name(grid.get(layout.name));
        Ok(Self {
            format,
            document_code: field(layout.code),
            issuing_state: field(layout.issuer),
            document_number,
            date_of_birth: MrzDate::new(BIRTH, grid.get(layout.birth))?,
            sex: match grid.get(layout.sex) {
                "F" => Sex::Female,
                "M" => Sex::Male,
                "<" | "X" => Sex::Unspecified,
                _ => return Err(MrzError::Value { field: "sex", expected: "F, M or <" }),
            },
            date_of_expiry: MrzDate::new(EXPIRY, grid.get(layout.expiry))?,
            nationality: field(layout.nationality),
            primary,
            secondary,
            optional_data,
            optional_data_2: layout.optional_2.map(field).unwrap_or_default(),
        })
    }

    /// The zone without line breaks, as DG1 holds it, with all check digits.
    ///
    /// # Errors
    /// [`MrzError`], where a field does not fit its place. Names are not shortened: which part to
    /// leave out is the issuer's decision (ICAO Doc 9303-3 clause 4.6).
    pub fn to_text(&self) -> Result<String, MrzError> {
        let layout = self.format.layout();
        let mut grid = Grid::blank(self.format);
        let mut put = |field, span: Span, text: &str| -> Result<(), MrzError> {
            fits(field, text, span.len())?;
            grid.put(span, text);
            Ok(())
        };
        put("document code", layout.code, &self.document_code)?;
        put("issuing State", layout.issuer, &self.issuing_state)?;
        put("nationality", layout.nationality, &self.nationality)?;
        put(BIRTH, layout.birth, self.date_of_birth.as_str())?;
        put(EXPIRY, layout.expiry, self.date_of_expiry.as_str())?;
        let sex = match self.sex {
            Sex::Female => "F",
            Sex::Male => "M",
            Sex::Unspecified => "<",
        };
        put("sex", layout.sex, sex)?;
        put(NAME, layout.name, &joined_name(&self.primary, &self.secondary)?)?;
        match (layout.optional_2, self.optional_data_2.len()) {
            (Some(span), _) => put(OPTIONAL, span, &self.optional_data_2)?,
            (None, 0) => {}
            (None, got) => return Err(MrzError::TooLong { field: OPTIONAL, limit: 0, got }),
        }
        match self.document_number.split_at_checked(layout.number.len()) {
            Some((principal, rest)) if !rest.is_empty() && layout.long_numbers => {
                let limit = layout.number.len() + layout.optional.len() - 1;
                fits(NUMBER, &self.document_number, limit)?;
                if principal.ends_with('<') || rest.contains('<') {
                    let expected = "no filler from the ninth character on";
                    return Err(MrzError::Value { field: NUMBER, expected });
                }
                let digit = check_digit(&self.document_number);
                let optional = format!("{rest}{digit}<{}", self.optional_data);
                put(NUMBER, layout.number, principal)?;
                put(OPTIONAL, layout.optional, optional.trim_end_matches('<'))?;
            }
            _ => {
                put(NUMBER, layout.number, &self.document_number)?;
                put(OPTIONAL, layout.optional, &self.optional_data)?;
                grid.put_check_digit(layout.number, layout.number_check);
            }
        }
        grid.put_check_digit(layout.birth, layout.birth_check);
        grid.put_check_digit(layout.expiry, layout.expiry_check);
        // Fillers alone are no data, as they are read.
        if let Some(digit) = layout.optional_check
            && !self.optional_data.trim_end_matches('<').is_empty()
        {
            grid.put_check_digit(layout.optional, digit);
        }
        let composite = check_digit(&grid.composite(layout));
        grid.put(layout.composite, composite.encode_utf8(&mut [0; 4]));
        Ok(grid.into_text())
    }

    /// The zone in lines, as it is printed.
    ///
    /// # Errors
    /// As [`Mrz::to_text`].
    pub fn to_lines(&self) -> Result<Vec<String>, MrzError> {
        let text = self.to_text()?;
        let lines = text.as_bytes().chunks(self.format.width());
        Ok(lines.map(|line| line.iter().copied().map(char::from).collect()).collect())
    }

    /// What BAC and PACE derive their key from.
    ///
    /// # Errors
    /// [`MrzError`], where the document number cannot stand in a zone.
    pub fn information(&self) -> Result<MrzInformation, MrzError> {
        MrzInformation::new(
            &self.document_number,
            self.date_of_birth.as_str(),
            self.date_of_expiry.as_str(),
        )
    }
}

impl std::fmt::Debug for Mrz {
    // All of it is personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mrz").field("format", &self.format).finish_non_exhaustive()
    }
}

/// The check digit over characters of a zone: weights 7, 3, 1, modulo 10, `<` counts as 0 (ICAO Doc
/// 9303-3 clause 4.9). Other characters count as 0 too.
pub fn check_digit(text: &str) -> char {
    let sum: u32 = text
        .chars()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(c, weight)| match c {
            '0'..='9' | 'A'..='Z' => c.to_digit(36).unwrap_or(0) * weight,
            _ => 0,
        })
        .fold(0, |sum, n| (sum + n) % 10);
    char::from_digit(sum, 10).unwrap_or('0')
}

// A document number over nine characters: `<` stands for its check digit, and the optional data
// begin with its rest, the check digit and a filler (9303-5 and 9303-6, notes to clause 4.2.2).
fn long_number(grid: &Grid, layout: &Layout) -> Result<Option<(String, String)>, MrzError> {
    let principal = grid.get(layout.number);
    let optional = grid.get(layout.optional);
    let is_long = layout.long_numbers
        && grid.get(layout.number_check) == "<"
        && !principal.ends_with('<')
        && !optional.starts_with('<');
    if !is_long {
        return Ok(None);
    }
    let (rest, optional_data) = optional.split_once('<').unwrap_or((optional, ""));
    let Some((at, got)) = rest.char_indices().last() else { return Ok(None) };
    let number = format!("{principal}{}", rest.get(..at).unwrap_or_default());
    let expected = check_digit(&number);
    if got != expected {
        let Span(line, first, _) = layout.optional;
        let column = usize::from(first) + at;
        return Err(MrzError::CheckDigit {
            field: NUMBER,
            line: line.into(),
            column,
            expected,
            got,
        });
    }
    Ok(Some((number, optional_data.trim_end_matches('<').to_owned())))
}

fn split_name(field: &str) -> (String, String) {
    let (primary, secondary) = field.split_once("<<").unwrap_or((field, ""));
    let words = |part: &str| {
        let words: Vec<_> = part.split('<').filter(|word| !word.is_empty()).collect();
        words.join(" ")
    };
    (words(primary), words(secondary))
}

fn joined_name(primary: &str, secondary: &str) -> Result<String, MrzError> {
    let part = |text: &str| {
        if text.chars().all(|c| c.is_ascii_uppercase() || c == ' ' || c == '-') {
            Ok(text.split([' ', '-']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join("<"))
        } else {
            Err(MrzError::Value { field: NAME, expected: "A-Z, blanks and hyphens" })
        }
    };
    let (primary, secondary) = (part(primary)?, part(secondary)?);
    Ok(match (primary.is_empty(), secondary.is_empty()) {
        (true, _) => {
            return Err(MrzError::Value { field: NAME, expected: "a primary identifier" });
        }
        (_, true) => primary,
        _ => format!("{primary}<<{secondary}"),
    })
}

fn fits(field: &'static str, text: &str, limit: usize) -> Result<(), MrzError> {
    if text.bytes().any(|b| !b.is_ascii_uppercase() && !b.is_ascii_digit() && b != b'<') {
        return Err(MrzError::Value { field, expected: "A-Z, 0-9 or <" });
    }
    if text.len() > limit {
        return Err(MrzError::TooLong { field, limit, got: text.len() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
