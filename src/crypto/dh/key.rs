//! Public values and private numbers.

use crypto_bigint::modular::BoxedMontyForm;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{DhError, Field, Group, number};
use crate::crypto::SharedSecret;

/// An element of a group's subgroup other than 1, checked when it was made.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DhPublicKey {
    group: Group,
    padded: Vec<u8>,
}

impl DhPublicKey {
    /// Reads a public value: a big-endian number, with or without zeros in front.
    ///
    /// # Errors
    /// [`DhError::BadPublic`] unless it is above 1 and below p-1, [`DhError::SmallOrder`] unless
    /// it lies in the subgroup of prime order.
    pub fn from_bytes(group: Group, bytes: &[u8]) -> Result<Self, DhError> {
        let expected = group.prime_len();
        let digits = number(bytes);
        let mut padded = vec![0; expected.saturating_sub(digits.len())];
        padded.extend_from_slice(digits);
        let field = Field::of(group);
        // A hostile length is refused before any arithmetic.
        if bytes.len() > expected + 1 || padded.len() > expected || !field.is_between(&padded) {
            return Err(DhError::BadPublic { group, expected, got: bytes.len() });
        }
        if !field.is_in_subgroup(&field.element(&padded)) {
            return Err(DhError::SmallOrder { group });
        }
        Ok(Self { group, padded })
    }

    /// Its group.
    pub const fn group(&self) -> Group {
        self.group
    }

    /// The number with as many bytes as the prime has.
    pub fn padded(&self) -> &[u8] {
        &self.padded
    }

    /// The number without zeros in front, which is how data objects carry it (ICAO Doc 9303-11
    /// clauses 9.4.1 and 9.4.3).
    pub fn unsigned(&self) -> &[u8] {
        number(&self.padded)
    }

    pub(super) fn of(&self, group: Group) -> Result<(), DhError> {
        if self.group == group {
            Ok(())
        } else {
            Err(DhError::GroupMismatch { expected: group, got: self.group })
        }
    }
}

impl std::fmt::Debug for DhPublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DhPublicKey({}, {})", self.group, hex::encode(&self.padded))
    }
}

/// The generator that a mapping yielded, which must not be 1.
pub(super) fn generator(group: Group, mapped: &BoxedMontyForm) -> Result<DhPublicKey, DhError> {
    let padded = mapped.retrieve().to_be_bytes().into_vec();
    if !Field::of(group).is_between(&padded) {
        return Err(DhError::Neutral { group });
    }
    Ok(DhPublicKey { group, padded })
}

/// A private key: a number from 1 below the order. Wiped when dropped.
#[derive(Clone)]
pub struct DhSecretKey {
    group: Group,
    bytes: Zeroizing<Vec<u8>>,
}

impl DhSecretKey {
    /// A fresh key.
    pub fn generate(group: Group, rng: &mut dyn CryptoRng) -> Self {
        let order = Field::of(group).order();
        let mut bytes = Zeroizing::new(vec![0; group.order_len()]);
        loop {
            rng.fill_bytes(&mut bytes);
            // Big-endian numbers of one length compare like their bytes; what the comparison
            // takes tells of a number that is thrown away.
            if **bytes < *order && bytes.iter().any(|&b| b != 0) {
                return Self { group, bytes };
            }
        }
    }

    /// The key with this big-endian number. It may be as long as the prime, as PKCS#3 has it; only
    /// its remainder modulo the order counts.
    ///
    /// # Errors
    /// [`DhError::BadSecret`] for zero or a longer number.
    pub fn from_bytes(group: Group, bytes: &[u8]) -> Result<Self, DhError> {
        let digits = number(bytes);
        let fits = digits.len() <= group.prime_len();
        let reduced = if fits { Field::of(group).reduced(digits, group.order_len()) } else { None };
        Ok(Self { group, bytes: reduced.ok_or(DhError::BadSecret { group })? })
    }

    /// Its group.
    pub const fn group(&self) -> Group {
        self.group
    }

    /// The number, big-endian, with as many bytes as the order has.
    pub fn to_bytes(&self) -> &Zeroizing<Vec<u8>> {
        &self.bytes
    }

    /// The public value, `g^x`.
    pub fn public(&self) -> DhPublicKey {
        self.element(&Field::of(self.group).power(None, &self.bytes))
    }

    /// The public value on another generator, as PACE needs after the mapping.
    ///
    /// # Errors
    /// [`DhError::GroupMismatch`].
    pub fn public_on(&self, generator: &DhPublicKey) -> Result<DhPublicKey, DhError> {
        self.agree_element(generator)
    }

    /// The whole element `y^x`, which the generic mapping needs. It is never 1: the other value
    /// has a prime order above this number.
    ///
    /// # Errors
    /// [`DhError::GroupMismatch`].
    pub fn agree_element(&self, other: &DhPublicKey) -> Result<DhPublicKey, DhError> {
        other.of(self.group)?;
        let field = Field::of(self.group);
        Ok(self.element(&field.power(Some(&field.element(&other.padded)), &self.bytes)))
    }

    /// The shared secret: `y^x` with as many bytes as the prime has (PKCS#3 clause 8.3).
    ///
    /// # Errors
    /// [`DhError::GroupMismatch`].
    pub fn agree(&self, other: &DhPublicKey) -> Result<SharedSecret, DhError> {
        Ok(SharedSecret::new(self.agree_element(other)?.padded))
    }

    fn element(&self, element: &BoxedMontyForm) -> DhPublicKey {
        let padded = element.retrieve().to_be_bytes().into_vec();
        DhPublicKey { group: self.group, padded }
    }
}

impl std::fmt::Debug for DhSecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DhSecretKey({})", self.group)
    }
}
