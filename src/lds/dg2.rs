//! EF.DG2: the face (ICAO Doc 9303-10 clause 4.7.2).

use super::cbeff::BiometricTemplate;
use super::face::{self, FaceRecord};
use super::{FaceImage, File, LdsError};

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dg2 {
    /// The faces, one biometric information template each.
    pub faces: Vec<BiometricTemplate<FaceRecord>>,
}

impl Dg2 {
    /// The file of one full frontal picture, as a record of ISO/IEC 19794-5. With `total_len` the
    /// file is exactly that many bytes long: the picture is lengthened by comment segments, and
    /// stays the same picture.
    ///
    /// # Errors
    /// [`LdsError::Value`], where the picture is no whole JPEG or the length cannot be had.
    pub fn build(jpeg: &[u8], total_len: Option<usize>) -> Result<Self, LdsError> {
        Ok(Self { faces: vec![face::from_jpeg(File::Dg2, jpeg, total_len)?] })
    }

    /// The file of one picture and, where it is known, its size in pixels, as a data block of
    /// ISO/IEC 39794-5.
    ///
    /// # Errors
    /// [`LdsError::Value`], where the picture is neither JPEG nor JPEG 2000 nor PNG.
    pub fn build_iso39794(image: &[u8], size: Option<(u16, u16)>) -> Result<Self, LdsError> {
        Ok(Self { faces: vec![face::from_image(File::Dg2, image, size)?] })
    }

    /// The pictures of all faces, in the card's order.
    pub fn images(&self) -> impl Iterator<Item = FaceImage<'_>> {
        face::images(&self.faces)
    }

    /// The picture to show: the first one.
    pub fn image(&self) -> Option<FaceImage<'_>> {
        self.images().next()
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        Ok(Self { faces: face::parse(File::Dg2, data)? })
    }

    /// The file; at most nine faces of sixteen images each are written.
    pub fn encode(&self) -> Vec<u8> {
        face::encode(&self.faces)
    }
}

#[cfg(test)]
mod tests {
    use super::super::jpeg::Jpeg;
    use super::super::testing::{TINY_JPEG, mutate, unhex};
    use super::super::{FacialRecord, FeaturePoint, ImageFormat};
    use super::*;

    fn with_record(dg2: &Dg2, change: impl Fn(&mut Vec<FacialRecord>)) -> Dg2 {
        let mut dg2 = dg2.clone();
        let FaceRecord::Iso19794(records) = &mut dg2.faces[0].record else { panic!("{dg2:?}") };
        change(records);
        dg2
    }

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
        assert_eq!((face.width, face.height), (Some(5), Some(3)));
        assert_eq!((face.format, face.bytes), (Some(ImageFormat::Jpeg), jpeg.as_slice()));
        let header = &dg2.faces[0].header;
        assert_eq!((header.biometric_type(), header.subtype()), (Some(2), Some(0)));
        assert_eq!(header.format_type(), Some(8));
        assert!(format!("{dg2:?}").contains("bytes: 40"), "{dg2:?}");
        mutate(&bytes, |bytes| {
            if let Ok(read) = Dg2::parse(bytes) {
                assert_eq!(Dg2::parse(&read.encode()), Ok(read));
            }
        });
    }

    #[test]
    fn several_faces_with_feature_points() {
        let point = FeaturePoint { kind: 1, code: 0x83, x: 120, y: 144, reserved: 0 };
        let mut dg2 = with_record(&Dg2::build(&unhex(TINY_JPEG), None).unwrap(), |records| {
            records[0].feature_points = vec![point, FeaturePoint { code: 0x84, x: 60, ..point }];
            let jp2 = FacialRecord { image: unhex("FF4FFF51"), data_type: 1, ..records[0].clone() };
            records.push(jp2);
        });
        dg2.faces.push(dg2.faces[0].clone());
        let bytes = dg2.encode();
        assert!(
            hex::encode_upper(&bytes)
                .contains("0183007800900000018400 3C0090".replace(' ', "").as_str())
        );
        let read = Dg2::parse(&bytes).unwrap();
        assert_eq!(read, dg2);
        let formats: Vec<_> = read.images().map(|image| image.format.unwrap()).collect();
        let pair = [ImageFormat::Jpeg, ImageFormat::Jpeg2000];
        assert_eq!(formats, [pair, pair].concat());
        mutate(&bytes, |bytes| {
            let _ = Dg2::parse(bytes).map(|dg| assert_eq!(Dg2::parse(&dg.encode()), Ok(dg)));
        });
    }

    #[test]
    fn a_picture_in_a_data_block_of_iso_39794() {
        let png = unhex("89504E470D0A1A0A00");
        let dg2 = Dg2::build_iso39794(&png, Some((413, 531))).unwrap();
        let bytes = dg2.encode();
        let frame = "7552 7F614F 020101 7F6049 A10E 810102820100870201018802002A 7F2E36";
        let block = "A134 6532 A007 800103 810207E3 A127 3025 800100 A120 A01E A01C";
        let picture = "8009 89504E470D0A1A0A00 A10F A003 800105 A708 8002019D 81020213";
        assert_eq!(hex::encode_upper(&bytes), [frame, block, picture].concat().replace(' ', ""));
        assert_eq!(Dg2::parse(&bytes), Ok(dg2.clone()));
        let face = dg2.image().unwrap();
        assert_eq!((face.width, face.height), (Some(413), Some(531)));
        assert_eq!((face.format, face.bytes), (Some(ImageFormat::Png), png.as_slice()));
        mutate(&bytes, |bytes| {
            if let Ok(read) = Dg2::parse(bytes) {
                assert_eq!(Dg2::parse(&read.encode()), Ok(read));
            }
        });
        let sizeless = Dg2::build_iso39794(&unhex(TINY_JPEG), None).unwrap();
        let read = Dg2::parse(&sizeless.encode()).unwrap();
        assert_eq!(
            read.image().map(|image| (image.format, image.width)),
            Some((Some(ImageFormat::Jpeg), None))
        );
        assert!(Dg2::build_iso39794(b"text", None).is_err());
        // What the code of a format is extended to may come instead of the code.
        let extended = hex::encode_upper(&bytes).replace("A10FA003800105", "A111A005A103800105");
        let grow = |text: String, (from, to): (&str, &str)| text.replacen(from, to, 1);
        let grown = [
            ("7552", "7554"),
            ("7F614F", "7F6151"),
            ("7F6049", "7F604B"),
            ("7F2E36", "7F2E38"),
            ("A1346532", "A1366534"),
            ("A1273025", "A1293027"),
            ("A120A01EA01C", "A122A020A01E"),
        ];
        let extended = unhex(&grown.into_iter().fold(extended, grow));
        let read = Dg2::parse(&extended).unwrap();
        let FaceRecord::Iso39794(block) = &read.faces[0].record else { panic!("{read:?}") };
        assert_eq!(block.representations()[0].data_format, Some(5));
    }

    #[test]
    fn errors_name_the_part_of_iso_39794() {
        let png = unhex("89504E470D0A1A0A00");
        let good = hex::encode_upper(Dg2::build_iso39794(&png, Some((1, 2))).unwrap().encode());
        let error = |from: &str, to: &str| {
            Dg2::parse(&unhex(&good.replacen(from, to, 1))).unwrap_err().to_string()
        };
        assert_eq!(error("6530", "6430"), "EF.DG2, FaceImageDataBlock: TLV: tag 65 is missing");
        assert_eq!(
            error("810207E3", "820207E3"),
            "EF.DG2, FaceImageDataBlock.versionBlock: TLV: tag 81 is missing"
        );
        assert_eq!(
            error("A01A8009", "A01A8109"),
            "EF.DG2, ImageRepresentation2DBlock.representationData2D: TLV: tag 80 is missing"
        );
        assert_eq!(
            error("800101810102", "800101820102"),
            "EF.DG2, ImageInformation2DBlock.imageSizeBlock: TLV: tag 81 is missing"
        );
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
                    assert!(Jpeg::parse(read.image().unwrap().bytes).is_some());
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
        assert_eq!((face.width, face.height), (Some(width), Some(height)));
        // Without its comment it is the picture as it was.
        let at = face.bytes.windows(2).position(|w| w == [0xFF, 0xFE]).unwrap();
        let len = usize::from(u16::from_be_bytes([face.bytes[at + 2], face.bytes[at + 3]]));
        assert_eq!([&face.bytes[..at], &face.bytes[at + 2 + len..]].concat(), jpeg);
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
            "EF.DG2, identifier of the face record: 4641430030313000 (FAC 010) expected, \
             4649520030313000 came"
        );
        assert_eq!(
            error("30313000", "30333000"),
            "EF.DG2, identifier of the face record: 4641430030313000 (FAC 010) expected, \
             4641430030333000 came"
        );
        assert_eq!(
            error("000000560001", "00000056FFFF"),
            "EF.DG2, facial images: at most 16 are read, 65535 came"
        );
        assert_eq!(
            error("0000005600010000", "0000005600020001"),
            "EF.DG2, facial record data: a length that is there expected, 65604 came"
        );
        assert_eq!(
            error("000000480000", "000000480009"),
            "EF.DG2, facial record data: a whole header expected, an end 4 bytes too early came"
        );
        assert_eq!(
            error("020101", "020102"),
            "EF.DG2, number of biometric information templates: how many there are expected, \
             2 for 1 came"
        );
        assert_eq!(
            error("5F2E", "5F2F"),
            "EF.DG2, biometric data block: tag 5F2E or 7F2E expected, neither came"
        );
        assert_eq!(
            Dg2::parse(&unhex("75067F6103020100")).unwrap_err().to_string(),
            "EF.DG2, number of biometric information templates: at least one expected, none came"
        );
        // A record of the older standard under the tag of the newer.
        let odd = Dg2::parse(&unhex(&good.replacen("5F2E", "7F2E", 1))).unwrap();
        assert_eq!(odd.image(), dg2.image());
    }

    #[test]
    fn lengths_that_a_record_states_wrongly_are_put_right() {
        let dg2 = Dg2::build(&unhex(TINY_JPEG), None).unwrap();
        let good = hex::encode_upper(dg2.encode());
        for (record, image) in [("0000004E", "00000048"), ("000FFFFF", "000FFFF1")] {
            let text = good.replacen("00000056", record, 1).replacen("00000048", image, 1);
            assert_eq!(Dg2::parse(&unhex(&text)).as_ref(), Ok(&dg2), "{record} {image}");
        }
    }
}
