//! EF.DIR (ISO/IEC 7816-4:2020 clause 12.2.1, ICAO Doc 9303-10 clause 3.11.2).

use super::data_object::DataObject;
use super::error::In;
use super::{File, LdsError};
use crate::tlv::{Reader, Tag, Tlv, Writer};

const APPLICATION_TEMPLATE: Tag = Tag::new(0x61);
const AID: Tag = Tag::new(0x4F);
const LABEL: Tag = Tag::new(0x50);

/// The most applications that are read.
const LIMIT: usize = 64;

/// The card's applications.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dir {
    /// One entry each.
    pub applications: Vec<Application>,
}

/// An application template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Application identifier, 1 to 16 bytes.
    pub aid: Vec<u8>,
    /// What to call it.
    pub label: Option<String>,
    /// What else the card says about it.
    pub other: Vec<DataObject>,
}

impl Dir {
    /// Reads the file; zeros behind the last template are padding.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        const FIELD: &str = "application templates";
        let file = File::Dir;
        let mut applications = Vec::new();
        let mut reader = Reader::new(data);
        while reader.rest().iter().any(|b| *b != 0) {
            if applications.len() == LIMIT {
                let got = LIMIT + 1;
                return Err(LdsError::TooMany { file, field: FIELD, limit: LIMIT, got });
            }
            let template = In(file).tlv(FIELD, reader.expect(APPLICATION_TEMPLATE))?;
            applications.push(Application::read(&template)?);
        }
        Ok(Self { applications })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        for application in &self.applications {
            w.constructed(APPLICATION_TEMPLATE, |w| {
                w.primitive(AID, &application.aid);
                if let Some(label) = &application.label {
                    w.primitive(LABEL, label.as_bytes());
                }
                for object in &application.other {
                    object.write(w);
                }
            });
        }
        w.finish()
    }

    /// Whether an application with this identifier is listed.
    pub fn lists(&self, aid: &[u8]) -> bool {
        self.applications.iter().any(|a| a.aid == aid)
    }
}

impl Application {
    fn read(template: &Tlv<'_>) -> Result<Self, LdsError> {
        let at = In(File::Dir);
        let mut aid = None;
        let mut label = None;
        let mut other = Vec::new();
        for tlv in at.tlv("application template", template.children())? {
            let tlv = at.tlv("application template", tlv)?;
            match tlv.tag {
                AID => at.once("application identifier", &mut aid, tlv.value.to_vec())?,
                LABEL => at.once("label", &mut label, at.utf8("label", tlv.value)?)?,
                _ => other.push(tlv.into()),
            }
        }
        let aid = aid.unwrap_or_default();
        if !(1..=16).contains(&aid.len()) {
            let got = format!("{} bytes", aid.len());
            return Err(at.value("application identifier", "1 to 16 bytes", got));
        }
        Ok(Self { aid, label, other })
    }
}

#[cfg(test)]
mod tests {
    use super::super::LDS_AID;
    use super::super::testing::{mutate, unhex};
    use super::*;

    #[test]
    fn lists_applications() {
        let dir = Dir {
            applications: vec![
                Application { aid: LDS_AID.to_vec(), label: None, other: Vec::new() },
                Application {
                    aid: unhex("E80704007F00070302"),
                    label: Some("eID".to_owned()),
                    other: vec![DataObject { tag: Tag::new(0x51), value: unhex("3F00") }],
                },
            ],
        };
        let mut bytes = dir.encode();
        assert_eq!(
            hex::encode_upper(&bytes),
            "61094F07A000000247100161144F09E80704007F00070302500365494451023F00"
        );
        assert_eq!(Dir::parse(&bytes), Ok(dir.clone()));
        assert!(dir.lists(&LDS_AID) && !dir.lists(&LDS_AID[..5]));
        mutate(&bytes, |bytes| {
            let _ = Dir::parse(bytes).map(|dir| assert_eq!(Dir::parse(&dir.encode()), Ok(dir)));
        });
        bytes.extend([0; 20]);
        assert_eq!(Dir::parse(&bytes), Ok(dir));
        assert_eq!(Dir::parse(&[]), Ok(Dir::default()));
    }

    #[test]
    fn errors_name_the_field() {
        let error = |hex: &str| Dir::parse(&unhex(hex)).unwrap_err().to_string();
        assert_eq!(
            error("6100"),
            "EF.DIR, application identifier: 1 to 16 bytes expected, 0 bytes came"
        );
        assert_eq!(error("61064F01A04F01A0"), "EF.DIR, application identifier: it is there twice");
        assert_eq!(
            error("61064F01A05001FF"),
            "EF.DIR, label: UTF-8 expected, something else at byte 0 came"
        );
    }
}
