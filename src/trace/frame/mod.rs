//! What packets are made of, both ways.

pub(super) mod iso14443;
pub(super) mod upper;

/// A packet that goes one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Whether the card sent it.
    pub(super) from_card: bool,
    /// The packet with its headers.
    pub(super) bytes: Vec<u8>,
}
