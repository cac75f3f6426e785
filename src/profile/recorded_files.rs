//! The files that a recorded dialogue read.

use std::collections::BTreeMap;

use crate::{
    apdu::{CommandView, Response, StatusWord, ins},
    lds::{Df, File, LDS_AID, edl},
    tlv::{Tag, parse_one},
    transport::{Entry, Recording},
};

/// Files, at most: as many as a profile declares.
const MAX_FILES: usize = 200;
/// Bytes of a file, at most: offsets of a profile's files reach so far.
const MAX_BYTES: usize = 0xFFFF;

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// In the master file.
    Master,
    /// In the application of this name.
    Application(Vec<u8>),
}

/// What was read of a file.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) bytes: Vec<u8>,
    pub(super) sfi: Option<u8>,
    /// Whether it was read in plain.
    pub(super) open: bool,
    /// Whether something before or between was not read.
    pub(super) gap: bool,
}

/// The files of a recording, by place and file identifier.
pub(super) type Files = BTreeMap<(Place, u16), Contents>;

/// Follows the dialogue as the card did.
pub(super) fn files(recording: &Recording) -> Files {
    let mut follower = Follower { files: Files::new(), place: Place::Master, current: None, at: 0 };
    for (_, entry) in recording.entries() {
        match entry {
            Entry::Reset(_) => follower.select(Place::Master, None),
            Entry::Exchange(exchange) => {
                let Some((command, response)) = exchange.meant() else { continue };
                let (Some(command), Some(response)) = (command.bytes(), response.bytes()) else {
                    continue;
                };
                if let (Ok(command), Ok(response)) =
                    (CommandView::parse(command), Response::parse(response))
                {
                    // A protected command without its plain form says nothing.
                    if exchange.plain.is_some() || !command.header.is_secure_messaging() {
                        follower.follow(&command, &response, exchange.plain.is_none());
                    }
                }
            }
        }
    }
    follower.files.retain(|_, file| !file.bytes.is_empty());
    follower.files
}

struct Follower {
    files: Files,
    place: Place,
    current: Option<u16>,
    // Where the next bytes of a response in parts belong.
    at: usize,
}

impl Follower {
    fn select(&mut self, place: Place, current: Option<u16>) {
        (self.place, self.current) = (place, current);
    }

    fn follow(&mut self, command: &CommandView<'_>, response: &Response, open: bool) {
        let header = command.header;
        let (p1, p2) = (header.p1, header.p2);
        let given = matches!(
            response.sw,
            StatusWord::SUCCESS | StatusWord::END_OF_FILE | StatusWord::DEACTIVATED
        ) || response.sw.bytes_waiting().is_some();
        if !given {
            return;
        }
        match header.ins {
            ins::SELECT => self.selected(p1, command.data),
            ins::READ_BINARY if p1 & 0x80 != 0 => {
                self.current = self.by_sfi(p1 & 0x1F);
                self.put(usize::from(p2), &response.data, Some(p1 & 0x1F), open);
            }
            ins::READ_BINARY => {
                self.put(usize::from(u16::from_be_bytes([p1, p2])), &response.data, None, open);
            }
            ins::READ_BINARY_ODD => {
                let (Some(offset), Ok(data)) = (
                    parse_one(command.data, Tag::new(0x54)).ok().and_then(|tlv| number(tlv.value)),
                    parse_one(&response.data, Tag::new(0x53)),
                ) else {
                    return;
                };
                match u16::from_be_bytes([p1, p2]) {
                    0 => {}
                    sfi @ 1..=30 => self.current = self.by_sfi(sfi as u8),
                    fid => self.current = Some(fid),
                }
                self.put(offset, data.value, None, open);
            }
            ins::GET_RESPONSE if self.at > 0 => self.put(self.at, &response.data, None, open),
            _ => {}
        }
    }

    // By name; by path or identifier, the last of which is taken for an EF.
    fn selected(&mut self, p1: u8, data: &[u8]) {
        self.at = 0;
        let last = data.last_chunk().map(|fid| u16::from_be_bytes(*fid));
        match (p1, last) {
            (0x04, _) => self.select(Place::Application(data.to_vec()), None),
            (0x00, None | Some(0x3F00)) => self.select(Place::Master, None),
            (0x08, last) => self.select(Place::Master, last),
            (_, last) => self.current = last,
        }
    }

    // The identifier of a file of which the short one was used: known of the files that standards
    // name, made up of others.
    fn by_sfi(&self, sfi: u8) -> Option<u16> {
        let df = match &self.place {
            Place::Master => Some(Df::MasterFile),
            Place::Application(name) if name.as_slice() == LDS_AID.as_slice() => Some(Df::Lds),
            Place::Application(name) if name.as_slice() == edl::AID.as_slice() => Some(Df::Edl),
            Place::Application(_) => None,
        };
        let known = df.and_then(|df| File::from_sfi(df, sfi)).map(File::fid);
        Some(known.unwrap_or_else(|| 0xEF00 | u16::from(sfi)))
    }

    fn put(&mut self, offset: usize, data: &[u8], sfi: Option<u8>, open: bool) {
        let Some(fid) = self.current else { return };
        if self.files.len() >= MAX_FILES {
            return;
        }
        let file = self.files.entry((self.place.clone(), fid)).or_default();
        file.sfi = file.sfi.or_else(|| sfi.filter(|sfi| (1..=30).contains(sfi)));
        file.open |= open;
        self.at = offset + data.len();
        if offset > file.bytes.len() || self.at > MAX_BYTES {
            file.gap = true;
            return;
        }
        if self.at > file.bytes.len() {
            file.bytes.resize(self.at, 0);
        }
        if let Some(place) = file.bytes.get_mut(offset..self.at) {
            place.copy_from_slice(data);
        }
    }
}

fn number(bytes: &[u8]) -> Option<usize> {
    (bytes.len() <= 4).then(|| bytes.iter().fold(0, |n, &byte| n << 8 | usize::from(byte)))
}
