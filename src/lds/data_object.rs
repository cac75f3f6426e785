//! Data objects that are kept as they came, and lists of tags.

use super::LdsError;
use super::error::In;
use crate::tlv::{Tag, Tlv, Writer};

/// A data object that this library has no field for.
#[derive(Clone, PartialEq, Eq)]
pub struct DataObject {
    /// Its tag.
    pub tag: Tag,
    /// Its value.
    pub value: Vec<u8>,
}

impl DataObject {
    pub(super) fn write(&self, w: &mut Writer) {
        w.primitive(self.tag, &self.value);
    }
}

impl From<Tlv<'_>> for DataObject {
    fn from(tlv: Tlv<'_>) -> Self {
        Self { tag: tlv.tag, value: tlv.value.to_vec() }
    }
}

impl std::fmt::Debug for DataObject {
    // Values may be personal data, so only the shape is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataObject({}, {} bytes)", self.tag, self.value.len())
    }
}

/// The tag list data object (ISO/IEC 7816-4).
pub(super) const TAG_LIST: Tag = Tag::new(0x5C);

pub(super) fn write_tag_list(w: &mut Writer, tags: impl IntoIterator<Item = Tag>) {
    let mut list = Vec::new();
    for tag in tags {
        let bytes = tag.value().to_be_bytes();
        list.extend(bytes.into_iter().skip(4 - tag.len()));
    }
    w.primitive(TAG_LIST, &list);
}

pub(super) fn parse_tag_list(
    at: In,
    field: &'static str,
    list: &[u8],
) -> Result<Vec<Tag>, LdsError> {
    const LIMIT: usize = 64;
    let mut tags = Vec::new();
    let mut bytes = list.iter();
    while let Some(first) = bytes.next() {
        let mut tag = u32::from(*first);
        if first & 0x1F == 0x1F {
            loop {
                let more = bytes.next().filter(|_| tag <= 0xFFFF);
                let Some(next) = more else {
                    let got = hex::encode_upper(list);
                    return Err(at.value(field, "tags of one to three bytes", got));
                };
                tag = tag << 8 | u32::from(*next);
                if next & 0x80 == 0 {
                    break;
                }
            }
        }
        if tags.len() == LIMIT {
            return Err(LdsError::TooMany { file: at.0, field, limit: LIMIT, got: LIMIT + 1 });
        }
        tags.push(Tag::new(tag));
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::super::File;
    use super::*;

    #[test]
    fn tag_lists_hold_tags_of_one_to_three_bytes() {
        let tags = [0x61, 0x5F0E, 0x7F61, 0x5F8122].map(Tag::new);
        let mut w = Writer::new();
        write_tag_list(&mut w, tags);
        let bytes = w.finish();
        assert_eq!(hex::encode(&bytes), "5c08615f0e7f615f8122");
        let at = In(File::Com);
        assert_eq!(parse_tag_list(at, "", &bytes[2..]), Ok(tags.to_vec()));
        for bad in [&[0x5F][..], &[0x5F, 0x81], &[0x5F, 0x81, 0x81, 0x01]] {
            assert!(parse_tag_list(at, "", bad).is_err(), "{bad:02X?}");
        }
        assert!(matches!(parse_tag_list(at, "", &[0x61; 65]), Err(LdsError::TooMany { .. })));
    }
}
