//! Diffie-Hellman over the MODP groups of RFC 5114 (ICAO Doc 9303-11 clauses 9.5 and 9.6, PKCS#3;
//! public keys are checked as RFC 2631 clause 2.1.5 says).

mod field;
mod groups;
mod key;

pub use key::{DhPublicKey, DhSecretKey};

use self::field::Field;

/// A standardised MODP group with a subgroup of prime order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Group {
    /// 1,024-bit prime, 160-bit order (RFC 5114 clause 2.1), standardised domain parameters 0.
    Modp1024,
    /// 2,048-bit prime, 224-bit order (RFC 5114 clause 2.2), standardised domain parameters 1.
    Modp2048Order224,
    /// 2,048-bit prime, 256-bit order (RFC 5114 clause 2.3), standardised domain parameters 2.
    Modp2048Order256,
}

/// Why a number is no key of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DhError {
    /// A public value of another length, or not between 1 and p-1.
    #[error(
        "no public value of the {group}: a number above 1 and below p-1 of at most {expected} bytes expected, {got} bytes came"
    )]
    BadPublic {
        /// The group.
        group: Group,
        /// Bytes of the prime.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// A public value outside the subgroup of prime order, which would betray bits of the private
    /// key (RFC 2785).
    #[error("a value of small order, outside the subgroup of the {group}")]
    SmallOrder {
        /// The group.
        group: Group,
    },
    /// A mapping that yields 1, which no honest partner causes.
    #[error("the neutral element of the {group}")]
    Neutral {
        /// The group.
        group: Group,
    },
    /// Keys of two groups.
    #[error("a key of the {expected} expected, one of the {got} came")]
    GroupMismatch {
        /// The group of our key.
        expected: Group,
        /// The group of theirs.
        got: Group,
    },
    /// A private key that is zero modulo the order.
    #[error("no private key of the {group}")]
    BadSecret {
        /// The group.
        group: Group,
    },
    /// Domain parameters written out that are those of no group known here.
    #[error(
        "parameters that describe no group: none known has this {bits}-bit prime, generator and order"
    )]
    UnknownParameters {
        /// Bits of the prime that came.
        bits: usize,
    },
}

/// The domain parameters of a group, written out (PKCS#3, RFC 3279 clause 2.3.3). Numbers are
/// big-endian; zeros in front do not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupParameters {
    /// The prime p.
    pub prime: Vec<u8>,
    /// The generator g.
    pub generator: Vec<u8>,
    /// The order q of the subgroup; PKCS#3 does not give it.
    pub order: Option<Vec<u8>>,
}

impl Group {
    /// Every group there is, in the order of the standardised domain parameters.
    pub const ALL: [Self; 3] = [Self::Modp1024, Self::Modp2048Order224, Self::Modp2048Order256];

    /// Bits of the prime.
    pub const fn bits(self) -> usize {
        match self {
            Self::Modp1024 => 1024,
            Self::Modp2048Order224 | Self::Modp2048Order256 => 2048,
        }
    }

    /// Bytes of the prime and of a shared secret.
    pub const fn prime_len(self) -> usize {
        self.bits() / 8
    }

    /// Bytes of the order and of a private key.
    pub const fn order_len(self) -> usize {
        match self {
            Self::Modp1024 => 20,
            Self::Modp2048Order224 => 28,
            Self::Modp2048Order256 => 32,
        }
    }

    /// The number of the standardised domain parameters (ICAO Doc 9303-11 table 12).
    pub const fn parameter_id(self) -> u32 {
        match self {
            Self::Modp1024 => 0,
            Self::Modp2048Order224 => 1,
            Self::Modp2048Order256 => 2,
        }
    }

    /// The group of these standardised domain parameters.
    pub fn from_parameter_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.parameter_id() == id)
    }

    /// The domain parameters of this group, for structures that write them out.
    pub fn parameters(self) -> GroupParameters {
        let field = Field::of(self);
        let order = Some(field.order());
        GroupParameters { prime: field.prime(), generator: field.generator(), order }
    }

    /// The group with these domain parameters. Nothing is computed with a prime that came from
    /// outside.
    ///
    /// # Errors
    /// [`DhError::UnknownParameters`].
    pub fn from_explicit(given: &GroupParameters) -> Result<Self, DhError> {
        let prime = number(&given.prime);
        let known = |group: &Self| {
            let known = group.parameters();
            let order = given.order.as_deref().map(number);
            number(&known.prime) == prime
                && number(&known.generator) == number(&given.generator)
                && order.is_none_or(|q| known.order.as_deref().map(number) == Some(q))
        };
        let bits = prime.len() * 8 - prime.first().map_or(0, |b| b.leading_zeros() as usize);
        Self::ALL.into_iter().find(known).ok_or(DhError::UnknownParameters { bits })
    }

    /// The generic mapping (ICAO Doc 9303-11 clause 4.4.3.3.1): the generator `g^s · h`.
    ///
    /// # Errors
    /// [`DhError::Neutral`], [`DhError::GroupMismatch`].
    pub fn map_generic(self, s: &[u8], h: &DhPublicKey) -> Result<DhPublicKey, DhError> {
        h.of(self)?;
        let field = Field::of(self);
        let mapped = field.power(None, s).mul(&field.element(h.padded()));
        key::generator(self, &mapped)
    }

    /// The integrated mapping (ICAO Doc 9303-11 clause 4.4.3.3.2): the pseudo-random number
    /// `R(s, t)`, big-endian and not reduced yet, to the power of the cofactor.
    ///
    /// # Errors
    /// [`DhError::Neutral`].
    pub fn map_integrated(self, number: &[u8]) -> Result<DhPublicKey, DhError> {
        key::generator(self, &Field::of(self).raised_to_cofactor(number))
    }
}

impl std::fmt::Display for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Modp1024 => "1024/160-bit MODP group",
            Self::Modp2048Order224 => "2048/224-bit MODP group",
            Self::Modp2048Order256 => "2048/256-bit MODP group",
        })
    }
}

// Without zeros in front.
fn number(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|&b| b != 0).unwrap_or(bytes.len());
    &bytes[start..]
}

#[cfg(test)]
mod tests;
