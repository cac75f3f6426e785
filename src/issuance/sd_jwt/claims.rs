//! What an issuer attests of a person, under the names of OpenID Connect Core clause 5.1 and of
//! the attribute schemas for person identification data that wallets know.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::issuance::{AGES, Subject};

/// The claims about a person, by their paths: what an issuer's metadata lists. The ages of
/// `age_equal_or_over` are those of [`AGES`].
pub const CLAIMS: [&[&str]; 15] = [
    &["family_name"],
    &["given_name"],
    &["name"],
    &["birthdate"],
    &["age_equal_or_over"],
    &["sex"],
    &["nationalities"],
    &["personal_administrative_number"],
    &["address", "formatted"],
    &["picture"],
    &["document_number"],
    &["issuing_authority"],
    &["issuing_country"],
    &["date_of_issuance"],
    &["date_of_expiry"],
];

/// A claim and its value, or claims that are disclosed one by one below it.
pub(super) enum Claim {
    Plain(Value),
    Inner(Map<String, Value>),
}

/// The claims of a person, in the order of [`CLAIMS`]; what is not known is left out.
pub(super) fn of_subject(subject: &Subject) -> Vec<(&'static str, Claim)> {
    let plain = |value: &str| Some(Claim::Plain(value.into()));
    let day = |date: time::Date| Some(Claim::Plain(date.to_string().into()));
    // The name in the state's own script stands whole, family name first, as it is written.
    let national = [&subject.family_name_national, &subject.given_name_national];
    let name: String = national.into_iter().flatten().map(String::as_str).collect();
    let ages = AGES
        .iter()
        .map(|age| (age.to_string(), subject.is_of_age(*age, subject.issue_date).into()));
    let values = [
        plain(&subject.family_name),
        plain(&subject.given_name),
        plain(&name).filter(|_| !name.is_empty()),
        day(subject.birth_date),
        Some(Claim::Inner(ages.collect())),
        subject.sex.map(|sex| Claim::Plain(sex.into())),
        Some(Claim::Plain(json!([subject.nationality]))),
        subject.personal_number.as_ref().and_then(|number| plain(number)),
        subject.address.as_ref().map(|address| {
            Claim::Inner(Map::from_iter([("formatted".to_owned(), address.as_str().into())]))
        }),
        subject.portrait.as_ref().map(|jpeg| {
            Claim::Plain(format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg)).into())
        }),
        subject.document_number.as_ref().and_then(|number| plain(number)),
        plain(&subject.issuing_authority),
        plain(&subject.issuing_country),
        day(subject.issue_date),
        day(subject.expiry_date),
    ];
    let all = CLAIMS.iter().zip(values);
    all.filter_map(|(path, value)| Some((*path.first()?, value?))).collect()
}
