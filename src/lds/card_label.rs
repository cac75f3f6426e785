//! EF.CardLabel of the key-only resident card (docs/applet.md): what the application is, in which
//! version. It is no file of ICAO or BSI; its tag is that of discretionary data objects (ISO/IEC
//! 7816-4).

use super::error::In;
use super::{File, LdsError};
use crate::tlv::{Reader, Tag, Writer};

/// The application identifier of the key-only resident card: proprietary (ISO/IEC 7816-4,
/// category F), `ICCARD` and a version.
pub const KEY_ONLY_AID: [u8; 8] = [0xF0, 0x49, 0x43, 0x43, 0x41, 0x52, 0x44, 0x01];

const OUTER: Tag = Tag::new(0x73);
const VERSION: Tag = Tag::new(0x80);
const LABEL: Tag = Tag::new(0x81);

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardLabel {
    /// What to call the application, at most [`Self::MAX_LABEL`] bytes of UTF-8.
    pub label: String,
}

impl CardLabel {
    /// The version of the application.
    pub const VERSION: u8 = 1;

    /// Most bytes of the label.
    pub const MAX_LABEL: usize = 64;

    /// Reads the file: exactly these data objects, in this order, nothing behind.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let at = In(File::CardLabel);
        let mut file = Reader::der(data);
        let outer = at.tlv("outer data object", file.expect(OUTER))?;
        at.tlv("outer data object", file.end())?;
        let mut fields = at.tlv("fields", outer.children())?;
        let version = at.tlv("version", fields.expect(VERSION))?.value;
        if version != [Self::VERSION] {
            return Err(at.value("version", "01", hex::encode_upper(version)));
        }
        let label = at.tlv("label", fields.expect(LABEL))?.value;
        at.tlv("fields", fields.end())?;
        if label.len() > Self::MAX_LABEL {
            let got = format!("{} bytes", label.len());
            return Err(at.value("label", "at most 64 bytes", got));
        }
        Ok(Self { label: at.utf8("label", label)? })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(OUTER, |w| {
            w.primitive(VERSION, &[Self::VERSION]);
            w.primitive(LABEL, self.label.as_bytes());
        });
        w.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::*;

    #[test]
    fn has_one_encoding_only() {
        let bytes = unhex("730A8001018105484F4E4731");
        let file = CardLabel { label: "HONG1".into() };
        assert_eq!(file.encode(), bytes);
        assert_eq!(CardLabel::parse(&bytes), Ok(file));
        mutate(&bytes, |bytes| {
            if let Ok(read) = CardLabel::parse(bytes) {
                assert_eq!(read.encode(), bytes);
            }
        });
    }

    #[test]
    fn errors_name_the_field() {
        let error = |hex: &str| CardLabel::parse(&unhex(hex)).unwrap_err().to_string();
        assert_eq!(
            error("7305800102 8100".replace(' ', "").as_str()),
            "EF.CardLabel, version: 01 expected, 02 came"
        );
        assert_eq!(
            error("73068001018101FF"),
            "EF.CardLabel, label: UTF-8 expected, something else at byte 0 came"
        );
        let long = CardLabel { label: "x".repeat(65) }.encode();
        let error = CardLabel::parse(&long).unwrap_err().to_string();
        assert_eq!(error, "EF.CardLabel, label: at most 64 bytes expected, 65 bytes came");
    }
}
