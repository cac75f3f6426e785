//! GET DATA and PUT DATA (ISO/IEC 7816-4 clause 11.5).

use crate::{
    apdu::{CommandView, StatusWord, ins},
    emulator::{applet::Reply, card::Card, store::Change},
    profile::DataObjectSpec,
    tlv::{Reader, Tag, Writer, parse_one},
};

/// A tag list (ISO/IEC 7816-4 clause 8.4.3).
const TAG_LIST: Tag = Tag::new(0x5C);
/// The most tags in a list, and data objects in a PUT DATA.
const MAX_OBJECTS: usize = 64;
/// The most bytes of an object.
const MAX_VALUE: usize = 0xFFFF;

/// The name of a data object's entry.
pub(super) fn entry(tag: u16) -> String {
    format!("data/{tag:04X}")
}

impl Card {
    fn object(&self, tag: u32) -> Result<(usize, &DataObjectSpec), StatusWord> {
        let mut all = self.parts.layout.data_objects.iter().enumerate();
        let found = all.find(|(_, object)| u32::from(object.tag) == tag);
        found.ok_or(StatusWord::REFERENCE_NOT_FOUND)
    }

    /// GET DATA: with the even instruction the value of the object whose tag is P1-P2, with the odd
    /// one the objects of a tag list.
    ///
    /// # Errors
    /// `6700` without Le; `6A88` where there is no such object, `6982` where its rule says no;
    /// `6A80` for a tag list that is none, `6A86` for an odd one with another P1-P2.
    pub(super) fn get_data(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let header = command.header;
        if command.ne.is_none() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let p1p2 = u16::from_be_bytes([header.p1, header.p2]);
        let status = self.seen(command.header);
        let value = |tag: u32| {
            let (_, object) = self.object(tag)?;
            let permitted = object.read.permits(&status);
            if permitted { Ok(&object.value) } else { Err(StatusWord::SECURITY_STATUS) }
        };
        if header.ins == ins::GET_DATA {
            if !command.data.is_empty() {
                return Err(StatusWord::WRONG_LENGTH);
            }
            return Ok(Reply::data(value(p1p2.into())?.clone()));
        }
        if !matches!(p1p2, 0x0000 | 0x3F00 | 0x3FFF) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let list = parse_one(command.data, TAG_LIST).map_err(|_| StatusWord::WRONG_DATA)?;
        let mut out = Writer::new();
        let mut total = 0;
        for tag in tags(list.value)? {
            let value = value(tag)?;
            total += value.len();
            if total > MAX_VALUE {
                return Err(StatusWord::WRONG_LENGTH);
            }
            out.primitive(Tag::new(tag), value);
        }
        Ok(Reply::data(out.finish()))
    }

    /// PUT DATA: with the even instruction the value of the object whose tag is P1-P2, with the odd
    /// one all objects in the data, or none of them.
    ///
    /// # Errors
    /// `6A88` where there is no such object, `6982` where its rule says no; `6A80` for data that
    /// are no objects, `6A86` for an odd instruction with another P1-P2.
    pub(super) fn put_data(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let header = command.header;
        let p1p2 = u16::from_be_bytes([header.p1, header.p2]);
        let mut put = Vec::new();
        if header.ins == ins::PUT_DATA {
            put.push((u32::from(p1p2), command.data));
        } else {
            if !matches!(p1p2, 0x0000 | 0x3F00 | 0x3FFF) {
                return Err(StatusWord::WRONG_P1P2);
            }
            for object in Reader::new(command.data) {
                let object = object.map_err(|_| StatusWord::WRONG_DATA)?;
                put.push((object.tag.value(), object.value));
                if put.len() > MAX_OBJECTS {
                    return Err(StatusWord::WRONG_DATA);
                }
            }
            if put.is_empty() {
                return Err(StatusWord::WRONG_LENGTH);
            }
        }
        let status = self.seen(command.header);
        let mut changes = Vec::new();
        let mut places = Vec::new();
        for (tag, value) in put {
            let (index, object) = self.object(tag)?;
            if !object.update.permits(&status) {
                return Err(StatusWord::SECURITY_STATUS);
            }
            changes.push(Change::set(entry(object.tag), value));
            places.push((index, value));
        }
        self.keep(&changes)?;
        for (index, value) in places {
            if let Some(object) = self.parts.layout.data_objects.get_mut(index) {
                object.value = value.to_vec();
            }
        }
        Ok(Reply::data(Vec::new()))
    }
}

// Tags of one or two bytes, one behind the other.
fn tags(mut list: &[u8]) -> Result<Vec<u32>, StatusWord> {
    let mut tags = Vec::new();
    while let Some((&first, rest)) = list.split_first() {
        let (tag, rest) = match rest.split_first() {
            Some((&second, rest)) if first & 0x1F == 0x1F => {
                (u32::from(u16::from_be_bytes([first, second])), rest)
            }
            _ => (u32::from(first), rest),
        };
        tags.push(tag);
        if tags.len() > MAX_OBJECTS {
            return Err(StatusWord::WRONG_DATA);
        }
        list = rest;
    }
    Ok(tags)
}
