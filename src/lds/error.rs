//! What can be wrong with a file, and the reading helpers that say so.

use const_oid::ObjectIdentifier;

use super::{File, MrzError};
use crate::tlv::{self, Tag, Tlv, TlvError, Writer};

/// Why bytes are not the file they should be. Values are not quoted: they may be personal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LdsError {
    /// The data objects are malformed, or one is missing.
    #[error("{file}, {field}: {cause}")]
    Tlv {
        /// The file.
        file: File,
        /// The part of it.
        field: &'static str,
        /// What is wrong with the data objects.
        cause: TlvError,
    },
    /// A value is not what the standard allows.
    #[error("{file}, {field}: {expected} expected, {got} came")]
    Value {
        /// The file.
        file: File,
        /// The part of it.
        field: &'static str,
        /// What the standard allows.
        expected: &'static str,
        /// What came, described without quoting personal data.
        got: String,
    },
    /// More of something than is read.
    #[error("{file}, {field}: at most {limit} are read, {got} came")]
    TooMany {
        /// The file.
        file: File,
        /// What there is too much of.
        field: &'static str,
        /// The limit.
        limit: usize,
        /// How many came.
        got: usize,
    },
    /// Something that may be there once is there twice.
    #[error("{file}, {field}: {what} is there twice")]
    Duplicate {
        /// The file.
        file: File,
        /// The list it is in.
        field: &'static str,
        /// Which entry.
        what: String,
    },
    /// The machine readable zone is wrong.
    #[error("{file}: {cause}")]
    Mrz {
        /// The file.
        file: File,
        /// What is wrong with the zone.
        cause: MrzError,
    },
}

/// Reads on behalf of one file, whose name stands in every error.
#[derive(Clone, Copy)]
pub(super) struct In(pub(super) File);

impl In {
    /// The one data object that the file consists of.
    pub(super) fn outer(self, data: &[u8]) -> Result<Tlv<'_>, LdsError> {
        let tag = self.0.tag().unwrap_or(Tag::new(0));
        self.tlv("outer data object", tlv::parse_one(data, tag))
    }

    pub(super) fn tlv<T>(
        self,
        field: &'static str,
        result: Result<T, TlvError>,
    ) -> Result<T, LdsError> {
        result.map_err(|cause| LdsError::Tlv { file: self.0, field, cause })
    }

    pub(super) fn value(
        self,
        field: &'static str,
        expected: &'static str,
        got: impl Into<String>,
    ) -> LdsError {
        LdsError::Value { file: self.0, field, expected, got: got.into() }
    }

    /// Puts a value that may be there once into its place.
    pub(super) fn once<T>(
        self,
        field: &'static str,
        place: &mut Option<T>,
        value: T,
    ) -> Result<(), LdsError> {
        match place.replace(value) {
            None => Ok(()),
            Some(_) => Err(LdsError::Duplicate { file: self.0, field, what: "it".to_owned() }),
        }
    }

    pub(super) fn utf8(self, field: &'static str, value: &[u8]) -> Result<String, LdsError> {
        String::from_utf8(value.to_vec()).map_err(|e| {
            let valid = e.utf8_error().valid_up_to();
            self.value(field, "UTF-8", format!("something else at byte {valid}"))
        })
    }

    /// Exactly `n` decimal digits in ASCII.
    pub(super) fn digits(
        self,
        field: &'static str,
        expected: &'static str,
        value: &[u8],
        n: usize,
    ) -> Result<String, LdsError> {
        if value.len() != n || !value.iter().all(u8::is_ascii_digit) {
            return Err(self.value(field, expected, format!("{} other bytes", value.len())));
        }
        self.utf8(field, value)
    }

    pub(super) fn oid(
        self,
        field: &'static str,
        value: &[u8],
    ) -> Result<ObjectIdentifier, LdsError> {
        parse_oid(value)
            .ok_or_else(|| self.value(field, "an object identifier", hex::encode_upper(value)))
    }

    /// An INTEGER of at most 64 bits. Some cards leave out the zero byte before a value with its
    /// first bit set, so the value is read as unsigned.
    pub(super) fn unsigned(self, field: &'static str, value: &[u8]) -> Result<u64, LdsError> {
        let zeros = value.iter().take_while(|b| **b == 0).count();
        if value.is_empty() || value.len() - zeros > 8 {
            let got = format!("{} bytes", value.len());
            return Err(self.value(field, "an integer of 1 to 8 bytes", got));
        }
        Ok(value.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    /// An INTEGER that is a version, a number or an identifier of a fixed list.
    pub(super) fn small(self, field: &'static str, value: &[u8]) -> Result<u32, LdsError> {
        let wide = self.unsigned(field, value)?;
        wide.try_into().map_err(|_| self.value(field, "a small integer", wide.to_string()))
    }
}

/// ASN.1 universal tags (ITU-T X.680 clause 8.6).
pub(super) mod asn1 {
    use crate::tlv::Tag;

    pub(in crate::lds) const BOOLEAN: Tag = Tag::new(0x01);
    pub(in crate::lds) const INTEGER: Tag = Tag::new(0x02);
    pub(in crate::lds) const OCTET_STRING: Tag = Tag::new(0x04);
    pub(in crate::lds) const NULL: Tag = Tag::new(0x05);
    pub(in crate::lds) const OBJECT_IDENTIFIER: Tag = Tag::new(0x06);
    pub(in crate::lds) const PRINTABLE_STRING: Tag = Tag::new(0x13);
    pub(in crate::lds) const IA5_STRING: Tag = Tag::new(0x16);
    pub(in crate::lds) const SEQUENCE: Tag = Tag::new(0x30);
    pub(in crate::lds) const SET: Tag = Tag::new(0x31);
}

pub(super) fn parse_oid(value: &[u8]) -> Option<ObjectIdentifier> {
    // The crate's own check lets an empty value pass.
    if value.is_empty() { None } else { ObjectIdentifier::from_bytes(value).ok() }
}

/// Appends an INTEGER in DER.
pub(super) fn write_unsigned(w: &mut Writer, value: u64) {
    write_unsigned_as(w, asn1::INTEGER, value);
}

/// Appends an INTEGER under another tag.
pub(super) fn write_unsigned_as(w: &mut Writer, tag: Tag, value: u64) {
    let mut padded = vec![0];
    padded.extend_from_slice(&value.to_be_bytes());
    let mut shortest = padded.as_slice();
    while let [0, rest @ ..] = shortest
        && rest.first().is_some_and(|b| *b < 0x80)
    {
        shortest = rest;
    }
    w.primitive(tag, shortest);
}

/// Appends an OBJECT IDENTIFIER.
pub(super) fn write_oid(w: &mut Writer, oid: &ObjectIdentifier) {
    w.primitive(asn1::OBJECT_IDENTIFIER, oid.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_der_and_read_generously() {
        for (value, hex) in [
            (0, "020100"),
            (127, "02017f"),
            (128, "02020080"),
            (256, "02020100"),
            (u64::MAX, "020900ffffffffffffffff"),
        ] {
            let mut w = Writer::new();
            write_unsigned(&mut w, value);
            let bytes = w.finish();
            assert_eq!(hex::encode(&bytes), hex);
            assert_eq!(In(File::CardAccess).unsigned("n", &bytes[2..]), Ok(value));
        }
        assert_eq!(In(File::CardAccess).unsigned("keyId", &[0x81]), Ok(0x81));
        assert!(In(File::CardAccess).unsigned("n", &[]).is_err());
        assert!(In(File::CardAccess).unsigned("n", &[1; 9]).is_err());
        assert_eq!(
            In(File::CardAccess).small("version", &[1, 0, 0, 0, 0]).unwrap_err().to_string(),
            "EF.CardAccess, version: a small integer expected, 4294967296 came"
        );
    }

    #[test]
    fn object_identifiers_have_bytes() {
        assert_eq!(parse_oid(&[]), None);
        assert_eq!(parse_oid(&[0x80]), None);
        assert_eq!(parse_oid(&[0x2A, 0x03]).unwrap().to_string(), "1.2.3");
    }
}
