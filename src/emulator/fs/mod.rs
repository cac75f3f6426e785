//! The card's files (ISO/IEC 7816-4 clause 7): one tree of DFs and EFs, and where in it a terminal
//! stands.
//!
//! Access rules are looked at with every command, not once at selection: a session that ends
//! leaves nothing readable behind.

mod binary;
mod fcp;
mod kept;
mod place;
mod record;
mod select;
mod tree;
mod write;

use crate::profile::{FileKind, FileRules, Rule, Structure};

pub use binary::{ReadBinary, Source};
pub use fcp::parse_fcp;
pub use kept::{CREATED, DELETED, decode, encode, entry_name};
pub use place::{CurrentEf, Place};
pub use record::{ReadRecord, Recorded, WriteRecord};
pub use select::{Information, Occurrence, Select, Target, Wanted};
pub use tree::{NodeId, Tree, TreeError};
pub use write::WriteBinary;

/// File identifier of the master file.
pub const MF: u16 = 0x3F00;
/// The most bytes of a transparent EF: what two-byte sizes and offsets reach.
pub const MAX_LEN: usize = 0xFFFF;
/// The most records of an EF.
pub const MAX_RECORDS: usize = 254;

/// What a transparent EF holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// Bytes that are written.
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

/// The life cycle of a file (ISO/IEC 7816-4 clause 7.4.10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LifeCycle {
    /// Just made.
    Creation,
    /// Being filled.
    Initialisation,
    /// In use.
    #[default]
    Activated,
    /// Not in use for now.
    Deactivated,
    /// Not in use any more.
    Terminated,
}

impl LifeCycle {
    /// The life cycle status byte.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Creation => 0x01,
            Self::Initialisation => 0x03,
            Self::Activated => 0x05,
            Self::Deactivated => 0x04,
            Self::Terminated => 0x0C,
        }
    }

    /// Reads the life cycle status byte.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0x01 => Self::Creation,
            0x03 => Self::Initialisation,
            0x05 | 0x07 => Self::Activated,
            0x04 | 0x06 => Self::Deactivated,
            0x0C..=0x0F => Self::Terminated,
            _ => return None,
        })
    }
}

/// What a file is and holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A dedicated file.
    Df {
        /// Its name, of an application its identifier.
        name: Option<Vec<u8>>,
        /// The applet that answers commands in it: its place among the card's.
        applet: Option<usize>,
    },
    /// A transparent EF.
    Transparent {
        /// Short EF identifier, 1 to 30.
        sfi: Option<u8>,
        /// Its bytes.
        content: Content,
    },
    /// An EF of records.
    Records {
        /// Short EF identifier.
        sfi: Option<u8>,
        /// How they are arranged.
        structure: Structure,
        /// Most bytes of a record.
        size: u8,
        /// Most records.
        most: u8,
        /// The records, number 1 in front.
        records: Vec<Vec<u8>>,
    },
}

impl std::fmt::Debug for Body {
    // Contents are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Df { name, .. } => write!(f, "Df({:?})", name.as_ref().map(hex::encode_upper)),
            Self::Transparent { content, .. } => write!(f, "Transparent({content:?})"),
            Self::Records { records, .. } => write!(f, "Records({})", records.len()),
        }
    }
}

/// A file of the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// File identifier; an application may have none.
    pub fid: Option<u16>,
    /// Its life cycle.
    pub life: LifeCycle,
    /// Who may do what with it.
    pub rules: FileRules,
    /// What it is and holds.
    pub body: Body,
}

impl Node {
    /// A transparent EF that is read by this rule and never changed from outside.
    pub fn transparent(fid: u16, sfi: Option<u8>, read: Rule, content: Content) -> Self {
        Self {
            fid: Some(fid),
            life: LifeCycle::Activated,
            rules: FileRules { read, ..FileRules::default() },
            body: Body::Transparent { sfi, content },
        }
    }

    /// An application without file identifier, whose commands that applet answers.
    pub fn application(name: &[u8], applet: usize) -> Self {
        Self {
            fid: None,
            life: LifeCycle::Activated,
            rules: FileRules::default(),
            body: Body::Df { name: Some(name.to_vec()), applet: Some(applet) },
        }
    }

    /// Whether it is a DF.
    pub const fn is_df(&self) -> bool {
        matches!(self.body, Body::Df { .. })
    }

    /// Its name, where it is a DF with one.
    pub fn name(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Df { name, .. } => name.as_deref(),
            _ => None,
        }
    }

    /// The applet of its own, where it is a DF with one.
    pub const fn applet(&self) -> Option<usize> {
        match self.body {
            Body::Df { applet, .. } => applet,
            _ => None,
        }
    }

    /// Its short EF identifier, where it is an EF with one.
    pub const fn sfi(&self) -> Option<u8> {
        match self.body {
            Body::Df { .. } => None,
            Body::Transparent { sfi, .. } | Body::Records { sfi, .. } => sfi,
        }
    }

    /// How many bytes it holds.
    pub fn len(&self) -> usize {
        match &self.body {
            Body::Df { .. } => 0,
            Body::Transparent { content, .. } => content.len(),
            Body::Records { records, .. } => records.iter().map(Vec::len).sum(),
        }
    }

    /// Whether it holds no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<&FileKind> for Body {
    fn from(kind: &FileKind) -> Self {
        match kind {
            FileKind::Df { name } => Self::Df { name: name.clone(), applet: None },
            FileKind::Transparent { sfi, content } => {
                Self::Transparent { sfi: *sfi, content: Content::Bytes(content.clone()) }
            }
            FileKind::Records { sfi, structure, record_size, most, records } => Self::Records {
                sfi: *sfi,
                structure: *structure,
                size: *record_size,
                most: *most,
                records: records.clone(),
            },
        }
    }
}
