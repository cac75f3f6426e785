//! The log of what an issuer did (RFC 6962), with signed checkpoints (C2SP tlog-checkpoint).
//!
//! Each event of the register is one leaf: SHA-256 over a random salt and what happened, so that
//! the log says nothing of anybody. Whoever keeps a [`Checkpoint`] can demand a proof that a later
//! one only adds to it, and who holds a leaf a proof that it is in it: what an issuer has once
//! written it cannot unwrite unseen. [`Ledger`] is the seam for other logs.

mod checkpoint;
mod error;
mod local;
mod note;
mod proof;
mod receipt;
mod tree;

#[cfg(test)]
mod tests;

pub use checkpoint::Checkpoint;
pub use error::LedgerError;
pub use local::LocalLedger;
pub use note::{MAX_NOTE, NoteSigner, NoteVerifier, open_note};
pub use proof::{MAX_PROOF, verify_consistency, verify_inclusion};
pub use receipt::{MAX_RECEIPT, Receipt};
pub use tree::Tree;

/// A node or a leaf's data: SHA-256.
pub type Hash = [u8; 32];

/// A log that only grows.
pub trait Ledger: Send + Sync {
    /// How many leaves it has.
    fn size(&self) -> u64;

    /// Takes leaves, the first of which has that index. Those that are there already are compared.
    ///
    /// # Errors
    /// [`LedgerError::Gap`], and [`LedgerError::Rewritten`] where a leaf is not what it was.
    fn append(&self, first: u64, leaves: &[Hash]) -> Result<(), LedgerError>;

    /// A signed checkpoint of all that it has, as its text.
    ///
    /// # Errors
    /// [`LedgerError`] where the log cannot be asked.
    fn checkpoint(&self) -> Result<String, LedgerError>;

    /// The index of a leaf.
    ///
    /// # Errors
    /// [`LedgerError::NoLeaf`].
    fn index_of(&self, leaf: &Hash) -> Result<u64, LedgerError>;

    /// The leaf of an index, and its proof in the tree of that size (RFC 6962 clause 2.1.1).
    ///
    /// # Errors
    /// [`LedgerError::Range`].
    fn inclusion(&self, index: u64, size: u64) -> Result<(Hash, Vec<Hash>), LedgerError>;

    /// That the tree of the second size begins with that of the first (RFC 6962 clause 2.1.2).
    ///
    /// # Errors
    /// [`LedgerError::Range`].
    fn consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>, LedgerError>;

    /// A leaf's proof with the checkpoint that it is about.
    ///
    /// # Errors
    /// As the others.
    fn receipt(&self, index: u64) -> Result<Receipt, LedgerError>;
}
