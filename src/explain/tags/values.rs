//! The values of data objects in words.

use super::{Context, Template, text_or_bytes};
use crate::apdu::StatusWord;
use crate::explain::{Node, names, names::count, oid};
use crate::pki::Oid;
use crate::pki::cvc::CvcDate;
use crate::tlv::{Tag, TlvError};

/// A primitive data object.
pub(super) fn leaf(label: String, context: Context, tag: Tag, value: &[u8]) -> Node {
    match special(context, tag, value) {
        Some(Shown::Words(words)) => Node::new(label, words),
        Some(Shown::Both(words)) => Node::new(label, words).bytes(value),
        None if value.is_empty() => Node::new(label, "empty"),
        None => match readable(value) {
            Some(text) => Node::new(label, format!("{text:?}")).bytes(value),
            None => Node::new(label, "").bytes(value),
        },
    }
}

enum Shown {
    /// The words say it all.
    Words(String),
    /// The bytes say more.
    Both(String),
}

// Some text that nobody took for bytes: four printable characters of ASCII or more.
fn readable(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    (4..=64).contains(&value.len()).then_some(text)?;
    text.bytes().all(|b| b.is_ascii_graphic() || b == b' ').then_some(text)
}

fn special(context: Context, tag: Tag, value: &[u8]) -> Option<Shown> {
    let tag = tag.value();
    match (context, tag) {
        (Context::Secure, 0x80 | 0x81) => {
            Some(Shown::Words(format!("{}, not shown", count(value.len(), "byte"))))
        }
        (Context::Secure, 0x99) => match *value {
            [hi, lo] => Some(Shown::Words(StatusWord(u16::from_be_bytes([hi, lo])).to_string())),
            _ => None,
        },
        (Context::Secure, 0x97) => number(value).map(Shown::Both),
        (Context::Environment(_), 0x80) | (_, 0x06) => object_identifier(value),
        (Context::Environment(Template::Authentication), 0x83) => match *value {
            [reference] => names::password(reference).map(|name| Shown::Both(name.into())),
            _ => text(value),
        },
        (Context::Environment(_), 0x83) | (Context::Dynamic, 0x87 | 0x88) => text(value),
        (Context::FileControl, 0x80 | 0x81) => number(value).map(Shown::Both),
        (Context::FileControl, 0x82) => value.first().map(|b| Shown::Both(descriptor(*b).into())),
        (Context::FileControl, 0x83) => match *value {
            [hi, lo] => {
                let fid = u16::from_be_bytes([hi, lo]);
                let name = names::by_fid(fid).map_or_else(String::new, |name| format!(" ({name})"));
                Some(Shown::Words(format!("{fid:04X}{name}")))
            }
            _ => None,
        },
        (Context::FileControl, 0x84) | (_, 0x4F) => Some(Shown::Words(names::aid(value))),
        (Context::FileControl, 0x88) => value.first().map(|b| {
            let sfi = b >> 3;
            let name = names::by_sfi(sfi).map_or_else(String::new, |name| format!(" ({name})"));
            Shown::Both(format!("{sfi:02X}{name}"))
        }),
        (Context::FileControl, 0x8A) => value.first().map(|b| Shown::Both(life_cycle(*b).into())),
        (Context::Certificate, 0x42 | 0x5F20) | (_, 0x50) => text(value),
        (Context::Certificate, 0x5F24 | 0x5F25) => {
            CvcDate::from_bytes(value).ok().map(|date| Shown::Words(date.to_string()))
        }
        (Context::Lds | Context::Open, 0x5C) => tag_list(value).map(Shown::Words),
        (Context::Lds, 0x5F16 | 0x5F1D | 0x5F1E | 0x5F40 | 0x5F43) => {
            Some(Shown::Both(format!("an image, {}", count(value.len(), "byte"))))
        }
        (Context::Lds, 0x5F01..=0x5F56) => text(value),
        (Context::Biometric, 0x02) => number(value).map(Shown::Words),
        (Context::Biometric, 0x81) => match *value {
            [2] => Some(Shown::Both("face".into())),
            [8] => Some(Shown::Both("fingers".into())),
            [0x10] => Some(Shown::Both("irises".into())),
            _ => None,
        },
        (Context::Biometric, 0x5F2E) => Some(Shown::Both(record(value).into())),
        (Context::Asn1 | Context::Open | Context::Lds, 0x01..=0x1E) => asn1(tag, value),
        _ => None,
    }
}

fn asn1(tag: u32, value: &[u8]) -> Option<Shown> {
    Some(Shown::Words(match tag {
        0x01 => if value.iter().any(|b| *b != 0) { "true" } else { "false" }.into(),
        // A negative one is shown as its bytes.
        0x02 | 0x0A if value.first().is_some_and(|b| b & 0x80 != 0) => return None,
        0x02 | 0x0A => return number(value).map(Shown::Words),
        0x05 if value.is_empty() => "NULL".into(),
        0x0C | 0x12..=0x1A => return text(value),
        0x1E => {
            let units = value.chunks(2).map(|pair| match *pair {
                [hi, lo] => u16::from_be_bytes([hi, lo]),
                _ => 0,
            });
            char::decode_utf16(units).collect::<Result<String, _>>().ok()?
        }
        _ => return None,
    }))
}

// A number of at most eight bytes.
fn number(value: &[u8]) -> Option<String> {
    if value.is_empty() || value.len() > 8 {
        return None;
    }
    Some(value.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b)).to_string())
}

fn object_identifier(value: &[u8]) -> Option<Shown> {
    Some(Shown::Words(oid::long(&Oid::from_bytes(value).ok()?)))
}

fn text(value: &[u8]) -> Option<Shown> {
    text_or_bytes(value).filter(|text| !text.is_empty()).map(Shown::Words)
}

// Tags one behind the other, each with its name as a file of the LDS.
fn tag_list(value: &[u8]) -> Option<String> {
    let mut rest = value;
    let mut named = Vec::new();
    while !rest.is_empty() && named.len() < 64 {
        let (tag, behind) = split_tag(rest).ok()?;
        rest = behind;
        let tag = Tag::new(tag);
        named.push(match super::name(Context::Lds, tag) {
            Some(name) => format!("{tag} {name}"),
            None => tag.to_string(),
        });
    }
    Some(named.join(", "))
}

fn split_tag(bytes: &[u8]) -> Result<(u32, &[u8]), TlvError> {
    let bad = TlvError::BadTag { offset: 0 };
    let (&first, rest) = bytes.split_first().ok_or(bad)?;
    if first & 0x1F != 0x1F {
        return Ok((first.into(), rest));
    }
    let (&second, rest) = rest.split_first().ok_or(bad)?;
    let two = u32::from(first) << 8 | u32::from(second);
    if second & 0x80 == 0 {
        return Ok((two, rest));
    }
    let (&third, rest) = rest.split_first().ok_or(bad)?;
    if third & 0x80 != 0 {
        return Err(bad);
    }
    Ok((two << 8 | u32::from(third), rest))
}

// ISO/IEC 7816-4 table 14.
const fn descriptor(byte: u8) -> &'static str {
    match byte & 0x3F {
        0x38 => "DF",
        0x39 => "EF of BER-TLV data objects",
        0x3A => "EF of simple TLV data objects",
        _ => match byte & 7 {
            1 => "transparent EF",
            2 | 3 => "EF of records, linear fixed",
            4 | 5 => "EF of records, linear variable",
            6 | 7 => "EF of records, cyclic",
            _ => "no structure is told",
        },
    }
}

// ISO/IEC 7816-4 table 15.
const fn life_cycle(byte: u8) -> &'static str {
    match byte {
        0 => "no information",
        1 => "creation",
        3 => "initialisation",
        4 | 6 => "operational, deactivated",
        5 | 7 => "operational, activated",
        12..=15 => "termination",
        _ => "proprietary",
    }
}

fn record(value: &[u8]) -> &'static str {
    match value {
        [b'F', b'A', b'C', 0, ..] => "a face, ISO/IEC 19794-5",
        [b'F', b'I', b'R', 0, ..] => "fingers, ISO/IEC 19794-4",
        [b'I', b'I', b'R', 0, ..] => "irises, ISO/IEC 19794-6",
        [0x65, ..] => "a face, ISO/IEC 39794-5",
        [0x64, ..] => "fingers, ISO/IEC 39794-4",
        [0x66, ..] => "irises, ISO/IEC 39794-6",
        _ => "of a format that is not known",
    }
}
