//! Scripts and traces of other programs as scripts of ours.
//!
//! Each format is read in a file of its own and written through one writer, so that all imports
//! look alike. What a format says and a script has no word for becomes a comment and a [`Note`];
//! what would change the dialogue if it were left out is an error.
//!
//! ```
//! use iccard::script::import::{Format, import};
//!
//! let file = "# select\n00 A4 04 0C 07 \\\nA0 00 00 02 47 10 01\nreset\n";
//! assert_eq!(Format::recognise("select.txt", file.as_bytes()), Some(Format::Scriptor));
//! let script = import(Format::Scriptor, "select.txt", file.as_bytes())?;
//! assert!(script.text.ends_with("# select\n00A4 040C 07 A0000002471001\nreset warm\n"));
//! # Ok::<(), iccard::script::import::ImportError>(())
//! ```

mod apdutool;
mod cardpeek;
mod dump;
mod error;
mod explorer;
mod gpshell;
mod jcshell;
mod ledger;
mod lines;
mod opensc;
mod parts;
mod pcom;
mod recognise;
mod scriptor;
#[cfg(test)]
mod tests;
pub(super) mod writer;

pub use error::ImportError;
pub use writer::{Imported, Note};

use super::export;
use crate::transport::Recording;

/// Most bytes of a file that is imported.
pub const MAX_IMPORT: usize = 1 << 26;

/// A format that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// `scriptor` of pcsc-tools: a command a line.
    Scriptor,
    /// `opensc-tool -s ..`, a shell line or a list of what `-s` takes.
    OpenscTool,
    /// A script of `opensc-explorer`.
    OpenscExplorer,
    /// PCOM: `.pcom` and `.var`.
    Pcom,
    /// JCShell: `/send`.
    JcShell,
    /// `apdutool` of the Java Card kit and jcardsim: `0x00 0xA4 ..;`.
    Apdutool,
    /// A trace of cardpeek, `.clf`.
    Cardpeek,
    /// A dump of apdu4j: commands and responses in turn.
    Dump,
    /// GPShell: `send_apdu -sc 0 -APDU ..`.
    GpShell,
    /// A log of ledgerjs: `=>` and `<=`.
    Ledger,
    /// A recording of ours (docs/recording.md).
    Recording,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 11] = [
        Self::Scriptor,
        Self::OpenscTool,
        Self::OpenscExplorer,
        Self::Pcom,
        Self::JcShell,
        Self::Apdutool,
        Self::Cardpeek,
        Self::Dump,
        Self::GpShell,
        Self::Ledger,
        Self::Recording,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scriptor => "scriptor",
            Self::OpenscTool => "opensc-tool",
            Self::OpenscExplorer => "opensc-explorer",
            Self::Pcom => "pcom",
            Self::JcShell => "jcshell",
            Self::Apdutool => "apdutool",
            Self::Cardpeek => "cardpeek",
            Self::Dump => "apdu4j",
            Self::GpShell => "gpshell",
            Self::Ledger => "ledgerjs",
            Self::Recording => "recording",
        }
    }

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format that a file has by its content, and by its name where the content leaves it open.
    pub fn recognise(file: &str, bytes: &[u8]) -> Option<Self> {
        recognise::recognise(file, bytes)
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A script of a file in this format. `file` is what the file is called in messages.
///
/// # Errors
/// [`ImportError`], with the line where there is one.
pub fn import(format: Format, file: &str, bytes: &[u8]) -> Result<Imported, ImportError> {
    if bytes.len() > MAX_IMPORT {
        return Err(ImportError::TooLarge { got: bytes.len() });
    }
    if format == Format::Recording {
        let recording = Recording::parse(file, bytes)?;
        return Ok(Imported { text: export::of_recording(&recording), notes: Vec::new() });
    }
    let text = lines::text(bytes)?;
    match format {
        Format::Scriptor => scriptor::import(text),
        Format::OpenscTool => opensc::import(text),
        Format::OpenscExplorer => explorer::import(text),
        Format::Pcom => pcom::import(text),
        Format::JcShell => jcshell::import(text),
        Format::Apdutool => apdutool::import(text),
        Format::Cardpeek => cardpeek::import(text),
        Format::Dump | Format::Recording => dump::import(text),
        Format::GpShell => gpshell::import(text),
        Format::Ledger => ledger::import(text),
    }
}
