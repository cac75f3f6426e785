//! DPoP: that a request comes from whoever has the key that its token is bound to (RFC 9449).

use rand_core::CryptoRng;
use serde::Deserialize;
use serde_json::{Map, json};
use time::{Duration, UtcDateTime};

use super::super::{Thumbprint, shown, thumbprint};
use super::error::{ProofError, What};
use super::open::{self, Date, open};
use super::uri;
use crate::crypto::{Hash, SecretKey};
use crate::trust::encoding::base64url;

const WHAT: What = What::Dpop;

/// A proof that holds for its request, if it was not used before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dpop {
    /// Thumbprint of its key, to which tokens are bound (clause 6.1).
    pub jkt: Thumbprint,
    /// What stands for its `jti`, to be used up (clause 11.1).
    pub id: [u8; 32],
    /// Until when that has to be remembered: later its `iat` is too old.
    pub expires: UtcDateTime,
    /// The server's nonce in it, not yet checked.
    pub nonce: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    jti: Option<String>,
    htm: Option<String>,
    htu: Option<String>,
    iat: Option<Date>,
    ath: Option<String>,
    nonce: Option<String>,
}

/// Makes the proof for one request. The URL is used without query and fragment.
///
/// # Errors
/// [`ProofError::NotMade`] for a URL that is none, or a key that is not on P-256.
pub fn make(
    key: &SecretKey,
    method: &str,
    url: &str,
    access_token: Option<&str>,
    nonce: Option<&str>,
    iat: UtcDateTime,
    rng: &mut dyn CryptoRng,
) -> Result<String, ProofError> {
    let bad = || ProofError::NotMade { what: WHAT, detail: format!("{:?} is no URL", shown(url)) };
    let htu = uri::normal(url).ok_or_else(bad)?;
    let mut jti = [0; 16];
    rng.fill_bytes(&mut jti);
    let mut claims = json!({
        "jti": base64url::encode(jti), "htm": method, "htu": htu, "iat": iat.unix_timestamp(),
    });
    if let Some(token) = access_token {
        claims["ath"] = hash(token).into();
    }
    if let Some(nonce) = nonce {
        claims["nonce"] = nonce.into();
    }
    open::make_with_jwk(WHAT, key, Map::new(), &claims)
}

/// Checks the `DPoP` headers of a request (clause 4.3): exactly one, made with the key in it for
/// this method, this URL and this access token, not longer than `skew` ago or ahead.
///
/// # Errors
/// [`ProofError`], by the first thing that is wrong.
pub fn check(
    headers: &[String],
    method: &str,
    url: &str,
    access_token: Option<&str>,
    now: UtcDateTime,
    skew: Duration,
) -> Result<Dpop, ProofError> {
    let [proof] = headers else {
        return Err(ProofError::Count { what: WHAT, got: headers.len() });
    };
    let opened = open(WHAT, proof)?;
    let key = opened.own_key()?;
    let claims: Claims = opened.claims(&key)?;
    let jti = open::id(WHAT, claims.jti.as_deref())?;
    open::same(WHAT, "htm", method, claims.htm.as_deref())?;
    let htu = claims.htu.ok_or(ProofError::Missing { what: WHAT, claim: "htu" })?;
    let expected = uri::normal(url);
    if expected.is_none() || uri::normal(&htu) != expected {
        let (expected, got) = (shown(url), shown(&htu));
        return Err(ProofError::Mismatch { what: WHAT, claim: "htu", expected, got });
    }
    let expires = open::fresh(WHAT, claims.iat, now, skew, skew)?;
    if let Some(token) = access_token {
        open::same(WHAT, "ath", &hash(token), claims.ath.as_deref())?;
    }
    let jkt = thumbprint(&key);
    let mut id = [0; 32];
    id.copy_from_slice(&Hash::Sha256.digest(&[b"dpop", jkt.as_bytes(), jti.as_bytes()]));
    Ok(Dpop { jkt, id, expires, nonce: claims.nonce })
}

fn hash(access_token: &str) -> String {
    base64url::encode(Hash::Sha256.digest(&[access_token.as_bytes()]))
}
