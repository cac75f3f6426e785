//! The schema as data: what is made of it fits the profiles and the documentation.

use serde_json::Value;

use super::super::{BUILT_IN, json_schema, key_table};

// What of JSON Schema the schema of profiles uses, checked against a value.
fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{what}: {value} against {schema}"));
    let list = |key: &str| schema[key].as_array().cloned().unwrap_or_default();
    if schema.get("enum").is_some() && !list("enum").contains(value) {
        return wrong("enum");
    }
    if schema.get("anyOf").is_some() && !list("anyOf").iter().any(|one| fits(one, value).is_ok()) {
        return wrong("anyOf");
    }
    let typed = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some(_) => false,
        None => true,
    };
    if !typed {
        return wrong("type");
    }
    for (bound, above) in [("minimum", false), ("maximum", true)] {
        if let (Some(bound), Some(number)) = (schema[bound].as_u64(), value.as_u64())
            && number != bound
            && (number > bound) == above
        {
            return wrong("bounds");
        }
    }
    let otherwise = schema.get("else").filter(|_| value.get("include").is_none());
    for key in list("required")
        .iter()
        .chain(otherwise.and_then(|e| e["required"].as_array()).into_iter().flatten())
    {
        if value.get(key.as_str().unwrap()).is_none() {
            return wrong("required");
        }
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(key) {
            Some(property) => fits(property, value)?,
            None if schema["additionalProperties"] == false => return wrong(key),
            None => {}
        }
    }
    if let Some(items) = schema.get("items") {
        value.as_array().into_iter().flatten().try_for_each(|item| fits(items, item))?;
    }
    Ok(())
}

// A document of TOML as JSON: a date is a text.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(date) => Value::from(date.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, json(value))).collect())
        }
        other => serde_json::to_value(other).unwrap(),
    }
}

#[test]
fn the_json_schema_takes_every_profile_and_no_other_key() {
    let schema = json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for (name, text) in BUILT_IN {
        let document = json(toml::Value::Table(text.parse().unwrap()));
        fits(&schema, &document).unwrap_or_else(|e| panic!("{name}: {e}"));
        for key in ["schema", "limits", "atr"] {
            let mut changed = document.clone();
            let Some(value) = changed.as_object_mut().unwrap().remove(key) else { continue };
            assert!(document.get("include").is_some() || fits(&schema, &changed).is_err());
            changed[format!("{key}x")] = value;
            assert!(fits(&schema, &changed).is_err(), "{name}");
        }
    }
}

#[test]
fn the_table_of_keys_is_that_of_the_schema() {
    let readme = include_str!("../../../card-profiles/README.md");
    let start = readme.find("| key | type |").expect("the table of keys");
    let table = readme[start..].lines().take_while(|line| line.starts_with('|'));
    let expected = key_table();
    // `iccard profile schema --markdown` writes it.
    assert!(table.eq(expected.lines()), "card-profiles/README.md has not this table:\n{expected}");
}
