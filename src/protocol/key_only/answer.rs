//! The data of the answer.

use super::KeyOnlyError;
use crate::tlv::{Reader, Tag, Writer};

const OUTER: Tag = Tag::new(0x73);
const VERSION: Tag = Tag::new(0x80);
const PIN: Tag = Tag::new(0x81);
const COUNTER: Tag = Tag::new(0x82);
// A digital signature (ISO/IEC 7816-4, data objects of secure messaging).
const SIGNATURE: Tag = Tag::new(0x9E);

/// r and s on P-521.
const MAX_SIGNATURE: usize = 132;

/// What the card answered. It has one encoding only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether PACE with the PIN opened the session.
    pub pin: bool,
    /// How often the card has signed, this time included.
    pub counter: u64,
    /// r and s side by side.
    pub signature: Vec<u8>,
}

impl Answer {
    /// The version of the format.
    pub const VERSION: u8 = 1;

    /// Reads an answer: exactly these data objects, in this order, nothing behind.
    ///
    /// # Errors
    /// [`KeyOnlyError::Tlv`], [`KeyOnlyError::Value`].
    pub fn parse(data: &[u8]) -> Result<Self, KeyOnlyError> {
        let tlv = |field| move |cause| KeyOnlyError::Tlv { field, cause };
        let mut whole = Reader::der(data);
        let outer = whole.expect(OUTER).map_err(tlv("outer data object"))?;
        whole.end().map_err(tlv("outer data object"))?;
        let mut fields = outer.children().map_err(tlv("fields"))?;
        let mut next = |field, tag| fields.expect(tag).map(|tlv| tlv.value).map_err(tlv(field));
        match next("version", VERSION)? {
            [Self::VERSION] => {}
            other => return Err(value("version", "01", other)),
        }
        let pin = match next("PIN", PIN)? {
            [0] => false,
            [1] => true,
            other => return Err(value("PIN", "00 or 01", other)),
        };
        let counter = next("counter", COUNTER)?;
        let counter = counter.try_into().map_err(|_| value("counter", "eight bytes", counter))?;
        let signature = next("signature", SIGNATURE)?;
        fields.end().map_err(tlv("fields"))?;
        if signature.len() > MAX_SIGNATURE {
            let (expected, got) = (MAX_SIGNATURE, signature.len());
            return Err(KeyOnlyError::BadLength { expected, got });
        }
        Ok(Self { pin, counter: u64::from_be_bytes(counter), signature: signature.to_vec() })
    }

    /// The data.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(OUTER, |w| {
            w.primitive(VERSION, &[Self::VERSION]);
            w.primitive(PIN, &[u8::from(self.pin)]);
            w.primitive(COUNTER, &self.counter.to_be_bytes());
            w.primitive(SIGNATURE, &self.signature);
        });
        w.finish()
    }
}

fn value(field: &'static str, expected: &'static str, got: &[u8]) -> KeyOnlyError {
    let got = match got {
        [byte] => format!("{byte:02X}"),
        other => format!("{} bytes", other.len()),
    };
    KeyOnlyError::Value { field, expected, got }
}
