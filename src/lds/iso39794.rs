//! Biometric data blocks of ISO/IEC 39794 (parts 4, 5 and 6, with the common types of part 1), as
//! far as a reader needs them: the images, their formats and what they are of.
//!
//! The blocks are ASN.1 with automatic-looking but explicit context tags, encoded in DER. A CHOICE
//! under a tag keeps a tag of its own, so values lie deeper than the schema's nesting suggests.

use super::LdsError;
use super::error::{In, write_unsigned_as};
use super::image::ImageFormat;
use crate::tlv::{Reader, Tag, Tlv, TlvError, Writer};

/// The most representations of one block that are read.
const MAX_REPRESENTATIONS: usize = 16;

/// The data object of the block within DO `7F2E`.
const BLOCK: Tag = Tag::new(0xA1);
const SEQUENCE: Tag = Tag::new(0x30);

/// The year of the edition that is written.
const YEAR: u32 = 2019;

/// Image data formats of part 5 (ImageDataFormatCode).
const JPEG: u64 = 2;
const JPEG_2000_LOSSY: u64 = 3;
const PNG: u64 = 5;

/// A part of the standard, whose number is the application tag of its data block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// ISO/IEC 39794-4.
    Finger,
    /// ISO/IEC 39794-5.
    Face,
    /// ISO/IEC 39794-6.
    Iris,
}

/// A data block: the representations in it, and its bytes as they came.
#[derive(Clone, PartialEq, Eq)]
pub struct Iso39794 {
    year: u32,
    representations: Vec<Representation>,
    bytes: Vec<u8>,
}

/// One representation: an image, and what the block says of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Representation {
    /// The image, a file of its own.
    pub image: Vec<u8>,
    /// Pixels across and down, where a face's block says so.
    pub size: Option<(u16, u16)>,
    /// The code of the image's format, by the list of its part; see also
    /// [`ImageFormat::detect`](crate::lds::ImageFormat::detect).
    pub data_format: Option<u32>,
    /// Which finger or eye: the code of the position, or of the eye label.
    pub position: Option<u32>,
}

impl Iso39794 {
    /// The images with what is said of them, in the block's order; at least one.
    pub fn representations(&self) -> &[Representation] {
        &self.representations
    }

    /// The year of the standard's edition.
    pub const fn year(&self) -> u32 {
        self.year
    }

    /// The value of DO `7F2E`, as it came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads the biometric data block of a template.
    pub(super) fn parse(at: In, part: Part, block: &Tlv<'_>) -> Result<Self, LdsError> {
        let names = part.names();
        let first = at.tlv(names.block, block.children().and_then(|mut c| need_next(&mut c)))?;
        let body = match first.tag {
            BLOCK => at.tlv(names.block, first.need(part.tag()))?,
            // Some leave the outer tag out.
            _ => at.tlv(names.block, first.expect(part.tag()))?,
        };
        let version = at.tlv(names.version, body.need(context(0)))?;
        let year = at.tlv(names.version, version.need(primitive(1)))?;
        let year = at.small(names.version, year.value)?;
        let list = at.tlv(names.representations, body.need(context(1)))?;
        let mut representations = Vec::new();
        for entry in at.tlv(names.representations, list.children())? {
            let field = names.representations;
            if representations.len() == MAX_REPRESENTATIONS {
                let (file, limit) = (at.0, MAX_REPRESENTATIONS);
                return Err(LdsError::TooMany { file, field, limit, got: limit + 1 });
            }
            let entry = at.tlv(field, entry.and_then(|e| e.expect(SEQUENCE)))?;
            representations.push(part.read(at, &entry)?);
        }
        if representations.is_empty() {
            return Err(at.value(names.representations, "at least one", "none"));
        }
        Ok(Self { year, representations, bytes: block.value.to_vec() })
    }

    /// The block of one picture of a face, with the fields that must be there and its size.
    pub(super) fn face(at: In, image: &[u8], size: Option<(u16, u16)>) -> Result<Self, LdsError> {
        let data_format = match ImageFormat::detect(image) {
            Some(ImageFormat::Jpeg) => JPEG,
            Some(ImageFormat::Jpeg2000) => JPEG_2000_LOSSY,
            Some(ImageFormat::Png) => PNG,
            _ => {
                let got = format!("{} bytes of something else", image.len());
                return Err(at.value("picture", "JPEG, JPEG 2000 or PNG", got));
            }
        };
        let size_block = size.map_or_else(Vec::new, |(width, height)| {
            wrap(context(7), &[number(0, width.into()), number(1, height.into())])
        });
        let information =
            wrap(context(1), &[wrap(context(0), &[number(0, data_format)]), size_block]);
        let flat = wrap(context(0), &[wrap(primitive(0), &[image.to_vec()]), information]);
        let picture = wrap(context(1), &[wrap(context(0), &[flat])]);
        let entry = wrap(SEQUENCE, &[number(0, 0), picture]);
        let version = wrap(context(0), &[number(0, 3), number(1, YEAR.into())]);
        let body = wrap(Part::Face.tag(), &[version, wrap(context(1), &[entry])]);
        let bytes = wrap(BLOCK, &[body]);
        let representation = Representation {
            image: image.to_vec(),
            size,
            data_format: Some(data_format as u32),
            position: None,
        };
        Ok(Self { year: YEAR, representations: vec![representation], bytes })
    }
}

impl std::fmt::Debug for Iso39794 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Iso39794")
            .field("year", &self.year)
            .field("representations", &self.representations)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Representation {
    // A biometric image is personal; its size is not.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Representation")
            .field("size", &self.size)
            .field("data_format", &self.data_format)
            .field("position", &self.position)
            .field("bytes", &self.image.len())
            .finish()
    }
}

/// What errors call the structures of a part.
struct Names {
    block: &'static str,
    version: &'static str,
    representations: &'static str,
    image: &'static str,
    information: &'static str,
}

impl Part {
    const fn tag(self) -> Tag {
        match self {
            Self::Finger => Tag::new(0x64),
            Self::Face => Tag::new(0x65),
            Self::Iris => Tag::new(0x66),
        }
    }

    const fn names(self) -> Names {
        match self {
            Self::Finger => Names {
                block: "FingerImageDataBlock",
                version: "FingerImageDataBlock.versionBlock",
                representations: "FingerImageDataBlock.representationBlocks",
                image: "RepresentationBlock.imageData",
                information: "RepresentationBlock",
            },
            Self::Face => Names {
                block: "FaceImageDataBlock",
                version: "FaceImageDataBlock.versionBlock",
                representations: "FaceImageDataBlock.representationBlocks",
                image: "ImageRepresentation2DBlock.representationData2D",
                information: "ImageInformation2DBlock",
            },
            Self::Iris => Names {
                block: "IrisImageDataBlock",
                version: "IrisImageDataBlock.versionBlock",
                representations: "IrisImageDataBlock.representationBlocks",
                image: "RepresentationBlock.irisImageData",
                information: "RepresentationBlock",
            },
        }
    }

    fn read(self, at: In, entry: &Tlv<'_>) -> Result<Representation, LdsError> {
        let names = self.names();
        let image = |parent: &Tlv<'_>, tag| -> Result<Vec<u8>, LdsError> {
            match at.tlv(names.image, parent.need(primitive(tag)))?.value {
                [] => Err(at.value(names.image, "an image", "none")),
                image => Ok(image.to_vec()),
            }
        };
        let code = |parent: &Tlv<'_>, tag| at.tlv(names.information, choice(parent, tag));
        match self {
            Self::Finger => Ok(Representation {
                image: image(entry, 3)?,
                size: None,
                data_format: code(entry, 2)?,
                position: code(entry, 0)?,
            }),
            Self::Iris => Ok(Representation {
                image: image(entry, 9)?,
                size: None,
                data_format: code(entry, 3)?,
                position: at.tlv(names.information, enumerated(entry, 0))?,
            }),
            Self::Face => {
                // imageRepresentation, its alternative base, of it the two-dimensional one
                let base = entry.need(context(1)).and_then(|choice| choice.need(context(0)));
                let flat = at.tlv(names.image, base.and_then(|base| base.need(context(0))))?;
                let information = at.tlv(names.information, flat.need(context(1)))?;
                let size = at.tlv(names.information, information.child(context(7)))?;
                Ok(Representation {
                    image: image(&flat, 0)?,
                    size: size.map(|size| read_size(at, &size)).transpose()?,
                    data_format: code(&information, 0)?,
                    position: None,
                })
            }
        }
    }
}

fn read_size(at: In, size: &Tlv<'_>) -> Result<(u16, u16), LdsError> {
    const FIELD: &str = "ImageInformation2DBlock.imageSizeBlock";
    let side = |tag| -> Result<u16, LdsError> {
        let side = at.small(FIELD, at.tlv(FIELD, size.need(primitive(tag)))?.value)?;
        side.try_into().map_err(|_| at.value(FIELD, "0 to 65535", side.to_string()))
    };
    Ok((side(0)?, side(1)?))
}

/// The code of a field that is a CHOICE of a code and an extension with a fallback code.
fn choice(parent: &Tlv<'_>, tag: u32) -> Result<Option<u32>, TlvError> {
    let Some(field) = parent.child(context(tag))? else { return Ok(None) };
    if let Some(code) = enumerated(&field, 0)? {
        return Ok(Some(code));
    }
    match field.child(context(1))? {
        Some(extension) => enumerated(&extension, 0),
        None => Ok(None),
    }
}

/// An ENUMERATED of at most four bytes; a longer one is a code that nobody knows.
fn enumerated(parent: &Tlv<'_>, tag: u32) -> Result<Option<u32>, TlvError> {
    let code = parent.child(primitive(tag))?.map(|tlv| tlv.value);
    Ok(code
        .filter(|code| (1..=4).contains(&code.len()))
        .map(|code| code.iter().fold(0, |n, byte| n << 8 | u32::from(*byte))))
}

fn need_next<'a>(reader: &mut Reader<'a>) -> Result<Tlv<'a>, TlvError> {
    reader.next().unwrap_or(Err(TlvError::Missing { expected: BLOCK }))
}

/// Context-specific and primitive: `[n]` on INTEGER, ENUMERATED or OCTET STRING.
const fn primitive(number: u32) -> Tag {
    Tag::new(0x80 | number)
}

/// Context-specific and constructed: `[n]` on SEQUENCE or CHOICE.
const fn context(number: u32) -> Tag {
    Tag::new(0xA0 | number)
}

fn wrap(tag: Tag, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut w = Writer::new();
    w.primitive(tag, &parts.concat());
    w.finish()
}

fn number(tag: u32, value: u64) -> Vec<u8> {
    let mut w = Writer::new();
    write_unsigned_as(&mut w, primitive(tag), value);
    w.finish()
}
