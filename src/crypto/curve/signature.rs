//! ECDSA signatures as bytes.

use super::Curve;

/// An ECDSA signature in the plain form `r || s` (BSI TR-03111 clause 5.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(pub(super) Vec<u8>);

impl Signature {
    /// Takes `r || s`. Whether it is a signature shows when it is verified.
    pub fn from_plain(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Reads the X9.62 form `SEQUENCE { r INTEGER, s INTEGER }` for a curve, or `None` where the
    /// bytes are not that or a number is too large.
    pub fn from_der(curve: Curve, bytes: &[u8]) -> Option<Self> {
        use crate::tlv::{Reader, Tag};
        let mut outer = Reader::der(bytes);
        let sequence = outer.expect(Tag::new(0x30)).ok()?;
        outer.end().ok()?;
        let mut numbers = sequence.children().ok()?;
        let len = curve.field_len();
        let mut plain = vec![0; 2 * len];
        for half in plain.chunks_mut(len) {
            let number = numbers.expect(Tag::new(0x02)).ok()?.value;
            // A minimal positive INTEGER (X.690 clause 8.3).
            let digits = match number {
                [0, second, ..] if second & 0x80 != 0 => &number[1..],
                [first, ..] if first & 0x80 == 0 && *first != 0 => number,
                _ => return None,
            };
            let start = len.checked_sub(digits.len())?;
            half[start..].copy_from_slice(digits);
        }
        numbers.end().ok()?;
        Some(Self(plain))
    }

    /// `r || s`.
    pub fn to_plain(&self) -> &[u8] {
        &self.0
    }

    /// The X9.62 form.
    pub fn to_der(&self) -> Vec<u8> {
        use crate::tlv::{Tag, Writer};
        let mut w = Writer::new();
        w.constructed(Tag::new(0x30), |w| {
            for half in self.0.chunks(self.0.len().div_ceil(2).max(1)) {
                let start = half.iter().position(|&b| b != 0).unwrap_or(half.len());
                let digits = &half[start..];
                let mut number = Vec::with_capacity(digits.len() + 1);
                if digits.first().is_none_or(|&b| b & 0x80 != 0) {
                    number.push(0);
                }
                number.extend_from_slice(digits);
                w.primitive(Tag::new(0x02), &number);
            }
        });
        w.finish()
    }
}
