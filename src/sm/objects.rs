//! The data objects of a protected message (ICAO Doc 9303-11 clause 9.8.4, ISO/IEC 7816-4 clause 10).

use super::SmError;
use crate::tlv::{Reader, Tag, Tlv};

pub(super) const DO_85: Tag = Tag::new(0x85);
pub(super) const DO_87: Tag = Tag::new(0x87);
pub(super) const DO_8E: Tag = Tag::new(0x8E);
pub(super) const DO_97: Tag = Tag::new(0x97);
pub(super) const DO_99: Tag = Tag::new(0x99);
/// Bytes of a MAC in DO8E.
pub(super) const MAC_LEN: usize = 8;

pub(super) fn push_mac(body: &mut Vec<u8>, mac: [u8; MAC_LEN]) {
    body.extend_from_slice(&[0x8E, MAC_LEN as u8]);
    body.extend_from_slice(&mac);
}

pub(super) fn bad_object(object: &Tlv<'_>, expected: &'static str) -> SmError {
    SmError::BadObject { object: object.tag.value(), expected, got: object.value.len() }
}

/// The data objects of a protected message, each at most once, the MAC last.
pub(super) struct Objects<'a> {
    pub(super) data: Option<Tlv<'a>>,
    pub(super) le: Option<Tlv<'a>>,
    pub(super) status: Option<Tlv<'a>>,
    pub(super) mac: Option<Tlv<'a>>,
    pub(super) under_mac: &'a [u8],
}

impl<'a> Objects<'a> {
    pub(super) fn read(body: &'a [u8]) -> Result<Self, SmError> {
        let mut objects = Self { data: None, le: None, status: None, mac: None, under_mac: body };
        let mut before = 0;
        for object in Reader::new(body) {
            let object = object?;
            if objects.mac.is_some() {
                return Err(bad_object(&object, "nothing behind DO8E"));
            }
            let place = match object.tag {
                DO_85 | DO_87 => &mut objects.data,
                DO_97 => &mut objects.le,
                DO_99 => &mut objects.status,
                DO_8E => {
                    objects.under_mac = &body[..before];
                    &mut objects.mac
                }
                _ => return Err(bad_object(&object, "one of DO85, DO87, DO97, DO99, DO8E")),
            };
            if place.replace(object).is_some() {
                return Err(bad_object(&object, "each data object once"));
            }
            before += object.raw.len();
        }
        Ok(objects)
    }
}
