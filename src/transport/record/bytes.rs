//! Bytes in a recording, some of which may be left out.

use std::{fmt, ops::Range};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::{Zeroize, Zeroizing};

/// Most bytes that one text may stand for: the largest response APDU.
const MAX_BYTES: usize = 0x1_0002 + 0x10;

/// Bytes in hexadecimal, where `[n]` stands for n bytes that are left out: `00B0810000`,
/// `[95]9000`. Wiped when dropped, for a recording with secrets holds them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Masked(Vec<Part>);

/// A stretch of [`Masked`] bytes.
#[derive(Clone, PartialEq, Eq)]
pub enum Part {
    /// The bytes.
    Known(Vec<u8>),
    /// So many bytes, left out.
    Out(usize),
}

impl Part {
    const fn len(&self) -> usize {
        match self {
            Self::Known(bytes) => bytes.len(),
            Self::Out(len) => *len,
        }
    }
}

impl Masked {
    /// All bytes as they are.
    pub fn known(bytes: &[u8]) -> Self {
        Self(if bytes.is_empty() { Vec::new() } else { vec![Part::Known(bytes.to_vec())] })
    }

    /// The bytes but those of this range, which is cut to what there is.
    pub fn without(bytes: &[u8], range: Range<usize>) -> Self {
        Self::without_all(bytes, &[range])
    }

    /// The bytes but those of these ranges, in order; what lies before the one before is passed over.
    pub fn without_all(bytes: &[u8], ranges: &[Range<usize>]) -> Self {
        let mut masked = Self::default();
        let mut at = 0;
        for range in ranges {
            let end = range.end.min(bytes.len());
            let start = range.start.max(at).min(end);
            masked.push_known(bytes.get(at..start).unwrap_or_default());
            if end > start {
                match masked.0.last_mut() {
                    Some(Part::Out(len)) => *len += end - start,
                    _ => masked.0.push(Part::Out(end - start)),
                }
            }
            at = at.max(end);
        }
        masked.push_known(bytes.get(at..).unwrap_or_default());
        masked
    }

    /// How many bytes it stands for.
    pub fn len(&self) -> usize {
        self.0.iter().map(Part::len).sum()
    }

    /// Whether it stands for no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its stretches in order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The bytes, where none is left out.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self.0.as_slice() {
            [] => Some(&[]),
            [Part::Known(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// The last two bytes, which in a response are the status word.
    pub fn status(&self) -> Option<[u8; 2]> {
        match self.0.last() {
            Some(Part::Known(bytes)) => bytes.last_chunk().copied(),
            _ => None,
        }
    }

    /// The bytes with zeros for those that are left out, wiped when dropped.
    pub fn filled(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.len());
        for part in &self.0 {
            match part {
                Part::Known(known) => bytes.extend_from_slice(known),
                Part::Out(len) => bytes.resize(bytes.len() + len, 0),
            }
        }
        Zeroizing::new(bytes)
    }

    /// Where bytes are left out.
    pub fn gaps(&self) -> Vec<Range<usize>> {
        let mut at = 0;
        let mut gaps = Vec::new();
        for part in &self.0 {
            if let Part::Out(len) = part {
                gaps.push(at..at + len);
            }
            at += part.len();
        }
        gaps
    }

    fn push_known(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.0.push(Part::Known(bytes.to_vec()));
        }
    }
}

impl std::str::FromStr for Masked {
    type Err = &'static str;

    // One text for one value: no empty stretch, no two of a kind side by side.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut masked = Self::default();
        let mut rest = text;
        let mut len = 0;
        while !rest.is_empty() {
            let part;
            if let Some(inner) = rest.strip_prefix('[') {
                let (digits, after) = inner.split_once(']').ok_or("a closing bracket")?;
                let is_number =
                    !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
                let count = digits.parse().ok().filter(|count| is_number && *count <= MAX_BYTES);
                part = Part::Out(count.ok_or("a number of bytes between brackets")?);
                rest = after;
            } else {
                let end = rest.find('[').unwrap_or(rest.len());
                let (digits, after) = rest.split_at(end);
                if digits.len() / 2 > MAX_BYTES {
                    return Err("no more bytes than an APDU has");
                }
                part = Part::Known(hex::decode(digits).map_err(|_| "hexadecimal digits in pairs")?);
                rest = after;
            }
            let twice = matches!((masked.0.last(), &part), (Some(Part::Out(_)), Part::Out(_)));
            len += part.len();
            if twice || len > MAX_BYTES {
                return Err("one number for all bytes left out at a place");
            }
            masked.0.push(part);
        }
        Ok(masked)
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Known(bytes) => f.write_str(&hex::encode_upper(bytes))?,
                Part::Out(len) => write!(f, "[{len}]")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masked({} bytes)", self.len())
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(bytes) => write!(f, "Known({} bytes)", bytes.len()),
            Self::Out(len) => write!(f, "Out({len})"),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Self::Known(bytes) = self {
            bytes.zeroize();
        }
    }
}

impl Serialize for Masked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Masked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Masked;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes in hexadecimal, [n] for n that are left out")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Masked, E> {
                text.parse().map_err(|expected| E::custom(format!("{expected} expected")))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_one_value() {
        for text in ["", "00B0810000", "[95]9000", "00A4040C07[7]00", "[7]"] {
            assert_eq!(text.parse::<Masked>().unwrap().to_string(), text);
        }
        for wrong in ["0", "0G", "[", "[]", "[-1]", "[+1]", "[01]", "[0]", "[1][2]", "[99999]", "]"]
        {
            assert!(wrong.parse::<Masked>().is_err(), "{wrong}");
        }
        // All stretches count together, and the last one that is too many.
        let most = format!("[{}]00", MAX_BYTES - 1);
        assert_eq!(most.parse::<Masked>().unwrap().len(), MAX_BYTES);
        assert!(format!("{most}[1]").parse::<Masked>().is_err());
        let cut: Masked = "01[2]04[1]".parse().unwrap();
        assert_eq!((&*cut.filled(), cut.gaps()), (&vec![1, 0, 0, 4, 0], vec![1..3, 4..5]));
        assert_eq!(Masked::without_all(&[1, 0, 0, 4, 0], &cut.gaps()), cut);
        assert_eq!(Masked::without_all(&[1, 2, 3], &[1..2, 0..3]).to_string(), "01[2]");
        let cut = Masked::without(&[1, 2, 3, 4], 1..9);
        assert_eq!((cut.to_string().as_str(), cut.len(), cut.bytes()), ("01[3]", 4, None));
        assert_eq!(Masked::without(&[1, 2], 5..9), Masked::known(&[1, 2]));
    }
}
