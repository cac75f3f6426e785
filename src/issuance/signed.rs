//! JSON Web Signatures of a stranger: taken apart strictly, and signed by a chain of certificates
//! (RFC 7515 clause 4.1.6, RFC 7518 clause 3.4, RFC 8725).

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, Header};
use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use super::signer::{MAX_CHAIN, Signer, SignerError, trusted_key};
use super::{jws, shown};
use crate::crypto::{Curve, PublicKey, SecretKey};
use crate::pki::{Certificate, Oid};
use crate::trust::encoding::{base64url, json_fault};

/// The longest protected header, in characters.
const MAX_HEADER: usize = 32 << 10;
/// The longest certificate in base64.
const MAX_CERTIFICATE: usize = 8 << 10;

/// Why a JSON Web Signature is refused, or cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignedError {
    /// Longer than anything of its kind.
    #[error("JWS: at most {most} characters expected, {got} came")]
    TooLarge {
        /// The most.
        most: usize,
        /// How long it is.
        got: usize,
    },
    /// Not header, payload and signature in base64url (RFC 7515 clause 7.1).
    #[error("JWS: header.payload.signature in base64url expected (RFC 7515, 7.1)")]
    Form,
    /// A header or payload that is not the JSON it should be.
    #[error("JWS: {part}: {fault}")]
    Json {
        /// Which part.
        part: &'static str,
        /// What is wrong.
        fault: String,
    },
    /// Another type (RFC 8725 clause 3.11).
    #[error("JWS: typ {expected} expected, {got:?} came")]
    Type {
        /// What it should be.
        expected: &'static str,
        /// What it is.
        got: String,
    },
    /// Another algorithm: `none`, a symmetric one, or one that is not known here.
    #[error("JWS: alg ES256 expected, {got:?} came")]
    Algorithm {
        /// What it names.
        got: String,
    },
    /// It demands extensions (RFC 7515 clause 4.1.11); none is known here.
    #[error("JWS: crit demands extensions, and none is known")]
    Critical,
    /// No chain of certificates.
    #[error("JWS: no certificate chain (x5c) that can be read")]
    Chain,
    /// Its signer is not believed.
    #[error("JWS: {0}")]
    Signer(#[from] SignerError),
    /// The signature is not by that key.
    #[error("JWS: the signature is not by the key of {signer}")]
    Signature {
        /// Whose key it should be.
        signer: String,
    },
    /// A key of another curve cannot sign with ES256.
    #[error("JWS: a key on P-256 expected for ES256")]
    Curve,
}

#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    typ: Option<String>,
    x5c: Option<Vec<String>>,
    crit: Option<serde::de::IgnoredAny>,
}

/// A compact JWS whose header is one of ours; the signature has not been looked at.
pub(super) struct Unverified<'a> {
    token: &'a str,
    chain: Option<Vec<String>>,
    /// The payload's bytes.
    pub(super) payload: Vec<u8>,
}

impl<'a> Unverified<'a> {
    /// Takes a compact JWS apart: of that type, signed with ES256, at most that long.
    pub(super) fn parse(
        token: &'a str,
        typ: &'static str,
        most: usize,
    ) -> Result<Self, SignedError> {
        if token.len() > most {
            return Err(SignedError::TooLarge { most, got: token.len() });
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SignedError::Form);
        };
        if header.len() > MAX_HEADER {
            return Err(SignedError::TooLarge { most: MAX_HEADER, got: header.len() });
        }
        let header = base64url::decode(header).map_err(|_| SignedError::Form)?;
        let header: RawHeader = serde_json::from_slice(&header)
            .map_err(|e| SignedError::Json { part: "header", fault: json_fault(&e) })?;
        if header.alg != "ES256" {
            return Err(SignedError::Algorithm { got: shown(&header.alg) });
        }
        let got = header.typ.unwrap_or_default();
        // RFC 7515 clause 4.1.9: a recipient puts application/ before what has no slash.
        if got.strip_prefix("application/").unwrap_or(&got) != typ {
            return Err(SignedError::Type { expected: typ, got: shown(&got) });
        }
        if header.crit.is_some() {
            return Err(SignedError::Critical);
        }
        let payload = base64url::decode(payload).map_err(|_| SignedError::Form)?;
        Ok(Self { token, chain: header.x5c, payload })
    }

    /// Checks the signature with that key.
    pub(super) fn signed_by(&self, key: &PublicKey, signer: &str) -> Result<(), SignedError> {
        if jws::is_signed_by(self.token, key) {
            return Ok(());
        }
        Err(SignedError::Signature { signer: signer.to_owned() })
    }

    /// Checks the chain that came along and the signature by its first key.
    pub(super) fn signed_by_chain(
        &self,
        anchors: &[Certificate],
        purpose: Option<Oid>,
        at: UtcDateTime,
    ) -> Result<Certificate, SignedError> {
        let texts = self.chain.as_deref().ok_or(SignedError::Chain)?;
        if texts.len() > MAX_CHAIN {
            return Err(SignerError::Count { got: texts.len() }.into());
        }
        let read = |text: &String| {
            let fits = Some(text).filter(|text| text.len() <= MAX_CERTIFICATE);
            fits.and_then(|text| STANDARD.decode(text).ok()).ok_or(SignedError::Chain)
        };
        let chain = texts.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let (key, certificate) = trusted_key(&chain, anchors, purpose, at)?;
        self.signed_by(&key, &certificate.subject())?;
        Ok(certificate)
    }
}

/// Signs claims, with the signer's chain in the header.
pub(crate) fn sign_with_chain<T: Serialize>(
    typ: &str,
    claims: &T,
    signer: &Signer,
) -> Result<String, SignedError> {
    let chain = signer.chain().iter().map(|c| STANDARD.encode(c.der())).collect();
    sign(&Header { x5c: Some(chain), ..header(typ) }, claims, signer.key())
}

/// Signs claims with a key that the recipient knows from elsewhere.
pub(super) fn sign_with_key<T: Serialize>(
    typ: &str,
    claims: &T,
    key: &SecretKey,
) -> Result<String, SignedError> {
    sign(&header(typ), claims, key)
}

fn header(typ: &str) -> Header {
    Header { typ: Some(typ.to_owned()), ..Header::new(Algorithm::ES256) }
}

fn sign<T: Serialize>(header: &Header, claims: &T, key: &SecretKey) -> Result<String, SignedError> {
    if key.curve() != Curve::P256 {
        return Err(SignedError::Curve);
    }
    let fault =
        |e: jsonwebtoken::errors::Error| SignedError::Json { part: "claims", fault: e.to_string() };
    jws::sign(header, claims, key).map_err(fault)
}
