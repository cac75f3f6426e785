//! Face records (ISO/IEC 19794-5:2005 clause 5).

use super::super::LdsError;
use super::super::cursor::Cursor;
use super::super::error::In;

/// The most images of one record that are read.
const MAX_IMAGES: usize = 16;

const FORMAT_IDENTIFIER: &[u8; 4] = b"FAC\0";
const VERSION: &[u8; 4] = b"010\0";
const FACIAL_INFORMATION: usize = 20;
const FEATURE_POINT: usize = 8;
const IMAGE_INFORMATION: usize = 12;

/// One facial image with what the record says about it. Codes are those of the standard; 0 is
/// unspecified.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FacialRecord {
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
    /// Feature points (clause 5.6).
    pub feature_points: Vec<FeaturePoint>,
    /// Face image type (clause 5.7.1): 1 full frontal, 2 token frontal.
    pub image_type: u8,
    /// Image data type (clause 5.7.2): 0 JPEG, 1 JPEG 2000. What the image is shows
    /// [`ImageFormat::detect`](crate::lds::ImageFormat::detect).
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

/// A point of a face in its image (ISO/IEC 19794-5:2005 clause 5.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeaturePoint {
    /// Feature point type: 1 is a point of ISO/IEC 14496-2 (MPEG-4).
    pub kind: u8,
    /// Feature point code: major number in the upper half, minor number in the lower.
    pub code: u8,
    /// Pixels from the left.
    pub x: u16,
    /// Pixels from the top.
    pub y: u16,
    /// Reserved.
    pub reserved: u16,
}

impl FacialRecord {
    fn read(record: &mut Cursor<'_>, is_last: bool) -> Result<Self, LdsError> {
        let stated = (record.u32()? as usize).saturating_sub(4);
        let there = record.rest().len();
        let len = if is_last { stated.min(there) } else { stated };
        let mut block = record.block("facial record data", len)?;
        let points = usize::from(block.u16()?);
        let [gender, eye_colour, hair_colour] = block.take()?;
        let features = block.take()?;
        let expression = block.u16()?;
        let (pose, pose_uncertainty) = (block.take()?, block.take()?);
        // No more is allocated than the points that are really there.
        let feature_points =
            (0..points).map(|_| FeaturePoint::read(&mut block)).collect::<Result<_, _>>()?;
        let [image_type, data_type] = block.take()?;
        let (width, height) = (block.u16()?, block.u16()?);
        let [colour_space, source_type] = block.take()?;
        let (device_type, quality) = (block.u16()?, block.u16()?);
        Ok(Self {
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
            image: block.rest().to_vec(),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let points = self.feature_points.get(..0xFFFF).unwrap_or(&self.feature_points);
        let headers = FACIAL_INFORMATION + FEATURE_POINT * points.len() + IMAGE_INFORMATION;
        out.extend(((headers + self.image.len()) as u32).to_be_bytes());
        out.extend((points.len() as u16).to_be_bytes());
        out.extend([self.gender, self.eye_colour, self.hair_colour]);
        out.extend(self.features);
        out.extend(self.expression.to_be_bytes());
        out.extend(self.pose);
        out.extend(self.pose_uncertainty);
        for point in points {
            point.write(out);
        }
        out.extend([self.image_type, self.data_type]);
        out.extend(self.width.to_be_bytes());
        out.extend(self.height.to_be_bytes());
        out.extend([self.colour_space, self.source_type]);
        out.extend(self.device_type.to_be_bytes());
        out.extend(self.quality.to_be_bytes());
        out.extend_from_slice(&self.image);
    }
}

impl FeaturePoint {
    fn read(block: &mut Cursor<'_>) -> Result<Self, LdsError> {
        let [kind, code, x1, x2, y1, y2, r1, r2] = block.take()?;
        let [x, y, reserved] = [[x1, x2], [y1, y2], [r1, r2]].map(u16::from_be_bytes);
        Ok(Self { kind, code, x, y, reserved })
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend([self.kind, self.code]);
        for field in [self.x, self.y, self.reserved] {
            out.extend(field.to_be_bytes());
        }
    }
}

impl std::fmt::Debug for FacialRecord {
    // A face is personal; its size is not.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FacialRecord")
            .field("feature_points", &self.feature_points.len())
            .field("bytes", &self.image.len())
            .finish_non_exhaustive()
    }
}

/// Whether a biometric data block is such a record.
pub(super) fn is_record(data: &[u8]) -> bool {
    data.starts_with(FORMAT_IDENTIFIER)
}

/// Reads a face record. The lengths it states are wrong on some cards, where a header was left out
/// or a picture was exchanged: what counts is the frame around it. So the record's own length is
/// passed over, the last picture ends with the frame at the latest, and bytes behind it are ignored.
pub(super) fn parse(at: In, data: &[u8]) -> Result<Vec<FacialRecord>, LdsError> {
    let mut record = Cursor::new(at, "face record", data);
    let identifier = [*FORMAT_IDENTIFIER, *VERSION];
    record.expect("identifier of the face record", "4641430030313000 (FAC 010)", identifier)?;
    let _record_length = record.u32()?;
    let count = record.u16()?.into();
    let count = record.count("facial images", count, MAX_IMAGES)?;
    (1..=count).map(|number| FacialRecord::read(&mut record, number == count)).collect()
}

/// The face record of these images.
pub(super) fn encode(images: &[FacialRecord]) -> Vec<u8> {
    let images = images.get(..MAX_IMAGES).unwrap_or(images);
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
