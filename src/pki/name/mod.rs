//! Distinguished names: those that we read, and those that we give.

mod build;

pub use build::DistinguishedName;

use super::algorithm::{OBJECT_IDENTIFIER, SEQUENCE, SET};
use super::{Oid, PkiError, oid};
use crate::tlv::{self, Tag, Tlv};

const WHAT: &str = "distinguished name";

const UTF8_STRING: Tag = Tag::new(0x0C);
const NUMERIC_STRING: Tag = Tag::new(0x12);
const PRINTABLE_STRING: Tag = Tag::new(0x13);
const TELETEX_STRING: Tag = Tag::new(0x14);
const IA5_STRING: Tag = Tag::new(0x16);
const VISIBLE_STRING: Tag = Tag::new(0x1A);
const UNIVERSAL_STRING: Tag = Tag::new(0x1C);
const BMP_STRING: Tag = Tag::new(0x1E);

/// A name as somebody else wrote it (RFC 5280 clause 4.1.2.4), of any string type, in any order.
#[derive(Clone, PartialEq, Eq)]
pub struct Name {
    der: Vec<u8>,
    rdns: Vec<Vec<Attribute>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Attribute {
    // The bytes of the object identifier, which may be longer than a usual one.
    kind: Vec<u8>,
    value: Value,
}

#[derive(Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Other(Vec<u8>),
}

impl Name {
    /// Reads a name, and nothing behind it.
    ///
    /// # Errors
    /// [`PkiError::Structure`].
    pub fn parse(der: &[u8]) -> Result<Self, PkiError> {
        Self::read(tlv::parse_one(der, SEQUENCE).map_err(PkiError::tlv(WHAT))?)
    }

    pub(super) fn read(name: Tlv<'_>) -> Result<Self, PkiError> {
        let structure = PkiError::tlv(WHAT);
        let name = name.expect(SEQUENCE).map_err(&structure)?;
        let mut rdns = Vec::new();
        for set in name.children().map_err(&structure)? {
            let set = set.and_then(|s| s.expect(SET)).map_err(&structure)?;
            let mut rdn = Vec::new();
            for attribute in set.children().map_err(&structure)? {
                let mut fields = attribute
                    .and_then(|a| a.expect(SEQUENCE))
                    .and_then(|a| a.children())
                    .map_err(&structure)?;
                let kind = fields.expect(OBJECT_IDENTIFIER).map_err(&structure)?.value.to_vec();
                let missing = tlv::TlvError::Missing { expected: PRINTABLE_STRING };
                let value = fields.next().ok_or(missing).and_then(|v| v).map_err(&structure)?;
                fields.end().map_err(&structure)?;
                rdn.push(Attribute { kind, value: Value::read(value) });
            }
            rdns.push(rdn);
        }
        Ok(Self { der: name.raw.to_vec(), rdns })
    }

    /// The name as it came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.rdns.is_empty()
    }

    /// The first country, in capitals: some issuers write it small.
    pub fn country(&self) -> Option<String> {
        let country = self.rdns.iter().flatten().find(|a| a.is(oid::COUNTRY_NAME))?;
        match &country.value {
            Value::Text(text) => Some(text.trim().to_ascii_uppercase()),
            Value::Other(_) => None,
        }
    }

    /// Whether two names are one (RFC 5280 clause 7.1): the same attributes in the same order,
    /// text compared without regard to case, to runs of spaces and to the string type.
    pub fn same(&self, other: &Self) -> bool {
        self.rdns.len() == other.rdns.len()
            && self
                .rdns
                .iter()
                .zip(&other.rdns)
                .all(|(a, b)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)))
    }
}

impl Attribute {
    fn is(&self, kind: Oid) -> bool {
        self.kind == kind.as_bytes()
    }

    fn same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && match (&self.value, &other.value) {
                (Value::Text(a), Value::Text(b)) => folded(a) == folded(b),
                (a, b) => a == b,
            }
    }
}

impl Value {
    fn read(tlv: Tlv<'_>) -> Self {
        let text = match tlv.tag {
            UTF8_STRING | PRINTABLE_STRING | IA5_STRING | TELETEX_STRING | NUMERIC_STRING
            | VISIBLE_STRING => Some(single_bytes(tlv.value)),
            BMP_STRING => wide::<2>(tlv.value),
            UNIVERSAL_STRING => wide::<4>(tlv.value),
            _ => None,
        };
        text.map_or_else(|| Self::Other(tlv.raw.to_vec()), Self::Text)
    }
}

// UTF-8, and what is none of it as Latin-1: that is what those meant who wrote it anyway.
fn single_bytes(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes)
        .map_or_else(|_| bytes.iter().map(|&b| char::from(b)).collect(), str::to_owned)
}

fn wide<const N: usize>(bytes: &[u8]) -> Option<String> {
    let (units, []) = bytes.as_chunks::<N>() else { return None };
    let units = units.iter().map(|u| u.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)));
    Some(units.map(|u| char::from_u32(u).unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

// The short names of RFC 4514 clause 3, and the usual ones of X.520 beside them.
const SHORT: [(Oid, &str); 14] = [
    (oid::COMMON_NAME, "CN"),
    (oid::COUNTRY_NAME, "C"),
    (oid::ORGANIZATION_NAME, "O"),
    (Oid::new_unwrap("2.5.4.11"), "OU"),
    (Oid::new_unwrap("2.5.4.5"), "serialNumber"),
    (Oid::new_unwrap("2.5.4.7"), "L"),
    (Oid::new_unwrap("2.5.4.8"), "ST"),
    (Oid::new_unwrap("2.5.4.9"), "STREET"),
    (Oid::new_unwrap("2.5.4.4"), "SN"),
    (Oid::new_unwrap("2.5.4.42"), "GN"),
    (Oid::new_unwrap("2.5.4.12"), "title"),
    (Oid::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
    (Oid::new_unwrap("0.9.2342.19200300.100.1.1"), "UID"),
    (Oid::new_unwrap("1.2.840.113549.1.9.1"), "emailAddress"),
];

impl std::fmt::Display for Name {
    /// RFC 4514, the most special part first. What a terminal could mistake for a command is
    /// escaped.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, rdn) in self.rdns.iter().rev().enumerate() {
            for (j, attribute) in rdn.iter().enumerate() {
                f.write_str(match (i, j) {
                    (0, 0) => "",
                    (_, 0) => ",",
                    _ => "+",
                })?;
                attribute.write(f)?;
            }
        }
        Ok(())
    }
}

impl Attribute {
    fn write(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match SHORT.iter().find(|(oid, _)| self.is(*oid)) {
            Some((_, name)) => f.write_str(name)?,
            None => match Oid::from_bytes(&self.kind) {
                Ok(oid) => write!(f, "{oid}")?,
                Err(_) => write!(f, "#{}", hex::encode(&self.kind))?,
            },
        }
        match &self.value {
            Value::Text(text) => {
                f.write_str("=")?;
                escaped(text, f)
            }
            Value::Other(raw) => write!(f, "=#{}", hex::encode(raw)),
        }
    }
}

fn escaped(text: &str, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    let last = text.chars().count().saturating_sub(1);
    for (i, c) in text.chars().enumerate() {
        let at_end = i == 0 || i == last;
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{c}")?,
            ' ' if at_end => f.write_str("\\ ")?,
            '#' if i == 0 => f.write_str("\\#")?,
            c if c.is_control() || is_invisible(c) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    write!(f, "\\{byte:02X}")?;
                }
            }
            c => write!(f, "{c}")?,
        }
    }
    Ok(())
}

// Marks that turn the direction of what stands around them, or show nothing at all.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Name({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv::Writer;

    // One attribute to an RDN, in the order in which they are encoded.
    fn name(attributes: &[(Oid, u32, &[u8])]) -> Name {
        let mut w = Writer::new();
        w.constructed(SEQUENCE, |w| {
            for (kind, tag, value) in attributes {
                w.constructed(SET, |w| {
                    w.constructed(SEQUENCE, |w| {
                        w.primitive(OBJECT_IDENTIFIER, kind.as_bytes());
                        w.primitive(Tag::new(*tag), value);
                    });
                });
            }
        });
        Name::parse(&w.finish()).unwrap()
    }

    #[test]
    fn names_match_across_case_spaces_and_string_types() {
        let (c, o, cn) = (oid::COUNTRY_NAME, oid::ORGANIZATION_NAME, oid::COMMON_NAME);
        let ours = name(&[(c, 0x13, b"KR"), (o, 0x13, b"TEST"), (cn, 0x13, b"TEST CSCA KR")]);
        assert_eq!(ours.to_string(), "CN=TEST CSCA KR,O=TEST,C=KR");
        assert_eq!(ours.country().as_deref(), Some("KR"));
        let wide: Vec<u8> = "TEST".chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        let bmp: Vec<u8> = "test csca  kr".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (other, expected) in [
            (vec![(c, 0x0C, &b"KR"[..]), (o, 0x0C, b"TEST"), (cn, 0x0C, b"TEST CSCA KR")], true),
            (vec![(c, 0x13, b"kr"), (o, 0x14, b"test"), (cn, 0x1E, &bmp)], true),
            (vec![(c, 0x16, b"KR "), (o, 0x1C, &wide), (cn, 0x1A, b"TEST CSCA KR")], true),
            (vec![(c, 0x13, b"JP"), (o, 0x13, b"TEST"), (cn, 0x13, b"TEST CSCA KR")], false),
            (vec![(o, 0x13, b"TEST"), (c, 0x13, b"KR"), (cn, 0x13, b"TEST CSCA KR")], false),
            (vec![(c, 0x13, b"KR"), (cn, 0x13, b"TEST CSCA KR")], false),
            (vec![(c, 0x13, b"KR"), (o, 0x05, b"TEST"), (cn, 0x13, b"TEST CSCA KR")], false),
        ] {
            let other = name(&other);
            assert_eq!(ours.same(&other), expected, "{other}");
        }
    }

    #[test]
    fn whatever_stands_in_a_name_is_shown_harmlessly() {
        let cn = oid::COMMON_NAME;
        let odd = Oid::new_unwrap("1.2.3.4");
        for (attribute, expected) in [
            ((cn, 0x0C, &b"a,b+c \x1b[31m"[..]), "CN=a\\,b\\+c \\1B[31m"),
            ((cn, 0x0C, " 시험\u{202E} ".as_bytes()), "CN=\\ 시험\\E2\\80\\AE\\ "),
            ((cn, 0x13, b"Espa\xF1a"), "CN=España"),
            ((cn, 0x1E, b"\xD8\x00"), "CN=\u{FFFD}"),
            ((cn, 0x1E, b"odd"), "CN=#1e036f6464"),
            ((odd, 0x02, b"\x01"), "1.2.3.4=#020101"),
            ((cn, 0x13, b""), "CN="),
        ] {
            assert_eq!(name(&[attribute]).to_string(), expected);
        }
        assert!(Name::parse(&[0x30, 0]).unwrap().is_empty());
        for bad in ["", "3000 00", "30023000", "3002 3100 00", "300631043002 0601"] {
            let bytes = hex::decode(bad.replace(' ', "")).unwrap();
            assert!(Name::parse(&bytes).is_err(), "{bad}");
        }
    }
}
