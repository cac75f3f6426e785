//! How bytes and times stand in JSON: base64url without padding (RFC 4648 clause 5) and RFC 3339.

/// Bytes as base64url, for `#[serde(with)]`.
pub(crate) mod base64url {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn decode(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
        URL_SAFE_NO_PAD.decode(text)
    }

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&encode(bytes))
    }

    pub(crate) fn deserialize<'de, D, T>(d: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: TryFrom<Vec<u8>>,
    {
        let text = std::borrow::Cow::<str>::deserialize(d)?;
        let bytes = decode(&text).map_err(|e| D::Error::custom(format!("base64url: {e}")))?;
        let len = bytes.len();
        T::try_from(bytes).map_err(|_| {
            let expected = size_of::<T>();
            D::Error::custom(format!("{expected} bytes in base64url expected, {len} came"))
        })
    }
}

/// Times as RFC 3339 in UTC, for `#[serde(with)]`.
pub(crate) mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer, de, ser};
    use time::{OffsetDateTime, UtcDateTime, format_description::well_known::Rfc3339};

    /// For people: whole seconds.
    pub(crate) fn text(at: UtcDateTime) -> String {
        let at = at.truncate_to_second();
        at.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
    }

    pub(crate) fn serialize<S: Serializer>(at: &UtcDateTime, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&at.format(&Rfc3339).map_err(ser::Error::custom)?)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<UtcDateTime, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(d)?;
        let at = OffsetDateTime::parse(&text, &Rfc3339).map_err(de::Error::custom)?;
        Ok(at.to_utc())
    }

    /// A time that may be missing; it is written only where it is not.
    pub(crate) mod option {
        use serde::{Serializer, ser};
        use time::{UtcDateTime, format_description::well_known::Rfc3339};

        pub(crate) fn serialize<S: Serializer>(
            at: &Option<UtcDateTime>,
            s: S,
        ) -> Result<S::Ok, S::Error> {
            let text = at.map(|at| at.format(&Rfc3339)).transpose();
            s.collect_str(&text.map_err(ser::Error::custom)?.unwrap_or_default())
        }
    }
}

/// What is wrong with JSON, without quoting more of it than a person wants to read, and nothing
/// that a terminal would obey.
pub(crate) fn json_fault(error: &serde_json::Error) -> String {
    const MOST: usize = 160;
    let text = error.to_string();
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => {
            let at = format!(" at line {} column {}", error.line(), error.column());
            format!("{}…{at}", &text[..end])
        }
        None => text,
    }
}

/// The version number of a format: only the number 1 is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Schema;

impl serde::Serialize for Schema {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u32(1)
    }
}

impl<'de> serde::Deserialize<'de> for Schema {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match u32::deserialize(d)? {
            1 => Ok(Self),
            other => Err(serde::de::Error::custom(format!("schema 1 expected, {other} came"))),
        }
    }
}
