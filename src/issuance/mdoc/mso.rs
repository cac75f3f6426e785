//! The mobile security object (ISO/IEC 18013-5 clause 9.1.2.4): what the issuer signs.

use std::collections::BTreeMap;

use ciborium::Value;

use super::super::{Period, StatusRef};
use super::cbor::{self, Fields};
use super::error::MdocError;
use super::item::MAX_DIGEST_ID;
use super::{cose, moment};
use crate::crypto::{Hash, PublicKey};

const WHAT: &str = "mobile security object";
const VERSION: &str = "1.0";
// A verifier fetches it: no URI is longer than what servers take.
const MAX_URI: usize = 2048;

/// Digests by their identifiers, by namespace.
pub(super) type Digests = BTreeMap<String, BTreeMap<u64, Vec<u8>>>;

/// What an issuer says of a document.
pub(super) struct Mso {
    pub(super) doc_type: String,
    pub(super) hash: Hash,
    pub(super) digests: Digests,
    pub(super) holder: PublicKey,
    pub(super) period: Period,
    pub(super) status: Option<StatusRef>,
}

impl Mso {
    /// #6.24(bstr .cbor MobileSecurityObject), the payload.
    pub(super) fn encode(&self) -> Result<Vec<u8>, MdocError> {
        let map = |members: Vec<(&str, Value)>| {
            Value::Map(members.into_iter().map(|(k, v)| (Value::from(k), v)).collect())
        };
        let digests = self.digests.iter().map(|(namespace, digests)| {
            let digests = digests.iter().map(|(id, d)| (Value::from(*id), Value::Bytes(d.clone())));
            (Value::from(namespace.as_str()), Value::Map(digests.collect()))
        });
        let validity = map(vec![
            ("signed", moment::tdate(self.period.signed())?),
            ("validFrom", moment::tdate(self.period.valid_from())?),
            ("validUntil", moment::tdate(self.period.valid_until())?),
        ]);
        let mut members = vec![
            ("version", VERSION.into()),
            ("digestAlgorithm", self.hash.to_string().into()),
            ("valueDigests", Value::Map(digests.collect())),
            ("deviceKeyInfo", map(vec![("deviceKey", cose::key("deviceKey", &self.holder)?)])),
            ("docType", self.doc_type.as_str().into()),
            ("validityInfo", validity),
        ];
        if let Some(StatusRef { idx, uri }) = &self.status {
            let place = map(vec![("idx", (*idx).into()), ("uri", uri.as_str().into())]);
            members.push(("status", map(vec![("status_list", place)])));
        }
        cbor::encode(WHAT, &cbor::embed(cbor::encode(WHAT, &map(members))?))
    }

    /// Reads a payload. Members that are not known are passed over: the issuer signed them, and
    /// later editions have more.
    pub(super) fn read(payload: &[u8]) -> Result<Self, MdocError> {
        let bytes = cbor::embedded(WHAT, &cbor::decode(WHAT, payload)?)?;
        let mut fields = Fields::of(WHAT, cbor::decode(WHAT, &bytes)?)?;
        if fields.need("version")?.as_text() != Some(VERSION) {
            return Err(MdocError::structure("version", "1.0"));
        }
        let hash = match fields.need("digestAlgorithm")?.as_text() {
            Some("SHA-256") => Hash::Sha256,
            Some("SHA-384") => Hash::Sha384,
            Some("SHA-512") => Hash::Sha512,
            _ => return Err(MdocError::Algorithm { what: "digestAlgorithm" }),
        };
        let mut digests = Digests::new();
        for namespace in cbor::named("valueDigests", fields.need("valueDigests")?)? {
            let (namespace, all) = namespace?;
            digests.insert(namespace, read_digests(hash, all)?);
        }
        let mut key = Fields::of("deviceKeyInfo", fields.need("deviceKeyInfo")?)?;
        let holder = cose::read_key("deviceKey", key.need("deviceKey")?)?;
        let doc_type = cbor::name("docType", fields.need("docType")?)?;
        let period = read_validity(fields.need("validityInfo")?)?;
        let status = fields.take("status").map(read_status).transpose()?;
        Ok(Self { doc_type, hash, digests, holder, period, status })
    }
}

fn read_digests(hash: Hash, value: Value) -> Result<BTreeMap<u64, Vec<u8>>, MdocError> {
    let what = "valueDigests";
    let all = value.into_map().map_err(|_| MdocError::structure(what, "a map"))?;
    let one = |(id, digest): (Value, Value)| {
        let id = cbor::uint(what, &id)?;
        let digest = cbor::bytes(what, digest)?;
        if id > MAX_DIGEST_ID || digest.len() != hash.len() {
            return Err(MdocError::structure(what, "digests of the algorithm's length"));
        }
        Ok((id, digest))
    };
    all.into_iter().map(one).collect()
}

fn read_validity(value: Value) -> Result<Period, MdocError> {
    let mut fields = Fields::of("validityInfo", value)?;
    let mut time = |name| moment::read_tdate(name, &fields.need(name)?);
    Ok(Period::of(time("signed")?, time("validFrom")?, time("validUntil")?)?)
}

// A document that has a status we cannot read is not one without a status.
fn read_status(value: Value) -> Result<StatusRef, MdocError> {
    let mut fields = Fields::of("status", value)?;
    let mut place = Fields::of("status_list", fields.need("status_list")?)?;
    let idx = cbor::uint("idx", &place.need("idx")?)?;
    let uri = cbor::text("uri", place.need("uri")?)?;
    if uri.is_empty() || uri.len() > MAX_URI || !uri.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(MdocError::structure("uri", "a URI"));
    }
    Ok(StatusRef { idx, uri })
}
