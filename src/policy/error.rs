//! What can be wrong with a policy's file.

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// More bytes than any policy needs.
    #[error("policy: at most {most} bytes expected, {got} came")]
    TooLarge {
        /// How many.
        got: usize,
        /// How many there may be.
        most: usize,
    },
    /// No TOML, or a key that is not known, missing, or of another type.
    #[error("policy, line {line}: {message}")]
    Toml {
        /// The line, from 1.
        line: usize,
        /// The parser's words.
        message: String,
    },
    /// A value that cannot be, or contradicts another.
    #[error("policy, {key}: {expected} expected, {got} came")]
    Value {
        /// The key.
        key: String,
        /// What would do.
        expected: &'static str,
        /// What stands there.
        got: String,
    },
}

impl PolicyError {
    pub(super) fn toml(error: &toml::de::Error, text: &str) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let message = error.message().chars().filter(|c| !c.is_control()).take(200).collect();
        Self::Toml { line: before.matches('\n').count() + 1, message }
    }

    pub(super) fn value(
        key: impl Into<String>,
        expected: &'static str,
        got: &dyn std::fmt::Display,
    ) -> Self {
        Self::Value { key: key.into(), expected, got: got.to_string() }
    }
}
