//! What a terminal signs along in version 2 (TR-03110-3 annex A.6).

use const_oid::ObjectIdentifier;

use super::TerminalAuthError;
use crate::tlv::{Limits, Mode, Reader, Tag, TlvError, Writer};

const AUXILIARY: Tag = Tag::new(0x67);
const TEMPLATE: Tag = Tag::new(0x73);
const OBJECT_IDENTIFIER: Tag = Tag::new(0x06);
const DISCRETIONARY: Tag = Tag::new(0x53);

/// The most bytes of auxiliary data that a chip takes.
const MAX: usize = 1024;
/// The most items of them.
const MAX_ITEMS: u32 = 16;

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuxiliaryItem {
    /// What it is, such as [`AuxiliaryData::DATE_OF_BIRTH`].
    pub oid: ObjectIdentifier,
    /// Its value.
    pub data: Vec<u8>,
}

/// Auxiliary data, data object 67: values that the chip compares with its own, signed by the
/// terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuxiliaryData {
    encoded: Vec<u8>,
    items: Vec<AuxiliaryItem>,
}

impl AuxiliaryData {
    /// id-DateOfBirth: the latest date of birth, `YYYYMMDD`, for age verification.
    pub const DATE_OF_BIRTH: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("0.4.0.127.0.7.3.1.4.1");
    /// id-DateOfExpiry: the day of the reader, `YYYYMMDD`, for document validity verification.
    pub const DATE_OF_EXPIRY: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("0.4.0.127.0.7.3.1.4.2");
    /// id-CommunityID: a part of the community identifier.
    pub const COMMUNITY_ID: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("0.4.0.127.0.7.3.1.4.3");

    /// Of these items.
    pub fn new(items: impl IntoIterator<Item = AuxiliaryItem>) -> Self {
        let items: Vec<_> = items.into_iter().collect();
        let mut w = Writer::new();
        w.constructed(AUXILIARY, |w| {
            for item in &items {
                w.constructed(TEMPLATE, |w| {
                    w.primitive(OBJECT_IDENTIFIER, item.oid.as_bytes());
                    w.primitive(DISCRETIONARY, &item.data);
                });
            }
        });
        Self { encoded: w.finish(), items }
    }

    /// Reads the data object; its bytes are kept, for the signature is over them.
    ///
    /// # Errors
    /// [`TerminalAuthError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TerminalAuthError> {
        let limits = Limits { depth: 3, siblings: MAX_ITEMS, size: MAX };
        let mut outer = Reader::with(bytes, Mode::Lenient, limits);
        let object = outer.expect(AUXILIARY)?;
        outer.end()?;
        let mut items = Vec::new();
        for template in object.children()? {
            let mut parts = template?.expect(TEMPLATE)?.children()?;
            let oid = parts.expect(OBJECT_IDENTIFIER)?.value;
            // An identifier that cannot be is no data object that is expected.
            let oid = ObjectIdentifier::from_bytes(oid)
                .map_err(|_| TlvError::Missing { expected: OBJECT_IDENTIFIER })?;
            let data = parts.expect(DISCRETIONARY)?.value.to_vec();
            items.push(AuxiliaryItem { oid, data });
        }
        Ok(Self { encoded: bytes.to_vec(), items })
    }

    /// The data object.
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }

    /// Its items.
    pub fn items(&self) -> &[AuxiliaryItem] {
        &self.items
    }
}
