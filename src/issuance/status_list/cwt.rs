//! The list as a CBOR Web Token (Token Status List clauses 4.3 and 5.2, RFC 8392, RFC 9052).

use ciborium::Value;
use coset::iana::{self, EnumI64};
use coset::{CoseSign1, CoseSign1Builder, Header, HeaderBuilder, Label, TaggedCborSerializable};
use time::UtcDateTime;

use super::token::{Claims, Opened, Token, malformed};
use super::{MAX_TOKEN, MEDIA_TYPE_CWT, StatusError, StatusList};
use crate::crypto::{Curve, Hash, Signature};
use crate::issuance::cose::sign1;
use crate::issuance::signed::SignedError;
use crate::issuance::signer::{Signer, trusted_key};
use crate::pki::{Certificate, oid};

/// typ of a COSE object (RFC 9596 clause 2).
const TYP: i64 = 16;
/// x5chain (RFC 9360 clause 2).
const X5CHAIN: i64 = 33;
/// Claims (RFC 8392 clause 4).
const SUB: i64 = 2;
const EXP: i64 = 4;
const IAT: i64 = 6;
/// Token Status List clause 14.3; 65535 is `status`, which stands in a referenced token.
const TTL: i64 = 65534;
const STATUS_LIST: i64 = 65533;

/// Signs a list as a CWT: a COSE_Sign1 object with its tag, the signer's chain in `x5chain`.
///
/// # Errors
/// As [`sign_jwt`](super::sign_jwt).
pub fn sign_cwt(list: &StatusList, token: &Token, signer: &Signer) -> Result<Vec<u8>, StatusError> {
    cwt_of(list.bits(), list.compress()?, token, signer)
}

pub(super) fn cwt_of(
    bits: u8,
    zlib: Vec<u8>,
    token: &Token,
    signer: &Signer,
) -> Result<Vec<u8>, StatusError> {
    if signer.key().curve() != Curve::P256 {
        return Err(SignedError::Curve.into());
    }
    let (iat, exp, ttl) = token.numbers()?;
    let list = Value::Map(vec![
        (Value::Text("bits".into()), bits.into()),
        (Value::Text("lst".into()), Value::Bytes(zlib)),
    ]);
    let claims = Value::Map(vec![
        (SUB.into(), Value::Text(token.uri.clone())),
        (EXP.into(), exp.into()),
        (IAT.into(), iat.into()),
        (STATUS_LIST.into(), list),
        (TTL.into(), ttl.into()),
    ]);
    let mut payload = Vec::new();
    ciborium::into_writer(&claims, &mut payload).map_err(|e| malformed("claims", e))?;
    let protected = HeaderBuilder::new()
        .algorithm(iana::Algorithm::ES256)
        .value(TYP, Value::Text(MEDIA_TYPE_CWT.into()))
        .build();
    let mut chain: Vec<Value> =
        signer.chain().iter().map(|c| Value::Bytes(c.der().to_vec())).collect();
    let chain = if chain.len() == 1 { chain.swap_remove(0) } else { Value::Array(chain) };
    CoseSign1Builder::new()
        .protected(protected)
        .unprotected(HeaderBuilder::new().value(X5CHAIN, chain).build())
        .payload(payload)
        .create_signature(&[], |signed| {
            signer.key().sign_prehash(&Hash::Sha256.digest(&[signed])).to_plain().to_vec()
        })
        .build()
        .to_tagged_vec()
        .map_err(|e| malformed("COSE_Sign1", e))
}

/// Opens a list that came as a CWT, as [`open_jwt`](super::open_jwt) does.
///
/// # Errors
/// [`StatusError`]: the statuses are not known.
pub fn open_cwt(
    token: &[u8],
    uri: &str,
    anchors: &[Certificate],
    at: UtcDateTime,
) -> Result<Opened, StatusError> {
    if token.len() > MAX_TOKEN {
        return Err(StatusError::TooLarge { most: MAX_TOKEN });
    }
    let mut rest = token;
    let token = match ciborium::from_reader(&mut rest).map_err(|e| malformed("COSE_Sign1", e))? {
        Value::Tag(CoseSign1::TAG, inner) if rest.is_empty() => sign1(*inner),
        _ => None,
    };
    let token = token.ok_or_else(|| malformed("COSE_Sign1", "with its tag, not countersigned"))?;
    check_header(&token.protected.header)?;
    let (key, signer) =
        trusted_key(&chain_of(&token)?, anchors, Some(oid::OAUTH_STATUS_SIGNING), at)?;
    let verify = |signature: &[u8], signed: &[u8]| {
        let digest = Hash::Sha256.digest(&[signed]);
        key.verify_prehash(&digest, &Signature::from_plain(signature))
    };
    let right = key.curve() == Curve::P256 && token.verify_signature(&[], verify).is_ok();
    if !right {
        return Err(StatusError::Signature { signer: signer.subject() });
    }
    let payload = token.payload.as_deref().unwrap_or_default();
    claims(payload)?.judge(uri, signer, at)
}

fn check_header(protected: &Header) -> Result<(), StatusError> {
    let es256 = iana::Algorithm::ES256;
    if protected.alg != Some(coset::Algorithm::Assigned(es256)) {
        return Err(malformed("alg", format!("ES256 ({}) expected", es256.to_i64())));
    }
    if !protected.crit.is_empty() {
        return Err(malformed("crit", "it demands extensions, and none is known"));
    }
    match find(&protected.rest, TYP) {
        Some(Value::Text(typ)) if typ == MEDIA_TYPE_CWT => Ok(()),
        _ => Err(malformed("typ", format!("{MEDIA_TYPE_CWT} expected"))),
    }
}

fn find(rest: &[(Label, Value)], label: i64) -> Option<&Value> {
    rest.iter().find(|(l, _)| *l == Label::Int(label)).map(|(_, value)| value)
}

// In either header: what it says is checked against the anchors, whoever wrote it there.
fn chain_of(token: &CoseSign1) -> Result<Vec<Vec<u8>>, StatusError> {
    let chain = find(&token.protected.header.rest, X5CHAIN)
        .or_else(|| find(&token.unprotected.rest, X5CHAIN));
    let one = |value: &Value| value.as_bytes().cloned();
    let chain = match chain {
        Some(Value::Array(all)) => all.iter().map(one).collect(),
        Some(value) => one(value).map(|der| vec![der]),
        None => None,
    };
    chain.ok_or_else(|| malformed("x5chain", "certificates expected"))
}

fn claims(payload: &[u8]) -> Result<Claims, StatusError> {
    let mut rest = payload;
    let value: Value = ciborium::from_reader(&mut rest).map_err(|e| malformed("claims", e))?;
    let Value::Map(map) = value else { return Err(malformed("claims", "a map expected")) };
    if !rest.is_empty() {
        return Err(malformed("claims", "bytes behind the map"));
    }
    let (mut sub, mut iat, mut exp, mut ttl, mut list) = (None, None, None, None, None);
    for (key, value) in map {
        let Some(key) = key.as_integer() else { continue };
        match i64::try_from(key) {
            Ok(SUB) => set("sub", &mut sub, value.into_text().ok())?,
            Ok(IAT) => set("iat", &mut iat, number(&value))?,
            Ok(EXP) => set("exp", &mut exp, number(&value))?,
            Ok(TTL) => set("ttl", &mut ttl, number(&value))?,
            Ok(STATUS_LIST) => set("status_list", &mut list, list_of(value))?,
            _ => {}
        }
    }
    let (bits, zlib) = list.ok_or_else(|| malformed("status_list", "claim 65533 is missing"))?;
    Ok(Claims {
        sub: sub.ok_or_else(|| malformed("sub", "missing"))?,
        iat: iat.ok_or_else(|| malformed("iat", "missing"))?,
        exp,
        ttl,
        list: StatusList::decompress(bits, &zlib)?,
    })
}

fn number<T: TryFrom<ciborium::value::Integer>>(value: &Value) -> Option<T> {
    value.as_integer().and_then(|n| T::try_from(n).ok())
}

fn list_of(value: Value) -> Option<(u64, Vec<u8>)> {
    let (mut bits, mut lst) = (None, None);
    for (key, value) in value.into_map().ok()? {
        match key.as_text() {
            Some("bits") => set("bits", &mut bits, number(&value)).ok()?,
            Some("lst") => set("lst", &mut lst, value.into_bytes().ok()).ok()?,
            _ => {}
        }
    }
    bits.zip(lst)
}

// Once and of its type, or not at all.
fn set<T>(what: &'static str, to: &mut Option<T>, value: Option<T>) -> Result<(), StatusError> {
    match (&to, value) {
        (None, Some(value)) => {
            *to = Some(value);
            Ok(())
        }
        (Some(_), _) => Err(malformed(what, "it stands there twice")),
        (None, None) => Err(malformed(what, "of another type")),
    }
}
