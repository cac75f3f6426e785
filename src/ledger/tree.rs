//! The tree of RFC 6962, with every complete subtree's hash kept.
//!
//! ct-merkle's own tree keeps the nodes of its present size alone, so that it cannot prove anything
//! of a checkpoint that was signed a moment ago. Here a proof for any size costs a few hashes.

use sha2::{Digest, Sha256};

use super::{Hash, LedgerError};

/// A tree that grows.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// `levels[l][i]` is the hash over the leaves from `i << l` to `(i + 1) << l`.
    levels: Vec<Vec<Hash>>,
}

/// The hash of a leaf (RFC 6962 clause 2.1).
pub(super) fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

impl Tree {
    /// A tree without leaves.
    pub const fn new() -> Self {
        Self { levels: Vec::new() }
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Takes one more leaf.
    pub fn push(&mut self, data: &[u8]) {
        let mut hash = leaf_hash(data);
        let mut level = 0;
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(nodes) = self.levels.get_mut(level) else { return };
            nodes.push(hash);
            match nodes.as_slice() {
                [.., left, right] if nodes.len() % 2 == 0 => hash = node_hash(left, right),
                _ => return,
            }
            level += 1;
        }
    }

    /// The hash of a leaf.
    pub(super) fn leaf(&self, index: u64) -> Option<&Hash> {
        self.levels.first()?.get(usize::try_from(index).ok()?)
    }

    /// The root of the tree when it had that size.
    ///
    /// # Errors
    /// [`LedgerError::Range`].
    pub fn root(&self, size: u64) -> Result<Hash, LedgerError> {
        self.has(size)?;
        if size == 0 {
            return Ok(Sha256::digest([]).into());
        }
        self.subtree(0, size)
    }

    /// PATH(m, D\[n\]) (RFC 6962 clause 2.1.1), from the leaf up.
    ///
    /// # Errors
    /// [`LedgerError::Range`].
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
        self.has(size)?;
        if index >= size {
            return Err(LedgerError::Range { size, got: index });
        }
        let (mut from, mut to, mut path) = (0, size, Vec::new());
        while to - from > 1 {
            let middle = from + split(to - from);
            if index < middle {
                path.push(self.subtree(middle, to)?);
                to = middle;
            } else {
                path.push(self.subtree(from, middle)?);
                from = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// PROOF(m, D\[n\]) (RFC 6962 clause 2.1.2); nothing for an empty tree, or one of the same size.
    ///
    /// # Errors
    /// [`LedgerError::Range`].
    pub fn consistency(&self, old: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
        self.has(size)?;
        if old > size {
            return Err(LedgerError::Range { size, got: old });
        }
        if old == 0 || old == size {
            return Ok(Vec::new());
        }
        let (mut from, mut to, mut proof) = (0, size, Vec::new());
        while to != old {
            let middle = from + split(to - from);
            if old <= middle {
                proof.push(self.subtree(middle, to)?);
                to = middle;
            } else {
                proof.push(self.subtree(from, middle)?);
                from = middle;
            }
        }
        // What the verifier has already, as the old root, is left out.
        if from != 0 {
            proof.push(self.subtree(from, to)?);
        }
        proof.reverse();
        Ok(proof)
    }

    const fn range(size: u64, got: u64) -> LedgerError {
        LedgerError::Range { size, got }
    }

    fn has(&self, size: u64) -> Result<(), LedgerError> {
        if size > self.size() { Err(Self::range(self.size(), size)) } else { Ok(()) }
    }

    /// The hash over these leaves, which begin where a subtree of their number may begin.
    fn subtree(&self, from: u64, to: u64) -> Result<Hash, LedgerError> {
        let count = to - from;
        if count.is_power_of_two() {
            let level = count.trailing_zeros();
            let nodes = self.levels.get(level as usize);
            let node = usize::try_from(from >> level).ok().and_then(|i| nodes?.get(i));
            return node.copied().ok_or_else(|| Self::range(self.size(), to));
        }
        // Each step takes a complete subtree from the front, so that it goes 64 deep at most.
        let middle = from + split(count);
        Ok(node_hash(&self.subtree(from, middle)?, &self.subtree(middle, to)?))
    }
}

/// The largest power of two below that number (RFC 6962 clause 2.1), which is 2 at least.
const fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}
