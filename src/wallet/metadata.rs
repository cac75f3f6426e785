//! What the wallet reads of an issuer's metadata (OpenID4VCI clause 12.2, RFC 8414).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::WalletError;
use super::http::{Http, Reply, origin};
use crate::trust::encoding::json_fault;

/// An issuer, as far as the wallet speaks to it. All its addresses are of one origin, so that no
/// token leaves it.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    pub(super) url: String,
    pub(super) credential: String,
    pub(super) nonce: String,
    pub(super) deferred: Option<String>,
    pub(super) notification: Option<String>,
    pub(super) token: String,
    pub(super) challenge: Option<String>,
    /// The formats by configuration.
    pub(super) formats: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawIssuer {
    credential_issuer: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    credential_endpoint: String,
    nonce_endpoint: Option<String>,
    deferred_credential_endpoint: Option<String>,
    notification_endpoint: Option<String>,
    credential_configurations_supported: BTreeMap<String, RawConfiguration>,
}

#[derive(Deserialize)]
struct RawConfiguration {
    format: String,
}

#[derive(Deserialize)]
struct RawServer {
    issuer: String,
    token_endpoint: String,
    challenge_endpoint: Option<String>,
}

const STEP: &str = "read the issuer's metadata";

impl Metadata {
    /// Fetches it from the issuer of that address. It has to say that it is that issuer, character
    /// by character (OpenID4VCI clause 12.2.4): nobody else is spoken to, whatever a QR code says.
    ///
    /// # Errors
    /// [`WalletError::OtherIssuer`], [`WalletError::Answer`], those of [`Http::get`].
    pub(super) fn fetch(http: &Http, url: &str) -> Result<Self, WalletError> {
        let url = url.trim_end_matches('/');
        let own = origin(url)?;
        let address = well_known(url, "openid-credential-issuer")?;
        let issuer: RawIssuer = json(STEP, &http.get(STEP, &address, "application/json")?)?;
        same(url, &issuer.credential_issuer)?;
        match issuer.authorization_servers.as_slice() {
            [] => {}
            [one] if one == url => {}
            [other, ..] => return Err(answer("an issuer that is its own server", other)),
        }
        let address = well_known(url, "oauth-authorization-server")?;
        let server: RawServer = json(STEP, &http.get(STEP, &address, "application/json")?)?;
        same(url, &server.issuer)?;
        let here = |address: String| {
            if origin(&address)? == own { Ok(address) } else { Err(answer(&own, &address)) }
        };
        let nonce = issuer.nonce_endpoint.ok_or_else(|| answer("a nonce endpoint", "none"))?;
        Ok(Self {
            url: url.to_owned(),
            credential: here(issuer.credential_endpoint)?,
            nonce: here(nonce)?,
            deferred: issuer.deferred_credential_endpoint.map(here).transpose()?,
            notification: issuer.notification_endpoint.map(here).transpose()?,
            token: here(server.token_endpoint)?,
            challenge: server.challenge_endpoint.map(here).transpose()?,
            formats: issuer
                .credential_configurations_supported
                .into_iter()
                .take(32)
                .map(|(id, configuration)| (id, configuration.format))
                .collect(),
        })
    }
}

/// The address of a well-known document: between host and path (RFC 8615, OpenID4VCI clause
/// 12.2.2).
pub(super) fn well_known(url: &str, name: &str) -> Result<String, WalletError> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let address = format!("{scheme}://{host}/.well-known/{name}{path}");
    origin(&address).map(|_| address)
}

fn same(expected: &str, got: &str) -> Result<(), WalletError> {
    if expected == got {
        return Ok(());
    }
    let (expected, got) = (expected.to_owned(), shown(got));
    Err(WalletError::OtherIssuer { expected, got })
}

fn answer(expected: &str, got: &str) -> WalletError {
    WalletError::Answer { step: STEP, expected: expected.to_owned(), got: shown(got) }
}

// As much of a stranger's text as a message needs, and nothing that a terminal would obey.
pub(super) fn shown(text: &str) -> String {
    let shown = text.chars().take(200);
    shown.map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// The JSON of an answer, or the refusal that it is.
pub(super) fn json<T: DeserializeOwned>(
    step: &'static str,
    reply: &Reply,
) -> Result<T, WalletError> {
    accepted(step, reply)?;
    serde_json::from_slice(&reply.body).map_err(|e| WalletError::Answer {
        step,
        expected: "JSON of the standard's form".into(),
        got: json_fault(&e),
    })
}

/// Nothing where the answer is one of success; else the refusal, by its code.
pub(super) fn accepted(step: &'static str, reply: &Reply) -> Result<(), WalletError> {
    if (200..300).contains(&reply.status) {
        return Ok(());
    }
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |name: &str| shown(body.get(name).and_then(Value::as_str).unwrap_or_default());
    Err(WalletError::Refused {
        step,
        status: reply.status,
        code: text("error"),
        description: text("error_description"),
        retry_after: reply.retry_after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_documents_stand_between_host_and_path() {
        let at = |url: &str| well_known(url, "x").unwrap();
        assert_eq!(at("https://a.example"), "https://a.example/.well-known/x");
        assert_eq!(at("https://a.example/b/c"), "https://a.example/.well-known/x/b/c");
        assert!(well_known("http://a.example", "x").is_err());
        assert!(well_known("nothing", "x").is_err());
    }
}
