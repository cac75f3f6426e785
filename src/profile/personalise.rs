//! Making a card of a profile: keys, files, signatures.

use std::collections::BTreeMap;

use rand_core::Rng;
use time::{Date, Time, UtcDateTime};

use super::{Profile, ProfileError, face};
use crate::{
    atr::{CardCapabilities, CardServiceData, HistoricalBytes},
    crypto::{Curve, Hash, SecretKey, SeededRng},
    lds::{
        ActiveAuthenticationInfo, Application, AtrInfo, ChipAuthenticationInfo,
        ChipAuthenticationPublicKeyInfo, Com, Dg1, Dg11, Dg12, Dg14, Dg15, Dir, File, Format,
        FullDate, LDS_AID, Mrz, MrzInformation, PaceInfo, SecurityInfo, SecurityInfos, oids,
        sod::{self, DataGroupHash, LdsSecurityObject},
    },
    pki::{self, Certificate, DistinguishedName, SignedData, Signer},
};

/// A card that is ready to be put into a chip. The fields are open so that a test can make a card
/// that is wrong: a flipped bit in a file, another key, a SOD without a data group.
#[derive(Clone, Debug)]
pub struct Personalised {
    /// What it was made of.
    pub profile: Profile,
    /// The files, EF.HolderVerification excepted, which the chip makes.
    pub files: BTreeMap<File, Vec<u8>>,
    /// The private keys.
    pub keys: Keys,
    /// The CSCA's certificate.
    pub csca: Certificate,
    /// The document signer's certificate.
    pub signer: Certificate,
    /// What PACE with the MRZ takes its key from.
    pub mrz: MrzInformation,
}

/// The private keys of a card and of those who made it.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The CSCA's.
    pub csca: SecretKey,
    /// The document signer's.
    pub signer: SecretKey,
    /// The chip's for Chip Authentication.
    pub chip_authentication: Option<SecretKey>,
    /// The chip's for Active Authentication.
    pub active_authentication: Option<SecretKey>,
}

/// The data groups that EF.SOD lists.
const SIGNED: [File; 6] = [File::Dg1, File::Dg2, File::Dg11, File::Dg12, File::Dg14, File::Dg15];

impl Profile {
    /// Makes the card. The same profile gives the same bytes.
    ///
    /// # Errors
    /// [`ProfileError::Personalise`] where a value does not fit its place on the card.
    pub fn personalise(self) -> Result<Personalised, ProfileError> {
        let keys = Keys {
            csca: self.key("csca", Curve::P256),
            signer: self.key("document signer", Curve::P256),
            chip_authentication: self
                .chip_authentication
                .as_ref()
                .map(|ca| self.key("chip authentication", ca.curve)),
            active_authentication: self
                .active_authentication
                .map(|aa| self.key("active authentication", aa.curve)),
        };
        let csca = self
            .certificate(&self.pki.csca, self.pki.csca_validity)
            .csca(&keys.csca)
            .map_err(|e| ProfileError::personalise("CSCA certificate", e))?;
        let signer = self
            .certificate(&self.pki.signer, self.pki.signer_validity)
            .document_signer(&keys.signer.public(), &csca, &keys.csca)
            .map_err(|e| ProfileError::personalise("document signer's certificate", e))?;
        let zone = self.mrz();
        let mrz =
            zone.information().map_err(|e| ProfileError::personalise("MRZ information", e))?;
        let files = self.files(zone, &keys)?;
        let mut card = Personalised { profile: self, files, keys, csca, signer, mrz };
        card.sign(&SIGNED)?;
        Ok(card)
    }

    fn rng(&self, label: &str) -> SeededRng {
        SeededRng::new(self.seed.as_bytes(), label)
    }

    fn key(&self, label: &str, curve: Curve) -> SecretKey {
        SecretKey::generate(curve, &mut self.rng(label))
    }

    fn certificate(&self, common_name: &str, (from, until): (Date, Date)) -> pki::Profile {
        let mut serial = [0; 8];
        self.rng(common_name).fill_bytes(&mut serial);
        // Positive, and of eight bytes in any case.
        serial[0] = serial[0] & 0x3F | 0x40;
        let last_second = Time::MAX.truncate_to_second();
        pki::Profile {
            subject: DistinguishedName::new(&self.pki.country, &self.pki.organization, common_name),
            serial: serial.to_vec(),
            not_before: UtcDateTime::new(from, Time::MIDNIGHT),
            not_after: UtcDateTime::new(until, last_second),
        }
    }

    fn mrz(&self) -> Mrz {
        let Self { person, document, .. } = self;
        Mrz {
            format: if document.code.starts_with('P') { Format::Td3 } else { Format::Td1 },
            document_code: document.code.clone(),
            issuing_state: document.issuing_state.clone(),
            document_number: document.number.clone(),
            date_of_birth: person.birth_date.into(),
            sex: person.sex,
            date_of_expiry: document.expires.into(),
            nationality: document.nationality.clone(),
            primary: person.surname.clone(),
            secondary: person.given_names.clone(),
            optional_data: String::new(),
            optional_data_2: String::new(),
        }
    }

    fn files(&self, zone: Mrz, keys: &Keys) -> Result<BTreeMap<File, Vec<u8>>, ProfileError> {
        let Self { person, document, .. } = self;
        let pace: Vec<_> = self.pace_infos();
        let dg1 = Dg1::new(zone).map_err(|e| ProfileError::personalise("EF.DG1", e))?;
        let dg11 = Dg11 {
            full_name: Some(format!(
                "{}<<{}",
                person.national_surname, person.national_given_names
            )),
            personal_number: person.resident_number.clone(),
            date_of_birth: FullDate::try_from(person.birth_date).ok(),
            address: person.address.clone(),
            ..Dg11::default()
        };
        let dg12 = Dg12 {
            issuing_authority: Some(document.authority.clone()),
            date_of_issue: FullDate::try_from(document.issued).ok(),
            ..Dg12::default()
        };
        let infos: Vec<_> = pace.iter().cloned().chain(self.chip_infos(keys)).collect();
        let dir = Dir {
            applications: vec![Application {
                aid: LDS_AID.to_vec(),
                label: None,
                other: Vec::new(),
            }],
        };
        let mut files = BTreeMap::from([
            (File::AtrInfo, self.atr_info().encode()),
            (File::Dir, dir.encode()),
            (File::Dg1, dg1.encode()),
            (File::Dg2, face::dg2(&self.seed, self.dg2_size)?),
            (File::Dg11, dg11.encode()),
            (File::Dg12, dg12.encode()),
            (File::Dg14, Dg14 { infos: SecurityInfos::new(infos) }.encode()),
        ]);
        if !pace.is_empty() {
            files.insert(File::CardAccess, SecurityInfos::new(pace).encode());
        }
        if let Some(key) = &keys.active_authentication {
            let spki = pki::spki::encode(&key.public());
            files.insert(File::Dg15, Dg15 { spki }.encode());
        }
        let groups = files.keys().copied().filter(|f| f.data_group().is_some());
        let com = Com::new(groups.collect::<Vec<_>>());
        files.insert(File::Com, com.encode());
        Ok(files)
    }
}

impl Profile {
    fn pace_infos(&self) -> Vec<SecurityInfo> {
        let info = |p: &crate::protocol::pace::Parameters| {
            SecurityInfo::Pace(PaceInfo {
                protocol: *p.oid(),
                version: 2,
                parameter_id: Some(p.parameter_id()),
            })
        };
        self.pace.iter().map(info).collect()
    }

    fn chip_infos(&self, keys: &Keys) -> Vec<SecurityInfo> {
        let mut infos = Vec::new();
        if let (Some(ca), Some(key)) = (&self.chip_authentication, &keys.chip_authentication) {
            let key_id = ca.key_id.map(u64::from);
            infos.push(SecurityInfo::ChipAuthentication(ChipAuthenticationInfo {
                protocol: *ca.suite.oid(),
                version: 1,
                key_id,
            }));
            infos.push(SecurityInfo::ChipAuthenticationPublicKey(
                ChipAuthenticationPublicKeyInfo {
                    protocol: oids::PK_ECDH,
                    spki: pki::spki::encode(&key.public()),
                    key_id,
                },
            ));
        }
        if keys.active_authentication.is_some() {
            infos.push(SecurityInfo::ActiveAuthentication(ActiveAuthenticationInfo {
                version: 1,
                signature_algorithm: oids::ECDSA_PLAIN_SHA256,
            }));
        }
        infos
    }

    fn atr_info(&self) -> AtrInfo {
        let historical = HistoricalBytes::parse(self.atr.historical()).ok();
        let service = historical.as_ref().and_then(HistoricalBytes::card_service_data);
        let capabilities = historical.as_ref().and_then(HistoricalBytes::card_capabilities);
        let sizes = self.limits.extended.map(|(c, r)| (u32::from(c), u32::from(r)));
        AtrInfo::new(
            service.unwrap_or(CardServiceData(0)),
            capabilities.unwrap_or(CardCapabilities { selection: 0, coding: None, commands: None }),
            sizes,
        )
    }
}

impl Personalised {
    /// The profile's name: `resident`.
    pub fn name(&self) -> &str {
        &self.profile.name
    }

    /// The files and how many bytes they have.
    pub fn file_sizes(&self) -> impl Iterator<Item = (File, usize)> {
        self.files.iter().map(|(file, bytes)| (*file, bytes.len()))
    }

    /// Makes EF.SOD again, over these data groups as they are now; those that the card does not
    /// have are left out.
    ///
    /// # Errors
    /// [`ProfileError::Personalise`] where the document signer's key is not its certificate's.
    pub fn sign(&mut self, groups: &[File]) -> Result<(), ProfileError> {
        const STEP: &str = "EF.SOD";
        let hashes = groups.iter().filter_map(|file| {
            let hash = Hash::Sha256.digest(&[self.files.get(file)?]);
            Some(DataGroupHash { number: file.data_group()?, hash })
        });
        let object = LdsSecurityObject {
            hash_algorithm: oids::SHA256,
            null_parameters: false,
            hashes: hashes.collect(),
            versions: None,
        };
        let signer = Signer { certificate: &self.signer, key: &self.keys.signer };
        let signed = SignedData::sign(oids::LDS_SECURITY_OBJECT, &object.encode(), &signer)
            .map_err(|e| ProfileError::personalise(STEP, e))?;
        self.files.insert(File::Sod, sod::wrap(&signed));
        Ok(())
    }
}

/// The anchors of a card's PKI: the CSCA's certificate in DER, with a file name.
pub fn anchors(card: &Personalised) -> Vec<(String, Vec<u8>)> {
    let [a, b, c, d, ..] = card.csca.fingerprint();
    let country = card.profile.pki.country.to_ascii_lowercase();
    let name = format!("csca-{country}-{}.cer", hex::encode([a, b, c, d]));
    vec![(name, card.csca.der().to_vec())]
}
