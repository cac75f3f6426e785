//! Cards of the other built-in profiles: the chip authentication mapping, MODP groups, driving
//! licences, RSA.

use super::{built_in, reader::Reader};
use crate::{
    crypto::{Hash, SecretKey, SeededRng},
    lds::{Dg15, File, SecurityInfos, edl, oids},
    pki::{SignedData, agreement},
    profile::{self, Personalised},
    protocol::{
        active_auth::{AaAlgorithm, AaKey, check},
        bac::AccessKey,
        chip_auth::Suite,
        pace::{Mapping, PaceError, Password, cam},
    },
};

const SELECT_LDS: &str = "00A4040C 07 A0000002471001";
const SELECT_EDL: &str = "00A4040C 07 A0000002480200";
const INTERNAL: &str = "00880000 08 0102030405060708 00";
const RND_IFD: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

// A profile after changes to the text of one.
fn changed(name: &str, changes: &[(&str, &str)]) -> Personalised {
    let (_, text) = profile::BUILT_IN.iter().find(|row| row.0 == name).unwrap();
    let text = changes.iter().fold(text.to_string(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    profile::check(&text, "changed.toml".as_ref()).unwrap().personalise().unwrap()
}

// The static key of the mapping, from EF.CardSecurity.
fn mapping_key(file: &[u8], parameter_id: u32) -> crate::crypto::PublicKey {
    let signed = SignedData::parse(file).unwrap();
    signed.verify(oids::SECURITY_OBJECT).unwrap();
    let infos = SecurityInfos::parse_in(File::CardSecurity, signed.content()).unwrap();
    let id = Some(u64::from(parameter_id));
    let key = infos.chip_authentication_keys().find(|key| key.key_id == id).unwrap();
    match agreement::parse(&key.spki).unwrap() {
        crate::crypto::AgreementPublicKey::Ec(key) => key,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_mapping_proves_the_chip_with_the_key_of_card_security() {
    let made = built_in("passport-pace-cam");
    let mut reader = Reader::new(made);
    // In no form before PACE.
    for command in ["00A4020C 02 011D", "00B09D00 00", "00B1011D 03 540100 00"] {
        assert_eq!(reader.send(command), (vec![], 0x6982), "{command}");
    }
    assert_eq!(reader.status("00B09C00 00"), 0x9000);
    let established = reader.pace(reader.can(), None).unwrap();
    let file = made.files[&File::CardSecurity].clone();
    reader.reads(File::CardSecurity);
    let proof = established.chip_authentication.unwrap();
    cam::verify(&proof, &mapping_key(&file, 13)).unwrap();
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    reader.reads(File::Dg1);
    // DG14's key is another, for Chip Authentication in the same session.
    reader.chip_auth(0, None).unwrap();
    reader.reads(File::Dg14);

    let mut clone = made.clone();
    let curve = clone.keys.mapping[&13].curve();
    let other = SecretKey::generate(curve, &mut SeededRng::new(b"a clone", "key"));
    clone.keys.mapping.insert(13, other);
    let mut reader = Reader::new(&clone);
    let established = reader.pace(reader.can(), None).unwrap();
    let proof = established.chip_authentication.unwrap();
    assert_eq!(cam::verify(&proof, &mapping_key(&file, 13)), Err(PaceError::NotGenuine));
}

#[test]
fn card_security_is_closed_again_when_the_session_ends() {
    let mut reader = Reader::new(built_in("passport-pace-cam"));
    reader.pace(reader.can(), None).unwrap();
    assert_eq!(reader.status("00A4020C 02 011D"), 0x9000);
    reader.channel = None;
    // What was selected in the session cannot be read without it.
    assert_eq!(reader.send("00B00000 00"), (vec![], 0x6982));
}

#[test]
fn pace_runs_over_groups_and_with_3des() {
    let curve = "curve = \"brainpoolP256r1\"\ncipher = \"AES-128\"";
    for (mapping, parameters) in [
        (Mapping::Generic, "group = \"MODP-2048-256\"\ncipher = \"AES-128\""),
        (Mapping::Generic, "group = \"MODP-1024-160\"\ncipher = \"3DES\""),
        (Mapping::Integrated, "group = \"MODP-2048-224\"\ncipher = \"AES-256\""),
        (Mapping::Generic, "curve = \"P-384\"\ncipher = \"3DES\""),
        (Mapping::ChipAuthentication, "curve = \"P-521\"\ncipher = \"AES-256\""),
    ] {
        let name = match mapping {
            Mapping::Generic => "\"GM\"",
            Mapping::Integrated => "\"IM\"",
            Mapping::ChipAuthentication => "\"CAM\"",
        };
        let made = changed("passport-pace-im", &[("\"IM\"", name), (curve, parameters)]);
        let mut reader = Reader::new(&made);
        let wrong = reader.pace(Password::can("000000"), None).unwrap_err();
        assert!(matches!(wrong, PaceError::WrongPassword { .. }), "{parameters}: {wrong}");
        reader.pace(reader.can(), None).unwrap();
        assert_eq!(reader.status(SELECT_LDS), 0x9000);
        reader.reads(File::Dg1);
        assert_eq!(made.profile.pace[0].suite().mapping, mapping);
    }
}

#[test]
fn a_licence_opens_by_its_line_and_has_no_other_application() {
    let made = built_in("driving-licence-bap");
    let line = made.licence.as_ref().unwrap();
    let mut reader = Reader::new(made);
    assert_eq!(reader.status(SELECT_LDS), 0x6A82);
    assert_eq!(reader.status("00840000 08"), 0x6985, "no application is selected");
    assert_eq!(reader.status("00B09C00 00"), 0x6A82, "no PACE");
    assert_eq!(reader.status(SELECT_EDL), 0x9000);
    assert_eq!(reader.status("00B08100 00"), 0x6982);
    // MRZ and BAC open nothing here.
    let wrong =
        reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap_err();
    assert!(wrong.to_string().contains("6300"), "{wrong}");
    reader.basic_access(AccessKey::bap(line.as_str())).unwrap();
    for file in made.files.keys().filter(|file| file.df() == crate::lds::Df::Edl) {
        reader.reads(*file);
    }
    let (signature, sw) = reader.send(INTERNAL);
    assert_eq!(sw, 0x9000);
    let dg13 = edl::Dg13::parse(&made.files[&File::Edl(edl::File::Dg13)]).unwrap();
    let key = AaKey::from_spki(&dg13.spki).unwrap();
    check(&key, Some(oids::ECDSA_PLAIN_SHA256), &RND_IFD, &signature).unwrap();
    reader.channel = None;
    assert_eq!(reader.status("00B08100 000000"), 0x6700, "no extended length");
}

#[test]
fn the_legacy_passport_speaks_what_a_reader_infers_from_its_key() {
    let made = built_in("passport-rsa-legacy");
    let mut reader = Reader::new(made);
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap();
    reader.reads(File::Dg14);
    let domain = made.profile.chip_authentication[0].domain;
    assert_eq!(Suite::inferred(domain)[0], made.profile.chip_authentication[0].suite);
    // AES is not what this key is for, and the session goes on.
    assert_eq!(reader.status("002241A4 0C 800A04007F00070202030102"), 0x6A81);
    reader.reads(File::Dg1);
    reader.chip_auth(0, None).unwrap();
    reader.reads(File::Dg15);

    let (signature, sw) = reader.send(INTERNAL);
    assert_eq!((signature.len(), sw), (224, 0x9000));
    let key = AaKey::from_spki(&Dg15::parse(&made.files[&File::Dg15]).unwrap().spki).unwrap();
    let made_by = check(&key, None, &RND_IFD, &signature).unwrap();
    assert_eq!(made_by, AaAlgorithm::Rsa { hash: Hash::Sha256 });
}

#[test]
fn a_signature_that_fits_no_short_response_waits_for_get_response() {
    let made = changed(
        "passport-bac",
        &[("curve = \"P-256\"\nhash = \"SHA-256\"", "rsa = 2048\nhash = \"SHA-1\"")],
    );
    let mut reader = Reader::new(&made);
    assert_eq!(reader.status(SELECT_LDS), 0x9000);
    reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap();
    let (mut signature, sw) = reader.send(INTERNAL);
    assert_eq!((signature.len(), sw), (231, 0x6119), "231 bytes of 256, 25 are left");
    let (rest, sw) = reader.send("00C00000 19");
    assert_eq!((rest.len(), sw), (25, 0x9000));
    signature.extend(rest);
    let key = AaKey::from_spki(&Dg15::parse(&made.files[&File::Dg15]).unwrap().spki).unwrap();
    let made_by = check(&key, None, &RND_IFD, &signature).unwrap();
    assert_eq!(made_by, AaAlgorithm::Rsa { hash: Hash::Sha1 });
    // Another command in between, and it is gone.
    assert_eq!(reader.status(INTERNAL), 0x6119);
    assert_eq!(reader.status("00B08100 00"), 0x9000);
    assert_eq!(reader.status("00C00000 19"), 0x6985);
    assert_eq!(reader.status("00B08100 00"), 0x9000, "the session goes on");
}

#[test]
fn active_authentication_with_other_curves_and_hashes() {
    for (curve, hash, expected) in [
        ("brainpoolP384r1", "SHA-384", Hash::Sha384),
        ("P-521", "SHA-512", Hash::Sha512),
        ("P-256", "SHA-1", Hash::Sha1),
    ] {
        let to = format!("curve = \"{curve}\"\nhash = \"{hash}\"");
        let made = changed("passport-bac", &[("curve = \"P-256\"\nhash = \"SHA-256\"", &to)]);
        let mut reader = Reader::new(&made);
        assert_eq!(reader.status(SELECT_LDS), 0x9000);
        reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap();
        let (signature, sw) = reader.send(INTERNAL);
        assert_eq!(sw, 0x9000, "{curve}");
        let dg14 = crate::lds::Dg14::parse(&made.files[&File::Dg14]).unwrap();
        let named = dg14.infos.active_authentication().unwrap().signature_algorithm;
        let key = AaKey::from_spki(&Dg15::parse(&made.files[&File::Dg15]).unwrap().spki).unwrap();
        let made_by = check(&key, Some(named), &RND_IFD, &signature).unwrap();
        assert_eq!(made_by.hash(), expected, "{curve}");
    }
}
