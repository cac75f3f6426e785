//! Public keys as SubjectPublicKeyInfo (RFC 5280 clause 4.1.2.7, RFC 5480).

use super::algorithm::{AlgorithmId, BIT_STRING, OBJECT_IDENTIFIER, SEQUENCE};
use super::{Oid, PkiError, oid};
use crate::crypto::{Curve, PublicKey};
use crate::tlv::{self, Writer};

const WHAT: &str = "public key";

/// Reads the key of a SubjectPublicKeyInfo that names its curve.
///
/// # Errors
/// [`PkiError::UnsupportedAlgorithm`] for keys other than elliptic-curve ones,
/// [`PkiError::UnsupportedCurve`] and [`PkiError::ExplicitCurve`] for curves that are not known by
/// name, [`PkiError::Key`] for a point that is not on the curve, or what is wrong with the
/// structure.
pub fn parse(der: &[u8]) -> Result<PublicKey, PkiError> {
    let mut fields =
        tlv::parse_one(der, SEQUENCE).and_then(|t| t.children()).map_err(PkiError::tlv(WHAT))?;
    let algorithm = fields.expect(SEQUENCE).map_err(PkiError::tlv(WHAT))?;
    let algorithm = AlgorithmId::read(WHAT, algorithm)?;
    let bits = fields.expect(BIT_STRING).map_err(PkiError::tlv(WHAT))?;
    fields.end().map_err(PkiError::tlv(WHAT))?;
    if algorithm.oid != oid::EC_PUBLIC_KEY {
        return Err(PkiError::UnsupportedAlgorithm { what: WHAT, oid: algorithm.oid });
    }
    let curve = match algorithm.parameters {
        Some(p) if p.tag == OBJECT_IDENTIFIER => {
            let oid = Oid::from_bytes(p.value).map_err(|e| PkiError::value(WHAT, e))?;
            curve_of(oid).ok_or(PkiError::UnsupportedCurve { oid })?
        }
        Some(p) if p.tag == SEQUENCE => return Err(PkiError::ExplicitCurve),
        _ => return Err(PkiError::value(WHAT, "no curve is named")),
    };
    let [0, point @ ..] = bits.value else {
        return Err(PkiError::value(WHAT, "the key is no whole number of bytes"));
    };
    PublicKey::from_sec1(curve, point).map_err(|source| PkiError::Key { what: WHAT, source })
}

/// The SubjectPublicKeyInfo of a key, its curve by name and its point uncompressed.
pub fn encode(key: &PublicKey) -> Vec<u8> {
    let mut bits = vec![0];
    bits.extend_from_slice(key.sec1());
    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        w.constructed(SEQUENCE, |w| {
            w.primitive(OBJECT_IDENTIFIER, oid::EC_PUBLIC_KEY.as_bytes());
            w.primitive(OBJECT_IDENTIFIER, oid_of_curve(key.curve()).as_bytes());
        });
        w.primitive(BIT_STRING, &bits);
    });
    w.finish()
}

/// The curve with this name.
pub fn curve_of(oid: Oid) -> Option<Curve> {
    Curve::ALL.into_iter().find(|c| oid_of_curve(*c) == oid)
}

/// The name of a curve.
pub const fn oid_of_curve(curve: Curve) -> Oid {
    match curve {
        Curve::P192 => oid::SECP192R1,
        Curve::BrainpoolP192r1 => oid::BRAINPOOL_P192R1,
        Curve::P224 => oid::SECP224R1,
        Curve::BrainpoolP224r1 => oid::BRAINPOOL_P224R1,
        Curve::P256 => oid::SECP256R1,
        Curve::BrainpoolP256r1 => oid::BRAINPOOL_P256R1,
        Curve::BrainpoolP320r1 => oid::BRAINPOOL_P320R1,
        Curve::P384 => oid::SECP384R1,
        Curve::BrainpoolP384r1 => oid::BRAINPOOL_P384R1,
        Curve::BrainpoolP512r1 => oid::BRAINPOOL_P512R1,
        Curve::P521 => oid::SECP521R1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{SecretKey, SeededRng};

    #[test]
    fn keys_survive_and_what_is_none_is_named() {
        for curve in Curve::ALL {
            let key = SecretKey::generate(curve, &mut SeededRng::new(b"spki", "key")).public();
            let der = encode(&key);
            assert_eq!(parse(&der).unwrap(), key);
            let mut off = der.clone();
            *off.last_mut().unwrap() ^= 1;
            assert!(matches!(parse(&off), Err(PkiError::Key { .. })));
            let mut longer = der.clone();
            longer.push(0);
            assert!(matches!(parse(&longer), Err(PkiError::Structure { .. })));
            for cut in 0..der.len() {
                assert!(parse(&der[..cut]).is_err());
            }
        }
        // rsaEncryption with NULL parameters; secp256k1; a curve written out
        let rsa = hex::decode("3014300d06092a864886f70d01010105000303003000").unwrap();
        assert_eq!(
            parse(&rsa),
            Err(PkiError::UnsupportedAlgorithm { what: WHAT, oid: oid::RSA_ENCRYPTION })
        );
        let other = hex::decode("3016301006072a8648ce3d020106052b8104000a03020004").unwrap();
        assert!(matches!(parse(&other), Err(PkiError::UnsupportedCurve { .. })));
        let explicit = hex::decode("3011300b06072a8648ce3d0201300003020004").unwrap();
        assert_eq!(parse(&explicit), Err(PkiError::ExplicitCurve));
    }
}
