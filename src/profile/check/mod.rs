//! Reading a card profile from TOML, with the place of whatever is wrong.

mod chip;
mod faults;
mod key_only;
mod licence;
mod names;
mod pki;
mod together;

use std::path::Path;

use time::Date;
use zeroize::Zeroizing;

use super::{
    Document, Layout, Limits, Person, PinRules, Profile, ProfileError, Secrets, Travel,
    document::{self, Found, Source, Table},
};
use crate::{
    atr::{Atr, HistoricalBytes},
    lds::Sex,
};

pub(super) use licence::licence_date;

/// The version of the schema that this library reads.
const SCHEMA: u32 = 1;

const ROOT: &[&str] = &[
    "schema",
    "name",
    "title",
    "seed",
    "person",
    "document",
    "secrets",
    "pin",
    "limits",
    "atr",
    "pace",
    "bac",
    "chip_authentication",
    "active_authentication",
    "terminal_authentication",
    "face",
    "fingers",
    "licence",
    "pki",
    "faults",
    "quirks",
    "key_only",
];
/// What a card may be besides a travel document or a licence.
const OTHERS: &[&str] = &["key_only"];
const PERSON: &[&str] = &[
    "surname",
    "given_names",
    "national_surname",
    "national_given_names",
    "birth_date",
    "sex",
    "resident_number",
    "address",
];
const DOCUMENT: &[&str] =
    &["code", "number", "issuing_state", "nationality", "issued", "expires", "authority"];
const SECRETS: &[&str] = &["can", "pin", "puk"];
const PIN: &[&str] = &["tries", "activated", "puk_uses", "required"];
const LIMITS: &[&str] = &["extended_length", "max_command", "max_response"];
const ATR: &[&str] = &["historical"];
const FACE: &[&str] = &["dg2_size"];
/// Reads a profile and checks every value that one line alone can be wrong about. `path` is what
/// errors call it.
///
/// # Errors
/// [`ProfileError`] with file, line, column and key.
pub fn check(text: &str, path: &Path) -> Result<Profile, ProfileError> {
    let source = Source { text, file: path };
    let parsed = document::parse(source)?;
    let root = Table::root(source, &parsed, ROOT)?;
    root.need_number("schema", SCHEMA..=SCHEMA)?;
    let pin = root.table("pin", PIN)?;
    let (limits, atr) = limits_and_atr(&root)?;
    let seed = plain(&root.need_text("seed")?, 200)?;
    let travel = is_travel(&root).then(|| travel(&root, &seed)).transpose()?;
    let pace = chip::offered_pace(&root, travel.is_some())?;
    let profile = Profile {
        name: plain(&root.need_text("name")?, 60)?,
        title: plain(&root.need_text("title")?, 100)?,
        secrets: secrets(&root, travel.as_ref(), !pace.is_empty())?,
        pin: pin.as_ref().map_or_else(|| Ok(PinRules::default()), pin_rules)?,
        limits,
        atr,
        bac: chip::has_bac(&root)?,
        chip_authentication: chip::chip_authentication(&root, &pace)?,
        active_authentication: chip::active_authentication(&root)?,
        terminal_authentication: chip::terminal_authentication(&root)?,
        pace,
        travel,
        key_only: key_only::key_only(&root)?,
        layout: Layout::default(),
        quirks: faults::quirks(&root)?,
        faults: faults::faults(&root)?,
        seed,
    };
    together::fits_together(&root, &profile)?;
    Ok(profile)
}

// Whether it is a travel document or a licence: any table of those makes it one, and so does the
// want of anything else.
fn is_travel(root: &Table<'_>) -> bool {
    ["person", "document", "face", "fingers", "licence", "pki"].iter().any(|key| root.has(key))
        || !OTHERS.iter().any(|key| root.has(key))
}

fn travel(root: &Table<'_>, seed: &str) -> Result<Travel, ProfileError> {
    let face = root.table("face", FACE)?;
    let dg2_size = face.map(|t| t.number("dg2_size", 4_000..=60_000)).transpose()?.flatten();
    let document = document_data(&root.need_table("document", DOCUMENT)?, root.has("licence"))?;
    Ok(Travel {
        person: person(&root.need_table("person", PERSON)?)?,
        dg2_size: dg2_size.map_or(15_000, |n| n as usize),
        fingers: chip::fingers(root)?,
        licence: licence::licence(root, seed, &document)?,
        pki: pki::pki(&root.need_table("pki", pki::PKI)?)?,
        document,
    })
}

fn person(table: &Table<'_>) -> Result<Person, ProfileError> {
    let name = |key| -> Result<String, ProfileError> {
        let found = table.need_text(key)?;
        let fits = !found.value.trim().is_empty()
            && found.value.len() <= 28
            && found.value.chars().all(|c| c.is_ascii_uppercase() || c == ' ');
        if fits {
            Ok(found.value.into())
        } else {
            Err(found.refused("1 to 28 letters A to Z and blanks, as in the MRZ"))
        }
    };
    let birth = table.need_date("birth_date")?;
    if birth.value.year() < 1900 {
        return Err(birth.refused("a year from 1900 on"));
    }
    let sexes = [("M", Sex::Male), ("F", Sex::Female), ("X", Sex::Unspecified)];
    Ok(Person {
        surname: name("surname")?,
        given_names: name("given_names")?,
        national_surname: plain(&table.need_text("national_surname")?, 30)?,
        national_given_names: plain(&table.need_text("national_given_names")?, 30)?,
        birth_date: birth.value,
        sex: table.need_text("sex")?.one_of(&sexes)?,
        resident_number: table.text("resident_number")?.map(|f| f.value.into()),
        address: table.text("address")?.map(|f| plain(&f, 150)).transpose()?,
    })
}

fn document_data(table: &Table<'_>, is_licence: bool) -> Result<Document, ProfileError> {
    let code = match table.text("code")? {
        Some(code) if is_licence => {
            return Err(code.refused("no such key, as a licence has no such zone,"));
        }
        None if is_licence => String::new(),
        _ => {
            let code = table.need_text("code")?;
            let starts = code.value.starts_with(['A', 'C', 'I', 'P']);
            if !(starts && letters(code.value, 1..=2)) {
                let expected = "one or two letters, the first A, C or I (TD1) or P (TD3)";
                return Err(code.refused(expected));
            }
            code.value.into()
        }
    };
    let number = table.need_text("number")?;
    let characters = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    if !(1..=9).contains(&number.value.len()) || !number.value.chars().all(characters) {
        return Err(number.refused("1 to 9 characters A to Z and 0 to 9"));
    }
    let state = |key| -> Result<String, ProfileError> {
        let found = table.need_text(key)?;
        if letters(found.value, 3..=3) {
            Ok(found.value.into())
        } else {
            Err(found.refused("a three-letter code such as KOR"))
        }
    };
    let (issued, expires) = (table.need_date("issued")?, table.need_date("expires")?);
    in_order(&issued, &expires)?;
    Ok(Document {
        code,
        number: number.value.into(),
        issuing_state: state("issuing_state")?,
        nationality: state("nationality")?,
        issued: issued.value,
        expires: expires.value,
        authority: plain(&table.need_text("authority")?, 60)?,
    })
}

fn secrets(
    root: &Table<'_>,
    travel: Option<&Travel>,
    has_pace: bool,
) -> Result<Secrets, ProfileError> {
    if travel.is_some_and(|travel| travel.licence.is_some()) {
        return Ok(Secrets::default());
    }
    let table = match travel {
        Some(_) => root.need_table("secrets", SECRETS)?,
        None => match root.table("secrets", SECRETS)? {
            Some(table) => table,
            None if has_pace => return Err(root.missing("secrets")),
            None => return Ok(Secrets::default()),
        },
    };
    let digits = |found: Found<'_, &str>, count: usize| {
        let fits = found.value.len() == count && found.value.bytes().all(|b| b.is_ascii_digit());
        if fits {
            Ok(Zeroizing::new(found.value.to_owned()))
        } else {
            let got = format!("{} characters came", found.value.chars().count());
            Err(found.bad(format!("{count} digits"), got))
        }
    };
    // PACE needs a password; on a travel document that is at least the CAN.
    if travel.is_some() || has_pace && !table.has("pin") {
        table.need("can")?;
    }
    Ok(Secrets {
        can: table.text("can")?.map(|f| digits(f, 6)).transpose()?.unwrap_or_default(),
        pin: table.text("pin")?.map(|f| digits(f, 6)).transpose()?,
        puk: table.text("puk")?.map(|f| digits(f, 10)).transpose()?,
    })
}

fn pin_rules(table: &Table<'_>) -> Result<PinRules, ProfileError> {
    let default = PinRules::default();
    let byte = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
    Ok(PinRules {
        tries: table.number("tries", 2..=15)?.map_or(default.tries, byte),
        activated: table.flag("activated")?.map_or(default.activated, |f| f.value),
        puk_uses: table.number("puk_uses", 0..=255)?.map_or(default.puk_uses, byte),
        required: table.flag("required")?.map_or(default.required, |f| f.value),
    })
}

fn limits_and_atr(root: &Table<'_>) -> Result<(Limits, Atr), ProfileError> {
    let table = root.need_table("limits", LIMITS)?;
    let flag = table.need_flag("extended_length")?;
    let size = |key| -> Result<u16, ProfileError> {
        // EF.ATR/INFO has two bytes for each; less than 1,000 is not allowed (ICAO Doc 9303-10
        // clause 3.6.4.2).
        let size = table.number(key, 1_000..=65_535)?;
        Ok(size.and_then(|n| u16::try_from(n).ok()).unwrap_or(u16::MAX))
    };
    let sizes = (size("max_command")?, size("max_response")?);
    let extended = flag.value.then_some(sizes);

    let atr = root.need_table("atr", ATR)?.need_text("historical")?;
    let bytes = hex::decode(atr.value.replace(' ', ""))
        .map_err(|_| atr.bad("hexadecimal digits", "other characters came"))?;
    let say = |e: crate::atr::AtrError| atr.bad("historical bytes", e.to_string());
    let historical = HistoricalBytes::parse(&bytes).map_err(say)?;
    let says = historical.card_capabilities().is_some_and(|c| c.extended_length());
    if says != extended.is_some() {
        return Err(flag
            .bad(format!("{says}, as the historical bytes say,"), format!("{} came", flag.value)));
    }
    Ok((Limits { extended }, Atr::from_historical(&bytes).map_err(say)?))
}

fn in_order(first: &Found<'_, Date>, second: &Found<'_, Date>) -> Result<(), ProfileError> {
    if first.value < second.value {
        return Ok(());
    }
    Err(second.bad(format!("a day after {}", first.value), format!("{} came", second.value)))
}

// Text of one line, not empty and not longer than so many bytes in UTF-8.
fn plain(found: &Found<'_, &str>, most: usize) -> Result<String, ProfileError> {
    let text = found.value.trim();
    if text.is_empty() || text.len() > most || text.chars().any(char::is_control) {
        let got = format!("{} bytes came", found.value.len());
        return Err(found.bad(format!("1 to {most} bytes of text on one line"), got));
    }
    Ok(text.into())
}

fn letters(text: &str, count: std::ops::RangeInclusive<usize>) -> bool {
    count.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())
}
