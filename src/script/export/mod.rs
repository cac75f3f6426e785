//! Scripts and recordings in the formats of other programs, and recordings as scripts.
//!
//! A script goes out as the commands it sends, in order, its constants put in. What another format
//! cannot say is an error at its place, unless it only looks at answers: that becomes a comment.

mod dump;
mod error;
mod flat;
mod opensc;
mod pcom;
mod recorded;
mod scriptor;
mod step;
#[cfg(test)]
mod tests;
mod value;

pub use error::ExportError;
pub use recorded::of_recording;

use step::Step;

use super::{Diagnostic, syntax::Script};
use crate::transport::Recording;

/// A format that can be exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// `scriptor` of pcsc-tools.
    Scriptor,
    /// Shell lines with `opensc-tool -s ..`.
    OpenscTool,
    /// PCOM.
    Pcom,
    /// A dump as apdu4j writes and replays it: the answers stand in it.
    Dump,
}

impl Target {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Scriptor, Self::OpenscTool, Self::Pcom, Self::Dump];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scriptor => "scriptor",
            Self::OpenscTool => "opensc-tool",
            Self::Pcom => "pcom",
            Self::Dump => "apdu4j",
        }
    }

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A script in another format. `text` is what it was parsed from, for its comments.
///
/// # Errors
/// A [`Diagnostic`], E100 and above: the first place that the format cannot say.
pub fn export(script: &Script, text: &str, target: Target) -> Result<String, Box<Diagnostic>> {
    write(&flat::steps(script, text, target)?, target)
}

/// The wire of a recording in another format.
///
/// # Errors
/// [`ExportError`] where bytes are left out, or where the format cannot say what happened.
pub fn export_recording(recording: &Recording, target: Target) -> Result<String, ExportError> {
    recording.need_all("export it")?;
    let steps = recorded::steps(recording);
    Ok(write(&steps, target)?)
}

fn write(steps: &[Step], target: Target) -> Result<String, Box<Diagnostic>> {
    match target {
        Target::Scriptor => Ok(scriptor::write(steps)),
        Target::OpenscTool => Ok(opensc::write(steps)),
        Target::Pcom => pcom::write(steps),
        Target::Dump => dump::write(steps),
    }
}
