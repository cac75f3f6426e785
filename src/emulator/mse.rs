//! The data of MANAGE SECURITY ENVIRONMENT, Set Authentication Template
//! (ICAO Doc 9303-11 clauses 4.4.4.1 and 6.2.4.2).

use crate::{
    apdu::StatusWord,
    tlv::{Reader, Tlv},
};

/// P1-P2 of MSE:Set AT for PACE.
pub(super) const SET_AT_PACE: (u8, u8) = (0xC1, 0xA4);
/// P1-P2 of MSE:Set AT for Chip Authentication.
pub(super) const SET_AT_CHIP_AUTHENTICATION: (u8, u8) = (0x41, 0xA4);
/// P1-P2 of MSE:Set KAT for Chip Authentication with 3DES (ICAO Doc 9303-11 clause 6.2.4.1).
pub(super) const SET_KAT: (u8, u8) = (0x41, 0xA6);
/// P1-P2 of MSE:Set DST for Terminal Authentication (clause 7.1.5.1).
pub(super) const SET_DST: (u8, u8) = (0x81, 0xB6);
/// P1-P2 of MSE:Set AT for Terminal Authentication (clause 7.1.5.3).
pub(super) const SET_AT_TERMINAL: (u8, u8) = (0x81, 0xA4);

/// The data objects that we know. Others are passed over, as the standard says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Template<'a> {
    /// DO80: the protocol's object identifier, without tag and length.
    pub(super) protocol: Option<&'a [u8]>,
    /// DO83: the password's reference.
    pub(super) password: Option<&'a [u8]>,
    /// DO84: the private key's or the domain parameters' reference.
    pub(super) reference: Option<u32>,
    /// DO7F4C: what a terminal that is going to authenticate itself wants to do.
    pub(super) chat: Option<Tlv<'a>>,
}

impl<'a> Template<'a> {
    /// Reads the command data.
    ///
    /// # Errors
    /// `6A80` for bytes that are no data objects, an object that comes twice, or a reference that
    /// is no number of 1 to 4 bytes.
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, StatusWord> {
        let wrong = StatusWord::WRONG_DATA;
        let mut template = Self::default();
        for object in Reader::new(data) {
            let object = object.map_err(|_| wrong)?;
            let twice = match object.tag.value() {
                0x80 => template.protocol.replace(object.value).is_some(),
                0x83 => template.password.replace(object.value).is_some(),
                0x84 => template.reference.replace(number(object.value)?).is_some(),
                0x7F4C => template.chat.replace(object).is_some(),
                _ => false,
            };
            if twice {
                return Err(wrong);
            }
        }
        Ok(template)
    }
}

fn number(bytes: &[u8]) -> Result<u32, StatusWord> {
    match bytes.len() {
        1..=4 => Ok(bytes.iter().fold(0, |n, &b| n << 8 | u32::from(b))),
        _ => Err(StatusWord::WRONG_DATA),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_objects_are_read_and_unknown_ones_passed_over() {
        let data = hex::decode("800A04007F000702020402028301027F4C03530100840202010405").unwrap();
        assert_eq!(Template::parse(&data), Err(StatusWord::WRONG_DATA), "trailing 0405 is cut");
        let template = Template::parse(&data[..data.len() - 2]).unwrap();
        assert_eq!(template.protocol.unwrap().len(), 10);
        assert_eq!(template.password, Some(&[2][..]));
        assert_eq!(template.reference, Some(0x0201));
        assert_eq!(template.chat.map(|chat| chat.value.len()), Some(3));
        for bad in ["830102830102", "8400", "84050000000001", "830201", "FF"] {
            let data = hex::decode(bad).unwrap();
            assert_eq!(Template::parse(&data), Err(StatusWord::WRONG_DATA), "{bad}");
        }
    }
}
