//! The machine readable zone: TD1, TD2 and TD3 as text and from fields, EF.DG1, the line of a
//! driving licence, the keys' input, dates.
#![no_main]

use iccard::lds::{Dg1, Format, FullDate, Mrz, MrzDate, MrzInformation, Sex, check_digit, edl};
use iccard_fuzz::{parsed, pick, round_trip};
use libfuzzer_sys::fuzz_target;
use time::macros::date;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 6) else { return };
    let text = String::from_utf8_lossy(data);
    match choice {
        0 => {
            if let Some(mrz) = parsed(Mrz::parse(&text)) {
                read(&mrz);
            }
        }
        1 => from_fields(data),
        2 => {
            if let Some(dg1) = round_trip(data, Dg1::parse, Dg1::encode) {
                read(dg1.mrz());
                let text: String = dg1.text().split_whitespace().collect();
                assert_eq!(text.len(), dg1.mrz().format.len());
            }
        }
        3 => {
            if let Some(line) = parsed(edl::Mrz::parse(&text)) {
                assert_eq!(line.as_str().len(), edl::Mrz::LEN);
                assert_eq!(line.bap_input().len(), edl::Mrz::LEN - 2);
                assert!(edl::Mrz::parse(line.as_str()) == Ok(line));
            }
        }
        4 => {
            let configuration = text.chars().next().unwrap_or('<');
            let rest: String = text.chars().skip(1).collect();
            if let Some(line) = parsed(edl::Mrz::new(configuration, &rest)) {
                assert!(edl::Mrz::parse(line.as_str()) == Ok(line));
            }
        }
        _ => pieces(&text),
    }
});

// A zone that was read is written and read to the same, unless its names cannot be written.
fn read(mrz: &Mrz) {
    let information = parsed(mrz.information());
    let Some(text) = parsed(mrz.to_text()) else { return };
    assert_eq!(text.len(), mrz.format.len());
    let again = Mrz::parse(&text).expect("what was written is read");
    assert!(again == *mrz, "read, written and read to something else");
    assert!(parsed(again.information()) == information);
    let lines = mrz.to_lines().expect("the text was written");
    assert!(lines.iter().all(|line| line.len() == mrz.format.width()));
    assert_eq!(lines.concat(), text);
}

// Characters of the zone in most places, so that check digits are right and names long enough.
fn from_fields(data: &[u8]) {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<< -a.";
    let mut parts = data.split(|b| *b == 0).map(|part| -> String {
        part.iter().map(|b| char::from(ALPHABET[usize::from(*b) % ALPHABET.len()])).collect()
    });
    let mut next = || parts.next().unwrap_or_default();
    let number = |text: String| {
        let digits = text.bytes().map(|b| char::from(b'0' + b % 10)).chain("000101".chars());
        digits.take(6).collect::<String>()
    };
    let [birth, expiry] = [number(next()), number(next())];
    let (Some(date_of_birth), Some(date_of_expiry)) =
        (parsed(MrzDate::new("birth", &birth)), parsed(MrzDate::new("expiry", &expiry)))
    else {
        return;
    };
    let choice = data.first().copied().unwrap_or_default();
    let mrz = Mrz {
        format: [Format::Td1, Format::Td2, Format::Td3][usize::from(choice % 3)],
        sex: [Sex::Female, Sex::Male, Sex::Unspecified][usize::from(choice / 3 % 3)],
        document_code: next(),
        issuing_state: next(),
        document_number: next(),
        date_of_birth,
        date_of_expiry,
        nationality: next(),
        primary: next(),
        secondary: next(),
        optional_data: next(),
        optional_data_2: next(),
    };
    let Some(text) = parsed(mrz.to_text()) else { return };
    let again = Mrz::parse(&text).expect("what was written is read");
    assert_eq!(again.to_text().expect("it was written before"), text);
    read(&again);
}

fn pieces(text: &str) {
    let digit = check_digit(text);
    assert!(digit.is_ascii_digit());
    if let Some(date) = parsed(MrzDate::new("a date", text)) {
        let today = date!(2025 - 03 - 28);
        assert!(date.birth(today).is_none_or(|birth| birth <= today));
        let _ = date.expiry(today);
        let _ = date.expiry(time::Date::MAX);
        let _ = date.birth(time::Date::MIN);
    }
    if let Some(date) = FullDate::from_digits(text) {
        assert_eq!(FullDate::from_digits(date.as_str()), Some(date));
        let _ = date.date();
    }
    let mut parts = text.splitn(3, '/');
    let mut next = || parts.next().unwrap_or_default();
    parsed(MrzInformation::new(next(), next(), next()));
}
