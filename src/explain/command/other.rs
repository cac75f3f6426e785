//! Data objects, channels, transport, and classes of one maker.

use super::{Data, Meaning, class, files};
use crate::apdu::{CommandView, ins};
use crate::explain::{names::count, tags};
use crate::tlv::Tag;

/// MANAGE CHANNEL (clause 11.1.2).
pub(super) fn channel(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let what = match (header.p1, header.p2) {
        (0x00, 0) => "open".into(),
        (0x00, n) => format!("open channel {n}"),
        (0x80, 0) => "close this channel".into(),
        (0x80, n) => format!("close channel {n}"),
        (0x40, _) => "reset the channel".into(),
        _ => String::new(),
    };
    Meaning::new("MANAGE CHANNEL").about(&what).node("P1", what).data(Data::Open("data"))
}

/// GET RESPONSE (clause 11.7.1).
pub(super) fn get_response(view: &CommandView<'_>) -> Meaning {
    Meaning::new("GET RESPONSE").about(files::wanted(view))
}

/// GET DATA and PUT DATA (clause 11.5).
pub(super) fn data(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let p12 = u16::from_be_bytes([header.p1, header.p2]);
    let meaning = Meaning::new(class::instruction(header));
    let puts = matches!(header.ins, ins::PUT_DATA | ins::PUT_DATA_ODD);
    let meaning = meaning.data(match puts {
        true => Data::Closed("what is stored"),
        false => Data::Tree(tags::Context::Open),
    });
    if header.ins & 1 == 1 {
        let file = match p12 {
            0x0000 => "current EF".into(),
            0x3FFF => "current DF".into(),
            fid => format!("file {fid:04X}"),
        };
        return meaning.about(&file).node("P1-P2", file);
    }
    let tag = if header.p1 == 0 { header.p2.into() } else { u32::from(p12) };
    let tag = Tag::new(tag);
    let name = tags::name(tags::Context::Open, tag);
    let words = name.map_or_else(|| tag.to_string(), |name| format!("{tag} {name}"));
    meaning.about(&words).node("P1-P2", words)
}

/// ENVELOPE (clause 11.7.2).
pub(super) fn envelope(view: &CommandView<'_>) -> Meaning {
    Meaning::new("ENVELOPE")
        .about(if view.data.is_empty() { String::new() } else { count(view.data.len(), "byte") })
        .data(Data::Closed("a command in parts"))
}

/// A command of a proprietary class.
pub(super) fn proprietary(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let name = class::instruction(header);
    let meaning = Meaning::new(if name == "unknown instruction" {
        format!("proprietary command {:02X}{:02X}", header.cla, header.ins)
    } else {
        name.to_owned()
    });
    if header.ins == ins::SELECT {
        return files::select(view);
    }
    meaning.data(Data::Closed("data"))
}
