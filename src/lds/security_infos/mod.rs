//! SecurityInfos: the protocols a chip offers and their public keys (ICAO Doc 9303-11 clause 9.2,
//! BSI TR-03110-3 annex A.1).
//!
//! EF.CardAccess is one such set; DG14 and the content of EF.CardSecurity hold another. What this
//! library does not use is kept as it came.

mod codec;
mod types;

use super::error::{In, asn1};
use super::{File, LdsError};
use crate::tlv::{Reader, Writer};
pub use types::{
    ActiveAuthenticationInfo, CardInfo, ChipAuthenticationDomainParameterInfo,
    ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, EfDirInfo, PaceDomainParameterInfo,
    PaceInfo, PrivilegedTerminalInfo, RestrictedIdentificationDomainParameterInfo,
    RestrictedIdentificationInfo, SecurityInfo, TerminalAuthenticationInfo, UnknownInfo,
};

/// The most SecurityInfos of one set that are read.
pub const MAX_SECURITY_INFOS: usize = 64;

/// A SET OF SecurityInfo. The order is kept as read; [`SecurityInfos::new`] sorts as DER demands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityInfos(Vec<SecurityInfo>);

impl SecurityInfos {
    /// A set in the order that DER demands (ITU-T X.690 clause 11.6).
    pub fn new(infos: impl IntoIterator<Item = SecurityInfo>) -> Self {
        let mut infos: Vec<_> = infos.into_iter().collect();
        infos.sort_by_cached_key(SecurityInfo::encode);
        Self(infos)
    }

    /// Reads EF.CardAccess. Bytes behind the set are passed over: cards pad the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        Self::parse_in(File::CardAccess, data)
    }

    /// Reads the SecurityInfos of a file; behind those of EF.CardAccess anything may follow.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse_in(file: File, data: &[u8]) -> Result<Self, LdsError> {
        const FIELD: &str = "SecurityInfos";
        let at = In(file);
        let mut reader = Reader::new(data);
        let set = at.tlv(FIELD, reader.expect(asn1::SET))?;
        if file != File::CardAccess {
            at.tlv(FIELD, reader.end())?;
        }
        let mut infos = Vec::new();
        for info in at.tlv(FIELD, set.children())? {
            if infos.len() == MAX_SECURITY_INFOS {
                let (limit, got) = (MAX_SECURITY_INFOS, infos.len() + 1);
                return Err(LdsError::TooMany { file, field: FIELD, limit, got });
            }
            let info = at.tlv("SecurityInfo", info.and_then(|i| i.expect(asn1::SEQUENCE)))?;
            infos.push(SecurityInfo::read(at, &info)?);
        }
        Ok(Self(infos))
    }

    /// The set in DER, in the order it is held.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(asn1::SET, |w| {
            for info in &self.0 {
                w.raw(&info.encode());
            }
        });
        w.finish()
    }

    /// The entries.
    pub fn iter(&self) -> std::slice::Iter<'_, SecurityInfo> {
        self.0.iter()
    }

    /// The PACEInfos, in the card's order.
    pub fn pace(&self) -> impl Iterator<Item = &PaceInfo> {
        self.0.iter().filter_map(|info| match info {
            SecurityInfo::Pace(pace) => Some(pace),
            _ => None,
        })
    }

    /// The ChipAuthenticationInfos, in the card's order.
    pub fn chip_authentication(&self) -> impl Iterator<Item = &ChipAuthenticationInfo> {
        self.0.iter().filter_map(|info| match info {
            SecurityInfo::ChipAuthentication(ca) => Some(ca),
            _ => None,
        })
    }

    /// The Chip Authentication public keys, in the card's order.
    pub fn chip_authentication_keys(
        &self,
    ) -> impl Iterator<Item = &ChipAuthenticationPublicKeyInfo> {
        self.0.iter().filter_map(|info| match info {
            SecurityInfo::ChipAuthenticationPublicKey(key) => Some(key),
            _ => None,
        })
    }

    /// The static key of PACE with Chip Authentication Mapping: the one whose keyId is the
    /// parameterId of the run, or the only one where that has no number (ICAO Doc 9303-11 clause
    /// 9.2.6).
    pub fn mapping_key(&self, parameter_id: u32) -> Option<&ChipAuthenticationPublicKeyInfo> {
        let keys: Vec<_> = self.chip_authentication_keys().collect();
        match keys.as_slice() {
            [only] if only.key_id.is_none() => Some(*only),
            several => {
                several.iter().find(|key| key.key_id == Some(u64::from(parameter_id))).copied()
            }
        }
    }

    /// How the chip signs in Active Authentication, if it is told.
    pub fn active_authentication(&self) -> Option<&ActiveAuthenticationInfo> {
        self.0.iter().find_map(|info| match info {
            SecurityInfo::ActiveAuthentication(aa) => Some(aa),
            _ => None,
        })
    }

    /// Those of this set that the other has not: a card's DG14 repeats its EF.CardAccess (ICAO Doc
    /// 9303-11 clause 9.2), and what it does not repeat may have been altered on the air.
    pub fn missing_from<'a>(&'a self, other: &Self) -> impl Iterator<Item = &'a SecurityInfo> {
        self.0.iter().filter(move |info| !other.0.contains(info))
    }
}

impl<'a> IntoIterator for &'a SecurityInfos {
    type Item = &'a SecurityInfo;
    type IntoIter = std::slice::Iter<'a, SecurityInfo>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, unhex};
    use super::super::{LDS_AID, oids};
    use super::*;

    const PACE: &str = "31143012060A04007F0007020204020202010202010D";

    fn pace_info() -> SecurityInfo {
        SecurityInfo::Pace(PaceInfo {
            protocol: oids::PACE_ECDH_GM_AES_CBC_CMAC_128,
            version: 2,
            parameter_id: Some(13),
        })
    }

    fn dg14() -> SecurityInfos {
        SecurityInfos::new([
            SecurityInfo::ActiveAuthentication(ActiveAuthenticationInfo {
                version: 1,
                signature_algorithm: oids::ECDSA_PLAIN_SHA256,
            }),
            pace_info(),
            SecurityInfo::ChipAuthenticationPublicKey(ChipAuthenticationPublicKeyInfo {
                protocol: oids::PK_ECDH,
                spki: unhex("3000"),
                key_id: Some(200),
            }),
            SecurityInfo::TerminalAuthentication(TerminalAuthenticationInfo {
                version: 1,
                ef_cvca: Some((0x011C, Some(0x1C))),
            }),
            SecurityInfo::ChipAuthentication(ChipAuthenticationInfo {
                protocol: oids::CA_ECDH_AES_CBC_CMAC_128,
                version: 1,
                key_id: Some(200),
            }),
            SecurityInfo::RestrictedIdentification(RestrictedIdentificationInfo {
                protocol: oids::RI_ECDH_SHA256,
                version: 1,
                key_id: 1,
                authorized_only: true,
                max_key_len: Some(256),
            }),
            SecurityInfo::RestrictedIdentificationDomainParameter(
                RestrictedIdentificationDomainParameterInfo {
                    protocol: oids::RI_ECDH,
                    domain_parameter: unhex("3000"),
                },
            ),
            SecurityInfo::EfDir(EfDirInfo { ef_dir: unhex("61094F07A0000002471001") }),
            SecurityInfo::PrivilegedTerminal(PrivilegedTerminalInfo { data: unhex("3100") }),
            SecurityInfo::CardInfo(CardInfo { data: unhex("160161") }),
            SecurityInfo::Unknown(UnknownInfo { data: unhex("06032A030405000203010203") }),
            SecurityInfo::PaceDomainParameter(PaceDomainParameterInfo {
                protocol: oids::PACE_ECDH_GM,
                domain_parameter: unhex("3000"),
                parameter_id: None,
            }),
            SecurityInfo::ChipAuthenticationDomainParameter(
                ChipAuthenticationDomainParameterInfo {
                    protocol: oids::CA_ECDH,
                    domain_parameter: unhex("3000"),
                    key_id: Some(200),
                },
            ),
        ])
    }

    #[test]
    fn card_access_with_one_pace_info() {
        let infos = SecurityInfos::parse(&unhex(PACE)).unwrap();
        assert_eq!(infos, SecurityInfos::new([pace_info()]));
        assert_eq!(hex::encode_upper(infos.encode()), PACE);
        // Padding behind the set of EF.CardAccess is passed over, elsewhere it is refused.
        let padded = unhex(&(PACE.to_owned() + "9000"));
        assert_eq!(SecurityInfos::parse(&padded), Ok(infos));
        assert!(SecurityInfos::parse_in(File::Dg14, &padded).is_err());
    }

    #[test]
    fn every_kind_comes_back_in_der_order() {
        let infos = dg14();
        let bytes = infos.encode();
        assert_eq!(SecurityInfos::parse(&bytes).unwrap(), infos);
        let entries: Vec<_> = infos.iter().map(SecurityInfo::encode).collect();
        assert!(entries.is_sorted());
        assert_eq!(infos.pace().count(), 1);
        assert_eq!(infos.chip_authentication().next().unwrap().key_id, Some(200));
        assert_eq!(infos.chip_authentication_keys().next().unwrap().spki, [0x30, 0x00]);
        assert_eq!(infos.active_authentication().unwrap().version, 1);
        assert!(SecurityInfos::new([pace_info()]).missing_from(&infos).next().is_none());
        assert_eq!(infos.missing_from(&SecurityInfos::new([pace_info()])).count(), 12);
        let url = infos.iter().find_map(|i| match i {
            SecurityInfo::CardInfo(info) => info.url(),
            _ => None,
        });
        assert_eq!(url, Some("a"));
        let dir = infos.iter().find_map(|i| match i {
            SecurityInfo::EfDir(info) => info.dir().ok(),
            _ => None,
        });
        assert!(dir.is_some_and(|dir| dir.lists(&LDS_AID)));
    }

    #[test]
    fn every_pace_and_chip_authentication_is_offered_alike() {
        let agreements = [
            (oids::PACE_DH_IM_AES_CBC_CMAC_192, Some(2)),
            (oids::PACE_ECDH_IM_3DES_CBC_CBC, Some(12)),
            (oids::PACE_ECDH_CAM_AES_CBC_CMAC_256, Some(13)),
            (oids::PACE_DH_GM_3DES_CBC_CBC, None),
        ];
        let pace = agreements.map(|(protocol, parameter_id)| {
            SecurityInfo::Pace(PaceInfo { protocol, version: 2, parameter_id })
        });
        let ca = [oids::CA_DH_3DES_CBC_CBC, oids::CA_ECDH_AES_CBC_CMAC_256].map(|protocol| {
            SecurityInfo::ChipAuthentication(ChipAuthenticationInfo {
                protocol,
                version: 1,
                key_id: None,
            })
        });
        let dh = SecurityInfo::ChipAuthenticationPublicKey(ChipAuthenticationPublicKeyInfo {
            protocol: oids::PK_DH,
            spki: unhex("3000"),
            key_id: None,
        });
        let infos = SecurityInfos::new(pace.into_iter().chain(ca).chain([dh]));
        let read = SecurityInfos::parse(&infos.encode()).unwrap();
        assert_eq!(read, infos);
        assert_eq!((read.pace().count(), read.chip_authentication().count()), (4, 2));
        assert_eq!(read.chip_authentication_keys().next().unwrap().protocol, oids::PK_DH);
    }

    #[test]
    fn what_is_not_used_may_be_malformed() {
        for (content, typed) in [
            ("060A04007F00070202050203 3009 020101 020101 0101FF 02020100", true),
            ("060A04007F00070202050203 3009 020101 020101 0101FF", true),
            ("060A04007F00070202050203 3006 020101 020101", false),
            ("060A04007F00070202050203 3009 020101 020101 0101FF 0500", false),
            ("060A04007F00070202050203", false),
            ("060667810801010D 0402 6100", true),
            ("060667810801010D 3000", false),
        ] {
            let content = unhex(&content.replace(' ', ""));
            let mut w = Writer::new();
            w.constructed(asn1::SET, |w| {
                w.primitive(asn1::SEQUENCE, &content);
            });
            let bytes = w.finish();
            let infos = SecurityInfos::parse(&bytes).unwrap();
            let is_typed = !matches!(infos.iter().next(), Some(SecurityInfo::Unknown(_)));
            assert_eq!(is_typed, typed, "{infos:?}");
            assert_eq!(infos.encode(), bytes);
        }
    }

    #[test]
    fn errors_name_file_and_field() {
        let error = |hex: &str| SecurityInfos::parse(&unhex(hex)).unwrap_err().to_string();
        assert_eq!(
            error("310E300D060A04007F00070202040202"),
            "EF.CardAccess, SecurityInfo: TLV at byte 0: 15 bytes expected, 14 there"
        );
        assert_eq!(
            error("310E300C060A04007F00070202040202"),
            "EF.CardAccess, PACEInfo.version: TLV: tag 02 is missing"
        );
        assert_eq!(
            error("31133011060A04007F000702020402020201023000"),
            "EF.CardAccess, PACEInfo.parameterId: TLV: tag 02 expected, 30 came"
        );
        assert_eq!(
            error("31163014060A04007F0007020204020202050102030405"),
            "EF.CardAccess, SecurityInfos: TLV at byte 0: 24 bytes expected, 23 there"
        );
        assert_eq!(
            error("31153013060A04007F0007020204020202050102030405"),
            "EF.CardAccess, PACEInfo.version: a small integer expected, 4328719365 came"
        );
        assert_eq!(
            error("3012"),
            "EF.CardAccess, SecurityInfos: TLV at byte 0: 20 bytes expected, 2 there"
        );
        assert_eq!(error("3000"), "EF.CardAccess, SecurityInfos: TLV: tag 31 expected, 30 came");
    }

    #[test]
    fn a_flood_of_infos_is_refused() {
        let mut w = Writer::new();
        w.constructed(asn1::SET, |w| {
            for _ in 0..=MAX_SECURITY_INFOS {
                w.raw(&pace_info().encode());
            }
        });
        assert_eq!(
            SecurityInfos::parse(&w.finish()),
            Err(LdsError::TooMany {
                file: File::CardAccess,
                field: "SecurityInfos",
                limit: 64,
                got: 65
            })
        );
    }

    #[test]
    fn hostile_bytes_are_refused_without_panic() {
        mutate(&dg14().encode(), |bytes| {
            if let Ok(infos) = SecurityInfos::parse(bytes) {
                for info in &infos {
                    let _ = info.protocol();
                    if let SecurityInfo::PrivilegedTerminal(inner) = info {
                        let _ = inner.infos(File::CardAccess);
                    }
                }
                assert_eq!(SecurityInfos::parse(&infos.encode()), Ok(infos));
            }
        });
    }
}
