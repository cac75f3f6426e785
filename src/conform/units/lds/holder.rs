//! LDS_A, EF.COM, and LDS_B, EF.DG1.

use super::{case, find, holds, outer, parsed, there};
use crate::{
    conform::{
        Case,
        terminal::{Stop, Terminal},
    },
    lds::{Com, File, Mrz, MrzError},
};

pub(super) fn cases() -> Vec<Case> {
    let com = File::Com;
    let mut all: Vec<Case> = outer("A", com).into();
    all.push(case("A_lds_version", "the LDS version, 5F01", com, |t, bytes| {
        digits(t, find(bytes, &[0x60, 0x5F01]), 4)
    }));
    all.push(case("A_unicode_version", "the Unicode version, 5F36", com, |t, bytes| {
        digits(t, find(bytes, &[0x60, 0x5F36]), 6)
    }));
    all.push(case("A_tag_list", "the list of data groups, 5C", com, |t, bytes| {
        let com = parsed(t, "the list of tags", Com::parse(bytes))?;
        let known = com.files().count() == com.tags.len();
        holds(t, "every tag is that of a data group", known)?;
        let missing: Vec<_> =
            com.files().filter(|file| !t.card.files.contains(file)).map(File::name).collect();
        let got =
            if missing.is_empty() { "all".into() } else { format!("not {}", missing.join(", ")) };
        t.check("the data groups of the list are on the card", "all", got, missing.is_empty())?;
        let listed: Vec<_> = com.files().collect();
        let unlisted: Vec<_> = t
            .card
            .data_files()
            .filter(|file| file.data_group().is_some() && !listed.contains(file))
            .map(File::name)
            .collect();
        let got =
            if unlisted.is_empty() { "all".into() } else { format!("not {}", unlisted.join(", ")) };
        t.check("the data groups on the card are in the list", "all", got, unlisted.is_empty())
    }));

    let dg1 = File::Dg1;
    all.extend(outer("B", dg1));
    all.push(case("B_zone", "the zone, 5F1F", dg1, |t, bytes| {
        there(t, bytes, &[0x61, 0x5F1F])?;
        let len = find(bytes, &[0x61, 0x5F1F]).unwrap_or_default().len();
        t.check("its length", "72, 88 or 90", len.to_string(), matches!(len, 72 | 88 | 90))
    }));
    all.push(case("B_characters", "A to Z, 0 to 9 and < alone", dg1, |t, bytes| {
        let zone = find(bytes, &[0x61, 0x5F1F]).unwrap_or_default();
        let good = |b: &u8| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'<');
        holds(t, "every character of the zone is one of those", zone.iter().all(good))
    }));
    all.push(case(
        "B_fields",
        "document type, issuer, names, number, dates, sex",
        dg1,
        |t, bytes| match zone(bytes) {
            Err(MrzError::CheckDigit { .. }) => holds(t, "the fields have their form", true),
            other => {
                let mrz = parsed(t, "the fields", other)?;
                let first = mrz.document_code.chars().next();
                let good = matches!(first, Some('A' | 'C' | 'I' | 'P' | 'V'));
                holds(t, "the document code begins with A, C, I, P or V", good)?;
                holds(t, "there is a name", !mrz.primary.is_empty())
            }
        },
    ));
    all.push(case("B_check_digits", "every check digit and the composite one", dg1, |t, bytes| {
        match zone(bytes) {
            Err(error @ MrzError::CheckDigit { .. }) => {
                t.fail("the check digits", "those of their fields", error.to_string())
            }
            _ => holds(t, "the check digits are those of their fields", true),
        }
    }));
    all
}

fn zone(bytes: &[u8]) -> Result<Mrz, MrzError> {
    let zone = find(bytes, &[0x61, 0x5F1F]).unwrap_or_default();
    let text: String = zone.iter().copied().map(char::from).collect();
    Mrz::parse(&text)
}

fn digits(t: &mut Terminal<'_>, value: Option<&[u8]>, len: usize) -> Result<(), Stop> {
    let value = value.unwrap_or_default();
    let right = value.len() == len && value.iter().all(u8::is_ascii_digit);
    let got: String = value.iter().take(16).copied().map(char::from).collect();
    t.check("the value", format!("{len} digits"), format!("{got:?}"), right)
}
