//! How keys, points and signatures are wrong.

use super::Curve;

/// Why a key, a point or a signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CurveError {
    /// Bytes that are no uncompressed point of the curve (SEC 1 clause 2.3.4).
    #[error("no point of {curve}: {expected} bytes 04 || x || y on the curve expected, {got} came")]
    BadPoint {
        /// The curve.
        curve: Curve,
        /// Bytes of an uncompressed point.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// Domain parameters written out that are those of no curve known here.
    #[error("parameters that describe no curve: none known has this {bits}-bit prime")]
    UnknownParameters {
        /// Bits of the prime that came.
        bits: usize,
    },
    /// Domain parameters written out that begin like a known curve's and then differ. A curve with
    /// another generator is how keys are forged.
    #[error("parameters that describe no curve: the prime is that of {curve}, the {what} is not")]
    AlteredParameters {
        /// The curve with this prime.
        curve: Curve,
        /// The parameter that differs.
        what: &'static str,
    },
    /// A number that the point encoding of the integrated mapping sends to no point.
    #[error("the integrated mapping yields no point of {curve}")]
    NoMapping {
        /// The curve.
        curve: Curve,
    },
    /// A result at infinity, which no honest partner causes.
    #[error("the point at infinity of {curve}")]
    Infinity {
        /// The curve.
        curve: Curve,
    },
    /// Keys of two curves.
    #[error("a key on {expected} expected, one on {got} came")]
    CurveMismatch {
        /// The curve of our key.
        expected: Curve,
        /// The curve of theirs.
        got: Curve,
    },
    /// Bytes that are no private key: zero, not below the order, or of another length.
    #[error("no private key of {curve}")]
    BadSecret {
        /// The curve.
        curve: Curve,
    },
    /// A signature that is not one of this key over this digest.
    #[error("the {curve} signature does not verify")]
    BadSignature {
        /// The curve.
        curve: Curve,
    },
}
