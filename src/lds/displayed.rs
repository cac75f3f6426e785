//! EF.DG5 and EF.DG7: what is printed on the document as a picture (ICAO Doc 9303-10 clauses 4.7.5
//! and 4.7.7).

use super::error::{In, asn1};
use super::{File, ImageFormat, LdsError};
use crate::tlv::{Tag, Writer};

/// The most pictures of one file.
const LIMIT: usize = 9;

/// A picture of the printed document: a JPEG or JPEG 2000 file.
#[derive(Clone, PartialEq, Eq)]
pub struct DisplayedImage(pub Vec<u8>);

impl DisplayedImage {
    /// How it is compressed, by its first bytes.
    pub fn format(&self) -> Option<ImageFormat> {
        ImageFormat::detect(&self.0)
    }
}

impl std::fmt::Debug for DisplayedImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DisplayedImage")
            .field("format", &self.format())
            .field("bytes", &self.0.len())
            .finish()
    }
}

/// EF.DG5: displayed portraits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dg5 {
    /// The portraits, at least one.
    pub portraits: Vec<DisplayedImage>,
}

/// EF.DG7: displayed signatures or usual marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dg7 {
    /// The signatures or marks, at least one.
    pub marks: Vec<DisplayedImage>,
}

const PORTRAIT: Tag = Tag::new(0x5F40);
const MARK: Tag = Tag::new(0x5F43);

impl Dg5 {
    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        Ok(Self { portraits: parse(In(File::Dg5), "displayed portraits", PORTRAIT, data)? })
    }

    /// The file; at most nine portraits are written.
    pub fn encode(&self) -> Vec<u8> {
        encode(Tag::new(0x65), PORTRAIT, &self.portraits)
    }
}

impl Dg7 {
    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        Ok(Self { marks: parse(In(File::Dg7), "displayed signatures or marks", MARK, data)? })
    }

    /// The file; at most nine marks are written.
    pub fn encode(&self) -> Vec<u8> {
        encode(Tag::new(0x67), MARK, &self.marks)
    }
}

fn parse(
    at: In,
    field: &'static str,
    tag: Tag,
    data: &[u8],
) -> Result<Vec<DisplayedImage>, LdsError> {
    let mut parts = at.tlv(field, at.outer(data)?.children())?;
    let count = at.tlv(field, parts.expect(asn1::INTEGER))?;
    let count = at.small(field, count.value)? as usize;
    let mut images = Vec::new();
    for image in parts {
        let image = at.tlv(field, image.and_then(|image| image.expect(tag)))?;
        if images.len() == LIMIT {
            return Err(LdsError::TooMany { file: at.0, field, limit: LIMIT, got: LIMIT + 1 });
        }
        images.push(DisplayedImage(image.value.to_vec()));
    }
    if images.is_empty() || images.len() != count {
        let got = format!("{count} for {}", images.len());
        return Err(at.value(field, "how many there are, at least one", got));
    }
    Ok(images)
}

fn encode(file: Tag, tag: Tag, images: &[DisplayedImage]) -> Vec<u8> {
    let images = images.get(..LIMIT).unwrap_or(images);
    let mut w = Writer::new();
    w.constructed(file, |w| {
        w.primitive(asn1::INTEGER, &[images.len() as u8]);
        for image in images {
            w.primitive(tag, &image.0);
        }
    });
    w.finish()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::*;

    #[test]
    fn pictures_come_back() {
        let images = vec![DisplayedImage(unhex("FFD8FFD9")), DisplayedImage(unhex("FF4FFF51"))];
        let dg5 = Dg5 { portraits: images.clone() };
        let bytes = dg5.encode();
        assert_eq!(hex::encode_upper(&bytes), "65110201025F4004FFD8FFD95F4004FF4FFF51");
        assert_eq!(Dg5::parse(&bytes), Ok(dg5.clone()));
        assert_eq!(dg5.portraits[0].format(), Some(ImageFormat::Jpeg));
        assert_eq!(dg5.portraits[1].format(), Some(ImageFormat::Jpeg2000));
        assert!(format!("{dg5:?}").contains("bytes: 4"));
        mutate(&bytes, |bytes| {
            let _ = Dg5::parse(bytes).map(|dg| assert_eq!(Dg5::parse(&dg.encode()), Ok(dg)));
        });
        let dg7 = Dg7 { marks: images };
        let bytes = dg7.encode();
        assert_eq!(hex::encode_upper(&bytes), "67110201025F4304FFD8FFD95F4304FF4FFF51");
        assert_eq!(Dg7::parse(&bytes), Ok(dg7));
    }

    #[test]
    fn errors_name_the_part() {
        let error = |hex: &str| Dg7::parse(&unhex(hex)).unwrap_err().to_string();
        assert_eq!(
            error("6703020100"),
            "EF.DG7, displayed signatures or marks: how many there are, at least one expected, \
             0 for 0 came"
        );
        assert_eq!(
            error("67080201025F4302FFD8"),
            "EF.DG7, displayed signatures or marks: how many there are, at least one expected, \
             2 for 1 came"
        );
        assert_eq!(
            error("67080201015F4002FFD8"),
            "EF.DG7, displayed signatures or marks: TLV: tag 5F43 expected, 5F40 came"
        );
        let ten = "5F430101".repeat(10);
        assert!(matches!(
            Dg7::parse(&unhex(&format!("672B02010A{ten}"))),
            Err(LdsError::TooMany { limit: 9, .. })
        ));
    }
}
