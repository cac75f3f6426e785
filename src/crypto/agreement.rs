//! Key agreement over a curve or a MODP group: what PACE and Chip Authentication need to run over
//! either (ICAO Doc 9303-11 clauses 9.5 and 9.6).

use rand_core::CryptoRng;

use super::{
    Curve, CurveError, DhError, DhPublicKey, DhSecretKey, Group, Hash, PublicKey, SecretKey,
    SharedSecret,
};

/// Where a key agreement runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// ECDH on a curve.
    Curve(Curve),
    /// DH in a MODP group.
    Group(Group),
}

/// Why an agreement, or a key for it, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgreementError {
    /// On a curve.
    #[error(transparent)]
    Curve(#[from] CurveError),
    /// In a group.
    #[error(transparent)]
    Dh(#[from] DhError),
    /// A key on a curve and one of a group.
    #[error("a key of {expected} expected, one of {got} came")]
    DomainMismatch {
        /// The domain of our key.
        expected: Domain,
        /// The domain of theirs.
        got: Domain,
    },
}

impl Domain {
    /// The standardised domain parameters with this number (ICAO Doc 9303-11 table 12).
    pub fn from_parameter_id(id: u32) -> Option<Self> {
        let curve = || Curve::from_parameter_id(id).map(Self::Curve);
        Group::from_parameter_id(id).map(Self::Group).or_else(curve)
    }

    /// The number of these standardised domain parameters.
    pub const fn parameter_id(self) -> u32 {
        match self {
            Self::Curve(curve) => curve.parameter_id(),
            Self::Group(group) => group.parameter_id(),
        }
    }

    /// Bits of the prime.
    pub const fn bits(self) -> usize {
        match self {
            Self::Curve(curve) => curve.bits(),
            Self::Group(group) => group.bits(),
        }
    }

    /// The generic mapping to a new generator (ICAO Doc 9303-11 clause 4.4.3.3.1), with the whole
    /// result `h` of an agreement.
    ///
    /// # Errors
    /// [`AgreementError`] for a key of another domain or a result that is no generator.
    pub fn map_generic(
        self,
        s: &[u8],
        h: &AgreementPublicKey,
    ) -> Result<AgreementPublicKey, AgreementError> {
        Ok(match (self, h) {
            (Self::Curve(curve), AgreementPublicKey::Ec(h)) => curve.map_generic(s, h)?.into(),
            (Self::Group(group), AgreementPublicKey::Dh(h)) => group.map_generic(s, h)?.into(),
            _ => return Err(AgreementError::DomainMismatch { expected: self, got: h.domain() }),
        })
    }

    /// The integrated mapping of a pseudo-random number to a new generator (ICAO Doc 9303-11 clause
    /// 4.4.3.3.2).
    ///
    /// # Errors
    /// [`AgreementError`] for a result that is no generator.
    pub fn map_integrated(self, number: &[u8]) -> Result<AgreementPublicKey, AgreementError> {
        Ok(match self {
            Self::Curve(curve) => curve.map_integrated(number)?.into(),
            Self::Group(group) => group.map_integrated(number)?.into(),
        })
    }
}

impl From<Curve> for Domain {
    fn from(curve: Curve) -> Self {
        Self::Curve(curve)
    }
}

impl From<Group> for Domain {
    fn from(group: Group) -> Self {
        Self::Group(group)
    }
}

impl std::fmt::Display for Domain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Curve(curve) => curve.fmt(f),
            Self::Group(group) => group.fmt(f),
        }
    }
}

/// A public key for an agreement, checked when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AgreementPublicKey {
    /// A point of a curve.
    Ec(PublicKey),
    /// An element of a group.
    Dh(DhPublicKey),
}

impl AgreementPublicKey {
    /// Reads the plain public key value of a data object (ICAO Doc 9303-11 clause 9.4.5): an
    /// uncompressed point, or an unsigned integer.
    ///
    /// # Errors
    /// What [`PublicKey::from_sec1`] and [`DhPublicKey::from_bytes`] refuse.
    pub fn from_bytes(domain: Domain, bytes: &[u8]) -> Result<Self, AgreementError> {
        Ok(match domain {
            Domain::Curve(curve) => Self::Ec(PublicKey::from_sec1(curve, bytes)?),
            Domain::Group(group) => Self::Dh(DhPublicKey::from_bytes(group, bytes)?),
        })
    }

    /// Where it belongs.
    pub const fn domain(&self) -> Domain {
        match self {
            Self::Ec(key) => Domain::Curve(key.curve()),
            Self::Dh(key) => Domain::Group(key.group()),
        }
    }

    /// The point, where it is one.
    pub const fn curve_key(&self) -> Option<&PublicKey> {
        match self {
            Self::Ec(key) => Some(key),
            Self::Dh(_) => None,
        }
    }

    /// The plain public key value: `04 || x || y`, or the number without zeros in front.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Ec(key) => key.sec1(),
            Self::Dh(key) => key.unsigned(),
        }
    }

    /// The compressed form that Terminal Authentication signs: the x-coordinate, or the SHA-1 of
    /// the number (BSI TR-03110-3 clause A.2.2.3).
    pub fn compressed(&self) -> Vec<u8> {
        match self {
            Self::Ec(key) => key.x().to_vec(),
            Self::Dh(key) => Hash::Sha1.digest(&[key.unsigned()]),
        }
    }
}

impl From<PublicKey> for AgreementPublicKey {
    fn from(key: PublicKey) -> Self {
        Self::Ec(key)
    }
}

impl From<DhPublicKey> for AgreementPublicKey {
    fn from(key: DhPublicKey) -> Self {
        Self::Dh(key)
    }
}

/// A private key for an agreement. Wiped when dropped.
#[derive(Clone, Debug)]
pub enum AgreementSecretKey {
    /// For a curve.
    Ec(SecretKey),
    /// For a group.
    Dh(DhSecretKey),
}

impl AgreementSecretKey {
    /// A fresh key.
    pub fn generate(domain: Domain, rng: &mut dyn CryptoRng) -> Self {
        match domain {
            Domain::Curve(curve) => Self::Ec(SecretKey::generate(curve, rng)),
            Domain::Group(group) => Self::Dh(DhSecretKey::generate(group, rng)),
        }
    }

    /// Where it belongs.
    pub const fn domain(&self) -> Domain {
        match self {
            Self::Ec(key) => Domain::Curve(key.curve()),
            Self::Dh(key) => Domain::Group(key.group()),
        }
    }

    /// The public key.
    pub fn public(&self) -> AgreementPublicKey {
        match self {
            Self::Ec(key) => key.public().into(),
            Self::Dh(key) => key.public().into(),
        }
    }

    /// The whole result of an agreement, `k·P` or `y^x`. With a mapped generator instead of a
    /// public key it is the public key on that generator.
    ///
    /// # Errors
    /// [`AgreementError`] for a key of another domain, or a result at infinity.
    pub fn agree_element(
        &self,
        other: &AgreementPublicKey,
    ) -> Result<AgreementPublicKey, AgreementError> {
        Ok(match (self, other) {
            (Self::Ec(key), AgreementPublicKey::Ec(other)) => key.agree_point(other)?.into(),
            (Self::Dh(key), AgreementPublicKey::Dh(other)) => key.agree_element(other)?.into(),
            _ => return Err(self.mismatch(other)),
        })
    }

    /// The shared secret of an agreement: the x-coordinate, or the number as long as the prime.
    ///
    /// # Errors
    /// [`AgreementError`] for a key of another domain, or a result at infinity.
    pub fn agree(&self, other: &AgreementPublicKey) -> Result<SharedSecret, AgreementError> {
        match (self, other) {
            (Self::Ec(key), AgreementPublicKey::Ec(other)) => Ok(key.agree(other)?),
            (Self::Dh(key), AgreementPublicKey::Dh(other)) => Ok(key.agree(other)?),
            _ => Err(self.mismatch(other)),
        }
    }

    const fn mismatch(&self, other: &AgreementPublicKey) -> AgreementError {
        AgreementError::DomainMismatch { expected: self.domain(), got: other.domain() }
    }
}

impl From<SecretKey> for AgreementSecretKey {
    fn from(key: SecretKey) -> Self {
        Self::Ec(key)
    }
}

impl From<DhSecretKey> for AgreementSecretKey {
    fn from(key: DhSecretKey) -> Self {
        Self::Dh(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededRng;

    #[test]
    fn a_domain_has_one_number_and_keys_of_two_domains_do_not_mix() {
        let mut rng = SeededRng::new(b"agreement", "");
        let domains: Vec<_> = (0..32).filter_map(Domain::from_parameter_id).collect();
        assert_eq!(domains.len(), Curve::ALL.len() + Group::ALL.len());
        let curve = AgreementSecretKey::generate(Curve::P256.into(), &mut rng);
        let group = AgreementSecretKey::generate(Group::Modp1024.into(), &mut rng);
        for (ours, theirs) in [(&curve, &group), (&group, &curve)] {
            let (expected, got) = (ours.domain(), theirs.domain());
            let mismatch = AgreementError::DomainMismatch { expected, got };
            assert_eq!(ours.agree(&theirs.public()).unwrap_err(), mismatch);
            assert_eq!(ours.agree_element(&theirs.public()), Err(mismatch));
            assert_eq!(expected.map_generic(&[1], &theirs.public()), Err(mismatch));
            assert_eq!(
                ours.public().compressed().len(),
                if expected.bits() > 1000 { 20 } else { 32 }
            );
            assert!(AgreementPublicKey::from_bytes(expected, theirs.public().as_bytes()).is_err());
        }
    }
}
