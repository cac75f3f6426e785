//! Showing a credential: some of its claims, bound to the holder's key (RFC 9901 clauses 4.3, 7.2
//! and 7.3).

use serde_json::{Map, Value};
use time::{Duration, UtcDateTime};

use super::combined::{Combined, sd_hash};
use super::reveal::{Place, reveal};
use super::verify::{AHEAD, Verified, holder, moment, verify_issued};
use super::{MAX_CREDENTIAL, SdJwtError, TYP, TYP_KEY_BINDING, json};
use crate::crypto::SecretKey;
use crate::issuance::shown;
use crate::issuance::signed::{Unverified, sign_with_key};
use crate::pki::Certificate;

/// For whom and in answer to what a credential is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audience<'a> {
    /// The verifier: its client_id.
    pub aud: &'a str,
    /// What it asked with.
    pub nonce: &'a str,
}

/// Shows the claims of these paths and no other, bound to the holder's key.
///
/// A path is names with slashes between, `family_name` or `age_equal_or_over/19`; one that leads
/// to an object or array shows all that is below it. The issuer's signature is not checked: the
/// holder did so when the credential came.
///
/// # Errors
/// [`SdJwtError::NoClaim`] for a path to which no disclosure leads, [`SdJwtError::OtherHolder`]
/// where the credential is bound to another key, and what is wrong with the credential.
pub fn present<S: AsRef<str>>(
    credential: &str,
    show: &[S],
    audience: Audience<'_>,
    key: &SecretKey,
    iat: UtcDateTime,
) -> Result<String, SdJwtError> {
    let combined = Combined::parse(credential)?;
    if combined.key_binding.is_some() {
        return Err(SdJwtError::KeyBinding);
    }
    let jws = Unverified::parse(combined.jwt, TYP, MAX_CREDENTIAL).map_err(SdJwtError::issuer)?;
    let revealed = reveal(json::object("payload", &jws.payload)?, &combined.disclosures)?;
    if holder(&revealed.claims)? != key.public() {
        return Err(SdJwtError::OtherHolder);
    }
    let mut wanted = vec![false; revealed.places.len()];
    for path in show {
        let names: Vec<&str> = path.as_ref().split('/').collect();
        // What leads to it, and what is below it.
        let leads = |place: &&Place| place.path.iter().zip(&names).all(|(a, b)| a == b);
        let mut parents = revealed.places.iter().filter(leads).flat_map(|p| &p.parents).peekable();
        if parents.peek().is_none() || !is_there(&revealed.claims, &names) {
            return Err(SdJwtError::NoClaim { path: shown(path.as_ref()) });
        }
        for parent in parents {
            if let Some(wanted) = wanted.get_mut(*parent) {
                *wanted = true;
            }
        }
    }
    let mut text = format!("{}~", combined.jwt);
    for (disclosure, _) in combined.disclosures.iter().zip(&wanted).filter(|(_, w)| **w) {
        text.push_str(disclosure);
        text.push('~');
    }
    let claims = serde_json::json!({
        "iat": iat.unix_timestamp(),
        "aud": audience.aud,
        "nonce": audience.nonce,
        "sd_hash": sd_hash(&text),
    });
    text.push_str(&sign_with_key(TYP_KEY_BINDING, &claims, key).map_err(SdJwtError::holder)?);
    Ok(text)
}

fn is_there(claims: &Map<String, Value>, names: &[&str]) -> bool {
    let Some((first, rest)) = names.split_first() else { return false };
    let mut value = claims.get(*first);
    for name in rest {
        value = match value {
            Some(Value::Object(map)) => map.get(*name),
            Some(Value::Array(all)) => name.parse::<usize>().ok().and_then(|at| all.get(at)),
            _ => None,
        };
    }
    value.is_some()
}

/// Verifies what a holder shows: as [`verify`](super::verify), and that the holder's key signed
/// it for this verifier, in answer to this nonce, over just these disclosures, no longer than
/// `max_age` ago.
///
/// # Errors
/// [`SdJwtError`].
pub fn verify_presentation(
    text: &str,
    anchors: &[Certificate],
    audience: Audience<'_>,
    at: UtcDateTime,
    max_age: Duration,
) -> Result<Verified, SdJwtError> {
    let combined = Combined::parse(text)?;
    let binding = combined.key_binding.ok_or(SdJwtError::NoKeyBinding)?;
    let verified = verify_issued(&combined, anchors, at)?;
    let jws = Unverified::parse(binding, TYP_KEY_BINDING, MAX_CREDENTIAL);
    let jws = jws.map_err(SdJwtError::holder)?;
    jws.signed_by(&verified.holder, "the holder").map_err(SdJwtError::holder)?;
    let claims = json::object("key binding", &jws.payload)?;
    let text = |name: &'static str| match claims.get(name) {
        Some(Value::String(text)) => Ok(text.as_str()),
        _ => Err(SdJwtError::Claim { name, expected: "text" }),
    };
    if text("sd_hash")? != combined.sd_hash() {
        return Err(SdJwtError::SdHash);
    }
    let aud = text("aud")?;
    if aud != audience.aud {
        let expected = audience.aud.to_owned();
        return Err(SdJwtError::Audience { expected, got: shown(aud) });
    }
    if text("nonce")? != audience.nonce {
        return Err(SdJwtError::Nonce);
    }
    let iat = claims.get("iat").and_then(moment);
    let iat = iat.ok_or(SdJwtError::Claim { name: "iat", expected: "seconds since 1970" })?;
    if iat - AHEAD > at || at - iat > max_age {
        return Err(SdJwtError::NotFresh { iat, at });
    }
    Ok(verified)
}
