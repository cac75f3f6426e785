//! That somebody known vouches for keys and how they are kept (OpenID4VCI appendix D).

use serde::Deserialize;
use serde_json::{Value, json};
use time::{Duration, UtcDateTime};

use super::super::{Signer, jwk};
use super::error::{ProofError, What};
use super::open::{self, Date, open};
use crate::crypto::PublicKey;
use crate::pki::Certificate;

const WHAT: What = What::KeyAttestation;

/// The most words that are read of how keys are kept.
const MAX_WORDS: usize = 16;

/// An attestation that holds, if its nonce does and was not used before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyAttestation {
    /// The keys, all different, in their order.
    pub keys: Vec<PublicKey>,
    /// The c_nonce in it, not yet checked.
    pub nonce: Option<String>,
    /// When it ends.
    pub expires: Option<UtcDateTime>,
    /// How well the keys are kept (appendix D.2), for example `iso_18045_high`.
    pub key_storage: Vec<String>,
    /// How well their user is known to them.
    pub user_authentication: Vec<String>,
}

#[derive(Deserialize)]
struct Claims {
    iat: Option<Date>,
    exp: Option<Date>,
    nbf: Option<Date>,
    attested_keys: Option<Vec<Value>>,
    #[serde(default)]
    key_storage: Vec<String>,
    #[serde(default)]
    user_authentication: Vec<String>,
    nonce: Option<String>,
}

/// What an attestation says beside its keys.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// How well the keys are kept.
    pub key_storage: &'a [&'a str],
    /// How well their user is known to them.
    pub user_authentication: &'a [&'a str],
    /// The issuer's nonce.
    pub nonce: Option<&'a str>,
    /// When it is made.
    pub iat: UtcDateTime,
    /// When it ends.
    pub exp: UtcDateTime,
}

/// Makes an attestation of these keys.
///
/// # Errors
/// [`ProofError::NotMade`] for a signer that is not on P-256.
pub fn make(keys: &[PublicKey], said: &Said<'_>, signer: &Signer) -> Result<String, ProofError> {
    let keys: Vec<Value> = keys.iter().map(jwk::jwk_of).collect();
    let mut claims = json!({
        "iat": said.iat.unix_timestamp(),
        "exp": said.exp.unix_timestamp(),
        "attested_keys": keys,
        "key_storage": said.key_storage,
        "user_authentication": said.user_authentication,
    });
    if let Some(nonce) = said.nonce {
        claims["nonce"] = nonce.into();
    }
    open::make_with_chain(WHAT, signer, &claims)
}

/// Checks an attestation of 1 to `most` keys: signed by a key whose chain (`x5c`) ends at one of
/// the anchors, begun and not over.
///
/// # Errors
/// [`ProofError`], by the first thing that is wrong.
pub fn check(
    attestation: &str,
    anchors: &[Certificate],
    most: usize,
    now: UtcDateTime,
    skew: Duration,
) -> Result<KeyAttestation, ProofError> {
    let opened = open(WHAT, attestation)?;
    let claims: Claims = opened.claims(&opened.trusted_key(anchors, now)?)?;
    // It may be older than a proof: `exp` says how long it is good.
    open::fresh(WHAT, claims.iat, now, Duration::MAX, skew)?;
    open::current(WHAT, claims.nbf, claims.exp, now, skew)?;
    let attested = claims.attested_keys;
    let attested = attested.ok_or(ProofError::Missing { what: WHAT, claim: "attested_keys" })?;
    let got = attested.len();
    let count = ProofError::KeyCount { what: WHAT, most, got };
    if got == 0 || got > most {
        return Err(count);
    }
    let mut keys: Vec<PublicKey> = Vec::with_capacity(got);
    for jwk in &attested {
        let key = jwk::foreign(jwk, jwk::Use::Signature).map_err(|source| ProofError::Key {
            what: WHAT,
            place: "attested_keys",
            source,
        })?;
        if keys.contains(&key) {
            return Err(count);
        }
        keys.push(key);
    }
    if claims.key_storage.len().max(claims.user_authentication.len()) > MAX_WORDS {
        let detail = format!("at most {MAX_WORDS} words of how keys are kept are taken");
        return Err(ProofError::Claims { what: WHAT, detail });
    }
    Ok(KeyAttestation {
        keys,
        nonce: claims.nonce,
        expires: claims.exp.map(|Date(at)| at),
        key_storage: claims.key_storage,
        user_authentication: claims.user_authentication,
    })
}
