//! EF.DG4: irises (ICAO Doc 9303-10 clause 4.7.4), behind Extended Access Control.
//!
//! Images are compressed in ways of their own and kept as they are; only what stands around them
//! is read.

use super::cbeff::{self, BiometricHeader, BiometricTemplate, DATA_CONSTRUCTED, Group, Record};
use super::cursor::Cursor;
use super::error::In;
use super::iso39794::{Iso39794, Part};
use super::{File, LdsError};
use crate::tlv::{Tag, Tlv};

/// The most eyes of one record, and images of one eye, that are read.
const MAX_EYES: usize = 4;
const MAX_IMAGES: usize = 16;

const FORMAT_IDENTIFIER: &[u8; 4] = b"IIR\0";
const VERSION: &[u8; 4] = b"010\0";
const RECORD_HEADER: u16 = 45;

/// Biometric type iris (ISO/IEC 7816-11) and format type ISO/IEC 19794-6.
const IRIS: u8 = 0x10;
const ISO_19794_6: u16 = 0x0009;

/// The file. Where a document has no irises it may hold none, and random bytes instead, so that
/// its hash in EF.SOD tells nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dg4 {
    /// The irises, one biometric information template each.
    pub irises: Vec<BiometricTemplate<IrisRecord>>,
    /// The random bytes of a file without irises.
    pub random: Option<Vec<u8>>,
}

/// What a biometric data block of EF.DG4 holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IrisRecord {
    /// A record of ISO/IEC 19794-6:2005.
    Iso19794(IrisImages),
    /// A data block of ISO/IEC 39794-6.
    Iso39794(Iso39794),
}

/// An iris image record (ISO/IEC 19794-6:2005 clause 6.5.3, table 2). Codes are those of the
/// standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IrisImages {
    /// Capture device, 0 for undefined.
    pub capture_device: u16,
    /// Image properties: orientation, scan type, occlusions and boundary, a bit field.
    pub properties: u16,
    /// Expected diameter of the iris in pixels.
    pub diameter: u16,
    /// Image format: 2 and 4 raw, 6 and 8 JPEG, 10 and 12 JPEG-LS, 14 and 16 JPEG 2000.
    pub image_format: u16,
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
    /// Bits a colour.
    pub depth: u8,
    /// Transformation to polar coordinates.
    pub transformation: u8,
    /// What identifies the device, all zeros for nothing.
    pub device_id: [u8; 16],
    /// The eyes, at least one.
    pub eyes: Vec<Eye>,
}

/// The images of one eye (ISO/IEC 19794-6:2005 clause 6.5.3, table 3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Eye {
    /// Biometric subtype: 0 undefined, 1 right, 2 left.
    pub subtype: u8,
    /// The images, at least one.
    pub images: Vec<IrisImage>,
}

/// An image of an iris (ISO/IEC 19794-6:2005 clause 6.5.3, table 4).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct IrisImage {
    /// Number of the image.
    pub number: u16,
    /// Quality, 0 to 100, 254 for undefined.
    pub quality: u8,
    /// Rotation angle of the eye, `FFFF` for undefined.
    pub rotation: u16,
    /// Uncertainty of the rotation, `FFFF` for undefined.
    pub rotation_uncertainty: u16,
    /// The image, compressed as its record says.
    pub image: Vec<u8>,
}

impl Dg4 {
    /// A file without irises, with these random bytes.
    pub const fn empty(random: Vec<u8>) -> Self {
        Self { irises: Vec::new(), random: Some(random) }
    }

    /// Adds a record with a header of this biometric subtype.
    #[must_use]
    pub fn with(mut self, subtype: u8, record: IrisImages) -> Self {
        let header = BiometricHeader::new(IRIS, subtype, ISO_19794_6);
        let record = IrisRecord::Iso19794(record);
        self.irises.push(BiometricTemplate::primitive(header, record));
        self
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let Group { templates, discretionary } = Group::parse(In(File::Dg4), data)?;
        Ok(Self { irises: templates, random: discretionary })
    }

    /// The file; at most nine templates of four eyes with sixteen images each are written.
    pub fn encode(&self) -> Vec<u8> {
        cbeff::encode(Tag::new(0x76), &self.irises, self.random.as_deref())
    }
}

impl Record for IrisRecord {
    fn read(at: In, block: &Tlv<'_>) -> Result<Self, LdsError> {
        if block.tag == DATA_CONSTRUCTED && !block.value.starts_with(FORMAT_IDENTIFIER) {
            return Iso39794::parse(at, Part::Iris, block).map(Self::Iso39794);
        }
        IrisImages::read(at, block.value).map(Self::Iso19794)
    }

    fn write(&self) -> Vec<u8> {
        match self {
            Self::Iso19794(record) => record.write(),
            Self::Iso39794(block) => block.as_bytes().to_vec(),
        }
    }
}

impl IrisImages {
    fn read(at: In, data: &[u8]) -> Result<Self, LdsError> {
        let mut record = Cursor::new(at, "iris image record", data);
        let identifier = [*FORMAT_IDENTIFIER, *VERSION];
        record.expect(
            "identifier of the iris image record",
            "4949520030313000 (IIR 010)",
            identifier,
        )?;
        let len = record.u32()? as usize;
        if !(RECORD_HEADER.into()..=data.len()).contains(&len) {
            let field = "length of the iris image record";
            return Err(at.value(field, "at most what is there", len.to_string()));
        }
        let capture_device = record.u16()?;
        let count = record.u8()?;
        let header = record.u16()?;
        if header != RECORD_HEADER {
            let field = "header length of the iris image record";
            return Err(at.value(field, "45", header.to_string()));
        }
        let (properties, diameter) = (record.u16()?, record.u16()?);
        let image_format = record.u16()?;
        let (width, height) = (record.u16()?, record.u16()?);
        let [depth, transformation] = record.take()?;
        let device_id = record.take()?;
        let count = record.count("eyes", count.into(), MAX_EYES)?;
        Ok(Self {
            capture_device,
            properties,
            diameter,
            image_format,
            width,
            height,
            depth,
            transformation,
            device_id,
            eyes: (0..count).map(|_| Eye::read(&mut record)).collect::<Result<_, _>>()?,
        })
    }

    fn write(&self) -> Vec<u8> {
        let eyes = self.eyes.get(..MAX_EYES).unwrap_or(&self.eyes);
        let mut out = [*FORMAT_IDENTIFIER, *VERSION, [0; 4]].concat();
        out.extend(self.capture_device.to_be_bytes());
        out.push(eyes.len() as u8);
        for field in [RECORD_HEADER, self.properties, self.diameter, self.image_format] {
            out.extend(field.to_be_bytes());
        }
        out.extend(self.width.to_be_bytes());
        out.extend(self.height.to_be_bytes());
        out.extend([self.depth, self.transformation]);
        out.extend(self.device_id);
        for eye in eyes {
            eye.write(&mut out);
        }
        let len = (out.len() as u32).to_be_bytes();
        if let Some(place) = out.get_mut(8..12) {
            place.copy_from_slice(&len);
        }
        out
    }
}

impl Eye {
    fn read(record: &mut Cursor<'_>) -> Result<Self, LdsError> {
        let subtype = record.u8()?;
        let count = record.u16()?.into();
        let count = record.count("images of an eye", count, MAX_IMAGES)?;
        let images = (0..count).map(|_| IrisImage::read(record)).collect::<Result<_, _>>()?;
        Ok(Self { subtype, images })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let images = self.images.get(..MAX_IMAGES).unwrap_or(&self.images);
        out.push(self.subtype);
        out.extend((images.len() as u16).to_be_bytes());
        for image in images {
            out.extend(image.number.to_be_bytes());
            out.push(image.quality);
            out.extend(image.rotation.to_be_bytes());
            out.extend(image.rotation_uncertainty.to_be_bytes());
            out.extend((image.image.len() as u32).to_be_bytes());
            out.extend_from_slice(&image.image);
        }
    }
}

impl IrisImage {
    fn read(record: &mut Cursor<'_>) -> Result<Self, LdsError> {
        let number = record.u16()?;
        let quality = record.u8()?;
        let (rotation, rotation_uncertainty) = (record.u16()?, record.u16()?);
        let len = record.u32()? as usize;
        let image = record.block("iris image", len)?.rest().to_vec();
        Ok(Self { number, quality, rotation, rotation_uncertainty, image })
    }
}

impl std::fmt::Debug for IrisImage {
    // An iris is personal; its size is not.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IrisImage")
            .field("number", &self.number)
            .field("bytes", &self.image.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, nested, unhex};
    use super::*;

    fn iris(subtype: u8) -> IrisImages {
        let image = IrisImage {
            number: 1,
            quality: 51,
            rotation: 0xFFFF,
            rotation_uncertainty: 0xFFFF,
            image: unhex("FF4FFF51"),
        };
        IrisImages {
            diameter: 0x96,
            image_format: 16,
            width: 163,
            height: 149,
            depth: 24,
            eyes: vec![Eye {
                subtype,
                images: vec![image.clone(), IrisImage { number: 2, ..image }],
            }],
            ..IrisImages::default()
        }
    }

    #[test]
    fn irises_in_their_frame() {
        let dg4 = Dg4::default().with(1, iris(1)).with(2, iris(2));
        let bytes = dg4.encode();
        let record = "4949520030313000 0000004E 0000 01 002D 0000 0096 0010 00A3 0095 18 00\
            00000000000000000000000000000000 01 0002\
            0001 33 FFFF FFFF 00000004 FF4FFF51 0002 33 FFFF FFFF 00000004 FF4FFF51";
        assert!(hex::encode_upper(&bytes).contains(&record.replace(' ', "")));
        assert_eq!(Dg4::parse(&bytes), Ok(dg4.clone()));
        assert!(format!("{dg4:?}").contains("bytes: 4"));
        mutate(&bytes, |bytes| {
            let _ = Dg4::parse(bytes).map(|dg| assert_eq!(Dg4::parse(&dg.encode()), Ok(dg)));
        });
        let empty = Dg4::empty(vec![0x5A; 4]);
        assert_eq!(hex::encode_upper(empty.encode()), "760C7F610302010053045A5A5A5A");
        assert_eq!(Dg4::parse(&empty.encode()), Ok(empty));
    }

    #[test]
    fn a_data_block_of_iso_39794_is_read() {
        let entry = unhex("800102A103800101820108A3038001038904FF4FFF51");
        let block = nested(
            &[0x7F2E, 0xA1, 0x66],
            &[unhex("A007800103810207E3"), nested(&[0xA1, 0x30], &[entry])],
        );
        let header = unhex("A10E810110820102870201018802002C");
        let template = nested(&[0x7F60], &[header, block]);
        let bytes = nested(&[0x76, 0x7F61], &[unhex("020101"), template]);
        let dg4 = Dg4::parse(&bytes).unwrap();
        let IrisRecord::Iso39794(block) = &dg4.irises[0].record else { panic!("{dg4:?}") };
        let [iris] = block.representations() else { panic!("{block:?}") };
        assert_eq!((iris.position, iris.data_format), (Some(2), Some(3)));
        assert_eq!(iris.image, unhex("FF4FFF51"));
        assert_eq!(dg4.encode(), bytes);
    }

    #[test]
    fn errors_name_the_part() {
        let good = hex::encode_upper(Dg4::default().with(1, iris(1)).encode());
        let error = |from: &str, to: &str| {
            Dg4::parse(&unhex(&good.replacen(from, to, 1))).unwrap_err().to_string()
        };
        assert_eq!(
            error("01002D0000", "0100300000"),
            "EF.DG4, header length of the iris image record: 45 expected, 48 came"
        );
        assert_eq!(error("01002D0000", "05002D0000"), "EF.DG4, eyes: at most 4 are read, 5 came");
        assert_eq!(
            error("010002000133", "010011000133"),
            "EF.DG4, images of an eye: at most 16 are read, 17 came"
        );
        assert_eq!(
            error("FFFFFFFF00000004", "FFFFFFFF7FFFFFFF"),
            "EF.DG4, iris image: a length that is there expected, 2147483647 came"
        );
    }
}
