//! Passwords, keys and data objects that a profile declares.

use zeroize::Zeroizing;

use super::{
    super::{
        super::{
            DataObjectSpec, KeyMaterial, KeySpec, KeyUse, PasswordSpec, ProfileError, Rule,
            document::Table, findings::Findings,
        },
        names::{CIPHERS, CURVES, HASHES},
    },
    Has,
    content::content,
    rules::rule,
};
use crate::crypto::{Hash, SecretKey};

/// Declared passwords, keys and data objects, at most, of each.
const MOST: usize = 32;
/// Bytes of a data object, at most.
const MAX_OBJECT: usize = 4_096;

const USES: &[(&str, KeyUse)] = &[
    ("internal", KeyUse::Internal),
    ("external", KeyUse::External),
    ("mutual", KeyUse::Mutual),
    ("sign", KeyUse::Sign),
    ("cipher", KeyUse::Cipher),
    ("checksum", KeyUse::Checksum),
];

/// What a profile calls a use.
pub(super) fn use_name(of: KeyUse) -> &'static str {
    USES.iter().find(|(_, own)| *own == of).map_or("", |(name, _)| name)
}

// Each table under a key, and that none has the number of another.
fn each<T>(
    root: &Table<'_>,
    list: &str,
    key: &str,
    all: &mut Findings,
    mut read: impl FnMut(&Table<'_>) -> Result<T, ProfileError>,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<T> {
    let tables = if root.has(list) { root.tables(list).unwrap_or_default() } else { Vec::new() };
    if tables.len() > MOST {
        all.add(root.misplaced(list, &format!("at most {MOST} of them")));
        return Vec::new();
    }
    let mut found: Vec<T> = Vec::new();
    for table in &tables {
        let Some(value) = all.keep(read(table)) else { continue };
        if found.iter().any(|other| same(other, &value)) {
            all.add(table.misplaced(key, "a value that no other has"));
        } else {
            found.push(value);
        }
    }
    found
}

fn byte(number: Option<u32>) -> Option<u8> {
    number.and_then(|n| u8::try_from(n).ok())
}

pub(super) fn passwords(root: &Table<'_>, all: &mut Findings) -> Vec<PasswordSpec> {
    let (references, ..) = super::declared(root);
    let read = |table: &Table<'_>| password(table, &references);
    each(root, "password", "reference", all, read, |a, b| a.reference == b.reference)
}

fn password(table: &Table<'_>, references: &[u8]) -> Result<PasswordSpec, ProfileError> {
    let reference = byte(Some(table.need_number("reference")?)).unwrap_or_default();
    if !matches!(reference, 0x01..=0x1F | 0x81..=0x9F) {
        return Err(table.misplaced("reference", "0x01 to 0x1F, or 0x81 to 0x9F,"));
    }
    let (hex, text) = (table.text("hex")?, table.text("text")?);
    let value = match (hex, text) {
        (Some(hex), None) => hex.hex(1..=64)?,
        (None, Some(text)) if (1..=64).contains(&text.value.len()) => text.value.into(),
        (_, Some(text)) => return Err(text.refused("1 to 64 bytes, or `hex`,")),
        (None, None) => return Err(table.missing("text")),
    };
    let len = u8::try_from(value.len()).unwrap_or(u8::MAX);
    let least = byte(table.number("min")?).unwrap_or_else(|| len.min(4));
    let most = byte(table.number("max")?).unwrap_or_else(|| len.max(8));
    for (key, fits) in [("min", least <= len), ("max", len <= most)] {
        if !fits {
            return Err(
                table.misplaced(key, &format!("a length that the value's {len} bytes keep"))
            );
        }
    }
    let unblocked_by = byte(table.number("unblocked_by")?);
    if unblocked_by.is_some_and(|by| by == reference || !references.contains(&by)) {
        return Err(table.misplaced("unblocked_by", "the reference of another password"));
    }
    let padding = byte(table.number("padding")?);
    let mut value = Zeroizing::new(value);
    if let Some(padding) = padding {
        value.resize(usize::from(most), padding);
    }
    Ok(PasswordSpec {
        reference,
        value,
        tries: byte(table.number("tries")?).unwrap_or(3),
        unblocked_by,
        is_pin: table.flag("pin")?.is_some_and(|flag| flag.value),
        lengths: (least, most),
        padding,
    })
}

pub(super) fn keys(root: &Table<'_>, has: Option<&Has>, all: &mut Findings) -> Vec<KeySpec> {
    let read = |table: &Table<'_>| key(root, table, has);
    each(root, "key", "number", all, read, |a, b| a.number == b.number)
}

fn key(root: &Table<'_>, table: &Table<'_>, has: Option<&Has>) -> Result<KeySpec, ProfileError> {
    let number = byte(Some(table.need_number("number")?)).unwrap_or_default();
    let hex = table.text("hex")?;
    let (cipher, curve) = (table.text("cipher")?, table.text("curve")?);
    let key = match (&cipher, &curve) {
        (Some(cipher), None) => {
            if table.has("hash") {
                return Err(table.misplaced("hash", "no such key beside `cipher`"));
            }
            let cipher = cipher.one_of(CIPHERS)?;
            let len = cipher.key_len();
            let value = match hex {
                Some(hex) => hex.hex(len..=len)?,
                None => {
                    use rand_core::Rng;
                    let mut value = vec![0; len];
                    let seed = root.need_text("seed")?.value;
                    let label = format!("key {number}");
                    let mut rng = crate::crypto::SeededRng::new(seed.trim().as_bytes(), &label);
                    rng.fill_bytes(&mut value);
                    value
                }
            };
            KeyMaterial::Symmetric { cipher, value: Zeroizing::new(value) }
        }
        (None, Some(curve)) => {
            let curve = curve.one_of(CURVES)?;
            let hash = table.text("hash")?.map(|hash| hash.one_of(HASHES)).transpose()?;
            let value = match hex {
                None => None,
                Some(hex) => {
                    let value = Zeroizing::new(hex.hex(1..=66)?);
                    if SecretKey::from_bytes(curve, &value).is_err() {
                        return Err(hex.refused(&format!("a private key on {curve}")));
                    }
                    Some(value)
                }
            };
            KeyMaterial::Ec { curve, hash: hash.unwrap_or(Hash::Sha256), value }
        }
        (Some(cipher), Some(_)) => return Err(cipher.refused("`cipher` or `curve`, not both,")),
        (None, None) => return Err(table.missing("curve")),
    };
    let uses = table.need_table("uses")?;
    let mut found = Vec::new();
    for (name, of) in USES {
        let Some(rule) = rule(&uses, name, has)? else { continue };
        let fits = match of {
            KeyUse::Sign => curve.is_some(),
            KeyUse::Mutual | KeyUse::Cipher | KeyUse::Checksum => cipher.is_some(),
            KeyUse::Internal | KeyUse::External => true,
        };
        if !fits {
            let expected = "a use that this kind of key has";
            return Err(uses.misplaced(name, expected));
        }
        found.push((*of, rule));
    }
    if found.is_empty() {
        return Err(table.misplaced("uses", "one use at least"));
    }
    Ok(KeySpec { number, key, uses: found })
}

pub(super) fn data_objects(
    root: &Table<'_>,
    has: Option<&Has>,
    all: &mut Findings,
) -> Vec<DataObjectSpec> {
    let read = |table: &Table<'_>| -> Result<DataObjectSpec, ProfileError> {
        let found = table.need_text("tag")?;
        let tag = found.hex(1..=2)?.iter().fold(0, |tag, byte| tag << 8 | u16::from(*byte));
        Ok(DataObjectSpec {
            tag,
            value: content(table, MAX_OBJECT)?.unwrap_or_default(),
            read: rule(table, "read", has)?.unwrap_or(Rule::Always),
            update: rule(table, "update", has)?.unwrap_or(Rule::Never),
        })
    };
    each(root, "data_object", "tag", all, read, |a, b| a.tag == b.tag)
}
