//! Historical bytes (ISO/IEC 7816-4:2020 clause 12.1.1).

use super::AtrError;

/// What the first historical byte says about the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// `00`: compact-TLV, then three status indicator bytes at the end.
    StatusAtEnd,
    /// `10`: a DIR data reference follows.
    DirDataReference(u8),
    /// `80`: compact-TLV, the status indicator among them or absent.
    CompactTlv,
    /// Any other, or none at all: not interindustry.
    Proprietary,
}

/// One compact-TLV data object: a tag number of 4 bits, a value of at most 15 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactTlv {
    /// The tag number, `1` to `F`; as an interindustry data object its tag is `4X`.
    pub tag: u8,
    /// The value.
    pub value: Vec<u8>,
}

/// The status indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusIndicator {
    /// Life cycle status byte (clause 7.4.10).
    pub life_cycle: Option<u8>,
    /// SW1-SW2.
    pub status_word: Option<u16>,
}

/// Historical bytes, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoricalBytes {
    /// The category indicator.
    pub category: Category,
    /// The compact-TLV data objects in their order.
    pub objects: Vec<CompactTlv>,
    /// The status indicator, where there is one.
    pub status: Option<StatusIndicator>,
}

impl HistoricalBytes {
    /// Takes historical bytes apart. Proprietary ones are named so and left alone.
    ///
    /// # Errors
    /// [`AtrError::Truncated`] where a data object runs over the end.
    pub fn parse(bytes: &[u8]) -> Result<Self, AtrError> {
        const WHAT: &str = "historical bytes";
        let truncated = |expected| AtrError::Truncated { what: WHAT, expected, got: bytes.len() };
        let proprietary =
            Self { category: Category::Proprietary, objects: Vec::new(), status: None };
        let Some((category, rest)) = bytes.split_first() else { return Ok(proprietary) };
        match category {
            0x00 => {
                let (objects, status) = rest
                    .split_at_checked(rest.len().wrapping_sub(3))
                    .ok_or_else(|| truncated(4))?;
                Ok(Self {
                    category: Category::StatusAtEnd,
                    objects: compact_tlv(objects).map_err(truncated)?,
                    status: status_indicator(status),
                })
            }
            0x10 => Ok(Self {
                category: Category::DirDataReference(*rest.first().ok_or_else(|| truncated(2))?),
                ..proprietary
            }),
            0x80 => {
                let objects = compact_tlv(rest).map_err(truncated)?;
                let status =
                    objects.iter().find(|o| o.tag == 8).and_then(|o| status_indicator(&o.value));
                Ok(Self { category: Category::CompactTlv, objects, status })
            }
            _ => Ok(proprietary),
        }
    }

    /// Card service data (compact tag `3`).
    pub fn card_service_data(&self) -> Option<CardServiceData> {
        self.value(3)?.first().copied().map(CardServiceData)
    }

    /// Card capabilities (compact tag `7`).
    pub fn card_capabilities(&self) -> Option<CardCapabilities> {
        CardCapabilities::from_bytes(self.value(7)?)
    }

    /// The application identifier of an implicitly selected application (compact tag `F`).
    pub fn aid(&self) -> Option<&[u8]> {
        self.value(0x0F)
    }

    fn value(&self, tag: u8) -> Option<&[u8]> {
        self.objects.iter().find(|o| o.tag == tag).map(|o| o.value.as_slice())
    }
}

/// Card service data: which selections and which access to EF.DIR and EF.ATR/INFO a card supports
/// (DO `43` in EF.ATR/INFO).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardServiceData(pub u8);

/// How EF.DIR and EF.ATR/INFO are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAccess {
    /// By READ BINARY: transparent files.
    ReadBinary,
    /// By READ RECORD(S).
    ReadRecord,
    /// By GET DATA.
    GetData,
}

impl CardServiceData {
    /// Applications are selected by their full DF name (b8).
    pub const fn select_by_full_name(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// Applications are selected by a partial DF name (b7).
    pub const fn select_by_partial_name(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// Data objects are available in EF.DIR (b6).
    pub const fn dir(self) -> bool {
        self.0 & 0x20 != 0
    }

    /// Data objects are available in EF.ATR/INFO (b5).
    pub const fn atr_info(self) -> bool {
        self.0 & 0x10 != 0
    }

    /// How these two files are read (b4 to b2); `None` for a value the standard reserves.
    pub const fn file_access(self) -> Option<FileAccess> {
        match self.0 >> 1 & 7 {
            0b100 => Some(FileAccess::ReadBinary),
            0b000 => Some(FileAccess::ReadRecord),
            0b010 => Some(FileAccess::GetData),
            _ => None,
        }
    }

    /// The card has an MF (b1 is zero).
    pub const fn has_mf(self) -> bool {
        self.0 & 1 == 0
    }
}

/// Card capabilities: the software function bytes (DO `47` in EF.ATR/INFO).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardCapabilities {
    /// First byte: selection methods.
    pub selection: u8,
    /// Second byte: data coding.
    pub coding: Option<u8>,
    /// Third byte: chaining, length fields, logical channels.
    pub commands: Option<u8>,
}

impl CardCapabilities {
    /// From the one to three bytes of the data object; `None` for any other number.
    pub const fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [selection] => Some(Self { selection, coding: None, commands: None }),
            [selection, coding] => Some(Self { selection, coding: Some(coding), commands: None }),
            [selection, coding, commands] => {
                Some(Self { selection, coding: Some(coding), commands: Some(commands) })
            }
            _ => None,
        }
    }

    /// The bytes of the data object.
    pub fn to_bytes(self) -> Vec<u8> {
        let coding = self.coding.or_else(|| self.commands.map(|_| 0));
        [Some(self.selection), coding, self.commands].into_iter().flatten().collect()
    }

    /// Short EF identifiers are supported (first byte, b3).
    pub const fn short_ef_identifier(self) -> bool {
        self.selection & 0x04 != 0
    }

    /// Command chaining is supported (third byte, b8).
    pub fn command_chaining(self) -> bool {
        self.commands.is_some_and(|b| b & 0x80 != 0)
    }

    /// Extended Lc and Le fields are supported (third byte, b7).
    pub fn extended_length(self) -> bool {
        self.commands.is_some_and(|b| b & 0x40 != 0)
    }

    /// How long commands and responses may be stands in EF.ATR/INFO, DO `7F66` (third byte, b6).
    pub fn extended_length_info(self) -> bool {
        self.commands.is_some_and(|b| b & 0x20 != 0)
    }

    /// The most logical channels there are, the basic one included; 8 stands for 8 or more (third
    /// byte, b5 to b1).
    pub fn logical_channels(self) -> u8 {
        match self.commands {
            // Neither the card nor the terminal assigns a number: there is the basic channel only.
            Some(b) if b & 0x18 != 0 => (b & 0x07) + 1,
            _ => 1,
        }
    }
}

// On failure: how many bytes the historical bytes would have to have.
fn compact_tlv(mut bytes: &[u8]) -> Result<Vec<CompactTlv>, usize> {
    let mut objects = Vec::new();
    let mut seen = 1;
    while let Some((head, rest)) = bytes.split_first() {
        let len = usize::from(head & 0x0F);
        seen += 1 + len;
        let (value, rest) = rest.split_at_checked(len).ok_or(seen)?;
        objects.push(CompactTlv { tag: head >> 4, value: value.to_vec() });
        bytes = rest;
    }
    Ok(objects)
}

const fn status_indicator(bytes: &[u8]) -> Option<StatusIndicator> {
    match *bytes {
        [lcs] => Some(StatusIndicator { life_cycle: Some(lcs), status_word: None }),
        [sw1, sw2] => Some(StatusIndicator {
            life_cycle: None,
            status_word: Some(u16::from_be_bytes([sw1, sw2])),
        }),
        [lcs, sw1, sw2] => Some(StatusIndicator {
            life_cycle: Some(lcs),
            status_word: Some(u16::from_be_bytes([sw1, sw2])),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_category_is_read_its_own_way() {
        // 00: the last three bytes are the status indicator, whatever stands before.
        let status = HistoricalBytes::parse(&[0x00, 0x31, 0x80, 0x05, 0x90, 0x00]).unwrap();
        assert_eq!(status.category, Category::StatusAtEnd);
        assert_eq!(
            status.status,
            Some(StatusIndicator { life_cycle: Some(5), status_word: Some(0x9000) })
        );
        assert!(status.card_service_data().unwrap().select_by_full_name());
        let dir = HistoricalBytes::parse(&[0x10, 0x1E]).unwrap();
        assert_eq!(dir.category, Category::DirDataReference(0x1E));
        let other = HistoricalBytes::parse(b"JCOPv241").unwrap();
        assert_eq!(other.category, Category::Proprietary);
        assert!(other.objects.is_empty());
        for (bytes, expected) in
            [(&[0x00, 0x90][..], 4), (&[0x10], 2), (&[0x80, 0x73, 0xF7], 5), (&[0x80, 0x31], 3)]
        {
            assert_eq!(
                HistoricalBytes::parse(bytes),
                Err(AtrError::Truncated { what: "historical bytes", expected, got: bytes.len() }),
            );
        }
    }

    #[test]
    fn capabilities_of_one_and_two_bytes_promise_nothing_more() {
        let one = CardCapabilities::from_bytes(&[0xF7]).unwrap();
        assert!(!one.extended_length() && !one.command_chaining());
        assert_eq!((one.logical_channels(), one.to_bytes()), (1, vec![0xF7]));
        assert_eq!(CardCapabilities::from_bytes(&[]), None);
        assert_eq!(CardCapabilities::from_bytes(&[0; 4]), None);
        let channels = CardCapabilities::from_bytes(&[0x00, 0x00, 0x13]).unwrap();
        assert_eq!(channels.logical_channels(), 4);
    }
}
