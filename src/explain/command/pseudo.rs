//! Pseudo-APDUs, which the reader answers (PC/SC part 3 clause 3.2.2).

use super::{Data, Meaning};
use crate::apdu::CommandView;

/// What a command with CLA FF asks of the reader.
pub(super) fn meaning(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let p12 = u16::from_be_bytes([header.p1, header.p2]);
    let block = format!("block {p12}");
    match header.ins {
        0xCA => {
            let what = match header.p1 {
                0x00 => "UID",
                0x01 => "historical bytes of the ATS",
                0xF0 => "PIX of the storage card",
                0xF1 => "name of the storage card",
                _ => "data of the card",
            };
            Meaning::new("PC/SC GET DATA").about(what).node("P1", what)
        }
        0x82 => {
            let volatile = if header.p1 & 0x20 != 0 { "kept" } else { "until power goes" };
            let number = format!("key number {}", header.p2);
            Meaning::new("PC/SC LOAD KEYS")
                .about(&number)
                .node("P1", volatile)
                .node("P2", number)
                .data(Data::Closed("a key"))
        }
        0x86 => {
            let meaning =
                Meaning::new("PC/SC GENERAL AUTHENTICATE").data(Data::Open("version, block, key"));
            match *view.data {
                [1, hi, lo, kind, number] => meaning
                    .about(format!("block {}", u16::from_be_bytes([hi, lo])))
                    .about(key(kind))
                    .about(format!("key number {number}")),
                _ => meaning,
            }
        }
        0x88 => Meaning::new("PC/SC AUTHENTICATE").about(&block).node("P1-P2", block),
        0x20 => Meaning::new("PC/SC VERIFY").data(Data::Closed("a password")),
        0xB0 | 0xB1 => Meaning::new("PC/SC READ BINARY").about(&block).node("P1-P2", block),
        0xD6 | 0xD7 => Meaning::new("PC/SC UPDATE BINARY")
            .about(&block)
            .node("P1-P2", block)
            .data(Data::Closed("what is written")),
        0xC2 => {
            let what = match header.p2 {
                0 => "manage the session",
                1 => "transparent exchange",
                2 => "switch the protocol",
                _ => "",
            };
            Meaning::new("PC/SC transparent session").about(what).node("P2", what)
        }
        // What ACS and those who follow it do.
        0x00 if header.p1 == 0 && header.p2 == 0 => {
            Meaning::new("reader: direct transmit").data(Data::Closed("a command to the RF chip"))
        }
        0x00 if header.p1 == 0x40 => Meaning::new("reader: LED and buzzer"),
        0x00 if header.p1 == 0x48 => Meaning::new("reader: firmware version"),
        code => {
            Meaning::new(format!("command {code:02X} to the reader")).data(Data::Closed("data"))
        }
    }
}

fn key(kind: u8) -> &'static str {
    match kind {
        0x60 => "key A",
        0x61 => "key B",
        _ => "a key of another kind",
    }
}
