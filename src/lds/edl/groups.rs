//! The data groups of a driving licence that are a picture, a key or what others hold already.

use super::Category;
use super::category::{self, CATEGORIES};
use crate::lds::cbeff::BiometricTemplate;
use crate::lds::details;
use crate::lds::error::{In, asn1};
use crate::lds::face::{self, FaceRecord};
use crate::lds::{DataObject, FaceImage, File, ImageFormat, LdsError, SecurityInfos};
use crate::tlv::{self, Tag, Writer};

const IMAGE_TYPE: Tag = Tag::new(0x89);
const SIGNATURE: Tag = Tag::new(0x5F43);
const JPEG: u8 = 0x03;
const JPEG_2000: u8 = 0x04;

/// EF.DG5: the signature or usual mark as a picture (ISO/IEC 18013-2 annex C).
#[derive(Clone, PartialEq, Eq)]
pub struct Dg5 {
    /// What the card says the picture is: JPEG or JPEG 2000.
    pub image_type: ImageFormat,
    /// The picture, a file of its own.
    pub image: Vec<u8>,
}

/// EF.DG6: the face, in the same records as a passport's EF.DG2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dg6 {
    /// The faces, one biometric information template each.
    pub faces: Vec<BiometricTemplate<FaceRecord>>,
}

/// EF.DG11: what the issuing State adds for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dg11 {
    /// Domestic categories of vehicles.
    pub categories: Option<Vec<Category>>,
    /// All else, as it came: personal numbers among it.
    pub other: Vec<DataObject>,
}

/// EF.DG13: the public key of Active Authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dg13 {
    /// The SubjectPublicKeyInfo, as it came.
    pub spki: Vec<u8>,
}

/// EF.DG14: protocols and keys of extended access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dg14 {
    /// The set.
    pub infos: SecurityInfos,
}

impl Dg5 {
    /// The file of a JPEG or JPEG 2000 picture.
    ///
    /// # Errors
    /// [`LdsError::Value`], where it is neither.
    pub fn new(image: &[u8]) -> Result<Self, LdsError> {
        match ImageFormat::detect(image) {
            Some(image_type @ (ImageFormat::Jpeg | ImageFormat::Jpeg2000)) => {
                Ok(Self { image_type, image: image.to_vec() })
            }
            _ => {
                let got = format!("{} bytes of something else", image.len());
                Err(In(File::Edl(super::File::Dg5)).value("picture", "JPEG or JPEG 2000", got))
            }
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let at = In(File::Edl(super::File::Dg5));
        let mut parts = at.tlv("image type", at.outer(data)?.children())?;
        let image_type = match at.tlv("image type", parts.expect(IMAGE_TYPE))?.value {
            [JPEG] => ImageFormat::Jpeg,
            [JPEG_2000] => ImageFormat::Jpeg2000,
            other => {
                let got = hex::encode_upper(other.get(..2).unwrap_or(other));
                return Err(at.value("image type", "03 (JPEG) or 04 (JPEG 2000)", got));
            }
        };
        let image = at.tlv("picture", parts.expect(SIGNATURE))?.value.to_vec();
        at.tlv("picture", parts.end())?;
        if image.is_empty() {
            return Err(at.value("picture", "an image", "nothing"));
        }
        Ok(Self { image_type, image })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let image_type = match self.image_type {
            ImageFormat::Jpeg2000 => JPEG_2000,
            _ => JPEG,
        };
        let mut w = Writer::new();
        w.constructed(Tag::new(0x67), |w| {
            w.primitive(IMAGE_TYPE, &[image_type]);
            w.primitive(SIGNATURE, &self.image);
        });
        w.finish()
    }
}

impl Dg6 {
    /// The file of one full frontal picture, as [`Dg2::build`](crate::lds::Dg2::build).
    ///
    /// # Errors
    /// [`LdsError::Value`], where the picture is no whole JPEG or the length cannot be had.
    pub fn build(jpeg: &[u8], total_len: Option<usize>) -> Result<Self, LdsError> {
        let face = face::from_jpeg(File::Edl(super::File::Dg6), jpeg, total_len)?;
        Ok(Self { faces: vec![face] })
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
        Ok(Self { faces: face::parse(File::Edl(super::File::Dg6), data)? })
    }

    /// The file; at most nine faces of sixteen images each are written.
    pub fn encode(&self) -> Vec<u8> {
        face::encode(&self.faces)
    }
}

impl Dg11 {
    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        const FIELD: &str = "domestic data";
        let at = In(File::Edl(super::File::Dg11));
        let mut dg = Self::default();
        for tlv in at.tlv(FIELD, at.outer(data)?.children())? {
            let tlv = at.tlv(FIELD, tlv)?;
            match tlv.tag {
                CATEGORIES => {
                    at.once("categories", &mut dg.categories, category::read(at, &tlv)?)?;
                }
                _ => details::keep(at, FIELD, &mut dg.other, &tlv)?,
            }
        }
        Ok(dg)
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(Tag::new(0x6D), |w| {
            if let Some(categories) = &self.categories {
                category::write(w, categories);
            }
            for object in &self.other {
                object.write(w);
            }
        });
        w.finish()
    }
}

impl Dg13 {
    /// Reads the file. The key itself is not looked at.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let at = In(File::Edl(super::File::Dg13));
        let spki = at.outer(data)?.value;
        at.tlv("SubjectPublicKeyInfo", tlv::parse_one(spki, asn1::SEQUENCE))?;
        Ok(Self { spki: spki.to_vec() })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.primitive(Tag::new(0x6F), &self.spki);
        w.finish()
    }
}

impl Dg14 {
    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let file = File::Edl(super::File::Dg14);
        Ok(Self { infos: SecurityInfos::parse_in(file, In(file).outer(data)?.value)? })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.primitive(Tag::new(0x6E), &self.infos.encode());
        w.finish()
    }
}

impl std::fmt::Debug for Dg5 {
    // A signature is personal; its size is not.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dg5")
            .field("image_type", &self.image_type)
            .field("bytes", &self.image.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lds::testing::{TINY_JPEG, mutate, unhex};

    #[test]
    fn the_signature_and_its_kind() {
        let dg5 = Dg5::new(&unhex(TINY_JPEG)).unwrap();
        let bytes = dg5.encode();
        assert_eq!(hex::encode_upper(&bytes), format!("672E8901035F4328{TINY_JPEG}"));
        assert_eq!(Dg5::parse(&bytes), Ok(dg5.clone()));
        assert!(format!("{dg5:?}").contains("bytes: 40"));
        mutate(&bytes, |bytes| {
            let _ = Dg5::parse(bytes).map(|dg| assert_eq!(Dg5::parse(&dg.encode()), Ok(dg)));
        });
        let jp2 = Dg5::new(&unhex("FF4FFF51")).unwrap();
        assert_eq!(Dg5::parse(&jp2.encode()).unwrap().image_type, ImageFormat::Jpeg2000);
        assert!(Dg5::new(&unhex("89504E470D0A1A0A")).is_err());
        let error = |hex: &str| Dg5::parse(&unhex(hex)).unwrap_err().to_string();
        assert_eq!(
            error("67078901055F430141"),
            "eDL EF.DG5, image type: 03 (JPEG) or 04 (JPEG 2000) expected, 05 came"
        );
        assert_eq!(
            error("67068901035F4300"),
            "eDL EF.DG5, picture: an image expected, nothing came"
        );
    }

    #[test]
    fn the_face_is_that_of_a_passport() {
        let dg6 = Dg6::build(&unhex(TINY_JPEG), Some(200)).unwrap();
        let bytes = dg6.encode();
        assert_eq!(bytes.len(), 200);
        assert_eq!(Dg6::parse(&bytes), Ok(dg6.clone()));
        assert_eq!(dg6.image().unwrap().width, Some(5));
        assert_eq!(
            Dg6::parse(&unhex("7500")).unwrap_err().to_string(),
            "eDL EF.DG6, biometric information group template: TLV: tag 7F61 is missing"
        );
    }

    #[test]
    fn domestic_data_keys_and_protocols_come_back() {
        let dg11 = Dg11 {
            categories: Some(vec![Category::new("T", None, None).unwrap()]),
            other: vec![DataObject { tag: Tag::new(0x80), value: b"123456782".to_vec() }],
        };
        let bytes = dg11.encode();
        assert_eq!(Dg11::parse(&bytes), Ok(dg11.clone()));
        assert!(!format!("{dg11:?}").contains("123456782"));
        mutate(&bytes, |bytes| {
            let _ = Dg11::parse(bytes).map(|dg| assert_eq!(Dg11::parse(&dg.encode()), Ok(dg)));
        });
        let bytes = unhex("6F0B3009300406022A03030100");
        assert_eq!(Dg13::parse(&bytes).unwrap().encode(), bytes);
        assert!(Dg13::parse(&unhex("6F020400")).is_err());
        // The key of ISO/IEC 18013-3 is none of BSI TR-03110's, and kept.
        let bytes = unhex("6E113 10F300D06062A818C5D0303300306 01 2A".replace(' ', "").as_str());
        assert!(Dg14::parse(&bytes).is_ok_and(|dg14| dg14.encode() == bytes));
    }
}
