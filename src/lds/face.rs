//! Face records (ISO/IEC 19794-5:2005 clause 5).

use super::error::In;
use super::{File, LdsError};

/// The most images of one record that are read.
const MAX_IMAGES: usize = 16;

const FORMAT_IDENTIFIER: &[u8; 4] = b"FAC\0";
const VERSION: &[u8; 4] = b"010\0";
const RECORD_HEADER: usize = 14;
const FACIAL_INFORMATION: usize = 20;
const IMAGE_INFORMATION: usize = 12;

/// How an image is compressed, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageFormat {
    /// ISO/IEC 10918-1.
    Jpeg,
    /// ISO/IEC 15444-1, as a file or as a bare codestream.
    Jpeg2000,
}

impl ImageFormat {
    /// The format that an image's first bytes show.
    pub fn detect(image: &[u8]) -> Option<Self> {
        const JP2_SIGNATURE: [u8; 12] =
            [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', 0x0D, 0x0A, 0x87, 0x0A];
        if image.starts_with(&[0xFF, 0xD8, 0xFF]) {
            Some(Self::Jpeg)
        } else if image.starts_with(&JP2_SIGNATURE) || image.starts_with(&[0xFF, 0x4F, 0xFF, 0x51])
        {
            Some(Self::Jpeg2000)
        } else {
            None
        }
    }

    /// The usual ending of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Jpeg2000 => "jp2",
        }
    }
}

/// One facial image with what the record says about it. Codes are those of the standard; 0 is
/// unspecified.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FaceImage {
    /// Gender (clause 5.5.3).
    pub gender: u8,
    /// Eye colour (clause 5.5.4).
    pub eye_colour: u8,
    /// Hair colour (clause 5.5.5).
    pub hair_colour: u8,
    /// Property mask (clause 5.5.6).
    pub features: [u8; 3],
    /// Expression (clause 5.5.7).
    pub expression: u16,
    /// Pose angles yaw, pitch and roll (clause 5.5.8).
    pub pose: [u8; 3],
    /// Uncertainty of the pose angles (clause 5.5.9).
    pub pose_uncertainty: [u8; 3],
    /// Feature points of eight bytes each (clause 5.6).
    pub feature_points: Vec<[u8; 8]>,
    /// Face image type (clause 5.7.1): 1 full frontal, 2 token frontal.
    pub image_type: u8,
    /// Image data type (clause 5.7.2): 0 JPEG, 1 JPEG 2000. See also [`FaceImage::format`].
    pub data_type: u8,
    /// Pixels across, as the record says; issuers get it wrong.
    pub width: u16,
    /// Pixels down, as the record says.
    pub height: u16,
    /// Image colour space (clause 5.7.5).
    pub colour_space: u8,
    /// Source type (clause 5.7.6).
    pub source_type: u8,
    /// Device type (clause 5.7.7).
    pub device_type: u16,
    /// Quality (clause 5.7.8).
    pub quality: u16,
    /// The compressed image.
    pub image: Vec<u8>,
}

impl FaceImage {
    /// How the image is really compressed.
    pub fn format(&self) -> Option<ImageFormat> {
        ImageFormat::detect(&self.image)
    }

    fn write(&self, out: &mut Vec<u8>) {
        let points = self.feature_points.len();
        let len = FACIAL_INFORMATION + 8 * points + IMAGE_INFORMATION + self.image.len();
        out.extend((len as u32).to_be_bytes());
        out.extend((points as u16).to_be_bytes());
        out.extend([self.gender, self.eye_colour, self.hair_colour]);
        out.extend(self.features);
        out.extend(self.expression.to_be_bytes());
        out.extend(self.pose);
        out.extend(self.pose_uncertainty);
        out.extend(self.feature_points.as_flattened());
        out.extend([self.image_type, self.data_type]);
        out.extend(self.width.to_be_bytes());
        out.extend(self.height.to_be_bytes());
        out.extend([self.colour_space, self.source_type]);
        out.extend(self.device_type.to_be_bytes());
        out.extend(self.quality.to_be_bytes());
        out.extend_from_slice(&self.image);
    }
}

impl std::fmt::Debug for FaceImage {
    // A face is personal; its size is not.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaceImage")
            .field("format", &self.format())
            .field("bytes", &self.image.len())
            .finish_non_exhaustive()
    }
}

/// Reads a face record. Bytes behind the length it states are passed over.
pub(super) fn parse(data: &[u8]) -> Result<Vec<FaceImage>, LdsError> {
    const FIELD: &str = "face record";
    let at = In(File::Dg2);
    let mut header = Cursor { field: FIELD, rest: data };
    if header.take()? != *FORMAT_IDENTIFIER {
        let got = hex::encode_upper(data.get(..4).unwrap_or_default());
        return Err(at.value("format identifier of the face record", "46414300 (FAC)", got));
    }
    let version: [u8; 4] = header.take()?;
    if version != *VERSION {
        let got = hex::encode_upper(version);
        return Err(at.value("version of the face record", "30313000 (010)", got));
    }
    let len = header.u32()? as usize;
    let count = usize::from(header.u16()?);
    let body = len.checked_sub(RECORD_HEADER).and_then(|len| header.rest.get(..len));
    let Some(body) = body else {
        let got = len.to_string();
        return Err(at.value("length of the face record", "at most what is there", got));
    };
    if count > MAX_IMAGES {
        let (file, limit) = (File::Dg2, MAX_IMAGES);
        return Err(LdsError::TooMany { file, field: "facial images", limit, got: count });
    }
    if count == 0 {
        return Err(at.value("facial images", "at least one", "none"));
    }
    let mut record = Cursor { field: FIELD, rest: body };
    (0..count).map(|_| read_image(at, &mut record)).collect()
}

/// The face record of these images.
pub(super) fn encode(images: &[FaceImage]) -> Vec<u8> {
    let mut out = [*FORMAT_IDENTIFIER, *VERSION, [0; 4]].concat();
    out.extend((images.len() as u16).to_be_bytes());
    for image in images {
        image.write(&mut out);
    }
    let len = (out.len() as u32).to_be_bytes();
    if let Some(place) = out.get_mut(8..12) {
        place.copy_from_slice(&len);
    }
    out
}

fn read_image(at: In, record: &mut Cursor<'_>) -> Result<FaceImage, LdsError> {
    const FIELD: &str = "facial record data";
    let len = record.u32()? as usize;
    let Some((block, rest)) = len.checked_sub(4).and_then(|len| record.rest.split_at_checked(len))
    else {
        let got = len.to_string();
        return Err(at.value("length of the facial record data", "at most what is there", got));
    };
    record.rest = rest;
    let mut block = Cursor { field: FIELD, rest: block };
    let points = usize::from(block.u16()?);
    let [gender, eye_colour, hair_colour] = block.take()?;
    let features = block.take()?;
    let expression = block.u16()?;
    let (pose, pose_uncertainty) = (block.take()?, block.take()?);
    // No more is allocated than the points that are really there.
    let feature_points = (0..points).map(|_| block.take()).collect::<Result<_, _>>()?;
    let [image_type, data_type] = block.take()?;
    let (width, height) = (block.u16()?, block.u16()?);
    let [colour_space, source_type] = block.take()?;
    let (device_type, quality) = (block.u16()?, block.u16()?);
    Ok(FaceImage {
        gender,
        eye_colour,
        hair_colour,
        features,
        expression,
        pose,
        pose_uncertainty,
        feature_points,
        image_type,
        data_type,
        width,
        height,
        colour_space,
        source_type,
        device_type,
        quality,
        image: block.rest.to_vec(),
    })
}

struct Cursor<'a> {
    field: &'static str,
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], LdsError> {
        let Some((taken, rest)) = self.rest.split_first_chunk() else {
            let got = format!("an end {} bytes too early", N - self.rest.len());
            return Err(In(File::Dg2).value(self.field, "a whole header", got));
        };
        self.rest = rest;
        Ok(*taken)
    }

    fn u16(&mut self) -> Result<u16, LdsError> {
        self.take().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, LdsError> {
        self.take().map(u32::from_be_bytes)
    }
}
