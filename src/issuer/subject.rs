//! From a person of the population registry to what a credential says of them, and the form in
//! which the register keeps that sealed between the decision and the issue.

use ciborium::Value;
use time::{Date, UtcDateTime};
use zeroize::Zeroizing;

use super::{Settings, ports::Person};
use crate::{issuance::Subject, policy::Policy};

/// What a credential issued now, for that term, says of a person.
pub(crate) fn subject_of(
    person: &Person,
    settings: &Settings,
    policy: &Policy,
    now: UtcDateTime,
    term_until: UtcDateTime,
) -> Subject {
    Subject {
        family_name: person.family_name.clone(),
        given_name: person.given_name.clone(),
        family_name_national: person.family_name_national.clone(),
        given_name_national: person.given_name_national.clone(),
        birth_date: person.birth_date,
        sex: person.sex,
        nationality: settings.country.clone(),
        personal_number: person.personal_number.clone(),
        address: Some(person.address.clone()),
        portrait: person.portrait.clone(),
        document_number: person.card.clone(),
        issuing_authority: settings.name.clone(),
        issuing_country: settings.country.clone(),
        issue_date: policy.day(now),
        expiry_date: policy.day(term_until),
    }
}

/// The version of the form.
const FORM: u64 = 1;
/// How many items it has, the version included.
const ITEMS: usize = 16;

/// A kept subject that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("kept subject: {expected} expected, something else came")]
pub(crate) struct SubjectError {
    expected: &'static str,
}

/// As the register keeps it: a CBOR array, its version first. It is personal data in the clear, for
/// the register to seal.
pub(crate) fn encode(subject: &Subject) -> Vec<u8> {
    let text = |text: &str| Value::Text(text.to_owned());
    let maybe = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
    let day = |date: Date| Value::from(date.to_julian_day());
    let items = vec![
        Value::from(FORM),
        text(&subject.family_name),
        text(&subject.given_name),
        maybe(&subject.family_name_national),
        maybe(&subject.given_name_national),
        day(subject.birth_date),
        subject.sex.map_or(Value::Null, Value::from),
        text(&subject.nationality),
        subject.personal_number.as_ref().map_or(Value::Null, |number| text(number)),
        maybe(&subject.address),
        subject.portrait.clone().map_or(Value::Null, Value::Bytes),
        maybe(&subject.document_number),
        text(&subject.issuing_authority),
        text(&subject.issuing_country),
        day(subject.issue_date),
        day(subject.expiry_date),
    ];
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = ciborium::into_writer(&Value::Array(items), &mut bytes);
    bytes
}

/// The subject that was kept.
///
/// # Errors
/// [`SubjectError`]: it is of another form.
pub(crate) fn decode(bytes: &[u8]) -> Result<Subject, SubjectError> {
    let wrong = |expected| SubjectError { expected };
    let mut rest = bytes;
    let value: Value = ciborium::de::from_reader_with_recursion_limit(&mut rest, 4)
        .map_err(|_| wrong("an array in CBOR"))?;
    let items = value.into_array().map_err(|_| wrong("an array"))?;
    if items.len() != ITEMS || !rest.is_empty() {
        return Err(wrong("16 items"));
    }
    let mut items = Items(items.into_iter());
    if items.number()? != i64::try_from(FORM).unwrap_or_default() {
        return Err(wrong("version 1"));
    }
    Ok(Subject {
        family_name: items.text()?,
        given_name: items.text()?,
        family_name_national: items.maybe_text()?,
        given_name_national: items.maybe_text()?,
        birth_date: items.day()?,
        sex: match items.next()? {
            Value::Null => None,
            value => Some(
                number(&value)
                    .and_then(|n| u8::try_from(n).ok())
                    .ok_or(SubjectError { expected: "a digit" })?,
            ),
        },
        nationality: items.text()?,
        personal_number: items.maybe_text()?.map(Zeroizing::new),
        address: items.maybe_text()?,
        portrait: match items.next()? {
            Value::Null => None,
            value => Some(value.into_bytes().map_err(|_| wrong("bytes"))?),
        },
        document_number: items.maybe_text()?,
        issuing_authority: items.text()?,
        issuing_country: items.text()?,
        issue_date: items.day()?,
        expiry_date: items.day()?,
    })
}

/// The items, one after the other.
struct Items(std::vec::IntoIter<Value>);

impl Items {
    fn next(&mut self) -> Result<Value, SubjectError> {
        self.0.next().ok_or(SubjectError { expected: "one item more" })
    }

    fn text(&mut self) -> Result<String, SubjectError> {
        self.next()?.into_text().map_err(|_| SubjectError { expected: "a text" })
    }

    fn maybe_text(&mut self) -> Result<Option<String>, SubjectError> {
        match self.next()? {
            Value::Null => Ok(None),
            value => value.into_text().map(Some).map_err(|_| SubjectError { expected: "a text" }),
        }
    }

    fn number(&mut self) -> Result<i64, SubjectError> {
        number(&self.next()?).ok_or(SubjectError { expected: "a number" })
    }

    fn day(&mut self) -> Result<Date, SubjectError> {
        let day = self.number()?;
        let day = i32::try_from(day).ok().and_then(|day| Date::from_julian_day(day).ok());
        day.ok_or(SubjectError { expected: "a day" })
    }
}

fn number(value: &Value) -> Option<i64> {
    i64::try_from(value.as_integer()?).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::{date, utc_datetime};

    use super::*;

    pub(crate) fn hong() -> Person {
        Person {
            id: "P-1".into(),
            family_name: "HONG".into(),
            given_name: "GILDONG".into(),
            family_name_national: Some("홍".into()),
            given_name_national: None,
            birth_date: date!(2007 - 02 - 28),
            sex: Some(1),
            // Region code 98 was never assigned: nobody can have this number.
            personal_number: Some(Zeroizing::new("070228-3980016".into())),
            address: "세종특별자치시 시험로 1 (TEST)".into(),
            card: Some("TS0000001".into()),
            first_card: false,
            left: false,
            portrait: Some(vec![0xFF, 0xD8, 0xFF, 0xD9]),
        }
    }

    #[test]
    fn a_subject_is_kept_whole_and_its_days_are_those_of_the_policy() {
        let (settings, policy) = (Settings::new("https://issuer.test"), Policy::korea_2024());
        // Already the next day in Korea.
        let now = utc_datetime!(2025-03-31 15:00:00);
        let subject = subject_of(&hong(), &settings, &policy, now, policy.term_until(now));
        assert_eq!(subject.issue_date, date!(2025 - 04 - 01));
        assert_eq!(subject.expiry_date, date!(2028 - 04 - 01));
        let kept = encode(&subject);
        assert!(kept.len() < 250, "{}", kept.len());
        assert!(decode(&kept).unwrap() == subject);
        for len in 0..kept.len() {
            assert!(decode(&kept[..len]).is_err());
        }
        let longer = [kept.as_slice(), &[0]].concat();
        assert!(decode(&longer).is_err());
        let mut later = kept;
        later[1] = 2;
        assert_eq!(decode(&later).err(), Some(SubjectError { expected: "version 1" }));
    }
}
