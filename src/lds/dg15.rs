//! EF.DG15: the Active Authentication key (ICAO Doc 9303-10 clause 4.7.15).

use super::error::{In, asn1};
use super::{File, LdsError};
use crate::tlv::{self, Tag, Writer};

/// EF.DG15: the public key of Active Authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dg15 {
    /// The SubjectPublicKeyInfo, as it came.
    pub spki: Vec<u8>,
}

impl Dg15 {
    /// Reads the file. The key itself is not looked at.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let at = In(File::Dg15);
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

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::*;

    #[test]
    fn a_key_within_its_frame() {
        let bytes = unhex("6F0B3009300406022A03030100");
        let dg15 = Dg15::parse(&bytes).unwrap();
        assert_eq!(dg15.spki, bytes[2..]);
        assert_eq!(dg15.encode(), bytes);
        mutate(&bytes, |bytes| {
            let _ = Dg15::parse(bytes).map(|dg| assert_eq!(Dg15::parse(&dg.encode()), Ok(dg)));
        });
        assert_eq!(
            Dg15::parse(&unhex("6F020400")).unwrap_err().to_string(),
            "EF.DG15, SubjectPublicKeyInfo: TLV: tag 30 expected, 04 came"
        );
    }
}
