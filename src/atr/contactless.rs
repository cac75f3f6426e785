//! What kind of contactless card an ATR stands for (PC/SC part 3 clause 3.1.3.2.3).

use super::{Atr, Category, HistoricalBytes};

/// A contactless card, by the ATR that the reader made for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contactless {
    /// ISO/IEC 14443-4 type A: the historical bytes are those of the ATS.
    TypeA {
        /// Historical bytes of the ATS; none where the ATS has none.
        historical: Vec<u8>,
    },
    /// ISO/IEC 14443-4 type B: what ATQB and the answer to ATTRIB said.
    TypeB {
        /// Application data of ATQB.
        application_data: [u8; 4],
        /// Protocol info of ATQB: bit rates; frame size and protocol type; FWI, ADC and FO.
        protocol_info: [u8; 3],
        /// Maximum buffer length index of the answer to ATTRIB; 0 gives no information.
        mbli: u8,
    },
    /// A storage card or another card that does not speak ISO/IEC 14443-4.
    Storage(StorageCard),
}

impl Contactless {
    pub(super) fn from_atr(atr: &Atr) -> Option<Self> {
        if !matches!(atr.as_bytes(), [0x3B, t0, 0x80, 0x01, ..] if t0 >> 4 == 8) {
            return None;
        }
        let historical = atr.historical();
        Some(match *historical {
            [0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, standard, n1, n2, ..] => {
                Self::Storage(StorageCard { standard, name: u16::from_be_bytes([n1, n2]) })
            }
            [a, b, c, d, p, q, r, last]
                if is_protocol_info([p, q, r])
                    && last & 0x0F == 0
                    && !interindustry(historical) =>
            {
                Self::TypeB {
                    application_data: [a, b, c, d],
                    protocol_info: [p, q, r],
                    mbli: last >> 4,
                }
            }
            _ => Self::TypeA { historical: historical.to_vec() },
        })
    }

    /// The largest frame the card takes, in bytes (type B: from ATQB; type A: see [`super::Ats`]).
    pub fn max_frame(&self) -> Option<u16> {
        match self {
            Self::TypeB { protocol_info: [_, frame, _], .. } => super::ats::fsc(frame >> 4),
            _ => None,
        }
    }
}

impl std::fmt::Display for Contactless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TypeA { .. } => f.write_str("ISO 14443-4 type A"),
            Self::TypeB { .. } => f.write_str("ISO 14443-4 type B"),
            Self::Storage(card) => card.fmt(f),
        }
    }
}

/// A card behind the PC/SC workgroup's RID `A000000306`: the reader, not the card, says what it is
/// (PC/SC part 3, supplemental document).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageCard {
    /// The byte SS: the standard it keeps to.
    pub standard: u8,
    /// The bytes NN: the card's registered name.
    pub name: u16,
}

impl StorageCard {
    /// The registered name, for the codes in common use.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.name {
            0x0001 => "MIFARE Classic 1K",
            0x0002 => "MIFARE Classic 4K",
            0x0003 => "MIFARE Ultralight",
            0x0004 => "SLE55R",
            0x0006 => "SR176",
            0x0007 => "SRI X4K",
            0x0008 => "AT88RF020",
            0x0009 => "AT88SC0204CRF",
            0x000A => "AT88SC0808CRF",
            0x000B => "AT88SC1616CRF",
            0x000C => "AT88SC3216CRF",
            0x000D => "AT88SC6416CRF",
            0x000E => "SRF55V10P",
            0x000F => "SRF55V02P",
            0x0010 => "SRF55V10S",
            0x0011 => "SRF55V02S",
            0x0012 => "Tag-it",
            0x0013 => "LRI512",
            0x0014 => "ICODE SLI",
            0x0016 => "ICODE 1",
            0x0017 => "PicoPass 2K",
            0x0018 => "PicoPass 2KS",
            0x0019 => "PicoPass 16K",
            0x001A => "PicoPass 16KS",
            0x0021 => "LRI64",
            0x0024 => "LRI12",
            0x0025 => "LRI128",
            0x0026 => "MIFARE Mini",
            0x002F => "Jewel",
            0x0030 => "Topaz",
            0x0036 => "MIFARE Plus SL1 2K",
            0x0037 => "MIFARE Plus SL1 4K",
            0x0038 => "MIFARE Plus SL2 2K",
            0x0039 => "MIFARE Plus SL2 4K",
            0x003A => "MIFARE Ultralight C",
            0x003B => "FeliCa",
            0x003D => "MIFARE Ultralight EV1",
            _ => return None,
        })
    }

    /// The standard, for the codes that are assigned.
    pub const fn standard(self) -> Option<&'static str> {
        Some(match self.standard {
            0x01 => "ISO 14443 type A part 1",
            0x02 => "ISO 14443 type A part 2",
            0x03 => "ISO 14443 type A part 3",
            0x05 => "ISO 14443 type B part 1",
            0x06 => "ISO 14443 type B part 2",
            0x07 => "ISO 14443 type B part 3",
            0x09 => "ISO 15693 part 1",
            0x0A => "ISO 15693 part 2",
            0x0B => "ISO 15693 part 3",
            0x0C => "ISO 15693 part 4",
            0x11 => "FeliCa",
            _ => return None,
        })
    }
}

impl std::fmt::Display for StorageCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => write!(f, "storage card {name}")?,
            None => write!(f, "storage card {:04X}", self.name)?,
        }
        match self.standard() {
            Some(standard) if self.name() != Some(standard) => write!(f, " ({standard})"),
            _ => Ok(()),
        }
    }
}

// Type A with eight historical bytes and type B look alike, so the bytes decide: ISO/IEC 14443-3
// clause 7.9.4 fixes one bit of the rates, two of the protocol type, and never uses FWI 15.
const fn is_protocol_info([rates, protocol, fwi]: [u8; 3]) -> bool {
    rates & 0x08 == 0 && protocol & 0x09 == 0x01 && fwi >> 4 != 0x0F
}

fn interindustry(historical: &[u8]) -> bool {
    HistoricalBytes::parse(historical).is_ok_and(|h| h.category != Category::Proprietary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contactless(hex: &str) -> Option<Contactless> {
        Atr::parse(&hex::decode(hex.replace(' ', "")).unwrap()).unwrap().contactless()
    }

    #[test]
    fn names_storage_cards() {
        let card = contactless("3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 00 01 00 00 00 00 6A");
        assert_eq!(
            card.unwrap().to_string(),
            "storage card MIFARE Classic 1K (ISO 14443 type A part 3)"
        );
        let felica = StorageCard { standard: 0x11, name: 0x003B };
        assert_eq!(felica.to_string(), "storage card FeliCa");
        let unknown = StorageCard { standard: 0xEE, name: 0xF0F0 };
        assert_eq!(unknown.to_string(), "storage card F0F0");
    }

    #[test]
    fn tells_type_b_by_its_protocol_info() {
        let b = Atr::from_historical(&[0, 0, 0, 0, 0x77, 0x81, 0x91, 0x20]).unwrap();
        assert_eq!(
            b.contactless(),
            Some(Contactless::TypeB {
                application_data: [0; 4],
                protocol_info: [0x77, 0x81, 0x91],
                mbli: 2
            })
        );
        assert_eq!(b.to_string(), "ISO 14443-4 type B");
        assert_eq!(b.contactless().unwrap().max_frame(), Some(256));
        // Eight historical bytes of type A that are well-formed compact-TLV stay type A.
        let a = Atr::from_historical(&[0x80, 0x31, 0x80, 0x73, 0x01, 0x01, 0x40, 0x10]).unwrap();
        assert_eq!(a.to_string(), "ISO 14443-4 type A");
        assert_eq!(contactless("3B 80 80 01 01"), Some(Contactless::TypeA { historical: vec![] }));
        assert_eq!(contactless("3B 75 13 00 00 43 09 EA 90 00"), None);
    }
}
