//! That a wallet's maker vouches for one instance of it (OpenID4VCI appendix E, OAuth 2.0
//! Attestation-Based Client Authentication clause 5.1).
//!
//! `sub`, the client_id, is the same for all installations of a wallet: an instance is known by the
//! key in `cnf`.

use serde::Deserialize;
use serde_json::{Value, json};
use time::{Duration, UtcDateTime};

use super::super::{Signer, Thumbprint, jwk, thumbprint};
use super::error::{ProofError, What};
use super::open::{self, Date, open};
use crate::crypto::PublicKey;
use crate::pki::Certificate;

const WHAT: What = What::WalletAttestation;

/// The longest client_id.
const MAX_CLIENT_ID: usize = 512;

/// An attestation that holds. That the request comes from its instance is
/// [`wallet_pop`](super::wallet_pop)'s to show.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WalletAttestation {
    /// `sub`: the wallet's client_id.
    pub client_id: String,
    /// The instance's key.
    pub key: PublicKey,
    /// The instance: that key's thumbprint.
    pub instance: Thumbprint,
    /// When it ends.
    pub expires: UtcDateTime,
    /// The wallet's name for people.
    pub wallet_name: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    exp: Option<Date>,
    nbf: Option<Date>,
    iat: Option<Date>,
    cnf: Option<Confirmation>,
    wallet_name: Option<String>,
}

#[derive(Deserialize)]
struct Confirmation {
    jwk: Option<Value>,
}

/// Makes the attestation of an instance, as the wallet's maker does.
///
/// # Errors
/// [`ProofError::NotMade`] for a signer that is not on P-256.
pub fn make(
    client_id: &str,
    instance: &PublicKey,
    wallet_name: &str,
    iat: UtcDateTime,
    exp: UtcDateTime,
    signer: &Signer,
) -> Result<String, ProofError> {
    let claims = json!({
        "sub": client_id,
        "iat": iat.unix_timestamp(),
        "exp": exp.unix_timestamp(),
        "cnf": { "jwk": jwk::jwk_of(instance) },
        "wallet_name": wallet_name,
    });
    open::make_with_chain(WHAT, signer, &claims)
}

/// Checks an attestation: signed by a key whose chain (`x5c`) ends at one of the anchors, begun and
/// not over.
///
/// # Errors
/// [`ProofError`], by the first thing that is wrong.
pub fn check(
    attestation: &str,
    anchors: &[Certificate],
    now: UtcDateTime,
    skew: Duration,
) -> Result<WalletAttestation, ProofError> {
    let opened = open(WHAT, attestation)?;
    let claims: Claims = opened.claims(&opened.trusted_key(anchors, now)?)?;
    let missing = |claim| ProofError::Missing { what: WHAT, claim };
    let client_id = claims.sub.ok_or_else(|| missing("sub"))?;
    if client_id.is_empty() || client_id.len() > MAX_CLIENT_ID {
        let detail = format!("sub: 1 to {MAX_CLIENT_ID} bytes expected, {} came", client_id.len());
        return Err(ProofError::Claims { what: WHAT, detail });
    }
    let Date(expires) = claims.exp.ok_or_else(|| missing("exp"))?;
    open::current(WHAT, claims.nbf, claims.exp, now, skew)?;
    if claims.iat.is_some() {
        open::fresh(WHAT, claims.iat, now, Duration::MAX, skew)?;
    }
    let jwk = claims.cnf.and_then(|cnf| cnf.jwk).ok_or_else(|| missing("cnf.jwk"))?;
    let key = jwk::foreign(&jwk, jwk::Use::Signature).map_err(|source| ProofError::Key {
        what: WHAT,
        place: "cnf.jwk",
        source,
    })?;
    let instance = thumbprint(&key);
    Ok(WalletAttestation { client_id, key, instance, expires, wallet_name: claims.wallet_name })
}
