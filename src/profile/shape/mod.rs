//! The schema of profiles as data: one declaration a key, of which the checks of names, types and
//! bounds are made, the JSON Schema, and the table of keys in card-profiles/README.md.

mod document;
mod faults;
mod iso;
mod json;
mod markdown;

use super::Rule;

pub use json::json_schema;
pub use markdown::key_table;

pub(super) use document::ROOT;

/// A table of the document.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) keys: &'static [Key],
}

/// A table that the schema does not have.
pub(super) const NONE: &Shape = &Shape { keys: &[] };

/// One key of a table.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) need: Need,
    /// What it means, for people.
    pub(super) doc: &'static str,
}

/// Whether a key must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// In any case.
    Needed,
    /// Left out, it is this, as TOML writes it.
    Else(&'static str),
    /// Not, or where the meaning says so.
    Optional,
}

/// The type of a key, with its bounds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A string, and the pattern that it matches, where that is all there is to it.
    Text(Option<&'static str>),
    /// A string of this list.
    Choice(fn() -> Vec<&'static str>),
    /// A string of this list, or one that matches this pattern.
    ChoiceOr(fn() -> Vec<&'static str>, &'static str),
    /// An array of strings.
    Texts,
    /// An array of strings of this list.
    Choices(fn() -> Vec<&'static str>),
    /// Bytes in hexadecimal, with blanks or without.
    Hex,
    /// An array of those.
    Hexes,
    /// An access rule.
    Rule,
    /// `true` or `false`.
    Flag,
    /// A whole number from one to the other.
    Number(u32, u32),
    /// An array of those.
    Numbers(u32, u32),
    /// A local date.
    Date,
    /// A table.
    Table(&'static Shape),
    /// A table, or an array of tables.
    OneOrMore(&'static Shape),
    /// An array of tables.
    Tables(&'static Shape),
}

impl Shape {
    /// The key of this name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }
}

impl Kind {
    /// The shape of the table, or of the tables.
    pub(super) const fn shape(&self) -> Option<&'static Shape> {
        match self {
            Self::Table(shape) | Self::OneOrMore(shape) | Self::Tables(shape) => Some(shape),
            _ => None,
        }
    }
}

const fn needed(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, need: Need::Needed, doc }
}

const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, need: Need::Optional, doc }
}

const fn otherwise(name: &'static str, kind: Kind, value: &'static str, doc: &'static str) -> Key {
    Key { name, kind, need: Need::Else(value), doc }
}

// The names of a table of names and values.
fn names_of<V>(table: &[(&'static str, V)]) -> Vec<&'static str> {
    table.iter().map(|(name, _)| *name).collect()
}

/// What rules may hold: for the hints of a misspelt one.
pub(super) const RULE_WORDS: &[&str] = Rule::WORDS;
