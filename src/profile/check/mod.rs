//! Reading a card profile from TOML, with the place of whatever is wrong.

mod chip;
pub(super) mod faults;
mod key_only;
mod layout;
mod licence;
pub(super) mod names;
mod pki;
mod together;

use std::path::Path;

use time::Date;
use zeroize::Zeroizing;

use super::{
    Document, Limits, Person, PinRules, Profile, ProfileError, Secrets, Travel,
    document::{Found, Table},
    findings::Findings,
    sources::{self, Folder, Sources},
};
use crate::{
    atr::{Atr, HistoricalBytes},
    protocol::pace::PasswordKind,
};
use layout::Has;
use names::SEXES;

pub(super) use licence::licence_date;

/// The version of the schema that this library reads.
pub(super) const SCHEMA: u32 = 1;

/// What a card may be besides a travel document or a licence.
const OTHERS: &[&str] = &["key_only", "file", "password", "key", "data_object"];
/// What makes a card a travel document or a licence.
const TRAVEL: &[&str] = &["person", "document", "face", "fingers", "licence", "pki"];

/// Reads a profile from a text alone, which may include those that are part of the library. `path`
/// is what errors call it.
///
/// # Errors
/// [`ProfileError`] with file, line, column and key: the first of [`check_all`].
pub fn check(text: &str, path: &Path) -> Result<Profile, ProfileError> {
    check_all(text, path).map_err(first)
}

/// The same, and tells of all that is wrong.
///
/// # Errors
/// One [`ProfileError`] at least.
pub fn check_all(text: &str, path: &Path) -> Result<Profile, Vec<ProfileError>> {
    in_folder(Folder::BuiltIn, text, path)
}

/// Reads a profile from its file, with those that it includes and the contents beside it, which
/// stand in its folder or below.
///
/// # Errors
/// [`ProfileError`] with file, line, column and key: the first of [`read_all`].
pub fn read(path: &Path) -> Result<Profile, ProfileError> {
    read_all(path).map_err(first)
}

/// The same, and tells of all that is wrong.
///
/// # Errors
/// One [`ProfileError`] at least.
pub fn read_all(path: &Path) -> Result<Profile, Vec<ProfileError>> {
    let folder = Folder::Disk(path.parent().unwrap_or_else(|| Path::new("")));
    let text = sources::text(path).map_err(|e| vec![e])?;
    in_folder(folder, &text, path)
}

fn first(errors: Vec<ProfileError>) -> ProfileError {
    let first = errors.into_iter().next();
    first.unwrap_or_else(|| ProfileError::personalise("profile", "it cannot be read"))
}

fn in_folder(folder: Folder<'_>, text: &str, path: &Path) -> Result<Profile, Vec<ProfileError>> {
    let sources = Sources::load(folder, text, path).map_err(|e| vec![e])?;
    let document = sources.document().map_err(|e| vec![e])?;
    let root = Table::root(&sources, &document);
    let mut all = Findings::default();
    root.walk(&mut all);
    match checked(&root, &mut all) {
        Some(profile) if all.is_empty() => Ok(profile),
        _ => Err(all.into_all()),
    }
}

fn checked(root: &Table<'_>, all: &mut Findings) -> Option<Profile> {
    let line = |key, most| root.need_text(key).and_then(|found| plain(&found, most));
    let (name, title) = (all.keep(line("name", 60)), all.keep(line("title", 100)));
    let seed = all.keep(line("seed", 200));
    let travel = is_travel(root).then(|| travel(root, seed.as_deref().unwrap_or_default(), all));
    let pace = all.keep(chip::offered_pace(root, travel.is_some()));
    let has_pace = pace.as_ref().is_some_and(|pace| !pace.is_empty());
    let secrets = all.keep(secrets(root, travel.is_some(), has_pace));
    let pin = all.keep(pin_rules(root));
    let limits = all.keep(limits_and_atr(root));
    let bac = all.keep(chip::has_bac(root));
    let chip_authentication =
        all.keep(chip::chip_authentication(root, pace.as_deref().unwrap_or_default()));
    let active_authentication = all.keep(chip::active_authentication(root));
    let terminal_authentication = all.keep(chip::terminal_authentication(root));
    let key_only = all.keep(key_only::key_only(root));
    let (faults, quirks) = (all.keep(faults::faults(root)), all.keep(faults::quirks(root)));
    let has = match (&secrets, &bac, all.is_empty()) {
        (Some(secrets), Some(bac), true) => Some(has(root, secrets, *bac, has_pace)),
        _ => None,
    };
    let layout = layout::layout(root, has.as_ref(), all);
    let (limits, atr) = limits?;
    let profile = Profile {
        name: name?,
        title: title?,
        seed: seed?,
        travel: match travel {
            None => None,
            Some(travel) => Some(travel?),
        },
        key_only: key_only?,
        secrets: secrets?,
        pin: pin?,
        limits,
        atr,
        pace: pace?,
        bac: bac?,
        chip_authentication: chip_authentication?,
        active_authentication: active_authentication?,
        terminal_authentication: terminal_authentication?,
        quirks: quirks?,
        faults: faults?,
        layout,
    };
    together::fits_together(root, &profile, all);
    Some(profile)
}

// What rules can mean on this card.
fn has(root: &Table<'_>, secrets: &Secrets, bac: bool, has_pace: bool) -> Has {
    let (passwords, has_pin, keys) = layout::declared(root);
    let is_licence = root.has("licence");
    let mut pace = Vec::new();
    for (kind, there) in [
        (PasswordKind::Mrz, is_travel(root) && !is_licence),
        (PasswordKind::Can, !secrets.can.is_empty()),
        (PasswordKind::Pin, secrets.pin.is_some()),
        (PasswordKind::Puk, secrets.puk.is_some()),
    ] {
        if has_pace && there {
            pace.push(kind);
        }
    }
    Has {
        pin: has_pin || pace.contains(&PasswordKind::Pin),
        pace,
        basic_access: bac || is_licence,
        passwords,
        keys,
        terminal: root.has("terminal_authentication"),
    }
}

// Whether it is a travel document or a licence: any table of those makes it one, and so does the
// want of anything else.
fn is_travel(root: &Table<'_>) -> bool {
    TRAVEL.iter().any(|key| root.has(key)) || !OTHERS.iter().any(|key| root.has(key))
}

fn travel(root: &Table<'_>, seed: &str, all: &mut Findings) -> Option<Travel> {
    let face = root.table("face").and_then(|face| match face {
        Some(face) => face.number("dg2_size"),
        None => Ok(None),
    });
    let face = all.keep(face);
    let document = root.need_table("document");
    let document = all.keep(document.and_then(|t| document_data(&t, root.has("licence"))));
    let holder = all.keep(root.need_table("person").and_then(|table| person(&table)));
    let fingers = all.keep(chip::fingers(root));
    let pki = all.keep(root.need_table("pki").and_then(|table| pki::pki(&table)));
    let document = document?;
    let licence = all.keep(licence::licence(root, seed, &document));
    Some(Travel {
        person: holder?,
        dg2_size: face?.map_or(15_000, |n| n as usize),
        fingers: fingers?,
        licence: licence?,
        pki: pki?,
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
    Ok(Person {
        surname: name("surname")?,
        given_names: name("given_names")?,
        national_surname: plain(&table.need_text("national_surname")?, 30)?,
        national_given_names: plain(&table.need_text("national_given_names")?, 30)?,
        birth_date: birth.value,
        sex: table.need_text("sex")?.one_of(SEXES)?,
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

fn secrets(root: &Table<'_>, is_travel: bool, has_pace: bool) -> Result<Secrets, ProfileError> {
    if root.has("licence") {
        return Ok(Secrets::default());
    }
    let table = match root.table("secrets")? {
        Some(table) => table,
        None if is_travel || has_pace => return Err(root.missing("secrets")),
        None => return Ok(Secrets::default()),
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
    if is_travel || has_pace && !table.has("pin") {
        table.need("can")?;
    }
    Ok(Secrets {
        can: table.text("can")?.map(|f| digits(f, 6)).transpose()?.unwrap_or_default(),
        pin: table.text("pin")?.map(|f| digits(f, 6)).transpose()?,
        puk: table.text("puk")?.map(|f| digits(f, 10)).transpose()?,
    })
}

fn pin_rules(root: &Table<'_>) -> Result<PinRules, ProfileError> {
    let default = PinRules::default();
    let Some(table) = root.table("pin")? else { return Ok(default) };
    let byte = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
    Ok(PinRules {
        tries: table.number("tries")?.map_or(default.tries, byte),
        activated: table.flag("activated")?.map_or(default.activated, |f| f.value),
        puk_uses: table.number("puk_uses")?.map_or(default.puk_uses, byte),
        required: table.flag("required")?.map_or(default.required, |f| f.value),
    })
}

fn limits_and_atr(root: &Table<'_>) -> Result<(Limits, Atr), ProfileError> {
    let table = root.need_table("limits")?;
    let flag = table.need_flag("extended_length")?;
    let size = |key| -> Result<u16, ProfileError> {
        // EF.ATR/INFO has two bytes for each; less than 1,000 is not allowed (ICAO Doc 9303-10
        // clause 3.6.4.2).
        let size = table.number(key)?;
        Ok(size.and_then(|n| u16::try_from(n).ok()).unwrap_or(u16::MAX))
    };
    let sizes = (size("max_command")?, size("max_response")?);
    let extended = flag.value.then_some(sizes);

    let atr = root.need_table("atr")?.need_text("historical")?;
    let bytes = atr.hex(0..=15)?;
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
