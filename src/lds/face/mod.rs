//! Faces, in whichever of the two records a card holds them.

mod iso19794;

use super::cbeff::{self, BiometricHeader, BiometricTemplate, DATA_CONSTRUCTED, Group, Record};
use super::error::In;
use super::image::ImageFormat;
use super::iso39794::{Iso39794, Part};
use super::jpeg::Jpeg;
use super::{File, LdsError};
use crate::tlv::{Limits, Tag, Tlv};
pub use iso19794::{FacialRecord, FeaturePoint};

/// Biometric type facial features (ISO/IEC 7816-11).
const FACE: u8 = 0x02;
/// Format types of ISO/IEC JTC 1/SC 37.
const ISO_19794_5: u16 = 0x0008;
const ISO_39794_5: u16 = 0x002A;

/// What a biometric data block of EF.DG2, or of a driving licence's EF.DG6, holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaceRecord {
    /// The images of a face record of ISO/IEC 19794-5:2005.
    Iso19794(Vec<FacialRecord>),
    /// The representations of a face image data block of ISO/IEC 39794-5.
    Iso39794(Iso39794),
}

/// A picture of a face with what its record says of it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaceImage<'a> {
    /// How the picture is really compressed, by its first bytes.
    pub format: Option<ImageFormat>,
    /// Pixels across, where the record says so; issuers get it wrong.
    pub width: Option<u16>,
    /// Pixels down, where the record says so.
    pub height: Option<u16>,
    /// The compressed picture, a file of its own.
    pub bytes: &'a [u8],
}

impl<'a> FaceImage<'a> {
    fn new(bytes: &'a [u8], size: Option<(u16, u16)>) -> Self {
        Self {
            format: ImageFormat::detect(bytes),
            width: size.map(|(width, _)| width),
            height: size.map(|(_, height)| height),
            bytes,
        }
    }
}

impl std::fmt::Debug for FaceImage<'_> {
    // A face is personal; its size is not.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaceImage")
            .field("format", &self.format)
            .field("width", &self.width)
            .field("height", &self.height)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

impl FaceRecord {
    /// The pictures, in the card's order.
    pub fn images(&self) -> Vec<FaceImage<'_>> {
        match self {
            Self::Iso19794(records) => records
                .iter()
                .map(|r| FaceImage::new(&r.image, Some((r.width, r.height))))
                .collect(),
            Self::Iso39794(block) => {
                block.representations().iter().map(|r| FaceImage::new(&r.image, r.size)).collect()
            }
        }
    }
}

impl Record for FaceRecord {
    fn read(at: In, block: &Tlv<'_>) -> Result<Self, LdsError> {
        // Some cards hold records of ISO/IEC 19794 under the tag of the other standard.
        if block.tag == DATA_CONSTRUCTED && !iso19794::is_record(block.value) {
            return Iso39794::parse(at, Part::Face, block).map(Self::Iso39794);
        }
        iso19794::parse(at, block.value).map(Self::Iso19794)
    }

    fn write(&self) -> Vec<u8> {
        match self {
            Self::Iso19794(records) => iso19794::encode(records),
            Self::Iso39794(block) => block.as_bytes().to_vec(),
        }
    }
}

/// The faces of a file: at least one, and no discretionary data.
pub(super) fn parse(
    file: File,
    data: &[u8],
) -> Result<Vec<BiometricTemplate<FaceRecord>>, LdsError> {
    let at = In(file);
    let Group { templates, .. } = Group::parse(at, data)?;
    if templates.is_empty() {
        let field = "number of biometric information templates";
        return Err(at.value(field, "at least one", "none"));
    }
    Ok(templates)
}

/// The file of these faces; tag `75` in both applications.
pub(super) fn encode(faces: &[BiometricTemplate<FaceRecord>]) -> Vec<u8> {
    cbeff::encode(Tag::new(0x75), faces, None)
}

/// The pictures of all faces, the first being the one to show.
pub(super) fn images(
    faces: &[BiometricTemplate<FaceRecord>],
) -> impl Iterator<Item = FaceImage<'_>> {
    faces.iter().flat_map(|face| face.record.images())
}

/// One full frontal picture as a record of ISO/IEC 19794-5. With `total_len` the file of it is
/// exactly that many bytes long: the picture is lengthened by comment segments, and stays the same
/// picture.
pub(super) fn from_jpeg(
    file: File,
    jpeg: &[u8],
    total_len: Option<usize>,
) -> Result<BiometricTemplate<FaceRecord>, LdsError> {
    let at = In(file);
    let Some(picture) = Jpeg::parse(jpeg) else {
        let got = format!("{} bytes that are none", jpeg.len());
        return Err(at.value("picture", "a whole JPEG with its size", got));
    };
    let face = |padding| {
        let record = FacialRecord {
            image_type: 1,
            data_type: 0,
            width: picture.width,
            height: picture.height,
            image: picture.padded(padding),
            ..FacialRecord::default()
        };
        let header = BiometricHeader::new(FACE, 0, ISO_19794_5);
        BiometricTemplate::primitive(header, FaceRecord::Iso19794(vec![record]))
    };
    let file_len = |face: &_| encode(std::slice::from_ref(face)).len();
    let plain = face(0);
    let Some(wanted) = total_len else { return Ok(plain) };
    let shortest = file_len(&plain);
    let wrong = || {
        let got = format!("{wanted} with a picture that makes {shortest}");
        at.value("length of the file", "one that padding can reach", got)
    };
    // Longer padding makes some of the length fields longer too, at most a byte in each of the
    // four, so a few steps find the padding or show that it would fall into such a gap.
    let mut padding =
        wanted.checked_sub(shortest).filter(|_| wanted <= Limits::CARD.size).ok_or_else(wrong)?;
    for _ in 0..8 {
        let face = face(padding);
        let len = file_len(&face);
        if len == wanted {
            return Ok(face);
        }
        padding = (padding + wanted).checked_sub(len).ok_or_else(wrong)?;
    }
    Err(wrong())
}

/// One picture as a data block of ISO/IEC 39794-5.
pub(super) fn from_image(
    file: File,
    image: &[u8],
    size: Option<(u16, u16)>,
) -> Result<BiometricTemplate<FaceRecord>, LdsError> {
    let block = Iso39794::face(In(file), image, size)?;
    let header = BiometricHeader::new(FACE, 0, ISO_39794_5);
    Ok(BiometricTemplate::constructed(header, FaceRecord::Iso39794(block)))
}
