//! IssuerSignedItem (ISO/IEC 18013-5 clause 8.3.2.1.2.2): one element with what its digest is
//! over.

use ciborium::Value;

use super::cbor::{self, Fields};
use super::error::MdocError;
use crate::crypto::Hash;

const WHAT: &str = "element";
/// The shortest salt (clause 9.1.2.5).
const MIN_RANDOM: usize = 16;
/// Digest identifiers are less than 2^31 (clause 9.1.2.4).
pub(super) const MAX_DIGEST_ID: u64 = (1 << 31) - 1;

/// An element as the issuer signed it.
pub(super) struct Item {
    pub(super) digest_id: u64,
    pub(super) element: String,
    pub(super) value: Value,
    // #6.24(bstr): over this the digest is.
    tagged: Value,
}

impl Item {
    pub(super) fn new(
        digest_id: u64,
        random: &[u8],
        element: &str,
        value: Value,
    ) -> Result<Self, MdocError> {
        let member = |name: &str, value: Value| (Value::from(name), value);
        let map = Value::Map(vec![
            member("digestID", digest_id.into()),
            member("random", Value::Bytes(random.to_vec())),
            member("elementIdentifier", element.into()),
            member("elementValue", value.clone()),
        ]);
        let tagged = cbor::embed(cbor::encode(WHAT, &map)?);
        Ok(Self { digest_id, element: element.to_owned(), value, tagged })
    }

    /// Reads one as it stands in nameSpaces.
    pub(super) fn read(tagged: Value) -> Result<Self, MdocError> {
        let bytes = cbor::embedded(WHAT, &tagged)?;
        let mut fields = Fields::of(WHAT, cbor::decode(WHAT, &bytes)?)?;
        let digest_id = cbor::uint("digestID", &fields.need("digestID")?)?;
        if digest_id > MAX_DIGEST_ID {
            return Err(MdocError::structure("digestID", "a number below 2^31"));
        }
        if cbor::bytes("random", fields.need("random")?)?.len() < MIN_RANDOM {
            return Err(MdocError::structure("random", "at least 16 bytes"));
        }
        let element = cbor::name("elementIdentifier", fields.need("elementIdentifier")?)?;
        let value = fields.need("elementValue")?;
        fields.end()?;
        Ok(Self { digest_id, element, value, tagged })
    }

    /// The digest over the tagged bytes. What came has one form, so these are the bytes as they
    /// came.
    pub(super) fn digest(&self, hash: Hash) -> Result<Vec<u8>, MdocError> {
        Ok(hash.digest(&[&cbor::encode(WHAT, &self.tagged)?]))
    }

    pub(super) fn into_value(self) -> Value {
        self.tagged
    }
}
