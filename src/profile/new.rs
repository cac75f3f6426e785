//! Another synthetic person's card, as a text to keep and to change.

use rand_core::Rng;
use time::{Date, Duration, Month, macros::date};
use toml::Value;

use super::{Person, resident_number};
use crate::{crypto::SeededRng, lds::Sex};

/// Family names, in Latin letters and Hangul.
const SURNAMES: &[(&str, &str)] = &[
    ("KIM", "김"),
    ("LEE", "이"),
    ("PARK", "박"),
    ("CHOI", "최"),
    ("JUNG", "정"),
    ("KANG", "강"),
    ("YOON", "윤"),
    ("JANG", "장"),
    ("LIM", "임"),
    ("HAN", "한"),
];

/// Given names that are told by people who explain forms: nobody in particular.
const GIVEN_NAMES: &[(&str, &str, Sex)] = &[
    ("GILDONG", "길동", Sex::Male),
    ("CHEOLSU", "철수", Sex::Male),
    ("MONGRYONG", "몽룡", Sex::Male),
    ("HEUNGBU", "흥부", Sex::Male),
    ("YEONGHUI", "영희", Sex::Female),
    ("CHUNHYANG", "춘향", Sex::Female),
    ("KONGJWI", "콩쥐", Sex::Female),
    ("SIMCHEONG", "심청", Sex::Female),
];

/// Places of issue, the areas of the pilot, with the registered address.
const PLACES: &[(&str, &str)] = &[
    ("Sejong", "세종특별자치시"),
    ("Goyang", "경기도 고양시"),
    ("Hongcheon", "강원특별자치도 홍천군"),
    ("Geochang", "경상남도 거창군"),
    ("Yeosu", "전라남도 여수시"),
];

/// The text of a card profile for another synthetic person: `name` is what to call it, and
/// everything else follows from `seed`, so that the same two give the same text.
pub fn new_profile(name: &str, seed: &str) -> String {
    let mut rng = SeededRng::new(seed.as_bytes(), "new profile");
    let mut pick = |count: usize| rng.next_u64() as usize % count.max(1);
    let (surname, surname_hangul) = SURNAMES[pick(SURNAMES.len())];
    let (given_names, given_hangul, sex) = GIVEN_NAMES[pick(GIVEN_NAMES.len())];
    let (place, address) = PLACES[pick(PLACES.len())];
    let month = Month::January.nth_next(pick(12) as u8);
    let year = 1950 + pick(58) as i32;
    let birth_date =
        Date::from_calendar_date(year, month, 1 + pick(28) as u8).unwrap_or(date!(2000 - 01 - 01));
    let issued = date!(2025 - 01 - 01) + Duration::days(pick(600) as i64);
    let expires = issued + Duration::days(3_651);
    let mut digits = |count: usize| -> String {
        (0..count).map(|_| char::from(b'0' + pick(10) as u8)).collect()
    };
    let (number, can, pin, puk) = (digits(7), digits(6), digits(6), digits(10));
    let person = Person {
        surname: surname.into(),
        given_names: given_names.into(),
        national_surname: surname_hangul.into(),
        national_given_names: given_hangul.into(),
        birth_date,
        sex,
        resident_number: None,
        address: None,
    };
    let resident_number = resident_number::impossible(&person, pick(3_000) as u32);
    let quoted = |text: &str| Value::from(text).to_string();
    format!(
        r#"# A synthetic person's card; card-profiles/README.md gives the schema. Every key, serial
# number and the face follow from `seed`.

schema = 1
name = {name}
title = "open resident-card profile (not the government's)"
seed = {seed}

[person]
surname = "{surname}"
given_names = "{given_names}"
national_surname = "{surname_hangul}"
national_given_names = "{given_hangul}"
birth_date = {birth_date}
sex = "{sex}"
# Nobody can have this number: its region code was never assigned. Any other is refused.
resident_number = "{resident_number}"
address = "{address} 시험로 1 (TEST)"

[document]
code = "ID"
number = "TS{number}"
issuing_state = "KOR"
nationality = "KOR"
issued = {issued}
expires = {expires}
authority = "{place} (TEST)"

[secrets]
can = "{can}"
pin = "{pin}"
puk = "{puk}"

[pin]
tries = 3
activated = true
puk_uses = 10

[limits]
extended_length = true
max_command = 65535
max_response = 65535

[atr]
historical = "80 31 F8 73 F7 41 E0 82 90 00"

[[pace]]
mapping = "GM"
curve = "P-256"
cipher = "AES-128"

[chip_authentication]
curve = "P-256"
cipher = "AES-128"

[active_authentication]
curve = "P-256"
hash = "SHA-256"

[face]
dg2_size = 15000

[pki]
country = "KR"
organization = "TEST iccard"
csca = "TEST CSCA KR"
csca_from = 2024-01-01
csca_until = 2049-12-31
signer = "TEST Document Signer 1"
signer_from = 2024-07-01
signer_until = 2037-12-31
"#,
        name = quoted(name),
        seed = quoted(seed),
        sex = if sex == Sex::Female { "F" } else { "M" },
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::profile::check;

    #[test]
    fn every_new_profile_is_one() {
        for i in 0..300 {
            let seed = format!("seed \"{i}\"\\\n홍");
            let text = new_profile("a \"card\"", &seed.replace('\n', " "));
            let profile = check(&text, Path::new("new.toml")).unwrap();
            assert_eq!(profile.name, "a \"card\"");
            assert!(
                profile.travel.as_ref().unwrap().document.issued.year()
                    - profile.travel.as_ref().unwrap().person.birth_date.year()
                    >= 17
            );
        }
    }

    #[test]
    fn a_seed_has_its_person() {
        assert_eq!(new_profile("t", "1"), new_profile("t", "1"));
        assert_ne!(new_profile("t", "1"), new_profile("t", "2"));
    }
}
