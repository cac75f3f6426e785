//! A TOML document read key by key: whatever is wrong with it is told with its place.

use time::{Date, Month};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{
    error::ProfileError,
    findings::{Findings, nearest},
    shape::{self, Kind, Need, Shape},
    sources::Sources,
};

/// One table of the document.
pub(super) struct Table<'a> {
    source: &'a Sources<'a>,
    name: String,
    at: usize,
    keys: &'a DeTable<'a>,
    shape: &'static Shape,
}

/// A value with its place.
pub(super) struct Found<'a, T> {
    source: &'a Sources<'a>,
    key: String,
    at: usize,
    pub(super) value: T,
}

impl<'a> Table<'a> {
    /// The document itself.
    pub(super) const fn root(source: &'a Sources<'a>, keys: &'a DeTable<'a>) -> Self {
        Self { source, name: String::new(), at: 0, keys, shape: shape::ROOT }
    }

    fn within(&self, key: &str, at: usize, keys: &'a DeTable<'a>) -> Self {
        let shape = self.shape.key(key).and_then(|key| key.kind.shape()).unwrap_or(shape::NONE);
        Self { source: self.source, name: self.path(key), at, keys, shape }
    }

    /// What the schema alone says of this table and all in it: keys that it does not know, values
    /// of other types and out of bounds, keys that are missing.
    pub(super) fn walk(&self, all: &mut Findings) {
        let known =
            |key: &&Spanned<_>| self.shape.key(AsRef::<str>::as_ref(key.get_ref())).is_some();
        let mut unknown: Vec<&Spanned<std::borrow::Cow<'_, str>>> =
            self.keys.keys().filter(|key| !known(key)).collect();
        // As the text has them, not as the alphabet does.
        unknown.sort_by_key(|key| key.span().start);
        for key in unknown {
            let names: Vec<_> = self.shape.names().collect();
            all.add(ProfileError::UnknownKey {
                at: self.source.place(key.span().start),
                key: self.path(key.get_ref()),
                nearest: nearest(key.get_ref(), &names).map(Into::into),
                known: names,
            });
        }
        for key in self.shape.keys {
            if key.need == Need::Needed && !self.has(key.name) {
                all.add(self.missing(key.name));
            }
            self.walk_value(key.name, key.kind, all);
        }
    }

    fn walk_value(&self, key: &str, kind: Kind, all: &mut Findings) {
        let choice = |found: &Found<'_, &str>, names: Vec<&'static str>| {
            let names: Vec<_> = names.into_iter().map(|name| (name, ())).collect();
            found.one_of(&names)
        };
        match kind {
            Kind::Text(_) | Kind::Hex | Kind::Rule | Kind::ChoiceOr(..) => {
                all.keep(self.text(key));
            }
            Kind::Choice(names) => {
                if let Some(found) = all.keep(self.text(key)).flatten() {
                    all.keep(choice(&found, names()));
                }
            }
            Kind::Texts | Kind::Hexes => {
                all.keep(self.texts(key));
            }
            Kind::Choices(names) => {
                for found in all.keep(self.texts(key)).unwrap_or_default() {
                    all.keep(choice(&found, names()));
                }
            }
            Kind::Flag => {
                all.keep(self.flag(key));
            }
            Kind::Number(..) => {
                all.keep(self.number(key));
            }
            Kind::Numbers(..) => {
                all.keep(self.numbers(key));
            }
            Kind::Date => {
                all.keep(self.date(key));
            }
            Kind::Table(_) => {
                if let Some(table) = all.keep(self.table(key)).flatten() {
                    table.walk(all);
                }
            }
            Kind::OneOrMore(_) | Kind::Tables(_) => {
                let tables = match kind {
                    Kind::Tables(_) if self.has(key) => self.tables(key),
                    _ => self.one_or_more_tables(key),
                };
                for table in all.keep(tables).unwrap_or_default() {
                    table.walk(all);
                }
            }
        }
    }

    // The bounds of a number.
    fn bounds(&self, key: &str) -> (u32, u32) {
        match self.shape.key(key).map(|key| key.kind) {
            Some(Kind::Number(least, most) | Kind::Numbers(least, most)) => (least, most),
            _ => (0, u32::MAX),
        }
    }

    // A key that the schema does not have may be of any length and of any characters.
    fn path(&self, key: &str) -> String {
        const MOST: usize = 64;
        let mut shown: String = key.chars().take(MOST).filter(|c| !c.is_control()).collect();
        if key.chars().nth(MOST).is_some() {
            shown.push_str("...");
        }
        if self.name.is_empty() { shown } else { format!("{}.{shown}", self.name) }
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
    pub(super) fn table(&self, key: &str) -> Result<Option<Self>, ProfileError> {
        let Some(found) = self.get(key, "a table", |v| v.as_table())? else { return Ok(None) };
        Ok(Some(self.within(key, found.at, found.value)))
    }

    /// A table that must be there.
    pub(super) fn need_table(&self, key: &str) -> Result<Self, ProfileError> {
        self.table(key)?.ok_or_else(|| self.missing(key))
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
    pub(super) fn one_or_more_tables(&self, key: &str) -> Result<Vec<Self>, ProfileError> {
        match self.keys.get(key).map(|value| value.get_ref()) {
            None => Ok(Vec::new()),
            Some(DeValue::Table(_)) => Ok(self.table(key)?.into_iter().collect()),
            Some(_) => self.tables(key),
        }
    }

    /// An array of tables, at least one.
    pub(super) fn tables(&self, key: &str) -> Result<Vec<Self>, ProfileError> {
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
            tables.push(self.within(key, at, keys));
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
    pub(super) fn numbers(&self, key: &str) -> Result<Vec<Found<'a, u32>>, ProfileError> {
        let whole = |v: &DeValue<'_>| {
            let v = v.as_integer()?;
            u32::from_str_radix(v.as_str(), v.radix()).ok()
        };
        let found = self.items(key, "an array of whole numbers", whole)?;
        let (least, most) = self.bounds(key);
        match found.iter().find(|number| !(least..=most).contains(&number.value)) {
            None => Ok(found),
            Some(bad) => {
                Err(bad
                    .bad(format!("numbers from {least} to {most}"), format!("{} came", bad.value)))
            }
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
    pub(super) fn number(&self, key: &str) -> Result<Option<u32>, ProfileError> {
        let Some(found) = self.get(key, "a whole number", |v| v.as_integer())? else {
            return Ok(None);
        };
        let number = u32::from_str_radix(found.value.as_str(), found.value.radix()).ok();
        let (least, most) = self.bounds(key);
        match number.filter(|n| (least..=most).contains(n)) {
            Some(number) => Ok(Some(number)),
            None => Err(found.bad(
                format!("a number from {least} to {most}"),
                format!("{} came", found.value.as_str()),
            )),
        }
    }

    pub(super) fn need_number(&self, key: &str) -> Result<u32, ProfileError> {
        self.number(key)?.ok_or_else(|| self.missing(key))
    }

    /// A date that must be there.
    pub(super) fn need_date(&self, key: &str) -> Result<Found<'a, Date>, ProfileError> {
        self.date(key)?.ok_or_else(|| self.missing(key))
    }

    /// A TOML local date.
    fn date(&self, key: &str) -> Result<Option<Found<'a, Date>>, ProfileError> {
        let date = |v: &DeValue<'_>| {
            let datetime = v.as_datetime().filter(|d| d.time.is_none() && d.offset.is_none())?;
            let date = datetime.date?;
            let month = Month::try_from(date.month).ok()?;
            Date::from_calendar_date(date.year.into(), month, date.day).ok()
        };
        self.get(key, "a date such as 2024-12-27", date)
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
    /// The bytes of the file that this value names.
    pub(super) fn read(&self, name: &str, most: usize) -> Result<Vec<u8>, ProfileError> {
        let read = self.source.read(self.at, name, most);
        read.map_err(|e| self.bad("a file in the profile's folder", format!("{name:?}: {e}")))
    }

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

    /// That this text cannot be because of what stands at this byte of it.
    pub(super) fn bad_at(
        &self,
        offset: usize,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> ProfileError {
        // Behind the quote, where no escape is in the way.
        let rest = self.source.rest(self.at + 1);
        let offset = if rest.starts_with(self.value) { 1 + offset } else { 0 };
        ProfileError::Value {
            at: self.source.place(self.at + offset),
            key: self.key.clone(),
            expected: expected.into(),
            got: got.into(),
        }
    }

    /// One of a list of names.
    pub(super) fn one_of<V: Copy>(&self, names: &[(&'static str, V)]) -> Result<V, ProfileError> {
        names.iter().find(|(name, _)| *name == self.value).map(|(_, value)| *value).ok_or_else(
            || {
                let all: Vec<_> = names.iter().map(|(name, _)| format!("{name:?}")).collect();
                let shown: String = self.value.chars().take(40).collect();
                let known: Vec<_> = names.iter().map(|(name, _)| *name).collect();
                let hint = nearest(&shown, &known);
                let hint = hint.map_or_else(String::new, |n| format!("; did you mean {n:?}?"));
                self.bad(all.join(" or "), format!("{shown:?} came{hint}"))
            },
        )
    }
}
