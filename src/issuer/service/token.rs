//! The token endpoint (OpenID4VCI clause 6, RFC 6749 clause 6, RFC 9449 clause 5).

use serde_json::{Value, json};
use time::UtcDateTime;

use super::super::{Call, Client, Code, Issuer, Refusal};
use super::{refused, secret};
use crate::issuance::Thumbprint;
use crate::issuance::oid4vci::{GrantType, TokenRequest};
use crate::registry::{AccessTokens, Claim, Denied};

impl Issuer {
    /// Answers a token request: a pre-authorised code, or a refresh token.
    ///
    /// # Errors
    /// By the standard's codes; the register is as it was, but for counted failures.
    pub fn token(&self, call: &Call, form: &[u8]) -> Result<Value, Refusal> {
        let now = self.clock.now();
        let request =
            TokenRequest::parse(form).map_err(|e| Refusal::new(Code::of_message(&e), e))?;
        let client = self.authenticate(call, None, now)?;
        let instance = instance_of(&client)?;
        let (access, refresh) = (secret::new(), secret::new());
        let tokens = AccessTokens {
            access: secret::hash(&access),
            access_expires: now + self.settings.token_life,
            refresh: secret::hash(&refresh),
        };
        match &request.grant {
            GrantType::PreAuthorizedCode { code, tx_code } => {
                let claim = Claim {
                    code: secret::hash(code),
                    tx_code: tx_code.as_ref().map(|code| secret::hash(code)),
                    jkt: client.jkt,
                    instance,
                    tokens,
                };
                self.claim(&claim, now)?;
            }
            GrantType::RefreshToken { token } => {
                let refresh = secret::hash(token);
                self.registry
                    .refresh(&refresh, &client.jkt, &instance, &tokens, now)
                    .map_err(|e| refused(&e, |_| Code::InvalidGrant))?;
            }
        }
        Ok(json!({
            "access_token": access.as_str(),
            "token_type": "DPoP",
            "expires_in": self.settings.token_life.whole_seconds(),
            "refresh_token": refresh.as_str(),
        }))
    }

    fn claim(&self, claim: &Claim, now: UtcDateTime) -> Result<(), Refusal> {
        let code = |denied: &Denied| match denied {
            Denied::TxCode { .. } => Code::InvalidRequest,
            _ => Code::InvalidGrant,
        };
        self.registry.claim(claim, now).map(drop).map_err(|e| refused(&e, code))
    }
}

/// The wallet's instance, which every request but those with a token has to show.
pub(in crate::issuer) fn instance_of(client: &Client) -> Result<Thumbprint, Refusal> {
    client.instance.ok_or_else(|| {
        Refusal::new(
            Code::InvalidClient,
            "the headers OAuth-Client-Attestation and OAuth-Client-Attestation-PoP are needed",
        )
    })
}
