//! Selecting files and reading them (ISO/IEC 7816-4:2020 clauses 11.2 to 11.4).

use super::{Data, Meaning, class};
use crate::apdu::CommandView;
use crate::explain::{
    names::{self, count},
    node::cut,
    tags::Context,
};
use crate::tlv::{Reader, Tag};

/// SELECT.
pub(super) fn select(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let how = match header.p1 {
        0x00 => "file",
        0x01 => "child DF",
        0x02 => "EF",
        0x03 => "parent DF",
        0x04 => "by DF name",
        0x08 => "by path from the master file",
        0x09 => "by path from the current DF",
        0x10 => "data object",
        0x13 => "parent data object",
        _ => "in a way that the standard does not know",
    };
    let whom = match (header.p1, view.data) {
        (_, []) if header.p1 == 0 => " (master file)".into(),
        (_, []) => String::new(),
        (0x04, name) => format!(" {}", names::aid(name)),
        (0x00..=0x03, &[hi, lo]) => {
            let fid = u16::from_be_bytes([hi, lo]);
            let name = names::by_fid(fid).map_or_else(String::new, |name| format!(" ({name})"));
            format!(" {fid:04X}{name}")
        }
        (_, other) => format!(" {}", cut(other, 16)),
    };
    let which = match header.p2 & 3 {
        0 => "the first or only one",
        1 => "the last one",
        2 => "the next one",
        _ => "the one before",
    };
    let gives = match header.p2 & 0x0C {
        0x00 => "answers with the FCI template",
        0x04 => "answers with the FCP template",
        0x08 => "answers with the FMD template",
        _ => "no answer but the status",
    };
    Meaning::new(format!("SELECT {how}{whom}"))
        .node("P1", how)
        .node("P2", format!("{which}; {gives}"))
        .data(Data::Open(if header.p1 == 4 { "DF name" } else { "file" }))
}

/// READ BINARY and the others that have its parameters.
pub(super) fn binary(view: &CommandView<'_>, name: &str) -> Meaning {
    let header = view.header;
    let odd = header.ins & 1 == 1;
    let meaning = Meaning::new(name);
    let written = matches!(header.ins | 1, 0xD1 | 0xD7 | 0xA1);
    let data = match (written, odd) {
        (true, _) => Data::Closed("what is written or searched for"),
        (false, true) => Data::Tree(Context::Open),
        (false, false) => Data::Open("offset at which to end"),
    };
    let meaning = meaning.data(data);
    if odd {
        let p12 = u16::from_be_bytes([header.p1, header.p2]);
        let meaning = match p12 {
            0 => meaning.about("current EF").node("P1-P2", "the current EF"),
            1..=0x1E => {
                let sfi = header.p2;
                let file = named(names::by_sfi(sfi));
                meaning.about(format!("short EF identifier {sfi:02X}{file}"))
            }
            fid => meaning.about(format!("file {fid:04X}{}", named(names::by_fid(fid)))),
        };
        return match offset(view.data) {
            Some(offset) => meaning.about(format!("offset {offset}")),
            None => meaning,
        };
    }
    if header.p1 & 0x80 != 0 {
        let sfi = header.p1 & 0x1F;
        let file = named(names::by_sfi(sfi));
        let offset = if header.p2 == 0 { String::new() } else { format!("offset {}", header.p2) };
        return meaning
            .about(format!("short EF identifier {sfi:02X}{file}"))
            .about(offset)
            .node("P1", format!("short EF identifier {sfi:02X}{file}"))
            .node("P2", format!("offset {}", header.p2));
    }
    let offset = u16::from_be_bytes([header.p1, header.p2]);
    meaning
        .about(format!("offset {offset}"))
        .node("P1-P2", format!("offset {offset} in the current EF"))
}

// DO 54, the offset data object.
fn offset(data: &[u8]) -> Option<u64> {
    let mut reader = Reader::new(data);
    let value = reader.find_tag(Tag::new(0x54)).ok()??.value;
    (value.len() <= 8).then(|| value.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
}

/// READ RECORD and the others that have its parameters.
pub(super) fn record(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let (sfi, mode) = (header.p2 >> 3, header.p2 & 7);
    let file = match sfi {
        0 => "current EF".into(),
        31 => "several EFs".into(),
        sfi => format!("short EF identifier {sfi:02X}{}", named(names::by_sfi(sfi))),
    };
    let which = match mode {
        0 => format!("first record with identifier {:02X}", header.p1),
        1 => format!("last record with identifier {:02X}", header.p1),
        2 => format!("next record with identifier {:02X}", header.p1),
        3 => format!("previous record with identifier {:02X}", header.p1),
        4 if header.p1 == 0 => "current record".into(),
        4 => format!("record {}", header.p1),
        5 => format!("records from {} to the last", header.p1),
        6 => format!("records from the last to {}", header.p1),
        _ => "reserved".into(),
    };
    Meaning::new(class::instruction(header))
        .about(&file)
        .about(&which)
        .node("P1", which)
        .node("P2", file)
        .data(Data::Closed("what is written or searched for"))
}

fn named(name: Option<String>) -> String {
    name.map_or_else(String::new, |name| format!(" ({name})"))
}

/// How many bytes are wanted, where a command says so.
pub(super) fn wanted(view: &CommandView<'_>) -> String {
    view.ne.map_or_else(String::new, |ne| count(ne as usize, "byte"))
}
