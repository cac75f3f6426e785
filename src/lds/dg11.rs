//! EF.DG11: additional personal details (ICAO Doc 9303-10 clause 4.7.11).

use super::details::{self, REPEATED, text_fields};
use super::error::In;
use super::{DataObject, File, FullDate, LdsError};
use crate::tlv::Tag;

const FULL_NAME: Tag = Tag::new(0x5F0E);
const OTHER_NAME: Tag = Tag::new(0x5F0F);
const PERSONAL_NUMBER: Tag = Tag::new(0x5F10);
const DATE_OF_BIRTH: Tag = Tag::new(0x5F2B);
const PLACE_OF_BIRTH: Tag = Tag::new(0x5F11);
const ADDRESS: Tag = Tag::new(0x5F42);
const TELEPHONE: Tag = Tag::new(0x5F12);
const PROFESSION: Tag = Tag::new(0x5F13);
const TITLE: Tag = Tag::new(0x5F14);
const SUMMARY: Tag = Tag::new(0x5F15);
const CITIZENSHIP: Tag = Tag::new(0x5F16);
const OTHER_DOCUMENTS: Tag = Tag::new(0x5F17);
const CUSTODY: Tag = Tag::new(0x5F18);

const ORDER: [Tag; 13] = [
    FULL_NAME,
    REPEATED,
    PERSONAL_NUMBER,
    DATE_OF_BIRTH,
    PLACE_OF_BIRTH,
    ADDRESS,
    TELEPHONE,
    PROFESSION,
    TITLE,
    SUMMARY,
    CITIZENSHIP,
    OTHER_DOCUMENTS,
    CUSTODY,
];

/// The file. Text is UTF-8 as the card gave it, so a program that shows it must escape control
/// characters; `<` separates the parts of names, places and addresses.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Dg11 {
    /// Full name in national characters: `홍<<길동`; [`Dg11::name_parts`] takes it apart.
    pub full_name: Option<String>,
    /// Other names.
    pub other_names: Vec<String>,
    /// Personal number.
    pub personal_number: Option<String>,
    /// Full date of birth.
    pub date_of_birth: Option<FullDate>,
    /// Place of birth.
    pub place_of_birth: Option<String>,
    /// Permanent address.
    pub address: Option<String>,
    /// Telephone.
    pub telephone: Option<String>,
    /// Profession.
    pub profession: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Personal summary.
    pub personal_summary: Option<String>,
    /// Proof of citizenship: an image.
    pub proof_of_citizenship: Option<Vec<u8>>,
    /// Numbers of other valid travel documents, separated by `<`.
    pub other_document_numbers: Option<String>,
    /// Custody information.
    pub custody: Option<String>,
    /// Data objects beyond the standard's.
    pub other: Vec<DataObject>,
}

impl Dg11 {
    /// Primary and secondary identifier of the full name, with blanks for single fillers.
    pub fn name_parts(&self) -> Option<(String, String)> {
        let name = self.full_name.as_deref()?;
        let (primary, secondary) = name.split_once("<<").unwrap_or((name, ""));
        let plain = |part: &str| part.trim_matches('<').replace('<', " ");
        Some((plain(primary), plain(secondary)))
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let at = In(File::Dg11);
        let mut dg = Self::default();
        for tlv in at.tlv("fields", at.outer(data)?.children())? {
            let tlv = at.tlv("fields", tlv)?;
            let value = tlv.value;
            if let Some((field, place)) = dg.text_mut(tlv.tag) {
                at.once(field, place, at.utf8(field, value)?)?;
                continue;
            }
            match tlv.tag {
                DATE_OF_BIRTH => {
                    details::read_date(at, "date of birth", &mut dg.date_of_birth, value)?;
                }
                CITIZENSHIP => {
                    at.once("proof of citizenship", &mut dg.proof_of_citizenship, value.to_vec())?;
                }
                REPEATED => {
                    let names = &mut dg.other_names;
                    details::read_repeated(at, "other names", OTHER_NAME, &tlv, names)?;
                }
                // Early documents put the other names outside their template.
                OTHER_NAME => dg.other_names.push(at.utf8("other names", value)?),
                _ if details::is_tag_list(&tlv) => {}
                _ => dg.other.push(tlv.into()),
            }
        }
        Ok(dg)
    }

    /// The file, its tag list first. At most 255 other names are written.
    pub fn encode(&self) -> Vec<u8> {
        details::encode(Tag::new(0x6B), &ORDER, OTHER_NAME, |tag| self.value(tag), &self.other)
    }

    fn value(&self, tag: Tag) -> Option<Vec<u8>> {
        match tag {
            REPEATED => details::repeated(OTHER_NAME, &self.other_names),
            DATE_OF_BIRTH => self.date_of_birth.map(|d| d.as_str().as_bytes().to_vec()),
            CITIZENSHIP => self.proof_of_citizenship.clone(),
            _ => self.text(tag).map(|text| text.as_bytes().to_vec()),
        }
    }

    text_fields! {
        FULL_NAME => full_name, "full name";
        PERSONAL_NUMBER => personal_number, "personal number";
        PLACE_OF_BIRTH => place_of_birth, "place of birth";
        ADDRESS => address, "permanent address";
        TELEPHONE => telephone, "telephone";
        PROFESSION => profession, "profession";
        TITLE => title, "title";
        SUMMARY => personal_summary, "personal summary";
        OTHER_DOCUMENTS => other_document_numbers, "other document numbers";
        CUSTODY => custody, "custody information";
    }
}

impl std::fmt::Debug for Dg11 {
    // All of it is personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dg11").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::*;

    fn full() -> Dg11 {
        let text = |t: &str| Some(t.to_owned());
        Dg11 {
            full_name: text("홍<<길동"),
            other_names: vec!["洪<<吉童".to_owned(), "HONG<<GILDONG".to_owned()],
            personal_number: text("TEST-0001"),
            date_of_birth: FullDate::from_digits("20070228"),
            place_of_birth: text("세종특별자치시"),
            address: text("한누리대로 2130<세종특별자치시<30151"),
            telephone: text("+82 44 000 0000"),
            profession: text("활빈당"),
            title: text("律"),
            personal_summary: text("가상의 인물"),
            proof_of_citizenship: Some(unhex("FFD8FFD9")),
            other_document_numbers: text("M00000000<M00000001"),
            custody: text("없음"),
            other: vec![DataObject { tag: Tag::new(0x5F50), value: unhex("00") }],
        }
    }

    #[test]
    fn hangul_comes_back() {
        let dg = Dg11 {
            full_name: Some("홍<<길동".to_owned()),
            date_of_birth: FullDate::from_digits("20070228"),
            ..Dg11::default()
        };
        let bytes = dg.encode();
        assert_eq!(
            hex::encode_upper(&bytes),
            "6B1F5C045F0E5F2B5F0E0BED998D3C3CEAB8B8EB8F995F2B083230303730323238"
        );
        assert_eq!(Dg11::parse(&bytes), Ok(dg.clone()));
        assert_eq!(dg.name_parts(), Some(("홍".to_owned(), "길동".to_owned())));
        let western = Dg11 { full_name: Some("VAN<DER<MEER<<ANNA<MARIA<".to_owned()), ..dg };
        assert_eq!(
            western.name_parts(),
            Some(("VAN DER MEER".to_owned(), "ANNA MARIA".to_owned()))
        );
        assert!(!format!("{western:?}").contains("ANNA"));
    }

    #[test]
    fn every_field_comes_back() {
        let bytes = full().encode();
        assert_eq!(Dg11::parse(&bytes), Ok(full()));
        mutate(&bytes, |bytes| {
            if let Ok(read) = Dg11::parse(bytes) {
                assert_eq!(Dg11::parse(&read.encode()), Ok(read));
            }
        });
    }

    #[test]
    fn early_documents_are_read() {
        // Date in BCD, other names outside their template.
        let dg = Dg11::parse(&unhex("6B135C005F2B04197408125F0F01415F0F03423C43")).unwrap();
        assert_eq!(dg.date_of_birth, FullDate::from_digits("19740812"));
        assert_eq!(dg.other_names, ["A", "B<C"]);
    }

    #[test]
    fn errors_name_the_field() {
        let error = |hex: &str| Dg11::parse(&unhex(hex)).unwrap_err().to_string();
        assert_eq!(
            error("6B055F0E02C3C3"),
            "EF.DG11, full name: UTF-8 expected, something else at byte 0 came"
        );
        assert_eq!(error("6B085F1101415F110141"), "EF.DG11, place of birth: it is there twice");
        assert_eq!(
            error("6B065F2B03010203"),
            "EF.DG11, date of birth: YYYYMMDD in eight digits or four bytes of BCD expected, \
             3 other bytes came"
        );
        assert_eq!(
            error("6B05A003040100"),
            "EF.DG11, other names: their number and the entries expected, tag 04 came"
        );
    }
}
