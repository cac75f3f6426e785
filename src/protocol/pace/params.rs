//! Which PACE: mapping, key agreement and cipher, as the protocol's object identifier says, and
//! the domain parameters.

use const_oid::ObjectIdentifier;

use super::PaceError;
use crate::crypto::{Cipher, Domain};

/// How the nonce becomes a generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// Generic mapping, GM.
    Generic,
    /// Integrated mapping, IM.
    Integrated,
    /// Chip authentication mapping, CAM.
    ChipAuthentication,
}

/// Which key agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Diffie-Hellman over a MODP group.
    Dh,
    /// Elliptic-curve Diffie-Hellman.
    Ecdh,
}

/// The parts of `id-PACE-*` (ICAO Doc 9303-11 clause 9.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// The mapping.
    pub mapping: Mapping,
    /// The key agreement.
    pub agreement: Agreement,
    /// The cipher of nonce, token and secure messaging.
    pub cipher: Cipher,
}

/// `id-PACE`, 0.4.0.127.0.7.2.2.4.
const ID_PACE: [u32; 9] = [0, 4, 0, 127, 0, 7, 2, 2, 4];

impl Suite {
    /// What an object identifier names, or `None` where it is no `id-PACE-*`.
    pub fn from_oid(oid: &ObjectIdentifier) -> Option<Self> {
        let arcs: Vec<u32> = oid.arcs().collect();
        let (prefix, &[kind, cipher]) = arcs.split_last_chunk::<2>()?;
        if prefix != ID_PACE {
            return None;
        }
        let (agreement, mapping) = match kind {
            1 => (Agreement::Dh, Mapping::Generic),
            2 => (Agreement::Ecdh, Mapping::Generic),
            3 => (Agreement::Dh, Mapping::Integrated),
            4 => (Agreement::Ecdh, Mapping::Integrated),
            6 => (Agreement::Ecdh, Mapping::ChipAuthentication),
            _ => return None,
        };
        let cipher = match cipher {
            1 if mapping != Mapping::ChipAuthentication => Cipher::TripleDes,
            2 => Cipher::Aes128,
            3 => Cipher::Aes192,
            4 => Cipher::Aes256,
            _ => return None,
        };
        Some(Self { mapping, agreement, cipher })
    }
}

impl std::fmt::Display for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.mapping {
            Mapping::Generic => "PACE-GM",
            Mapping::Integrated => "PACE-IM",
            Mapping::ChipAuthentication => "PACE-CAM",
        })
    }
}

/// The most bytes of a nonce that a terminal takes.
const MAX_NONCE: usize = 64;

/// A PACE that both sides can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    oid: ObjectIdentifier,
    suite: Suite,
    domain: Domain,
    parameter_id: u32,
}

impl Parameters {
    /// From the protocol and parameterId of a PACEInfo, which then numbers standardised domain
    /// parameters (ICAO Doc 9303-11 clause 9.5.1).
    ///
    /// # Errors
    /// [`PaceError::Unsupported`] where this library does not speak it.
    pub fn new(oid: ObjectIdentifier, parameter_id: Option<u32>) -> Result<Self, PaceError> {
        let unsupported = |what| PaceError::Unsupported { oid, parameter_id, what };
        if Suite::from_oid(&oid).is_none() {
            return Err(unsupported("the protocol"));
        }
        let id = parameter_id.ok_or_else(|| unsupported("the absence of a parameterId"))?;
        let domain =
            Domain::from_parameter_id(id).ok_or_else(|| unsupported("the domain parameter set"))?;
        Self::with_domain(oid, id, domain)
    }

    /// From a PACEInfo whose parameterId refers to a PACEDomainParameterInfo with parameters
    /// written out (ICAO Doc 9303-11 clause 9.2.4): the domain that they are those of.
    ///
    /// # Errors
    /// [`PaceError::Unsupported`] where this library does not speak it, or where the protocol does
    /// not run over this kind of domain.
    pub fn with_domain(
        oid: ObjectIdentifier,
        parameter_id: u32,
        domain: Domain,
    ) -> Result<Self, PaceError> {
        let unsupported =
            |what| PaceError::Unsupported { oid, parameter_id: Some(parameter_id), what };
        let suite = Suite::from_oid(&oid).ok_or_else(|| unsupported("the protocol"))?;
        match (suite.agreement, domain) {
            (Agreement::Dh, Domain::Curve(_)) => Err(unsupported("DH over a curve")),
            (Agreement::Ecdh, Domain::Group(_)) => Err(unsupported("ECDH over a MODP group")),
            (Agreement::Ecdh, Domain::Curve(curve))
                if suite.mapping == Mapping::Integrated && !curve.has_integrated_mapping() =>
            {
                Err(unsupported("the integrated mapping on this curve"))
            }
            _ => Ok(Self { oid, suite, domain, parameter_id }),
        }
    }

    /// The protocol's object identifier.
    pub const fn oid(&self) -> &ObjectIdentifier {
        &self.oid
    }

    /// Mapping, agreement and cipher.
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The curve or the group.
    pub const fn domain(&self) -> Domain {
        self.domain
    }

    /// The number by which DO84 refers to the domain parameters.
    pub const fn parameter_id(&self) -> u32 {
        self.parameter_id
    }

    /// Bytes of the nonce that our chip chooses: the least multiple of the block size that is no
    /// shorter than the key, as the integrated mapping wants it (ICAO Doc 9303-11 clause 4.4.3.3).
    pub(crate) const fn nonce_len(&self) -> usize {
        self.suite.cipher.key_len().next_multiple_of(self.suite.cipher.block_len())
    }

    /// Whether a chip may choose a nonce of so many bytes: but for the integrated mapping, any
    /// multiple of the block size (clause 4.4.3.3). Chips with AES-192 or AES-256 may take one
    /// block.
    pub(crate) fn is_nonce_len(&self, len: usize) -> bool {
        match self.suite.mapping {
            Mapping::Integrated => len == self.nonce_len(),
            Mapping::Generic | Mapping::ChipAuthentication => {
                (1..=MAX_NONCE).contains(&len) && len.is_multiple_of(self.suite.cipher.block_len())
            }
        }
    }
}

impl std::fmt::Display for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}, {}", self.suite, self.domain, self.suite.cipher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_chooses_the_length_of_its_nonce() {
        let fits = |oid: &str| {
            let oid = ObjectIdentifier::new(oid).unwrap();
            let params = Parameters::new(oid, Some(13)).unwrap();
            (0..100).filter(|&len| params.is_nonce_len(len)).collect::<Vec<_>>()
        };
        assert_eq!(fits("0.4.0.127.0.7.2.2.4.2.4"), [16, 32, 48, 64]);
        assert_eq!(fits("0.4.0.127.0.7.2.2.4.6.3"), [16, 32, 48, 64]);
        assert_eq!(fits("0.4.0.127.0.7.2.2.4.2.1"), [8, 16, 24, 32, 40, 48, 56, 64]);
        assert_eq!(fits("0.4.0.127.0.7.2.2.4.4.3"), [32]);
    }

    #[test]
    fn object_identifiers_name_the_suite() {
        let oid = |s: &str| ObjectIdentifier::new(s).unwrap();
        let gm = Suite::from_oid(&oid("0.4.0.127.0.7.2.2.4.2.2")).unwrap();
        assert_eq!((gm.mapping, gm.cipher), (Mapping::Generic, Cipher::Aes128));
        let cam = Suite::from_oid(&oid("0.4.0.127.0.7.2.2.4.6.4")).unwrap();
        assert_eq!((cam.mapping, cam.cipher), (Mapping::ChipAuthentication, Cipher::Aes256));
        for no in ["0.4.0.127.0.7.2.2.4.5.2", "0.4.0.127.0.7.2.2.4.6.1", "0.4.0.127.0.7.2.2.3.2.2"]
        {
            assert_eq!(Suite::from_oid(&oid(no)), None);
        }
        let p256 = Parameters::new(oid("0.4.0.127.0.7.2.2.4.2.2"), Some(12)).unwrap();
        assert_eq!(p256.to_string(), "PACE-GM, P-256, AES-128");
        let modp = Parameters::new(oid("0.4.0.127.0.7.2.2.4.3.1"), Some(2)).unwrap();
        assert_eq!(modp.to_string(), "PACE-IM, 2048/256-bit MODP group, 3DES");
        for (text, id) in [
            ("0.4.0.127.0.7.2.2.4.2.2", Some(99)),
            ("0.4.0.127.0.7.2.2.4.2.2", None),
            // ECDH over a group, DH over a curve, CAM over a group, IM on P-224
            ("0.4.0.127.0.7.2.2.4.2.2", Some(0)),
            ("0.4.0.127.0.7.2.2.4.1.2", Some(12)),
            ("0.4.0.127.0.7.2.2.4.6.2", Some(2)),
            ("0.4.0.127.0.7.2.2.4.4.2", Some(10)),
        ] {
            let error = Parameters::new(oid(text), id).unwrap_err();
            assert!(matches!(error, PaceError::Unsupported { .. }));
        }
    }
}
