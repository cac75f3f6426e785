//! Judging an mdoc (ISO/IEC 18013-5 clause 9.3.1).

use std::collections::{BTreeMap, BTreeSet};

use ciborium::Value;
use serde_json::Value as Json;
use time::UtcDateTime;

use super::super::{Period, StatusRef, trusted_key};
use super::cbor::{self, Fields};
use super::cose::Signed;
use super::error::MdocError;
use super::item::Item;
use super::mso::Mso;
use crate::crypto::PublicKey;
use crate::pki::{Certificate, oid};
use crate::trust::encoding::base64url;

const WHAT: &str = "IssuerSigned";

/// What an issuer signed, and whose it is.
#[derive(Clone)]
pub struct Verified {
    /// Which kind of document.
    pub doc_type: String,
    /// The elements that are shown, by namespace and identifier. Bytes stand in base64url, a date
    /// or time as its text.
    pub elements: BTreeMap<String, BTreeMap<String, Json>>,
    /// The key that the holder has to prove.
    pub holder: PublicKey,
    /// When it is good.
    pub period: Period,
    /// Where its status stands, if it has one.
    pub status: Option<StatusRef>,
    /// Who signed it.
    pub issuer: Certificate,
}

impl Verified {
    /// An element of the namespace that has the document type's name.
    pub fn element(&self, name: &str) -> Option<&Json> {
        self.elements.get(&self.doc_type)?.get(name)
    }
}

impl std::fmt::Debug for Verified {
    // The elements are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verified")
            .field("doc_type", &self.doc_type)
            .field("period", &self.period)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Judges an IssuerSigned: chain to one of the anchors, signature, digests, times, country. The
/// status is not fetched, and nobody has proven the holder's key yet.
///
/// A document counts a minute before its first second, since clocks differ. The certificate has to
/// be valid at that moment too, so a document whose own times reach beyond
/// its signer's certificate ends with that.
///
/// # Errors
/// [`MdocError`].
pub fn verify(
    issuer_signed: &[u8],
    anchors: &[Certificate],
    at: UtcDateTime,
) -> Result<Verified, MdocError> {
    judge(Document::read(cbor::decode(WHAT, issuer_signed)?)?, anchors, at)
}

/// An IssuerSigned as it came, not yet believed.
pub(super) struct Document {
    pub(super) items: Vec<(String, Vec<Item>)>,
    pub(super) auth: Signed,
}

impl Document {
    pub(super) fn read(issuer_signed: Value) -> Result<Self, MdocError> {
        let mut fields = Fields::of(WHAT, issuer_signed)?;
        let mut items = Vec::new();
        if let Some(all) = fields.take("nameSpaces") {
            for namespace in cbor::named("nameSpaces", all)? {
                let (namespace, all) = namespace?;
                let all = cbor::array("nameSpaces", all)?.into_iter().map(Item::read);
                items.push((namespace, all.collect::<Result<_, _>>()?));
            }
        }
        let auth = Signed::read("issuerAuth", fields.need("issuerAuth")?)?;
        fields.end()?;
        Ok(Self { items, auth })
    }

    /// What is signed, as it says itself.
    pub(super) fn mso(&self) -> Result<Mso, MdocError> {
        let payload = self.auth.payload();
        Mso::read(payload.ok_or(MdocError::structure("issuerAuth", "a payload"))?)
    }
}

pub(super) fn judge(
    document: Document,
    anchors: &[Certificate],
    at: UtcDateTime,
) -> Result<Verified, MdocError> {
    let (key, issuer) = trusted_key(&document.auth.chain()?, anchors, Some(oid::MDL_DS), at)?;
    if !document.auth.is_by(&key, None)? {
        return Err(MdocError::BadSignature { by: issuer.subject() });
    }
    let Mso { doc_type, hash, digests, holder, period, status } = document.mso()?;
    if !issuer.validity().contains(period.signed()) {
        return Err(MdocError::SignedOutside { signed: period.signed(), by: issuer.subject() });
    }
    let (from, until) = (period.valid_from(), period.valid_until());
    if from.saturating_sub(super::AHEAD) > at || at.truncate_to_second() > until {
        return Err(MdocError::NotValid { at, from, until });
    }
    let mut elements = BTreeMap::new();
    for (namespace, items) in document.items {
        let signed = digests.get(&namespace);
        let mut ids = BTreeSet::new();
        let mut values = BTreeMap::new();
        for item in items {
            let digest = item.digest(hash)?;
            if signed.and_then(|d| d.get(&item.digest_id)) != Some(&digest) {
                return Err(MdocError::Digest { element: item.element });
            }
            if !ids.insert(item.digest_id) || values.contains_key(&item.element) {
                return Err(MdocError::Twice { element: item.element });
            }
            if item.element == "issuing_country" {
                let certificate = issuer.country();
                if certificate.is_none() || certificate.as_deref() != item.value.as_text() {
                    let certificate = certificate.unwrap_or_default();
                    return Err(MdocError::Country { certificate });
                }
            }
            values.insert(item.element, json(item.value)?);
        }
        elements.insert(namespace, values);
    }
    Ok(Verified { doc_type, elements, holder, period, status, issuer })
}

// As deep as the CBOR was, which was bounded before.
fn json(value: Value) -> Result<Json, MdocError> {
    let bad = || MdocError::structure("elementValue", "something that JSON has too");
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(b) => b.into(),
        Value::Text(text) => text.into(),
        Value::Bytes(bytes) => base64url::encode(bytes).into(),
        Value::Integer(n) => i64::try_from(n)
            .map(Json::from)
            .or_else(|_| u64::try_from(n).map(Json::from))
            .map_err(|_| bad())?,
        Value::Float(n) => serde_json::Number::from_f64(n).map(Json::from).ok_or_else(bad)?,
        Value::Tag(_, inner) => json(*inner)?,
        Value::Array(all) => Json::Array(all.into_iter().map(json).collect::<Result<_, _>>()?),
        Value::Map(all) => {
            let pair = |(key, value)| Ok((cbor::text("elementValue", key)?, json(value)?));
            Json::Object(all.into_iter().map(pair).collect::<Result<_, MdocError>>()?)
        }
        _ => return Err(bad()),
    })
}
