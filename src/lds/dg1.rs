//! EF.DG1: the machine readable zone (ICAO Doc 9303-10 clause 4.7.1).

use super::error::In;
use super::{File, LdsError, Mrz, MrzError};
use crate::tlv::{Tag, Writer};

const MRZ: Tag = Tag::new(0x5F1F);

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dg1 {
    mrz: Mrz,
    text: Text,
}

#[derive(Clone, PartialEq, Eq)]
struct Text(String);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("..")
    }
}

impl Dg1 {
    /// The file of a zone.
    ///
    /// # Errors
    /// [`LdsError::Mrz`], where a field does not fit its place.
    pub fn new(mrz: Mrz) -> Result<Self, LdsError> {
        let text = mrz.to_text().map_err(wrong)?;
        Ok(Self { mrz, text: Text(text) })
    }

    /// The zone.
    pub const fn mrz(&self) -> &Mrz {
        &self.mrz
    }

    /// The characters of the zone, without line breaks.
    pub fn text(&self) -> &str {
        &self.text.0
    }

    /// Reads the file and checks the check digits.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let at = In(File::Dg1);
        let value = at.tlv("MRZ", at.outer(data)?.need(MRZ))?.value;
        // Any byte becomes a character, so that one that cannot be is named with its place.
        let text: String = value.iter().copied().map(char::from).collect();
        let mrz = Mrz::parse(&text).map_err(wrong)?;
        if value.len() != mrz.format.len() {
            return Err(wrong(MrzError::Length { got: value.len() }));
        }
        Ok(Self { mrz, text: Text(text) })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(Tag::new(0x61), |w| {
            w.primitive(MRZ, self.text().as_bytes());
        });
        w.finish()
    }
}

const fn wrong(cause: MrzError) -> LdsError {
    LdsError::Mrz { file: File::Dg1, cause }
}

#[cfg(test)]
mod tests {
    use super::super::testing::mutate;
    use super::*;

    const ZONE: &str = "I<UTOD231458907<<<<<<<<<<<<<<<\
        7408122F1204159UTO<<<<<<<<<<<6\
        ERIKSSON<<ANNA<MARIA<<<<<<<<<<";

    #[test]
    fn holds_the_zone() {
        let dg1 = Dg1::new(Mrz::parse(ZONE).unwrap()).unwrap();
        let bytes = dg1.encode();
        assert_eq!(hex::encode_upper(&bytes[..5]), "615D5F1F5A");
        assert_eq!(dg1.text(), ZONE);
        assert_eq!(Dg1::parse(&bytes), Ok(dg1.clone()));
        assert!(!format!("{dg1:?}").contains("ERIKSSON"));
        mutate(&bytes, |bytes| {
            if let Ok(read) = Dg1::parse(bytes) {
                assert_eq!(Dg1::parse(&read.encode()), Ok(read));
            }
        });
    }

    #[test]
    fn errors_name_the_place() {
        let error = |zone: &str| {
            let mut w = Writer::new();
            w.constructed(Tag::new(0x61), |w| {
                w.primitive(MRZ, zone.as_bytes());
            });
            Dg1::parse(&w.finish()).unwrap_err().to_string()
        };
        assert_eq!(
            error(&ZONE.replace("7408122", "7408123")),
            "EF.DG1: MRZ line 2, column 7: check digit of date of birth 2 expected, 3 came"
        );
        assert_eq!(
            error(&format!("{ZONE}\n")),
            "EF.DG1: MRZ: 90 (TD1), 72 (TD2) or 88 (TD3) characters expected, 91 came"
        );
        assert_eq!(
            Dg1::parse(&[0x61, 0]).unwrap_err().to_string(),
            "EF.DG1, MRZ: TLV: tag 5F1F is missing"
        );
    }
}
