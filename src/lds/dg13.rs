//! EF.DG13: optional details at the issuer's discretion (ICAO Doc 9303-10 clause 4.7.13).

use super::File;
use super::LdsError;
use super::error::In;
use crate::tlv::{Tag, Writer};

/// The file. What it holds is the issuer's affair.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Dg13 {
    /// The content, as it came.
    pub content: Vec<u8>,
}

impl Dg13 {
    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], where the frame is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        Ok(Self { content: In(File::Dg13).outer(data)?.value.to_vec() })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.primitive(Tag::new(0x6D), &self.content);
        w.finish()
    }
}

impl std::fmt::Debug for Dg13 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dg13({} bytes)", self.content.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::*;

    #[test]
    fn anything_within_its_frame() {
        let bytes = unhex("6D03FF0001");
        let dg13 = Dg13::parse(&bytes).unwrap();
        assert_eq!((dg13.content.as_slice(), dg13.encode()), (&bytes[2..], bytes.clone()));
        mutate(&bytes, |bytes| {
            let _ = Dg13::parse(bytes).map(|dg| assert_eq!(Dg13::parse(&dg.encode()), Ok(dg)));
        });
        assert_eq!(
            Dg13::parse(&unhex("6E00")).unwrap_err().to_string(),
            "EF.DG13, outer data object: TLV: tag 6D expected, 6E came"
        );
    }
}
