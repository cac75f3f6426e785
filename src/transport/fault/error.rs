//! Why a text is no fault.

/// Why a text is no [`Fault`](super::Fault) or [`FaultPlan`](super::FaultPlan).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// A word that cannot stand there.
    #[error("fault, column {column}: {expected} expected, {got} came{}", hint(.suggestion.as_ref()))]
    Unexpected {
        /// Where, in characters from 1.
        column: usize,
        /// What may stand there.
        expected: String,
        /// What stands there.
        got: String,
        /// What was meant, perhaps.
        suggestion: Option<String>,
    },
    /// A condition that says nothing of such a fault, or contradicts it.
    #[error("fault, column {column}: `{condition}` does not go with `{action}`; {help}")]
    Contradiction {
        /// Where, in characters from 1.
        column: usize,
        /// The condition.
        condition: String,
        /// What it stands beside.
        action: String,
        /// What to write instead.
        help: &'static str,
    },
    /// More faults than a chip keeps.
    #[error("fault plan: at most {limit} faults expected, more came")]
    TooMany {
        /// The most.
        limit: usize,
    },
}

impl FaultError {
    /// Where in the text, in characters from 1.
    pub const fn column(&self) -> usize {
        match self {
            Self::Unexpected { column, .. } | Self::Contradiction { column, .. } => *column,
            Self::TooMany { .. } => 1,
        }
    }
}

fn hint(suggestion: Option<&String>) -> String {
    suggestion.map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}
