//! Who a credential is about, whatever its format.

use time::Date;
use zeroize::Zeroizing;

/// What an issuer attests of a person. A format writes it under the claim names of its own
/// standard; the holder shows as little of it as the verifier needs.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    /// Surname in Latin letters.
    pub family_name: String,
    /// Given names in Latin letters.
    pub given_name: String,
    /// Surname in the state's own script.
    pub family_name_national: Option<String>,
    /// Given names in the state's own script.
    pub given_name_national: Option<String>,
    /// Date of birth.
    pub birth_date: Date,
    /// ISO/IEC 5218: 1 male, 2 female; nothing where it is not stated.
    pub sex: Option<u8>,
    /// ISO 3166-1 alpha-2.
    pub nationality: String,
    /// The number in the population registry.
    pub personal_number: Option<Zeroizing<String>>,
    /// Registered address, one line.
    pub address: Option<String>,
    /// The face, a JPEG.
    pub portrait: Option<Vec<u8>>,
    /// Number of the physical card.
    pub document_number: Option<String>,
    /// Who issues the credential.
    pub issuing_authority: String,
    /// ISO 3166-1 alpha-2.
    pub issuing_country: String,
    /// The day of issue, in the issuer's time zone.
    pub issue_date: Date,
    /// The last day of the term, in the issuer's time zone.
    pub expiry_date: Date,
}

impl Subject {
    /// Whether the person is that many years old on that day. Who was born on 29 February has the
    /// birthday of a common year on 1 March.
    pub fn is_of_age(&self, years: u8, on: Date) -> bool {
        let (year, birth) = (self.birth_date.year() + i32::from(years), self.birth_date);
        (on.year(), on.month() as u8, on.day()) >= (year, birth.month() as u8, birth.day())
    }
}

impl std::fmt::Debug for Subject {
    // Personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use time::macros::date;

    use super::*;

    /// Hong Gildong of the resident card, with a face that is none.
    pub(crate) fn hong() -> Subject {
        Subject {
            family_name: "HONG".into(),
            given_name: "GILDONG".into(),
            family_name_national: Some("홍".into()),
            given_name_national: Some("길동".into()),
            birth_date: date!(2007 - 02 - 28),
            sex: Some(1),
            nationality: "KR".into(),
            // Region code 98 was never assigned: nobody can have this number.
            personal_number: Some(Zeroizing::new("070228-3980016".into())),
            address: Some("세종특별자치시 시험로 1 (TEST)".into()),
            portrait: Some(vec![0xFF, 0xD8, 0xFF, 0xD9]),
            document_number: Some("TS0000001".into()),
            issuing_authority: "TEST iccard".into(),
            issuing_country: "KR".into(),
            issue_date: date!(2025 - 03 - 28),
            expiry_date: date!(2028 - 03 - 28),
        }
    }

    #[test]
    fn an_age_is_reached_on_the_birthday() {
        let mut whom = hong();
        assert!(!whom.is_of_age(17, date!(2024 - 02 - 27)));
        assert!(whom.is_of_age(17, date!(2024 - 02 - 28)));
        whom.birth_date = date!(2008 - 02 - 29);
        assert!(!whom.is_of_age(17, date!(2025 - 02 - 28)));
        assert!(whom.is_of_age(17, date!(2025 - 03 - 01)));
    }
}
