//! The credential request (clause 8.2) and the deferred one (clause 9.1).

use serde_json::{Map, Value};

use super::super::{jwk, proof::jwe};
use super::error::{ErrorCode, MessageError, Reading};
use super::{MAX_PROOFS, MAX_TEXT};

const MESSAGE: &str = "credential request";
const DEFERRED: &str = "deferred credential request";

/// A credential request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialRequest {
    /// Which credential. `credential_identifier`, which could stand instead, is for issuers whose
    /// token response names such; ours does not.
    pub credential_configuration_id: String,
    /// The proofs of the holder's keys.
    pub proofs: Proofs,
    /// To whom the answer is encrypted.
    pub credential_response_encryption: Option<ResponseEncryption>,
}

/// The proofs of one request, all of one type (clause 8.2), not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proofs {
    /// Appendix F.1: one for each key.
    Jwt(Vec<String>),
    /// Appendix F.3: one for all keys.
    Attestation(String),
}

/// To whom an answer is encrypted, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseEncryption {
    /// The key and the algorithms.
    pub recipient: jwe::Recipient,
}

impl CredentialRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// [`MessageError`] with the code of clause 8.3.1.2 that fits.
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        let reading = Reading::open(MESSAGE, ErrorCode::InvalidCredentialRequest, body)?;
        if reading.members.contains_key("credential_identifier") {
            if reading.members.contains_key("credential_configuration_id") {
                return Err(reading.wrong(
                    "credential_configuration_id or credential_identifier expected, both came",
                ));
            }
            let detail = "this issuer gives no credential identifiers; \
                          credential_configuration_id expected";
            let code = ErrorCode::UnknownCredentialIdentifier;
            return Err(MessageError::new(code, MESSAGE, detail));
        }
        if reading.members.contains_key("format")
            && !reading.members.contains_key("credential_configuration_id")
        {
            return Err(reading.wrong(
                "format is of earlier drafts; OpenID4VCI 1.0 has credential_configuration_id",
            ));
        }
        let credential_configuration_id = reading.text("credential_configuration_id", MAX_TEXT)?;
        let proofs = proofs(&reading.members)?;
        let credential_response_encryption = encryption(MESSAGE, &reading.members)?;
        Ok(Self { credential_configuration_id, proofs, credential_response_encryption })
    }
}

fn proofs(members: &Map<String, Value>) -> Result<Proofs, MessageError> {
    let wrong = |detail: &str| {
        MessageError::new(ErrorCode::InvalidProof, MESSAGE, format_args!("{detail}"))
    };
    if members.contains_key("proof") {
        return Err(wrong("proof is of earlier drafts; OpenID4VCI 1.0 has proofs, with lists"));
    }
    let given = members.get("proofs").ok_or_else(|| wrong("proofs is missing"))?;
    let given = given.as_object().ok_or_else(|| wrong("proofs: an object expected"))?;
    let mut types = given.iter();
    let (Some((name, list)), None) = (types.next(), types.next()) else {
        return Err(wrong("proofs: exactly one type of proof expected"));
    };
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let list: Option<Vec<String>> = list
        .as_array()
        .filter(|list| (1..=MAX_PROOFS).contains(&list.len()))
        .and_then(|list| list.iter().map(text).collect());
    let count = || wrong("proofs: a list of 1 to 64 texts expected");
    match name.as_str() {
        "jwt" => list.map(Proofs::Jwt).ok_or_else(count),
        "attestation" => match list.ok_or_else(count)?.as_slice() {
            [one] => Ok(Proofs::Attestation(one.clone())),
            _ => Err(wrong("proofs: exactly one attestation expected")),
        },
        _ => Err(wrong("proofs: type jwt or attestation expected")),
    }
}

fn encryption(
    message: &'static str,
    members: &Map<String, Value>,
) -> Result<Option<ResponseEncryption>, MessageError> {
    const NAME: &str = "credential_response_encryption";
    let wrong = |detail: &dyn std::fmt::Display| {
        let detail = format_args!("{NAME}: {detail}");
        MessageError::new(ErrorCode::InvalidEncryptionParameters, message, detail)
    };
    let Some(given) = members.get(NAME) else { return Ok(None) };
    let given = given.as_object().ok_or_else(|| wrong(&"an object expected"))?;
    let key = given.get("jwk").ok_or_else(|| wrong(&"jwk is missing"))?;
    let kid = match key.get("kid") {
        None => None,
        Some(Value::String(kid)) if kid.len() <= MAX_TEXT => Some(kid.clone()),
        Some(_) => return Err(wrong(&"jwk: kid is no text of that length")),
    };
    let key = jwk::foreign(key, jwk::Use::Encryption).map_err(|e| wrong(&e))?;
    let enc = given.get("enc").and_then(Value::as_str).and_then(jwe::Enc::of);
    let enc = enc.ok_or_else(|| wrong(&"enc: A128GCM or A256GCM expected"))?;
    let zip = match given.get("zip") {
        None => false,
        Some(Value::String(zip)) if zip == "DEF" => true,
        Some(_) => return Err(wrong(&"zip: DEF expected")),
    };
    Ok(Some(ResponseEncryption { recipient: jwe::Recipient { key, kid, enc, zip } }))
}

/// A deferred credential request.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeferredRequest {
    /// What the answer 202 had.
    pub transaction_id: String,
    /// To whom the answer is encrypted.
    pub credential_response_encryption: Option<ResponseEncryption>,
}

impl DeferredRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidTransactionId`], [`ErrorCode::InvalidCredentialRequest`],
    /// [`ErrorCode::InvalidEncryptionParameters`].
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        let reading = Reading::open(DEFERRED, ErrorCode::InvalidCredentialRequest, body)?;
        let transaction_id = reading
            .text("transaction_id", MAX_TEXT)
            .map_err(|e| MessageError { code: ErrorCode::InvalidTransactionId, ..e })?;
        let credential_response_encryption = encryption(DEFERRED, &reading.members)?;
        Ok(Self { transaction_id, credential_response_encryption })
    }
}

impl std::fmt::Debug for DeferredRequest {
    // Whoever has the identifier and the token gets the credential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeferredRequest").finish_non_exhaustive()
    }
}
