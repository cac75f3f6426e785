//! Showing an mdoc (ISO/IEC 18013-5 clauses 8.3.2.1.2.2 and 9.1.3): some of its elements, signed
//! with the holder's key for one request.

use std::collections::BTreeSet;

use ciborium::Value;
use time::UtcDateTime;

use super::cbor::{self, Fields};
use super::cose::{self, Signed};
use super::error::MdocError;
use super::verify::{Document, Verified, judge};
use super::{MAX_MDOC, Transcript};
use crate::crypto::SecretKey;
use crate::pki::Certificate;

const WHAT: &str = "DeviceResponse";
const VERSION: &str = "1.0";

/// A DeviceResponse with one document: the named elements and no other, and the holder's signature
/// over the request.
///
/// # Errors
/// [`MdocError::NoElement`] for one that the document does not have, [`MdocError::NotHolder`] for
/// another key than the one it is bound to, or what is wrong with the document. It is not verified.
pub fn present(
    issuer_signed: &[u8],
    elements: &[&str],
    transcript: &Transcript,
    key: &SecretKey,
) -> Result<Vec<u8>, MdocError> {
    let document = Document::read(cbor::decode("IssuerSigned", issuer_signed)?)?;
    let mso = document.mso()?;
    if mso.holder != key.public() {
        return Err(MdocError::NotHolder);
    }
    let mut missing: BTreeSet<&str> = elements.iter().copied().collect();
    let mut namespaces = Vec::new();
    for (namespace, items) in document.items {
        let mut shown = Vec::new();
        for item in items {
            if elements.contains(&item.element.as_str()) {
                missing.remove(item.element.as_str());
                shown.push(item.into_value());
            }
        }
        if !shown.is_empty() {
            namespaces.push((Value::from(namespace), Value::Array(shown)));
        }
    }
    if let Some(element) = missing.first() {
        return Err(MdocError::NoElement { element: (*element).to_owned() });
    }
    let map = |members: Vec<(&str, Value)>| {
        Value::Map(members.into_iter().map(|(k, v)| (Value::from(k), v)).collect())
    };
    let mut issuer_signed = Vec::new();
    if !namespaces.is_empty() {
        issuer_signed.push(("nameSpaces", Value::Map(namespaces)));
    }
    issuer_signed.push(("issuerAuth", document.auth.into_value()?));
    let own = no_namespaces()?;
    let message = transcript.authentication(&mso.doc_type, &own)?;
    let signature = cose::sign("deviceSignature", &message, true, &[], key)?;
    let auth = map(vec![("deviceSignature", signature)]);
    let document = map(vec![
        ("docType", mso.doc_type.into()),
        ("issuerSigned", map(issuer_signed)),
        ("deviceSigned", map(vec![("nameSpaces", own), ("deviceAuth", auth)])),
    ]);
    let response = cbor::encode(
        WHAT,
        &map(vec![
            ("version", VERSION.into()),
            ("documents", Value::Array(vec![document])),
            ("status", 0.into()),
        ]),
    )?;
    if response.len() > MAX_MDOC {
        return Err(MdocError::TooMuch { what: WHAT, limit: MAX_MDOC, got: response.len() });
    }
    Ok(response)
}

/// Judges a DeviceResponse with one document: what [`verify`](super::verify) judges, and that the
/// holder's key signed this document for this request.
///
/// A message authentication code instead of a signature is refused, for it needs a key of the
/// reader's (clause 9.1.3.5), and so are elements that the device would add itself: no issuer
/// vouches for them.
///
/// # Errors
/// [`MdocError`].
pub fn verify_presentation(
    response: &[u8],
    transcript: &Transcript,
    anchors: &[Certificate],
    at: UtcDateTime,
) -> Result<Verified, MdocError> {
    let mut fields = Fields::of(WHAT, cbor::decode(WHAT, response)?)?;
    if fields.need("version")?.as_text() != Some(VERSION) {
        return Err(MdocError::structure("version", "1.0"));
    }
    if cbor::uint("status", &fields.need("status")?)? != 0 {
        return Err(MdocError::structure("status", "0"));
    }
    let documents = cbor::array("documents", fields.need("documents")?)?;
    fields.end()?;
    let [document] = <[Value; 1]>::try_from(documents)
        .map_err(|_| MdocError::structure("documents", "one document"))?;
    let mut fields = Fields::of("Document", document)?;
    let stated = cbor::name("docType", fields.need("docType")?)?;
    let issued = Document::read(fields.need("issuerSigned")?)?;
    let mut device = Fields::of("deviceSigned", fields.need("deviceSigned")?)?;
    fields.end()?;
    let own = device.need("nameSpaces")?;
    let mut auth = Fields::of("deviceAuth", device.need("deviceAuth")?)?;
    device.end()?;
    let signature = Signed::read("deviceSignature", auth.need("deviceSignature")?)?;
    auth.end()?;

    let verified = judge(issued, anchors, at)?;
    if verified.doc_type != stated {
        return Err(MdocError::DocType { stated, signed: verified.doc_type });
    }
    if own != no_namespaces()? {
        return Err(MdocError::structure("deviceSigned", "no element of the device's own"));
    }
    let message = transcript.authentication(&verified.doc_type, &own)?;
    if !signature.is_by(&verified.holder, Some(&message))? {
        return Err(MdocError::NotHolder);
    }
    Ok(verified)
}

// DeviceNameSpacesBytes of none.
fn no_namespaces() -> Result<Value, MdocError> {
    Ok(cbor::embed(cbor::encode("deviceSigned", &Value::Map(Vec::new()))?))
}
