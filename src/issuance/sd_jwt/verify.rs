//! Verifying an SD-JWT VC (SD-JWT VC clause 3.5, RFC 9901 clauses 7.1 and 7.3).

use serde_json::{Map, Value};
use time::{Duration, UtcDateTime};

use super::combined::Combined;
use super::reveal::{Revealed, reveal};
use super::{MAX_CREDENTIAL, SdJwtError, TYP, json};
use crate::crypto::PublicKey;
use crate::issuance::jwk;
use crate::issuance::signed::Unverified;
use crate::issuance::{Period, StatusRef};
use crate::pki::{Certificate, oid};

/// Claims that stand openly or not at all (SD-JWT VC clause 3.2.2.2, RFC 9901 clause 4.1).
const OPEN: [&str; 9] =
    ["iss", "nbf", "exp", "iat", "cnf", "vct", "vct#integrity", "status", "aud"];

/// How far the clock of who signed may be ahead of ours.
pub(super) const AHEAD: Duration = Duration::seconds(60);

/// What a verified credential says.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its type.
    pub vct: String,
    /// Who signed it.
    pub signer: Certificate,
    /// The key that it is bound to.
    pub holder: PublicKey,
    /// When it is good.
    pub period: Period,
    /// Where its status stands.
    pub status: Option<StatusRef>,
    /// What is disclosed about the person, and any other claim that is not a field here.
    pub claims: Map<String, Value>,
}

impl std::fmt::Debug for Verified {
    // Personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verified").field("vct", &self.vct).finish_non_exhaustive()
    }
}

/// Verifies a credential as an issuer hands it out: all that came with it, and no key binding.
///
/// It was signed by a document signer below one of the anchors, whose certificates are good then
/// and stand in `x5c`; that purpose is demanded so that no other signer of the same CA (of status
/// lists, of metadata) can make a credential. Its status is not looked at.
///
/// # Errors
/// [`SdJwtError`].
pub fn verify(
    text: &str,
    anchors: &[Certificate],
    at: UtcDateTime,
) -> Result<Verified, SdJwtError> {
    let combined = Combined::parse(text)?;
    if combined.key_binding.is_some() {
        return Err(SdJwtError::KeyBinding);
    }
    verify_issued(&combined, anchors, at)
}

/// The same, whatever stands at the end.
pub(super) fn verify_issued(
    combined: &Combined<'_>,
    anchors: &[Certificate],
    at: UtcDateTime,
) -> Result<Verified, SdJwtError> {
    let jws = Unverified::parse(combined.jwt, TYP, MAX_CREDENTIAL).map_err(SdJwtError::issuer)?;
    let signer = jws.signed_by_chain(anchors, Some(oid::MDL_DS), at).map_err(SdJwtError::issuer)?;
    let payload = json::object("payload", &jws.payload)?;
    let Revealed { mut claims, places } = reveal(payload, &combined.disclosures)?;
    for place in &places {
        if let [name, ..] = place.path.as_slice()
            && OPEN.contains(&name.as_str())
        {
            return Err(SdJwtError::NotDisclosable { name: name.clone() });
        }
    }
    let vct = match claims.remove("vct") {
        Some(Value::String(vct)) if !vct.is_empty() => vct,
        _ => return Err(SdJwtError::Claim { name: "vct", expected: "a type" }),
    };
    let period = period(&mut claims, at)?;
    let holder = holder(&claims)?;
    claims.remove("cnf");
    let status = claims.remove("status").map(status).transpose()?;
    Ok(Verified { vct, signer, holder, period, status, claims })
}

/// The key in `cnf` (RFC 7800 clause 3.2).
pub(super) fn holder(claims: &Map<String, Value>) -> Result<PublicKey, SdJwtError> {
    let jwk = claims.get("cnf").and_then(|cnf| cnf.get("jwk"));
    let jwk = jwk.ok_or(SdJwtError::Claim { name: "cnf", expected: "a key (jwk)" })?;
    Ok(jwk::foreign(jwk, jwk::Use::Signature)?)
}

fn period(claims: &mut Map<String, Value>, at: UtcDateTime) -> Result<Period, SdJwtError> {
    let mut seconds = |name: &'static str| match claims.remove(name) {
        None => Ok(None),
        Some(value) => moment(&value)
            .map(Some)
            .ok_or(SdJwtError::Claim { name, expected: "seconds since 1970" }),
    };
    let (iat, nbf, exp) = (seconds("iat")?, seconds("nbf")?, seconds("exp")?);
    let iat = iat.ok_or(SdJwtError::Claim { name: "iat", expected: "seconds since 1970" })?;
    let exp = exp.ok_or(SdJwtError::Claim { name: "exp", expected: "seconds since 1970" })?;
    let from = nbf.unwrap_or(iat);
    if from.max(iat) - AHEAD > at {
        return Err(SdJwtError::NotYet { from: from.max(iat), at });
    }
    let until = exp - Duration::SECOND;
    if exp <= at {
        return Err(SdJwtError::Expired { until, at });
    }
    Period::of(iat.min(from), from, until)
        .map_err(|_| SdJwtError::Claim { name: "exp", expected: "an end after the beginning" })
}

/// A NumericDate (RFC 7519 clause 2) in whole seconds, from the second day of 1970 on, so that
/// nothing that is taken off leaves the calendar.
pub(super) fn moment(value: &Value) -> Option<UtcDateTime> {
    let seconds = value.as_i64().filter(|seconds| *seconds >= 86_400)?;
    UtcDateTime::from_unix_timestamp(seconds).ok()
}

fn status(mut status: Value) -> Result<StatusRef, SdJwtError> {
    let list = status.get_mut("status_list").map(Value::take);
    list.and_then(|list| serde_json::from_value(list).ok())
        .ok_or(SdJwtError::Claim { name: "status", expected: "status_list with idx and uri" })
}
