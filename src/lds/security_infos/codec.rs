//! SecurityInfo from and to bytes.

use const_oid::ObjectIdentifier;

use super::super::error::{In, asn1, parse_oid, write_oid, write_unsigned};
use super::super::{LdsError, oids};
use super::{
    ActiveAuthenticationInfo, CardInfo, ChipAuthenticationDomainParameterInfo,
    ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, EfDirInfo, PaceDomainParameterInfo,
    PaceInfo, PrivilegedTerminalInfo, RestrictedIdentificationDomainParameterInfo,
    RestrictedIdentificationInfo, SecurityInfo, TerminalAuthenticationInfo, UnknownInfo,
};
use crate::tlv::{Reader, Tag, Tlv, Writer};

impl SecurityInfo {
    /// The protocol; `None` only for an unknown one with numbers beyond 32 bits.
    pub fn protocol(&self) -> Option<ObjectIdentifier> {
        match self {
            Self::Pace(i) => Some(i.protocol),
            Self::PaceDomainParameter(i) => Some(i.protocol),
            Self::ChipAuthentication(i) => Some(i.protocol),
            Self::ChipAuthenticationDomainParameter(i) => Some(i.protocol),
            Self::ChipAuthenticationPublicKey(i) => Some(i.protocol),
            Self::ActiveAuthentication(_) => Some(oids::AA),
            Self::TerminalAuthentication(_) => Some(oids::TA),
            Self::RestrictedIdentification(i) => Some(i.protocol),
            Self::RestrictedIdentificationDomainParameter(i) => Some(i.protocol),
            Self::EfDir(_) => Some(oids::EF_DIR),
            Self::CardInfo(_) => Some(oids::CI),
            Self::PrivilegedTerminal(_) => Some(oids::PT),
            Self::Unknown(i) => i.protocol(),
        }
    }

    /// The SecurityInfo in DER.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(asn1::SEQUENCE, |w| {
            if let Self::Unknown(info) = self {
                w.raw(&info.data);
                return;
            }
            if let Some(protocol) = self.protocol() {
                write_oid(w, &protocol);
            }
            self.write_data(w);
        });
        w.finish()
    }

    fn write_data(&self, w: &mut Writer) {
        let number = |w: &mut Writer, id: Option<u64>| {
            if let Some(id) = id {
                write_unsigned(w, id);
            }
        };
        match self {
            Self::Pace(i) => {
                write_unsigned(w, i.version.into());
                number(w, i.parameter_id.map(u64::from));
            }
            Self::PaceDomainParameter(i) => {
                w.raw(&i.domain_parameter);
                number(w, i.parameter_id.map(u64::from));
            }
            Self::ChipAuthentication(i) => {
                write_unsigned(w, i.version.into());
                number(w, i.key_id);
            }
            Self::ChipAuthenticationDomainParameter(i) => {
                w.raw(&i.domain_parameter);
                number(w, i.key_id);
            }
            Self::ChipAuthenticationPublicKey(i) => {
                w.raw(&i.spki);
                number(w, i.key_id);
            }
            Self::ActiveAuthentication(i) => {
                write_unsigned(w, i.version.into());
                write_oid(w, &i.signature_algorithm);
            }
            Self::TerminalAuthentication(i) => {
                write_unsigned(w, i.version.into());
                if let Some((fid, sfi)) = i.ef_cvca {
                    w.constructed(asn1::SEQUENCE, |w| {
                        w.primitive(asn1::OCTET_STRING, &fid.to_be_bytes());
                        if let Some(sfi) = sfi {
                            w.primitive(asn1::OCTET_STRING, &[sfi]);
                        }
                    });
                }
            }
            Self::RestrictedIdentification(i) => {
                w.constructed(asn1::SEQUENCE, |w| {
                    write_unsigned(w, i.version.into());
                    write_unsigned(w, i.key_id);
                    w.primitive(asn1::BOOLEAN, &[if i.authorized_only { 0xFF } else { 0 }]);
                });
                number(w, i.max_key_len.map(u64::from));
            }
            Self::RestrictedIdentificationDomainParameter(i) => {
                w.raw(&i.domain_parameter);
            }
            Self::EfDir(i) => {
                w.primitive(asn1::OCTET_STRING, &i.ef_dir);
            }
            Self::CardInfo(i) => {
                w.raw(&i.data);
            }
            Self::PrivilegedTerminal(i) => {
                w.raw(&i.data);
            }
            Self::Unknown(_) => {}
        }
    }

    pub(super) fn read(at: In, info: &Tlv<'_>) -> Result<Self, LdsError> {
        let mut fields = at.tlv("SecurityInfo", info.children())?;
        let protocol = at.tlv("SecurityInfo.protocol", fields.expect(asn1::OBJECT_IDENTIFIER))?;
        let unknown = || Self::Unknown(UnknownInfo { data: info.value.to_vec() });
        let Some(protocol) = parse_oid(protocol.value) else { return Ok(unknown()) };
        let data = fields.rest();
        let mut fields = Fields { at, reader: fields };
        let read = if oids::is_pace(&protocol) {
            Self::Pace(PaceInfo {
                protocol,
                version: fields.version("PACEInfo.version")?,
                parameter_id: fields.id("PACEInfo.parameterId")?,
            })
        } else if is_pace_mapping(&protocol) {
            Self::PaceDomainParameter(PaceDomainParameterInfo {
                protocol,
                domain_parameter: fields.sequence("PACEDomainParameterInfo.domainParameter")?,
                parameter_id: fields.id("PACEDomainParameterInfo.parameterId")?,
            })
        } else if oids::is_chip_authentication(&protocol) {
            Self::ChipAuthentication(ChipAuthenticationInfo {
                protocol,
                version: fields.version("ChipAuthenticationInfo.version")?,
                key_id: fields.key_id("ChipAuthenticationInfo.keyId")?,
            })
        } else if [oids::CA_DH, oids::CA_ECDH].contains(&protocol) {
            const PARAMETER: &str = "ChipAuthenticationDomainParameterInfo.domainParameter";
            Self::ChipAuthenticationDomainParameter(ChipAuthenticationDomainParameterInfo {
                protocol,
                domain_parameter: fields.sequence(PARAMETER)?,
                key_id: fields.key_id("ChipAuthenticationDomainParameterInfo.keyId")?,
            })
        } else if [oids::PK_DH, oids::PK_ECDH].contains(&protocol) {
            const KEY: &str = "ChipAuthenticationPublicKeyInfo.chipAuthenticationPublicKey";
            Self::ChipAuthenticationPublicKey(ChipAuthenticationPublicKeyInfo {
                protocol,
                spki: fields.sequence(KEY)?,
                key_id: fields.key_id("ChipAuthenticationPublicKeyInfo.keyId")?,
            })
        } else if protocol == oids::AA {
            Self::ActiveAuthentication(ActiveAuthenticationInfo {
                version: fields.version("ActiveAuthenticationInfo.version")?,
                signature_algorithm: fields.oid("ActiveAuthenticationInfo.signatureAlgorithm")?,
            })
        } else if protocol == oids::TA {
            Self::TerminalAuthentication(TerminalAuthenticationInfo {
                version: fields.version("TerminalAuthenticationInfo.version")?,
                ef_cvca: fields.ef_cvca()?,
            })
        } else if let Some(other) = Self::read_unused(at, &protocol, &fields.reader) {
            return Ok(other);
        } else if protocol == oids::CI {
            return Ok(Self::CardInfo(CardInfo { data: data.to_vec() }));
        } else if protocol == oids::PT {
            return Ok(Self::PrivilegedTerminal(PrivilegedTerminalInfo { data: data.to_vec() }));
        } else {
            return Ok(unknown());
        };
        at.tlv("SecurityInfo", fields.reader.end())?;
        Ok(read)
    }

    // Kinds that no protocol of this library reads: one that is not as its standard says is no
    // reason to refuse the card, and is kept as it came.
    fn read_unused(at: In, protocol: &ObjectIdentifier, reader: &Reader<'_>) -> Option<Self> {
        const FIELD: &str = "RestrictedIdentificationInfo";
        let protocol = *protocol;
        let mut fields = Fields { at, reader: reader.clone() };
        let read = if oids::is_restricted_identification(&protocol) {
            let params = fields.expect(FIELD, asn1::SEQUENCE).ok()?;
            let mut params = Fields { at, reader: params.children().ok()? };
            let version = params.version(FIELD).ok()?;
            let key_id = params.key_id(FIELD).ok()??;
            let [authorized_only] = *params.expect(FIELD, asn1::BOOLEAN).ok()?.value else {
                return None;
            };
            params.reader.end().ok()?;
            Self::RestrictedIdentification(RestrictedIdentificationInfo {
                protocol,
                version,
                key_id,
                authorized_only: authorized_only != 0,
                max_key_len: fields.id(FIELD).ok()?,
            })
        } else if [oids::RI_DH, oids::RI_ECDH].contains(&protocol) {
            let domain_parameter = fields.sequence(FIELD).ok()?;
            let info = RestrictedIdentificationDomainParameterInfo { protocol, domain_parameter };
            Self::RestrictedIdentificationDomainParameter(info)
        } else if protocol == oids::EF_DIR {
            let ef_dir = fields.expect("EFDIRInfo", asn1::OCTET_STRING).ok()?.value.to_vec();
            Self::EfDir(EfDirInfo { ef_dir })
        } else {
            return None;
        };
        fields.reader.end().ok()?;
        Some(read)
    }
}

fn is_pace_mapping(oid: &ObjectIdentifier) -> bool {
    use oids::{PACE_DH_GM, PACE_DH_IM, PACE_ECDH_CAM, PACE_ECDH_GM, PACE_ECDH_IM};
    [PACE_DH_GM, PACE_ECDH_GM, PACE_DH_IM, PACE_ECDH_IM, PACE_ECDH_CAM].contains(oid)
}

/// The fields of a SecurityInfo behind its protocol.
struct Fields<'a> {
    at: In,
    reader: Reader<'a>,
}

impl<'a> Fields<'a> {
    fn expect(&mut self, field: &'static str, tag: Tag) -> Result<Tlv<'a>, LdsError> {
        self.at.tlv(field, self.reader.expect(tag))
    }

    fn optional(&mut self, field: &'static str, tag: Tag) -> Result<Option<Tlv<'a>>, LdsError> {
        if self.reader.rest().is_empty() { Ok(None) } else { self.expect(field, tag).map(Some) }
    }

    fn version(&mut self, field: &'static str) -> Result<u32, LdsError> {
        let value = self.expect(field, asn1::INTEGER)?.value;
        self.at.small(field, value)
    }

    fn id(&mut self, field: &'static str) -> Result<Option<u32>, LdsError> {
        let id = self.optional(field, asn1::INTEGER)?;
        id.map(|tlv| self.at.small(field, tlv.value)).transpose()
    }

    fn key_id(&mut self, field: &'static str) -> Result<Option<u64>, LdsError> {
        let id = self.optional(field, asn1::INTEGER)?;
        id.map(|tlv| self.at.unsigned(field, tlv.value)).transpose()
    }

    fn sequence(&mut self, field: &'static str) -> Result<Vec<u8>, LdsError> {
        Ok(self.expect(field, asn1::SEQUENCE)?.raw.to_vec())
    }

    fn oid(&mut self, field: &'static str) -> Result<ObjectIdentifier, LdsError> {
        let value = self.expect(field, asn1::OBJECT_IDENTIFIER)?.value;
        self.at.oid(field, value)
    }

    fn ef_cvca(&mut self) -> Result<Option<(u16, Option<u8>)>, LdsError> {
        const FIELD: &str = "TerminalAuthenticationInfo.efCVCA";
        let Some(file) = self.optional(FIELD, asn1::SEQUENCE)? else { return Ok(None) };
        let mut parts = Fields { at: self.at, reader: self.at.tlv(FIELD, file.children())? };
        let fid = parts.expect(FIELD, asn1::OCTET_STRING)?.value;
        let sfi = parts.optional(FIELD, asn1::OCTET_STRING)?.map(|tlv| tlv.value);
        let (Ok(fid), Ok(sfi)) = (fid.try_into(), sfi.map(<[u8; 1]>::try_from).transpose()) else {
            let expected = "a file identifier of 2 bytes and a short one of 1";
            return Err(self.at.value(FIELD, expected, hex::encode_upper(file.value)));
        };
        Ok(Some((u16::from_be_bytes(fid), sfi.map(|[sfi]| sfi))))
    }
}
