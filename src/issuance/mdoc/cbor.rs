//! CBOR (RFC 8949) in one form: what hostile input may be before ciborium reads it, and how parts
//! are taken out of what it read.

use std::collections::BTreeSet;

use ciborium::Value;

use super::MAX_MDOC;
use super::error::MdocError;

/// How deep arrays, maps and tags may lie in each other.
pub(super) const MAX_DEPTH: usize = 16;
/// How many items one piece of CBOR may have.
pub(super) const MAX_ITEMS: usize = 1 << 14;
// Identifiers, namespaces, document types.
const MAX_NAME: usize = 128;
/// Embedded CBOR (RFC 8949 clause 3.4.5.1).
const ENCODED_CBOR: u64 = 24;

/// One piece of CBOR, and nothing behind it.
pub(super) fn decode(what: &'static str, bytes: &[u8]) -> Result<Value, MdocError> {
    check(what, bytes)?;
    let fault = "no CBOR";
    ciborium::de::from_reader_with_recursion_limit(bytes, 4 * MAX_DEPTH)
        .map_err(|_| MdocError::Cbor { what, fault, at: 0 })
}

/// Its bytes.
pub(super) fn encode(what: &'static str, value: &Value) -> Result<Vec<u8>, MdocError> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out)
        .map_err(|_| MdocError::structure(what, "something that CBOR has"))?;
    Ok(out)
}

/// #6.24(bstr): CBOR as bytes in CBOR.
pub(super) fn embed(bytes: Vec<u8>) -> Value {
    Value::Tag(ENCODED_CBOR, Box::new(Value::Bytes(bytes)))
}

/// The bytes in #6.24(bstr).
pub(super) fn embedded(what: &'static str, value: &Value) -> Result<Vec<u8>, MdocError> {
    match value {
        Value::Tag(ENCODED_CBOR, inner) => inner.as_bytes().cloned(),
        _ => None,
    }
    .ok_or_else(|| MdocError::structure(what, "CBOR in a byte string under tag 24"))
}

/// A map whose keys are texts, to be taken apart.
pub(super) struct Fields {
    what: &'static str,
    fields: Vec<(Value, Value)>,
}

impl Fields {
    pub(super) fn of(what: &'static str, value: Value) -> Result<Self, MdocError> {
        let fields = value.into_map().map_err(|_| MdocError::structure(what, "a map"))?;
        Ok(Self { what, fields })
    }

    /// The value under that key.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        let at = self.fields.iter().position(|(k, _)| k.as_text() == Some(key))?;
        Some(self.fields.swap_remove(at).1)
    }

    pub(super) fn need(&mut self, key: &'static str) -> Result<Value, MdocError> {
        self.take(key).ok_or_else(|| MdocError::structure(self.what, key))
    }

    /// That nothing is left: outside what is signed there is nothing that we do not know.
    pub(super) fn end(self) -> Result<(), MdocError> {
        if self.fields.is_empty() {
            return Ok(());
        }
        Err(MdocError::structure(self.what, "no other member"))
    }
}

/// The pairs of a map with a name as key each.
pub(super) fn named(
    what: &'static str,
    value: Value,
) -> Result<impl Iterator<Item = Result<(String, Value), MdocError>>, MdocError> {
    let pairs = value.into_map().map_err(|_| MdocError::structure(what, "a map"))?;
    Ok(pairs.into_iter().map(move |(key, value)| Ok((name(what, key)?, value))))
}

pub(super) fn array(what: &'static str, value: Value) -> Result<Vec<Value>, MdocError> {
    value.into_array().map_err(|_| MdocError::structure(what, "an array"))
}

pub(super) fn bytes(what: &'static str, value: Value) -> Result<Vec<u8>, MdocError> {
    value.into_bytes().map_err(|_| MdocError::structure(what, "a byte string"))
}

pub(super) fn text(what: &'static str, value: Value) -> Result<String, MdocError> {
    value.into_text().map_err(|_| MdocError::structure(what, "a text"))
}

pub(super) fn uint(what: &'static str, value: &Value) -> Result<u64, MdocError> {
    let number = value.as_integer().and_then(|n| u64::try_from(n).ok());
    number.ok_or_else(|| MdocError::structure(what, "a number that is not negative"))
}

/// A text that names something: short, and nothing that a terminal would obey.
pub(super) fn name(what: &'static str, value: Value) -> Result<String, MdocError> {
    let text = text(what, value)?;
    if text.is_empty() || text.len() > MAX_NAME || text.contains(char::is_control) {
        return Err(MdocError::structure(what, "a name of at most 128 bytes"));
    }
    Ok(text)
}

struct Open<'a> {
    // How many items are to come before it is whole.
    left: u64,
    // Of a map: where the key begins that is being read, and the keys so far.
    keys: Option<(usize, BTreeSet<&'a [u8]>)>,
}

/// That these bytes are one item in the one form that is read, with nothing behind it. Not
/// recursive, and nothing is allocated by a length that they state.
fn check(what: &'static str, bytes: &[u8]) -> Result<(), MdocError> {
    if bytes.len() > MAX_MDOC {
        return Err(MdocError::TooMuch { what, limit: MAX_MDOC, got: bytes.len() });
    }
    let mut at = 0;
    let mut items = 0;
    let mut open: Vec<Open<'_>> = Vec::new();
    loop {
        let fault = |fault| MdocError::Cbor { what, fault, at };
        if items == MAX_ITEMS {
            return Err(MdocError::TooMuch { what: "items", limit: MAX_ITEMS, got: items + 1 });
        }
        items += 1;
        let start = at;
        let (major, argument, next) = head(bytes, at).map_err(fault)?;
        let mut end = next;
        let mut inner = None;
        match major {
            2 | 3 => {
                let len = usize::try_from(argument).ok();
                end = len.and_then(|l| next.checked_add(l)).unwrap_or(usize::MAX);
                let content = bytes.get(next..end).ok_or_else(|| fault("more is to come"))?;
                if major == 3 && std::str::from_utf8(content).is_err() {
                    return Err(fault("a text that is not UTF-8"));
                }
            }
            4 => inner = Some((argument, None)),
            5 => {
                let pairs = argument.checked_mul(2).ok_or_else(|| fault("more is to come"))?;
                inner = Some((pairs, Some((next, BTreeSet::new()))));
            }
            6 => inner = Some((1, None)),
            _ => {}
        }
        at = end;
        if let Some((left, keys)) = inner
            && left > 0
        {
            if open.len() == MAX_DEPTH {
                let got = MAX_DEPTH + 1;
                return Err(MdocError::TooMuch { what: "depth", limit: MAX_DEPTH, got });
            }
            open.push(Open { left, keys });
            continue;
        }
        // That item is whole, and with it each around it of which it was the last.
        loop {
            let Some(around) = open.last_mut() else {
                let fault = "something stands behind it";
                let whole = at == bytes.len();
                return if whole { Ok(()) } else { Err(MdocError::Cbor { what, fault, at }) };
            };
            around.left -= 1;
            if let Some((key, keys)) = &mut around.keys {
                // Keys and values take turns, and a map ends with a value.
                if around.left % 2 == 1 {
                    let new = bytes.get(*key..at).is_some_and(|key| keys.insert(key));
                    if !new {
                        let fault = "a key that stands there twice";
                        return Err(MdocError::Cbor { what, fault, at: start });
                    }
                } else {
                    *key = at;
                }
            }
            if around.left > 0 {
                break;
            }
            open.pop();
        }
    }
}

// Major type and argument of the item there (RFC 8949 clause 3), and where its content begins.
fn head(bytes: &[u8], at: usize) -> Result<(u8, u64, usize), &'static str> {
    let rest = bytes.get(at..).unwrap_or_default();
    let (first, rest) = rest.split_first().ok_or("more is to come")?;
    let (major, info) = (first >> 5, first & 0x1F);
    let len = match info {
        0..24 => 0,
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        31 => return Err("an indefinite length"),
        _ => return Err("a reserved value"),
    };
    let stated = rest.get(..len).ok_or("more is to come")?;
    let number = stated.iter().fold(0, |n, b| n << 8 | u64::from(*b));
    let argument = if len == 0 { u64::from(info) } else { number };
    // A number that would fit into fewer bytes; those of floats are theirs.
    let floored = match len {
        1 => 24,
        2 => 1 << 8,
        4 => 1 << 16,
        8 => 1 << 32,
        _ => 0,
    };
    if major == 6 && (2..=3).contains(&argument) {
        return Err("a number written as bytes");
    }
    if major == 7 {
        // false, true, null and floats; no other simple value has a meaning here.
        if len == 0 && !(20..=22).contains(&info) || len == 1 {
            return Err("a simple value without a meaning");
        }
    } else if argument < floored {
        return Err("a number longer than it need be");
    }
    Ok((major, argument, at + 1 + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hex: &str) -> Result<Value, MdocError> {
        decode("test", &hex::decode(hex).unwrap())
    }

    #[test]
    fn one_form_is_read_and_any_other_refused() {
        // Examples of RFC 8949 appendix A.
        for good in [
            "00",
            "17",
            "1818",
            "1903e8",
            "1b000000e8d4a51000",
            "3903e7",
            "f90000",
            "fb3ff199999999999a",
            "f4",
            "f6",
            "c074323031332d30332d32315432303a30343a30305a",
            "d818456449455446",
            "40",
            "62c3bc",
            "80",
            "8301820203820405",
            "a0",
            "a201020304",
            "a26161016162820203",
        ] {
            let value = of(good).unwrap();
            assert_eq!(hex::encode(encode("test", &value).unwrap()), good);
        }
        let fault = |hex: &str| match of(hex) {
            Err(MdocError::Cbor { fault, at, .. }) => (fault, at),
            other => panic!("{hex}: {other:?}"),
        };
        assert_eq!(fault(""), ("more is to come", 0));
        assert_eq!(fault("1801"), ("a number longer than it need be", 0));
        assert_eq!(fault("821b00000000ffffffff00"), ("a number longer than it need be", 1));
        assert_eq!(fault("5f41004100ff"), ("an indefinite length", 0));
        assert_eq!(fault("1c"), ("a reserved value", 0));
        assert_eq!(fault("c24105"), ("a number written as bytes", 0));
        assert_eq!(fault("f7"), ("a simple value without a meaning", 0));
        assert_eq!(fault("f8ff"), ("a simple value without a meaning", 0));
        assert_eq!(fault("62c328"), ("a text that is not UTF-8", 0));
        assert_eq!(fault("0000"), ("something stands behind it", 1));
        assert_eq!(fault("a2616101616102"), ("a key that stands there twice", 4));
        assert_eq!(fault("a1a20102010300").0, "a key that stands there twice");
        // Lengths that nothing stands behind: 2^64 - 1 bytes, items, pairs.
        for hostile in ["5bffffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff", "a100"] {
            assert_eq!(fault(hostile).0, "more is to come", "{hostile}");
        }
    }

    #[test]
    fn depth_items_and_bytes_are_bounded() {
        let nested = |depth| decode("test", &[vec![0x81; depth], vec![0]].concat());
        assert!(nested(MAX_DEPTH).is_ok());
        assert!(matches!(nested(MAX_DEPTH + 1), Err(MdocError::TooMuch { what: "depth", .. })));
        assert!(matches!(nested(MAX_MDOC - 1), Err(MdocError::TooMuch { what: "depth", .. })));
        let tags = decode("test", &[vec![0xC1; MAX_DEPTH + 1], vec![0]].concat());
        assert!(matches!(tags, Err(MdocError::TooMuch { what: "depth", .. })));
        let many = |n: u16| {
            decode("test", &[vec![0x99], n.to_be_bytes().into(), vec![0; n.into()]].concat())
        };
        assert!(many(MAX_ITEMS as u16 - 1).is_ok());
        assert!(matches!(many(MAX_ITEMS as u16), Err(MdocError::TooMuch { what: "items", .. })));
        let long = decode("test", &vec![0; MAX_MDOC + 1]);
        assert!(matches!(long, Err(MdocError::TooMuch { what: "test", .. })));
    }
}
