//! The card's files (ISO/IEC 7816-4 clause 7): directories of transparent EFs, SELECT and READ
//! BINARY.
//!
//! Access rules are looked at with every command, not once at selection: a session that ends
//! leaves nothing readable behind.

mod read;
mod select;

use super::access::{Access, Shown};
use crate::apdu::StatusWord;

pub use read::ReadBinary;
pub use select::{Select, Target};

/// What an EF holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// Bytes written at personalisation.
    Bytes(Vec<u8>),
    /// Bytes that the chip makes when the file is read.
    Made {
        /// How many.
        len: usize,
    },
}

impl Content {
    /// How many bytes the file has.
    pub const fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Made { len } => *len,
        }
    }

    /// Whether the file has no bytes.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Debug for Content {
    // Contents are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} bytes)", self.len())
    }
}

/// A transparent elementary file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ef {
    /// File identifier.
    pub fid: u16,
    /// Short EF identifier, 1 to 30.
    pub sfi: Option<u8>,
    /// Who may select and read it.
    pub access: Access,
    /// What it holds.
    pub content: Content,
}

/// The EFs of the MF or of one application, and which of them is selected.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    files: Vec<Ef>,
    current: Option<Current>,
}

/// A selected EF. What the chip made for it stays until the next selection, so that a file read
/// in pieces is one file.
#[derive(Clone, Default)]
struct Current {
    index: usize,
    made: Option<Vec<u8>>,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").field("index", &self.index).finish_non_exhaustive()
    }
}

impl Directory {
    /// A directory of these files, none selected.
    pub const fn new(files: Vec<Ef>) -> Self {
        Self { files, current: None }
    }

    /// The file with this identifier.
    pub fn file(&self, fid: u16) -> Option<&Ef> {
        self.files.iter().find(|ef| ef.fid == fid)
    }

    /// Gives the file with this identifier another content, where there is one.
    pub fn write(&mut self, fid: u16, content: Content) {
        if let Some(ef) = self.files.iter_mut().find(|ef| ef.fid == fid) {
            ef.content = content;
        }
    }

    /// Gives the file with this identifier another access rule, where there is one.
    pub(super) fn set_access(&mut self, fid: u16, access: Access) {
        if let Some(ef) = self.files.iter_mut().find(|ef| ef.fid == fid) {
            ef.access = access;
        }
    }

    /// Forgets the selection and what was made for it.
    pub fn deselect(&mut self) {
        self.current = None;
    }

    /// Forgets what the chip made: it belonged to a session that has ended.
    pub fn forget_made(&mut self) {
        if let Some(current) = &mut self.current {
            current.made = None;
        }
    }

    /// Selects the file with this identifier. Where that fails the selection stays as it was.
    ///
    /// # Errors
    /// `6A82` where there is none, `6982` where the session may not read it (ICAO Doc 9303-11
    /// clause 4.4.2).
    pub fn select(&mut self, fid: u16, session: Option<Shown>) -> Result<&Ef, StatusWord> {
        let found = self.files.iter().position(|ef| ef.fid == fid);
        self.select_index(found, session)
    }

    fn select_index(
        &mut self,
        found: Option<usize>,
        session: Option<Shown>,
    ) -> Result<&Ef, StatusWord> {
        let index = found.ok_or(StatusWord::NOT_FOUND)?;
        let ef = self.files.get(index).ok_or(StatusWord::NOT_FOUND)?;
        if !ef.access.permits(session) {
            return Err(StatusWord::SECURITY_STATUS);
        }
        self.current = Some(Current { index, made: None });
        Ok(ef)
    }
}
