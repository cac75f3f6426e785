//! The credential offer (clause 4.1), as JSON and as the URI of a QR code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::super::json;
use super::error::{ErrorCode, MessageError};
use super::form::{Form, encode};
use super::{MAX_TEXT, PRE_AUTHORIZED_CODE};

const MESSAGE: &str = "credential offer";
const SCHEME: &str = "openid-credential-offer";
/// A QR code has fewer than 3,000 bytes, a link may have more.
const MAX_OFFER: usize = 64 << 10;
const MAX_CONFIGURATIONS: usize = 64;

fn wrong(detail: impl std::fmt::Display) -> MessageError {
    MessageError::new(ErrorCode::InvalidRequest, MESSAGE, detail)
}

/// What an issuer offers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CredentialOffer {
    /// Who offers.
    pub credential_issuer: String,
    /// What is offered.
    pub credential_configuration_ids: Vec<String>,
    /// With what it is fetched, by grant type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    grants: BTreeMap<String, serde_json::Value>,
}

/// A code that needs no authorisation any more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreAuthorized {
    /// The code.
    #[serde(rename = "pre-authorized_code")]
    pub code: Zeroizing<String>,
    /// That a transaction code is needed besides: also where the object is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tx_code: Option<TxCode>,
}

/// What the transaction code looks like, for those who type it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxCode {
    /// Digits or any text.
    #[serde(default)]
    pub input_mode: InputMode,
    /// Its length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u16>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What a transaction code is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputMode {
    /// Digits.
    #[default]
    Numeric,
    /// Any characters.
    Text,
}

impl CredentialOffer {
    /// An offer of these credentials for a pre-authorised code.
    pub fn new(issuer: &str, configurations: &[&str], grant: &PreAuthorized) -> Self {
        let grant = serde_json::to_value(grant).unwrap_or_default();
        Self {
            credential_issuer: issuer.to_owned(),
            credential_configuration_ids: configurations.iter().map(|id| (*id).into()).collect(),
            grants: [(PRE_AUTHORIZED_CODE.to_owned(), grant)].into(),
        }
    }

    /// Reads an offer.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        if body.len() > MAX_OFFER {
            let got = body.len();
            return Err(wrong(format_args!("at most {MAX_OFFER} bytes are taken, {got} came")));
        }
        let offer: Self = json::object(body).and_then(json::typed).map_err(wrong)?;
        let ids = &offer.credential_configuration_ids;
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        if ids.is_empty() || ids.len() > MAX_CONFIGURATIONS || distinct.len() != ids.len() {
            return Err(wrong("credential_configuration_ids: 1 to 64 different ones expected"));
        }
        if offer.credential_issuer.is_empty() || offer.credential_issuer.len() > MAX_TEXT {
            return Err(wrong("credential_issuer: the issuer's URL expected"));
        }
        offer.pre_authorized()?;
        Ok(offer)
    }

    /// The pre-authorised code, where the offer has one.
    ///
    /// # Errors
    /// [`MessageError`] where that grant is not of this form.
    pub fn pre_authorized(&self) -> Result<Option<PreAuthorized>, MessageError> {
        let Some(grant) = self.grants.get(PRE_AUTHORIZED_CODE) else { return Ok(None) };
        let grant = grant.as_object().cloned();
        let grant = grant
            .ok_or_else(|| "the grant of a pre-authorised code: an object expected".to_owned());
        let grant: PreAuthorized = grant.and_then(json::typed).map_err(wrong)?;
        if grant.code.is_empty() || grant.code.len() > MAX_TEXT {
            return Err(wrong(format_args!("pre-authorized_code: 1 to {MAX_TEXT} bytes expected")));
        }
        Ok(Some(grant))
    }

    /// The offer itself as the URI of a QR code.
    pub fn to_uri(&self) -> Zeroizing<String> {
        let json = Zeroizing::new(serde_json::to_string(self).unwrap_or_default());
        uri("credential_offer", &json)
    }
}

impl std::fmt::Debug for CredentialOffer {
    // The code is secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialOffer")
            .field("credential_issuer", &self.credential_issuer)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for PreAuthorized {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreAuthorized").field("tx_code", &self.tx_code).finish_non_exhaustive()
    }
}

/// What a QR code holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferRef {
    /// The offer.
    Offer(CredentialOffer),
    /// Where it is to be fetched.
    Uri(String),
}

impl OfferRef {
    /// Reads the URI of a QR code or a link: whatever its scheme, its query holds the offer or says
    /// where it is, and not both (clause 4.1).
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn parse(uri: &str) -> Result<Self, MessageError> {
        let uri = uri.trim_ascii();
        if uri.len() > MAX_OFFER {
            return Err(wrong(format_args!("at most {MAX_OFFER} bytes are taken")));
        }
        let query = uri.split_once('?').filter(|(before, _)| before.contains(':'));
        let query = query.map(|(_, query)| query.split('#').next().unwrap_or_default());
        let query = query.ok_or_else(|| wrong(format_args!("{SCHEME}://?... expected")))?;
        let form = Form::parse(query.as_bytes()).map_err(wrong)?;
        match (form.get("credential_offer"), form.get("credential_offer_uri")) {
            (Some(offer), None) => CredentialOffer::parse(offer.as_bytes()).map(Self::Offer),
            (None, Some(uri)) if uri.len() <= MAX_TEXT => Ok(Self::Uri(uri.to_owned())),
            _ => Err(wrong("credential_offer or credential_offer_uri expected")),
        }
    }

    /// The URI of a QR code for an offer that is fetched there.
    pub fn to_uri(address: &str) -> Zeroizing<String> {
        uri("credential_offer_uri", address)
    }
}

fn uri(parameter: &str, value: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(format!("{SCHEME}://?{parameter}="));
    encode(value, &mut out);
    out
}
