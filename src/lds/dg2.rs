//! EF.DG2: the face (ICAO Doc 9303-10 clause 4.7.2).
//!
//! The frame is the biometric information group template of ISO/IEC 7816-11, what is in it a face
//! record of ISO/IEC 19794-5:2005. Records of ISO/IEC 39794-5 are not read.

use super::error::{In, asn1};
use super::face;
use super::jpeg::Jpeg;
use super::{FaceImage, File, LdsError};
use crate::tlv::{Tag, Tlv, Writer};

const GROUP_TEMPLATE: Tag = Tag::new(0x7F61);
const INFORMATION_TEMPLATE: Tag = Tag::new(0x7F60);
const HEADER_TEMPLATE: Tag = Tag::new(0xA1);
const DATA_PRIMITIVE: Tag = Tag::new(0x5F2E);
const DATA_CONSTRUCTED: Tag = Tag::new(0x7F2E);

/// The most biometric information templates that are read.
const LIMIT: usize = 9;

/// The header template that [`Dg2::build`] writes: biometric type facial features, no subtype,
/// format owner ISO/IEC JTC 1/SC 37, format type 19794-5.
const HEADER: [u8; 14] =
    [0x81, 0x01, 0x02, 0x82, 0x01, 0x00, 0x87, 0x02, 0x01, 0x01, 0x88, 0x02, 0x00, 0x08];

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dg2 {
    /// The faces, one biometric information template each.
    pub faces: Vec<Face>,
}

/// One biometric information template.
#[derive(Clone, PartialEq, Eq)]
pub struct Face {
    /// The images of its face record.
    pub images: Vec<FaceImage>,
    /// The value of its header template, as it came.
    header: Vec<u8>,
    /// The tag of the biometric data block; both forms occur.
    data_tag: Tag,
}

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Face").field("images", &self.images).finish_non_exhaustive()
    }
}

impl Dg2 {
    /// The file of one full frontal picture. With `total_len` the file is exactly that many bytes
    /// long: the picture is lengthened by comment segments, and stays the same picture.
    ///
    /// # Errors
    /// [`LdsError::Value`], where the picture is no whole JPEG or the length cannot be had.
    pub fn build(jpeg: &[u8], total_len: Option<usize>) -> Result<Self, LdsError> {
        let at = In(File::Dg2);
        let Some(picture) = Jpeg::parse(jpeg) else {
            let got = format!("{} bytes that are none", jpeg.len());
            return Err(at.value("picture", "a whole JPEG with its size", got));
        };
        let plain = Self::of(&picture, 0);
        let Some(wanted) = total_len else { return Ok(plain) };
        let shortest = plain.encode().len();
        let wrong = || {
            let got = format!("{wanted} with a picture that makes {shortest}");
            at.value("length of the file", "one that padding can reach", got)
        };
        // Longer padding makes some of the length fields longer too, at most a byte in each of
        // the four, so a few steps find the padding or show that it would fall into such a gap.
        let limit = crate::tlv::Limits::CARD.size;
        let mut padding =
            wanted.checked_sub(shortest).filter(|_| wanted <= limit).ok_or_else(wrong)?;
        for _ in 0..8 {
            let dg2 = Self::of(&picture, padding);
            let len = dg2.encode().len();
            if len == wanted {
                return Ok(dg2);
            }
            padding = (padding + wanted).checked_sub(len).ok_or_else(wrong)?;
        }
        Err(wrong())
    }

    fn of(picture: &Jpeg<'_>, padding: usize) -> Self {
        let image = FaceImage {
            image_type: 1,
            data_type: 0,
            width: picture.width,
            height: picture.height,
            image: picture.padded(padding),
            ..FaceImage::default()
        };
        let face = Face { images: vec![image], header: HEADER.to_vec(), data_tag: DATA_PRIMITIVE };
        Self { faces: vec![face] }
    }

    /// The picture to show: the first image of the first face.
    pub fn image(&self) -> Option<&FaceImage> {
        self.faces.first()?.images.first()
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        const GROUP: &str = "biometric information group template";
        const COUNT: &str = "number of biometric information templates";
        let at = In(File::Dg2);
        let group = at.tlv(GROUP, at.outer(data)?.need(GROUP_TEMPLATE))?;
        let mut parts = at.tlv(GROUP, group.children())?;
        let count = at.tlv(COUNT, parts.expect(asn1::INTEGER))?;
        let count = at.small(COUNT, count.value)? as usize;
        let mut faces = Vec::new();
        for template in parts {
            if faces.len() == LIMIT {
                let (file, got) = (File::Dg2, LIMIT + 1);
                return Err(LdsError::TooMany { file, field: "faces", limit: LIMIT, got });
            }
            let template = template.and_then(|t| t.expect(INFORMATION_TEMPLATE));
            faces.push(Face::read(at, &at.tlv(GROUP, template)?)?);
        }
        if faces.is_empty() || faces.len() != count {
            let got = format!("{count} for {}", faces.len());
            return Err(at.value(COUNT, "how many there are, at least one", got));
        }
        Ok(Self { faces })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(Tag::new(0x75), |w| {
            w.constructed(GROUP_TEMPLATE, |w| {
                w.primitive(asn1::INTEGER, &[self.faces.len() as u8]);
                for face in &self.faces {
                    w.constructed(INFORMATION_TEMPLATE, |w| {
                        w.primitive(HEADER_TEMPLATE, &face.header);
                        w.primitive(face.data_tag, &face::encode(&face.images));
                    });
                }
            });
        });
        w.finish()
    }
}

impl Face {
    fn read(at: In, template: &Tlv<'_>) -> Result<Self, LdsError> {
        const HEADER: &str = "biometric header template";
        const DATA: &str = "biometric data block";
        let mut parts = at.tlv(HEADER, template.children())?;
        let header = at.tlv(HEADER, parts.expect(HEADER_TEMPLATE))?.value.to_vec();
        for tlv in parts {
            let tlv = at.tlv(DATA, tlv)?;
            if [DATA_PRIMITIVE, DATA_CONSTRUCTED].contains(&tlv.tag) {
                return Ok(Self { images: face::parse(tlv.value)?, header, data_tag: tlv.tag });
            }
        }
        Err(at.value(DATA, "tag 5F2E or 7F2E", "neither"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::ImageFormat;
    use super::super::testing::{TINY_JPEG, mutate, unhex};
    use super::*;

    #[test]
    fn a_picture_in_its_frame() {
        let jpeg = unhex(TINY_JPEG);
        let dg2 = Dg2::build(&jpeg, None).unwrap();
        let bytes = dg2.encode();
        let frame = "7572 7F616F 020101 7F6069 A10E 8101028201008702010188020008 5F2E56";
        let record = "46414300 30313000 00000056 0001";
        let image =
            "00000048 0000 00 00 00 000000 0000 000000 000000 01 00 0005 0003 00 00 0000 0000";
        let expected = [frame, record, image, TINY_JPEG].concat().replace(' ', "");
        assert_eq!(hex::encode_upper(&bytes), expected);
        assert_eq!(Dg2::parse(&bytes), Ok(dg2.clone()));
        let face = dg2.image().unwrap();
        assert_eq!((face.width, face.height, face.format()), (5, 3, Some(ImageFormat::Jpeg)));
        assert_eq!(face.image, jpeg);
        assert!(format!("{dg2:?}").contains("bytes: 40"), "{dg2:?}");
        mutate(&bytes, |bytes| {
            if let Ok(read) = Dg2::parse(bytes) {
                assert_eq!(Dg2::parse(&read.encode()), Ok(read));
            }
        });
    }

    #[test]
    fn every_length_that_can_be_had_is_had() {
        let jpeg = unhex(TINY_JPEG);
        let shortest = Dg2::build(&jpeg, None).unwrap().encode().len();
        let mut gaps = Vec::new();
        for len in (shortest..700).chain([15_000]).chain(65_500..65_700) {
            match Dg2::build(&jpeg, Some(len)) {
                Ok(dg2) => {
                    let bytes = dg2.encode();
                    assert_eq!(bytes.len(), len);
                    let read = Dg2::parse(&bytes).unwrap();
                    assert!(Jpeg::parse(&read.image().unwrap().image).is_some());
                }
                Err(_) => gaps.push(len),
            }
        }
        // Where the length fields grow by a byte, up to four at 128, 256 and 65,536.
        assert!(gaps.len() <= 12, "{gaps:?}");
        assert!(!gaps.contains(&15_000));
        for bad in [0, shortest - 1, usize::MAX, 2 << 20] {
            let error = Dg2::build(&jpeg, Some(bad)).unwrap_err().to_string();
            assert!(error.starts_with("EF.DG2, length of the file: one that padding"), "{error}");
        }
        assert_eq!(
            Dg2::build(&jpeg[1..], None).unwrap_err().to_string(),
            "EF.DG2, picture: a whole JPEG with its size expected, 39 bytes that are none came"
        );
    }

    #[cfg(feature = "emulator")]
    #[test]
    fn a_real_picture_becomes_fifteen_thousand_bytes() {
        let (width, height) = (64_u16, 80_u16);
        let pixels: Vec<u8> = (0..u32::from(width) * u32::from(height) * 3)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let mut jpeg = Vec::new();
        jpeg_encoder::Encoder::new(&mut jpeg, 60)
            .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
            .unwrap();
        let dg2 = Dg2::build(&jpeg, Some(15_000)).unwrap();
        let bytes = dg2.encode();
        assert_eq!((bytes.len(), &bytes[..4]), (15_000, &[0x75, 0x82, 0x3A, 0x94][..]));
        let face = dg2.image().unwrap();
        assert_eq!((face.width, face.height), (width, height));
        // Without its comment it is the picture as it was.
        let at = face.image.windows(2).position(|w| w == [0xFF, 0xFE]).unwrap();
        let len = usize::from(u16::from_be_bytes([face.image[at + 2], face.image[at + 3]]));
        assert_eq!([&face.image[..at], &face.image[at + 2 + len..]].concat(), jpeg);
    }

    #[test]
    fn errors_name_the_part() {
        let dg2 = Dg2::build(&unhex(TINY_JPEG), None).unwrap();
        let good = hex::encode_upper(dg2.encode());
        let error = |from: &str, to: &str| {
            Dg2::parse(&unhex(&good.replacen(from, to, 1))).unwrap_err().to_string()
        };
        assert_eq!(
            error("46414300", "46495200"),
            "EF.DG2, format identifier of the face record: 46414300 (FAC) expected, 46495200 came"
        );
        assert_eq!(
            error("30313000", "30333000"),
            "EF.DG2, version of the face record: 30313000 (010) expected, 30333000 came"
        );
        assert_eq!(
            error("000000560001", "000000570001"),
            "EF.DG2, length of the face record: at most what is there expected, 87 came"
        );
        assert_eq!(
            error("000000560001", "00000056FFFF"),
            "EF.DG2, facial images: at most 16 are read, 65535 came"
        );
        assert_eq!(
            error("000000480000", "000000480009"),
            "EF.DG2, facial record data: a whole header expected, an end 4 bytes too early came"
        );
        assert_eq!(
            error("020101", "020102"),
            "EF.DG2, number of biometric information templates: how many there are, at least one \
             expected, 2 for 1 came"
        );
        assert_eq!(
            error("5F2E", "5F2F"),
            "EF.DG2, biometric data block: tag 5F2E or 7F2E expected, neither came"
        );
    }
}
