//! The frame around biometric data (ICAO Doc 9303-10 clauses 4.7.2 to 4.7.4, ISO/IEC 7816-11): a
//! group of templates, each a header and a biometric data block.

use super::error::{In, asn1};
use super::{DataObject, LdsError};
use crate::tlv::{Reader, Tag, Tlv, Writer};

const GROUP_TEMPLATE: Tag = Tag::new(0x7F61);
const INFORMATION_TEMPLATE: Tag = Tag::new(0x7F60);
const HEADER_TEMPLATE: Tag = Tag::new(0xA1);
/// The biometric data block of ISO/IEC 19794.
pub(super) const DATA_PRIMITIVE: Tag = Tag::new(0x5F2E);
/// The biometric data block of ISO/IEC 39794, and now and then of ISO/IEC 19794.
pub(super) const DATA_CONSTRUCTED: Tag = Tag::new(0x7F2E);
/// Discretionary data, which make an empty group differ from card to card.
const DISCRETIONARY: Tag = Tag::new(0x53);

/// The most biometric information templates that are read.
const LIMIT: usize = 9;

/// Format owner ISO/IEC JTC 1/SC 37.
const SC_37: [u8; 2] = [0x01, 0x01];

/// The biometric header template (ICAO Doc 9303-10 clause 4.7.2.1), kept as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct BiometricHeader(Vec<u8>);

impl BiometricHeader {
    /// A header of biometric type, subtype and format type (DO `81`, `82`, `88`), the format owner
    /// being ISO/IEC JTC 1/SC 37.
    pub fn new(biometric_type: u8, subtype: u8, format_type: u16) -> Self {
        let mut w = Writer::new();
        w.primitive(Tag::new(0x81), &[biometric_type]);
        w.primitive(Tag::new(0x82), &[subtype]);
        w.primitive(Tag::new(0x87), &SC_37);
        w.primitive(Tag::new(0x88), &format_type.to_be_bytes());
        Self(w.finish())
    }

    /// The value of a data object of the header: `80` version, `81` biometric type, `82` subtype,
    /// `83` creation date and time, `85` validity, `86` creator, `87` format owner, `88` format
    /// type.
    pub fn value(&self, tag: Tag) -> Option<&[u8]> {
        Reader::new(&self.0).find_tag(tag).ok().flatten().map(|tlv| tlv.value)
    }

    /// Biometric type: `02` face, `08` finger, `10` iris.
    pub fn biometric_type(&self) -> Option<u8> {
        self.value(Tag::new(0x81))?.last().copied()
    }

    /// Biometric subtype: which finger or eye.
    pub fn subtype(&self) -> Option<u8> {
        self.value(Tag::new(0x82))?.last().copied()
    }

    /// Format type: `0007` to `0009` fingers, faces, irises of ISO/IEC 19794, `0028`, `002A`,
    /// `002C` those of ISO/IEC 39794.
    pub fn format_type(&self) -> Option<u16> {
        self.value(Tag::new(0x88))?.try_into().ok().map(u16::from_be_bytes)
    }
}

impl std::fmt::Debug for BiometricHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BiometricHeader")
            .field("biometric_type", &self.biometric_type())
            .field("subtype", &self.subtype())
            .field("format_type", &self.format_type())
            .finish_non_exhaustive()
    }
}

/// A biometric information template: a header and the record it describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BiometricTemplate<R> {
    /// The header.
    pub header: BiometricHeader,
    /// The record.
    pub record: R,
    /// The tag of the biometric data block; both forms occur.
    data_tag: Tag,
}

/// What a biometric data block holds.
pub(super) trait Record: Sized {
    fn read(at: In, block: &Tlv<'_>) -> Result<Self, LdsError>;
    fn write(&self) -> Vec<u8>;
}

impl<R> BiometricTemplate<R> {
    /// A record of ISO/IEC 19794 with its header.
    pub(super) const fn primitive(header: BiometricHeader, record: R) -> Self {
        Self { header, record, data_tag: DATA_PRIMITIVE }
    }

    /// A record of ISO/IEC 39794 with its header.
    pub(super) const fn constructed(header: BiometricHeader, record: R) -> Self {
        Self { header, record, data_tag: DATA_CONSTRUCTED }
    }
}

/// The templates of a file, and the discretionary data objects beside them.
pub(super) struct Group<R> {
    pub(super) templates: Vec<BiometricTemplate<R>>,
    pub(super) discretionary: Option<Vec<u8>>,
}

impl<R: Record> Group<R> {
    /// Reads what a file holds in its outer data object.
    pub(super) fn parse(at: In, data: &[u8]) -> Result<Self, LdsError> {
        const GROUP: &str = "biometric information group template";
        const COUNT: &str = "number of biometric information templates";
        let outer = at.outer(data)?;
        let group = at.tlv(GROUP, outer.need(GROUP_TEMPLATE))?;
        let mut parts = at.tlv(GROUP, group.children())?;
        let count = at.tlv(COUNT, parts.expect(asn1::INTEGER))?;
        let count = at.small(COUNT, count.value)? as usize;
        let (mut templates, mut discretionary) = (Vec::new(), None);
        for part in parts {
            let part = at.tlv(GROUP, part)?;
            if part.tag == DISCRETIONARY {
                at.once("discretionary data", &mut discretionary, part.value.to_vec())?;
                continue;
            }
            if templates.len() == LIMIT {
                let (file, got) = (at.0, LIMIT + 1);
                let field = "biometric information templates";
                return Err(LdsError::TooMany { file, field, limit: LIMIT, got });
            }
            templates.push(read_template(at, &at.tlv(GROUP, part.expect(INFORMATION_TEMPLATE))?)?);
        }
        if let Some(beside) = at.tlv("discretionary data", outer.child(DISCRETIONARY))? {
            at.once("discretionary data", &mut discretionary, beside.value.to_vec())?;
        }
        if templates.len() != count {
            let got = format!("{count} for {}", templates.len());
            return Err(at.value(COUNT, "how many there are", got));
        }
        Ok(Self { templates, discretionary })
    }
}

/// The file of these templates.
pub(super) fn encode<R: Record>(
    file: Tag,
    templates: &[BiometricTemplate<R>],
    discretionary: Option<&[u8]>,
) -> Vec<u8> {
    // More than a card may hold, and than one byte can count, is cut off.
    let templates = templates.get(..LIMIT).unwrap_or(templates);
    let mut w = Writer::new();
    w.constructed(file, |w| {
        w.constructed(GROUP_TEMPLATE, |w| {
            w.primitive(asn1::INTEGER, &[templates.len() as u8]);
            for template in templates {
                w.constructed(INFORMATION_TEMPLATE, |w| {
                    w.primitive(HEADER_TEMPLATE, &template.header.0);
                    w.primitive(template.data_tag, &template.record.write());
                });
            }
        });
        if let Some(value) = discretionary {
            DataObject { tag: DISCRETIONARY, value: value.to_vec() }.write(w);
        }
    });
    w.finish()
}

fn read_template<R: Record>(at: In, template: &Tlv<'_>) -> Result<BiometricTemplate<R>, LdsError> {
    const HEADER: &str = "biometric header template";
    const DATA: &str = "biometric data block";
    let mut parts = at.tlv(HEADER, template.children())?;
    let header = at.tlv(HEADER, parts.expect(HEADER_TEMPLATE))?.value.to_vec();
    for block in parts {
        let block = at.tlv(DATA, block)?;
        if [DATA_PRIMITIVE, DATA_CONSTRUCTED].contains(&block.tag) {
            return Ok(BiometricTemplate {
                header: BiometricHeader(header),
                record: R::read(at, &block)?,
                data_tag: block.tag,
            });
        }
    }
    Err(at.value(DATA, "tag 5F2E or 7F2E", "neither"))
}
