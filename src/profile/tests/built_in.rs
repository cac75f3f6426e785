//! The profiles that are part of the library.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use super::{super::BUILT_IN, read, travel};
use crate::{
    crypto::Hash,
    lds::{
        Df, Dg3, Dg14, File, SecurityInfo, SecurityInfos, edl, oids,
        sod::{self, LdsSecurityObject},
    },
    pki::{
        Certificate, SignatureAlgorithm, SignedData, SubjectKey, agreement,
        cvc::{Issuer, parse_ef_cvca, verify_chain},
    },
    profile::{Personalised, anchors},
    protocol::{active_auth::AaKey, chip_auth, pace::Mapping},
};

fn cards() -> &'static BTreeMap<&'static str, Personalised> {
    static CARDS: OnceLock<BTreeMap<&str, Personalised>> = OnceLock::new();
    CARDS.get_or_init(|| BUILT_IN.iter().map(|(name, text)| (*name, made(text))).collect())
}

fn made(text: &str) -> Personalised {
    read(text).unwrap().personalise().unwrap()
}

fn card(name: &str) -> &'static Personalised {
    &cards()[name]
}

fn infos(card: &Personalised, file: File) -> SecurityInfos {
    match file {
        File::Dg14 => Dg14::parse(&card.files[&file]).unwrap().infos,
        File::CardSecurity => {
            let signed = SignedData::parse(&card.files[&file]).unwrap();
            let signer = signed.verify(oids::SECURITY_OBJECT).unwrap();
            assert_eq!(signer.der(), card.signer.as_ref().unwrap().der());
            SecurityInfos::parse_in(file, signed.content()).unwrap()
        }
        file => SecurityInfos::parse_in(file, &card.files[&file]).unwrap(),
    }
}

#[test]
fn every_profile_is_one_card_whose_sod_verifies() {
    let mut persons = BTreeSet::new();
    for ((name, text), card) in BUILT_IN.iter().map(|row| (row, card(row.0))) {
        if card.profile.travel.is_none() {
            continue;
        }
        assert_eq!(card.name(), *name);
        let again = made(text);
        assert_eq!((&card.files, &card.csca), (&again.files, &again.csca), "{name}");
        let chain = |c: &Personalised| c.terminal.as_ref().map(|t| t.chain.clone());
        assert_eq!((chain(card), &card.cvca), (chain(&again), &again.cvca), "{name}");
        let person = &travel(card).person;
        assert!(persons.insert((person.surname.clone(), person.given_names.clone())), "{name}");
        assert!(persons.insert((travel(card).document.number.clone(), String::new())), "{name}");

        let (df, file) = match card.licence {
            Some(_) => (Df::Edl, File::Edl(edl::File::Sod)),
            None => (Df::Lds, File::Sod),
        };
        let signed = SignedData::parse(sod::unwrap(&card.files[&file]).unwrap()).unwrap();
        let signer = signed.verify(oids::LDS_SECURITY_OBJECT).unwrap();
        let anchor = Certificate::from_der(&anchors(card)[0].1).unwrap();
        signer.verify_signature(&anchor).unwrap();
        let object = LdsSecurityObject::parse(signed.content()).unwrap();
        let groups = card.files.keys().filter(|f| f.data_group().is_some());
        assert!(object.files_in(df).eq(groups.copied()), "{name}");
        for hash in &object.hashes {
            let file = File::from_data_group_in(df, hash.number).unwrap();
            let expected = travel(card).pki.hash.digest(&[&card.files[&file]]);
            assert_eq!(hash.hash, expected, "{name} {file}");
        }
        // Whatever a card says in the open, it says again where it is signed.
        if let (Some(_), None) = (card.files.get(&File::CardAccess), &card.licence) {
            let (open, signed) = (infos(card, File::CardAccess), infos(card, File::Dg14));
            assert_eq!(open.missing_from(&signed).count(), 0, "{name}");
        }
    }
}

#[test]
fn the_key_of_cam_stands_in_card_security_under_its_parameter_id() {
    let card = card("passport-pace-cam");
    // ICAO Doc 9303-11 clause 4.4.1: a chip with CAM has GM or IM too.
    let [pace, other] = card.profile.pace.as_slice() else { panic!("two PACE") };
    assert_eq!(pace.suite().mapping, Mapping::ChipAuthentication);
    assert_eq!(other.suite().mapping, Mapping::Generic);
    let infos = infos(card, File::CardSecurity);
    let keys: Vec<_> = infos.chip_authentication_keys().collect();
    let [key] = keys.as_slice() else { panic!("one key") };
    assert_eq!(key.key_id, Some(u64::from(pace.parameter_id())));
    let public = agreement::parse(&key.spki).unwrap();
    assert_eq!(public, card.keys.mapping[&pace.parameter_id()].public().into());
    assert_eq!(infos.pace().count(), 2);
    let dg14 = Dg14::parse(&card.files[&File::Dg14]).unwrap().infos;
    let other = dg14.chip_authentication_keys().next().unwrap();
    assert_ne!((other.key_id, &other.spki), (key.key_id, &key.spki));
}

#[test]
fn terminals_of_the_card_have_a_chain_that_verifies() {
    for name in ["passport-eac", "eid-pin"] {
        let card = card(name);
        let (cvca, terminal) = (card.cvca.as_ref().unwrap(), card.terminal.as_ref().unwrap());
        let trust = Issuer::trust_point(cvca).unwrap();
        let day = "2026-01-01".parse().unwrap();
        let holder = verify_chain(&[trust], &terminal.chain, day).unwrap();
        let rights: Vec<_> = holder.authorization.rights().map(|r| r.name).collect();
        assert_eq!(rights, ["read-dg3", "read-dg4"]);
        assert!(terminal.chain.last().unwrap().public_key().is_same(&terminal.key.public()));
        assert_eq!(Dg3::parse(&card.files[&File::Dg3]).unwrap().fingers.len(), 2);
    }
    let eac = card("passport-eac");
    let references = parse_ef_cvca(&eac.files[&File::Cvca]).unwrap();
    assert_eq!(references, [eac.cvca.as_ref().unwrap().holder()]);
    assert_eq!(infos(eac, File::Dg14).chip_authentication_keys().count(), 2);
    assert!(!eac.files.contains_key(&File::CardSecurity));
}

#[test]
fn the_identity_card_has_version_2_in_the_open_and_version_1_in_dg14() {
    let card = card("eid-pin");
    assert!(card.profile.pin.required && !card.files.contains_key(&File::Cvca));
    let versions = |file| {
        let infos = infos(card, file);
        let ca = infos.chip_authentication().map(|ca| (ca.version, ca.key_id));
        let ca: BTreeSet<_> = ca.collect();
        let ta = infos.iter().find_map(|info| match info {
            SecurityInfo::TerminalAuthentication(ta) => Some(ta.version),
            _ => None,
        });
        let keys = infos.chip_authentication_keys().map(|key| key.key_id);
        (ca, ta, keys.collect::<Vec<_>>())
    };
    let open = BTreeSet::from([(2, Some(41))]);
    assert_eq!(versions(File::CardAccess), (open.clone(), Some(2), vec![]));
    assert_eq!(versions(File::CardSecurity), (open, Some(2), vec![Some(41)]));
    let both = BTreeSet::from([(1, Some(2)), (2, Some(41))]);
    assert_eq!(versions(File::Dg14), (both, Some(2), vec![Some(2)]));
    let parameters = infos(card, File::CardAccess).iter().find_map(|info| match info {
        SecurityInfo::ChipAuthenticationDomainParameter(i) => Some(i.domain_parameter.clone()),
        _ => None,
    });
    let domain = agreement::domain(&parameters.unwrap()).unwrap();
    let v2 = &card.profile.chip_authentication[0];
    assert_eq!((domain, v2.version), (v2.domain, chip_auth::Version::V2));
}

#[test]
fn the_licence_opens_by_the_line_that_dg12_repeats() {
    let card = card("driving-licence-bap");
    let file = |file| card.files[&File::Edl(file)].as_slice();
    let line = card.licence.as_ref().unwrap();
    let dg12 = edl::Dg12::parse(file(edl::File::Dg12)).unwrap();
    assert_eq!(dg12.line().as_ref(), Some(line));
    let dg1 = edl::Dg1::parse(file(edl::File::Dg1)).unwrap();
    assert_eq!(dg1.demographic.surname.as_str(), travel(card).person.surname);
    let codes: Vec<_> = dg1.categories.iter().map(|c| c.code.as_str()).collect();
    assert_eq!(codes, ["AM", "B"]);
    assert_eq!(edl::Dg6::parse(file(edl::File::Dg6)).unwrap().images().count(), 1);
    let dg13 = edl::Dg13::parse(file(edl::File::Dg13)).unwrap();
    assert!(matches!(AaKey::from_spki(&dg13.spki), Ok(AaKey::Ec(_))));
    let com = edl::Com::parse(file(edl::File::Com)).unwrap();
    let groups = card.files.keys().filter(|f| f.data_group().is_some());
    assert!(com.files().collect::<BTreeSet<_>>().iter().eq(groups));
    assert!(card.files.keys().all(|f| f.df() != Df::Lds));
}

#[test]
fn the_legacy_passport_is_rsa_throughout() {
    let card = card("passport-rsa-legacy");
    let hash = Hash::Sha256;
    let pss = SignatureAlgorithm::RsaPss { hash, mgf_hash: hash, salt_len: 32 };
    for certificate in [&card.csca, &card.signer].map(|c| c.as_ref().unwrap()) {
        assert_eq!(certificate.signature_algorithm(), Ok(pss));
        assert!(matches!(certificate.subject_key(), Ok(SubjectKey::Rsa(k)) if k.bits() == 2048));
    }
    let dg15 = crate::lds::Dg15::parse(&card.files[&File::Dg15]).unwrap();
    let key = AaKey::from_spki(&dg15.spki).unwrap();
    assert_eq!(key.signature_len(), 224);
    // The key of Chip Authentication, and nothing that says how to use it.
    let infos = infos(card, File::Dg14);
    let [SecurityInfo::ChipAuthenticationPublicKey(key)] = infos.iter().as_slice() else {
        panic!("{infos:?}")
    };
    assert_eq!(agreement::parse(&key.spki).unwrap(), card.keys.chip_authentication[0].public());
}
