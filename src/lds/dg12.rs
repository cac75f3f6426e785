//! EF.DG12: additional document details (ICAO Doc 9303-10 clause 4.7.12).

use super::details::{self, REPEATED, text_fields};
use super::error::In;
use super::{DataObject, File, FullDate, LdsError};
use crate::tlv::Tag;

const ISSUING_AUTHORITY: Tag = Tag::new(0x5F19);
const DATE_OF_ISSUE: Tag = Tag::new(0x5F26);
const OTHER_PERSON: Tag = Tag::new(0x5F1A);
const ENDORSEMENTS: Tag = Tag::new(0x5F1B);
const TAX_EXIT: Tag = Tag::new(0x5F1C);
const FRONT: Tag = Tag::new(0x5F1D);
const REAR: Tag = Tag::new(0x5F1E);
const PERSONALIZED_AT: Tag = Tag::new(0x5F55);
const PERSONALIZED_BY: Tag = Tag::new(0x5F56);

const ORDER: [Tag; 9] = [
    ISSUING_AUTHORITY,
    DATE_OF_ISSUE,
    REPEATED,
    ENDORSEMENTS,
    TAX_EXIT,
    FRONT,
    REAR,
    PERSONALIZED_AT,
    PERSONALIZED_BY,
];

/// The file. Text is UTF-8 as the card gave it, so a program that shows it must escape control
/// characters.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Dg12 {
    /// Issuing authority.
    pub issuing_authority: Option<String>,
    /// Date of issue.
    pub date_of_issue: Option<FullDate>,
    /// Other persons the document covers.
    pub other_persons: Vec<String>,
    /// Endorsements and observations.
    pub endorsements: Option<String>,
    /// Tax and exit requirements.
    pub tax_exit_requirements: Option<String>,
    /// Image of the document's front.
    pub front_image: Option<Vec<u8>>,
    /// Image of the document's rear.
    pub rear_image: Option<Vec<u8>>,
    /// Date and time of personalization, YYYYMMDDhhmmss in 14 digits.
    pub personalized_at: Option<String>,
    /// Serial number of the personalization system.
    pub personalized_by: Option<String>,
    /// Data objects beyond the standard's.
    pub other: Vec<DataObject>,
}

impl Dg12 {
    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let at = In(File::Dg12);
        let mut dg = Self::default();
        for tlv in at.tlv("fields", at.outer(data)?.children())? {
            let tlv = at.tlv("fields", tlv)?;
            let value = tlv.value;
            if let Some((field, place)) = dg.text_mut(tlv.tag) {
                at.once(field, place, at.utf8(field, value)?)?;
                continue;
            }
            match tlv.tag {
                DATE_OF_ISSUE => {
                    details::read_date(at, "date of issue", &mut dg.date_of_issue, value)?;
                }
                REPEATED => {
                    let persons = &mut dg.other_persons;
                    details::read_repeated(at, "other persons", OTHER_PERSON, &tlv, persons)?;
                }
                OTHER_PERSON => dg.other_persons.push(at.utf8("other persons", value)?),
                FRONT => at.once("front image", &mut dg.front_image, value.to_vec())?,
                REAR => at.once("rear image", &mut dg.rear_image, value.to_vec())?,
                PERSONALIZED_AT => {
                    const FIELD: &str = "date and time of personalization";
                    // Seven bytes are BCD, as early documents write it.
                    let bcd = hex::encode(value);
                    let digits = if value.len() == 7 { bcd.as_bytes() } else { value };
                    let text = at.digits(FIELD, "YYYYMMDDhhmmss in 14 digits", digits, 14)?;
                    at.once(FIELD, &mut dg.personalized_at, text)?;
                }
                _ if details::is_tag_list(&tlv) => {}
                _ => dg.other.push(tlv.into()),
            }
        }
        Ok(dg)
    }

    /// The file, its tag list first. At most 255 other persons are written.
    pub fn encode(&self) -> Vec<u8> {
        details::encode(Tag::new(0x6C), &ORDER, OTHER_PERSON, |tag| self.value(tag), &self.other)
    }

    fn value(&self, tag: Tag) -> Option<Vec<u8>> {
        match tag {
            REPEATED => details::repeated(OTHER_PERSON, &self.other_persons),
            DATE_OF_ISSUE => self.date_of_issue.map(|d| d.as_str().as_bytes().to_vec()),
            FRONT => self.front_image.clone(),
            REAR => self.rear_image.clone(),
            PERSONALIZED_AT => self.personalized_at.as_ref().map(|t| t.as_bytes().to_vec()),
            _ => self.text(tag).map(|text| text.as_bytes().to_vec()),
        }
    }

    text_fields! {
        ISSUING_AUTHORITY => issuing_authority, "issuing authority";
        ENDORSEMENTS => endorsements, "endorsements";
        TAX_EXIT => tax_exit_requirements, "tax and exit requirements";
        PERSONALIZED_BY => personalized_by, "serial number of the personalization system";
    }
}

impl std::fmt::Debug for Dg12 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dg12").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::*;

    #[test]
    fn every_field_comes_back() {
        let text = |t: &str| Some(t.to_owned());
        let dg = Dg12 {
            issuing_authority: text("세종특별자치시 TEST"),
            date_of_issue: FullDate::from_digits("20241227"),
            other_persons: vec!["홍<<판서".to_owned()],
            endorsements: text("시험용"),
            tax_exit_requirements: text("없음"),
            front_image: Some(unhex("FFD8FFD9")),
            rear_image: Some(unhex("FFD8FFD9")),
            personalized_at: text("20241227093000"),
            personalized_by: text("TEST-1"),
            other: vec![DataObject { tag: Tag::new(0x5F50), value: unhex("00") }],
        };
        let bytes = dg.encode();
        assert_eq!(Dg12::parse(&bytes), Ok(dg));
        mutate(&bytes, |bytes| {
            if let Ok(read) = Dg12::parse(bytes) {
                assert_eq!(Dg12::parse(&read.encode()), Ok(read));
            }
        });
    }

    #[test]
    fn short_and_early_documents() {
        let dg = Dg12 { date_of_issue: FullDate::from_digits("20241227"), ..Dg12::default() };
        assert_eq!(hex::encode_upper(dg.encode()), "6C0F5C025F265F26083230323431323237");
        let early = unhex("6C135C005F2604200705215F550720070521093000");
        let dg = Dg12::parse(&early).unwrap();
        assert_eq!(dg.date_of_issue, FullDate::from_digits("20070521"));
        assert_eq!(dg.personalized_at.as_deref(), Some("20070521093000"));
        assert_eq!(
            Dg12::parse(&unhex("6C055F55023031")).unwrap_err().to_string(),
            "EF.DG12, date and time of personalization: YYYYMMDDhhmmss in 14 digits expected, \
             2 other bytes came"
        );
    }
}
