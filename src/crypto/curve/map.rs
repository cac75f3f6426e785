//! The point encoding of PACE's integrated mapping (ICAO Doc 9303-11 Appendix B.2, simplified
//! Shallue-van de Woestijne-Ulas).

use elliptic_curve::{
    AffinePoint,
    ff::{Field, PrimeField},
    point::AffineCoordinates,
    subtle::{ConditionallySelectable, ConstantTimeEq},
};
use primeorder::PrimeCurveParams;

/// The point of a field element. The prime must be 3 modulo 4. `None` where the formulas leave the
/// curve, which happens only for 0 and ±1.
pub(super) fn encode<C: PrimeCurveParams>(t: C::FieldElement) -> Option<AffinePoint<C>> {
    let (a, b) = (C::EQUATION_A, C::EQUATION_B);
    let one = C::FieldElement::ONE;
    let equation = |x: C::FieldElement| (x.square() + a) * x + b;

    let alpha = -t.square();
    let x2 = -b * inverse(a) * (one + inverse(alpha + alpha.square()));
    let x3 = alpha * x2;
    let h2 = equation(x2);
    // h2^((p+1)/4) is a square root of h2 where there is one. Where there is none, the one for x3
    // follows from it, for h(x3) = -t^6·h2.
    let root = h2 * power_of_quarter(h2);
    let on_x2 = root.square().ct_eq(&h2);
    let x = C::FieldElement::conditional_select(&x3, &x2, on_x2);
    let y = C::FieldElement::conditional_select(&-(t.square() * t * root), &root, on_x2);
    AffinePoint::<C>::from_coordinates(&x.to_repr(), &y.to_repr()).into_option()
}

// 1/x, and 0 for 0.
fn inverse<F: Field>(x: F) -> F {
    x.invert().unwrap_or(F::ZERO)
}

// x^((p-3)/4) for p = 3 modulo 4: the exponent is p-1 without its two lowest bits.
fn power_of_quarter<F: PrimeField>(x: F) -> F {
    let exponent = (-F::ONE).to_repr();
    let bits = exponent.as_ref().iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1));
    let count = exponent.as_ref().len() * 8 - 2;
    bits.take(count).fold(F::ONE, |power, bit| {
        // The exponent is the same for everybody: no secret steers this branch.
        if bit == 1 { power.square() * x } else { power.square() }
    })
}
