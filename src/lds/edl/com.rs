//! EF.COM of a driving licence (ISO/IEC 18013-2 annex C).

use crate::lds::data_object::{TAG_LIST, parse_tag_list, write_tag_list};
use crate::lds::error::In;
use crate::lds::{Df, File, LdsError};
use crate::tlv::{Tag, Writer};

const VERSION: Tag = Tag::new(0x5F01);
/// Security object indicators (ISO/IEC 18013-3).
const INDICATORS: Tag = Tag::new(0x86);

/// Version, list of data groups and how they are protected. None of it is signed: EF.SOD is what
/// counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Com {
    /// Version and release of the standard: 1 and 0.
    pub version: (u8, u8),
    /// The tags of the data groups that are there.
    pub tags: Vec<Tag>,
    /// How data groups are protected: a SET of security object indicators, as it came.
    pub indicators: Option<Vec<u8>>,
}

impl Com {
    /// Version 1.0 with these data groups.
    pub fn new(files: impl IntoIterator<Item = super::File>) -> Self {
        let tags = files.into_iter().filter_map(|file| File::Edl(file).tag()).collect();
        Self { version: (1, 0), tags, indicators: None }
    }

    /// The data groups of the list; tags that are none are left out.
    pub fn files(&self) -> impl Iterator<Item = File> {
        self.tags.iter().filter_map(|tag| {
            File::from_tag(Df::Edl, *tag).filter(|file| file.data_group().is_some())
        })
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let at = In(File::Edl(super::File::Com));
        let com = at.outer(data)?;
        let version = at.tlv("version", com.need(VERSION))?.value;
        let [major, release] = *version else {
            let got = format!("{} bytes", version.len());
            return Err(at.value("version", "two bytes", got));
        };
        let list = at.tlv("tag list", com.need(TAG_LIST))?.value;
        let indicators = at.tlv("security object indicators", com.child(INDICATORS))?;
        Ok(Self {
            version: (major, release),
            tags: parse_tag_list(at, "tag list", list)?,
            indicators: indicators.map(|tlv| tlv.value.to_vec()),
        })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(Tag::new(0x60), |w| {
            w.primitive(VERSION, &[self.version.0, self.version.1]);
            write_tag_list(w, self.tags.iter().copied());
            if let Some(indicators) = &self.indicators {
                w.primitive(INDICATORS, indicators);
            }
        });
        w.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lds::testing::{mutate, unhex};

    #[test]
    fn lists_the_data_groups() {
        let groups =
            [crate::lds::edl::File::Dg1, crate::lds::edl::File::Dg6, crate::lds::edl::File::Dg13];
        let com = Com::new(groups);
        assert_eq!(hex::encode_upper(com.encode()), "600A5F010201005C0361756F");
        assert!(com.files().eq(groups.map(File::Edl)));
        let com = Com { indicators: Some(unhex("3100")), ..com };
        let bytes = com.encode();
        assert_eq!(Com::parse(&bytes), Ok(com));
        mutate(&bytes, |bytes| {
            let _ = Com::parse(bytes).map(|com| assert_eq!(Com::parse(&com.encode()), Ok(com)));
        });
        assert_eq!(
            Com::parse(&unhex("60065F0101015C00")).unwrap_err().to_string(),
            "eDL EF.COM, version: two bytes expected, 1 bytes came"
        );
    }
}
