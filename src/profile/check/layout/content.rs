//! Bytes in profiles: in hexadecimal, as a text, or in a file beside it.

use super::super::super::{ProfileError, document::Table};

/// The bytes under `hex`, `text` or `from`; `None` where none of these keys is there.
pub(super) fn content(table: &Table<'_>, most: usize) -> Result<Option<Vec<u8>>, ProfileError> {
    let (hex, text, from) = (table.text("hex")?, table.text("text")?, table.text("from")?);
    let given = [&hex, &text, &from].into_iter().flatten();
    if let Some(second) = given.skip(1).last() {
        return Err(second.refused("one of `hex`, `text` and `from`"));
    }
    if let Some(hex) = hex {
        return hex.hex(0..=most).map(Some);
    }
    if let Some(text) = text {
        if text.value.len() > most {
            let got = format!("{} came", text.value.len());
            return Err(text.bad(format!("at most {most} bytes"), got));
        }
        return Ok(Some(text.value.as_bytes().to_vec()));
    }
    from.map(|from| from.read(from.value, most)).transpose()
}
