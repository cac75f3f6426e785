//! Arithmetic modulo a group's prime, on constant-time Montgomery forms.

use std::sync::LazyLock;

use crypto_bigint::{
    BoxedUint, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use zeroize::Zeroizing;

use super::{
    Group,
    groups::{self, Numbers},
};

/// The integers modulo a group's prime.
pub(super) struct Field {
    params: BoxedMontyParams,
    prime: Odd<BoxedUint>,
    order: Odd<BoxedUint>,
    cofactor: BoxedUint,
    generator: BoxedMontyForm,
}

static FIELDS: [LazyLock<Field>; 3] = [
    LazyLock::new(|| Field::new(&groups::MODP_1024_160)),
    LazyLock::new(|| Field::new(&groups::MODP_2048_224)),
    LazyLock::new(|| Field::new(&groups::MODP_2048_256)),
];

impl Field {
    /// The field of a group, made once.
    pub(super) fn of(group: Group) -> &'static Self {
        &FIELDS[match group {
            Group::Modp1024 => 0,
            Group::Modp2048Order224 => 1,
            Group::Modp2048Order256 => 2,
        }]
    }

    fn new(numbers: &Numbers) -> Self {
        // The tests hold the numbers against OpenSSL's, so none is even or misspelt.
        let read = |hex| BoxedUint::from_be_slice_vartime(&hex::decode(hex).unwrap_or_default());
        let odd = |hex| Odd::new(read(hex)).into_option().unwrap_or_default();
        let (prime, order) = (odd(numbers.prime), odd(numbers.order));
        let params = BoxedMontyParams::new_vartime(prime.clone());
        let above_zero = prime.as_ref().wrapping_sub(BoxedUint::one());
        let (cofactor, _) = above_zero.div_rem_vartime(order.as_nz_ref());
        let generator = BoxedMontyForm::new(read(numbers.generator), &params);
        Self { params, prime, order, cofactor, generator }
    }

    pub(super) fn prime(&self) -> Vec<u8> {
        self.prime.to_be_bytes().into_vec()
    }

    pub(super) fn order(&self) -> Vec<u8> {
        self.order.to_be_bytes_trimmed_vartime().into_vec()
    }

    pub(super) fn generator(&self) -> Vec<u8> {
        self.generator.retrieve().to_be_bytes().into_vec()
    }

    /// A big-endian number of the prime's length that is below the prime.
    pub(super) fn element(&self, padded: &[u8]) -> BoxedMontyForm {
        let bits = self.prime.bits_precision();
        let number = BoxedUint::from_be_slice_truncated(padded, bits);
        BoxedMontyForm::new(number, &self.params)
    }

    /// The base, or the generator, to the power of a secret big-endian number.
    pub(super) fn power(&self, base: Option<&BoxedMontyForm>, exponent: &[u8]) -> BoxedMontyForm {
        let exponent = Zeroizing::new(BoxedUint::from_be_slice_vartime(exponent));
        base.unwrap_or(&self.generator).pow(&exponent)
    }

    /// Whether a public number lies above 1 and below p-1.
    pub(super) fn is_between(&self, padded: &[u8]) -> bool {
        let number = BoxedUint::from_be_slice_vartime(padded);
        let top = self.prime.as_ref().wrapping_sub(BoxedUint::one());
        number > BoxedUint::one() && number < top
    }

    /// Whether a public element is in the subgroup.
    pub(super) fn is_in_subgroup(&self, element: &BoxedMontyForm) -> bool {
        element.pow(self.order.as_ref()) == BoxedMontyForm::one(&self.params)
    }

    /// A number of any length, reduced and raised to the cofactor.
    pub(super) fn raised_to_cofactor(&self, number: &[u8]) -> BoxedMontyForm {
        let number = Zeroizing::new(BoxedUint::from_be_slice_vartime(number));
        let reduced = number.rem(self.prime.as_nz_ref());
        BoxedMontyForm::new(reduced, &self.params).pow(&self.cofactor)
    }

    /// A big-endian number of any length modulo the order, with `len` bytes; `None` for zero.
    pub(super) fn reduced(&self, number: &[u8], len: usize) -> Option<Zeroizing<Vec<u8>>> {
        let number = Zeroizing::new(BoxedUint::from_be_slice_vartime(number));
        let reduced = Zeroizing::new(number.rem(self.order.as_nz_ref()));
        if bool::from(reduced.is_zero()) {
            return None;
        }
        let bytes = Zeroizing::new(reduced.to_be_bytes());
        Some(Zeroizing::new(bytes[bytes.len().saturating_sub(len)..].to_vec()))
    }
}
