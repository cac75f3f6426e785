//! UPDATE, WRITE and ERASE BINARY (ISO/IEC 7816-4 clauses 11.3.4 to 11.3.7).

use super::{
    Body, Content, NodeId, Place, Source, Tree,
    binary::{DISCRETIONARY, OFFSET, even_source, number, odd_source},
};
use crate::{
    apdu::{CommandView, StatusWord, ins},
    profile::Status,
    tlv::{Reader, Tag},
};

/// Discretionary data of constructed objects.
const DISCRETIONARY_TEMPLATE: Tag = Tag::new(0x73);

/// What is done to the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change<'a> {
    /// Other bytes in their place.
    Update(&'a [u8]),
    /// Bits set that were not: what data coding byte `41` promises.
    Or(&'a [u8]),
    /// Zeros, up to this offset or to the end.
    Erase(Option<usize>),
}

/// A command that changes a transparent EF.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WriteBinary<'a> {
    source: Source,
    offset: usize,
    change: Change<'a>,
}

impl std::fmt::Debug for WriteBinary<'_> {
    // What is written may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteBinary").field("source", &self.source).finish_non_exhaustive()
    }
}

impl<'a> WriteBinary<'a> {
    /// Reads the command's parameters.
    ///
    /// # Errors
    /// `6700` without bytes to write; `6A86` for P1-P2 that name no file; `6A80` for data objects
    /// that are not as they must be.
    pub fn parse(command: &CommandView<'a>) -> Result<Self, StatusWord> {
        let [_, instruction, p1, p2] = command.header.to_bytes();
        let erase = matches!(instruction, ins::ERASE_BINARY | ins::ERASE_BINARY_ODD);
        let of = |data| match instruction {
            ins::WRITE_BINARY | ins::WRITE_BINARY_ODD => Change::Or(data),
            _ => Change::Update(data),
        };
        if instruction & 1 == 0 {
            let (source, offset) = even_source(p1, p2)?;
            let change = match command.data {
                [] if erase => Change::Erase(None),
                [hi, lo] if erase => Change::Erase(Some(number(&[*hi, *lo]))),
                _ if erase => return Err(StatusWord::WRONG_LENGTH),
                [] => return Err(StatusWord::WRONG_LENGTH),
                data => of(data),
            };
            return Ok(Self { source, offset, change });
        }
        let source = odd_source(p1, p2);
        let wrong = StatusWord::WRONG_DATA;
        let mut objects = Reader::new(command.data);
        if erase && command.data.is_empty() {
            return Ok(Self { source, offset: 0, change: Change::Erase(None) });
        }
        let offset = number(objects.expect(OFFSET).map_err(|_| wrong)?.value);
        let second = objects.next().transpose().map_err(|_| wrong)?;
        objects.end().map_err(|_| wrong)?;
        let change = match second {
            None if erase => Change::Erase(None),
            Some(end) if erase && end.tag == OFFSET => Change::Erase(Some(number(end.value))),
            Some(data) if !erase && matches!(data.tag, DISCRETIONARY | DISCRETIONARY_TEMPLATE) => {
                of(data.value)
            }
            _ => return Err(wrong),
        };
        Ok(Self { source, offset, change })
    }

    // The bytes afterwards.
    fn apply(self, bytes: &[u8]) -> Result<Vec<u8>, StatusWord> {
        if self.offset >= bytes.len() {
            return Err(StatusWord::OFFSET_OUTSIDE);
        }
        let mut changed = bytes.to_vec();
        let rest = changed.get_mut(self.offset..).ok_or(StatusWord::OFFSET_OUTSIDE)?;
        let part = |rest: &'_ mut [u8], len: usize| (len <= rest.len()).then_some(len);
        match self.change {
            Change::Update(data) | Change::Or(data) => {
                let len = part(rest, data.len()).ok_or(StatusWord::NOT_ENOUGH_MEMORY)?;
                let or = matches!(self.change, Change::Or(_));
                for (to, from) in rest.iter_mut().take(len).zip(data) {
                    *to = if or { *to | from } else { *from };
                }
            }
            Change::Erase(end) => {
                let len = match end {
                    None => rest.len(),
                    Some(end) => {
                        let len = end.checked_sub(self.offset).ok_or(StatusWord::OFFSET_OUTSIDE)?;
                        part(rest, len).ok_or(StatusWord::OFFSET_OUTSIDE)?
                    }
                };
                rest.iter_mut().take(len).for_each(|byte| *byte = 0);
            }
        }
        Ok(changed)
    }
}

impl Tree {
    /// Which EF a command changes, and its bytes afterwards. The EF becomes the current one; its
    /// bytes are for the caller to change.
    ///
    /// # Errors
    /// Those of [`Tree::source`]; `6982` where the rule says no, `6981` for records and for what
    /// the chip makes, `6985` where it is out of use, `6B00` for an offset behind its end, `6A84`
    /// for more bytes than it has.
    pub fn write_binary(
        &self,
        write: WriteBinary<'_>,
        place: &mut Place,
        status: &dyn Status,
    ) -> Result<(NodeId, Vec<u8>), StatusWord> {
        let id = self.source(write.source, place)?;
        let node = self.permitted(id, |node| &node.rules.update, status)?;
        if write.source != Source::Current {
            place.open(id);
        }
        let Body::Transparent { content: Content::Bytes(bytes), .. } = &node.body else {
            return Err(StatusWord::INCOMPATIBLE_FILE);
        };
        self.in_use(id)?;
        Ok((id, write.apply(bytes)?))
    }
}
