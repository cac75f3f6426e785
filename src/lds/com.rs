//! EF.COM (ICAO Doc 9303-10 clause 4.6.1).

use super::data_object::{TAG_LIST, parse_tag_list, write_tag_list};
use super::error::In;
use super::{Df, File, LdsError};
use crate::tlv::{Tag, Writer};

const LDS_VERSION: Tag = Tag::new(0x5F01);
const UNICODE_VERSION: Tag = Tag::new(0x5F36);

/// LDS version and list of data groups. The list is not signed: EF.SOD is what counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Com {
    /// Version and update level of the LDS, four digits: `0107`.
    pub lds_version: String,
    /// Major, minor and release of Unicode, six digits: `040000`.
    pub unicode_version: String,
    /// The tags of the data groups that are there.
    pub tags: Vec<Tag>,
}

impl Com {
    /// LDS 1.7 and Unicode 4.0.0 with these data groups.
    pub fn new(files: impl IntoIterator<Item = File>) -> Self {
        Self {
            lds_version: "0107".to_owned(),
            unicode_version: "040000".to_owned(),
            tags: files.into_iter().filter_map(File::tag).collect(),
        }
    }

    /// The data groups of the list; tags that are none are left out.
    pub fn files(&self) -> impl Iterator<Item = File> {
        self.tags.iter().filter_map(|tag| {
            File::from_tag(Df::Lds, *tag).filter(|file| file.data_group().is_some())
        })
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let at = In(File::Com);
        let com = at.outer(data)?;
        let need = |field, tag| at.tlv(field, com.need(tag)).map(|tlv| tlv.value);
        let lds = need("LDS version", LDS_VERSION)?;
        let unicode = need("Unicode version", UNICODE_VERSION)?;
        Ok(Self {
            lds_version: at.digits("LDS version", "four digits", lds, 4)?,
            unicode_version: at.digits("Unicode version", "six digits", unicode, 6)?,
            tags: parse_tag_list(at, "tag list", need("tag list", TAG_LIST)?)?,
        })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(Tag::new(0x60), |w| {
            w.primitive(LDS_VERSION, self.lds_version.as_bytes());
            w.primitive(UNICODE_VERSION, self.unicode_version.as_bytes());
            write_tag_list(w, self.tags.iter().copied());
        });
        w.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::*;

    #[test]
    fn lists_the_data_groups() {
        let com = Com::new([File::Dg1, File::Dg2, File::Dg14]);
        let bytes = com.encode();
        assert_eq!(hex::encode_upper(&bytes), "60155F0104303130375F36063034303030305C0361756E");
        assert_eq!(Com::parse(&bytes), Ok(com.clone()));
        assert_eq!(com.files().collect::<Vec<_>>(), [File::Dg1, File::Dg2, File::Dg14]);
        let odd = Com { tags: vec![Tag::new(0x73), Tag::new(0x77), Tag::new(0x70)], ..com };
        assert_eq!(odd.files().collect::<Vec<_>>(), [File::Dg16]);
        mutate(&bytes, |bytes| {
            let _ = Com::parse(bytes).map(|com| assert_eq!(Com::parse(&com.encode()), Ok(com)));
        });
    }

    #[test]
    fn errors_name_the_field() {
        let error = |hex: &str| Com::parse(&unhex(hex)).unwrap_err().to_string();
        assert_eq!(
            error("60145F01033031375F36063034303030305C0361756E"),
            "EF.COM, LDS version: four digits expected, 3 other bytes came"
        );
        assert_eq!(
            error("60075F010430313037"),
            "EF.COM, Unicode version: TLV: tag 5F36 is missing"
        );
        assert_eq!(error("6100"), "EF.COM, outer data object: TLV: tag 60 expected, 61 came");
    }
}
