//! Keys for a key agreement as SubjectPublicKeyInfo, over a curve or a MODP group: what DG14 and
//! EF.CardSecurity hold for Chip Authentication and PACE-CAM (ICAO Doc 9303-11 clauses 9.2.6 and
//! 9.5).

use super::algorithm::{AlgorithmId, BIT_STRING, INTEGER, OBJECT_IDENTIFIER, SEQUENCE};
use super::{PkiError, oid, spki};
use crate::crypto::{AgreementPublicKey, Domain, Group, GroupParameters};
use crate::tlv::{self, Tlv, Writer};

const WHAT: &str = "public key for a key agreement";

/// Reads a SubjectPublicKeyInfo whose domain parameters are those of a curve by name, written out,
/// or standardised by number; or those of a MODP group written out (PKCS#3, RFC 3279 clause 2.3.3)
/// or standardised by number.
///
/// # Errors
/// [`PkiError::UnsupportedAlgorithm`] for other keys, [`PkiError::UnsupportedCurve`],
/// [`PkiError::ExplicitCurve`] and [`PkiError::AgreementKey`] for parameters and values that are
/// refused, or what is wrong with the structure.
pub fn parse(der: &[u8]) -> Result<AgreementPublicKey, PkiError> {
    let structure = PkiError::tlv(WHAT);
    let mut fields =
        tlv::parse_one(der, SEQUENCE).and_then(|t| t.children()).map_err(&structure)?;
    let algorithm = AlgorithmId::read(WHAT, fields.expect(SEQUENCE).map_err(&structure)?)?;
    if algorithm.oid == oid::EC_PUBLIC_KEY {
        return spki::parse(der).map(Into::into);
    }
    let domain = domain_of(&algorithm)?;
    let bits = fields.expect(BIT_STRING).map_err(&structure)?;
    fields.end().map_err(&structure)?;
    let [0, value @ ..] = bits.value else {
        return Err(PkiError::value(WHAT, "the key is no whole number of bytes"));
    };
    // A point stands for itself, a number is an INTEGER.
    let value = match domain {
        Domain::Curve(_) => value,
        Domain::Group(_) => tlv::parse_one(value, INTEGER).map_err(&structure)?.value,
    };
    AgreementPublicKey::from_bytes(domain, value)
        .map_err(|source| PkiError::AgreementKey { source })
}

/// The curve or group of an AlgorithmIdentifier, such as a PACEDomainParameterInfo holds.
///
/// # Errors
/// As [`parse`].
pub fn domain(der: &[u8]) -> Result<Domain, PkiError> {
    let algorithm = tlv::parse_one(der, SEQUENCE).map_err(PkiError::tlv(WHAT))?;
    domain_of(&AlgorithmId::read(WHAT, algorithm)?)
}

/// The SubjectPublicKeyInfo of a key: a curve by its name, a group by its written-out parameters.
pub fn encode(key: &AgreementPublicKey) -> Vec<u8> {
    let key = match key {
        AgreementPublicKey::Ec(key) => return spki::encode(key),
        AgreementPublicKey::Dh(key) => key,
    };
    let GroupParameters { prime, generator, order } = key.group().parameters();
    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        w.constructed(SEQUENCE, |w| {
            w.primitive(OBJECT_IDENTIFIER, oid::DH_PUBLIC_NUMBER.as_bytes());
            w.constructed(SEQUENCE, |w| {
                for number in [&prime, &generator].into_iter().chain(&order) {
                    integer(w, number);
                }
            });
        });
        let mut bits = Writer::new();
        bits.raw(&[0]);
        integer(&mut bits, key.padded());
        w.primitive(BIT_STRING, &bits.finish());
    });
    w.finish()
}

/// The same with the domain parameters by their number, as the worked examples of the standards
/// have them in EF.CardSecurity: a reader need know no curve by its name (ICAO Doc 9303-11 clause
/// 9.5.1).
pub fn encode_standardised(key: &AgreementPublicKey) -> Vec<u8> {
    // All numbers are below 32.
    by_number(key.domain().parameter_id() as u8, key)
}

fn by_number(id: u8, key: &AgreementPublicKey) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        w.constructed(SEQUENCE, |w| {
            w.primitive(OBJECT_IDENTIFIER, oid::STANDARDIZED_DOMAIN_PARAMETERS.as_bytes());
            w.primitive(INTEGER, &[id]);
        });
        let mut bits = Writer::new();
        bits.raw(&[0]);
        match key {
            AgreementPublicKey::Ec(key) => {
                bits.raw(key.sec1());
            }
            AgreementPublicKey::Dh(key) => integer(&mut bits, key.padded()),
        }
        w.primitive(BIT_STRING, &bits.finish());
    });
    w.finish()
}

fn domain_of(algorithm: &AlgorithmId<'_>) -> Result<Domain, PkiError> {
    let structure = PkiError::tlv(WHAT);
    let unsupported = PkiError::UnsupportedAlgorithm { what: WHAT, oid: algorithm.oid };
    let parameters = algorithm.parameters.ok_or_else(|| PkiError::value(WHAT, "no parameters"))?;
    match algorithm.oid {
        oid::EC_PUBLIC_KEY => spki::read_curve(Some(parameters)).map(Into::into),
        oid::STANDARDIZED_DOMAIN_PARAMETERS => {
            let id = parameters.expect(INTEGER).map_err(&structure)?;
            let &[id] = id.value else { return Err(unsupported) };
            let unknown = || PkiError::value(WHAT, format!("no domain parameters {id} are known"));
            Domain::from_parameter_id(u32::from(id)).ok_or_else(unknown)
        }
        oid::DH_PUBLIC_NUMBER | oid::DH_KEY_AGREEMENT => {
            let given = written_out(parameters, algorithm.oid == oid::DH_PUBLIC_NUMBER)?;
            let group = Group::from_explicit(&given);
            Ok(group.map_err(|source| PkiError::AgreementKey { source: source.into() })?.into())
        }
        _ => Err(unsupported),
    }
}

// p, g and, in RFC 3279, q; what follows helps nobody who knows the group.
fn written_out(parameters: Tlv<'_>, with_order: bool) -> Result<GroupParameters, PkiError> {
    let structure = PkiError::tlv(WHAT);
    let mut numbers = parameters.expect(SEQUENCE).and_then(|p| p.children()).map_err(&structure)?;
    let mut number = || numbers.expect(INTEGER).map(|n| n.value.to_vec()).map_err(&structure);
    let (prime, generator) = (number()?, number()?);
    let order = if with_order { Some(number()?) } else { None };
    Ok(GroupParameters { prime, generator, order })
}

// A positive number in its shortest form (X.690 clause 8.3).
fn integer(w: &mut Writer, number: &[u8]) {
    let start = number.iter().position(|&b| b != 0).unwrap_or(number.len());
    let mut value = number[start..].to_vec();
    if value.first().is_none_or(|&b| b & 0x80 != 0) {
        value.insert(0, 0);
    }
    w.primitive(INTEGER, &value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{AgreementError, AgreementSecretKey, DhError, SeededRng};

    fn keys() -> impl Iterator<Item = AgreementPublicKey> {
        (0..32).filter_map(Domain::from_parameter_id).map(|domain| {
            AgreementSecretKey::generate(domain, &mut SeededRng::new(b"spki", "dh")).public()
        })
    }

    #[test]
    fn keys_of_every_domain_survive_written_out_and_by_number() {
        for key in keys() {
            let der = encode(&key);
            assert_eq!(parse(&der).unwrap(), key);
            let by_number = encode_standardised(&key);
            assert_eq!(parse(&by_number).unwrap(), key);
            for cut in 0..by_number.len() {
                assert!(parse(&by_number[..cut]).is_err());
            }
        }
    }

    #[test]
    fn the_keys_of_the_worked_examples() {
        let figures = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let bytes = |v: &serde_json::Value| hex::decode(v.as_str().unwrap()).unwrap();
        // ICAO Doc 9303-11 Appendix I: standardised domain parameters 13.
        let cam = figures(include_str!("../../tests/vectors/icao_pace_cam_appI.json"));
        let info = bytes(&cam["cam"]["chip_auth_public_key_info"]);
        let spki = tlv::parse_one(&info, SEQUENCE).unwrap().need(SEQUENCE).unwrap().raw;
        assert_eq!(parse(spki).unwrap().as_bytes(), bytes(&cam["cam"]["static_pub"]));
        // BSI TR-03110: standardised domain parameters 0, in EF.CardSecurity.
        let eac = figures(include_str!("../../tests/vectors/tr03110_eac_dh.json"));
        let file = bytes(&eac["values"]["ef_cardsecurity"]);
        let start = file.windows(3).position(|w| w == [0x30, 0x81, 0x95]).unwrap();
        let key = parse(&file[start..start + 3 + 0x95]).unwrap();
        assert_eq!(key.domain(), Group::Modp1024.into());
        assert_eq!(key.as_bytes(), bytes(&eac["values"]["ca_picc_pub_key"]));
        // PACEDomainParameterInfo has the AlgorithmIdentifier alone.
        let algorithm = hex::decode("300C060704007F0007010202010D").unwrap();
        assert_eq!(domain(&algorithm).unwrap().parameter_id(), 13);
    }

    #[test]
    fn what_is_no_key_is_named() {
        let key = keys().next().unwrap();
        for id in [3, 7, 19, 31, 255] {
            assert!(matches!(parse(&by_number(id, &key)), Err(PkiError::Value { .. })));
        }
        // A number of a group read as a point.
        let error = parse(&by_number(12, &key)).unwrap_err();
        assert!(matches!(error, PkiError::AgreementKey { source: AgreementError::Curve(_) }));
        let mut one = encode(&key);
        let at = one.len() - 128;
        one[at..].fill(0);
        let AgreementPublicKey::Dh(_) = key else { panic!("a group's key") };
        let error = parse(&one).unwrap_err();
        let AgreementError::Dh(DhError::BadPublic { .. }) = (match error {
            PkiError::AgreementKey { source } => source,
            other => panic!("{other}"),
        }) else {
            panic!("another reason")
        };
        // Another prime.
        let mut other = encode(&key);
        other[40] ^= 1;
        let error = parse(&other).unwrap_err();
        assert!(error.to_string().contains("parameters that describe no group"), "{error}");
        let rsa = hex::decode("3014300d06092a864886f70d01010105000303003000").unwrap();
        assert!(matches!(parse(&rsa), Err(PkiError::UnsupportedAlgorithm { .. })));
    }
}
