//! What a curve needs besides its numbers.

/// A short Weierstrass curve of prime order. The moduli are written as wide as the integer that
/// holds them; the small numbers before them are quadratic non-residues.
macro_rules! prime_curve {
    (
        $(#[$doc:meta])*
        $name:ident in $module:ident, $uint:ident, $bytes:ident, $formulas:ident;
        field $field_generator:literal, $field:literal;
        order $order_generator:literal, $order:literal;
        a $a:literal;
        b $b:literal;
        x $x:literal;
        y $y:literal;
    ) => {
        pub(super) use $module::$name;

        // `primefield`'s macros make more than is used, with a method that a later `crypto-bigint`
        // renamed.
        #[allow(unreachable_pub, dead_code, deprecated)]
        mod $module {
            use elliptic_curve::{
                CurveArithmetic, PrimeCurveArithmetic,
                bigint::{Odd, $uint},
                consts::$bytes,
                hazmat::FieldArithmetic,
            };
            use primeorder::{PrimeCurveParams, mul_backend, point_arithmetic};

            $(#[$doc])*
            #[derive(Copy, Clone, Debug, Default, Eq, PartialEq, PartialOrd, Ord)]
            pub struct $name;

            impl elliptic_curve::Curve for $name {
                type FieldBytesSize = $bytes;
                type Uint = $uint;
                const ORDER: Odd<$uint> = Odd::<$uint>::from_be_hex($order);
            }

            impl elliptic_curve::PrimeCurve for $name {}

            impl elliptic_curve::point::PointCompression for $name {
                const COMPRESS_POINTS: bool = false;
            }

            impl CurveArithmetic for $name {
                type AffinePoint = primeorder::AffinePoint<Self>;
                type ProjectivePoint = primeorder::ProjectivePoint<Self>;
                type Scalar = scalar::Scalar;
            }

            impl FieldArithmetic for $name {
                type FieldElement = field::FieldElement;
            }

            impl PrimeCurveArithmetic for $name {
                type CurveGroup = primeorder::ProjectivePoint<Self>;
            }

            impl PrimeCurveParams for $name {
                type PointArithmetic = point_arithmetic::$formulas;
                type Backend = mul_backend::VariableOnly;

                const EQUATION_A: field::FieldElement = field::FieldElement::from_hex_vartime($a);
                const EQUATION_B: field::FieldElement = field::FieldElement::from_hex_vartime($b);
                const GENERATOR: (field::FieldElement, field::FieldElement) = (
                    field::FieldElement::from_hex_vartime($x),
                    field::FieldElement::from_hex_vartime($y),
                );
            }

            impl ecdsa::EcdsaCurve for $name {
                const NORMALIZE_S: bool = false;
            }

            mod field {
                use elliptic_curve::{
                    bigint::$uint,
                    ff::PrimeField,
                    ops::BatchInvert,
                    subtle::{Choice, ConstantTimeEq, CtOption},
                };

                primefield::monty_field_params! {
                    name: FieldParams,
                    modulus: $field,
                    uint: $uint,
                    byte_order: primefield::ByteOrder::BigEndian,
                    multiplicative_generator: $field_generator,
                    doc: "The field's modulus."
                }

                primefield::monty_field_element! {
                    name: FieldElement,
                    params: FieldParams,
                    uint: $uint,
                    doc: "An element of the curve's field."
                }

                primefield::monty_field_arithmetic! {
                    name: FieldElement,
                    params: FieldParams,
                    uint: $uint
                }

                impl BatchInvert for FieldElement {}
            }

            mod scalar {
                use elliptic_curve::{
                    Curve as _, FieldBytes,
                    bigint::$uint,
                    ff::PrimeField,
                    field::bytes_to_uint,
                    ops::Reduce,
                    scalar::{FromUintUnchecked, IsHigh},
                    subtle::{Choice, ConstantTimeEq, ConstantTimeGreater, CtOption},
                };
                use primeorder::wnaf;

                use super::$name;

                primefield::monty_field_params! {
                    name: ScalarParams,
                    modulus: $order,
                    uint: $uint,
                    byte_order: primefield::ByteOrder::BigEndian,
                    multiplicative_generator: $order_generator,
                    doc: "The order of the curve's group."
                }

                primefield::monty_field_element! {
                    name: Scalar,
                    params: ScalarParams,
                    uint: $uint,
                    doc: "A number modulo the order."
                }

                primefield::monty_field_arithmetic! {
                    name: Scalar,
                    params: ScalarParams,
                    uint: $uint
                }

                elliptic_curve::scalar_impls!($name, Scalar);
                wnaf::impl_wnaf_size_for_scalar!(Scalar);

                impl Reduce<$uint> for Scalar {
                    fn reduce(number: &$uint) -> Self {
                        Self(primefield::MontyFieldElement::reduce(number))
                    }
                }

                // `primefield::monty_field_reduce` asks that the integer is no wider than the bytes.
                impl Reduce<FieldBytes<$name>> for Scalar {
                    fn reduce(bytes: &FieldBytes<$name>) -> Self {
                        Self::reduce(&bytes_to_uint::<$name>(bytes))
                    }
                }

                impl AsRef<Self> for Scalar {
                    fn as_ref(&self) -> &Self {
                        self
                    }
                }

                impl FromUintUnchecked for Scalar {
                    type Uint = $uint;

                    fn from_uint_unchecked(uint: $uint) -> Self {
                        Self::from_uint_unchecked(uint)
                    }
                }

                impl IsHigh for Scalar {
                    fn is_high(&self) -> Choice {
                        const HALF: $uint = $name::ORDER.as_ref().shr_vartime(1);
                        self.to_canonical().ct_gt(&HALF)
                    }
                }
            }
        }
    };
}
