//! EF.DG14: security options (ICAO Doc 9303-10 clause 4.7.14).

use super::error::In;
use super::{File, LdsError, SecurityInfos};
use crate::tlv::{Tag, Writer};

/// EF.DG14: the SecurityInfos again, signed this time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dg14 {
    /// The set.
    pub infos: SecurityInfos,
}

impl Dg14 {
    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let set = In(File::Dg14).outer(data)?.value;
        Ok(Self { infos: SecurityInfos::parse_in(File::Dg14, set)? })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.primitive(Tag::new(0x6E), &self.infos.encode());
        w.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::*;

    #[test]
    fn security_infos_within_their_frame() {
        let bytes = unhex("6E1631143012060A04007F0007020204020202010202010D");
        let dg14 = Dg14::parse(&bytes).unwrap();
        assert_eq!(dg14.infos.pace().next().unwrap().parameter_id, Some(13));
        assert_eq!(dg14.encode(), bytes);
        mutate(&bytes, |bytes| {
            let _ = Dg14::parse(bytes).map(|dg| assert_eq!(Dg14::parse(&dg.encode()), Ok(dg)));
        });
        assert_eq!(
            Dg14::parse(&unhex("6E0431003100")).unwrap_err().to_string(),
            "EF.DG14, SecurityInfos: TLV: 2 bytes follow the data object"
        );
    }
}
