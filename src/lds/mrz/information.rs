//! What of a zone opens the chip.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::super::MrzDate;
use super::{BIRTH, EXPIRY, MrzError, NUMBER, check_digit, fits};

/// MRZ_information: document number, date of birth and date of expiry, each with its check digit
/// (ICAO Doc 9303-11 clauses 4.3.2 and 9.7.2). A secret: it opens the card.
#[derive(Clone)]
pub struct MrzInformation(Zeroizing<String>);

impl MrzInformation {
    /// From the three fields as they are printed, without check digits; the dates as YYMMDD.
    /// Fillers at the end of the document number do not matter.
    ///
    /// # Errors
    /// [`MrzError`], naming the field.
    pub fn new(
        document_number: &str,
        date_of_birth: &str,
        date_of_expiry: &str,
    ) -> Result<Self, MrzError> {
        // 9 characters, and 13 more in the optional data of TD1 before check digit and filler.
        const LONGEST: usize = 23;
        let number = document_number.trim_end_matches('<');
        fits(NUMBER, number, LONGEST)?;
        if number.is_empty() {
            return Err(MrzError::Value { field: NUMBER, expected: "at least one character" });
        }
        let number = Zeroizing::new(format!("{number:<<9}"));
        let birth = MrzDate::new(BIRTH, date_of_birth)?;
        let expiry = MrzDate::new(EXPIRY, date_of_expiry)?;
        // Room for all of it at once, so that growing leaves no copy behind.
        let mut information = Zeroizing::new(String::with_capacity(LONGEST + 15));
        for field in [number.as_str(), birth.as_str(), expiry.as_str()] {
            information.push_str(field);
            information.push(check_digit(field));
        }
        Ok(Self(information))
    }

    /// The characters, which are hashed as they are.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for MrzInformation {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for MrzInformation {}

impl std::fmt::Debug for MrzInformation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MrzInformation(..)")
    }
}
