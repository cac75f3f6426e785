//! A card that offers PACE, Terminal and Chip Authentication version 2, with a test country's
//! signature over EF.CardSecurity.

use std::path::Path;

use iccard::{
    crypto::{AgreementSecretKey, Cipher, Curve, Domain, SecretKey, SeededRng},
    lds::{
        ChipAuthenticationDomainParameterInfo, ChipAuthenticationInfo,
        ChipAuthenticationPublicKeyInfo, Dg14, PaceInfo, SecurityInfo, SecurityInfos,
        TerminalAuthenticationInfo, oids,
    },
    pki::{
        Certificate, DistinguishedName, Profile, SignedData, Signer, agreement, cvc::PrivateKey,
    },
    protocol::{
        chip_auth::{self, Suite},
        pace::{Parameters, Password},
    },
    tlv::{Tag, Writer},
};
use time::macros::utc_datetime;

use super::PIN;

/// A card's files and keys.
pub struct Card {
    pub pace: Parameters,
    pub password: Password,
    pub chip_authentication: chip_auth::Chip,
    pub card_access: Vec<u8>,
    pub card_security: Vec<u8>,
    pub dg14: Vec<u8>,
    pub ca_key: AgreementSecretKey,
    pub csca: Certificate,
}

impl Card {
    /// With PACE over one domain, Chip Authentication over another, and one cipher for both.
    pub fn new(pace: Domain, ca: Domain, cipher: Cipher) -> Self {
        let mut rng = SeededRng::new(b"libeac", "card");
        let ca_key = AgreementSecretKey::generate(ca, &mut rng);
        let mut key = || SecretKey::generate(Curve::P256, &mut rng);
        let (csca_key, signer_key) = (key(), key());
        // The last arc of the protocols.
        let arc = match cipher {
            Cipher::TripleDes => 1,
            Cipher::Aes128 => 2,
            Cipher::Aes192 => 3,
            Cipher::Aes256 => 4,
        };
        let pace_protocol = match pace {
            Domain::Curve(_) => oids::PACE_ECDH_GM,
            Domain::Group(_) => oids::PACE_DH_GM,
        };
        let pace_protocol = pace_protocol.push_arc(arc).unwrap();
        let (family, of_key) = match ca {
            Domain::Curve(_) => (oids::CA_ECDH, oids::PK_ECDH),
            Domain::Group(_) => (oids::CA_DH, oids::PK_DH),
        };
        let suite = family.push_arc(arc).unwrap();
        let key_id = Some(7);
        let offered_pace = SecurityInfo::Pace(PaceInfo {
            protocol: pace_protocol,
            version: 2,
            parameter_id: Some(pace.parameter_id()),
        });
        let offered_ca = |version| {
            let info = ChipAuthenticationInfo { protocol: suite, version, key_id };
            SecurityInfo::ChipAuthentication(info)
        };
        let offered = SecurityInfos::new([
            offered_pace.clone(),
            SecurityInfo::TerminalAuthentication(TerminalAuthenticationInfo {
                version: 2,
                ef_cvca: None,
            }),
            offered_ca(2),
            SecurityInfo::ChipAuthenticationDomainParameter(
                ChipAuthenticationDomainParameterInfo {
                    protocol: family,
                    domain_parameter: standardised(ca),
                    key_id,
                },
            ),
        ]);
        let of_key = SecurityInfo::ChipAuthenticationPublicKey(ChipAuthenticationPublicKeyInfo {
            protocol: of_key,
            // libeac knows no curve by its name.
            spki: agreement::encode_standardised(&ca_key.public()),
            key_id,
        });
        let first = SecurityInfos::new([offered_pace, offered_ca(1), of_key.clone()]);
        let signed = SecurityInfos::new(offered.iter().cloned().chain([of_key])).encode();
        let profile = |cn: &str, serial| Profile {
            subject: DistinguishedName::new("KR", "TEST", cn),
            serial: vec![serial],
            not_before: utc_datetime!(2025-01-01 0:00),
            not_after: utc_datetime!(2051-06-01 0:00),
        };
        let csca = profile("TEST CSCA", 1).csca(&csca_key).unwrap();
        let signer = profile("TEST Signer", 2);
        let signer = signer.document_signer(&signer_key.public(), &csca, &csca_key).unwrap();
        let by = Signer { certificate: &signer, key: &signer_key };
        Self {
            pace: Parameters::new(pace_protocol, Some(pace.parameter_id())).unwrap(),
            password: Password::pin(PIN),
            chip_authentication: chip_auth::Chip::new(Suite::new(suite).unwrap(), ca_key.clone()),
            card_access: offered.encode(),
            dg14: Dg14 { infos: first }.encode(),
            card_security: SignedData::sign(oids::SECURITY_OBJECT, &signed, &by).unwrap(),
            ca_key,
            csca,
        }
    }

    /// What the judge plays: its files, and its key as libeac takes it.
    pub fn write(&self, folder: &Path) {
        let key = match &self.ca_key {
            AgreementSecretKey::Ec(key) => PrivateKey::Ec(key.clone()).to_pkcs8_der(),
            AgreementSecretKey::Dh(key) => key.to_bytes().clone(),
        };
        for (name, bytes) in [
            ("card-access", &self.card_access),
            ("card-security", &self.card_security),
            ("dg14", &self.dg14),
            ("ca.key", &*key),
        ] {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

// AlgorithmIdentifier with standardised domain parameters (TR-03110-3 clause A.2.1.1).
fn standardised(domain: Domain) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(Tag::new(0x30), |w| {
        w.primitive(Tag::new(0x06), oids::STANDARDIZED_DOMAIN_PARAMETERS.as_bytes());
        w.primitive(Tag::new(0x02), &[domain.parameter_id() as u8]);
    });
    w.finish()
}
