//! LDS_C, EF.DG2, and LDS_G and LDS_H, EF.DG3 and EF.DG4.

use super::{case, find, holds, outer, parsed, there};
use crate::{
    conform::{
        Case,
        terminal::{Stop, Terminal},
    },
    lds::{Dg2, Dg3, Dg4, File},
};

/// The templates of the faces, the group and its first one.
const GROUP: u32 = 0x7F61;
const TEMPLATE: u32 = 0x7F60;
const HEADER: u32 = 0xA1;

pub(super) fn faces() -> Vec<Case> {
    let file = File::Dg2;
    let mut all: Vec<Case> = outer("C", file).into();
    all.extend(group("C", file, 0x75));
    all.push(case("C_7", "the format owner, 87, is 0101", file, |t, bytes| {
        value(t, find(bytes, &[0x75, GROUP, TEMPLATE, HEADER, 0x87]), &[[0x01, 0x01]])
    }));
    all.push(case(
        "C_8",
        "the format type, 88, is 0008 or that of ISO/IEC 39794-5",
        file,
        |t, bytes| {
            let types = [[0x00, 0x08], [0x00, 0x2A]];
            value(t, find(bytes, &[0x75, GROUP, TEMPLATE, HEADER, 0x88]), &types)
        },
    ));
    all.push(case("C_9", "the biometric data block, 5F2E or 7F2E", file, |t, bytes| {
        block(t, bytes, 0x75)
    }));
    all.push(case("C_record", "the record, its version and lengths", file, |t, bytes| {
        let dg2 = parsed(t, "the record of the face", Dg2::parse(bytes))?;
        holds(t, "there is a face", !dg2.faces.is_empty())
    }));
    all.push(case("C_image", "the image: JPEG or JPEG 2000, and its size", file, |t, bytes| {
        let dg2 = parsed(t, "the record of the face", Dg2::parse(bytes))?;
        let images: Vec<_> = dg2.images().map(|image| (image.format, image.bytes.len())).collect();
        holds(t, "every image has a known format", images.iter().all(|i| i.0.is_some()))?;
        holds(t, "every image has bytes", images.iter().all(|i| i.1 > 0))
    }));
    all
}

pub(super) fn fingers_and_irises() -> Vec<Case> {
    let mut all: Vec<Case> = outer("G", File::Dg3).into();
    all.extend(group("G", File::Dg3, 0x63));
    all.push(case(
        "G_format",
        "the format type of fingers, 0007 or 0028",
        File::Dg3,
        |t, bytes| {
            let types = [[0x00, 0x07], [0x00, 0x28]];
            value(t, find(bytes, &[0x63, GROUP, TEMPLATE, HEADER, 0x88]), &types)
        },
    ));
    all.push(case("G_record", "the records of the fingers", File::Dg3, |t, bytes| {
        block(t, bytes, 0x63)?;
        parsed(t, "the records", Dg3::parse(bytes)).map(drop)
    }));
    all.extend(outer("H", File::Dg4));
    all.extend(group("H", File::Dg4, 0x76));
    all.push(case("H_format", "the format type of irises, 0009 or 002C", File::Dg4, |t, bytes| {
        let types = [[0x00, 0x09], [0x00, 0x2C]];
        value(t, find(bytes, &[0x76, GROUP, TEMPLATE, HEADER, 0x88]), &types)
    }));
    all.push(case("H_record", "the records of the irises", File::Dg4, |t, bytes| {
        block(t, bytes, 0x76)?;
        parsed(t, "the records", Dg4::parse(bytes)).map(drop)
    }));
    all
}

// The template of templates, the number of them, and the header of the first.
fn group(unit: &str, file: File, tag: u32) -> Vec<Case> {
    vec![
        case(&format!("{unit}_group"), "the group template, 7F61", file, move |t, bytes| {
            there(t, bytes, &[tag, GROUP])
        }),
        case(&format!("{unit}_instances"), "the number of instances, 02", file, move |t, bytes| {
            let number = find(bytes, &[tag, GROUP, 0x02]);
            let there = number.and_then(|n| n.first().filter(|_| n.len() == 1)).copied();
            let group = find(bytes, &[tag, GROUP]).unwrap_or_default();
            let templates = crate::tlv::Reader::new(group)
                .filter_map(Result::ok)
                .filter(|object| object.tag.value() == TEMPLATE)
                .count();
            let got = there.map_or("none".into(), |n| n.to_string());
            let right = there.map(usize::from) == Some(templates);
            t.check("the number", format!("{templates}, as there are"), got, right)
        }),
        case(&format!("{unit}_template"), "a template, 7F60", file, move |t, bytes| {
            there(t, bytes, &[tag, GROUP, TEMPLATE])
        }),
        case(&format!("{unit}_header"), "the header, A1", file, move |t, bytes| {
            there(t, bytes, &[tag, GROUP, TEMPLATE, HEADER])
        }),
    ]
}

fn value(t: &mut Terminal<'_>, got: Option<&[u8]>, allowed: &[[u8; 2]]) -> Result<(), Stop> {
    let names: Vec<_> = allowed.iter().map(hex::encode_upper).collect();
    let right = got.is_some_and(|got| allowed.iter().any(|value| value == got));
    let got = got.map_or("none".into(), |got| hex::encode_upper(got.get(..4).unwrap_or(got)));
    t.check("the value", names.join(" or "), got, right)
}

fn block(t: &mut Terminal<'_>, bytes: &[u8], tag: u32) -> Result<(), Stop> {
    let there = [0x5F2E, 0x7F2E]
        .into_iter()
        .any(|block| find(bytes, &[tag, GROUP, TEMPLATE, block]).is_some_and(|b| !b.is_empty()));
    holds(t, "there is a data block with bytes", there)
}
