//! Why a run did not come to its end.

use crate::transport::TransportError;

/// Why a conformance run ended before its last case. A case that fails is no error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConformError {
    /// The link or the reader failed; the card is not to blame, or it left.
    #[error("conformance, {step}: {source}")]
    Transport {
        /// The case, or what came before the first.
        step: String,
        /// What failed.
        source: TransportError,
    },
    /// No case was chosen.
    #[error("conformance: a unit or a case expected, {got:?} is none; units are {known}")]
    Unknown {
        /// What was asked for.
        got: String,
        /// The units there are.
        known: String,
    },
    /// The card could not be opened to learn what it declares.
    #[error("conformance, what the card declares: {step}: {expected} expected, {got} came")]
    Declared {
        /// The command.
        step: String,
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
}
