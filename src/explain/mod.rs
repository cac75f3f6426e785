//! What bytes mean, in words: commands, answers, status words, ATRs, TLV trees, certificates.
//!
//! Everything comes out as a tree of [`Node`]s, which one place draws as text and another writes as
//! JSON. Nothing here decides anything; what cannot be read is said to be so and shown as bytes.

mod node;

pub use node::Node;
