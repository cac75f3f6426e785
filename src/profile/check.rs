//! Reading a card profile from TOML, with the place of whatever is wrong.

use std::path::Path;

use const_oid::ObjectIdentifier;
use time::Date;
use zeroize::Zeroizing;

use super::{
    ActiveAuthentication, ChipAuthentication, Document, Limits, Person, PinRules, Pki, Profile,
    ProfileError, Secrets,
    document::{self, Found, Source, Table},
    resident_number,
};
use crate::{
    atr::{Atr, HistoricalBytes},
    crypto::{Cipher, Curve, Hash},
    lds::Sex,
    protocol::{chip_auth, pace},
};

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
    "face",
    "pki",
];
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
const PIN: &[&str] = &["tries", "activated", "puk_uses"];
const LIMITS: &[&str] = &["extended_length", "max_command", "max_response"];
const ATR: &[&str] = &["historical"];
const PACE: &[&str] = &["mapping", "curve", "cipher"];
const CHIP_AUTHENTICATION: &[&str] = &["curve", "cipher", "key_id"];
const ACTIVE_AUTHENTICATION: &[&str] = &["curve", "hash"];
const FACE: &[&str] = &["dg2_size"];
const PKI: &[&str] = &[
    "country",
    "organization",
    "csca",
    "csca_from",
    "csca_until",
    "signer",
    "signer_from",
    "signer_until",
];

const CURVES: &[(&str, Curve)] = &[
    ("P-256", Curve::P256),
    ("P-384", Curve::P384),
    ("P-521", Curve::P521),
    ("brainpoolP256r1", Curve::BrainpoolP256r1),
    ("brainpoolP384r1", Curve::BrainpoolP384r1),
    ("brainpoolP512r1", Curve::BrainpoolP512r1),
];
/// The arc of the mapping in `id-PACE-ECDH-*`.
const MAPPINGS: &[(&str, u8)] = &[("GM", 2), ("IM", 4)];
const CIPHERS: &[(&str, Cipher)] =
    &[("AES-128", Cipher::Aes128), ("AES-192", Cipher::Aes192), ("AES-256", Cipher::Aes256)];

/// Reads a profile and checks every value that one line alone can be wrong about. `path` is what
/// errors call it.
///
/// # Errors
/// [`ProfileError`] with file, line, column and key.
pub fn check(text: &str, path: &Path) -> Result<Profile, ProfileError> {
    let source = Source { text, file: path };
    let document = document::parse(source)?;
    let root = Table::root(source, &document, ROOT)?;
    root.need_number("schema", SCHEMA..=SCHEMA)?;
    let pin = root.table("pin", PIN)?;
    let (limits, atr) = limits_and_atr(&root)?;
    let face = root.table("face", FACE)?;
    let dg2_size = face.map(|t| t.number("dg2_size", 4_000..=60_000)).transpose()?.flatten();
    let profile = Profile {
        name: plain(&root.need_text("name")?, 60)?,
        title: plain(&root.need_text("title")?, 100)?,
        seed: plain(&root.need_text("seed")?, 200)?,
        person: person(&root.need_table("person", PERSON)?)?,
        document: document_data(&root.need_table("document", DOCUMENT)?)?,
        secrets: secrets(&root.need_table("secrets", SECRETS)?)?,
        pin: pin.as_ref().map_or_else(|| Ok(PinRules::default()), pin_rules)?,
        limits,
        atr,
        pace: offered_pace(&root)?,
        bac: has_bac(&root)?,
        chip_authentication: root
            .table("chip_authentication", CHIP_AUTHENTICATION)?
            .map(|t| chip_authentication(&t))
            .transpose()?,
        active_authentication: root
            .table("active_authentication", ACTIVE_AUTHENTICATION)?
            .map(|t| active_authentication(&t))
            .transpose()?,
        dg2_size: dg2_size.map_or(15_000, |n| n as usize),
        pki: pki(&root.need_table("pki", PKI)?)?,
    };
    fits_together(&root, &profile)?;
    Ok(profile)
}

// What two tables can contradict each other about.
fn fits_together(root: &Table<'_>, profile: &Profile) -> Result<(), ProfileError> {
    let (document, pki) = (root.need_table("document", DOCUMENT)?, root.need_table("pki", PKI)?);
    let Profile { person, document: card, pki: chain, .. } = profile;
    let issued = document.need_date("issued")?;
    if card.issued <= person.birth_date {
        return Err(issued.bad("a day after the holder's birth", "it is not"));
    }
    if card.issued < chain.signer_validity.0 || card.issued > chain.signer_validity.1 {
        let got = format!("{} came", card.issued);
        return Err(issued.bad("a day on which the document signer is good", got));
    }
    // Readers look the CSCA up by the country of the issuing state.
    if (card.issuing_state == "KOR") != (chain.country == "KR") {
        let got = format!("{:?} came for {}", chain.country, card.issuing_state);
        return Err(pki.need_text("country")?.bad("the issuing state's country code", got));
    }
    let holder = root.need_table("person", PERSON)?;
    if let Some(number) = holder.text("resident_number")? {
        resident_number::check(number.value, person).map_err(|e| number.refused(e))?;
    }
    Ok(())
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

fn document_data(table: &Table<'_>) -> Result<Document, ProfileError> {
    let code = table.need_text("code")?;
    let starts = code.value.starts_with(['A', 'C', 'I', 'P']);
    if !(starts && letters(code.value, 1..=2)) {
        return Err(code.refused("one or two letters, the first A, C or I (TD1) or P (TD3)"));
    }
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
        code: code.value.into(),
        number: number.value.into(),
        issuing_state: state("issuing_state")?,
        nationality: state("nationality")?,
        issued: issued.value,
        expires: expires.value,
        authority: plain(&table.need_text("authority")?, 60)?,
    })
}

fn secrets(table: &Table<'_>) -> Result<Secrets, ProfileError> {
    let digits = |found: Found<'_, &str>, count: usize| {
        let fits = found.value.len() == count && found.value.bytes().all(|b| b.is_ascii_digit());
        if fits {
            Ok(Zeroizing::new(found.value.to_owned()))
        } else {
            let got = format!("{} characters came", found.value.chars().count());
            Err(found.bad(format!("{count} digits"), got))
        }
    };
    Ok(Secrets {
        can: digits(table.need_text("can")?, 6)?,
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

fn has_bac(root: &Table<'_>) -> Result<bool, ProfileError> {
    Ok(root.flag("bac")?.is_some_and(|flag| flag.value))
}

// A card with BAC may do without PACE.
fn offered_pace(root: &Table<'_>) -> Result<Vec<pace::Parameters>, ProfileError> {
    if has_bac(root)? && !root.has("pace") {
        return Ok(Vec::new());
    }
    root.tables("pace", PACE)?.iter().map(pace).collect()
}

fn pace(table: &Table<'_>) -> Result<pace::Parameters, ProfileError> {
    let mapping = table.need_text("mapping")?;
    let arc = mapping.one_of(MAPPINGS)?;
    let curve = table.need_text("curve")?.one_of(CURVES)?;
    let number = cipher_number(table.need_text("cipher")?.one_of(CIPHERS)?);
    oid(&format!("0.4.0.127.0.7.2.2.4.{arc}.{number}"))
        .and_then(|oid| pace::Parameters::new(oid, Some(curve.parameter_id())).ok())
        .ok_or_else(|| mapping.refused("a PACE that this library speaks"))
}

fn chip_authentication(table: &Table<'_>) -> Result<ChipAuthentication, ProfileError> {
    let cipher = table.need_text("cipher")?;
    let number = cipher_number(cipher.one_of(CIPHERS)?);
    let suite = oid(&format!("0.4.0.127.0.7.2.2.3.2.{number}"))
        .and_then(|oid| chip_auth::Suite::new(oid).ok())
        .ok_or_else(|| cipher.refused("a Chip Authentication that this library speaks"))?;
    Ok(ChipAuthentication {
        suite,
        curve: table.need_text("curve")?.one_of(CURVES)?,
        key_id: table.number("key_id", 0..=255)?,
    })
}

fn active_authentication(table: &Table<'_>) -> Result<ActiveAuthentication, ProfileError> {
    Ok(ActiveAuthentication {
        curve: table.need_text("curve")?.one_of(CURVES)?,
        hash: table.need_text("hash")?.one_of(&[("SHA-256", Hash::Sha256)])?,
    })
}

fn pki(table: &Table<'_>) -> Result<Pki, ProfileError> {
    let name = |key| -> Result<String, ProfileError> {
        let found = table.need_text(key)?;
        if !found.value.contains("TEST") {
            return Err(found.refused("a name with the word TEST in it"));
        }
        plain(&found, 60)
    };
    let country = table.need_text("country")?;
    if !letters(country.value, 2..=2) {
        return Err(country.refused("a two-letter code such as KR"));
    }
    let days = |from, until| -> Result<(Date, Date), ProfileError> {
        let (from, until) = (table.need_date(from)?, table.need_date(until)?);
        in_order(&from, &until)?;
        Ok((from.value, until.value))
    };
    let csca_validity = days("csca_from", "csca_until")?;
    let signer_validity = days("signer_from", "signer_until")?;
    if signer_validity.0 < csca_validity.0 || signer_validity.1 > csca_validity.1 {
        return Err(table
            .need_date("signer_from")?
            .refused("days within those of the CSCA's certificate"));
    }
    Ok(Pki {
        country: country.value.into(),
        organization: name("organization")?,
        csca: name("csca")?,
        csca_validity,
        signer: name("signer")?,
        signer_validity,
    })
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

fn oid(text: &str) -> Option<ObjectIdentifier> {
    ObjectIdentifier::new(text).ok()
}

// The last arc of the protocols' object identifiers.
const fn cipher_number(cipher: Cipher) -> u8 {
    match cipher {
        Cipher::TripleDes => 1,
        Cipher::Aes128 => 2,
        Cipher::Aes192 => 3,
        Cipher::Aes256 => 4,
    }
}
