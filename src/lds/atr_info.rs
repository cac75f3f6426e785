//! EF.ATR/INFO (ISO/IEC 7816-4:2020 clause 12.2.2, ICAO Doc 9303-10 clause 3.11.1).

use super::error::In;
use super::{DataObject, File, LdsError};
use crate::atr::{CardCapabilities, CardServiceData};
use crate::tlv::{Reader, Tag, Tlv, Writer};

const CARD_SERVICE_DATA: Tag = Tag::new(0x43);
const CARD_CAPABILITIES: Tag = Tag::new(0x47);
const EXTENDED_LENGTH: Tag = Tag::new(0x7F66);
const INTEGER: Tag = Tag::new(0x02);

/// The most data objects that are read.
const LIMIT: usize = 64;

/// What the card can do: a list of data objects without a frame. Nothing of it is signed, so it
/// may steer how the card is read, never what is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtrInfo {
    /// The data objects in their order.
    pub objects: Vec<DataObject>,
}

impl AtrInfo {
    /// Card service data, card capabilities and, if given, the largest command and response APDU
    /// in bytes. The capabilities should say that these sizes are there.
    pub fn new(
        service: CardServiceData,
        capabilities: CardCapabilities,
        extended_length: Option<(u32, u32)>,
    ) -> Self {
        let mut objects = vec![
            DataObject { tag: CARD_SERVICE_DATA, value: vec![service.0] },
            DataObject { tag: CARD_CAPABILITIES, value: capabilities.to_bytes() },
        ];
        if let Some((command, response)) = extended_length {
            let mut w = Writer::new();
            for size in [command, response] {
                w.primitive(INTEGER, &size_bytes(size));
            }
            objects.push(DataObject { tag: EXTENDED_LENGTH, value: w.finish() });
        }
        Self { objects }
    }

    /// Reads the file. Cards pad it and put records of their own behind, so reading ends quietly
    /// at the first bytes that are no data object.
    ///
    /// # Errors
    /// [`LdsError`] where not one data object is there, or too many.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        const FIELD: &str = "data objects";
        let file = File::AtrInfo;
        let mut objects = Vec::new();
        for tlv in Reader::new(data) {
            match tlv {
                Ok(tlv) if is_padding(&tlv) => break,
                Ok(_) if objects.len() == LIMIT => {
                    return Err(LdsError::TooMany {
                        file,
                        field: FIELD,
                        limit: LIMIT,
                        got: LIMIT + 1,
                    });
                }
                Ok(tlv) => objects.push(DataObject::from(tlv)),
                Err(cause) if objects.is_empty() => {
                    return Err(LdsError::Tlv { file, field: FIELD, cause });
                }
                Err(_) => break,
            }
        }
        if objects.is_empty() {
            return Err(In(file).value(FIELD, "at least one", "none"));
        }
        Ok(Self { objects })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        for object in &self.objects {
            object.write(&mut w);
        }
        w.finish()
    }

    /// The value of the first data object with this tag.
    pub fn value(&self, tag: Tag) -> Option<&[u8]> {
        self.objects.iter().find(|o| o.tag == tag).map(|o| o.value.as_slice())
    }

    /// DO `43`.
    pub fn card_service_data(&self) -> Option<CardServiceData> {
        self.value(CARD_SERVICE_DATA)?.first().copied().map(CardServiceData)
    }

    /// DO `47`.
    pub fn card_capabilities(&self) -> Option<CardCapabilities> {
        CardCapabilities::from_bytes(self.value(CARD_CAPABILITIES)?)
    }

    /// The largest command APDU and the largest response APDU in bytes, header and status word
    /// included, where the card states them (DO `7F66`) and does not say that it has no extended
    /// length fields. Without the sizes a terminal must not use extended length (ICAO Doc 9303-10
    /// clause 3.6.4.2).
    pub fn extended_length(&self) -> Option<(u32, u32)> {
        if self.card_capabilities().is_some_and(|c| !c.extended_length()) {
            return None;
        }
        let mut sizes = Reader::new(self.value(EXTENDED_LENGTH)?);
        let mut next = || size(&sizes.expect(INTEGER).ok()?);
        Some((next()?, next()?))
    }
}

// Positive integers, written without a sign byte: FFFF in two bytes.
fn size_bytes(size: u32) -> Vec<u8> {
    let bytes = size.to_be_bytes();
    let skip = bytes.iter().take(2).take_while(|b| **b == 0).count();
    bytes.into_iter().skip(skip).collect()
}

fn size(tlv: &Tlv<'_>) -> Option<u32> {
    In(File::AtrInfo).small("size", tlv.value).ok().filter(|size| *size > 0)
}

fn is_padding(tlv: &Tlv<'_>) -> bool {
    tlv.tag == Tag::new(0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::*;

    fn ours() -> AtrInfo {
        let capabilities = CardCapabilities::from_bytes(&[0xF7, 0x41, 0xE0]).unwrap();
        AtrInfo::new(CardServiceData(0xF8), capabilities, Some((65_535, 65_538)))
    }

    #[test]
    fn states_how_long_apdus_may_be() {
        let bytes = ours().encode();
        assert_eq!(hex::encode_upper(&bytes), "4301F84703F741E07F66090202FFFF0203010002");
        let info = AtrInfo::parse(&bytes).unwrap();
        assert_eq!(info, ours());
        assert_eq!(info.extended_length(), Some((65_535, 65_538)));
        assert!(info.card_service_data().unwrap().atr_info());
        assert!(info.card_capabilities().unwrap().command_chaining());
    }

    #[test]
    fn what_is_not_stated_is_not_assumed() {
        for (hex, expected) in [
            ("4703F741E0", None),                           // capabilities without sizes
            ("4703F741A07F6608020203E8020203E8", None),     // b7 says no extended length
            ("7F6608020203E8020203E8", Some((1000, 1000))), // sizes alone
            ("4703F741C07F66080202FFFF02020000", None),     // a size of nothing
            ("4703F741E07F66040202FFFF", None),             // one size
            ("4703F741E07F6608020203E8020203E8000000", Some((1000, 1000))),
            ("4703F741E07F6608020203E8020203E8FFFFFF", Some((1000, 1000))),
            (
                "460443444546 5F5203800000 4703F741E0 7F660B0203010000020400010000",
                Some((65_536, 65_536)),
            ),
        ] {
            let info = AtrInfo::parse(&unhex(&hex.replace(' ', ""))).unwrap();
            assert_eq!(info.extended_length(), expected, "{hex}");
        }
        assert_eq!(
            AtrInfo::parse(&[]).unwrap_err().to_string(),
            "EF.ATR/INFO, data objects: at least one expected, none came"
        );
        assert!(AtrInfo::parse(&[0; 8]).is_err());
        assert!(matches!(
            AtrInfo::parse(&[0x43, 0x00].repeat(65)),
            Err(LdsError::TooMany { limit: 64, .. })
        ));
        mutate(&ours().encode(), |bytes| {
            if let Ok(info) = AtrInfo::parse(bytes) {
                let _ = info.extended_length();
            }
        });
    }
}
