//! Resident registration numbers that nobody can have.
//!
//! The number is `YYMMDD-SRRBBNC`: date of birth, century and sex, region and place of
//! registration, order, check digit. Regions end at 96, so numbers with 97 to 99 there belong to
//! nobody. A profile may hold no other: no real number can get into a card of ours.

use time::Date;

use super::Person;
use crate::lds::Sex;

/// The regions that were never assigned.
const UNASSIGNED: std::ops::RangeInclusive<u8> = 97..=99;

/// Whether the number is one of this person's that nobody can have.
///
/// # Errors
/// What it should be.
pub(super) fn check(number: &str, person: &Person) -> Result<(), &'static str> {
    const FORM: &str = "13 digits with a hyphen behind the sixth";
    let (front, back) = number.split_once('-').ok_or(FORM)?;
    let digits: Vec<u8> = front.bytes().chain(back.bytes()).map(|b| b.wrapping_sub(b'0')).collect();
    if front.len() != 6 || back.len() != 7 || digits.iter().any(|d| *d > 9) {
        return Err(FORM);
    }
    let (Some(region), Some((check, body))) =
        (back.get(1..3).and_then(|r| r.parse::<u8>().ok()), digits.split_last())
    else {
        return Err(FORM);
    };
    if !UNASSIGNED.contains(&region) {
        return Err("a number that nobody can have, with region 97 to 99 in digits 8 and 9,");
    }
    if !front.bytes().eq(birth(person.birth_date).bytes()) {
        return Err("a number that begins with the date of birth");
    }
    if back.bytes().next() != Some(sex_digit(person)) {
        return Err("a seventh digit for this century and sex (1 to 4)");
    }
    if *check != check_digit(body) {
        return Err("a number whose check digit is right");
    }
    Ok(())
}

/// A number of this person's that nobody can have; `order` fills its free digits.
pub(super) fn impossible(person: &Person, order: u32) -> String {
    let mut number = birth(person.birth_date);
    number.push(char::from(sex_digit(person)));
    let region = u32::from(*UNASSIGNED.start()) + order % 3;
    number.push_str(&format!("{region}{:03}", order / 3 % 1000));
    let digits: Vec<u8> = number.bytes().map(|b| b.wrapping_sub(b'0')).collect();
    number.push(char::from(b'0' + check_digit(&digits)));
    number.insert(6, '-');
    number
}

fn birth(date: Date) -> String {
    format!("{:02}{:02}{:02}", date.year() % 100, u8::from(date.month()), date.day())
}

// 1 and 2 for the 1900s, 3 and 4 for the 2000s; even numbers for women.
fn sex_digit(person: &Person) -> u8 {
    let century = if person.birth_date.year() < 2000 { b'1' } else { b'3' };
    century + u8::from(person.sex == Sex::Female)
}

// Weights 2 to 9, again from 2; eleven minus the sum modulo eleven, its last digit.
fn check_digit(body: &[u8]) -> u8 {
    let sum: u32 = body.iter().zip((2..=9).cycle()).map(|(d, w)| u32::from(*d) * w).sum();
    ((11 - sum % 11) % 10) as u8
}
