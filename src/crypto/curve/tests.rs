use super::*;
use crate::crypto::{Hash, SeededRng};

fn key(curve: Curve, label: &str) -> SecretKey {
    SecretKey::generate(curve, &mut SeededRng::new(b"curve", label))
}

#[test]
fn signatures_survive_both_forms_and_verify() {
    for curve in Curve::ALL {
        for (hash, label) in [(Hash::Sha1, "a"), (Hash::Sha256, "b"), (Hash::Sha512, "c")] {
            let key = key(curve, label);
            let digest = hash.digest(&[label.as_bytes()]);
            let signature = key.sign_prehash(&digest);
            assert_eq!(signature.to_plain().len(), 2 * curve.field_len());
            let again = Signature::from_der(curve, &signature.to_der()).unwrap();
            assert_eq!(signature, again);
            key.public().verify_prehash(&digest, &again).unwrap();
            let mut bad = again.to_plain().to_vec();
            bad[40] ^= 1;
            let bad = Signature::from_plain(bad);
            assert!(key.public().verify_prehash(&digest, &bad).is_err(), "{curve}");
        }
    }
}

#[test]
fn points_off_the_curve_and_at_infinity_are_refused() {
    for curve in Curve::ALL {
        let len = curve.field_len();
        let good = key(curve, "point").public().sec1().to_vec();
        assert!(PublicKey::from_sec1(curve, &good).is_ok());
        let mut off = good.clone();
        off[2 * len] ^= 1;
        let mut zero = vec![0; good.len()];
        zero[0] = 4;
        let mut huge = vec![0xFF; good.len()];
        huge[0] = 4;
        let mut compressed = good[..=len].to_vec();
        compressed[0] = 2;
        for bad in [&off[..], &zero, &huge, &compressed, &[0], &[], &good[..2 * len]] {
            let error = PublicKey::from_sec1(curve, bad).unwrap_err();
            assert!(matches!(error, CurveError::BadPoint { .. }), "{curve}");
        }
        assert!(SecretKey::from_bytes(curve, &vec![0; len]).is_err());
        assert!(SecretKey::from_bytes(curve, &vec![0xFF; len]).is_err());
        assert!(SecretKey::from_bytes(curve, &vec![1; len - 1]).is_err());
        assert!(SecretKey::from_bytes(curve, &vec![1; len + 1]).is_err());
        assert!(SecretKey::from_bytes(curve, &curve.parameters().order).is_err(), "the order");
    }
}

#[test]
fn both_sides_agree_and_other_curves_are_refused() {
    for curve in Curve::ALL {
        let (a, b) = (key(curve, "a"), key(curve, "b"));
        let secret = a.agree(&b.public()).unwrap();
        assert_eq!(secret.as_bytes(), b.agree(&a.public()).unwrap().as_bytes());
        assert_eq!(secret.as_bytes().len(), curve.field_len());
        let ratio = a.divided_by(&b).unwrap();
        assert_eq!(ratio.agree_point(&b.public()).unwrap(), a.public(), "{curve}: a/b · bG = aG");
        let other = key(if curve == Curve::P256 { Curve::P384 } else { Curve::P256 }, "c");
        assert!(matches!(a.agree(&other.public()), Err(CurveError::CurveMismatch { .. })));
        assert!(matches!(a.divided_by(&other), Err(CurveError::CurveMismatch { .. })));
        assert!(matches!(
            curve.map_generic(&[1], &other.public()),
            Err(CurveError::CurveMismatch { .. })
        ));
    }
}

#[test]
fn the_generic_mapping_refuses_infinity() {
    for curve in Curve::ALL {
        let s = key(curve, "s");
        // s·G + (n-s)·G
        let mut order = curve.parameters().order;
        let mut borrow = 0;
        for (digit, minus) in order.iter_mut().zip(s.to_bytes().iter()).rev() {
            let difference = i16::from(*digit) - i16::from(*minus) - borrow;
            borrow = i16::from(difference < 0);
            *digit = difference.rem_euclid(256) as u8;
        }
        let h = SecretKey::from_bytes(curve, &order).unwrap().public();
        assert_eq!(curve.map_generic(s.to_bytes(), &h), Err(CurveError::Infinity { curve }));
        // A number above the order is reduced: s + n maps like s.
        assert_eq!(curve.map_generic(&curve.parameters().order, &h).unwrap(), h, "0·G + H");
    }
}

#[test]
fn the_integrated_mapping_yields_points() {
    for curve in Curve::ALL {
        let numbers = [&b"\x02"[..], &[0x55; 100], &[0xFF; 9], b"a pseudo-random number"];
        for number in numbers {
            let mapped = curve.map_integrated(number);
            if curve == Curve::P224 {
                assert_eq!(mapped, Err(CurveError::NoMapping { curve }));
                continue;
            }
            let mapped = mapped.unwrap();
            assert_eq!(PublicKey::from_sec1(curve, mapped.sec1()).as_ref(), Ok(&mapped), "{curve}");
            assert_eq!(curve.map_integrated(&[&[0; 5], number].concat()).unwrap(), mapped);
        }
        // 0, 1, the prime and the like have no inverse on the way: a point or a reason, no panic.
        for number in [&[][..], &[0], &[1], &curve.parameters().prime] {
            if let Ok(mapped) = curve.map_integrated(number) {
                assert!(PublicKey::from_sec1(curve, mapped.sec1()).is_ok(), "{curve}");
            }
        }
    }
}

#[test]
fn parameters_written_out_name_their_curve_or_none() {
    for curve in Curve::ALL {
        let right = curve.parameters();
        assert_eq!(Curve::from_explicit(&right), Ok(curve));
        let zero = |bytes: &[u8]| [&[0], bytes].concat();
        let mut padded = right.clone();
        padded.prime = zero(&right.prime);
        padded.a = zero(&right.a);
        padded.order = zero(&right.order);
        padded.cofactor = None;
        assert_eq!(Curve::from_explicit(&padded), Ok(curve));
        let mut short = right.clone();
        let sign = 2 | right.generator.last().unwrap() & 1;
        short.generator = [&[sign], &right.generator[1..=curve.field_len()]].concat();
        assert_eq!(Curve::from_explicit(&short), Ok(curve));
        short.generator[0] ^= 1;
        assert!(Curve::from_explicit(&short).is_err(), "-G is another base point");

        let with = |change: &dyn Fn(&mut CurveParameters)| {
            let mut other = right.clone();
            change(&mut other);
            Curve::from_explicit(&other).unwrap_err()
        };
        let flip = |bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1;
        let altered = |what| CurveError::AlteredParameters { curve, what };
        assert_eq!(with(&|p| flip(&mut p.a)), altered("coefficient a"));
        assert_eq!(with(&|p| flip(&mut p.b)), altered("coefficient b"));
        assert_eq!(with(&|p| flip(&mut p.order)), altered("order"));
        assert_eq!(with(&|p| p.cofactor = Some(vec![4])), altered("cofactor"));
        assert_eq!(with(&|p| p.cofactor = Some(vec![])), altered("cofactor"));
        // A valid point, whose private key to a forged base somebody could know.
        let forged = key(curve, "forged").public().sec1().to_vec();
        assert_eq!(with(&|p| p.generator.clone_from(&forged)), altered("base point"));
        assert_eq!(with(&|p| p.generator.clear()), altered("base point"));
        assert_eq!(with(&|p| p.generator = vec![3]), altered("base point"));
        let error = with(&|p| flip(&mut p.prime));
        assert_eq!(error, CurveError::UnknownParameters { bits: curve.bits() });
        let error = with(&|p| p.prime = vec![0; 3]);
        assert_eq!(error, CurveError::UnknownParameters { bits: 0 });
        assert_eq!(Curve::from_parameter_id(curve.parameter_id()), Some(curve));
    }
    assert_eq!(Curve::from_parameter_id(19), None);
}

#[test]
fn signatures_that_are_no_numbers_are_refused() {
    for hex in ["", "3006020100020101", "3006020101020180", "30080202000102020001", "3003020101"] {
        let der = hex::decode(hex).unwrap();
        assert!(Signature::from_der(Curve::P256, &der).is_none(), "{hex}");
    }
    for curve in Curve::ALL {
        let key = key(curve, "zero").public();
        let len = 2 * curve.field_len();
        for plain in [vec![0; len], vec![], vec![1; len - 1], vec![0xFF; len]] {
            let signature = Signature::from_plain(plain);
            assert!(key.verify_prehash(&[0; 32], &signature).is_err(), "{curve}");
        }
    }
}

#[test]
fn compressed_points_are_those_of_certificates_alone() {
    for curve in Curve::ALL {
        let key = SecretKey::generate(curve, &mut SeededRng::new(b"curve", "compressed")).public();
        let form = 2 | key.y().last().unwrap() & 1;
        let compressed = [&[form], key.x()].concat();
        assert_eq!(PublicKey::from_sec1_any(curve, &compressed).as_ref(), Ok(&key), "{curve}");
        assert_eq!(PublicKey::from_sec1_any(curve, key.sec1()).as_ref(), Ok(&key));
        let mirrored = PublicKey::from_sec1_any(curve, &[&[form ^ 1], key.x()].concat()).unwrap();
        assert_eq!((mirrored.x() == key.x(), mirrored.y() == key.y()), (true, false));
        // A chip sends whole points.
        assert!(PublicKey::from_sec1(curve, &compressed).is_err());
        // Half of all numbers are no x-coordinate; what is read is a point.
        let mut refused = 0;
        for last in 0..64 {
            let mut other = compressed.clone();
            *other.last_mut().unwrap() = last;
            match PublicKey::from_sec1_any(curve, &other) {
                Ok(point) => assert!(PublicKey::from_sec1(curve, point.sec1()).is_ok()),
                Err(CurveError::BadPoint { .. }) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert!((8..56).contains(&refused), "{curve}: {refused} of 64");
        let above = [&[2][..], &vec![0xFF; curve.field_len()]].concat();
        for bad in [&compressed[1..], &[&compressed[..], &[0]].concat(), &[2], &[5], &[0], &above] {
            assert!(PublicKey::from_sec1_any(curve, bad).is_err(), "{curve}");
        }
    }
}

#[test]
fn numbers_that_are_none_of_a_signature_fit_nothing() {
    for curve in Curve::ALL {
        let key = SecretKey::generate(curve, &mut SeededRng::new(b"curve", "psychic"));
        let (len, order) = (curve.field_len(), curve.parameters().order);
        let good = key.sign_prehash(&[7; 32]);
        let (r, s) = good.to_plain().split_at(len);
        let zero = vec![0; len];
        let order = [&vec![0; len - order.len()][..], &order].concat();
        for (r, s) in [(&zero[..], &zero[..]), (&zero, s), (r, &zero), (&order, s), (r, &order)] {
            let bad = Signature::from_plain([r, s].concat());
            // A digest of zero makes 0 = 0 of the equation (CVE-2022-21449).
            for digest in [[7; 32], [0; 32]] {
                assert!(key.public().verify_prehash(&digest, &bad).is_err(), "{curve}");
            }
        }
        assert!(key.public().verify_prehash(&[7; 32], &good).is_ok());
        for bytes in [&[][..], &good.to_plain()[1..], &[good.to_plain(), &[0]].concat()] {
            let bad = Signature::from_plain(bytes);
            assert!(key.public().verify_prehash(&[7; 32], &bad).is_err(), "{curve}");
        }
    }
}
