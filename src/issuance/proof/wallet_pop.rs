//! That a request comes from the instance that a wallet attestation names (OAuth 2.0
//! Attestation-Based Client Authentication clause 5.2).

use rand_core::CryptoRng;
use serde::Deserialize;
use serde_json::json;
use time::{Duration, UtcDateTime};

use super::error::{ProofError, What};
use super::open::{self, Audience, Date, open};
use super::wallet_attestation::WalletAttestation;
use crate::crypto::{Hash, SecretKey};
use crate::trust::encoding::base64url;

const WHAT: What = What::WalletPop;

/// How long ago it may have been made.
pub const MAX_AGE: Duration = Duration::minutes(5);

/// A proof that holds, if its challenge does and it was not used before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WalletPop {
    /// What stands for its `jti`, to be used up.
    pub id: [u8; 32],
    /// Until when that has to be remembered: later its `iat` is too old.
    pub expires: UtcDateTime,
    /// The server's challenge in it, not yet checked.
    pub challenge: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    aud: Option<Audience>,
    jti: Option<String>,
    iat: Option<Date>,
    challenge: Option<String>,
    // What earlier drafts had: the same client_id, a challenge by its old name, an end.
    iss: Option<String>,
    nonce: Option<String>,
    exp: Option<Date>,
    nbf: Option<Date>,
}

/// Makes the proof for an authorization server.
///
/// # Errors
/// [`ProofError::NotMade`] for a key that is not on P-256.
pub fn make(
    instance: &SecretKey,
    server: &str,
    challenge: Option<&str>,
    iat: UtcDateTime,
    rng: &mut dyn CryptoRng,
) -> Result<String, ProofError> {
    let mut jti = [0; 16];
    rng.fill_bytes(&mut jti);
    let mut claims =
        json!({ "aud": server, "jti": base64url::encode(jti), "iat": iat.unix_timestamp() });
    if let Some(challenge) = challenge {
        claims["challenge"] = challenge.into();
    }
    open::make_bare(WHAT, instance, &claims)
}

/// Checks the proof of the instance of that attestation for that server.
///
/// # Errors
/// [`ProofError`], by the first thing that is wrong.
pub fn check(
    proof: &str,
    attestation: &WalletAttestation,
    server: &str,
    now: UtcDateTime,
    skew: Duration,
) -> Result<WalletPop, ProofError> {
    let claims: Claims = open(WHAT, proof)?.claims(&attestation.key)?;
    open::same(WHAT, "aud", server, claims.aud.as_ref().map(Audience::text))?;
    if claims.iss.is_some() {
        open::same(WHAT, "iss", &attestation.client_id, claims.iss.as_deref())?;
    }
    let jti = open::id(WHAT, claims.jti.as_deref())?;
    let expires = open::fresh(WHAT, claims.iat, now, MAX_AGE, skew)?;
    open::current(WHAT, claims.nbf, claims.exp, now, skew)?;
    let instance = attestation.instance.as_bytes();
    let mut id = [0; 32];
    id.copy_from_slice(&Hash::Sha256.digest(&[b"wallet-pop", instance, jti.as_bytes()]));
    Ok(WalletPop { id, expires, challenge: claims.challenge.or(claims.nonce) })
}
