//! The log that the issuer keeps itself, over the hashes of its register.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Checkpoint, Hash, Ledger, LedgerError, NoteSigner, NoteVerifier, Receipt, Tree, tree};

/// A log in memory: about 100 bytes a leaf. Whoever starts it gives it the leaves there are.
#[derive(Debug)]
pub struct LocalLedger {
    signer: NoteSigner,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    tree: Tree,
    leaves: Vec<Hash>,
    index: HashMap<Hash, u64>,
}

impl LocalLedger {
    /// An empty log, whose origin is the name of the key.
    pub fn new(signer: NoteSigner) -> Self {
        Self { signer, inner: Mutex::default() }
    }

    /// The key that checkpoints are verified with.
    pub const fn verifier(&self) -> &NoteVerifier {
        self.signer.verifier()
    }

    // What is written there is written whole, whoever panicked elsewhere.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sign(&self, tree: &Tree) -> Result<String, LedgerError> {
        let (size, origin) = (tree.size(), self.verifier().name().to_owned());
        Ok(Checkpoint { origin, size, root: tree.root(size)? }.sign(&self.signer))
    }
}

impl Inner {
    fn leaf(&self, index: u64) -> Result<Hash, LedgerError> {
        let leaf = usize::try_from(index).ok().and_then(|index| self.leaves.get(index));
        leaf.copied().ok_or_else(|| LedgerError::Range { size: self.tree.size(), got: index })
    }
}

impl Ledger for LocalLedger {
    fn size(&self) -> u64 {
        self.inner().tree.size()
    }

    fn append(&self, first: u64, leaves: &[Hash]) -> Result<(), LedgerError> {
        let mut inner = self.inner();
        let size = inner.tree.size();
        if first > size {
            return Err(LedgerError::Gap { size, got: first });
        }
        for (index, leaf) in (first..).zip(leaves) {
            match inner.tree.leaf(index) {
                Some(there) if *there == tree::leaf_hash(leaf) => {}
                Some(_) => return Err(LedgerError::Rewritten { index }),
                None => {
                    inner.tree.push(leaf);
                    inner.leaves.push(*leaf);
                    inner.index.entry(*leaf).or_insert(index);
                }
            }
        }
        Ok(())
    }

    fn checkpoint(&self) -> Result<String, LedgerError> {
        self.sign(&self.inner().tree)
    }

    fn index_of(&self, leaf: &Hash) -> Result<u64, LedgerError> {
        self.inner().index.get(leaf).copied().ok_or(LedgerError::NoLeaf)
    }

    fn inclusion(&self, index: u64, size: u64) -> Result<(Hash, Vec<Hash>), LedgerError> {
        let inner = self.inner();
        let path = inner.tree.inclusion(index, size)?;
        Ok((inner.leaf(index)?, path))
    }

    fn consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>, LedgerError> {
        self.inner().tree.consistency(from, to)
    }

    fn receipt(&self, index: u64) -> Result<Receipt, LedgerError> {
        let inner = self.inner();
        let path = inner.tree.inclusion(index, inner.tree.size())?;
        Ok(Receipt::new(inner.leaf(index)?, index, &path, &self.sign(&inner.tree)?))
    }
}
