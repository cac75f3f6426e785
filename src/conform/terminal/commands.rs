//! The commands of the cases.

use crate::{
    apdu::{Command, Header, ins},
    lds::{Df, File},
    tlv::{Tag, Writer},
};

/// SELECT the LDS1 application.
pub(in crate::conform) fn select_application() -> Command {
    let aid = Df::Lds.aid().unwrap_or_default();
    Command::new(Header::new(0x00, ins::SELECT, 0x04, 0x0C)).with_data(aid)
}

/// SELECT an EF of the current DF.
pub(in crate::conform) fn select_ef(fid: u16) -> Command {
    Command::new(Header::new(0x00, ins::SELECT, 0x02, 0x0C)).with_data(fid.to_be_bytes())
}

/// READ BINARY of the current EF.
pub(in crate::conform) const fn read(offset: u16, ne: u32) -> Command {
    let [p1, p2] = offset.to_be_bytes();
    Command::new(Header::new(0x00, ins::READ_BINARY, p1 & 0x7F, p2)).with_ne(ne)
}

/// READ BINARY of the current EF from its start, all that fits.
pub(in crate::conform) const fn plain_read() -> Command {
    read(0, 256)
}

/// READ BINARY by short EF identifier.
pub(in crate::conform) fn read_file(file: File, ne: u32) -> Command {
    Command::new(Header::new(0x00, ins::READ_BINARY, 0x80 | file.sfi(), 0)).with_ne(ne)
}

/// READ BINARY with odd INS from offset 0; P1-P2 name the file, 0 is the current one.
pub(in crate::conform) fn read_odd(p1p2: u16, ne: u32) -> Command {
    let [p1, p2] = p1p2.to_be_bytes();
    // DO54 with offset 0.
    let offset = [0x54, 0x02, 0x00, 0x00];
    Command::new(Header::new(0x00, ins::READ_BINARY_ODD, p1, p2)).with_data(offset).with_ne(ne)
}

/// The same by short EF identifier.
pub(in crate::conform) fn read_file_odd(file: File, ne: u32) -> Command {
    read_odd(file.sfi().into(), ne)
}

/// GET CHALLENGE.
pub(in crate::conform) const fn get_challenge() -> Command {
    Command::new(Header::new(0x00, ins::GET_CHALLENGE, 0, 0)).with_ne(8)
}

/// INTERNAL AUTHENTICATE.
pub(in crate::conform) fn internal_authenticate(challenge: &[u8]) -> Command {
    let header = Header::new(0x00, ins::INTERNAL_AUTHENTICATE, 0, 0);
    Command::new(header).with_data(challenge).with_ne(256)
}

/// MSE:Set AT of PACE.
pub(in crate::conform) fn set_at_pace(cla: u8, data: impl Into<Vec<u8>>) -> Command {
    let header = Header::new(cla, ins::MANAGE_SECURITY_ENVIRONMENT, 0xC1, 0xA4);
    Command::new(header).with_data(data)
}

/// GENERAL AUTHENTICATE.
pub(super) fn general_authenticate(cla: u8, data: impl Into<Vec<u8>>) -> Command {
    Command::new(Header::new(cla, ins::GENERAL_AUTHENTICATE, 0, 0)).with_data(data).with_ne(256)
}

/// A template of data objects: dynamic authentication data with tag 7C.
pub(in crate::conform) fn dynamic(template: u32, objects: &[(u32, &[u8])]) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(Tag::new(template), |w| {
        for (tag, value) in objects {
            w.primitive(Tag::new(*tag), value);
        }
    });
    w.finish()
}

/// Data objects one after the other.
pub(in crate::conform) fn objects(objects: &[(u32, &[u8])]) -> Vec<u8> {
    let mut w = Writer::new();
    for (tag, value) in objects {
        w.primitive(Tag::new(*tag), value);
    }
    w.finish()
}
