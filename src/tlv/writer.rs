//! Building data objects.

use zeroize::Zeroizing;

use super::Tag;

/// Appends data objects to a buffer, with minimal definite lengths.
#[derive(Default)]
pub struct Writer {
    buf: Vec<u8>,
}

impl Writer {
    /// An empty writer.
    pub const fn new() -> Self {
        Self { buf: Vec::new() }
    }

    /// Appends a data object with this value, whatever the tag's form.
    pub fn primitive(&mut self, tag: Tag, value: &[u8]) -> &mut Self {
        push_header(&mut self.buf, tag, value.len());
        self.buf.extend_from_slice(value);
        self
    }

    /// Appends a data object whose value is what `fill` writes.
    pub fn constructed(&mut self, tag: Tag, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self::new();
        fill(&mut inner);
        self.primitive(tag, &inner.buf)
    }

    /// Appends bytes that are already encoded.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.buf.extend_from_slice(bytes);
        self
    }

    /// What was written.
    pub fn finish(self) -> Vec<u8> {
        self.buf
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("len", &self.buf.len()).finish_non_exhaustive()
    }
}

/// How many bytes tag and length take before a value of `len` bytes.
pub const fn header_len(tag: Tag, len: usize) -> usize {
    tag.len()
        + match len {
            0..=0x7F => 1,
            0x80..=0xFF => 2,
            0x100..=0xFFFF => 3,
            0x1_0000..=0xFF_FFFF => 4,
            _ => 5,
        }
}

/// A data object of these parts one after the other, for secrets: its buffer is wiped when dropped
/// and never grows while it is filled.
pub fn secret_object(tag: Tag, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let len = parts.iter().map(|part| part.len()).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(header_len(tag, len) + len));
    push_header(&mut out, tag, len);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

fn push_header(buf: &mut Vec<u8>, tag: Tag, len: usize) {
    let tag_bytes = tag.value().to_be_bytes();
    buf.extend_from_slice(&tag_bytes[4 - tag.len()..]);
    let len_octets = header_len(tag, len) - tag.len() - 1;
    if len_octets == 0 {
        buf.push(len as u8);
    } else {
        buf.push(0x80 | len_octets as u8);
        let be = (len as u64).to_be_bytes();
        buf.extend_from_slice(&be[8 - len_octets..]);
    }
}
