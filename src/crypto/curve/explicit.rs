//! Curves whose domain parameters are written out instead of named (RFC 3279 clause 2.3.5,
//! BSI TR-03111 clause 5.1.1, ICAO Doc 9303-11 clause 9.5.2).

use super::{Curve, CurveError};

/// The domain parameters of a curve over a prime field. Numbers are big-endian; zeros in front do
/// not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurveParameters {
    /// The field's prime, p.
    pub prime: Vec<u8>,
    /// The coefficient a.
    pub a: Vec<u8>,
    /// The coefficient b.
    pub b: Vec<u8>,
    /// The base point G: `04 || x || y`, or compressed, `02 || x` or `03 || x`.
    pub generator: Vec<u8>,
    /// The order n of the base point.
    pub order: Vec<u8>,
    /// The cofactor h, where it is given.
    pub cofactor: Option<Vec<u8>>,
}

impl Curve {
    /// The domain parameters of this curve, for structures that write them out.
    pub fn parameters(self) -> CurveParameters {
        self.ops().parameters()
    }

    /// The named curve with these domain parameters. Nothing is computed with numbers that came
    /// from outside: either all of them are those of a curve known here, or the key is refused.
    ///
    /// # Errors
    /// [`CurveError::UnknownParameters`] where no curve has this prime,
    /// [`CurveError::AlteredParameters`] where one has and another number differs.
    pub fn from_explicit(given: &CurveParameters) -> Result<Self, CurveError> {
        let prime = number(&given.prime);
        // P-192 and brainpoolP192r1 and the like differ in the prime, so it names one curve.
        let found = Self::ALL.into_iter().map(|c| (c, c.parameters()));
        let mut found = found.filter(|(_, known)| known.prime == prime);
        let Some((curve, known)) = found.next() else {
            return Err(CurveError::UnknownParameters { bits: bits(prime) });
        };
        let altered = |what| CurveError::AlteredParameters { curve, what };
        for (what, given, known) in [
            ("coefficient a", &given.a, &known.a),
            ("coefficient b", &given.b, &known.b),
            ("order", &given.order, &known.order),
        ] {
            if number(given) != number(known) {
                return Err(altered(what));
            }
        }
        if !is_point(&given.generator, &known.generator) {
            return Err(altered("base point"));
        }
        match given.cofactor.as_deref().map(number) {
            None | Some([1]) => Ok(curve),
            Some(_) => Err(altered("cofactor")),
        }
    }
}

// Without zeros in front.
fn number(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|&b| b != 0).unwrap_or(bytes.len());
    &bytes[start..]
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

// Whether a point in either form is the one that is known uncompressed.
fn is_point(given: &[u8], known: &[u8]) -> bool {
    let x = known.get(1..=known.len() / 2);
    match (given, known.last()) {
        ([form @ (2 | 3), given @ ..], Some(y)) => Some(given) == x && form & 1 == y & 1,
        _ => given == known,
    }
}
