//! The schema of profiles as JSON Schema.

use serde_json::{Map, Value, json};

use super::{Key, Kind, Need, ROOT, Shape};

/// The schema of profiles as JSON Schema, draft 2020-12, for editors. It knows less than
/// [`check`](crate::profile::check()): not what two keys can contradict each other about.
pub fn json_schema() -> Value {
    let mut schema = table(ROOT);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        schema.insert("title".into(), json!("card profile of iccard"));
        // A part may have what the profile lacks.
        if let Some(required) = schema.remove("required") {
            schema.insert("if".into(), json!({ "required": ["include"] }));
            schema.insert("else".into(), json!({ "required": required }));
        }
    }
    schema
}

fn table(shape: &Shape) -> Value {
    let properties: Map<_, _> =
        shape.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required = shape.keys.iter().filter(|key| key.need == Need::Needed);
    let required: Vec<_> = required.map(|key| key.name).collect();
    let mut table = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if let (Some(table), false) = (table.as_object_mut(), required.is_empty()) {
        table.insert("required".into(), json!(required));
    }
    table
}

fn property(key: &Key) -> Value {
    let mut property = kind(key.kind);
    if let Some(property) = property.as_object_mut() {
        property.insert("description".into(), json!(key.doc));
        // As TOML writes numbers, strings, flags and arrays of them, JSON does.
        if let Need::Else(value) = key.need
            && let Ok(value) = serde_json::from_str::<Value>(value)
        {
            property.insert("default".into(), value);
        }
    }
    property
}

fn kind(kind: Kind) -> Value {
    const DIGITS: &str = "^\\s*([0-9A-Fa-f]\\s*[0-9A-Fa-f]\\s*)*$";
    match kind {
        Kind::Text(None) | Kind::Rule => json!({ "type": "string" }),
        Kind::Text(Some(pattern)) => json!({ "type": "string", "pattern": pattern }),
        Kind::Choice(names) => json!({ "enum": names() }),
        Kind::ChoiceOr(names, pattern) => {
            json!({ "anyOf": [{ "enum": names() }, { "type": "string", "pattern": pattern }] })
        }
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Choices(names) => json!({ "type": "array", "items": { "enum": names() } }),
        Kind::Hex => json!({ "type": "string", "pattern": DIGITS }),
        Kind::Hexes => {
            json!({ "type": "array", "items": { "type": "string", "pattern": DIGITS } })
        }
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number(least, most) => number(least, most),
        Kind::Numbers(least, most) => json!({ "type": "array", "items": number(least, most) }),
        // A local date of TOML: what reads TOML for a JSON Schema makes it a text.
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Table(shape) => part(shape),
        Kind::OneOrMore(shape) => {
            let all = table(shape);
            json!({ "anyOf": [part(shape), { "type": "array", "items": all, "minItems": 1 }] })
        }
        Kind::Tables(shape) => json!({ "type": "array", "items": table(shape), "minItems": 1 }),
    }
}

// A table that may stand in several files: what it lacks an included one may have.
fn part(shape: &Shape) -> Value {
    let mut part = table(shape);
    if let Some(part) = part.as_object_mut() {
        part.remove("required");
    }
    part
}

fn number(least: u32, most: u32) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}
