//! Patterns of data: bytes with wildcards.

use super::{
    Failure, Shade,
    machine::{Bytes, Machine},
};
use crate::script::syntax::{DataPattern, PatternItem};

/// A pattern whose parts have their values.
pub(super) struct Pattern {
    atoms: Vec<Atom>,
    pub(super) shade: Shade,
}

#[derive(Clone, Copy)]
enum Atom {
    /// A byte, and the bits of it that count.
    Byte(u8, u8),
    /// Any number of bytes.
    Any,
}

/// How data differ from a pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// At this byte of the data, where this byte was expected.
    Byte { at: usize, expected: (u8, u8), got: u8 },
    /// The data end before the pattern does.
    Short { expected: usize, got: usize },
    /// More data than the pattern has room for.
    Long { expected: usize, got: usize },
    /// What stands between two `*` is nowhere behind this byte.
    Nowhere { from: usize },
}

impl Machine<'_> {
    /// A pattern with the values of its parts.
    pub(super) fn pattern(&mut self, pattern: &DataPattern) -> Result<Pattern, Failure> {
        let mut atoms = Vec::with_capacity(pattern.items.len());
        let mut shade = Shade::Open;
        for item in &pattern.items {
            match item {
                PatternItem::Byte(value, mask) => atoms.push(Atom::Byte(*value, *mask)),
                PatternItem::Any => atoms.push(Atom::Any),
                PatternItem::Parts(part) => {
                    let mut bytes = Bytes::default();
                    self.append_part(part, &mut bytes)?;
                    shade = shade.max(bytes.shade);
                    atoms.extend(bytes.data.iter().map(|byte| Atom::Byte(*byte, 0xFF)));
                }
            }
        }
        Ok(Pattern { atoms, shade })
    }
}

impl Pattern {
    /// Where data differ; `None` where they match.
    pub(super) fn mismatch(&self, data: &[u8]) -> Option<Mismatch> {
        let mut parts = self.atoms.split(|atom| matches!(atom, Atom::Any));
        let first = parts.next().unwrap_or_default();
        let rest: Vec<&[Atom]> = parts.collect();
        let least = self.atoms.iter().filter(|atom| matches!(atom, Atom::Byte(..))).count();
        if let Some(at) = differs(first, data) {
            return Some(at);
        }
        if data.len() < least {
            return Some(Mismatch::Short { expected: least, got: data.len() });
        }
        let Some((last, middle)) = rest.split_last() else {
            let (expected, got) = (least, data.len());
            return (got > expected).then_some(Mismatch::Long { expected, got });
        };
        let end = data.len() - last.len();
        let mut at = first.len();
        for part in middle {
            // The first place is as good as any: what follows has the more room.
            let room = data.get(at..end).unwrap_or_default();
            let found = if part.is_empty() {
                Some(0)
            } else {
                room.windows(part.len()).position(|window| differs(part, window).is_none())
            };
            match found {
                Some(offset) => at += offset + part.len(),
                None => return Some(Mismatch::Nowhere { from: at }),
            }
        }
        let tail = data.get(end..).unwrap_or_default();
        differs(last, tail).map(|mismatch| match mismatch {
            Mismatch::Byte { at, expected, got } => Mismatch::Byte { at: end + at, expected, got },
            other => other,
        })
    }
}

// Where the beginning of data differs from these bytes; `None` too where the data end first.
fn differs(atoms: &[Atom], data: &[u8]) -> Option<Mismatch> {
    atoms.iter().zip(data).enumerate().find_map(|(at, (atom, got))| match atom {
        Atom::Byte(value, mask) if got & mask != value & mask => {
            Some(Mismatch::Byte { at, expected: (*value, *mask), got: *got })
        }
        _ => None,
    })
}

/// A byte as a pattern has it: `4X`.
pub(super) fn byte_text((value, mask): (u8, u8)) -> String {
    let nibble = |shift: u8| match (mask >> shift) & 0xF {
        0 => 'X',
        _ => {
            let digit = char::from_digit(u32::from((value >> shift) & 0xF), 16).unwrap_or('?');
            digit.to_ascii_uppercase()
        }
    };
    [nibble(4), nibble(0)].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        let atoms = text.split(' ').map(|word| match word {
            "*" => Atom::Any,
            word => {
                let digit = |c: char| c.to_digit(16).map_or((0, 0), |d| (d as u8, 0xF));
                let mut chars = word.chars().map(digit);
                let ((high, top), (low, bottom)) = (chars.next().unwrap(), chars.next().unwrap());
                Atom::Byte(high << 4 | low, top << 4 | bottom)
            }
        });
        Pattern { atoms: atoms.collect(), shade: Shade::Open }
    }

    #[test]
    fn wildcards_and_several_stars() {
        for (text, data, mismatch) in [
            ("6F XX 84", "6F1184", None),
            ("6F 1X", "6F2184", Some(Mismatch::Byte { at: 1, expected: (0x10, 0xF0), got: 0x21 })),
            ("6F 1X", "6F1184", Some(Mismatch::Long { expected: 2, got: 3 })),
            ("6F XX 84 07", "6F11", Some(Mismatch::Short { expected: 4, got: 2 })),
            ("6F * 84", "6F0284", None),
            ("6F * 84", "6F84", None),
            (
                "6F * 84",
                "6F0285",
                Some(Mismatch::Byte { at: 2, expected: (0x84, 0xFF), got: 0x85 }),
            ),
            ("* 07 A0 * 90 *", "000007A0112290FF", None),
            ("* 07 A0 * 90 *", "00079007A011", Some(Mismatch::Nowhere { from: 5 })),
            ("* AA AA * AA", "AAAAAA", None),
            ("* AA AA * AA AA", "AAAAAA", Some(Mismatch::Short { expected: 4, got: 3 })),
            ("*", "", None),
            ("* *", "00", None),
        ] {
            let data = hex::decode(data).unwrap();
            assert_eq!(pattern(text).mismatch(&data), mismatch, "{text} {data:02X?}");
        }
        assert_eq!(byte_text((0x4A, 0xF0)), "4X");
    }
}
