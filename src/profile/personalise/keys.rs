//! The keys of a card and of those who make it, all from the seed.

use std::collections::BTreeMap;

use rand_core::Rng;
use time::{Date, Time, UtcDateTime};

use super::super::{KeyKind, KeyMaterial, Pki, Profile, ProfileError, RsaScheme};
use crate::{
    crypto::{AgreementSecretKey, Domain, RsaPrivateKey, SecretKey, SeededRng},
    pki::{self, DistinguishedName, SignatureAlgorithm, SigningKey, cvc::PrivateKey},
    protocol::pace::Mapping,
};

/// The private keys of a card and of those who made it.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The CSCA's, of a travel document.
    pub csca: Option<PrivateKey>,
    /// The document signer's, of a travel document.
    pub signer: Option<PrivateKey>,
    /// The chip's for Chip Authentication, in the order of [`Profile::chip_authentication`].
    pub chip_authentication: Vec<AgreementSecretKey>,
    /// The chip's for the chip authentication mapping of PACE, by parameterId.
    pub mapping: BTreeMap<u32, SecretKey>,
    /// The chip's for Active Authentication.
    pub active_authentication: Option<PrivateKey>,
    /// Those of a card that has a key and no personal data.
    pub key_only: Option<KeyOnlyKeys>,
}

/// The private keys of a card that has a key and no personal data.
#[derive(Clone, Debug)]
pub struct KeyOnlyKeys {
    /// The card CA's.
    pub ca: SecretKey,
    /// The card's own.
    pub card: SecretKey,
}

impl Profile {
    pub(super) fn keys(&self) -> Result<Keys, ProfileError> {
        let mapping = self.pace.iter().filter_map(|params| match params.domain() {
            Domain::Curve(curve) if params.suite().mapping == Mapping::ChipAuthentication => {
                let id = params.parameter_id();
                let rng = &mut self.rng(&format!("chip authentication mapping {id}"));
                Some((id, SecretKey::generate(curve, rng)))
            }
            _ => None,
        });
        let mapping: BTreeMap<_, _> = mapping.collect();
        let chip_authentication = self.chip_authentication.iter().enumerate().map(|(i, ca)| {
            // Under one keyId there is one key.
            if let Some(key) = ca.key_id.and_then(|id| mapping.get(&id)) {
                return key.clone().into();
            }
            let label = match i {
                0 => "chip authentication".to_owned(),
                i => format!("chip authentication {i}"),
            };
            AgreementSecretKey::generate(ca.domain, &mut self.rng(&label))
        });
        let pki = self.travel.as_ref().map(|travel| &travel.pki);
        let key_only = self.key_only.as_ref().map(|key_only| KeyOnlyKeys {
            ca: SecretKey::generate(key_only.curve, &mut self.rng("card ca")),
            card: SecretKey::generate(key_only.curve, &mut self.rng("card key")),
        });
        Ok(Keys {
            csca: pki.map(|pki| self.key("csca", pki.key)).transpose()?,
            signer: pki.map(|pki| self.key("document signer", pki.signer_key)).transpose()?,
            chip_authentication: chip_authentication.collect(),
            active_authentication: self
                .active_authentication
                .map(|aa| self.key("active authentication", aa.key))
                .transpose()?,
            mapping,
            key_only,
        })
    }

    /// Draws the declared private keys that the profile does not give.
    pub(super) fn fill_keys(&mut self) {
        let seed = self.seed.clone();
        for spec in &mut self.layout.keys {
            if let KeyMaterial::Ec { curve, value: value @ None, .. } = &mut spec.key {
                let label = format!("key {}", spec.number);
                let mut rng = SeededRng::new(seed.as_bytes(), &label);
                *value = Some(SecretKey::generate(*curve, &mut rng).to_bytes().clone());
            }
        }
    }

    pub(super) fn rng(&self, label: &str) -> SeededRng {
        SeededRng::new(self.seed.as_bytes(), label)
    }

    pub(super) fn key(&self, label: &str, kind: KeyKind) -> Result<PrivateKey, ProfileError> {
        let rng = &mut self.rng(label);
        Ok(match kind {
            KeyKind::Ec(curve) => PrivateKey::Ec(SecretKey::generate(curve, rng)),
            KeyKind::Rsa(bits) => {
                let key = RsaPrivateKey::generate(bits, rng);
                let key = key.map_err(|e| ProfileError::personalise("RSA key", e))?;
                PrivateKey::Rsa(Box::new(key))
            }
        })
    }

    /// What a certificate says. Its serial number follows from the seed and the common name.
    pub(super) fn certificate(
        &self,
        country: &str,
        organization: &str,
        common_name: &str,
        (from, until): (Date, Date),
    ) -> pki::Profile {
        let mut serial = [0; 8];
        self.rng(common_name).fill_bytes(&mut serial);
        // Positive, and of eight bytes in any case.
        serial[0] = serial[0] & 0x3F | 0x40;
        let last_second = Time::MAX.truncate_to_second();
        pki::Profile {
            subject: DistinguishedName::new(country, organization, common_name),
            serial: serial.to_vec(),
            not_before: UtcDateTime::new(from, Time::MIDNIGHT),
            not_after: UtcDateTime::new(until, last_second),
        }
    }

    /// The key with what it signs by in this profile's PKI.
    pub(super) fn signing<'a>(&'a self, pki: &Pki, key: &'a PrivateKey) -> SigningKey<'a> {
        let Pki { hash, rsa, .. } = *pki;
        match key {
            PrivateKey::Ec(key) => SigningKey::Ec { key, hash },
            PrivateKey::Rsa(key) => SigningKey::Rsa {
                key,
                algorithm: match rsa {
                    RsaScheme::Pkcs1 => SignatureAlgorithm::RsaPkcs1(hash),
                    RsaScheme::Pss => {
                        let salt_len = hash.len();
                        SignatureAlgorithm::RsaPss { hash, mgf_hash: hash, salt_len }
                    }
                },
                seed: self.seed.as_bytes(),
            },
        }
    }
}
