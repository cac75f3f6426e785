//! Showing a credential to a verifier who asked with a nonce (OpenID4VP 1.0).

use time::UtcDateTime;

use super::error::WalletError;
use super::own;
use super::state::{Held, State};
use crate::issuance::mdoc::{self, Transcript};
use crate::issuance::sd_jwt;
use crate::trust::encoding::base64url;

/// What a verifier asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its name: client_id.
    pub client_id: &'a str,
    /// Its nonce.
    pub nonce: &'a str,
    /// Where the answer goes, which an mdoc's signature covers.
    pub response_uri: &'a str,
    /// The claims, by their names; everything else stays hidden.
    pub claims: &'a [&'a str],
}

/// The presentation of a held credential: for an SD-JWT VC the text with its key binding, for an
/// mdoc the DeviceResponse in base64url, each as it stands in a `vp_token`.
///
/// # Errors
/// [`WalletError::Credential`] for a claim that the credential does not have.
pub fn present(
    state: &State,
    held: &Held,
    request: &Request<'_>,
    now: UtcDateTime,
) -> Result<String, WalletError> {
    let refuse = |detail: String| WalletError::Credential {
        configuration: held.configuration.clone(),
        detail,
    };
    let key = state.holders.get(held.key).ok_or(WalletError::Nothing { what: "holder key" })?;
    let (key, credential) = (key.secret(), held.credential.as_str());
    let Request { client_id, nonce, response_uri, claims } = *request;
    if held.format == own::MDOC {
        let bytes = base64url::decode(credential).map_err(|e| refuse(e.to_string()))?;
        let transcript = Transcript::openid4vp(client_id, nonce, None, response_uri);
        let transcript = transcript.map_err(|e| refuse(e.to_string()))?;
        let shown = mdoc::present(&bytes, claims, &transcript, key);
        return shown.map(base64url::encode).map_err(|e| refuse(e.to_string()));
    }
    let audience = sd_jwt::Audience { aud: client_id, nonce };
    sd_jwt::present(credential, claims, audience, key, now).map_err(|e| refuse(e.to_string()))
}
