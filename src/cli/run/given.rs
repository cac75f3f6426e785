//! Variables from the command line.

use crate::{
    cli::secrets,
    script::run::{Shade, Value},
};

/// `NAME=VALUE`.
pub(super) fn variable(text: &str) -> Result<(String, Value), String> {
    let (name, value) = split(text)?;
    Ok((name, value_of(value)))
}

/// `NAME=env:VARIABLE`.
pub(super) fn secret(text: &str) -> Result<(String, Value), String> {
    let (name, value) = split(text)?;
    let Some(variable) = value.strip_prefix("env:") else {
        return Err("a secret stands in the environment: NAME=env:VARIABLE".into());
    };
    let value = secrets::from_env(variable).ok_or_else(|| format!("{variable} is not set"))?;
    Ok((name, Value::text(value.as_str()).shaded(Shade::Secret)))
}

fn split(text: &str) -> Result<(String, &str), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is expected")?;
    let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(rest) {
        return Ok((name.to_owned(), value));
    }
    // What stands here may be a secret that slipped out of its place.
    Err("a name has letters, digits, _ and -, a letter first".into())
}

// Bytes where they can be, else a text; quotes make a text of anything.
fn value_of(text: &str) -> Value {
    if let Some(quoted) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Value::text(quoted);
    }
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    match hex::decode(&digits) {
        Ok(bytes) if !digits.is_empty() => Value::bytes(bytes),
        _ => Value::text(text),
    }
}
