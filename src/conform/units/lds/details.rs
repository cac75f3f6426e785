//! LDS_N, EF.DG11, and LDS_O, EF.DG12.

use super::{case, find, holds, outer, parsed};
use crate::{
    conform::{
        Case,
        terminal::{Stop, Terminal},
    },
    lds::{Dg11, Dg12, File},
    tlv::Reader,
};

const DG11: [(&str, &str, u32); 13] = [
    ("name", "the full name", 0x5F0E),
    ("other_names", "other names", 0xA0),
    ("personal_number", "the personal number", 0x5F10),
    ("birth", "the full date of birth", 0x5F2B),
    ("place", "the place of birth", 0x5F11),
    ("address", "the address", 0x5F42),
    ("telephone", "the telephone", 0x5F12),
    ("profession", "the profession", 0x5F13),
    ("title", "the title", 0x5F14),
    ("summary", "the personal summary", 0x5F15),
    ("citizenship", "the proof of citizenship", 0x5F16),
    ("documents", "other valid documents", 0x5F17),
    ("custody", "custody information", 0x5F18),
];

const DG12: [(&str, &str, u32); 9] = [
    ("authority", "the issuing authority", 0x5F19),
    ("issue", "the date of issue", 0x5F26),
    ("persons", "other persons", 0xA0),
    ("endorsements", "endorsements", 0x5F1B),
    ("tax", "tax and exit requirements", 0x5F1C),
    ("front", "the image of the front", 0x5F1D),
    ("rear", "the image of the rear", 0x5F1E),
    ("time", "the time of personalisation", 0x5F55),
    ("serial", "the serial number of the system", 0x5F56),
];

pub(super) fn cases() -> Vec<Case> {
    let mut all: Vec<Case> = outer("N", File::Dg11).into();
    all.push(tag_list("N", File::Dg11, 0x6B));
    all.extend(DG11.map(|field| one("N", File::Dg11, 0x6B, field)));
    all.extend(outer("O", File::Dg12));
    all.push(tag_list("O", File::Dg12, 0x6C));
    all.extend(DG12.map(|field| one("O", File::Dg12, 0x6C, field)));
    all
}

// The list says which objects follow.
fn tag_list(unit: &str, file: File, outer: u32) -> Case {
    case(
        &format!("{unit}_tag_list"),
        "the tag list, 5C, and what follows",
        file,
        move |t, bytes| {
            let (list, there) = lists(bytes, outer);
            let strange = there.iter().find(|tag| !list.contains(tag));
            let missing = list.iter().find(|tag| !there.contains(tag));
            let got = match (strange, missing) {
                (None, None) => "the same".into(),
                (Some(tag), _) => format!("{tag:02X} is not in the list"),
                (None, Some(tag)) => format!("{tag:02X} is in the list alone"),
            };
            let same = strange.is_none() && missing.is_none();
            t.check("the list and the data objects", "the same", got, same && !list.is_empty())
        },
    )
}

// A field that is there has the form of its kind; one that is not there is not in the list either.
fn one(unit: &str, file: File, outer: u32, (word, title, tag): (&str, &str, u32)) -> Case {
    case(&format!("{unit}_{word}"), &format!("{title}, {tag:02X}"), file, move |t, bytes| {
        let (list, there) = lists(bytes, outer);
        if !there.contains(&tag) {
            return holds(t, "what is not there is not in the list", !list.contains(&tag));
        }
        let value = find(bytes, &[outer, tag]).unwrap_or_default();
        holds(t, "it has a value", !value.is_empty())?;
        whole(t, file, bytes)
    })
}

fn whole(t: &mut Terminal<'_>, file: File, bytes: &[u8]) -> Result<(), Stop> {
    match file {
        File::Dg11 => parsed(t, "text, dates and images", Dg11::parse(bytes)).map(drop),
        _ => parsed(t, "text, dates and images", Dg12::parse(bytes)).map(drop),
    }
}

// The tags of the list, and those of the data objects behind it.
fn lists(bytes: &[u8], outer: u32) -> (Vec<u32>, Vec<u32>) {
    let list = find(bytes, &[outer, 0x5C]).unwrap_or_default();
    let mut tags = Vec::new();
    let mut rest = list.iter().copied();
    while let Some(first) = rest.next() {
        let second = if first & 0x1F == 0x1F { rest.next() } else { None };
        let first = u32::from(first);
        tags.push(second.map_or(first, |second| first << 8 | u32::from(second)));
    }
    let value = find(bytes, &[outer]).unwrap_or_default();
    let there = Reader::new(value).filter_map(Result::ok).map(|object| object.tag.value());
    (tags, there.filter(|tag| *tag != 0x5C).collect())
}
