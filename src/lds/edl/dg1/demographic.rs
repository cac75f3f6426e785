//! Whom a driving licence is for, in the two forms it is written in.

use crate::lds::cursor::Cursor;
use crate::lds::details;
use crate::lds::edl::{LicenceDate, Text};
use crate::lds::error::In;
use crate::lds::{DataObject, LdsError};
use crate::tlv::{Tag, Tlv, Writer};

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

impl Demographic {
    pub(super) fn read_iso(at: In, value: &[u8]) -> Result<Self, LdsError> {
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

    pub(super) fn iso(&self) -> Vec<u8> {
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

    pub(super) fn read_eu(at: In, template: &Tlv<'_>) -> Result<Self, LdsError> {
        let mut fields = EuFields::default();
        for tlv in at.tlv("demographic data", template.children())? {
            fields.read(at, &at.tlv("demographic data", tlv)?)?;
        }
        fields.demographic(at)
    }

    pub(super) fn eu(&self) -> Vec<u8> {
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
