//! As much of JPEG (ITU-T T.81 annex B) as it takes to measure a picture and to lengthen it.

/// What a JPEG's markers say.
pub(super) struct Jpeg<'a> {
    bytes: &'a [u8],
    /// Pixels across.
    pub(super) width: u16,
    /// Pixels down.
    pub(super) height: u16,
    /// Where the first segment begins that is no application segment.
    padding_at: usize,
}

const SOI: [u8; 2] = [0xFF, 0xD8];
const EOI: [u8; 2] = [0xFF, 0xD9];
/// The largest comment segment: marker, length of 65,535, and what the length counts.
const MAX_COMMENT: usize = 2 + 0xFFFF;

impl<'a> Jpeg<'a> {
    /// Walks over the markers up to the first scan; `None` where this is no whole JPEG.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(&SOI) || !bytes.ends_with(&EOI) {
            return None;
        }
        let mut pos = SOI.len();
        let mut padding_at = None;
        loop {
            let segment = bytes.get(pos..)?;
            let [0xFF, after_first @ ..] = segment else { return None };
            // Clause B.1.1.2: any number of FF may stand before a marker.
            let fill = after_first.iter().take_while(|b| **b == 0xFF).count();
            let (marker, rest) = after_first.get(fill..)?.split_first()?;
            if !matches!(marker, 0xE0..=0xEF) {
                padding_at.get_or_insert(pos);
            }
            let (length, _) = rest.split_first_chunk::<2>()?;
            let length = usize::from(u16::from_be_bytes(*length));
            match marker {
                // SOF0 to SOF15 without DHT, JPG and DAC: precision, lines, samples a line.
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    let [_, _, _, h1, h2, w1, w2, ..] = *rest else { return None };
                    return Some(Self {
                        bytes,
                        width: u16::from_be_bytes([w1, w2]),
                        height: u16::from_be_bytes([h1, h2]),
                        padding_at: padding_at?,
                    });
                }
                // A scan or an end before any frame, a marker without length, or a reserved one.
                0x00..=0xBF | 0xD0..=0xDA => return None,
                _ if length < 2 => return None,
                _ => pos += 2 + fill + length,
            }
        }
    }

    /// The same picture, `n` bytes longer: comment segments behind the application segments, or
    /// fill bytes where less than a segment is wanted.
    pub(super) fn padded(&self, n: usize) -> Vec<u8> {
        let (before, after) = self.bytes.split_at_checked(self.padding_at).unwrap_or_default();
        let mut out = Vec::with_capacity(self.bytes.len() + n);
        out.extend_from_slice(before);
        let mut left = n;
        while left >= 4 {
            // What remains is nothing or enough for another segment.
            let take = if left <= MAX_COMMENT { left } else { (left - 4).min(MAX_COMMENT) };
            let [h, l] = ((take - 2) as u16).to_be_bytes();
            out.extend_from_slice(&[0xFF, 0xFE, h, l]);
            out.resize(out.len() + take - 4, b' ');
            left -= take;
        }
        out.resize(out.len() + left, 0xFF);
        out.extend_from_slice(after);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TINY_JPEG, mutate, unhex};
    use super::*;

    #[test]
    fn padding_keeps_the_picture() {
        let bytes = unhex(TINY_JPEG);
        let jpeg = Jpeg::parse(&bytes).unwrap();
        assert_eq!((jpeg.width, jpeg.height), (5, 3));
        assert_eq!(jpeg.padded(0), bytes);
        assert_eq!(
            hex::encode_upper(jpeg.padded(7)),
            TINY_JPEG.replace("FFDB0004", "FFFE0005202020FFDB0004")
        );
        for n in (0..20).chain(65_530..65_550).chain(131_070..131_080) {
            let padded = jpeg.padded(n);
            assert_eq!(padded.len(), bytes.len() + n);
            let again = Jpeg::parse(&padded).unwrap_or_else(|| panic!("{n}"));
            assert_eq!((again.width, again.height), (5, 3));
            assert!(padded.starts_with(&bytes[..8]) && padded.ends_with(&bytes[8..]));
        }
    }

    #[test]
    fn what_is_no_jpeg_is_refused() {
        mutate(&unhex(TINY_JPEG), |bytes| {
            if let Some(jpeg) = Jpeg::parse(bytes) {
                assert!(Jpeg::parse(&jpeg.padded(9)).is_some());
            }
        });
        for bad in ["", "FFD8FFD9", "FFD8FFDA0008010100003F0000FFD9", "FFD8FFE00000FFD9"] {
            assert!(Jpeg::parse(&unhex(bad)).is_none(), "{bad}");
        }
    }
}
