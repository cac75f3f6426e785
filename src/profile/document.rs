//! A TOML document read key by key: whatever is wrong with it is told with its place.

use std::path::Path;

use time::{Date, Month};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::error::{Place, ProfileError};

/// The text of a profile and what to call it in errors.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a Path,
}

impl Source<'_> {
    fn place(&self, offset: usize) -> Place {
        Place::of(self.file, self.text, offset)
    }
}

/// The whole text as TOML.
pub(super) fn parse(source: Source<'_>) -> Result<Spanned<DeTable<'_>>, ProfileError> {
    DeTable::parse(source.text).map_err(|e| ProfileError::Syntax {
        at: source.place(e.span().map_or(0, |span| span.start)),
        message: e.message().into(),
    })
}

/// One table of the document, all of whose keys the schema knows.
pub(super) struct Table<'a> {
    source: Source<'a>,
    name: String,
    at: usize,
    keys: &'a DeTable<'a>,
}

/// A value with its place.
pub(super) struct Found<'a, T> {
    source: Source<'a>,
    key: String,
    at: usize,
    pub(super) value: T,
}

impl<'a> Table<'a> {
    /// The document itself.
    pub(super) fn root(
        source: Source<'a>,
        document: &'a Spanned<DeTable<'a>>,
        known: &'static [&'static str],
    ) -> Result<Self, ProfileError> {
        Self::new(source, String::new(), 0, document.get_ref(), known)
    }

    fn new(
        source: Source<'a>,
        name: String,
        at: usize,
        keys: &'a DeTable<'a>,
        known: &'static [&'static str],
    ) -> Result<Self, ProfileError> {
        let table = Self { source, name, at, keys };
        // The first unknown key as the text has them, not as the alphabet does.
        let unknown = keys.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        match unknown.min_by_key(|key| key.span().start) {
            None => Ok(table),
            Some(key) => Err(ProfileError::UnknownKey {
                at: source.place(key.span().start),
                key: table.path(key.get_ref()),
                nearest: nearest(key.get_ref(), known).map(Into::into),
                known: known.to_vec(),
            }),
        }
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.into() } else { format!("{}.{key}", self.name) }
    }

    pub(super) fn missing(&self, key: &str) -> ProfileError {
        ProfileError::MissingKey { at: self.source.place(self.at), key: self.path(key) }
    }

    fn get<T>(
        &self,
        key: &str,
        expected: &'static str,
        convert: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Result<Option<Found<'a, T>>, ProfileError> {
        let Some(value) = self.keys.get(key) else { return Ok(None) };
        let (source, at, key) = (self.source, value.span().start, self.path(key));
        match convert(value.get_ref()) {
            Some(value) => Ok(Some(Found { source, key, at, value })),
            None => Err(ProfileError::WrongType {
                at: source.place(at),
                key,
                expected,
                got: value.get_ref().type_str(),
            }),
        }
    }

    /// A table in this one.
    pub(super) fn table(
        &self,
        key: &str,
        known: &'static [&'static str],
    ) -> Result<Option<Self>, ProfileError> {
        let Some(found) = self.get(key, "a table", |v| v.as_table())? else { return Ok(None) };
        Self::new(self.source, found.key, found.at, found.value, known).map(Some)
    }

    /// A table that must be there.
    pub(super) fn need_table(
        &self,
        key: &str,
        known: &'static [&'static str],
    ) -> Result<Self, ProfileError> {
        self.table(key, known)?.ok_or_else(|| self.missing(key))
    }

    /// That a key which is there must not be.
    pub(super) fn misplaced(&self, key: &str, expected: &str) -> ProfileError {
        ProfileError::Value {
            at: self.source.place(self.keys.get(key).map_or(self.at, |v| v.span().start)),
            key: self.path(key),
            expected: expected.into(),
            got: "it is there".into(),
        }
    }

    /// Fails where the key is not there.
    pub(super) fn need(&self, key: &str) -> Result<(), ProfileError> {
        if self.has(key) { Ok(()) } else { Err(self.missing(key)) }
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// One table, or an array of them; none where the key is not there.
    pub(super) fn one_or_more_tables(
        &self,
        key: &str,
        known: &'static [&'static str],
    ) -> Result<Vec<Self>, ProfileError> {
        match self.keys.get(key).map(|value| value.get_ref()) {
            None => Ok(Vec::new()),
            Some(DeValue::Table(_)) => Ok(self.table(key, known)?.into_iter().collect()),
            Some(_) => self.tables(key, known),
        }
    }

    /// An array of tables, at least one.
    pub(super) fn tables(
        &self,
        key: &str,
        known: &'static [&'static str],
    ) -> Result<Vec<Self>, ProfileError> {
        const EXPECTED: &str = "an array of tables";
        let found = self.get(key, EXPECTED, |v| v.as_array())?.ok_or_else(|| self.missing(key))?;
        let array = found.value;
        let mut tables = Vec::new();
        for item in array.iter() {
            let at = item.span().start;
            let keys = item.get_ref().as_table().ok_or_else(|| ProfileError::WrongType {
                at: self.source.place(at),
                key: self.path(key),
                expected: EXPECTED,
                got: item.get_ref().type_str(),
            })?;
            tables.push(Self::new(self.source, self.path(key), at, keys, known)?);
        }
        if tables.is_empty() {
            return Err(self.missing(key));
        }
        Ok(tables)
    }

    /// The items of an array, each of which `convert` takes; none where the key is not there.
    fn items<T>(
        &self,
        key: &str,
        expected: &'static str,
        convert: impl Fn(&'a DeValue<'a>) -> Option<T>,
    ) -> Result<Vec<Found<'a, T>>, ProfileError> {
        let Some(array) = self.get(key, expected, |v| v.as_array())? else { return Ok(Vec::new()) };
        let item = |value: &'a Spanned<DeValue<'a>>| {
            let (source, at, key) = (self.source, value.span().start, self.path(key));
            match convert(value.get_ref()) {
                Some(value) => Ok(Found { source, key, at, value }),
                None => Err(ProfileError::WrongType {
                    at: source.place(at),
                    key,
                    expected,
                    got: value.get_ref().type_str(),
                }),
            }
        };
        array.value.iter().map(item).collect()
    }

    /// An array of strings; none where the key is not there.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<Found<'a, &'a str>>, ProfileError> {
        self.items(key, "an array of strings", |v| v.as_str())
    }

    /// An array of whole numbers within bounds; none where the key is not there.
    pub(super) fn numbers(
        &self,
        key: &str,
        bounds: std::ops::RangeInclusive<u32>,
    ) -> Result<Vec<Found<'a, u32>>, ProfileError> {
        let whole = |v: &DeValue<'_>| {
            let v = v.as_integer()?;
            u32::from_str_radix(v.as_str(), v.radix()).ok()
        };
        let found = self.items(key, "an array of whole numbers", whole)?;
        match found.iter().find(|number| !bounds.contains(&number.value)) {
            None => Ok(found),
            Some(bad) => Err(bad.bad(
                format!("numbers from {} to {}", bounds.start(), bounds.end()),
                format!("{} came", bad.value),
            )),
        }
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<Found<'a, &'a str>>, ProfileError> {
        self.get(key, "a string", |v| v.as_str())
    }

    pub(super) fn need_text(&self, key: &str) -> Result<Found<'a, &'a str>, ProfileError> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<Found<'a, bool>>, ProfileError> {
        self.get(key, "true or false", DeValue::as_bool)
    }

    pub(super) fn need_flag(&self, key: &str) -> Result<Found<'a, bool>, ProfileError> {
        self.flag(key)?.ok_or_else(|| self.missing(key))
    }

    /// A whole number within bounds.
    pub(super) fn number(
        &self,
        key: &str,
        bounds: std::ops::RangeInclusive<u32>,
    ) -> Result<Option<u32>, ProfileError> {
        let Some(found) = self.get(key, "a whole number", |v| v.as_integer())? else {
            return Ok(None);
        };
        let number = u32::from_str_radix(found.value.as_str(), found.value.radix()).ok();
        match number.filter(|n| bounds.contains(n)) {
            Some(number) => Ok(Some(number)),
            None => Err(found.bad(
                format!("a number from {} to {}", bounds.start(), bounds.end()),
                format!("{} came", found.value.as_str()),
            )),
        }
    }

    pub(super) fn need_number(
        &self,
        key: &str,
        bounds: std::ops::RangeInclusive<u32>,
    ) -> Result<u32, ProfileError> {
        self.number(key, bounds)?.ok_or_else(|| self.missing(key))
    }

    /// A date that must be there: a TOML local date.
    pub(super) fn need_date(&self, key: &str) -> Result<Found<'a, Date>, ProfileError> {
        let date = |v: &DeValue<'_>| {
            let datetime = v.as_datetime().filter(|d| d.time.is_none() && d.offset.is_none())?;
            let date = datetime.date?;
            let month = Month::try_from(date.month).ok()?;
            Date::from_calendar_date(date.year.into(), month, date.day).ok()
        };
        self.get(key, "a date such as 2024-12-27", date)?.ok_or_else(|| self.missing(key))
    }
}

impl<T> Found<'_, T> {
    /// That this value cannot be.
    pub(super) fn bad(&self, expected: impl Into<String>, got: impl Into<String>) -> ProfileError {
        ProfileError::Value {
            at: self.source.place(self.at),
            key: self.key.clone(),
            expected: expected.into(),
            got: got.into(),
        }
    }
}

impl<T> Found<'_, T> {
    /// The same without telling what came: it is personal, or plain from the text.
    pub(super) fn refused(&self, expected: &str) -> ProfileError {
        self.bad(expected, "another value came")
    }
}

impl Found<'_, &str> {
    /// Bytes as hexadecimal digits, with blanks or without.
    pub(super) fn hex(
        &self,
        count: std::ops::RangeInclusive<usize>,
    ) -> Result<Vec<u8>, ProfileError> {
        let digits: String = self.value.split_ascii_whitespace().collect();
        let bytes = hex::decode(digits)
            .map_err(|_| self.bad("hexadecimal digits, two a byte,", "another text came"))?;
        if count.contains(&bytes.len()) {
            return Ok(bytes);
        }
        let expected = format!("{} to {} bytes", count.start(), count.end());
        Err(self.bad(expected, format!("{} bytes came", bytes.len())))
    }

    /// One of a list of names.
    pub(super) fn one_of<V: Copy>(&self, names: &[(&str, V)]) -> Result<V, ProfileError> {
        names.iter().find(|(name, _)| *name == self.value).map(|(_, value)| *value).ok_or_else(
            || {
                let all: Vec<_> = names.iter().map(|(name, _)| format!("{name:?}")).collect();
                let shown: String = self.value.chars().take(40).collect();
                self.bad(all.join(" or "), format!("{shown:?} came"))
            },
        )
    }
}

// The known key with the fewest edits between them, where that is a third of its length or less.
fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let edits = |known: &str| distance(key, known);
    let best = known.iter().copied().min_by_key(|k| edits(k))?;
    (edits(best) <= best.chars().count().div_ceil(3).max(1)).then_some(best)
}

// Levenshtein distance, of keys that are short: longer ones are cut.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_is_named_and_a_far_one_is_not() {
        let known = &["can", "pin", "puk", "pin_tries"];
        assert_eq!(nearest("pinn", known), Some("pin"));
        assert_eq!(nearest("pintries", known), Some("pin_tries"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn places_count_lines_and_characters() {
        let text = "a = 1\nname = \"홍길동\" # x\n";
        let at = text.find('#').unwrap();
        let place = Place::of(Path::new("p.toml"), text, at);
        assert_eq!(place.to_string(), "p.toml:2:14");
    }
}
