//! The list as a JSON Web Token (Token Status List clauses 4.2 and 5.1).

use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use super::token::{Claims, Opened, Token, malformed};
use super::{MAX_TOKEN, StatusError, StatusList, TYP_JWT};
use crate::issuance::Signer;
use crate::issuance::signed::{Unverified, sign_with_chain};
use crate::pki::{Certificate, oid};
use crate::trust::encoding::{base64url, json_fault};

#[derive(Serialize, Deserialize)]
struct RawClaims {
    sub: String,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<u64>,
    status_list: RawList,
}

#[derive(Serialize, Deserialize)]
struct RawList {
    bits: u64,
    lst: String,
}

/// Signs a list as a JWT, with the signer's chain in `x5c`.
///
/// # Errors
/// [`StatusError::Malformed`] for times out of order, [`StatusError::Jws`] for a signer whose key
/// is not on P-256.
pub fn sign_jwt(list: &StatusList, token: &Token, signer: &Signer) -> Result<String, StatusError> {
    jwt_of(list.bits(), &list.compress()?, token, signer)
}

pub(super) fn jwt_of(
    bits: u8,
    zlib: &[u8],
    token: &Token,
    signer: &Signer,
) -> Result<String, StatusError> {
    let (iat, exp, ttl) = token.numbers()?;
    let claims = RawClaims {
        sub: token.uri.clone(),
        iat,
        exp: Some(exp),
        ttl: Some(ttl),
        status_list: RawList { bits: bits.into(), lst: base64url::encode(zlib) },
    };
    Ok(sign_with_chain(TYP_JWT, &claims, signer)?)
}

/// Opens a list that came as a JWT: published at that URI, signed by who may sign status lists
/// below one of the anchors, good at that time (Token Status List clause 8.3).
///
/// # Errors
/// [`StatusError`]: the statuses are not known.
pub fn open_jwt(
    token: &str,
    uri: &str,
    anchors: &[Certificate],
    at: UtcDateTime,
) -> Result<Opened, StatusError> {
    let token = Unverified::parse(token, TYP_JWT, MAX_TOKEN)?;
    let signer = token.signed_by_chain(anchors, Some(oid::OAUTH_STATUS_SIGNING), at)?;
    let raw: RawClaims =
        serde_json::from_slice(&token.payload).map_err(|e| malformed("claims", json_fault(&e)))?;
    let zlib = base64url::decode(&raw.status_list.lst).map_err(|e| malformed("lst", e))?;
    let list = StatusList::decompress(raw.status_list.bits, &zlib)?;
    Claims { sub: raw.sub, iat: raw.iat, exp: raw.exp, ttl: raw.ttl, list }.judge(uri, signer, at)
}
