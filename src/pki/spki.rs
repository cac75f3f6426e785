//! Public keys as SubjectPublicKeyInfo (RFC 5280 clause 4.1.2.7, RFC 5480).

use super::algorithm::{
    AlgorithmId, BIT_STRING, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, read_oid,
};
use super::{Oid, PkiError, oid};
use crate::crypto::{Curve, CurveParameters, PublicKey};
use crate::tlv::{self, Tlv, Writer};

const WHAT: &str = "public key";

/// Reads the key of a SubjectPublicKeyInfo that names its curve, or writes out the parameters of
/// one that has a name, as most CSCAs do.
///
/// # Errors
/// [`PkiError::UnsupportedAlgorithm`] for keys other than elliptic-curve ones,
/// [`PkiError::UnsupportedCurve`] and [`PkiError::ExplicitCurve`] for curves that are not known,
/// [`PkiError::Key`] for a point that is not on the curve, or what is wrong with the structure.
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
    let curve = read_curve(algorithm.parameters)?;
    let [0, point @ ..] = bits.value else {
        return Err(PkiError::value(WHAT, "the key is no whole number of bytes"));
    };
    PublicKey::from_sec1_any(curve, point).map_err(|source| PkiError::Key { what: WHAT, source })
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

/// The curve of an elliptic-curve key's algorithm parameters, named or written out.
pub(super) fn read_curve(parameters: Option<Tlv<'_>>) -> Result<Curve, PkiError> {
    match parameters {
        Some(p) if p.tag == OBJECT_IDENTIFIER => {
            let oid = Oid::from_bytes(p.value).map_err(|e| PkiError::value(WHAT, e))?;
            curve_of(oid).ok_or(PkiError::UnsupportedCurve { oid })
        }
        Some(p) if p.tag == SEQUENCE => Curve::from_explicit(&written_out(p)?)
            .map_err(|source| PkiError::ExplicitCurve { source }),
        _ => Err(PkiError::value(WHAT, "no curve is named")),
    }
}

// ECParameters (RFC 3279 clause 2.3.5): over a prime field, since no card has another.
fn written_out(parameters: Tlv<'_>) -> Result<CurveParameters, PkiError> {
    const WHAT: &str = "curve parameters";
    let structure = PkiError::tlv(WHAT);
    let mut fields = parameters.children().map_err(&structure)?;
    fields.expect(INTEGER).map_err(&structure)?;
    let mut field = fields.expect(SEQUENCE).and_then(|f| f.children()).map_err(&structure)?;
    let kind = read_oid(WHAT, &mut field)?;
    if kind != oid::PRIME_FIELD {
        return Err(PkiError::UnsupportedAlgorithm { what: WHAT, oid: kind });
    }
    let prime = field.expect(INTEGER).map_err(&structure)?.value.to_vec();
    field.end().map_err(&structure)?;
    let mut curve = fields.expect(SEQUENCE).and_then(|f| f.children()).map_err(&structure)?;
    let a = curve.expect(OCTET_STRING).map_err(&structure)?.value.to_vec();
    let b = curve.expect(OCTET_STRING).map_err(&structure)?.value.to_vec();
    // The seed says where the curve came from, which does not matter.
    if let Some(seed) = curve.next() {
        seed.and_then(|s| s.expect(BIT_STRING)).map_err(&structure)?;
    }
    curve.end().map_err(&structure)?;
    let generator = fields.expect(OCTET_STRING).map_err(&structure)?.value.to_vec();
    let order = fields.expect(INTEGER).map_err(&structure)?.value.to_vec();
    let cofactor = fields.next().map(|c| c.and_then(|c| c.expect(INTEGER)));
    let cofactor = cofactor.transpose().map_err(&structure)?.map(|c| c.value.to_vec());
    fields.end().map_err(&structure)?;
    Ok(CurveParameters { prime, a, b, generator, order, cofactor })
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
    use proptest::prelude::*;

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
        let empty = hex::decode("3011300b06072a8648ce3d0201300003020004").unwrap();
        assert!(matches!(parse(&empty), Err(PkiError::Structure { .. })));
    }

    // The key with its curve written out.
    fn written(key: &PublicKey, curve: &CurveParameters, field: Oid, seed: bool) -> Vec<u8> {
        let positive = |number: &[u8]| [&[0], number].concat();
        let mut w = Writer::new();
        w.constructed(SEQUENCE, |w| {
            w.constructed(SEQUENCE, |w| {
                w.primitive(OBJECT_IDENTIFIER, oid::EC_PUBLIC_KEY.as_bytes());
                w.constructed(SEQUENCE, |w| {
                    w.primitive(INTEGER, &[1]);
                    w.constructed(SEQUENCE, |w| {
                        w.primitive(OBJECT_IDENTIFIER, field.as_bytes());
                        w.primitive(INTEGER, &positive(&curve.prime));
                    });
                    w.constructed(SEQUENCE, |w| {
                        w.primitive(OCTET_STRING, &curve.a).primitive(OCTET_STRING, &curve.b);
                        if seed {
                            w.primitive(BIT_STRING, &[0; 21]);
                        }
                    });
                    w.primitive(OCTET_STRING, &curve.generator);
                    w.primitive(INTEGER, &positive(&curve.order));
                    if let Some(cofactor) = &curve.cofactor {
                        w.primitive(INTEGER, cofactor);
                    }
                });
            });
            w.primitive(BIT_STRING, &positive(key.sec1()));
        });
        w.finish()
    }

    #[test]
    fn a_curve_that_is_written_out_is_the_named_one_or_none() {
        for curve in Curve::ALL {
            let key = SecretKey::generate(curve, &mut SeededRng::new(b"spki", "explicit"));
            let (key, known) = (key.public(), curve.parameters());
            for seed in [true, false] {
                assert_eq!(parse(&written(&key, &known, oid::PRIME_FIELD, seed)).unwrap(), key);
            }
            // A base point of the forger's own choice makes any signature fit (CVE-2020-0601).
            let mut forged = known.clone();
            forged.generator = key.sec1().to_vec();
            let mut none = known.clone();
            none.prime[1] ^= 1;
            for (other, expected) in [(forged, "base point"), (none, "none known")] {
                let error = parse(&written(&key, &other, oid::PRIME_FIELD, false)).unwrap_err();
                assert!(error.to_string().contains(expected), "{error}");
            }
            let binary = Oid::new_unwrap("1.2.840.10045.1.2");
            let error = parse(&written(&key, &known, binary, false)).unwrap_err();
            assert!(matches!(error, PkiError::UnsupportedAlgorithm { .. }));
        }
    }

    proptest! {
        #[test]
        fn no_parameters_are_too_odd(
            at in 0_usize..400, with: u8, cut in 0_usize..400, garbage: Vec<u8>,
        ) {
            let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"spki", "fuzz"));
            let key = key.public();
            let mut der = written(&key, &Curve::P256.parameters(), oid::PRIME_FIELD, true);
            let (at, cut) = (at % der.len(), cut % der.len());
            der[at] = with;
            // Whatever is read is a point of a known curve.
            if let Ok(read) = parse(&der) {
                prop_assert!(PublicKey::from_sec1(read.curve(), read.sec1()).is_ok());
            }
            prop_assert!(parse(&der[..cut]).is_err());
            let _ = parse(&garbage);
        }
    }
}
