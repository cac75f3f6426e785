//! Values, and who may see them.

use zeroize::Zeroizing;

/// The most bytes of one value.
pub(super) const MAX_VALUE: usize = 1 << 24;

/// What stands for a secret wherever one would be shown.
pub const HIDDEN: &str = "•••";

/// Who may see a value. What is computed of several is as closed as the most closed of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shade {
    /// Anybody.
    #[default]
    Open,
    /// It may be personal: `echo` shows it, for the script says so; no message and no report does.
    Personal,
    /// Nobody: it came from a `secret`.
    Secret,
}

/// What a value is.
#[derive(Clone, PartialEq, Eq)]
pub enum Kind {
    /// Bytes.
    Bytes(Zeroizing<Vec<u8>>),
    /// A number.
    Int(i64),
    /// Text.
    Text(Zeroizing<String>),
    /// True or false.
    Bool(bool),
}

/// A value of a script. Wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// Who may see it.
    pub shade: Shade,
}

impl Value {
    /// Bytes that anybody may see.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Kind::Bytes(Zeroizing::new(bytes.into())).into()
    }

    /// A text that anybody may see.
    pub fn text(text: impl Into<String>) -> Self {
        Kind::Text(Zeroizing::new(text.into())).into()
    }

    /// At least as closed as that.
    #[must_use]
    pub fn shaded(mut self, shade: Shade) -> Self {
        self.shade = self.shade.max(shade);
        self
    }

    /// The bytes that it stands for: those of a text are its UTF-8.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.kind {
            Kind::Bytes(bytes) => Some(bytes),
            Kind::Text(text) => Some(text.as_bytes()),
            Kind::Int(_) | Kind::Bool(_) => None,
        }
    }

    /// What kind it is, in words: `2 bytes`. Of a secret not even the length.
    pub fn described(&self) -> String {
        match (&self.kind, self.shade) {
            (Kind::Bytes(_), Shade::Secret) => "bytes".into(),
            (Kind::Bytes(bytes), _) => crate::explain::count(bytes.len(), "byte"),
            (Kind::Int(_), _) => "a number".into(),
            (Kind::Text(_), _) => "a text".into(),
            (Kind::Bool(_), _) => "true or false".into(),
        }
    }

    /// For `echo`: all but secrets.
    pub fn told(&self) -> String {
        match self.shade {
            Shade::Secret => HIDDEN.into(),
            _ => self.plain(),
        }
    }

    /// For messages and reports: what may be personal as its kind only.
    pub fn shown(&self) -> String {
        match self.shade {
            Shade::Secret => HIDDEN.into(),
            Shade::Personal => format!("{}, not shown", self.described()),
            Shade::Open => self.plain(),
        }
    }

    fn plain(&self) -> String {
        match &self.kind {
            Kind::Bytes(bytes) => hex::encode_upper(&**bytes),
            Kind::Int(number) => number.to_string(),
            Kind::Text(text) => text.to_string(),
            Kind::Bool(truth) => truth.to_string(),
        }
    }
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        Self { kind, shade: Shade::Open }
    }
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bytes(_) => "Bytes",
            Self::Int(_) => "Int",
            Self::Text(_) => "Text",
            Self::Bool(_) => "Bool",
        })
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({})", self.described())
    }
}
