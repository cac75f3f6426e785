//! The files of a driving licence, its EF.SOD excepted.

use std::collections::BTreeMap;

use super::{
    super::{Licence, Profile, ProfileError, Travel, check::licence_date, face, marks},
    Keys,
    files::spki,
};
use crate::lds::{
    File, LdsError, SecurityInfos, Sex,
    edl::{self, Demographic, Dg1, Encoding, LicenceDate, Text},
};

const STEP: &str = "eDL EF.DG1";

impl Profile {
    /// The files of the driving licence application.
    pub(super) fn licence_files(
        &self,
        travel: &Travel,
        licence: &Licence,
        keys: &Keys,
    ) -> Result<BTreeMap<File, Vec<u8>>, ProfileError> {
        use edl::File::{Com, Dg1, Dg5, Dg6, Dg11, Dg12, Dg13, Dg14};
        let mut files = BTreeMap::from([
            (Dg1, licence_dg1(travel, licence)?.encode()),
            (Dg6, face::edl_dg6(&self.seed, travel.dg2_size)?),
            (Dg12, edl::Dg12::new(&licence.line).encode()),
        ]);
        if licence.signature {
            files.insert(Dg5, marks::edl_dg5(&self.seed)?);
        }
        if !licence.domestic_categories.is_empty() {
            let categories = Some(licence.domestic_categories.clone());
            files.insert(Dg11, edl::Dg11 { categories, other: Vec::new() }.encode());
        }
        if let Some(key) = &keys.active_authentication {
            files.insert(Dg13, edl::Dg13 { spki: spki(key) }.encode());
        }
        let infos = self.dg14_infos(keys);
        if !infos.is_empty() {
            files.insert(Dg14, edl::Dg14 { infos: SecurityInfos::new(infos) }.encode());
        }
        let com = edl::Com::new(files.keys().copied());
        files.insert(Com, com.encode());
        Ok(files.into_iter().map(|(file, bytes)| (File::Edl(file), bytes)).collect())
    }
}

fn licence_dg1(travel: &Travel, licence: &Licence) -> Result<Dg1, ProfileError> {
    let Travel { person, document, .. } = travel;
    let wrong = |e: LdsError| ProfileError::personalise(STEP, e);
    let text = |text: &str| Text::new(text).map_err(wrong);
    let day = |day| -> Result<LicenceDate, ProfileError> {
        licence_date(licence.encoding, day)
            .ok_or_else(|| ProfileError::personalise(STEP, "a date that cannot be written"))
    };
    let demographic = Demographic {
        issuing_state: document.issuing_state.clone(),
        surname: text(&person.surname)?,
        given_names: text(&person.given_names)?,
        date_of_birth: day(person.birth_date)?,
        date_of_issue: day(document.issued)?,
        date_of_expiry: day(document.expires)?,
        issuing_authority: text(&document.authority)?,
        document_number: text(&document.number)?,
        ..Demographic::default()
    };
    let categories = licence.categories.clone();
    if licence.encoding == Encoding::Iso {
        return Ok(Dg1::iso(demographic, categories));
    }
    let demographic = Demographic {
        place_of_birth: licence.place_of_birth.clone(),
        nationality: Some(document.nationality.clone()),
        gender: Some(match person.sex {
            Sex::Male => 'M',
            Sex::Female => 'F',
            _ => 'U',
        }),
        residence: person.address.as_deref().map(text).transpose()?,
        ..demographic
    };
    Ok(Dg1::eu(demographic, categories))
}
