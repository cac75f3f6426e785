//! READ BINARY (ISO/IEC 7816-4 clause 11.3.3).

use super::{Body, Content, NodeId, Place, Tree};
use crate::{
    apdu::{CommandView, StatusWord, ins},
    emulator::applet::Reply,
    profile::Status,
    tlv::{self, Tag, Writer, header_len},
};

/// Offset data object of the odd instruction.
pub(super) const OFFSET: Tag = Tag::new(0x54);
/// Discretionary data object that carries what the odd instruction reads.
pub(super) const DISCRETIONARY: Tag = Tag::new(0x53);

/// Which EF is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The current one.
    Current,
    /// That with this short identifier in the current DF.
    Sfi(u8),
    /// That with this identifier in the current DF.
    Fid(u16),
}

/// What P1-P2 of an odd instruction name.
pub(super) const fn odd_source(p1: u8, p2: u8) -> Source {
    match u16::from_be_bytes([p1, p2]) {
        0 => Source::Current,
        sfi @ 1..=30 => Source::Sfi(sfi as u8),
        fid => Source::Fid(fid),
    }
}

/// What P1-P2 of an even instruction name, and the offset in it.
///
/// # Errors
/// `6A86` for what is neither an offset nor a short identifier.
pub(super) fn even_source(p1: u8, p2: u8) -> Result<(Source, usize), StatusWord> {
    Ok(match p1 {
        0x00..=0x7F => (Source::Current, usize::from(u16::from_be_bytes([p1, p2]))),
        // P2 is unsigned: an offset up to FF.
        0x81..=0x9E => (Source::Sfi(p1 & 0x1F), usize::from(p2)),
        _ => return Err(StatusWord::WRONG_P1P2),
    })
}

/// The number that bytes are, or the largest where they are too many.
pub(super) fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0_usize, |n, &b| n.saturating_mul(256).saturating_add(usize::from(b)))
}

/// A READ BINARY command of either instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadBinary {
    source: Source,
    offset: usize,
    odd: bool,
    ne: u32,
}

impl ReadBinary {
    /// Reads the command's parameters.
    ///
    /// # Errors
    /// `6700` without Le, with data where none belongs or without an offset where one must be;
    /// `6A86` for P1-P2 that name no file; `6A80` for an offset data object that is none.
    pub fn parse(command: &CommandView<'_>) -> Result<Self, StatusWord> {
        let [_, instruction, p1, p2] = command.header.to_bytes();
        let ne = command.ne.ok_or(StatusWord::WRONG_LENGTH)?;
        let odd = instruction == ins::READ_BINARY_ODD;
        if odd == command.data.is_empty() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        if odd {
            let object =
                tlv::parse_one(command.data, OFFSET).map_err(|_| StatusWord::WRONG_DATA)?;
            let (source, offset) = (odd_source(p1, p2), number(object.value));
            return Ok(Self { source, offset, odd, ne });
        }
        let (source, offset) = even_source(p1, p2)?;
        Ok(Self { source, offset, odd, ne })
    }

    // An Le of zeros asks for all there is, whatever the length field's form.
    const fn names_a_length(self) -> bool {
        self.ne != 0x100 && self.ne != 0x1_0000
    }

    // Part of a file of `len` bytes, as many as go into `room`, and the status word for it.
    fn cut(self, bytes: &[u8], room: usize) -> Result<Reply, StatusWord> {
        let rest = match bytes.get(self.offset..) {
            Some(rest) if !rest.is_empty() => rest,
            _ => return Err(StatusWord::OFFSET_OUTSIDE),
        };
        let room = room.min(usize::try_from(self.ne).unwrap_or(usize::MAX));
        let mut take = rest.len().min(room);
        if self.odd {
            while take > 0 && header_len(DISCRETIONARY, take) + take > room {
                take -= 1;
            }
        }
        let part = rest.get(..take).filter(|part| !part.is_empty());
        let part = part.ok_or(StatusWord::WRONG_LENGTH)?;
        let data = if self.odd {
            let mut object = Writer::new();
            object.primitive(DISCRETIONARY, part);
            object.finish()
        } else {
            part.to_vec()
        };
        let short = self.names_a_length() && take == rest.len() && data.len() < room;
        let sw = if short { StatusWord::END_OF_FILE } else { StatusWord::SUCCESS };
        Ok(Reply { data, sw })
    }
}

impl Tree {
    /// The EF that a command means.
    ///
    /// # Errors
    /// `6986` without a current EF, `6A82` where there is no such file.
    pub fn source(&self, source: Source, place: &Place) -> Result<NodeId, StatusWord> {
        let is_ef = |id: &NodeId| self.node(*id).is_some_and(|node| !node.is_df());
        match source {
            Source::Current => place.ef.as_ref().map(|ef| ef.id).ok_or(StatusWord::NO_CURRENT_EF),
            Source::Sfi(sfi) => self.by_sfi(place.df, sfi).ok_or(StatusWord::NOT_FOUND),
            Source::Fid(fid) => {
                self.by_fid(place.df, fid).filter(is_ef).ok_or(StatusWord::NOT_FOUND)
            }
        }
    }

    /// Reads from a transparent EF, at most `room` response bytes. `make` gives the bytes of a file
    /// that the chip makes; they stay for one sequence of reads, which a selection or an SFI read
    /// from offset 0 begins.
    ///
    /// # Errors
    /// Those of [`Tree::source`]; `6982` where the session may not read it, `6981` for records,
    /// `6985` where it is out of use, `6B00` for an offset behind its end, or what `make` says.
    pub fn read_binary(
        &self,
        read: ReadBinary,
        room: usize,
        place: &mut Place,
        status: &dyn Status,
        make: &mut dyn FnMut(u16) -> Result<Vec<u8>, StatusWord>,
    ) -> Result<Reply, StatusWord> {
        let id = self.source(read.source, place)?;
        let node = self.permitted(id, |node| &node.rules.read, status)?;
        let going_on = read.offset > 0 && place.ef.as_ref().is_some_and(|ef| ef.id == id);
        if read.source != Source::Current && !going_on {
            place.open(id);
        }
        let Body::Transparent { content, .. } = &node.body else {
            return Err(StatusWord::INCOMPATIBLE_FILE);
        };
        self.in_use(id)?;
        match content {
            Content::Bytes(bytes) => read.cut(bytes, room),
            Content::Made { .. } => {
                let current = place.ef.as_mut().ok_or(StatusWord::NO_CURRENT_EF)?;
                let made = match current.made.take() {
                    Some(made) => made,
                    None => make(node.fid.unwrap_or_default())?,
                };
                read.cut(current.made.insert(made), room)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        emulator::{access::Seen, fs::Node},
        profile::Rule,
    };

    fn tree(len: usize) -> (Tree, Place) {
        let mut tree = Tree::default();
        for (fid, sfi, content) in [
            (0x0101, 1, Content::Bytes((0..len).map(|i| i as u8).collect())),
            (0x0111, 0x11, Content::Made { len: 4 }),
        ] {
            let node = Node::transparent(fid, Some(sfi), Rule::Always, content);
            tree.add(NodeId::MF, node).unwrap();
        }
        (tree, Place::default())
    }

    fn read(
        (tree, place): &mut (Tree, Place),
        hex: &str,
        room: usize,
    ) -> Result<Reply, StatusWord> {
        let mut made = 0_u32;
        let bytes = hex::decode(hex.replace(' ', "")).unwrap();
        let command = ReadBinary::parse(&CommandView::parse(&bytes).unwrap())?;
        tree.read_binary(command, room, place, &Seen::default(), &mut |_| {
            made += 1;
            Ok(made.to_be_bytes().to_vec())
        })
    }

    fn outcome(hex: &str) -> (usize, u16) {
        match read(&mut tree(300), hex, 0x1_0000) {
            Ok(reply) => (reply.data.len(), reply.sw.0),
            Err(sw) => (0, sw.0),
        }
    }

    #[test]
    fn status_words_of_reads() {
        for (hex, want) in [
            ("00B08100 00", (256, 0x9000)),
            ("00B08100 0000 00", (300, 0x9000)),
            ("00B081FF 00", (45, 0x9000)),
            ("00B081FF 2D", (45, 0x9000)),
            ("00B081FF 2E", (45, 0x6282)),
            ("00B08100 000200", (300, 0x6282)),
            ("00B00000 00", (0, 0x6986)),
            ("00B08200 00", (0, 0x6A82)),
            ("00B08000 00", (0, 0x6A86)),
            ("00B09F00 00", (0, 0x6A86)),
            ("00B0E100 00", (0, 0x6A86)),
            ("00B08100", (0, 0x6700)),
            ("00B08100 01 AA 00", (0, 0x6700)),
            ("00B10001 04 54020000 03", (3, 0x9000)),
            ("00B10101 04 5402012A 00", (4, 0x9000)),
            ("00B10101 04 5402012B 00", (3, 0x9000)),
            ("00B10101 04 5402012C 00", (0, 0x6B00)),
            ("00B10101 08 5406FFFFFFFFFFFF 00", (0, 0x6B00)),
            ("00B10101 02 5400 00", (256, 0x9000)),
            ("00B10101 04 53020000 00", (0, 0x6A80)),
            ("00B10101 03 540200 00", (0, 0x6A80)),
            ("00B10101 04 54020000 02", (0, 0x6700)),
            ("00B10101 00", (0, 0x6700)),
            ("00B10001 04 54020128 09", (6, 0x6282)),
        ] {
            assert_eq!(outcome(hex), want, "{hex}");
        }
    }

    #[test]
    fn an_offset_behind_the_end_is_6b00() {
        let mut directory = tree(300);
        directory.1.open(directory.0.by_fid(NodeId::MF, 0x0101).unwrap());
        assert_eq!(read(&mut directory, "00B0012C00", 256), Err(StatusWord::OFFSET_OUTSIDE));
        assert_eq!(read(&mut directory, "00B07FFF00", 256), Err(StatusWord::OFFSET_OUTSIDE));
        assert_eq!(read(&mut directory, "00B0012B00", 256).unwrap().data, [0x2B]);
    }

    #[test]
    fn what_the_chip_makes_stays_for_one_sequence_of_reads() {
        let mut count = 0_u32;
        let (tree, mut place) = tree(1);
        let mut run = |hex: &str| {
            let bytes = hex::decode(hex).unwrap();
            let command = ReadBinary::parse(&CommandView::parse(&bytes).unwrap()).unwrap();
            let mut make = |_| {
                count += 1;
                Ok(count.to_be_bytes().to_vec())
            };
            tree.read_binary(command, 256, &mut place, &Seen::default(), &mut make).unwrap().data
        };
        assert_eq!(run("00B0910002"), [0, 0]);
        assert_eq!(run("00B0910202"), [0, 1], "an SFI read further on goes on");
        assert_eq!(run("00B0000300"), [1]);
        assert_eq!(run("00B0000000"), [0, 0, 0, 1], "the selection has not changed");
        assert_eq!(run("00B0910000"), [0, 0, 0, 2], "an SFI read from the start selects");
    }

    proptest! {
        #[test]
        fn pieces_make_the_file(len in 1_usize..2000, piece in 1_usize..300, odd in any::<bool>()) {
            let mut directory = tree(len);
            let mut whole = Vec::new();
            while whole.len() < len {
                let offset = whole.len() as u16;
                let hex = if odd {
                    format!("00B10101045402{offset:04X}00")
                } else {
                    directory.1.open(directory.0.by_fid(NodeId::MF, 0x0101).unwrap());
                    format!("00B0{offset:04X}00")
                };
                let data = read(&mut directory, &hex, piece + 4).unwrap().data;
                prop_assert!(data.len() <= piece + 4);
                if odd {
                    let object = tlv::parse_one(&data, DISCRETIONARY).unwrap();
                    whole.extend_from_slice(object.value);
                } else {
                    whole.extend_from_slice(&data);
                }
            }
            prop_assert_eq!(whole, (0..len).map(|i| i as u8).collect::<Vec<u8>>());
        }
    }
}
