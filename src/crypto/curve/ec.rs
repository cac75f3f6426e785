//! One implementation over any prime curve, reached through bytes so that a curve is a value.

use std::marker::PhantomData;

use ecdsa::{EcdsaCurve, hazmat};
use elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, NonZeroScalar, ProjectivePoint,
    Scalar,
    ff::PrimeField,
    group::{Curve as _, Group},
    ops::Invert,
    sec1::{FromSec1Point, ModulusSize, Sec1Point, ToSec1Point},
};
use primeorder::PrimeCurveParams;
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{explicit::CurveParameters, map, own};

/// Arithmetic on one curve. Points come in as uncompressed bytes that were checked before.
pub(super) trait Ops: Sync {
    fn random(&self, rng: &mut dyn CryptoRng) -> Zeroizing<Vec<u8>>;
    fn is_secret(&self, secret: &[u8]) -> bool;
    fn is_point(&self, point: &[u8]) -> bool;
    fn decompress(&self, point: &[u8]) -> Option<Vec<u8>>;
    fn public(&self, secret: &[u8]) -> Vec<u8>;
    fn mul(&self, secret: &[u8], point: &[u8]) -> Option<Vec<u8>>;
    fn mul_base_add(&self, number: &[u8], point: &[u8]) -> Option<Vec<u8>>;
    fn add(&self, point: &[u8], other: &[u8]) -> Option<Vec<u8>>;
    fn encode(&self, number: &[u8]) -> Option<Vec<u8>>;
    fn ratio(&self, numerator: &[u8], denominator: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
    fn parameters(&self) -> CurveParameters;
    fn sign(&self, secret: &[u8], digest: &[u8]) -> Vec<u8>;
    fn verify(&self, point: &[u8], digest: &[u8], signature: &[u8]) -> bool;
}

pub(super) const P192: Ec<own::P192> = Ec(PhantomData);
pub(super) const BRAINPOOL_P192R1: Ec<own::BrainpoolP192r1> = Ec(PhantomData);
pub(super) const P224: Ec<own::P224> = Ec(PhantomData);
pub(super) const BRAINPOOL_P224R1: Ec<own::BrainpoolP224r1> = Ec(PhantomData);
pub(super) const P256: Ec<p256::NistP256> = Ec(PhantomData);
pub(super) const BRAINPOOL_P256R1: Ec<bp256::BrainpoolP256r1> = Ec(PhantomData);
pub(super) const BRAINPOOL_P320R1: Ec<own::BrainpoolP320r1> = Ec(PhantomData);
pub(super) const P384: Ec<p384::NistP384> = Ec(PhantomData);
pub(super) const BRAINPOOL_P384R1: Ec<bp384::BrainpoolP384r1> = Ec(PhantomData);
pub(super) const BRAINPOOL_P512R1: Ec<own::BrainpoolP512r1> = Ec(PhantomData);
pub(super) const P521: Ec<p521::NistP521> = Ec(PhantomData);

pub(super) struct Ec<C>(PhantomData<fn() -> C>);

impl<C> Ops for Ec<C>
where
    C: EcdsaCurve + PrimeCurveParams,
{
    fn random(&self, rng: &mut dyn CryptoRng) -> Zeroizing<Vec<u8>> {
        // Rejection sampling on plain bytes: the same stream gives the same key on every platform.
        let mut bytes = Zeroizing::new(vec![0; FieldBytes::<C>::default().len()]);
        // Bits that no number below the order has (P-521) would only be rejected.
        let spare = bytes.len() * 8 - Scalar::<C>::NUM_BITS as usize;
        loop {
            rng.fill_bytes(&mut bytes);
            if let Some(first) = bytes.first_mut() {
                *first &= 0xFF >> spare;
            }
            if self.is_secret(&bytes) {
                return bytes;
            }
        }
    }

    fn is_secret(&self, secret: &[u8]) -> bool {
        scalar::<C>(secret).is_some()
    }

    fn is_point(&self, point: &[u8]) -> bool {
        decode::<C>(point).is_some()
    }

    fn decompress(&self, point: &[u8]) -> Option<Vec<u8>> {
        encode::<C>(&decode::<C>(point)?.into())
    }

    fn public(&self, secret: &[u8]) -> Vec<u8> {
        scalar::<C>(secret)
            .and_then(|k| encode::<C>(&ProjectivePoint::<C>::mul_by_generator(&k)))
            .unwrap_or_default()
    }

    fn mul(&self, secret: &[u8], point: &[u8]) -> Option<Vec<u8>> {
        let point = ProjectivePoint::<C>::from(decode::<C>(point)?);
        encode::<C>(&(point * *scalar::<C>(secret)?))
    }

    fn mul_base_add(&self, number: &[u8], point: &[u8]) -> Option<Vec<u8>> {
        let point = ProjectivePoint::<C>::from(decode::<C>(point)?);
        let number = Zeroizing::new(reduced::<Scalar<C>>(number).to_repr().to_vec());
        let base = match scalar::<C>(&number) {
            Some(k) => ProjectivePoint::<C>::mul_by_generator(&k),
            None => ProjectivePoint::<C>::identity(),
        };
        encode::<C>(&(base + point))
    }

    fn add(&self, point: &[u8], other: &[u8]) -> Option<Vec<u8>> {
        let (point, other) = (decode::<C>(point)?, decode::<C>(other)?);
        encode::<C>(&(ProjectivePoint::<C>::from(point) + ProjectivePoint::<C>::from(other)))
    }

    fn encode(&self, number: &[u8]) -> Option<Vec<u8>> {
        let point = map::encode::<C>(reduced(number))?;
        encode::<C>(&point.into())
    }

    fn ratio(&self, numerator: &[u8], denominator: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let inverse = scalar::<C>(denominator)?.invert();
        let ratio = *inverse * *scalar::<C>(numerator)?;
        Some(Zeroizing::new(ratio.to_repr().to_vec()))
    }

    fn parameters(&self) -> CurveParameters {
        let generator = AffinePoint::<C>::GENERATOR.to_sec1_point(false);
        CurveParameters {
            prime: above::<C::FieldElement>(),
            a: C::EQUATION_A.to_repr().to_vec(),
            b: C::EQUATION_B.to_repr().to_vec(),
            generator: generator.as_bytes().to_vec(),
            order: above::<Scalar<C>>(),
            cofactor: Some(vec![1]),
        }
    }

    fn sign(&self, secret: &[u8], digest: &[u8]) -> Vec<u8> {
        scalar::<C>(secret).map_or_else(Vec::new, |d| {
            hazmat::sign_prehashed_rfc6979::<C, Sha256>(&d, digest, &[]).0.to_bytes().to_vec()
        })
    }

    fn verify(&self, point: &[u8], digest: &[u8], signature: &[u8]) -> bool {
        let (Some(point), Ok(signature)) =
            (decode::<C>(point), ecdsa::Signature::<C>::from_slice(signature))
        else {
            return false;
        };
        hazmat::verify_prehashed::<C>(&point.into(), digest, &signature).is_ok()
    }
}

fn scalar<C: CurveArithmetic>(secret: &[u8]) -> Option<NonZeroScalar<C>> {
    let bytes = FieldBytes::<C>::try_from(secret).ok()?;
    NonZeroScalar::<C>::from_repr(bytes).into_option()
}

// A number of any length modulo the order or the prime.
fn reduced<F: PrimeField>(number: &[u8]) -> F {
    let shift = F::from(1 << 32);
    let (head, words) = number.as_rchunks::<4>();
    let first = head.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
    words
        .iter()
        .fold(F::from(first), |n, word| n * shift + F::from(u64::from(u32::from_be_bytes(*word))))
}

// The modulus: one above the largest number, which is even.
fn above<F: PrimeField>() -> Vec<u8> {
    let mut bytes = (-F::ONE).to_repr().as_ref().to_vec();
    if let Some(last) = bytes.last_mut() {
        *last |= 1;
    }
    bytes
}

fn decode<C>(bytes: &[u8]) -> Option<AffinePoint<C>>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C>,
{
    let point = Sec1Point::<C>::from_bytes(bytes).ok()?;
    if point.is_identity() {
        return None;
    }
    AffinePoint::<C>::from_sec1_point(&point).into_option()
}

fn encode<C>(point: &ProjectivePoint<C>) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: ToSec1Point<C>,
{
    if bool::from(point.is_identity()) {
        return None;
    }
    Some(point.to_affine().to_sec1_point(false).as_bytes().to_vec())
}
