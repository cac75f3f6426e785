//! The request itself: device keys, binding and evidence in a JSON Web Signature.

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, EllipticCurveKeyParameters, EllipticCurveKeyType, Jwk,
};
use jsonwebtoken::{Algorithm, Header};
use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use super::challenge::Session;
use super::jwk::{JwkError, RawJwk, thumbprint};
use super::jws;
use super::keys::{DeviceKeys, MAX_DEVICE_KEYS, commitment};
use super::value::{Commitment, Nonce, SessionId, Thumbprint};
use crate::crypto::{PublicKey, SecretKey};
use crate::trust::Evidence;
use crate::trust::encoding::{Schema, base64url, json_fault, rfc3339};

/// The most bytes of a request that are read or made.
pub const MAX_REQUEST: usize = 1 << 20;
const MAX_HEADER: usize = 4 << 10;

/// The media type of a request, without `application/`.
pub const TYP: &str = "iccard-tap-request+jwt";

/// A request for a credential: opened, its form and signature checked, its binding and evidence
/// not yet. [`verify`](super::verify) does all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialRequest {
    /// When the device says that it signed.
    pub issued_at: UtcDateTime,
    /// The session it is for.
    pub session: SessionId,
    /// The session's nonce.
    pub nonce: Nonce,
    /// The keys to which the credential is to be bound.
    pub device_keys: Vec<PublicKey>,
    /// The key that signed the request.
    pub signed_by: PublicKey,
    /// The binding, as the device computed it.
    pub bind: [u8; 32],
    /// What the tap brought home.
    pub evidence: Evidence,
}

/// Why a request is not made, or is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// More bytes than a request may have.
    #[error("request: at most {limit} bytes are taken, {got} came")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// How many came.
        got: usize,
    },
    /// Text that is no compact JWS: three parts in base64url with dots between (RFC 7515 clause
    /// 3.1).
    #[error("request: three base64url parts with dots between expected (a compact JWS)")]
    NotJws,
    /// A header that is not of this form.
    #[error("request header: {detail}")]
    Header {
        /// What is wrong.
        detail: String,
    },
    /// Another algorithm than the only one taken, `none` among them.
    #[error("request header: alg ES256 expected, {got:?} came")]
    Algorithm {
        /// What came.
        got: String,
    },
    /// Another kind of token.
    #[error("request header: typ {TYP:?} expected, {got:?} came")]
    Type {
        /// What came.
        got: String,
    },
    /// The key in the header, or one of the device keys, is refused.
    #[error("request, {place}: {source}")]
    Key {
        /// Where it stands.
        place: &'static str,
        /// Why.
        source: JwkError,
    },
    /// The signature is not one of the header's key over these bytes: something was altered.
    #[error("request: the signature does not verify with the key in its header")]
    BadSignature,
    /// Signed claims that are not of this form.
    #[error("request payload: {detail}")]
    Payload {
        /// What is wrong.
        detail: String,
    },
    /// No device key, too many, or one twice.
    #[error("request: 1 to {MAX_DEVICE_KEYS} different device keys expected, {got} came")]
    KeyCount {
        /// How many.
        got: usize,
    },
    /// The keys at hand are not those the session was made for.
    #[error(
        "these device keys are not those the session was made for: H_dev {expected} expected, {got} came"
    )]
    KeysNotCommitted {
        /// H_dev of the session.
        expected: Commitment,
        /// H_dev of the keys.
        got: Commitment,
    },
    /// The session is over.
    #[error("the session ended at {}, now it is {}", rfc3339::text(*.expires_at), rfc3339::text(*.now))]
    Expired {
        /// When it ended.
        expires_at: UtcDateTime,
        /// When it was tried.
        now: UtcDateTime,
    },
    /// The tap was made for another session or device.
    #[error("the card signed challenge {got}, this session and device demand {expected}")]
    NotBound {
        /// The binding, or for Active Authentication its first eight bytes, hexadecimal.
        expected: String,
        /// The challenge of the evidence, hexadecimal.
        got: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHeader {
    alg: String,
    #[serde(default)]
    typ: String,
    jwk: Option<RawJwk>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    schema: Schema,
    iat: u32,
    session: SessionId,
    nonce: Nonce,
    device_keys: Vec<RawJwk>,
    #[serde(with = "base64url")]
    bind: [u8; 32],
    evidence: Evidence,
}

impl CredentialRequest {
    /// Makes the request of a device in a session, signed by the device's first key. The signature
    /// is deterministic (RFC 6979).
    ///
    /// # Errors
    /// [`RequestError::KeysNotCommitted`], [`RequestError::Expired`], [`RequestError::NotBound`]:
    /// what the verifier would refuse is not even made. [`RequestError::TooLarge`].
    pub fn sign(
        keys: &DeviceKeys,
        session: &Session,
        evidence: Evidence,
        now: UtcDateTime,
    ) -> Result<String, RequestError> {
        Self::sign_for(keys.signing_key(), &keys.public(), session, evidence, now)
    }

    /// Makes the request of a wallet in a session: one key signs its requests, that of its DPoP
    /// proofs, and the credential is for other keys, to which it committed. What the card signed has
    /// to be bound to both.
    ///
    /// # Errors
    /// As [`Self::sign`].
    pub fn sign_for(
        signing_key: &SecretKey,
        device_keys: &[PublicKey],
        session: &Session,
        evidence: Evidence,
        now: UtcDateTime,
    ) -> Result<String, RequestError> {
        let (expected, got) = (session.h_dev, commitment(device_keys));
        if expected != got {
            return Err(RequestError::KeysNotCommitted { expected, got });
        }
        if now > session.expires_at {
            return Err(RequestError::Expired { expires_at: session.expires_at, now });
        }
        let binding = session.binding(&thumbprint(&signing_key.public()));
        let expected = binding.challenge();
        if let Some(active) = &evidence.active_authentication
            && active.challenge != expected
        {
            let (expected, got) = (hex::encode(expected), hex::encode(active.challenge));
            return Err(RequestError::NotBound { expected, got });
        }
        if let Some(signed) = &evidence.key_only
            && signed.challenge != *binding.as_bytes()
        {
            let (expected, got) = (hex::encode(binding.as_bytes()), hex::encode(signed.challenge));
            return Err(RequestError::NotBound { expected, got });
        }
        let claims = Claims {
            schema: Schema,
            iat: u32::try_from(now.unix_timestamp()).unwrap_or_default(),
            session: session.id,
            nonce: session.nonce,
            device_keys: device_keys.iter().map(RawJwk::public).collect(),
            bind: *binding.as_bytes(),
            evidence,
        };
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(TYP.to_owned());
        header.jwk = Some(header_jwk(&signing_key.public()));
        let token = jws::sign(&header, &claims, signing_key)
            .map_err(|e| RequestError::Payload { detail: e.to_string() })?;
        if token.len() > MAX_REQUEST {
            return Err(RequestError::TooLarge { limit: MAX_REQUEST, got: token.len() });
        }
        Ok(token)
    }

    /// Opens a request: its form, its header, its signature by the key in the header, its payload,
    /// in this order. White space around it is passed over.
    ///
    /// # Errors
    /// [`RequestError`], by the first thing that is wrong.
    pub fn open(token: &str) -> Result<Self, RequestError> {
        let token = token.trim_ascii();
        if token.len() > MAX_REQUEST {
            return Err(RequestError::TooLarge { limit: MAX_REQUEST, got: token.len() });
        }
        let parts: Vec<&str> = token.splitn(4, '.').collect();
        let [header, payload, _] = parts[..] else { return Err(RequestError::NotJws) };
        if header.len() > MAX_HEADER {
            return Err(RequestError::TooLarge { limit: MAX_HEADER, got: header.len() });
        }
        let header = base64url::decode(header).map_err(|_| RequestError::NotJws)?;
        let signed_by = header_key(&header)?;
        if !jws::is_signed_by(token, &signed_by) {
            return Err(RequestError::BadSignature);
        }
        let malformed = |detail: String| RequestError::Payload { detail };
        let payload = base64url::decode(payload).map_err(|_| RequestError::NotJws)?;
        let claims: Claims =
            serde_json::from_slice(&payload).map_err(|e| malformed(json_fault(&e)))?;
        let got = claims.device_keys.len();
        if got == 0 || got > MAX_DEVICE_KEYS {
            return Err(RequestError::KeyCount { got });
        }
        let mut device_keys: Vec<PublicKey> = Vec::with_capacity(got);
        for jwk in &claims.device_keys {
            let key = jwk.to_public();
            let key = key.map_err(|source| RequestError::Key { place: "device keys", source })?;
            if device_keys.contains(&key) {
                return Err(RequestError::KeyCount { got });
            }
            device_keys.push(key);
        }
        let issued_at = UtcDateTime::from_unix_timestamp(claims.iat.into())
            .map_err(|e| malformed(e.to_string()))?;
        Ok(Self {
            issued_at,
            session: claims.session,
            nonce: claims.nonce,
            device_keys,
            signed_by,
            bind: claims.bind,
            evidence: claims.evidence,
        })
    }

    /// The thumbprint of the key that signed it.
    pub fn jkt(&self) -> Thumbprint {
        thumbprint(&self.signed_by)
    }
}

fn header_key(json: &[u8]) -> Result<PublicKey, RequestError> {
    let header: RawHeader = serde_json::from_slice(json)
        .map_err(|e| RequestError::Header { detail: json_fault(&e) })?;
    if header.alg != "ES256" {
        return Err(RequestError::Algorithm { got: header.alg });
    }
    if header.typ != TYP {
        return Err(RequestError::Type { got: header.typ });
    }
    let jwk = header.jwk.ok_or_else(|| RequestError::Header { detail: "jwk is missing".into() })?;
    jwk.to_public().map_err(|source| RequestError::Key { place: "header", source })
}

fn header_jwk(key: &PublicKey) -> Jwk {
    let parameters = EllipticCurveKeyParameters {
        key_type: EllipticCurveKeyType::EC,
        curve: EllipticCurve::P256,
        x: base64url::encode(key.x()),
        y: base64url::encode(key.y()),
    };
    Jwk {
        common: jsonwebtoken::jwk::CommonParameters::default(),
        algorithm: AlgorithmParameters::EllipticCurve(parameters),
    }
}
