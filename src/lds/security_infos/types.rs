//! The kinds of SecurityInfo.

use const_oid::ObjectIdentifier;

use super::super::error::{asn1, parse_oid};
use super::super::{Dir, File, LdsError};
use super::SecurityInfos;
use crate::tlv;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecurityInfo {
    /// PACE is offered.
    Pace(PaceInfo),
    /// Explicit domain parameters for PACE.
    PaceDomainParameter(PaceDomainParameterInfo),
    /// Chip Authentication is offered.
    ChipAuthentication(ChipAuthenticationInfo),
    /// Domain parameters for Chip Authentication version 2.
    ChipAuthenticationDomainParameter(ChipAuthenticationDomainParameterInfo),
    /// A static key of the chip for Chip Authentication.
    ChipAuthenticationPublicKey(ChipAuthenticationPublicKeyInfo),
    /// Active Authentication with ECDSA: how the chip signs.
    ActiveAuthentication(ActiveAuthenticationInfo),
    /// Terminal Authentication is supported.
    TerminalAuthentication(TerminalAuthenticationInfo),
    /// Restricted Identification is offered.
    RestrictedIdentification(RestrictedIdentificationInfo),
    /// Domain parameters for Restricted Identification.
    RestrictedIdentificationDomainParameter(RestrictedIdentificationDomainParameterInfo),
    /// The content of EF.DIR, signed.
    EfDir(EfDirInfo),
    /// Where a description of the card is.
    CardInfo(CardInfo),
    /// What is told to privileged terminals only.
    PrivilegedTerminal(PrivilegedTerminalInfo),
    /// Any other protocol.
    Unknown(UnknownInfo),
}

/// PACEInfo (ICAO Doc 9303-11 clause 9.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceInfo {
    /// Key agreement, mapping and ciphers.
    pub protocol: ObjectIdentifier,
    /// Must be 2.
    pub version: u32,
    /// Standardized domain parameters (clause 9.5.1), or the number of explicit ones.
    pub parameter_id: Option<u32>,
}

/// PACEDomainParameterInfo (ICAO Doc 9303-11 clause 9.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaceDomainParameterInfo {
    /// Key agreement and mapping.
    pub protocol: ObjectIdentifier,
    /// The AlgorithmIdentifier with the parameters, as it came.
    pub domain_parameter: Vec<u8>,
    /// The number by which PACEInfo refers to it.
    pub parameter_id: Option<u32>,
}

/// ChipAuthenticationInfo (ICAO Doc 9303-11 clause 9.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChipAuthenticationInfo {
    /// Key agreement and ciphers.
    pub protocol: ObjectIdentifier,
    /// 1 for LDS1 documents; 2 and 3 are those of BSI TR-03110.
    pub version: u32,
    /// Which key it is for.
    pub key_id: Option<u64>,
}

/// ChipAuthenticationDomainParameterInfo (BSI TR-03110-3 annex A.1.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipAuthenticationDomainParameterInfo {
    /// Key agreement.
    pub protocol: ObjectIdentifier,
    /// The AlgorithmIdentifier with the parameters, as it came.
    pub domain_parameter: Vec<u8>,
    /// Which key it is for.
    pub key_id: Option<u64>,
}

/// ChipAuthenticationPublicKeyInfo (ICAO Doc 9303-11 clause 9.2.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipAuthenticationPublicKeyInfo {
    /// `id-PK-DH` or `id-PK-ECDH`.
    pub protocol: ObjectIdentifier,
    /// The SubjectPublicKeyInfo, as it came.
    pub spki: Vec<u8>,
    /// The number of the key.
    pub key_id: Option<u64>,
}

/// ActiveAuthenticationInfo (ICAO Doc 9303-11 clause 9.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveAuthenticationInfo {
    /// Must be 1.
    pub version: u32,
    /// An ecdsa-plain signature algorithm of BSI TR-03111.
    pub signature_algorithm: ObjectIdentifier,
}

/// TerminalAuthenticationInfo (ICAO Doc 9303-11 clause 9.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalAuthenticationInfo {
    /// 1 for LDS1 documents, 2 for BSI TR-03110.
    pub version: u32,
    /// Version 1: file identifier and, if told, short EF identifier of EF.CVCA.
    pub ef_cvca: Option<(u16, Option<u8>)>,
}

/// RestrictedIdentificationInfo (BSI TR-03110-3 annex A.1.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestrictedIdentificationInfo {
    /// Key agreement and hash.
    pub protocol: ObjectIdentifier,
    /// Must be 1.
    pub version: u32,
    /// Which key it is for.
    pub key_id: u64,
    /// Only authorized terminals may use the key.
    pub authorized_only: bool,
    /// The longest public key of a sector in bits, where the chip says so.
    pub max_key_len: Option<u32>,
}

/// RestrictedIdentificationDomainParameterInfo (BSI TR-03110-3 annex A.1.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestrictedIdentificationDomainParameterInfo {
    /// Key agreement.
    pub protocol: ObjectIdentifier,
    /// The AlgorithmIdentifier with the parameters, as it came.
    pub domain_parameter: Vec<u8>,
}

/// EFDIRInfo (ICAO Doc 9303-11 clause 9.2): in EF.CardSecurity it protects EF.DIR, which is not
/// signed itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EfDirInfo {
    /// The content of EF.DIR, as it came.
    pub ef_dir: Vec<u8>,
}

impl EfDirInfo {
    /// The applications.
    ///
    /// # Errors
    /// As [`Dir::parse`].
    pub fn dir(&self) -> Result<Dir, LdsError> {
        Dir::parse(&self.ef_dir)
    }
}

/// CardInfoLocator (BSI TR-03110-3 annex A.1.1.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardInfo {
    /// Everything behind the object identifier, as it came.
    pub data: Vec<u8>,
}

impl CardInfo {
    /// Where the description is, if it is told as an IA5String.
    pub fn url(&self) -> Option<&str> {
        let value = tlv::find(&self.data, &[asn1::IA5_STRING]).ok()??.value;
        std::str::from_utf8(value).ok().filter(|url| url.is_ascii())
    }
}

/// PrivilegedTerminalInfo (BSI TR-03110-3 annex A.1.1.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivilegedTerminalInfo {
    /// The SecurityInfos within, as they came: reading them is a step of its own, so that nesting
    /// cannot recurse.
    pub data: Vec<u8>,
}

impl PrivilegedTerminalInfo {
    /// The SecurityInfos within.
    ///
    /// # Errors
    /// As [`SecurityInfos::parse_in`].
    pub fn infos(&self, file: File) -> Result<SecurityInfos, LdsError> {
        SecurityInfos::parse_in(file, &self.data)
    }
}

/// A SecurityInfo of a protocol that this library does not use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownInfo {
    /// The content of the SEQUENCE, as it came.
    pub data: Vec<u8>,
}

impl UnknownInfo {
    /// The protocol; `None` where its object identifier has numbers beyond 32 bits.
    pub fn protocol(&self) -> Option<ObjectIdentifier> {
        parse_oid(tlv::find(&self.data, &[asn1::OBJECT_IDENTIFIER]).ok()??.value)
    }
}
