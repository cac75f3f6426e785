use super::*;
use crate::crypto::SeededRng;

fn key(group: Group, label: &str) -> DhSecretKey {
    DhSecretKey::generate(group, &mut SeededRng::new(b"dh", label))
}

// p - n
fn below_prime(group: Group, n: u8) -> Vec<u8> {
    let mut bytes = group.parameters().prime;
    *bytes.last_mut().unwrap() -= n;
    bytes
}

#[test]
fn both_sides_agree_and_other_groups_are_refused() {
    for group in Group::ALL {
        let (a, b) = (key(group, "a"), key(group, "b"));
        assert_eq!(a.to_bytes().len(), group.order_len());
        let secret = a.agree(&b.public()).unwrap();
        assert_eq!(secret.as_bytes(), b.agree(&a.public()).unwrap().as_bytes());
        assert_eq!(secret.as_bytes().len(), group.prime_len());
        assert_eq!(DhPublicKey::from_bytes(group, a.public().unsigned()), Ok(a.public()));
        let generator = group.map_generic(b"a nonce", &b.public()).unwrap();
        assert_eq!(
            a.agree_element(&b.public_on(&generator).unwrap()).unwrap(),
            b.agree_element(&a.public_on(&generator).unwrap()).unwrap()
        );
        let other = Group::ALL.into_iter().find(|&g| g != group).unwrap();
        let other = key(other, "c").public();
        assert!(matches!(a.agree(&other), Err(DhError::GroupMismatch { .. })));
        assert!(matches!(group.map_generic(&[1], &other), Err(DhError::GroupMismatch { .. })));
    }
}

#[test]
fn values_of_small_order_and_numbers_out_of_range_are_refused() {
    for group in Group::ALL {
        let len = group.prime_len();
        let bad = |got| DhError::BadPublic { group, expected: len, got };
        // 0, 1, p-1 (of order 2), p, p+1 and what is longer.
        assert_eq!(DhPublicKey::from_bytes(group, &[]), Err(bad(0)));
        assert_eq!(DhPublicKey::from_bytes(group, &[0]), Err(bad(1)));
        assert_eq!(DhPublicKey::from_bytes(group, &[1]), Err(bad(1)));
        let mut one = vec![0; len];
        one[len - 1] = 1;
        assert_eq!(DhPublicKey::from_bytes(group, &one), Err(bad(len)));
        for number in [below_prime(group, 1), below_prime(group, 0), vec![0xFF; len]] {
            assert_eq!(DhPublicKey::from_bytes(group, &number), Err(bad(len)));
        }
        assert_eq!(DhPublicKey::from_bytes(group, &vec![1; len + 1]), Err(bad(len + 1)));
        assert_eq!(DhPublicKey::from_bytes(group, &vec![0; 9999]), Err(bad(9999)));

        // An element of small order: any x to the power of q, unless that is 1.
        let field = Field::of(group);
        let order = group.parameters().order.unwrap();
        let small = field.power(Some(&field.element(&[2])), &order).retrieve().to_be_bytes();
        let error = DhPublicKey::from_bytes(group, &small).unwrap_err();
        assert_eq!(error, DhError::SmallOrder { group });
        // And one that is the product of such a one and a right one.
        let right = key(group, "a").public();
        let mixed = field.element(&small).mul(&field.element(right.padded()));
        let error = DhPublicKey::from_bytes(group, &mixed.retrieve().to_be_bytes()).unwrap_err();
        assert_eq!(error, DhError::SmallOrder { group });
    }
}

#[test]
fn private_numbers_are_reduced_and_never_zero() {
    for group in Group::ALL {
        let a = key(group, "a");
        let order = group.parameters().order.unwrap();
        assert!(matches!(DhSecretKey::from_bytes(group, &[]), Err(DhError::BadSecret { .. })));
        assert!(matches!(DhSecretKey::from_bytes(group, &order), Err(DhError::BadSecret { .. })));
        let long = vec![1; group.prime_len() + 1];
        assert!(matches!(DhSecretKey::from_bytes(group, &long), Err(DhError::BadSecret { .. })));
        // x + 2^8k is another number, x + 0 is not.
        let again = DhSecretKey::from_bytes(group, &[&[0; 9], &a.to_bytes()[..]].concat()).unwrap();
        assert_eq!(again.public(), a.public());
        let mut more = order;
        *more.last_mut().unwrap() += 1;
        let one = DhSecretKey::from_bytes(group, &more).unwrap();
        assert_eq!(one.public().padded(), group.parameters().generator);
    }
}

#[test]
fn mappings_to_the_neutral_element_are_refused() {
    for group in Group::ALL {
        let neutral = Err(DhError::Neutral { group });
        for number in [&[][..], &[0], &[1], &group.parameters().prime, &below_prime(group, 1)] {
            assert_eq!(group.map_integrated(number), neutral);
        }
        let mapped = group.map_integrated(&[0x77; 300]).unwrap();
        assert_eq!(DhPublicKey::from_bytes(group, mapped.padded()), Ok(mapped));
        // g^(q-1) · g = 1
        let one = DhSecretKey::from_bytes(group, &[1]).unwrap().public();
        let mut s = group.parameters().order.unwrap();
        *s.last_mut().unwrap() -= 1;
        assert_eq!(group.map_generic(&s, &one), neutral);
    }
}

#[test]
fn parameters_written_out_name_their_group_or_none() {
    for group in Group::ALL {
        let right = group.parameters();
        assert_eq!(Group::from_explicit(&right), Ok(group));
        let mut other = right.clone();
        other.order = None;
        other.prime.insert(0, 0);
        assert_eq!(Group::from_explicit(&other), Ok(group));
        let unknown = Err(DhError::UnknownParameters { bits: group.bits() });
        other.generator = vec![2];
        assert_eq!(Group::from_explicit(&other), unknown);
        other = right.clone();
        other.order = Some(vec![7]);
        assert_eq!(Group::from_explicit(&other), unknown);
        other.prime = vec![];
        assert_eq!(Group::from_explicit(&other), Err(DhError::UnknownParameters { bits: 0 }));
        assert_eq!(Group::from_parameter_id(group.parameter_id()), Some(group));
    }
}
