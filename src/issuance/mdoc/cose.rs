//! COSE_Sign1 and COSE_Key (RFC 9052, RFC 9053) as ISO/IEC 18013-5 clause 9.1 uses them.

use ciborium::Value;
use coset::iana::EnumI64;
use coset::{
    AsCborValue, CoseKey, CoseKeyBuilder, CoseSign1, CoseSign1Builder, HeaderBuilder, KeyType,
    Label, RegisteredLabelWithPrivate, iana,
};

use super::cbor;
use super::error::MdocError;
use crate::crypto::{Curve, Hash, PublicKey, SecretKey, Signature};

/// x5chain (RFC 9360 clause 2).
const X5CHAIN: i64 = 33;
// More than any chain that `trusted_key` takes, so that the refusal is its own.
const MAX_CERTIFICATES: usize = 16;

// What an elliptic curve is in COSE: its key's number, and how it signs (RFC 9053 clauses 2.1 and
// 7.1, ISO/IEC 18013-5 clause 9.1.2.4).
const CURVES: [(Curve, iana::EllipticCurve, iana::Algorithm, Hash); 3] = [
    (Curve::P256, iana::EllipticCurve::P_256, iana::Algorithm::ES256, Hash::Sha256),
    (Curve::P384, iana::EllipticCurve::P_384, iana::Algorithm::ES384, Hash::Sha384),
    (Curve::P521, iana::EllipticCurve::P_521, iana::Algorithm::ES512, Hash::Sha512),
];

fn algorithm_of(what: &'static str, curve: Curve) -> Result<(iana::Algorithm, Hash), MdocError> {
    let known = CURVES.iter().find(|c| c.0 == curve);
    known.map(|c| (c.2, c.3)).ok_or(MdocError::Algorithm { what })
}

/// The public key as a COSE_Key.
pub(super) fn key(what: &'static str, key: &PublicKey) -> Result<Value, MdocError> {
    let curve = CURVES.iter().find(|c| c.0 == key.curve()).map(|c| c.1);
    let curve = curve.ok_or(MdocError::Algorithm { what })?;
    let key = CoseKeyBuilder::new_ec2_pub_key(curve, key.x().to_vec(), key.y().to_vec()).build();
    key.to_cbor_value().map_err(|_| MdocError::structure(what, "a COSE_Key"))
}

/// The public key of a COSE_Key, with both coordinates; a private one is refused.
pub(super) fn read_key(what: &'static str, value: Value) -> Result<PublicKey, MdocError> {
    let bad = || MdocError::structure(what, "a COSE_Key with a point of P-256, P-384 or P-521");
    let key = CoseKey::from_cbor_value(value).map_err(|_| bad())?;
    let param = |id: iana::Ec2KeyParameter| {
        let label = Label::Int(id.to_i64());
        key.params.iter().find(|(l, _)| *l == label).map(|(_, value)| value)
    };
    let number = param(iana::Ec2KeyParameter::Crv).and_then(Value::as_integer);
    let curve = CURVES.iter().find(|c| number == Some(c.1.to_i64().into())).ok_or_else(bad)?;
    let x = param(iana::Ec2KeyParameter::X).and_then(Value::as_bytes).ok_or_else(bad)?;
    let y = param(iana::Ec2KeyParameter::Y).and_then(Value::as_bytes).ok_or_else(bad)?;
    let is_ec = key.kty == KeyType::Assigned(iana::KeyType::EC2);
    let algorithm = RegisteredLabelWithPrivate::Assigned(curve.2);
    let fits = key.alg.as_ref().is_none_or(|a| *a == algorithm);
    if !is_ec || !fits || param(iana::Ec2KeyParameter::D).is_some() {
        return Err(bad());
    }
    PublicKey::from_sec1(curve.0, &[&[4], x.as_slice(), y].concat()).map_err(|_| bad())
}

/// Signs a payload. What is detached is signed and left out.
pub(super) fn sign(
    what: &'static str,
    payload: &[u8],
    detached: bool,
    chain: &[Vec<u8>],
    key: &SecretKey,
) -> Result<Value, MdocError> {
    let (algorithm, hash) = algorithm_of(what, key.curve())?;
    let signer = |message: &[u8]| key.sign_prehash(&hash.digest(&[message])).to_plain().to_vec();
    let mut unprotected = HeaderBuilder::new();
    // One certificate stands alone, several in an array.
    let mut certificates: Vec<Value> = chain.iter().cloned().map(Value::Bytes).collect();
    match certificates.len() {
        0 => {}
        1 => unprotected = unprotected.value(X5CHAIN, certificates.remove(0)),
        _ => unprotected = unprotected.value(X5CHAIN, Value::Array(certificates)),
    }
    let sign1 = CoseSign1Builder::new()
        .protected(HeaderBuilder::new().algorithm(algorithm).build())
        .unprotected(unprotected.build());
    let sign1 = if detached {
        sign1.create_detached_signature(payload, &[], signer)
    } else {
        sign1.payload(payload.to_vec()).create_signature(&[], signer)
    };
    sign1.build().to_cbor_value().map_err(|_| MdocError::structure(what, "a COSE_Sign1"))
}

fn is(label: &Value, parameter: iana::HeaderParameter) -> bool {
    label.as_integer() == Some(parameter.to_i64().into())
}

/// A COSE_Sign1 as it came, not yet believed.
pub(super) struct Signed {
    what: &'static str,
    sign1: CoseSign1,
}

impl Signed {
    /// Reads an untagged COSE_Sign1.
    pub(super) fn read(what: &'static str, value: Value) -> Result<Self, MdocError> {
        let parts = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let [Value::Bytes(protected), Value::Map(unprotected), _, _] = parts else {
            return Err(MdocError::structure(what, "a COSE_Sign1 without a tag"));
        };
        // The algorithm alone (clause 9.1.2.4), so nothing that would be critical.
        let protected = cbor::decode(what, protected)?;
        let labels = protected.as_map().map(Vec::as_slice).unwrap_or_default();
        if !matches!(labels, [(label, _)] if is(label, iana::HeaderParameter::Alg)) {
            return Err(MdocError::structure(what, "the algorithm alone in the protected header"));
        }
        let forbidden = [iana::HeaderParameter::Alg, iana::HeaderParameter::Crit];
        if unprotected.iter().any(|(label, _)| forbidden.iter().any(|f| is(label, *f))) {
            let expected = "no algorithm and no critical parameter unprotected";
            return Err(MdocError::structure(what, expected));
        }
        let sign1 = super::super::cose::sign1(value);
        let bad = || MdocError::structure(what, "a COSE_Sign1, not countersigned");
        let sign1 = sign1.ok_or_else(bad)?;
        Ok(Self { what, sign1 })
    }

    /// The certificates that came with it.
    pub(super) fn chain(&self) -> Result<Vec<Vec<u8>>, MdocError> {
        let what = "x5chain";
        let label = Label::Int(X5CHAIN);
        let chain = self.sign1.unprotected.rest.iter().find(|(l, _)| *l == label);
        match chain.map(|(_, value)| value.clone()) {
            Some(Value::Bytes(one)) => Ok(vec![one]),
            Some(Value::Array(all)) if all.len() <= MAX_CERTIFICATES => {
                all.into_iter().map(|one| cbor::bytes(what, one)).collect()
            }
            _ => Err(MdocError::structure(what, "certificates")),
        }
    }

    /// The payload; there is none where it is detached.
    pub(super) fn payload(&self) -> Option<&[u8]> {
        self.sign1.payload.as_deref()
    }

    /// Whether that key signed the payload, or what was detached.
    pub(super) fn is_by(
        &self,
        key: &PublicKey,
        detached: Option<&[u8]>,
    ) -> Result<bool, MdocError> {
        let what = self.what;
        let (algorithm, hash) = algorithm_of(what, key.curve())?;
        let stated = &self.sign1.protected.header.alg;
        if *stated != Some(RegisteredLabelWithPrivate::Assigned(algorithm)) {
            return Err(MdocError::Algorithm { what });
        }
        let message = match (detached, self.payload()) {
            (None, Some(_)) => self.sign1.tbs_data(&[]),
            (Some(payload), None) => self.sign1.tbs_detached_data(payload, &[]),
            (None, None) => return Err(MdocError::structure(what, "a payload")),
            (Some(_), Some(_)) => return Err(MdocError::structure(what, "no payload")),
        };
        let signature = Signature::from_plain(self.sign1.signature.as_slice());
        Ok(key.verify_prehash(&hash.digest(&[&message]), &signature).is_ok())
    }

    /// The same again as CBOR.
    pub(super) fn into_value(self) -> Result<Value, MdocError> {
        self.sign1.to_cbor_value().map_err(|_| MdocError::structure(self.what, "a COSE_Sign1"))
    }
}
