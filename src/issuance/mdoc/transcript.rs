//! SessionTranscript (ISO/IEC 18013-5 clause 9.1.5.1): what a presentation is bound to.

use ciborium::Value;

use super::super::Thumbprint;
use super::cbor;
use super::error::MdocError;
use crate::crypto::Hash;

const WHAT: &str = "SessionTranscript";

/// The request that a presentation answers. A signature over one is worth nothing for another.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript(Value);

impl Transcript {
    /// That of a request by redirect (OpenID4VP 1.0 appendix B.2.6.1): who asks, its nonce, the key
    /// that the response is encrypted to, if it is, and where the response goes.
    ///
    /// # Errors
    /// None that a text could cause.
    pub fn openid4vp(
        client_id: &str,
        nonce: &str,
        encrypted_to: Option<&Thumbprint>,
        response_uri: &str,
    ) -> Result<Self, MdocError> {
        let (client, nonce, uri) = (client_id.into(), nonce.into(), response_uri.into());
        Self::handover("OpenID4VPHandover", vec![client, nonce, key(encrypted_to), uri])
    }

    /// That of a request through the Digital Credentials API (OpenID4VP 1.0 appendix B.2.6.2).
    ///
    /// # Errors
    /// None that a text could cause.
    pub fn openid4vp_dc_api(
        origin: &str,
        nonce: &str,
        encrypted_to: Option<&Thumbprint>,
    ) -> Result<Self, MdocError> {
        let info = vec![origin.into(), nonce.into(), key(encrypted_to)];
        Self::handover("OpenID4VPDCAPIHandover", info)
    }

    fn handover(name: &str, info: Vec<Value>) -> Result<Self, MdocError> {
        let info = cbor::encode(WHAT, &Value::Array(info))?;
        let hash = Value::Bytes(Hash::Sha256.digest(&[&info]));
        let handover = Value::Array(vec![name.into(), hash]);
        Ok(Self(Value::Array(vec![Value::Null, Value::Null, handover])))
    }

    /// Its bytes.
    ///
    /// # Errors
    /// None that a text could cause.
    pub fn to_cbor(&self) -> Result<Vec<u8>, MdocError> {
        cbor::encode(WHAT, &self.0)
    }

    /// DeviceAuthenticationBytes (ISO/IEC 18013-5 clause 9.1.3.4): what the holder's key signs.
    pub(super) fn authentication(
        &self,
        doc_type: &str,
        device_namespaces: &Value,
    ) -> Result<Vec<u8>, MdocError> {
        let name = "DeviceAuthentication";
        let all = vec![name.into(), self.0.clone(), doc_type.into(), device_namespaces.clone()];
        let bytes = cbor::encode(name, &Value::Array(all))?;
        cbor::encode(name, &cbor::embed(bytes))
    }
}

fn key(thumbprint: Option<&Thumbprint>) -> Value {
    thumbprint.map_or(Value::Null, |t| Value::Bytes(t.as_bytes().to_vec()))
}
