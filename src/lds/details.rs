//! What DG11 and DG12 have in common: a tag list, fields that may each be there once, and one
//! template of repeated fields.

use super::data_object::{DataObject, TAG_LIST, write_tag_list};
use super::error::{In, asn1};
use super::{FullDate, LdsError};
use crate::tlv::{Tag, Tlv, Writer};

/// The template of repeated fields, context-specific in both groups.
pub(super) const REPEATED: Tag = Tag::new(0xA0);

/// Says which text field belongs to which tag, for reading and for writing.
macro_rules! text_fields {
    ($($tag:ident => $field:ident, $name:literal;)*) => {
        fn text_mut(&mut self, tag: Tag) -> Option<(&'static str, &mut Option<String>)> {
            match tag {
                $($tag => Some(($name, &mut self.$field)),)*
                _ => None,
            }
        }

        fn text(&self, tag: Tag) -> Option<&str> {
            match tag {
                $($tag => self.$field.as_deref(),)*
                _ => None,
            }
        }
    };
}
pub(super) use text_fields;

/// The entries of a template of repeated fields; the number before them is passed over.
pub(super) fn read_repeated(
    at: In,
    field: &'static str,
    entry: Tag,
    template: &Tlv<'_>,
    list: &mut Vec<String>,
) -> Result<(), LdsError> {
    for tlv in at.tlv(field, template.children())? {
        let tlv = at.tlv(field, tlv)?;
        if tlv.tag == entry {
            list.push(at.utf8(field, tlv.value)?);
        } else if tlv.tag != asn1::INTEGER {
            let got = format!("tag {}", tlv.tag);
            return Err(at.value(field, "their number and the entries", got));
        }
    }
    Ok(())
}

/// The value of a template of repeated fields; `None` without entries.
pub(super) fn repeated(entry: Tag, list: &[String]) -> Option<Vec<u8>> {
    if list.is_empty() {
        return None;
    }
    let mut w = Writer::new();
    // One byte holds their number; a longer list is cut to what it can say.
    let list = list.get(..0xFF).unwrap_or(list);
    w.primitive(asn1::INTEGER, &[list.len() as u8]);
    for text in list {
        w.primitive(entry, text.as_bytes());
    }
    Some(w.finish())
}

pub(super) fn read_date(
    at: In,
    field: &'static str,
    place: &mut Option<FullDate>,
    value: &[u8],
) -> Result<(), LdsError> {
    let date = FullDate::from_value(value).ok_or_else(|| {
        let got = format!("{} other bytes", value.len());
        at.value(field, "YYYYMMDD in eight digits or four bytes of BCD", got)
    })?;
    at.once(field, place, date)
}

/// The file: the tag list, then the fields that are there, in this order. The tag list names the
/// entries of [`REPEATED`], not the template.
pub(super) fn encode(
    file: Tag,
    order: &[Tag],
    repeated_entry: Tag,
    value: impl Fn(Tag) -> Option<Vec<u8>>,
    other: &[DataObject],
) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(file, |w| {
        let fields = order.iter().filter_map(|tag| Some((*tag, value(*tag)?)));
        let fields: Vec<_> = fields.chain(other.iter().map(|o| (o.tag, o.value.clone()))).collect();
        let listed = |tag| if tag == REPEATED { repeated_entry } else { tag };
        write_tag_list(w, fields.iter().map(|(tag, _)| listed(*tag)));
        for (tag, value) in &fields {
            w.primitive(*tag, value);
        }
    });
    w.finish()
}

/// The most data objects beyond the standard's that are kept.
const MAX_OTHER: usize = 64;

/// Keeps a data object that there is no field for.
pub(super) fn keep(
    at: In,
    field: &'static str,
    other: &mut Vec<DataObject>,
    tlv: &Tlv<'_>,
) -> Result<(), LdsError> {
    if other.len() == MAX_OTHER {
        let got = MAX_OTHER + 1;
        return Err(LdsError::TooMany { file: at.0, field, limit: MAX_OTHER, got });
    }
    other.push((*tlv).into());
    Ok(())
}

/// Whether a data object is the tag list, which is passed over when reading: what is there counts.
pub(super) fn is_tag_list(tlv: &Tlv<'_>) -> bool {
    tlv.tag == TAG_LIST
}
