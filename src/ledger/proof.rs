//! The verifier's side of RFC 6962: what is shown is a stranger's.

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;

use super::{Checkpoint, Hash, LedgerError};

/// The most hashes of a proof: twice the height of the largest tree.
pub const MAX_PROOF: usize = 128;

/// Checks that a leaf is in the tree of a checkpoint, at that index.
///
/// # Errors
/// [`LedgerError::NotProven`].
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    proof: &[Hash],
    checkpoint: &Checkpoint,
) -> Result<(), LedgerError> {
    let size = checkpoint.size;
    let wrong = || LedgerError::NotProven { what: "inclusion", from: index, size };
    let bytes = joined(proof).ok_or_else(wrong)?;
    let proof = InclusionProof::<Sha256>::try_from_bytes(bytes).map_err(|_| wrong())?;
    root(checkpoint).verify_inclusion(leaf, index, &proof).map_err(|_| wrong())
}

/// Checks that the tree of the second checkpoint begins with that of the first.
///
/// # Errors
/// [`LedgerError::NotProven`].
pub fn verify_consistency(
    old: &Checkpoint,
    new: &Checkpoint,
    proof: &[Hash],
) -> Result<(), LedgerError> {
    let wrong = || LedgerError::NotProven { what: "consistency", from: old.size, size: new.size };
    if old.size == 0 {
        // Every tree begins with the empty one, whose root is known.
        let empty = super::Tree::new().root(0)?;
        return if old.root == empty && proof.is_empty() { Ok(()) } else { Err(wrong()) };
    }
    let bytes = joined(proof).ok_or_else(wrong)?;
    let proof = ConsistencyProof::<Sha256>::try_from_bytes(bytes).map_err(|_| wrong())?;
    root(new).verify_consistency(&root(old), &proof).map_err(|_| wrong())
}

fn root(checkpoint: &Checkpoint) -> RootHash<Sha256> {
    RootHash::new(checkpoint.root.into(), checkpoint.size)
}

fn joined(proof: &[Hash]) -> Option<Vec<u8>> {
    (proof.len() <= MAX_PROOF).then(|| proof.concat())
}
