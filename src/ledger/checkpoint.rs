//! What a log says of itself at one moment (C2SP tlog-checkpoint).

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Hash, LedgerError, NoteSigner, NoteVerifier, open_note};

/// The head of a log: whose, how many leaves, and the root over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// No log has more leaves; arithmetic on sizes stays far from its end.
const MOST_LEAVES: u64 = 1 << 62;

impl Checkpoint {
    /// As a note signed by the log.
    pub fn sign(&self, signer: &NoteSigner) -> String {
        let root = STANDARD.encode(self.root);
        signer.sign(&format!("{}\n{}\n{root}\n", self.origin, self.size))
    }

    /// Reads a checkpoint that the log of that key signed, whoever else did.
    ///
    /// # Errors
    /// [`LedgerError`]: those of a note, another form, another log.
    pub fn open(note: &str, log: &NoteVerifier) -> Result<Self, LedgerError> {
        const WHAT: &str = "checkpoint";
        let text = open_note(note, log)?;
        let form = |expected| LedgerError::Form { what: WHAT, expected };
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty());
        let origin = line().ok_or_else(|| form("the log's origin"))?;
        let size = line().ok_or_else(|| form("the tree's size"))?;
        let root = line().ok_or_else(|| form("the root's hash"))?;
        if lines.any(str::is_empty) {
            return Err(form("no empty line"));
        }
        if origin != log.name() {
            let got = origin.chars().take(256).collect();
            return Err(LedgerError::Origin { expected: log.name().to_owned(), got });
        }
        let size = number(size).filter(|size| *size <= MOST_LEAVES);
        let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok());
        Ok(Self {
            origin: origin.to_owned(),
            size: size.ok_or_else(|| form("a size in decimal"))?,
            root: root.ok_or_else(|| form("32 bytes in base64"))?,
        })
    }
}

/// A decimal number without leading zeros.
pub(super) fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}
