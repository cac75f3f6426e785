//! What a wallet keeps: that its issue stands in the log (C2SP tlog-proof).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    Checkpoint, Hash, LedgerError, MAX_NOTE, MAX_PROOF, NoteVerifier, checkpoint::number,
    verify_inclusion,
};
use crate::trust::encoding::base64url;

/// The largest receipt.
pub const MAX_RECEIPT: usize = 2 * MAX_NOTE;

const HEAD: &str = "c2sp.org/tlog-proof@v1";

/// A leaf, and the proof that it is in the log of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The leaf: the event's salted hash.
    #[serde(with = "base64url")]
    pub leaf: Hash,
    /// The proof as a text of C2SP tlog-proof, the checkpoint in it.
    pub proof: String,
}

impl Receipt {
    pub(super) fn new(leaf: Hash, index: u64, path: &[Hash], checkpoint: &str) -> Self {
        let path: String = path.iter().map(|hash| STANDARD.encode(hash) + "\n").collect();
        Self { leaf, proof: format!("{HEAD}\nindex {index}\n{path}\n{checkpoint}") }
    }

    /// Reads a receipt in JSON.
    ///
    /// # Errors
    /// [`LedgerError::Form`], [`LedgerError::TooLarge`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, LedgerError> {
        let (what, most, got) = ("receipt", MAX_RECEIPT, bytes.len());
        if got > most {
            return Err(LedgerError::TooLarge { what, most, got });
        }
        let expected = "an object with leaf and proof";
        serde_json::from_slice(bytes).map_err(|_| LedgerError::Form { what, expected })
    }

    /// Checks it against the log's key: the leaf's index, and the checkpoint that it is in.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn verify(&self, log: &NoteVerifier) -> Result<(u64, Checkpoint), LedgerError> {
        let form = |expected| LedgerError::Form { what: "receipt", expected };
        let rest = self.proof.strip_prefix(HEAD).and_then(|rest| rest.strip_prefix('\n'));
        let rest = rest.ok_or_else(|| form("c2sp.org/tlog-proof@v1"))?;
        let (head, note) = rest.split_once("\n\n").ok_or_else(|| form("an empty line"))?;
        let mut lines = head.split('\n').peekable();
        // Opaque, and not signed by anybody: not used.
        if lines.peek().is_some_and(|line| line.starts_with("extra ")) {
            lines.next();
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(number);
        let index = index.ok_or_else(|| form("the index"))?;
        let mut path = Vec::new();
        for line in lines {
            let hash = STANDARD.decode(line).ok().and_then(|hash| Hash::try_from(hash).ok());
            path.push(hash.ok_or_else(|| form("32 bytes in base64"))?);
            if path.len() > MAX_PROOF {
                return Err(form("fewer hashes"));
            }
        }
        let checkpoint = Checkpoint::open(note, log)?;
        verify_inclusion(&self.leaf, index, &path, &checkpoint)?;
        Ok((index, checkpoint))
    }
}
