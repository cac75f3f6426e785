//! Evidence to verdict.
mod anchors;
pub(crate) mod encoding;
mod evidence;

pub use anchors::{AnchorError, AnchorSet, Anchors};
pub use evidence::{
    Access, ActiveAuthentication, Card, ChipAuthentication, Evidence, EvidenceError, MAX_EVIDENCE,
};
