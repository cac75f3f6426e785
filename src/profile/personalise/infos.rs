//! What a card says of its protocols: in EF.CardAccess, EF.CardSecurity and EF.DG14.

use super::{super::Profile, Keys};
use crate::{
    crypto::{AgreementPublicKey, Domain},
    lds::{
        ActiveAuthenticationInfo, ChipAuthenticationDomainParameterInfo, ChipAuthenticationInfo,
        ChipAuthenticationPublicKeyInfo, File, PaceInfo, SecurityInfo, TerminalAuthenticationInfo,
        oids,
    },
    pki::{SignatureAlgorithm, agreement, cvc::PrivateKey},
    profile::ChipAuthentication,
    protocol::{chip_auth, terminal_auth},
    tlv::{Tag, Writer},
};

impl Profile {
    /// EF.CardAccess: PACE, and version 2 of Terminal and Chip Authentication without the key (BSI
    /// TR-03110-3 annex A.1.2.1).
    pub(super) fn card_access_infos(&self) -> Vec<SecurityInfo> {
        let pace = self.pace.iter().map(|p| {
            SecurityInfo::Pace(PaceInfo {
                protocol: *p.oid(),
                version: 2,
                parameter_id: Some(p.parameter_id()),
            })
        });
        let mut infos: Vec<_> = pace.collect();
        if self.asks_terminals(terminal_auth::Version::V2) {
            let info = TerminalAuthenticationInfo { version: 2, ef_cvca: None };
            infos.push(SecurityInfo::TerminalAuthentication(info));
        }
        for ca in self.of_version(chip_auth::Version::V2) {
            infos.push(protocol(ca, 2));
            let key_id = ca.key_id.map(u64::from);
            infos.push(SecurityInfo::ChipAuthenticationDomainParameter(
                ChipAuthenticationDomainParameterInfo {
                    protocol: match ca.domain {
                        Domain::Curve(_) => oids::CA_ECDH,
                        Domain::Group(_) => oids::CA_DH,
                    },
                    domain_parameter: standardised(ca.domain),
                    key_id,
                },
            ));
        }
        infos
    }

    /// EF.CardSecurity: the same with the keys of version 2 and of the chip authentication mapping
    /// (ICAO Doc 9303-11 clause 9.2.11); none where the card has no such keys.
    pub(super) fn card_security_infos(&self, keys: &Keys) -> Vec<SecurityInfo> {
        let version_2 = self.chip_authentication.iter().zip(&keys.chip_authentication);
        let version_2 = version_2.filter(|(ca, _)| ca.version == chip_auth::Version::V2);
        let version_2 = version_2.map(|(ca, key)| (key.public(), ca.key_id));
        let mapping = keys.mapping.iter().map(|(id, key)| (key.public().into(), Some(*id)));
        let all = version_2.chain(mapping);
        let mut infos: Vec<_> = all
            .map(|(key, id)| public_key(&key, agreement::encode_standardised(&key), id))
            .collect();
        if !infos.is_empty() {
            infos.extend(self.card_access_infos());
        }
        infos
    }

    /// EF.DG14: EF.CardAccess again, version 1 of Terminal and Chip Authentication, and the
    /// algorithm of Active Authentication with ECDSA (ICAO Doc 9303-11 clause 9.2).
    pub(super) fn dg14_infos(&self, keys: &Keys) -> Vec<SecurityInfo> {
        let mut infos = self.card_access_infos();
        if self.asks_terminals(terminal_auth::Version::V1) {
            let ef_cvca = Some((File::Cvca.fid(), Some(File::Cvca.sfi())));
            let info = TerminalAuthenticationInfo { version: 1, ef_cvca };
            infos.push(SecurityInfo::TerminalAuthentication(info));
        }
        for (ca, key) in self.chip_authentication.iter().zip(&keys.chip_authentication) {
            if ca.version != chip_auth::Version::V1 {
                continue;
            }
            if ca.info {
                infos.push(protocol(ca, 1));
            }
            let key = key.public();
            infos.push(public_key(&key, agreement::encode(&key), ca.key_id));
        }
        if let (Some(aa), Some(PrivateKey::Ec(_))) =
            (self.active_authentication, &keys.active_authentication)
            && !self.quirks.no_signature_info
        {
            infos.push(SecurityInfo::ActiveAuthentication(ActiveAuthenticationInfo {
                version: 1,
                signature_algorithm: SignatureAlgorithm::EcdsaPlain(aa.hash).oid(),
            }));
        }
        infos
    }

    fn asks_terminals(&self, version: terminal_auth::Version) -> bool {
        self.terminal_authentication.as_ref().is_some_and(|ta| ta.version == version)
    }

    fn of_version(&self, version: chip_auth::Version) -> impl Iterator<Item = &ChipAuthentication> {
        self.chip_authentication.iter().filter(move |ca| ca.version == version)
    }
}

fn protocol(ca: &ChipAuthentication, version: u32) -> SecurityInfo {
    SecurityInfo::ChipAuthentication(ChipAuthenticationInfo {
        protocol: *ca.suite.oid(),
        version,
        key_id: ca.key_id.map(u64::from),
    })
}

fn public_key(key: &AgreementPublicKey, spki: Vec<u8>, key_id: Option<u32>) -> SecurityInfo {
    SecurityInfo::ChipAuthenticationPublicKey(ChipAuthenticationPublicKeyInfo {
        protocol: match key {
            AgreementPublicKey::Ec(_) => oids::PK_ECDH,
            AgreementPublicKey::Dh(_) => oids::PK_DH,
        },
        spki,
        key_id: key_id.map(u64::from),
    })
}

// The AlgorithmIdentifier of domain parameters by their number (ICAO Doc 9303-11 clause 9.5.1).
fn standardised(domain: Domain) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(Tag::new(0x30), |w| {
        w.primitive(Tag::new(0x06), oids::STANDARDIZED_DOMAIN_PARAMETERS.as_bytes());
        // All numbers are below 32.
        w.primitive(Tag::new(0x02), &[domain.parameter_id() as u8]);
    });
    w.finish()
}
