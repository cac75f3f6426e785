//! Why a log, a note or a proof is not what it should be.

/// A fault of the log, or a refusal of what somebody shows of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// A text of another form.
    #[error("{what}: {expected} expected, something else came")]
    Form {
        /// Which text.
        what: &'static str,
        /// What was expected.
        expected: &'static str,
    },
    /// More than is read.
    #[error("{what}: at most {most} bytes expected, {got} came")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How many there may be.
        most: usize,
        /// How many came.
        got: usize,
    },
    /// No signature by the key.
    #[error("note: a signature by {key} expected, none came")]
    NotSigned {
        /// The key's name and identifier.
        key: String,
    },
    /// A signature that names the key and is not by it.
    #[error("note: the signature by {key} does not verify")]
    Signature {
        /// The key's name and identifier.
        key: String,
    },
    /// A checkpoint of another log.
    #[error("checkpoint: the log {expected:?} expected, {got:?} came")]
    Origin {
        /// Whose was expected.
        expected: String,
        /// Whose came.
        got: String,
    },
    /// A size or an index that the log does not have.
    #[error("log: an index or size up to {size} expected, {got} came")]
    Range {
        /// How many leaves there are.
        size: u64,
        /// What was asked for.
        got: u64,
    },
    /// There is no such leaf.
    #[error("log: no such leaf")]
    NoLeaf,
    /// Leaves that do not begin where the log ends.
    #[error("log: leaf {size} expected next, {got} came")]
    Gap {
        /// How many leaves there are.
        size: u64,
        /// The index of the first that came.
        got: u64,
    },
    /// A leaf that is not what it was: somebody rewrote the past.
    #[error("log: leaf {index} is not what it was")]
    Rewritten {
        /// Which.
        index: u64,
    },
    /// A proof that does not prove it.
    #[error("{what}: the proof does not lead from {from} to the tree of {size} leaves")]
    NotProven {
        /// Inclusion or consistency.
        what: &'static str,
        /// The leaf or the size that it starts from.
        from: u64,
        /// The size of the tree.
        size: u64,
    },
}
