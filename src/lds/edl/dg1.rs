//! EF.DG1 of a driving licence: demographic data and categories of vehicles (ISO/IEC 18013-2 annex
//! C, Commission Regulation (EU) No 383/2012 annex I).

use super::super::cursor::Cursor;
use super::super::details;
use super::super::error::In;
use super::super::{DataObject, File, LdsError};
use super::category::{self, CATEGORIES};
use super::{Category, LicenceDate, Text};
use crate::tlv::{Tag, Tlv, Writer};

/// Demographic data of ISO/IEC 18013-2: fields behind each other.
const DEMOGRAPHIC: Tag = Tag::new(0x5F1F);
/// Type approval number of the EU.
const TYPE_APPROVAL: Tag = Tag::new(0x5F01);
/// Demographic data of the EU: data objects, although the tag is primitive.
const EU_DEMOGRAPHIC: Tag = Tag::new(0x5F02);
const ISSUING_STATE: Tag = Tag::new(0x5F03);
const SURNAME: Tag = Tag::new(0x5F04);
const GIVEN_NAMES: Tag = Tag::new(0x5F05);
const DATE_OF_BIRTH: Tag = Tag::new(0x5F06);
const PLACE_OF_BIRTH: Tag = Tag::new(0x5F07);
const NATIONALITY: Tag = Tag::new(0x5F08);
const GENDER: Tag = Tag::new(0x5F09);
const DATE_OF_ISSUE: Tag = Tag::new(0x5F0A);
const DATE_OF_EXPIRY: Tag = Tag::new(0x5F0B);
const ISSUING_AUTHORITY: Tag = Tag::new(0x5F0C);
const ADMINISTRATIVE_NUMBER: Tag = Tag::new(0x5F0D);
const DOCUMENT_NUMBER: Tag = Tag::new(0x5F0E);
const RESIDENCE: Tag = Tag::new(0x5F0F);

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dg1 {
    /// How the file is written.
    pub encoding: Encoding,
    /// Type approval number of the EU: `e4-DL00 00001`.
    pub type_approval: Option<Text>,
    /// Whom the licence is for, and by whom.
    pub demographic: Demographic,
    /// What the holder may drive, in the card's order.
    pub categories: Vec<Category>,
}

/// How demographic data are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Fields behind each other (ISO/IEC 18013-2 annex C).
    Iso,
    /// A data object each (Regulation (EU) No 383/2012).
    Eu,
}

/// Whom the licence is for, and by whom. What is optional, only the EU's encoding has.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Demographic {
    /// Issuing State, three letters of ISO 3166-1.
    pub issuing_state: String,
    /// Surname.
    pub surname: Text,
    /// Other names.
    pub given_names: Text,
    /// Date of birth.
    pub date_of_birth: LicenceDate,
    /// Place of birth.
    pub place_of_birth: Option<Text>,
    /// Nationality, three letters.
    pub nationality: Option<String>,
    /// Gender: `M`, `F` or `U`.
    pub gender: Option<char>,
    /// Date of issue.
    pub date_of_issue: LicenceDate,
    /// Date of expiry.
    pub date_of_expiry: LicenceDate,
    /// Issuing authority.
    pub issuing_authority: Text,
    /// Administrative number, other than the document's.
    pub administrative_number: Option<Text>,
    /// Number of the licence.
    pub document_number: Text,
    /// Permanent place of residence, or postal address.
    pub residence: Option<Text>,
    /// Data objects beyond the standard's.
    pub other: Vec<DataObject>,
}

impl Dg1 {
    /// A licence as the EU writes it.
    pub fn eu(demographic: Demographic, categories: impl IntoIterator<Item = Category>) -> Self {
        let categories = categories.into_iter().collect();
        Self { encoding: Encoding::Eu, type_approval: None, demographic, categories }
    }

    /// A licence as ISO/IEC 18013-2 writes it; optional demographic data are left out.
    pub fn iso(demographic: Demographic, categories: impl IntoIterator<Item = Category>) -> Self {
        Self { encoding: Encoding::Iso, ..Self::eu(demographic, categories) }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        const FIELD: &str = "demographic data";
        let at = In(File::Edl(super::File::Dg1));
        let (mut type_approval, mut demographic, mut categories) = (None, None, None);
        for part in at.tlv(FIELD, at.outer(data)?.children())? {
            let part = at.tlv(FIELD, part)?;
            match part.tag {
                TYPE_APPROVAL => {
                    let text = Text::read(at, "type approval number", part.value)?;
                    at.once("type approval number", &mut type_approval, text)?;
                }
                DEMOGRAPHIC => {
                    let read = (Encoding::Iso, Demographic::read_iso(at, part.value)?);
                    at.once(FIELD, &mut demographic, read)?;
                }
                EU_DEMOGRAPHIC => {
                    let read = (Encoding::Eu, Demographic::read_eu(at, &part)?);
                    at.once(FIELD, &mut demographic, read)?;
                }
                CATEGORIES => {
                    at.once("categories", &mut categories, category::read(at, &part)?)?;
                }
                other => {
                    let expected = "tags 5F01, 5F02, 5F1F and 7F63";
                    return Err(at.value(FIELD, expected, format!("tag {other}")));
                }
            }
        }
        let Some((encoding, demographic)) = demographic else {
            return Err(at.value(FIELD, "tag 5F02 or 5F1F", "neither"));
        };
        let categories = categories.unwrap_or_default();
        Ok(Self { encoding, type_approval, demographic, categories })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(Tag::new(0x61), |w| {
            if let Some(number) = &self.type_approval {
                w.primitive(TYPE_APPROVAL, &number.to_bytes());
            }
            match self.encoding {
                Encoding::Iso => w.primitive(DEMOGRAPHIC, &self.demographic.iso()),
                Encoding::Eu => w.primitive(EU_DEMOGRAPHIC, &self.demographic.eu()),
            };
            category::write(w, &self.categories);
        });
        w.finish()
    }
}

impl Demographic {
    fn read_iso(at: In, value: &[u8]) -> Result<Self, LdsError> {
        let mut fields = Cursor::new(at, "demographic data", value);
        let text = |field, fields: &mut Cursor<'_>| {
            let len = fields.u8()?.into();
            Text::read(at, field, fields.block(field, len)?.rest())
        };
        let surname = text("surname", &mut fields)?;
        let given_names = text("other names", &mut fields)?;
        let date_of_birth = LicenceDate::read(at, "date of birth", fields.bytes(4)?)?;
        let date_of_issue = LicenceDate::read(at, "date of issue", fields.bytes(4)?)?;
        let date_of_expiry = LicenceDate::read(at, "date of expiry", fields.bytes(4)?)?;
        let issuing_state = read_state(at, "issuing State", fields.bytes(3)?)?;
        let issuing_authority = text("issuing authority", &mut fields)?;
        let document_number = text("licence number", &mut fields)?;
        if !fields.rest().is_empty() {
            let got = format!("{} more bytes", fields.rest().len());
            return Err(at.value("demographic data", "an end behind the licence number", got));
        }
        Ok(Self {
            issuing_state,
            surname,
            given_names,
            date_of_birth,
            date_of_issue,
            date_of_expiry,
            issuing_authority,
            document_number,
            ..Self::default()
        })
    }

    fn iso(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let text = |out: &mut Vec<u8>, text: &Text| {
            let bytes = text.to_bytes();
            out.push(bytes.len() as u8);
            out.extend(bytes);
        };
        text(&mut out, &self.surname);
        text(&mut out, &self.given_names);
        for date in [self.date_of_birth, self.date_of_issue, self.date_of_expiry] {
            out.extend(date.to_bytes());
        }
        out.extend(self.issuing_state.bytes().chain([b'<'; 3]).take(3));
        text(&mut out, &self.issuing_authority);
        text(&mut out, &self.document_number);
        out
    }

    fn read_eu(at: In, template: &Tlv<'_>) -> Result<Self, LdsError> {
        let mut fields = EuFields::default();
        for tlv in at.tlv("demographic data", template.children())? {
            fields.read(at, &at.tlv("demographic data", tlv)?)?;
        }
        fields.demographic(at)
    }

    fn eu(&self) -> Vec<u8> {
        let text = |text: &Text| Some(text.to_bytes());
        let optional = |text: &Option<Text>| text.as_ref().map(Text::to_bytes);
        let date = |date: LicenceDate| Some(date.to_bytes().to_vec());
        let fields = [
            (ISSUING_STATE, Some(self.issuing_state.as_bytes().to_vec())),
            (SURNAME, text(&self.surname)),
            (GIVEN_NAMES, text(&self.given_names)),
            (DATE_OF_BIRTH, date(self.date_of_birth)),
            (PLACE_OF_BIRTH, optional(&self.place_of_birth)),
            (NATIONALITY, self.nationality.as_ref().map(|n| n.as_bytes().to_vec())),
            (GENDER, self.gender.map(|gender| vec![gender as u8])),
            (DATE_OF_ISSUE, date(self.date_of_issue)),
            (DATE_OF_EXPIRY, date(self.date_of_expiry)),
            (ISSUING_AUTHORITY, text(&self.issuing_authority)),
            (ADMINISTRATIVE_NUMBER, optional(&self.administrative_number)),
            (DOCUMENT_NUMBER, text(&self.document_number)),
            (RESIDENCE, optional(&self.residence)),
        ];
        let mut w = Writer::new();
        for (tag, value) in fields {
            if let Some(value) = value {
                w.primitive(tag, &value);
            }
        }
        for object in &self.other {
            object.write(&mut w);
        }
        w.finish()
    }
}

impl std::fmt::Debug for Demographic {
    // All of it is personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Demographic").finish_non_exhaustive()
    }
}

/// The EU's fields while they are read.
#[derive(Default)]
struct EuFields {
    issuing_state: Option<String>,
    nationality: Option<String>,
    gender: Option<char>,
    surname: Option<Text>,
    given_names: Option<Text>,
    place_of_birth: Option<Text>,
    issuing_authority: Option<Text>,
    administrative_number: Option<Text>,
    document_number: Option<Text>,
    residence: Option<Text>,
    date_of_birth: Option<LicenceDate>,
    date_of_issue: Option<LicenceDate>,
    date_of_expiry: Option<LicenceDate>,
    other: Vec<DataObject>,
}

impl EuFields {
    fn read(&mut self, at: In, tlv: &Tlv<'_>) -> Result<(), LdsError> {
        let value = tlv.value;
        let date = |field, place: &mut Option<LicenceDate>| {
            at.once(field, place, LicenceDate::read(at, field, value)?)
        };
        let text =
            |field, place: &mut Option<Text>| at.once(field, place, Text::read(at, field, value)?);
        let state = |field, place: &mut Option<String>| {
            at.once(field, place, read_state(at, field, value)?)
        };
        match tlv.tag {
            ISSUING_STATE => state("issuing State", &mut self.issuing_state),
            NATIONALITY => state("nationality", &mut self.nationality),
            GENDER => match value {
                [gender @ (b'M' | b'F' | b'U')] => {
                    at.once("gender", &mut self.gender, char::from(*gender))
                }
                _ => Err(at.value("gender", "M, F or U", "something else")),
            },
            SURNAME => text("surname", &mut self.surname),
            GIVEN_NAMES => text("other names", &mut self.given_names),
            PLACE_OF_BIRTH => text("place of birth", &mut self.place_of_birth),
            ISSUING_AUTHORITY => text("issuing authority", &mut self.issuing_authority),
            ADMINISTRATIVE_NUMBER => text("administrative number", &mut self.administrative_number),
            DOCUMENT_NUMBER => text("document number", &mut self.document_number),
            RESIDENCE => text("place of residence", &mut self.residence),
            DATE_OF_BIRTH => date("date of birth", &mut self.date_of_birth),
            DATE_OF_ISSUE => date("date of issue", &mut self.date_of_issue),
            DATE_OF_EXPIRY => date("date of expiry", &mut self.date_of_expiry),
            _ => details::keep(at, "demographic data", &mut self.other, tlv),
        }
    }

    fn demographic(self, at: In) -> Result<Demographic, LdsError> {
        fn need<T>(at: In, field: &'static str, value: Option<T>) -> Result<T, LdsError> {
            value.ok_or_else(|| at.value(field, "it to be there", "nothing"))
        }
        Ok(Demographic {
            issuing_state: need(at, "issuing State", self.issuing_state)?,
            surname: need(at, "surname", self.surname)?,
            given_names: need(at, "other names", self.given_names)?,
            date_of_birth: need(at, "date of birth", self.date_of_birth)?,
            place_of_birth: self.place_of_birth,
            nationality: self.nationality,
            gender: self.gender,
            date_of_issue: need(at, "date of issue", self.date_of_issue)?,
            date_of_expiry: need(at, "date of expiry", self.date_of_expiry)?,
            issuing_authority: need(at, "issuing authority", self.issuing_authority)?,
            administrative_number: self.administrative_number,
            document_number: need(at, "document number", self.document_number)?,
            residence: self.residence,
            other: self.other,
        })
    }
}

fn read_state(at: In, field: &'static str, value: &[u8]) -> Result<String, LdsError> {
    let is_code = |byte: &u8| byte.is_ascii_uppercase() || *byte == b'<';
    if value.len() != 3 || !value.iter().all(is_code) {
        let got = format!("{} other bytes", value.len());
        return Err(at.value(field, "three capital letters", got));
    }
    at.utf8(field, value)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fixed, mutate, unhex};
    use super::*;
    use proptest::prelude::*;

    /// The example of ISO/IEC 18013-2 annex C.
    const ISO_EXAMPLE: &str = "6181B15F1F818D\
        0F536D697468652D57696C6C69616D73\
        17416C6578616E6465722047656F7267652054686F6D6173\
        197003012002091520070930\
        4A504E\
        43484F4B4B4149444F2050524546454354555241 4C20504F4C494345204153414849 4B4157412041524541\
        2053414645545920 5055424C494320434F4D4D495353494F4E\
        11413239303635343339353136343237335 8\
        7F631D020102870143871543313B200003153B201003143B39333B3C3D3B8000";

    fn date(digits: &str) -> LicenceDate {
        LicenceDate::day_first(digits).unwrap()
    }

    fn text(text: &str) -> Text {
        Text::new(text).unwrap()
    }

    fn demographic() -> Demographic {
        Demographic {
            issuing_state: "UTO".into(),
            surname: text("Âëriksson"),
            given_names: text("Anna Maria"),
            date_of_birth: date("12081974"),
            place_of_birth: Some(text("Zenith")),
            nationality: Some("UTO".into()),
            gender: Some('F'),
            date_of_issue: date("16042007"),
            date_of_expiry: date("15042012"),
            issuing_authority: text("Ministry of Roads"),
            administrative_number: Some(text("1")),
            document_number: text("L898902C3"),
            residence: Some(text("1 Test Street")),
            other: vec![DataObject { tag: Tag::new(0x5F50), value: vec![0] }],
        }
    }

    fn licence() -> Dg1 {
        let dates = (Some(date("16042007")), Some(date("15042012")));
        let restricted = Category {
            restriction: "01.06".into(),
            sign: "<=".into(),
            value: b"20".to_vec(),
            ..Category::new("B", dates.0, dates.1).unwrap()
        };
        let for_all =
            Category { code: String::new(), issued: None, expires: None, ..restricted.clone() };
        let dg1 = Dg1::eu(
            demographic(),
            [
                Category::new("AM", dates.0, dates.1).unwrap(),
                Category::new("A", None, dates.1).unwrap(),
                restricted,
                for_all,
            ],
        );
        Dg1 { type_approval: Some(text("e1-DL00 00001")), ..dg1 }
    }

    #[test]
    fn the_example_of_18013_2() {
        let bytes = unhex(&ISO_EXAMPLE.replace(' ', ""));
        let dg1 = Dg1::parse(&bytes).unwrap();
        let Demographic { surname, given_names, issuing_authority, .. } = &dg1.demographic;
        assert_eq!(dg1.encoding, Encoding::Iso);
        assert_eq!(
            (surname.as_str(), given_names.as_str()),
            ("Smithe-Williams", "Alexander George Thomas")
        );
        assert_eq!(
            issuing_authority.as_str(),
            "HOKKAIDO PREFECTURAL POLICE ASAHIKAWA AREA SAFETY PUBLIC COMMISSION"
        );
        assert_eq!(dg1.demographic.issuing_state, "JPN");
        assert_eq!(dg1.demographic.date_of_birth.full().as_str(), "19700301");
        assert_eq!(dg1.demographic.date_of_expiry.full().as_str(), "20070930");
        assert_eq!(dg1.demographic.document_number.as_str(), "A290654395164273X");
        let [c, c1] = dg1.categories.as_slice() else { panic!("{dg1:?}") };
        assert_eq!((c.code.as_str(), c.issued), ("C", None));
        assert_eq!(
            (c1.code.as_str(), c1.restriction.as_str(), c1.sign.as_str()),
            ("C1", "93", "<=")
        );
        assert_eq!(c1.issued.unwrap().full().as_str(), "20000315");
        assert_eq!(
            (c1.expires.unwrap().full().as_str(), c1.value.as_slice()),
            ("20100314", &[0x80, 0][..])
        );
        assert_eq!(dg1.encode(), bytes);
        mutate(&bytes, |bytes| {
            let _ = Dg1::parse(bytes).map(|dg| assert_eq!(Dg1::parse(&dg.encode()), Ok(dg)));
        });
    }

    #[test]
    fn a_licence_of_the_eu_comes_back() {
        let dg1 = licence();
        let bytes = dg1.encode();
        assert_eq!(Dg1::parse(&bytes), Ok(dg1.clone()));
        assert!(!format!("{dg1:?}").contains("Anna"));
        mutate(&bytes, |bytes| {
            let _ = Dg1::parse(bytes).map(|dg| assert_eq!(Dg1::parse(&dg.encode()), Ok(dg)));
        });
        let iso = Dg1::iso(demographic(), []);
        let read = Dg1::parse(&iso.encode()).unwrap();
        assert_eq!(read.demographic.document_number, iso.demographic.document_number);
        assert_eq!(read.demographic.place_of_birth, None);
    }

    #[test]
    fn errors_name_the_field() {
        let good = hex::encode_upper(licence().encode());
        let error = |from: &str, to: &str| {
            assert!(good.contains(from), "{from} in {good}");
            Dg1::parse(&unhex(&good.replacen(from, to, 1))).unwrap_err().to_string()
        };
        for (from, to, expected) in [
            (
                "5F060412081974",
                "5F06041208197A",
                "date of birth: a date in four bytes of BCD expected, four other bytes came",
            ),
            ("5F060412081974", "5F0E0412081974", "document number: it is there twice"),
            (
                "5F060412081974",
                "5F500412081974",
                "date of birth: it to be there expected, nothing came",
            ),
            ("5F090146", "5F090158", "gender: M, F or U expected, something else came"),
            (
                "5F030355544F",
                "5F030355746F",
                "issuing State: three capital letters expected, 3 other bytes came",
            ),
            ("020104", "020105", "number of categories: how many there are expected, 5 for 4 came"),
            (
                "414D3B16042007",
                "414D3B16043B07",
                "date of issue of a category: a date in four bytes of BCD expected, four other bytes came",
            ),
            (
                "414D3B160420073B",
                "414D3B160420072C",
                "date of expiry of a category: a semicolon before it expected, something else came",
            ),
            (
                "870F414D",
                "870F3B3B",
                "restriction of a category: printable ASCII expected, something else came",
            ),
            (
                "870F414D3B",
                "870F41203B",
                "code of a category: up to three letters and digits expected, 2 other bytes came",
            ),
        ] {
            let error = error(from, to);
            assert!(error.starts_with("eDL EF.DG1, ") && error.contains(expected), "{error}");
        }
        assert_eq!(
            Dg1::parse(&unhex("6100")).unwrap_err().to_string(),
            "eDL EF.DG1, demographic data: tag 5F02 or 5F1F expected, neither came"
        );
        let flood = "870142".repeat(65);
        let flood = format!("7F6381C6020141{flood}");
        let file = format!("6181CA{flood}");
        assert!(matches!(Dg1::parse(&unhex(&file)), Err(LdsError::TooMany { limit: 64, .. })));
    }

    proptest! {
        #![proptest_config(fixed(256))]

        #[test]
        fn what_is_built_is_read_back(
            names in prop::collection::vec("[ -~\u{A0}-\u{FF}]{0,40}", 5),
            days in prop::collection::vec((1_u8..=31, 1_u8..=12, 1900_u16..2100), 5),
            code in "[A-Z][A-Z0-9]{0,2}",
            restriction in "[0-9.]{0,5}",
            value in prop::collection::vec(any::<u8>(), 0..8),
            year_first: bool,
        ) {
            let date = |i: usize| {
                let (day, month, year) = days[i];
                if year_first {
                    LicenceDate::year_first(&format!("{year:04}{month:02}{day:02}")).unwrap()
                } else {
                    LicenceDate::day_first(&format!("{day:02}{month:02}{year:04}")).unwrap()
                }
            };
            let category = Category {
                restriction,
                value,
                ..Category::new(&code, Some(date(3)), Some(date(4))).unwrap()
            };
            let demographic = Demographic {
                issuing_state: "D<<".into(),
                surname: text(&names[0]),
                given_names: text(&names[1]),
                issuing_authority: text(&names[2]),
                document_number: text(&names[3]),
                date_of_birth: date(0),
                date_of_issue: date(1),
                date_of_expiry: date(2),
                ..Demographic::default()
            };
            let iso = Dg1::iso(demographic.clone(), [category.clone()]);
            prop_assert_eq!(Dg1::parse(&iso.encode()), Ok(iso));
            let demographic = Demographic { place_of_birth: Some(text(&names[4])), ..demographic };
            let eu = Dg1::eu(demographic, [category]);
            prop_assert_eq!(Dg1::parse(&eu.encode()), Ok(eu));
        }
    }
}
