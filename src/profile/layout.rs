//! What a profile says about files, passwords and keys of ISO/IEC 7816-4, -8 and -9, beside or in
//! place of a travel document.

use zeroize::Zeroizing;

use super::Rule;
use crate::crypto::{Cipher, Curve, Hash};

/// Files, passwords and keys that a profile declares one by one.
#[derive(Clone, Default)]
pub struct Layout {
    /// DFs, ADFs and EFs, every parent before its children. The master file is always there.
    pub files: Vec<FileSpec>,
    /// Files in an application that the card makes itself, such as the travel document's, by its
    /// name. Their paths begin below it. One that is there already is replaced.
    pub inside: Vec<(Vec<u8>, FileSpec)>,
    /// Reference data of VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER.
    pub passwords: Vec<PasswordSpec>,
    /// Keys of INTERNAL, EXTERNAL and MUTUAL AUTHENTICATE and of PSO.
    pub keys: Vec<KeySpec>,
    /// Data objects of GET DATA and PUT DATA.
    pub data_objects: Vec<DataObjectSpec>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSpec {
    /// File identifiers from below the master file down, the file's own last: `[0x5015, 0x4401]`.
    pub path: Vec<u16>,
    /// What it is.
    pub kind: FileKind,
    /// Who may do what with it.
    pub rules: FileRules,
}

/// Kinds of files (ISO/IEC 7816-4 clause 7.3).
#[derive(Clone, PartialEq, Eq)]
pub enum FileKind {
    /// A dedicated file; with names, an application.
    Df {
        /// Its name (an AID), 1 to 16 bytes.
        name: Option<Vec<u8>>,
    },
    /// Bytes.
    Transparent {
        /// Short EF identifier, 1 to 30.
        sfi: Option<u8>,
        /// Its bytes; as many as the file has.
        content: Vec<u8>,
    },
    /// Records.
    Records {
        /// Short EF identifier.
        sfi: Option<u8>,
        /// How they are arranged.
        structure: Structure,
        /// Most bytes of a record; with fixed structures exactly so many.
        record_size: u8,
        /// Most records, 254 at most.
        most: u8,
        /// Those that are there, the first in front.
        records: Vec<Vec<u8>>,
    },
}

/// How records are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// Linear, all of one size.
    LinearFixed,
    /// Linear, each of its own size.
    LinearVariable,
    /// Cyclic, all of one size; number 1 is the newest.
    Cyclic,
}

/// Who may do what with a file. A file made by CREATE FILE has what its FCP says, else these
/// defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRules {
    /// SELECT of an EF and reading; of a DF SELECT.
    pub read: Rule,
    /// UPDATE, WRITE, ERASE and APPEND.
    pub update: Rule,
    /// DELETE FILE of this file.
    pub delete: Rule,
    /// ACTIVATE, DEACTIVATE FILE.
    pub activate: Rule,
    /// TERMINATE EF or DF.
    pub terminate: Rule,
    /// CREATE FILE in this DF.
    pub create: Rule,
}

impl Default for FileRules {
    /// Read by all, changed by nobody.
    fn default() -> Self {
        Self {
            read: Rule::Always,
            update: Rule::Never,
            delete: Rule::Never,
            activate: Rule::Never,
            terminate: Rule::Never,
            create: Rule::Never,
        }
    }
}

/// Reference data of VERIFY.
#[derive(Clone)]
pub struct PasswordSpec {
    /// P2 of VERIFY: 01 to 1F global, 81 to 9F of the current DF; both are looked up by this
    /// number in the whole card.
    pub reference: u8,
    /// The bytes to compare with, padding included.
    pub value: Zeroizing<Vec<u8>>,
    /// Tries of a fresh one, 1 to 15.
    pub tries: u8,
    /// The password whose RESET RETRY COUNTER unblocks this one.
    pub unblocked_by: Option<u8>,
    /// Whether it is the holder's PIN, which the rule `pin` means.
    pub is_pin: bool,
    /// Fewest and most bytes that CHANGE REFERENCE DATA takes, and the byte that pads them.
    pub lengths: (u8, u8),
    /// Padding of values to `lengths.1`; `None`: no padding.
    pub padding: Option<u8>,
}

/// A key.
#[derive(Clone)]
pub struct KeySpec {
    /// Its number in DO83/84 of MSE and in P2.
    pub number: u8,
    /// What it is.
    pub key: KeyMaterial,
    /// What it may be used for, and by whom.
    pub uses: Vec<(KeyUse, Rule)>,
}

/// The key itself.
#[derive(Clone)]
pub enum KeyMaterial {
    /// A symmetric key, given or from the seed.
    Symmetric {
        /// Its cipher.
        cipher: Cipher,
        /// Its bytes.
        value: Zeroizing<Vec<u8>>,
    },
    /// A private key on a curve. `None`: from the seed and the number.
    Ec {
        /// The curve.
        curve: Curve,
        /// The hash of signatures.
        hash: Hash,
        /// The secret scalar.
        value: Option<Zeroizing<Vec<u8>>>,
    },
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyUse {
    /// INTERNAL AUTHENTICATE.
    Internal,
    /// EXTERNAL AUTHENTICATE.
    External,
    /// MUTUAL AUTHENTICATE.
    Mutual,
    /// PSO:COMPUTE DIGITAL SIGNATURE.
    Sign,
    /// PSO:ENCIPHER and PSO:DECIPHER.
    Cipher,
    /// PSO:COMPUTE and VERIFY CRYPTOGRAPHIC CHECKSUM.
    Checksum,
}

/// A data object of GET DATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataObjectSpec {
    /// P1-P2: a tag of one or two bytes.
    pub tag: u16,
    /// Its value, or of a constructed one what it holds.
    pub value: Vec<u8>,
    /// Who may get it.
    pub read: Rule,
    /// Who may put it.
    pub update: Rule,
}

impl Layout {
    /// Whether it declares nothing that makes the card more than the document it is: files inside
    /// the document's application do not.
    pub const fn is_empty(&self) -> bool {
        self.files.is_empty()
            && self.passwords.is_empty()
            && self.keys.is_empty()
            && self.data_objects.is_empty()
    }
}

impl std::fmt::Debug for FileKind {
    // Contents may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Df { name } => {
                f.debug_struct("Df").field("name", &name.as_ref().map(hex::encode_upper)).finish()
            }
            Self::Transparent { sfi, content } => f
                .debug_struct("Transparent")
                .field("sfi", sfi)
                .field("len", &content.len())
                .finish(),
            Self::Records { sfi, structure, records, .. } => f
                .debug_struct("Records")
                .field("sfi", sfi)
                .field("structure", structure)
                .field("records", &records.len())
                .finish_non_exhaustive(),
        }
    }
}

macro_rules! counted_debug {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            // Secret.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}
counted_debug!(Layout, PasswordSpec, KeySpec, KeyMaterial);
