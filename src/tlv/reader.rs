//! Reading data objects that somebody else wrote.

use super::Tag;

/// What a reader refuses to go beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Levels of nesting below the outermost.
    pub depth: u8,
    /// Data objects of one level.
    pub siblings: u32,
    /// Bytes of one value.
    pub size: usize,
}

impl Limits {
    /// Room for any data group and any CMS structure of a card: 24 levels, 4,096 siblings, 1 MiB.
    pub const CARD: Self = Self { depth: 24, siblings: 4096, size: 1 << 20 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::CARD
    }
}

/// How strictly lengths and tags are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// BER as cards write it: longer length forms than needed and the indefinite form pass.
    #[default]
    Lenient,
    /// DER (ITU-T X.690 clause 10): the shortest definite length and the shortest tag only.
    Der,
}

/// Why bytes are no data object. Offsets count from the start of the bytes given to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlvError {
    /// The bytes end inside a tag, a length or a value.
    #[error("TLV at byte {offset}: {expected} bytes expected, {got} there")]
    Truncated {
        /// Where the data object starts.
        offset: usize,
        /// Bytes that its header promises.
        expected: usize,
        /// Bytes that are there.
        got: usize,
    },
    /// A tag of more than three bytes, or one not in its shortest form under DER.
    #[error("TLV at byte {offset}: the tag is not one of ISO/IEC 7816-4 (1 to 3 bytes)")]
    BadTag {
        /// Where the tag starts.
        offset: usize,
    },
    /// A reserved length form, or one that the mode forbids.
    #[error("TLV at byte {offset}: length octet {octet:02X} is not allowed here")]
    BadLength {
        /// Where the data object starts.
        offset: usize,
        /// The first length octet.
        octet: u8,
    },
    /// A value beyond [`Limits::size`].
    #[error("TLV at byte {offset}: a value of {got} bytes, at most {limit} are read")]
    TooLarge {
        /// Where the data object starts.
        offset: usize,
        /// The limit.
        limit: usize,
        /// The length it claims.
        got: usize,
    },
    /// Nesting beyond [`Limits::depth`].
    #[error("TLV nested more than {limit} levels deep")]
    TooDeep {
        /// The limit.
        limit: u8,
    },
    /// More siblings than [`Limits::siblings`].
    #[error("more than {limit} data objects on one level")]
    TooMany {
        /// The limit.
        limit: u32,
    },
    /// Another tag than the structure demands.
    #[error("TLV: tag {expected} expected, {got} came")]
    UnexpectedTag {
        /// The tag demanded.
        expected: Tag,
        /// The tag that came.
        got: Tag,
    },
    /// A data object that the structure demands is not there.
    #[error("TLV: tag {expected} is missing")]
    Missing {
        /// The tag demanded.
        expected: Tag,
    },
    /// Bytes follow where none may.
    #[error("TLV: {got} bytes follow the data object")]
    Trailing {
        /// How many.
        got: usize,
    },
}

/// One data object, borrowed from the bytes it was read from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Its tag.
    pub tag: Tag,
    /// Its value (of the indefinite form: without the end-of-contents octets).
    pub value: &'a [u8],
    /// The whole of it: tag, length and value.
    pub raw: &'a [u8],
    depth: u8,
    mode: Mode,
    limits: Limits,
}

impl<'a> Tlv<'a> {
    /// A reader over the data objects of this one's value.
    ///
    /// # Errors
    /// [`TlvError::TooDeep`] where the nesting passes the limit.
    pub fn children(&self) -> Result<Reader<'a>, TlvError> {
        if self.depth >= self.limits.depth {
            return Err(TlvError::TooDeep { limit: self.limits.depth });
        }
        Ok(Reader {
            data: self.value,
            pos: 0,
            seen: 0,
            depth: self.depth + 1,
            mode: self.mode,
            limits: self.limits,
        })
    }

    /// The first child with this tag.
    ///
    /// # Errors
    /// What is wrong with the children before it.
    pub fn child(&self, tag: Tag) -> Result<Option<Self>, TlvError> {
        self.children()?.find_tag(tag)
    }

    /// The first child with this tag, which must be there.
    ///
    /// # Errors
    /// [`TlvError::Missing`], or what is wrong with the children before it.
    pub fn need(&self, tag: Tag) -> Result<Self, TlvError> {
        self.child(tag)?.ok_or(TlvError::Missing { expected: tag })
    }

    /// This data object, if it has that tag.
    ///
    /// # Errors
    /// [`TlvError::UnexpectedTag`].
    pub fn expect(self, tag: Tag) -> Result<Self, TlvError> {
        if self.tag == tag {
            Ok(self)
        } else {
            Err(TlvError::UnexpectedTag { expected: tag, got: self.tag })
        }
    }
}

impl std::fmt::Debug for Tlv<'_> {
    // Values may be personal data, so only the shape is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tlv({}, {} bytes)", self.tag, self.value.len())
    }
}

/// An iterator over data objects that stand one behind the other.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    data: &'a [u8],
    pos: usize,
    seen: u32,
    depth: u8,
    mode: Mode,
    limits: Limits,
}

impl<'a> Reader<'a> {
    /// A lenient reader with the limits for card data.
    pub const fn new(data: &'a [u8]) -> Self {
        Self::with(data, Mode::Lenient, Limits::CARD)
    }

    /// A DER reader with the limits for card data.
    pub const fn der(data: &'a [u8]) -> Self {
        Self::with(data, Mode::Der, Limits::CARD)
    }

    /// A reader of this strictness and these limits.
    pub const fn with(data: &'a [u8], mode: Mode, limits: Limits) -> Self {
        Self { data, pos: 0, seen: 0, depth: 0, mode, limits }
    }

    /// The bytes not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.data.get(self.pos..).unwrap_or_default()
    }

    /// The next data object, which must have that tag.
    ///
    /// # Errors
    /// [`TlvError::Missing`] at the end, [`TlvError::UnexpectedTag`], or what is wrong with it.
    pub fn expect(&mut self, tag: Tag) -> Result<Tlv<'a>, TlvError> {
        self.next().ok_or(TlvError::Missing { expected: tag })??.expect(tag)
    }

    /// The next data object with this tag, passing over others.
    ///
    /// # Errors
    /// What is wrong with those on the way.
    pub fn find_tag(&mut self, tag: Tag) -> Result<Option<Tlv<'a>>, TlvError> {
        for tlv in self.by_ref() {
            let tlv = tlv?;
            if tlv.tag == tag {
                return Ok(Some(tlv));
            }
        }
        Ok(None)
    }

    /// Nothing may follow.
    ///
    /// # Errors
    /// [`TlvError::Trailing`].
    pub fn end(&self) -> Result<(), TlvError> {
        match self.rest().len() {
            0 => Ok(()),
            got => Err(TlvError::Trailing { got }),
        }
    }

    fn read(&mut self) -> Result<Tlv<'a>, TlvError> {
        self.seen += 1;
        if self.seen > self.limits.siblings {
            return Err(TlvError::TooMany { limit: self.limits.siblings });
        }
        let offset = self.pos;
        let rest = self.rest();
        let header = header(rest, self.mode, offset)?;
        let (value_len, end_len) = match header.value_len {
            Some(len) => (len, 0),
            None => (indefinite_len(&rest[header.len..], self.limits, offset)?, 2),
        };
        if value_len > self.limits.size {
            return Err(TlvError::TooLarge { offset, limit: self.limits.size, got: value_len });
        }
        let value_end = header.len + value_len;
        let total = value_end + end_len;
        let (Some(value), Some(raw)) = (rest.get(header.len..value_end), rest.get(..total)) else {
            return Err(TlvError::Truncated { offset, expected: total, got: rest.len() });
        };
        self.pos += total;
        Ok(Tlv {
            tag: header.tag,
            value,
            raw,
            depth: self.depth,
            mode: self.mode,
            limits: self.limits,
        })
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Tlv<'a>, TlvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.pos >= self.data.len() {
            return None;
        }
        let item = self.read();
        if item.is_err() {
            self.pos = self.data.len();
        }
        Some(item)
    }
}

/// The data object that `data` consists of, and nothing behind it.
///
/// # Errors
/// What is wrong with it; [`TlvError::Trailing`] where more follows.
pub fn parse_one(data: &[u8], tag: Tag) -> Result<Tlv<'_>, TlvError> {
    let mut reader = Reader::new(data);
    let tlv = reader.expect(tag)?;
    reader.end()?;
    Ok(tlv)
}

/// The data object at a path of tags, the first match on each level.
///
/// # Errors
/// What is wrong with the data objects on the way.
pub fn find<'a>(data: &'a [u8], path: &[Tag]) -> Result<Option<Tlv<'a>>, TlvError> {
    let mut reader = Reader::new(data);
    let mut found = None;
    for (i, tag) in path.iter().enumerate() {
        let Some(tlv) = reader.find_tag(*tag)? else { return Ok(None) };
        if i + 1 < path.len() {
            reader = tlv.children()?;
        }
        found = Some(tlv);
    }
    Ok(found)
}

/// How many bytes the data object at the start of `data` takes by its own header, or `None` while
/// the header is not whole. An indefinite length has no such number.
///
/// # Errors
/// A tag or length that cannot be.
pub fn outer_len(data: &[u8]) -> Result<Option<usize>, TlvError> {
    match header(data, Mode::Lenient, 0) {
        Ok(Header { len, value_len: Some(value_len), .. }) => Ok(Some(len + value_len)),
        Ok(_) => Err(TlvError::BadLength { offset: 0, octet: 0x80 }),
        Err(TlvError::Truncated { .. }) => Ok(None),
        Err(e) => Err(e),
    }
}

struct Header {
    tag: Tag,
    len: usize,
    value_len: Option<usize>,
}

fn header(data: &[u8], mode: Mode, offset: usize) -> Result<Header, TlvError> {
    let byte = |at: usize| {
        data.get(at).copied().ok_or(TlvError::Truncated {
            offset,
            expected: at + 1,
            got: data.len(),
        })
    };
    let first = byte(0)?;
    let mut tag = u32::from(first);
    let mut len = 1;
    if first & 0x1F == 0x1F {
        loop {
            let next = byte(len)?;
            tag = tag << 8 | u32::from(next);
            len += 1;
            if mode == Mode::Der && len == 2 && (next & 0x7F) < 0x1F && next & 0x80 == 0 {
                return Err(TlvError::BadTag { offset });
            }
            // X.690 8.1.2.4.2: the first subsequent octet is never 80.
            if len == 2 && next == 0x80 {
                return Err(TlvError::BadTag { offset });
            }
            if next & 0x80 == 0 {
                break;
            }
            if len == 3 {
                return Err(TlvError::BadTag { offset });
            }
        }
    }
    let octet = byte(len)?;
    len += 1;
    let value_len = match octet {
        0..=0x7F => Some(usize::from(octet)),
        0x80 if mode == Mode::Lenient && Tag(tag).is_constructed() => None,
        0x81..=0x84 => {
            let mut value = 0_usize;
            for _ in 0..octet & 0x7F {
                value = value << 8 | usize::from(byte(len)?);
                len += 1;
            }
            if mode == Mode::Der && super::header_len(Tag(tag), value) != len {
                return Err(TlvError::BadLength { offset, octet });
            }
            Some(value)
        }
        _ => return Err(TlvError::BadLength { offset, octet }),
    };
    Ok(Header { tag: Tag(tag), len, value_len })
}

// Walks over the content of an indefinite length up to its end-of-contents octets, counting the
// open indefinite levels instead of recursing into them.
fn indefinite_len(data: &[u8], limits: Limits, offset: usize) -> Result<usize, TlvError> {
    let mut open = 1_u32;
    let mut pos = 0;
    let truncated = TlvError::Truncated { offset, expected: data.len() + 2, got: data.len() };
    loop {
        let rest = data.get(pos..).ok_or(truncated)?;
        if rest.starts_with(&[0, 0]) {
            open -= 1;
            if open == 0 {
                return Ok(pos);
            }
            pos += 2;
            continue;
        }
        let h = header(rest, Mode::Lenient, offset + pos)?;
        match h.value_len {
            Some(len) => pos = pos.checked_add(h.len + len).ok_or(truncated)?,
            None => {
                open += 1;
                if open > u32::from(limits.depth) {
                    return Err(TlvError::TooDeep { limit: limits.depth });
                }
                pos += h.len;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nested_objects_without_copying() {
        let data = hex::decode("6f0a8404a0000002a5025000").unwrap();
        let fci = parse_one(&data, Tag::new(0x6F)).unwrap();
        assert_eq!(fci.need(Tag::new(0x84)).unwrap().value, &data[4..8]);
        let label = find(&data, &[Tag::new(0x6F), Tag::new(0xA5), Tag::new(0x50)]).unwrap();
        assert_eq!(label.unwrap().value, b"");
        assert!(find(&data, &[Tag::new(0x6F), Tag::new(0x99)]).unwrap().is_none());
    }

    #[test]
    fn sixty_kilobytes_of_nesting_end_in_an_error() {
        let data = [0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF].repeat(10_000);
        assert!(matches!(Reader::new(&data).next(), Some(Err(TlvError::TooLarge { .. }))));
        let indefinite = [0x30, 0x80].repeat(30_000);
        assert!(matches!(Reader::new(&indefinite).next(), Some(Err(TlvError::TooDeep { .. }))));
        let mut nested = Vec::new();
        for _ in 0..40 {
            let mut w = super::super::Writer::new();
            w.primitive(Tag::new(0x30), &nested);
            nested = w.finish();
        }
        let mut reader = Reader::new(&nested);
        let mut depth = 0;
        let error = loop {
            let tlv = reader.next().unwrap().unwrap();
            match tlv.children() {
                Ok(inner) => reader = inner,
                Err(e) => break e,
            }
            depth += 1;
        };
        assert_eq!((depth, error), (24, TlvError::TooDeep { limit: 24 }));
    }

    #[test]
    fn der_refuses_what_ber_lets_pass() {
        for (hex, lenient) in [
            ("04810101", true),        // length longer than needed
            ("3080040101 0000", true), // indefinite
            ("1f0100", true),          // tag longer than needed
            ("0480", false),           // indefinite primitive
            ("04850000000001aa", false),
            ("1f8001 00", false),
        ] {
            let data = hex::decode(hex.replace(' ', "")).unwrap();
            assert_eq!(Reader::new(&data).next().unwrap().is_ok(), lenient, "{hex}");
            assert!(Reader::der(&data).next().unwrap().is_err(), "{hex}");
        }
    }

    #[test]
    fn outer_length_waits_for_the_whole_header() {
        assert_eq!(outer_len(&[0x75]), Ok(None));
        assert_eq!(outer_len(&[0x75, 0x82, 0x3A]), Ok(None));
        assert_eq!(outer_len(&[0x75, 0x82, 0x3A, 0x94]), Ok(Some(15_000)));
        assert_eq!(outer_len(&[0x7F, 0x61, 0x03]), Ok(Some(6)));
    }
}
