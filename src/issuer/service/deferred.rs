//! Requests that wait for somebody (OpenID4VCI clause 9): an office that confirms the phone first.

use serde_json::json;
use time::UtcDateTime;

use super::super::{Call, Code, Issuer, Refusal};
use super::credential::CredentialReply;
use super::{refused, secret};
use crate::crypto::{Hash, PublicKey};
use crate::issuance::oid4vci::{DeferredRequest, ResponseEncryption};
use crate::registry::{Denied, Grant, Reserve};
use crate::trust::encoding::base64url;

/// Seconds after which the wallet asks again.
const INTERVAL: u32 = 5;

impl Issuer {
    /// Answers a deferred credential request: the credentials of the request that waits, to the keys
    /// of that request, or again that it waits.
    ///
    /// # Errors
    /// [`Code::InvalidTransactionId`], and those of the credential endpoint.
    pub fn deferred(
        &self,
        call: &Call,
        content_type: &str,
        body: &[u8],
    ) -> Result<CredentialReply, Refusal> {
        let now = self.clock.now();
        let grant = self.grant_of(call, now)?.1;
        let (json, encrypted) = self.decrypted(content_type, body)?;
        let request =
            DeferredRequest::parse(&json).map_err(|e| Refusal::new(Code::of_message(&e), e))?;
        let encryption = request.credential_response_encryption.as_ref();
        if encryption.is_some() && !encrypted {
            return Err(Refusal::new(
                Code::InvalidEncryptionParameters,
                "a request that asks for an encrypted answer has to be encrypted itself",
            ));
        }
        let hash = secret::hash(&request.transaction_id);
        let (reserve, keys, confirmed) = self
            .registry
            .deferred(&hash, &grant.id, now)
            .map_err(|e| refused(&e, |_| Code::InvalidTransactionId))?;
        if !confirmed {
            let again = json!({ "transaction_id": request.transaction_id, "interval": INTERVAL });
            return self.reply(202, &again, encryption);
        }
        let answer = self.issue(&grant, &reserve, &keys, now)?;
        self.reply(200, &answer, encryption)
    }

    /// Lets a request wait. The keys are fixed with it; the same request again waits as the same.
    pub(super) fn wait(
        &self,
        grant: &Grant,
        reserve: &Reserve,
        keys: &[PublicKey],
        encryption: Option<&ResponseEncryption>,
        now: UtcDateTime,
    ) -> Result<CredentialReply, Refusal> {
        let mut parts: Vec<&[u8]> = vec![
            b"iccard transaction v1",
            self.keys.nonce.as_slice(),
            grant.id.as_bytes(),
            reserve.configuration.as_bytes(),
        ];
        parts.extend(reserve.keys.iter().map(|key| key.as_bytes().as_slice()));
        let transaction = base64url::encode(Hash::Sha256.digest(&parts));
        let code = |denied: &Denied| match denied {
            Denied::Used { .. } => Code::InvalidNonce,
            Denied::OtherKeys => Code::InvalidProof,
            _ => Code::CredentialRequestDenied,
        };
        self.registry
            .defer(&secret::hash(&transaction), reserve, keys, now)
            .map_err(|e| refused(&e, code))?;
        let later = json!({ "transaction_id": transaction, "interval": INTERVAL });
        self.reply(202, &later, encryption)
    }
}
