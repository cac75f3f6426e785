//! What a profile says of the chip's protocols.

use const_oid::ObjectIdentifier;

use super::{
    super::{
        ActiveAuthentication, ChipAuthentication, KeyKind, ProfileError, TerminalAuthentication,
        document::{Found, Table},
    },
    names::{CIPHERS, CURVES, GROUPS, HASHES, MAPPINGS},
};
use crate::{
    crypto::{Cipher, Curve, Domain},
    pki::cvc::{Reference, TerminalType},
    protocol::{chip_auth, pace, terminal_auth},
};

/// Every PACE that is offered. A card with BAC may do without, and one that is no travel document;
/// a licence has none.
pub(super) fn offered_pace(
    root: &Table<'_>,
    is_travel: bool,
) -> Result<Vec<pace::Parameters>, ProfileError> {
    if (!is_travel || has_bac(root)? || root.has("licence")) && !root.has("pace") {
        return Ok(Vec::new());
    }
    root.tables("pace")?.iter().map(pace).collect()
}

/// Whether the chip has Basic Access Control.
pub(super) fn has_bac(root: &Table<'_>) -> Result<bool, ProfileError> {
    Ok(root.flag("bac")?.is_some_and(|flag| flag.value))
}

fn pace(table: &Table<'_>) -> Result<pace::Parameters, ProfileError> {
    let mapping = table.need_text("mapping")?;
    let (over_groups, over_curves) = mapping.one_of(MAPPINGS)?;
    let domain = domain(table)?;
    let arc = match domain {
        Domain::Group(_) => over_groups,
        Domain::Curve(_) => over_curves,
    };
    let number = cipher_number(table.need_text("cipher")?.one_of(CIPHERS)?);
    oid(&format!("0.4.0.127.0.7.2.2.4.{arc}.{number}"))
        .and_then(|oid| pace::Parameters::new(oid, Some(domain.parameter_id())).ok())
        .ok_or_else(|| mapping.refused("a PACE that this library speaks"))
}

// A curve or a group, and not both.
fn domain(table: &Table<'_>) -> Result<Domain, ProfileError> {
    match table.text("group")? {
        None => Ok(table.need_text("curve")?.one_of(CURVES)?.into()),
        Some(group) if table.has("curve") => Err(group.refused("a curve or a group, not both,")),
        Some(group) => Ok(group.one_of(GROUPS)?.into()),
    }
}

/// The keys of Chip Authentication.
pub(super) fn chip_authentication(
    root: &Table<'_>,
    pace: &[pace::Parameters],
) -> Result<Vec<ChipAuthentication>, ProfileError> {
    let tables = root.one_or_more_tables("chip_authentication")?;
    let mut keys: Vec<ChipAuthentication> = Vec::new();
    for table in &tables {
        let key = chip_authentication_key(table)?;
        let cipher = table.need_text("cipher")?;
        if tables.len() > 1 && key.key_id.is_none() {
            return Err(cipher.refused("a key_id beside it, as there are several keys,"));
        }
        if keys.iter().any(|other| other.key_id == key.key_id) {
            return Err(cipher.refused("a key_id of its own beside it"));
        }
        // Under one keyId there is one key (ICAO Doc 9303-11 clause 9.2.6).
        let mapped = pace.iter().filter(|p| p.suite().mapping == pace::Mapping::ChipAuthentication);
        for cam in mapped.filter(|cam| key.key_id == Some(cam.parameter_id())) {
            if cam.domain() != key.domain {
                return Err(cipher.refused("the curve of the PACE whose number is its key_id"));
            }
        }
        keys.push(key);
    }
    Ok(keys)
}

fn chip_authentication_key(table: &Table<'_>) -> Result<ChipAuthentication, ProfileError> {
    let domain = domain(table)?;
    let cipher = table.need_text("cipher")?;
    let kind = match domain {
        Domain::Group(_) => 1,
        Domain::Curve(_) => 2,
    };
    let number = cipher_number(cipher.one_of(CIPHERS)?);
    let suite = oid(&format!("0.4.0.127.0.7.2.2.3.{kind}.{number}"))
        .and_then(|oid| chip_auth::Suite::new(oid).ok())
        .ok_or_else(|| cipher.refused("a Chip Authentication that this library speaks"))?;
    let version = match table.number("version")? {
        Some(2) => chip_auth::Version::V2,
        _ => chip_auth::Version::V1,
    };
    let info = table.flag("info")?;
    if let (chip_auth::Version::V2, Some(info @ Found { value: false, .. })) = (version, &info) {
        return Err(info.refused("true, which version 2 needs,"));
    }
    Ok(ChipAuthentication {
        suite,
        version,
        domain,
        key_id: table.number("key_id")?,
        info: info.is_none_or(|flag| flag.value),
    })
}

/// Active Authentication.
pub(super) fn active_authentication(
    root: &Table<'_>,
) -> Result<Option<ActiveAuthentication>, ProfileError> {
    let Some(table) = root.table("active_authentication")? else {
        return Ok(None);
    };
    let hash = table.need_text("hash")?;
    let key = match table.number("rsa")? {
        None => KeyKind::Ec(table.need_text("curve")?.one_of(CURVES)?),
        Some(_) if table.has("curve") => {
            return Err(table.need_text("curve")?.refused("a curve or RSA, not both,"));
        }
        // ISO/IEC 9796-2 wants whole bytes, and no card has odd ones.
        Some(bits) if bits % 64 == 0 => KeyKind::Rsa(bits as usize),
        Some(_) => return Err(hash.refused("rsa beside it to be a multiple of 64")),
    };
    Ok(Some(ActiveAuthentication { key, hash: hash.one_of(HASHES)? }))
}

/// Terminal Authentication.
pub(super) fn terminal_authentication(
    root: &Table<'_>,
) -> Result<Option<TerminalAuthentication>, ProfileError> {
    let Some(table) = root.table("terminal_authentication")? else {
        return Ok(None);
    };
    let name = |key| -> Result<Reference, ProfileError> {
        let found = table.need_text(key)?;
        found.value.parse().map_err(|_| {
            found.refused("a reference such as KRCVCA00001: country, name, five characters")
        })
    };
    let (cvca, verifier, terminal) = (name("cvca")?, name("verifier")?, name("terminal")?);
    if cvca == verifier || verifier == terminal || terminal == cvca {
        return Err(table.need_text("terminal")?.refused("three names that differ"));
    }
    let known = TerminalType::InspectionSystem.known_rights();
    let mut rights = 0;
    for right in table.texts("rights")? {
        let names: Vec<_> = known.iter().map(|known| (known.name, known.bit)).collect();
        rights |= 1 << right.one_of(&names)?;
    }
    if !table.has("rights") {
        // EF.DG3 and EF.DG4.
        rights = 0b11;
    }
    let curve = table.text("curve")?.map(|curve| curve.one_of(CURVES)).transpose()?;
    Ok(Some(TerminalAuthentication {
        version: match table.need_number("version")? {
            2 => terminal_auth::Version::V2,
            _ => terminal_auth::Version::V1,
        },
        curve: curve.unwrap_or(Curve::BrainpoolP256r1),
        cvca,
        verifier,
        terminal,
        rights,
    }))
}

/// The fingers of EF.DG3.
pub(super) fn fingers(root: &Table<'_>) -> Result<Vec<u8>, ProfileError> {
    let Some(table) = root.table("fingers")? else { return Ok(Vec::new()) };
    // Both index fingers, as most passports have them.
    if !table.has("positions") {
        return Ok(vec![2, 7]);
    }
    let mut fingers = Vec::new();
    for position in table.numbers("positions")? {
        let finger = position.value as u8;
        if fingers.contains(&finger) || fingers.len() == 9 {
            return Err(position.refused("each position once, and at most nine,"));
        }
        fingers.push(finger);
    }
    Ok(fingers)
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
