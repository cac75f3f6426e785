//! That the wallet has the key that a credential is to be bound to (OpenID4VCI appendix F.1).

use serde::Deserialize;
use serde_json::{Map, json};
use time::{Duration, UtcDateTime};

use super::error::{ProofError, What};
use super::key_attestation::{self, KeyAttestation};
use super::open::{self, Audience, Date, open};
use crate::crypto::{PublicKey, SecretKey};
use crate::pki::Certificate;

const WHAT: What = What::KeyProof;

/// How long ago a proof may have been made. Its nonce ends sooner or later than that.
pub const MAX_AGE: Duration = Duration::minutes(5);

/// A proof that holds, if its nonce does and was not used before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyProof {
    /// The key that made it.
    pub key: PublicKey,
    /// The c_nonce in it, not yet checked.
    pub nonce: String,
    /// The attestation that came in its header; that one's nonce is not yet checked either.
    pub attestation: Option<KeyAttestation>,
}

#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    aud: Option<Audience>,
    iat: Option<Date>,
    nonce: Option<String>,
}

/// Makes the proof of a key for an issuer. `client_id` is left out where the wallet has none;
/// `attestation` is a key attestation that goes along.
///
/// # Errors
/// [`ProofError::NotMade`] for a key that is not on P-256.
pub fn make(
    key: &SecretKey,
    issuer: &str,
    client_id: Option<&str>,
    nonce: &str,
    attestation: Option<&str>,
    iat: UtcDateTime,
) -> Result<String, ProofError> {
    let mut claims = json!({ "aud": issuer, "iat": iat.unix_timestamp(), "nonce": nonce });
    if let Some(client_id) = client_id {
        claims["iss"] = client_id.into();
    }
    let mut more = Map::new();
    if let Some(attestation) = attestation {
        more.insert("key_attestation".to_owned(), attestation.into());
    }
    open::make_with_jwk(WHAT, key, more, &claims)
}

/// Checks a proof (appendix F.4). The key has to stand in `jwk`: a `kid` or certificate would need
/// somebody to be asked whose key it is. `client_id` is that of whoever asks, where it is known: any
/// `iss` is taken where it is not. `anchors` are those of key attestations, `most` how many keys one
/// may attest.
///
/// # Errors
/// [`ProofError`], by the first thing that is wrong.
pub fn check(
    proof: &str,
    issuer: &str,
    client_id: Option<&str>,
    (anchors, most): (&[Certificate], usize),
    now: UtcDateTime,
    skew: Duration,
) -> Result<KeyProof, ProofError> {
    let opened = open(WHAT, proof)?;
    for (member, got) in [
        ("kid", "kid is not taken"),
        ("x5c", "x5c is not taken"),
        ("trust_chain", "trust_chain is not taken"),
    ] {
        if opened.header.contains_key(member) {
            return Err(ProofError::KeyMember { what: WHAT, expected: "jwk", got });
        }
    }
    let key = opened.own_key()?;
    let claims: Claims = opened.claims(&key)?;
    open::same(WHAT, "aud", issuer, claims.aud.as_ref().map(Audience::text))?;
    // Appendix F.1: the client_id of whoever asks. It is known from the wallet attestation alone,
    // which need not come with a credential request.
    if let (Some(iss), Some(client_id)) = (&claims.iss, client_id) {
        open::same(WHAT, "iss", client_id, Some(iss))?;
    }
    open::fresh(WHAT, claims.iat, now, MAX_AGE, skew)?;
    let nonce = claims.nonce.ok_or(ProofError::Missing { what: WHAT, claim: "nonce" })?;
    let attestation = match opened.header.get("key_attestation") {
        None => None,
        Some(value) => {
            let text = value.as_str().ok_or_else(|| ProofError::Header {
                what: WHAT,
                detail: "key_attestation is no text".to_owned(),
            })?;
            let attestation = key_attestation::check(text, anchors, most, now, skew)?;
            if attestation.expires.is_none() {
                return Err(ProofError::Missing { what: What::KeyAttestation, claim: "exp" });
            }
            if !attestation.keys.contains(&key) {
                return Err(ProofError::NotAttested);
            }
            Some(attestation)
        }
    };
    Ok(KeyProof { key, nonce, attestation })
}
