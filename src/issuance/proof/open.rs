//! Opening and making the tokens: a compact JWS (RFC 7515 clause 7.1) with ES256 and one `typ`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use time::{Duration, UtcDateTime};

use super::super::{MAX_CHAIN, Signer, json, jwk, jws, shown, signed, trusted_key};
use super::error::{ProofError, What};
use crate::crypto::{Curve, PublicKey, SecretKey};
use crate::pki::Certificate;
use crate::trust::encoding::base64url;

/// The most bytes of one token that are read.
pub const MAX_TOKEN: usize = 64 << 10;

/// The longest identifier (`jti`) that is taken.
const MAX_ID: usize = 256;

/// A token whose header was read, and nothing else of it yet.
pub(super) struct Unverified<'a> {
    what: What,
    token: &'a str,
    payload: &'a str,
    pub(super) header: Map<String, Value>,
}

/// Reads the header. Members that are not known are passed over (RFC 7515 clause 4), but for
/// `crit`, which says that they must not be.
pub(super) fn open(what: What, token: &str) -> Result<Unverified<'_>, ProofError> {
    if token.len() > MAX_TOKEN {
        return Err(ProofError::TooLarge { what, limit: MAX_TOKEN, got: token.len() });
    }
    let parts: Vec<&str> = token.splitn(4, '.').collect();
    let [header, payload, _] = parts[..] else { return Err(ProofError::NotJws { what }) };
    let header = base64url::decode(header).map_err(|_| ProofError::NotJws { what })?;
    let header = json::object(&header).map_err(|detail| ProofError::Header { what, detail })?;
    let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("alg") != "ES256" {
        return Err(ProofError::Algorithm { what, got: shown(text("alg")) });
    }
    if text("typ") != what.typ() {
        return Err(ProofError::Type { what, got: shown(text("typ")) });
    }
    if header.contains_key("crit") {
        let detail = "crit demands extensions that are not known here".to_owned();
        return Err(ProofError::Header { what, detail });
    }
    Ok(Unverified { what, token, payload, header })
}

impl Unverified<'_> {
    /// The key in `jwk`, with which the token proves that its sender has it.
    pub(super) fn own_key(&self) -> Result<PublicKey, ProofError> {
        let what = self.what;
        let jwk = self.header.get("jwk").ok_or(ProofError::KeyMember {
            what,
            expected: "jwk",
            got: "there is none",
        })?;
        jwk::foreign(jwk, jwk::Use::Signature).map_err(|source| ProofError::Key {
            what,
            place: "jwk of the header",
            source,
        })
    }

    /// The key of the first certificate in `x5c`, if one of the anchors stands above it.
    pub(super) fn trusted_key(
        &self,
        anchors: &[Certificate],
        now: UtcDateTime,
    ) -> Result<PublicKey, ProofError> {
        let what = self.what;
        let none = || ProofError::KeyMember { what, expected: "x5c", got: "there is none" };
        let chain = self.header.get("x5c").and_then(Value::as_array).ok_or_else(none)?;
        let malformed = || ProofError::Header {
            what,
            detail: format!("x5c: 1 to {MAX_CHAIN} certificates in base64 expected"),
        };
        if chain.len() > MAX_CHAIN {
            return Err(malformed());
        }
        // Standard base64, unlike all else (RFC 7515 clause 4.1.6).
        let der = |v: &Value| v.as_str().and_then(|text| STANDARD.decode(text).ok());
        let chain: Vec<Vec<u8>> =
            chain.iter().map(der).collect::<Option<_>>().ok_or_else(malformed)?;
        let (key, certificate) = trusted_key(&chain, anchors, None, now)
            .map_err(|source| ProofError::Signer { what, source })?;
        if key.curve() != Curve::P256 {
            let detail = format!("x5c: {} has no P-256 key", certificate.subject());
            return Err(ProofError::Header { what, detail: shown(&detail) });
        }
        Ok(key)
    }

    /// The claims, once the signature is that key's.
    pub(super) fn claims<T: DeserializeOwned>(&self, key: &PublicKey) -> Result<T, ProofError> {
        let what = self.what;
        if !jws::has_signature_of(self.token, key) {
            return Err(ProofError::BadSignature { what });
        }
        let payload = base64url::decode(self.payload).map_err(|_| ProofError::NotJws { what })?;
        json::object(&payload)
            .and_then(json::typed)
            .map_err(|detail| ProofError::Claims { what, detail })
    }
}

/// Makes a token whose header has the public key.
pub(super) fn make_with_jwk(
    what: What,
    key: &SecretKey,
    more: Map<String, Value>,
    claims: &Value,
) -> Result<String, ProofError> {
    let mut header =
        json!({ "typ": what.typ(), "alg": "ES256", "jwk": jwk::jwk_of(&key.public()) });
    if let Some(header) = header.as_object_mut() {
        header.extend(more);
    }
    if key.curve() != Curve::P256 {
        let detail = format!("the key is on {}, ES256 needs P-256", key.curve());
        return Err(ProofError::NotMade { what, detail });
    }
    let token = jws::sign_values(&header, claims, key);
    bounded(what, token.map_err(|e| ProofError::NotMade { what, detail: e.to_string() })?)
}

/// Makes a token whose header has the signer's certificates.
pub(super) fn make_with_chain(
    what: What,
    signer: &Signer,
    claims: &Value,
) -> Result<String, ProofError> {
    let token = signed::sign_with_chain(what.typ(), claims, signer);
    bounded(what, token.map_err(|e| ProofError::NotMade { what, detail: e.to_string() })?)
}

/// Makes a token whose header names no key.
pub(super) fn make_bare(what: What, key: &SecretKey, claims: &Value) -> Result<String, ProofError> {
    let token = signed::sign_with_key(what.typ(), claims, key);
    bounded(what, token.map_err(|e| ProofError::NotMade { what, detail: e.to_string() })?)
}

fn bounded(what: What, token: String) -> Result<String, ProofError> {
    if token.len() > MAX_TOKEN {
        return Err(ProofError::TooLarge { what, limit: MAX_TOKEN, got: token.len() });
    }
    Ok(token)
}

/// NumericDate (RFC 7519 clause 2): seconds, of which a part is cut off.
#[derive(Clone, Copy)]
pub(super) struct Date(pub(super) UtcDateTime);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(d)?;
        // A float is cut, and one that is too large becomes a number that is no time.
        #[allow(clippy::cast_possible_truncation)]
        let seconds = number.as_i64().or_else(|| number.as_f64().map(|f| f as i64));
        let at = seconds.filter(|s| *s >= 0).map(UtcDateTime::from_unix_timestamp);
        at.and_then(Result::ok).map(Self).ok_or_else(|| D::Error::custom("no time"))
    }
}

/// `aud`: one text, or a list of one (RFC 7519 clause 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    List([String; 1]),
}

impl Audience {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::One(text) | Self::List([text]) => text,
        }
    }
}

/// What a claim has to be.
pub(super) fn same(
    what: What,
    claim: &'static str,
    expected: &str,
    got: Option<&str>,
) -> Result<(), ProofError> {
    let got = got.ok_or(ProofError::Missing { what, claim })?;
    if got == expected {
        return Ok(());
    }
    let (expected, got) = (shown(expected), shown(got));
    Err(ProofError::Mismatch { what, claim, expected, got })
}

/// An identifier that is good once.
pub(super) fn id(what: What, jti: Option<&str>) -> Result<&str, ProofError> {
    let jti = jti.ok_or(ProofError::Missing { what, claim: "jti" })?;
    if jti.is_empty() || jti.len() > MAX_ID {
        let detail = format!("jti: 1 to {MAX_ID} bytes expected, {} came", jti.len());
        return Err(ProofError::Claims { what, detail });
    }
    Ok(jti)
}

/// `iat` has to lie between `past` ago and `skew` ahead. The first moment at which it no longer
/// does.
pub(super) fn fresh(
    what: What,
    iat: Option<Date>,
    now: UtcDateTime,
    past: Duration,
    skew: Duration,
) -> Result<UtcDateTime, ProofError> {
    let Date(at) = iat.ok_or(ProofError::Missing { what, claim: "iat" })?;
    // Whole seconds: `iat` has no more, and the second it lies in belongs to the window.
    let now = now.truncate_to_second();
    if now - at > past || at - now > skew {
        return Err(ProofError::IssuedAt { what, at, now });
    }
    let over = past.checked_add(Duration::SECOND).and_then(|past| at.checked_add(past));
    Ok(over.unwrap_or(UtcDateTime::MAX))
}

/// It has to have begun and not be over.
pub(super) fn current(
    what: What,
    nbf: Option<Date>,
    exp: Option<Date>,
    now: UtcDateTime,
    skew: Duration,
) -> Result<(), ProofError> {
    if let Some(Date(at)) = nbf
        && at - now > skew
    {
        return Err(ProofError::NotYet { what, at, now });
    }
    match exp {
        Some(Date(at)) if at <= now => Err(ProofError::Expired { what, at, now }),
        _ => Ok(()),
    }
}
