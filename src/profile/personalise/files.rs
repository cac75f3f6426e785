//! The files of an eMRTD, EF.SOD and EF.CardSecurity excepted, which are signed.

use std::collections::BTreeMap;

use super::{
    super::{FileKind, Profile, ProfileError, Travel, face, marks},
    Keys,
};
use crate::{
    atr::{CardCapabilities, CardServiceData, HistoricalBytes},
    lds::{
        Application, AtrInfo, Com, Df, Dg1, Dg11, Dg12, Dg14, Dg15, Dir, File, Format, FullDate,
        Mrz, MrzInformation, SecurityInfos,
    },
    pki::cvc::{PrivateKey, Reference, encode_ef_cvca},
    protocol::terminal_auth::Version,
};

impl Travel {
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

    /// What PACE and BAC with the MRZ take their keys from. A licence has no such zone, and opens
    /// by nothing of this.
    pub(super) fn mrz_information(&self) -> Result<MrzInformation, ProfileError> {
        let zone = Mrz { format: Format::Td3, ..self.mrz() };
        zone.information().map_err(|e| ProfileError::personalise("MRZ information", e))
    }
}

impl Profile {
    /// The files of the master file.
    pub(super) fn master_files(&self) -> BTreeMap<File, Vec<u8>> {
        let travel = self.travel.as_ref().and_then(|travel| match travel.licence {
            Some(_) => Df::Edl.aid(),
            None => Df::Lds.aid(),
        });
        let key_only = self.key_only.as_ref().map(|key_only| key_only.aid.as_slice());
        let declared = self.layout.files.iter().filter_map(|file| match &file.kind {
            FileKind::Df { name: Some(name) } => Some(name.as_slice()),
            _ => None,
        });
        let mut aids: Vec<&[u8]> = Vec::new();
        for aid in travel.into_iter().chain(key_only).chain(declared) {
            // An application that a profile adds files to is declared twice.
            if !aids.contains(&aid) {
                aids.push(aid);
            }
        }
        let application =
            |aid: &[u8]| Application { aid: aid.into(), label: None, other: Vec::new() };
        let dir = Dir { applications: aids.into_iter().map(application).collect() };
        let mut files = BTreeMap::from([(File::AtrInfo, self.atr_info().encode())]);
        if !dir.applications.is_empty() {
            files.insert(File::Dir, dir.encode());
        }
        let infos = self.card_access_infos();
        if !infos.is_empty() {
            files.insert(File::CardAccess, SecurityInfos::new(infos).encode());
        }
        files
    }

    /// The files of the eMRTD application.
    pub(super) fn lds_files(
        &self,
        travel: &Travel,
        keys: &Keys,
    ) -> Result<BTreeMap<File, Vec<u8>>, ProfileError> {
        let Travel { person, document, .. } = travel;
        let dg1 = Dg1::new(travel.mrz()).map_err(|e| ProfileError::personalise("EF.DG1", e))?;
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
        let mut files = BTreeMap::from([
            (File::Dg1, dg1.encode()),
            (File::Dg2, face::dg2(&self.seed, travel.dg2_size)?),
            (File::Dg11, dg11.encode()),
            (File::Dg12, dg12.encode()),
        ]);
        let infos = self.dg14_infos(keys);
        if !infos.is_empty() {
            files.insert(File::Dg14, Dg14 { infos: SecurityInfos::new(infos) }.encode());
        }
        if !travel.fingers.is_empty() {
            files.insert(File::Dg3, marks::dg3(&self.seed, &travel.fingers)?);
        }
        if let Some(key) = &keys.active_authentication {
            files.insert(File::Dg15, Dg15 { spki: spki(key) }.encode());
        }
        let com = Com::new(files.keys().copied());
        files.insert(File::Com, com.encode());
        if let Some(ta) = self.terminal_authentication.as_ref().filter(|t| t.version == Version::V1)
        {
            let points: [Reference; 1] = [ta.cvca];
            files.insert(File::Cvca, encode_ef_cvca(&points));
        }
        Ok(files)
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

/// The public half as SubjectPublicKeyInfo.
pub(super) fn spki(key: &PrivateKey) -> Vec<u8> {
    match key {
        PrivateKey::Ec(key) => crate::pki::spki::encode(&key.public()),
        PrivateKey::Rsa(key) => key.public().to_spki_der(),
    }
}
