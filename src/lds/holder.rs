//! EF.HolderVerification of the open resident-card profile: who was verified in this session.
//!
//! The chip makes the file when it is read, so a judge who holds the Chip Authentication key, and
//! reads it over that channel, learns from the chip itself which password was given. It is no file
//! of ICAO or BSI; its tag is that of discretionary data objects (ISO/IEC 7816-4).

use super::error::In;
use super::{File, LdsError};
use crate::tlv::{Reader, Tag, Writer};

const VERSION: Tag = Tag::new(0x80);
const PASSWORD: Tag = Tag::new(0x81);
const TRIES: Tag = Tag::new(0x82);
const COUNTER: Tag = Tag::new(0x83);

/// A password that opened the session, by its reference (BSI TR-03110-3 annex B.1, DO `83` of
/// MSE:Set AT).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Password {
    /// None was given.
    None = 0,
    /// The machine readable zone.
    Mrz = 1,
    /// The card access number.
    Can = 2,
    /// The holder's personal identification number.
    Pin = 3,
    /// The personal unblocking key.
    Puk = 4,
}

impl Password {
    /// The password of a reference; `None` for a reference that has none.
    pub const fn from_reference(reference: u8) -> Option<Self> {
        match reference {
            0 => Some(Self::None),
            1 => Some(Self::Mrz),
            2 => Some(Self::Can),
            3 => Some(Self::Pin),
            4 => Some(Self::Puk),
            _ => None,
        }
    }

    /// Its reference.
    pub const fn reference(self) -> u8 {
        self as u8
    }
}

impl std::fmt::Display for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Mrz => "MRZ",
            Self::Can => "CAN",
            Self::Pin => "PIN",
            Self::Puk => "PUK",
        })
    }
}

/// The file. Every field has a fixed length, so it has one encoding only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderVerification {
    /// The password of the PACE that opened this session.
    pub password: Password,
    /// Tries left for the PIN before it is blocked.
    pub pin_tries_left: u8,
    /// Goes up by at least one with every reading, over the chip's whole life.
    pub counter: u64,
}

impl HolderVerification {
    /// The version of the format.
    pub const VERSION: u8 = 1;

    /// The length of the file in bytes.
    pub const LEN: usize = 21;

    /// Reads the file: exactly these data objects, in this order, nothing behind.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let at = In(File::HolderVerification);
        let mut file = Reader::der(data);
        let outer = at.tlv("outer data object", file.expect(Tag::new(0x73)))?;
        at.tlv("outer data object", file.end())?;
        let mut fields = at.tlv("fields", outer.children())?;
        let mut next = |field, tag| at.tlv(field, fields.expect(tag)).map(|tlv| tlv.value);
        let [version] = exactly(at, "version", "one byte", next("version", VERSION)?)?;
        if version != Self::VERSION {
            return Err(at.value("version", "01", format!("{version:02X}")));
        }
        let [reference] = exactly(at, "password", "one byte", next("password", PASSWORD)?)?;
        let [tries] = exactly(at, "PIN tries left", "one byte", next("PIN tries left", TRIES)?)?;
        let counter = exactly(at, "counter", "eight bytes", next("counter", COUNTER)?)?;
        at.tlv("fields", fields.end())?;
        Ok(Self {
            password: Password::from_reference(reference)
                .ok_or_else(|| at.value("password", "00 to 04", format!("{reference:02X}")))?,
            pin_tries_left: tries,
            counter: u64::from_be_bytes(counter),
        })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(Tag::new(0x73), |w| {
            w.primitive(VERSION, &[Self::VERSION]);
            w.primitive(PASSWORD, &[self.password.reference()]);
            w.primitive(TRIES, &[self.pin_tries_left]);
            w.primitive(COUNTER, &self.counter.to_be_bytes());
        });
        w.finish()
    }
}

fn exactly<const N: usize>(
    at: In,
    field: &'static str,
    expected: &'static str,
    value: &[u8],
) -> Result<[u8; N], LdsError> {
    value.try_into().map_err(|_| at.value(field, expected, format!("{} bytes", value.len())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::*;

    const FILE: &str = "7313800101810103820103830800000000000001F4";

    #[test]
    fn has_one_encoding_only() {
        let file = HolderVerification { password: Password::Pin, pin_tries_left: 3, counter: 500 };
        assert_eq!(hex::encode_upper(file.encode()), FILE);
        assert_eq!(file.encode().len(), HolderVerification::LEN);
        mutate(&unhex(FILE), |bytes| {
            if let Ok(read) = HolderVerification::parse(bytes) {
                assert_eq!(read.encode(), bytes);
            }
        });
        assert_eq!(HolderVerification::parse(&unhex(FILE)), Ok(file));
    }

    #[test]
    fn errors_name_the_field() {
        let error = |from: &str, to: &str| {
            HolderVerification::parse(&unhex(&FILE.replace(from, to))).unwrap_err().to_string()
        };
        assert_eq!(
            error("810103", "810105"),
            "EF.HolderVerification, password: 00 to 04 expected, 05 came"
        );
        assert_eq!(
            error("800101", "800102"),
            "EF.HolderVerification, version: 01 expected, 02 came"
        );
        assert_eq!(
            error("820103", "840103"),
            "EF.HolderVerification, PIN tries left: TLV: tag 82 expected, 84 came"
        );
        assert_eq!(
            error("01F4", "01F400"),
            "EF.HolderVerification, outer data object: TLV: 1 bytes follow the data object"
        );
        assert_eq!(
            error("7313", "738113"),
            "EF.HolderVerification, outer data object: TLV at byte 0: length octet 81 is not \
             allowed here"
        );
    }
}
