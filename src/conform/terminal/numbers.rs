//! Ephemeral keys at the border of what is right, and values beyond it.

use rand_core::CryptoRng;

use crate::crypto::{
    AgreementPublicKey, AgreementSecretKey, Curve, Domain, Group, PublicKey, SecretKey,
};

/// A coordinate near an end of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::conform) enum Extreme {
    /// An x-coordinate whose first eight bits are zeros.
    SmallX,
    /// An x-coordinate in the uppermost 256th of the field.
    LargeX,
    /// The same of the y-coordinate.
    SmallY,
    /// The same of the y-coordinate.
    LargeY,
}

/// A value that is no public key of the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::conform) enum Wrong {
    /// A key of a larger or smaller domain.
    OtherSize,
    /// The coordinates (0,0), or the number 0.
    Zero,
    /// A point off the curve.
    OffCurve,
    /// A number above the prime.
    AbovePrime,
    /// A point with another first byte than 04.
    Encoding,
}

/// A key whose public half on this generator has such a coordinate. The private key counts up
/// until it has; `None` for a curve where that takes too long, which none is.
pub(super) fn extreme(
    extreme: Extreme,
    generator: &PublicKey,
    rng: &mut dyn CryptoRng,
) -> Option<AgreementSecretKey> {
    const MAX_TRIES: usize = 20_000;
    let curve = generator.curve();
    let mut secret = SecretKey::generate(curve, rng);
    let mut public = secret.public_on(generator).ok()?;
    for _ in 0..MAX_TRIES {
        if is_extreme(extreme, &public) {
            return Some(secret.into());
        }
        secret = SecretKey::from_bytes(curve, &next(secret.to_bytes())).ok()?;
        public = public.plus(generator).ok()?;
    }
    None
}

/// The base point of a curve.
pub(super) fn base_point(curve: Curve) -> Option<PublicKey> {
    PublicKey::from_sec1_any(curve, &curve.parameters().generator).ok()
}

fn is_extreme(extreme: Extreme, point: &PublicKey) -> bool {
    let coordinate = match extreme {
        Extreme::SmallX | Extreme::LargeX => point.x(),
        Extreme::SmallY | Extreme::LargeY => point.y(),
    };
    let curve = point.curve();
    let (value, prime) = (leading(coordinate), leading(&curve.parameters().prime));
    match extreme {
        Extreme::SmallX | Extreme::SmallY => value < prime / 256,
        Extreme::LargeX | Extreme::LargeY => value >= prime - prime / 256,
    }
}

// The first 32 bits.
fn leading(number: &[u8]) -> u32 {
    number.iter().take(4).fold(0, |n, byte| n << 8 | u32::from(*byte))
}

// A big-endian number and one.
fn next(number: &[u8]) -> Vec<u8> {
    let mut next = number.to_vec();
    for byte in next.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
    next
}

/// The bytes of a value that is wrong so, from a key that is right.
pub(super) fn wrong(wrong: Wrong, right: &AgreementPublicKey, rng: &mut dyn CryptoRng) -> Vec<u8> {
    let domain = right.domain();
    let mut bytes = right.as_bytes().to_vec();
    match (wrong, domain) {
        (Wrong::OtherSize, Domain::Curve(curve)) => {
            let other = if curve.bits() > 256 { Curve::P256 } else { Curve::P384 };
            return SecretKey::generate(other, rng).public().sec1().to_vec();
        }
        // A number that is longer than the prime, or of a shorter group: the command stays short
        // enough for cards without extended length.
        (Wrong::OtherSize, Domain::Group(Group::Modp1024)) => {
            bytes.extend_from_slice(&[0x01; 32]);
        }
        (Wrong::OtherSize, Domain::Group(_)) => {
            let other = Domain::Group(Group::Modp1024);
            return AgreementSecretKey::generate(other, rng).public().as_bytes().to_vec();
        }
        (Wrong::Zero, Domain::Curve(_)) => bytes.iter_mut().skip(1).for_each(|byte| *byte = 0),
        (Wrong::Zero, Domain::Group(_)) => bytes.fill(0),
        (Wrong::OffCurve, _) => {
            // Half of the values of y^2 belong to no x, and no x has more than two.
            if let Some(last) = bytes.last_mut() {
                *last ^= 0x01;
            }
        }
        (Wrong::AbovePrime, Domain::Group(group)) => {
            bytes = next(&next(&group.parameters().prime));
        }
        // x = p, which is 0 written another way: no coordinate.
        (Wrong::AbovePrime, Domain::Curve(curve)) => {
            let prime = curve.parameters().prime;
            bytes = [&[0x04], prime.as_slice(), prime.as_slice()].concat();
        }
        (Wrong::Encoding, _) => {
            if let Some(first) = bytes.first_mut() {
                *first = 0x05;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededRng;

    #[test]
    fn keys_are_at_the_border_and_values_beyond_it() {
        let mut rng = SeededRng::new(b"numbers", "");
        let all = [Extreme::SmallX, Extreme::LargeX, Extreme::SmallY, Extreme::LargeY];
        for curve in [Curve::P256, Curve::P521, Curve::BrainpoolP192r1] {
            let generator = SecretKey::generate(curve, &mut rng).public();
            for kind in all {
                let key = extreme(kind, &generator, &mut rng).unwrap();
                let public = key.agree_element(&generator.clone().into()).unwrap();
                assert!(is_extreme(kind, public.curve_key().unwrap()), "{curve} {kind:?}");
            }
            assert_eq!(base_point(curve).unwrap().curve(), curve);
        }
        for domain in [Domain::Curve(Curve::P256), Domain::Group(Group::Modp1024)] {
            let right = AgreementSecretKey::generate(domain, &mut rng).public();
            for kind in [Wrong::OtherSize, Wrong::Zero, Wrong::AbovePrime] {
                let bytes = wrong(kind, &right, &mut rng);
                assert!(AgreementPublicKey::from_bytes(domain, &bytes).is_err(), "{kind:?}");
            }
        }
        let right = AgreementSecretKey::generate(Curve::P256.into(), &mut rng).public();
        for kind in [Wrong::OffCurve, Wrong::Encoding] {
            let bytes = wrong(kind, &right, &mut rng);
            assert!(AgreementPublicKey::from_bytes(right.domain(), &bytes).is_err(), "{kind:?}");
        }
    }
}
