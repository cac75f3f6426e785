//! Issuing an SD-JWT VC.

use rand_core::CryptoRng;
use serde_json::{Value, json};
use time::Duration;

use super::claims::{CLAIMS, Claim, of_subject};
use super::disclosure::{decoy, digest, of_claim};
use super::{SdJwtError, TYP};
use crate::issuance::Order;
use crate::issuance::jwk::RawJwk;
use crate::issuance::signed::sign_with_chain;
use crate::issuance::signer::Signer;

/// Issues a credential: the signed JWT with all its disclosures, a tilde behind each.
///
/// `exp` is the second after the last one of the period, since a JWT is not good any more at `exp`
/// (RFC 7519 clause 4.1.4). Decoy digests fill the list up to its full length, so that it does not
/// tell which claims are there.
///
/// # Errors
/// [`SdJwtError::Claim`] for an empty `vct`, [`SdJwtError::Jws`] for a signer whose key is not on
/// P-256, [`SdJwtError::TooLarge`] for a picture that no verifier would read.
pub fn issue(
    order: &Order<'_>,
    vct: &str,
    signer: &Signer,
    rng: &mut dyn CryptoRng,
) -> Result<String, SdJwtError> {
    if vct.is_empty() {
        return Err(SdJwtError::Claim { name: "vct", expected: "a type" });
    }
    let (mut digests, mut disclosures) = (Vec::new(), Vec::new());
    for (name, claim) in of_subject(order.subject) {
        let value = match claim {
            Claim::Plain(value) => value,
            Claim::Inner(inner) => {
                let inner: Vec<String> =
                    inner.iter().map(|(name, value)| of_claim(name, value, rng)).collect();
                let below = sorted(inner.iter().map(|text| digest(text)).collect());
                disclosures.extend(inner);
                json!({ "_sd": below })
            }
        };
        let text = of_claim(name, &value, rng);
        digests.push(digest(&text));
        disclosures.push(text);
    }
    digests.resize_with(CLAIMS.len(), || decoy(rng));
    let jwk = serde_json::to_value(RawJwk::public(order.holder));
    let jwk = jwk.map_err(|_| SdJwtError::Claim { name: "cnf", expected: "a key" })?;
    let until = order.period.valid_until().saturating_add(Duration::SECOND);
    let payload = json!({
        "_sd": sorted(digests),
        "_sd_alg": "sha-256",
        "vct": vct,
        "iat": order.period.signed().unix_timestamp(),
        "nbf": order.period.valid_from().unix_timestamp(),
        "exp": until.unix_timestamp(),
        "cnf": { "jwk": jwk },
        "status": { "status_list": order.status },
    });
    let mut text = sign_with_chain(TYP, &payload, signer).map_err(SdJwtError::issuer)?;
    text.push('~');
    for disclosure in disclosures {
        text.push_str(&disclosure);
        text.push('~');
    }
    if text.len() > super::MAX_CREDENTIAL {
        return Err(SdJwtError::TooLarge { got: text.len() });
    }
    Ok(text)
}

// So that the order tells nothing (RFC 9901 clause 4.2.4.1).
fn sorted(mut digests: Vec<String>) -> Value {
    digests.sort_unstable();
    digests.into()
}
