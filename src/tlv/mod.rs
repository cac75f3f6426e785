//! BER-TLV data objects (ISO/IEC 7816-4 clause 6, ISO/IEC 8825-1).
//!
//! What a card or a file sends is read by [`Reader`]: it copies nothing, never recurses, and
//! bounds depth, count and size before it believes a length. [`Writer`] builds data objects with
//! minimal definite lengths. Tags are at most three bytes, as ISO/IEC 7816-4 allows.
//!
//! ```
//! use iccard::tlv::{self, Tag, Writer};
//!
//! let mut w = Writer::new();
//! w.constructed(Tag::new(0x60), |w| {
//!     w.primitive(Tag::new(0x5F01), b"0107");
//! });
//! let bytes = w.finish();
//! assert_eq!(hex::encode(&bytes), "60075f010430313037");
//! let version = tlv::find(&bytes, &[Tag::new(0x60), Tag::new(0x5F01)])?.expect("present");
//! assert_eq!(version.value, b"0107");
//! # Ok::<(), tlv::TlvError>(())
//! ```

mod reader;
mod writer;

pub use reader::{Limits, Mode, Reader, Tlv, TlvError, find, outer_len, parse_one};
pub use writer::{Writer, header_len, secret_object};

/// A BER tag of one to three bytes, held as the number those bytes spell: `0x5F1F`, `0x7F61`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u32);

impl Tag {
    /// The tag whose bytes spell `value`.
    pub const fn new(value: u32) -> Self {
        Self(value)
    }

    /// The number that the tag's bytes spell.
    pub const fn value(self) -> u32 {
        self.0
    }

    /// How many bytes the tag takes on the wire.
    pub const fn len(self) -> usize {
        match self.0 {
            0..=0xFF => 1,
            0x100..=0xFFFF => 2,
            _ => 3,
        }
    }

    /// Never: a tag has at least one byte.
    pub const fn is_empty(self) -> bool {
        false
    }

    /// Whether the value is itself a list of data objects (bit 6 of the first byte).
    pub const fn is_constructed(self) -> bool {
        let first = match self.len() {
            1 => self.0,
            2 => self.0 >> 8,
            _ => self.0 >> 16,
        };
        first & 0x20 != 0
    }
}

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = self.len() * 2;
        write!(f, "{:0width$X}", self.0)
    }
}

impl std::fmt::Debug for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tag({self})")
    }
}
