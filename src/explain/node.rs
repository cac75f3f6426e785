//! A tree of labels and values.

use serde::Serialize;

/// One line of an explanation, and what belongs under it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Node {
    /// What it is: `P1`, `6F FCI template`, `serial number`.
    pub label: String,
    /// Its value in words: `select by DF name`; empty where the children say it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// The bytes that it was read from, in capital hexadecimal digits, where they are worth showing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// What it consists of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Self>,
}

impl Node {
    /// A node without children.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), ..Self::default() }
    }

    /// With the bytes that it was read from.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.bytes = Some(hex::encode_upper(bytes));
        self
    }

    /// With one more child.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// With these children, too.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }
}
