//! The class byte (ISO/IEC 7816-4:2020 clause 5.4.1) and instructions beyond those of the
//! standard's table.

use super::Node;
use crate::apdu::{Header, ins};

/// The class byte in words.
pub(super) fn node(cla: u8) -> Node {
    Node::new(format!("CLA {cla:02X}"), words(cla))
}

fn words(cla: u8) -> String {
    if cla == 0xFF {
        return "for the reader, not the card (PC/SC part 3)".into();
    }
    let secure = match secure_messaging(cla) {
        Some(0) => "no secure messaging",
        Some(1) => "proprietary secure messaging",
        Some(2) => "secure messaging, header not authenticated",
        Some(_) => "secure messaging, header authenticated",
        None => return proprietary(cla).into(),
    };
    let channel = channel(cla).unwrap_or_default();
    let chained = if cla & 0x10 != 0 { ", more of the command follows" } else { "" };
    format!("interindustry, channel {channel}, {secure}{chained}")
}

fn proprietary(cla: u8) -> &'static str {
    match cla {
        0x20..=0x3F => "reserved",
        0x80 => "proprietary",
        0x84 => "proprietary; secure messaging of GlobalPlatform",
        0x8C => "proprietary, secure messaging",
        0x90 => "proprietary; native commands of DESFire",
        _ => "proprietary",
    }
}

// 0 none, 1 proprietary, 2 without the header, 3 with it; `None` of a class that is not interindustry.
const fn secure_messaging(cla: u8) -> Option<u8> {
    match cla {
        0x00..=0x1F => Some(cla >> 2 & 3),
        0x40..=0x7F => Some(if cla & 0x20 != 0 { 2 } else { 0 }),
        _ => None,
    }
}

/// Whether the data field is one of secure messaging.
pub(super) const fn is_secured(cla: u8) -> bool {
    matches!(secure_messaging(cla), Some(2 | 3)) || cla == 0x8C
}

/// The logical channel.
pub(super) const fn channel(cla: u8) -> Option<u8> {
    match cla {
        0x00..=0x1F => Some(cla & 3),
        0x40..=0x7F => Some(4 + (cla & 0x0F)),
        _ => None,
    }
}

/// The name of an instruction in its class.
pub(super) const fn instruction(header: Header) -> &'static str {
    match (header.cla, header.ins) {
        (0x80..=0x8F, 0x50) => "INITIALIZE UPDATE",
        (0x80..=0x8F, 0xA8) => "GET PROCESSING OPTIONS",
        (0x80..=0x8F, 0xAE) => "GENERATE APPLICATION CRYPTOGRAM",
        (0x80..=0x8F, 0xD8) => "PUT KEY",
        (0x80..=0x8F, 0xE2) => "STORE DATA",
        (0x80..=0x8F, 0xE4) => "DELETE",
        (0x80..=0x8F, 0xE6) => "INSTALL",
        (0x80..=0x8F, 0xE8) => "LOAD",
        (0x80..=0x8F, 0xF0) => "SET STATUS",
        (0x80..=0x8F, 0xF2) => "GET STATUS",
        (0x90, 0x0A) => "DESFire AUTHENTICATE",
        (0x90, 0x1A) => "DESFire AUTHENTICATE ISO",
        (0x90, 0x5A) => "DESFire SELECT APPLICATION",
        (0x90, 0x60) => "DESFire GET VERSION",
        (0x90, 0x6A) => "DESFire GET APPLICATION IDS",
        (0x90, 0x6F) => "DESFire GET FILE IDS",
        (0x90, 0xAA) => "DESFire AUTHENTICATE AES",
        (0x90, 0xAF) => "DESFire ADDITIONAL FRAME",
        (0x90, 0xBD) => "DESFire READ DATA",
        (0xA0..=0xAF, 0xF2) => "STATUS",
        (0xA0..=0xAF, 0x88) => "RUN GSM ALGORITHM",
        (0x00..=0x7F, 0x46 | 0x47) => "GENERATE ASYMMETRIC KEY PAIR",
        (0x00..=0x7F, 0x05) => "DEACTIVATE RECORD",
        (0x00..=0x7F, 0x45) => "ACTIVATE RECORD",
        (0x00..=0x7F, 0x0C) => "ERASE RECORD",
        (_, code) => ins::name(code),
    }
}
