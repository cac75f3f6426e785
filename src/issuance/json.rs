//! JSON of strangers: objects in which no member stands twice.
//!
//! Readers differ in which of two members of one name they take; what two readers understand
//! differently has no business in something signed (RFC 7515 clause 4, RFC 8725 clause 2.6).

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::trust::encoding::json_fault;

/// The object that these bytes are. Depth is bounded by the parser, size by the caller.
///
/// # Errors
/// What is wrong, in a few words.
pub(super) fn object(json: &[u8]) -> Result<Map<String, Value>, String> {
    match value(json)? {
        Value::Object(members) => Ok(members),
        _ => Err("a JSON object expected".to_owned()),
    }
}

/// The value that these bytes are, whatever it is.
///
/// # Errors
/// What is wrong, in a few words.
pub(super) fn value(json: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(json).map(|Unique(value)| value).map_err(|e| json_fault(&e))
}

/// A value of that type out of JSON that [`object`] has read.
///
/// # Errors
/// What is wrong, in a few words.
pub(super) fn typed<T: serde::de::DeserializeOwned>(
    members: Map<String, Value>,
) -> Result<T, String> {
    serde_json::from_value(Value::Object(members)).map_err(|e| json_fault(&e))
}

struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Values).map(Self)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unique(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Unique(value))) = map.next_entry::<String, Unique>()? {
            if members.contains_key(&name) {
                let name: String = name.chars().take(40).collect();
                return Err(A::Error::custom(format!("member {name:?} stands there twice")));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_stands_there_once_at_any_depth() {
        let read = |json: &str| object(json.as_bytes());
        let json = r#"{"a":[{"b":1},{"b":-2}],"c":{"a":null,"d":1.5},"e":true}"#;
        assert_eq!(Value::Object(read(json).unwrap()).to_string(), json);
        for twice in [r#"{"a":1,"a":1}"#, r#"{"x":[{"a":1,"b":2,"a":3}]}"#, r#"{"a":1,"\u0061":2}"#]
        {
            let fault = read(twice).unwrap_err();
            assert!(fault.contains(r#"member "a" stands there twice"#), "{fault}");
        }
        for no_object in ["[]", "1", "null", "", "{", "{}{}", &"[".repeat(100_000)] {
            assert!(read(no_object).is_err());
        }
    }
}
