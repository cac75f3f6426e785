//! File control parameters that come in: of CREATE FILE, and of a kept file (ISO/IEC 7816-4 clause
//! 7.4, ISO/IEC 7816-9 clause 7.1).
//!
//! ```text
//! 62  80 or 81 size   82 descriptor [, data coding, record size of 2 bytes, most records]
//!     83 identifier   84 name of a DF   88 short identifier   8A life cycle
//!     A5  80 read  81 update  82 delete  83 activate  84 terminate  85 create: rules as text
//! ```

use super::{Body, Content, LifeCycle, MAX_LEN, Node, binary::number, select::descriptor};
use crate::{
    apdu::StatusWord,
    profile::{FileRules, Rule, RuleError, Structure},
    tlv::{Tag, Tlv, Writer, parse_one},
};

const FCP: Tag = Tag::new(0x62);
const RULES: Tag = Tag::new(0xA5);

// How the text of a rule is read.
type ParseRule = fn(&str) -> Result<Rule, RuleError>;

/// Reads file control parameters. An EF has zeros or no records, a rule that is not said is that of
/// `rules`.
///
/// # Errors
/// `6A80` for what is none, or describes no file that this card could have.
pub fn parse_fcp(data: &[u8], rules: FileRules) -> Result<Node, StatusWord> {
    parse(data, rules, Rule::parse)
}

/// Reads what [`encode_fcp`] wrote: the rules are those that a profile or CREATE FILE gave, printed.
///
/// # Errors
/// As [`parse_fcp`].
pub(super) fn parse_kept(data: &[u8]) -> Result<Node, StatusWord> {
    parse(data, FileRules::default(), Rule::parse_printed)
}

fn parse(data: &[u8], mut rules: FileRules, rule: ParseRule) -> Result<Node, StatusWord> {
    let wrong = StatusWord::WRONG_DATA;
    let mut size = None;
    let mut kind: Option<&[u8]> = None;
    let (mut fid, mut name, mut sfi, mut life) = (None, None, None, LifeCycle::Activated);
    let template = parse_one(data, FCP).map_err(|_| wrong)?;
    for object in template.children().map_err(|_| wrong)? {
        let object = object.map_err(|_| wrong)?;
        match (object.tag.value(), object.value) {
            (0x80 | 0x81, value @ [_, ..]) => size = Some(number(value)),
            (0x82, value) => kind = Some(value),
            (0x83, &[hi, lo]) => fid = Some(u16::from_be_bytes([hi, lo])),
            (0x84, value) => name = Some(value.to_vec()),
            (0x88, []) => sfi = None,
            (0x88, &[byte]) if byte & 0x07 == 0 => sfi = Some(byte >> 3).filter(|n| *n != 0),
            (0x8A, &[byte]) => life = LifeCycle::from_byte(byte).ok_or(wrong)?,
            (0xA5, _) => read_rules(&object, &mut rules, rule)?,
            // Who asks for rules in a form that is not understood must not get a file without.
            (
                0x80 | 0x81 | 0x83 | 0x88 | 0x8A | 0x86 | 0x8B | 0x8C | 0x8E | 0xA0 | 0xA1 | 0xAB,
                _,
            ) => {
                return Err(wrong);
            }
            _ => {}
        }
    }
    let (&first, more) = kind.and_then(<[u8]>::split_first).ok_or(wrong)?;
    // Whether it may be shared between channels, which every file here may.
    let structure = match first & 0xBF {
        0x38 if more.len() <= 1 => {
            let body = Body::Df { name, applet: None };
            return Ok(Node { fid, life, rules, body });
        }
        0x01 if more.len() <= 1 => {
            let size = size.filter(|size| *size <= MAX_LEN).ok_or(wrong)?;
            let body = Body::Transparent { sfi, content: Content::Bytes(vec![0; size]) };
            return Ok(Node { fid: Some(fid.ok_or(wrong)?), life, rules, body });
        }
        0x02 => Structure::LinearFixed,
        0x04 => Structure::LinearVariable,
        0x06 => Structure::Cyclic,
        _ => return Err(wrong),
    };
    let (size, most) = match *more {
        [_, hi, lo, most] => (number(&[hi, lo]), usize::from(most)),
        [_, hi, lo, high, low] => (number(&[hi, lo]), number(&[high, low])),
        _ => return Err(wrong),
    };
    let byte = |n: usize| u8::try_from(n).map_err(|_| wrong);
    let (size, most) = (byte(size)?, byte(most)?);
    let body = Body::Records { sfi, structure, size, most, records: Vec::new() };
    Ok(Node { fid: Some(fid.ok_or(wrong)?), life, rules, body })
}

fn read_rules(
    template: &Tlv<'_>,
    rules: &mut FileRules,
    parse: ParseRule,
) -> Result<(), StatusWord> {
    let wrong = StatusWord::WRONG_DATA;
    for object in template.children().map_err(|_| wrong)? {
        let object = object.map_err(|_| wrong)?;
        let text = std::str::from_utf8(object.value).map_err(|_| wrong)?;
        let rule = parse(text).map_err(|_| wrong)?;
        let (read, update) = (&mut rules.read, &mut rules.update);
        let place = match object.tag.value() {
            0x80 => read,
            0x81 => update,
            0x82 => &mut rules.delete,
            0x83 => &mut rules.activate,
            0x84 => &mut rules.terminate,
            0x85 => &mut rules.create,
            _ => return Err(wrong),
        };
        *place = rule;
    }
    Ok(())
}

/// Everything about a file but what it holds, in the form that [`parse_kept`] reads.
pub(super) fn encode_fcp(node: &Node) -> Vec<u8> {
    let mut out = Writer::new();
    out.constructed(FCP, |w| {
        match &node.body {
            Body::Df { .. } => {
                w.primitive(Tag::new(0x82), &[descriptor(&node.body)]);
            }
            Body::Transparent { content, .. } => {
                let size = u16::try_from(content.len()).unwrap_or(u16::MAX);
                w.primitive(Tag::new(0x80), &size.to_be_bytes());
                w.primitive(Tag::new(0x82), &[descriptor(&node.body)]);
            }
            Body::Records { size, most, .. } => {
                w.primitive(Tag::new(0x82), &[descriptor(&node.body), 0x41, 0, *size, *most]);
            }
        }
        if let Some(fid) = node.fid {
            w.primitive(Tag::new(0x83), &fid.to_be_bytes());
        }
        if let Some(name) = node.name() {
            w.primitive(Tag::new(0x84), name);
        }
        if let Some(sfi) = node.sfi() {
            w.primitive(Tag::new(0x88), &[sfi << 3]);
        }
        w.primitive(Tag::new(0x8A), &[node.life.byte()]);
        let rules = &node.rules;
        w.constructed(RULES, |w| {
            let all = [
                &rules.read,
                &rules.update,
                &rules.delete,
                &rules.activate,
                &rules.terminate,
                &rules.create,
            ];
            for (tag, rule) in (0x80..).zip(all) {
                w.primitive(Tag::new(tag), rule.to_string().as_bytes());
            }
        });
    });
    out.finish()
}
