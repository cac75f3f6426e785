//! EF.DG16: persons to notify (ICAO Doc 9303-10 clause 4.7.16).

use super::error::{In, asn1};
use super::{DataObject, File, FullDate, LdsError, details};
use crate::tlv::{Tag, Tlv, Writer};

const DATE_RECORDED: Tag = Tag::new(0x5F50);
const NAME: Tag = Tag::new(0x5F51);
const TELEPHONE: Tag = Tag::new(0x5F52);
const ADDRESS: Tag = Tag::new(0x5F53);

/// Templates have the tags `A1` to `AF`.
const LIMIT: usize = 15;

/// The file. Text is UTF-8 as the card gave it, so a program that shows it must escape control
/// characters; `<` separates the parts of names and addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dg16 {
    /// The persons, at least one.
    pub persons: Vec<PersonToNotify>,
}

/// A person to notify in an emergency.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonToNotify {
    /// When the entry was made.
    pub date_recorded: Option<FullDate>,
    /// Name: primary and secondary identifier with `<<` between.
    pub name: Option<String>,
    /// Telephone number.
    pub telephone: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// Data objects beyond the standard's.
    pub other: Vec<DataObject>,
}

impl Dg16 {
    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        const COUNT: &str = "number of templates";
        const TEMPLATES: &str = "templates";
        let at = In(File::Dg16);
        let mut parts = at.tlv(TEMPLATES, at.outer(data)?.children())?;
        let count = at.tlv(COUNT, parts.expect(asn1::INTEGER))?;
        let count = at.small(COUNT, count.value)? as usize;
        let mut persons = Vec::new();
        for template in parts {
            let template = at.tlv(TEMPLATES, template)?;
            if persons.len() == LIMIT {
                let (file, got) = (File::Dg16, LIMIT + 1);
                return Err(LdsError::TooMany { file, field: TEMPLATES, limit: LIMIT, got });
            }
            let expected = template_tag(persons.len() + 1);
            persons.push(PersonToNotify::read(at, &at.tlv(TEMPLATES, template.expect(expected))?)?);
        }
        if persons.is_empty() || persons.len() != count {
            let got = format!("{count} for {}", persons.len());
            return Err(at.value(COUNT, "how many there are, at least one", got));
        }
        Ok(Self { persons })
    }

    /// The file; at most fifteen persons are written.
    pub fn encode(&self) -> Vec<u8> {
        let persons = self.persons.get(..LIMIT).unwrap_or(&self.persons);
        let mut w = Writer::new();
        w.constructed(Tag::new(0x70), |w| {
            w.primitive(asn1::INTEGER, &[persons.len() as u8]);
            for (i, person) in persons.iter().enumerate() {
                w.constructed(template_tag(i + 1), |w| person.write(w));
            }
        });
        w.finish()
    }
}

impl PersonToNotify {
    fn read(at: In, template: &Tlv<'_>) -> Result<Self, LdsError> {
        let mut person = Self::default();
        for tlv in at.tlv("person to notify", template.children())? {
            let tlv = at.tlv("person to notify", tlv)?;
            let (field, place) = match tlv.tag {
                NAME => ("name of a person to notify", &mut person.name),
                TELEPHONE => ("telephone of a person to notify", &mut person.telephone),
                ADDRESS => ("address of a person to notify", &mut person.address),
                DATE_RECORDED => {
                    let place = &mut person.date_recorded;
                    details::read_date(at, "date data recorded", place, tlv.value)?;
                    continue;
                }
                _ => {
                    details::keep(at, "person to notify", &mut person.other, &tlv)?;
                    continue;
                }
            };
            at.once(field, place, at.utf8(field, tlv.value)?)?;
        }
        Ok(person)
    }

    fn write(&self, w: &mut Writer) {
        if let Some(date) = &self.date_recorded {
            w.primitive(DATE_RECORDED, date.as_str().as_bytes());
        }
        let texts = [(NAME, &self.name), (TELEPHONE, &self.telephone), (ADDRESS, &self.address)];
        for (tag, text) in texts {
            if let Some(text) = text {
                w.primitive(tag, text.as_bytes());
            }
        }
        for object in &self.other {
            object.write(w);
        }
    }
}

impl std::fmt::Debug for PersonToNotify {
    // All of it is personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonToNotify").finish_non_exhaustive()
    }
}

// 1 to 15.
const fn template_tag(number: usize) -> Tag {
    Tag::new(0xA0 | (number as u32 & 0x0F))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::*;

    /// ICAO Doc 9303-10 appendix A.6.
    const EXAMPLE: &str = "7081A2020102\
        A14C5F50083230303230313031\
        5F5110534D4954483C3C434841524C45533C52\
        5F520B3139353235353531323132\
        5F531D313233204D41504C452052443C414E59544F574E3C4D4E3C3535313030\
        A24F5F50083230303230333135\
        5F510D42524F574E3C3C4D4152593C4A\
        5F520B3134313535353531323132\
        5F5323343920524544574F4F44204C4E3C4F4345414E20425245455A453C43413C3934303030";

    #[test]
    fn the_example_of_9303_10() {
        let bytes = unhex(EXAMPLE);
        let dg16 = Dg16::parse(&bytes).unwrap();
        let [smith, brown] = dg16.persons.as_slice() else { panic!("{dg16:?}") };
        assert_eq!(smith.date_recorded, FullDate::from_digits("20020101"));
        assert_eq!(smith.name.as_deref(), Some("SMITH<<CHARLES<R"));
        assert_eq!(smith.telephone.as_deref(), Some("19525551212"));
        assert_eq!(smith.address.as_deref(), Some("123 MAPLE RD<ANYTOWN<MN<55100"));
        assert_eq!(brown.name.as_deref(), Some("BROWN<<MARY<J"));
        assert_eq!(brown.address.as_deref(), Some("49 REDWOOD LN<OCEAN BREEZE<CA<94000"));
        assert_eq!(dg16.encode(), bytes);
        assert!(!format!("{dg16:?}").contains("SMITH"));
        mutate(&bytes, |bytes| {
            let _ = Dg16::parse(bytes).map(|dg| assert_eq!(Dg16::parse(&dg.encode()), Ok(dg)));
        });
    }

    #[test]
    fn errors_name_the_part() {
        let error = |hex: &str| Dg16::parse(&unhex(hex)).unwrap_err().to_string();
        assert_eq!(
            error("7005020102A100"),
            "EF.DG16, number of templates: how many there are, at least one expected, 2 for 1 came"
        );
        assert_eq!(error("7005020101A200"), "EF.DG16, templates: TLV: tag A1 expected, A2 came");
        assert_eq!(
            error("7009020101A1045F500141"),
            "EF.DG16, date data recorded: YYYYMMDD in eight digits or four bytes of BCD expected, \
             1 other bytes came"
        );
        assert_eq!(
            error("700B020101A1065F51005F5100"),
            "EF.DG16, name of a person to notify: it is there twice"
        );
    }
}
