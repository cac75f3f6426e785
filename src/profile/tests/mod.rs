//! Profiles and what is made of them.

mod built_in;
mod faults;
mod impossible;
mod include;
mod layout;
mod shape;

use std::path::Path;

use super::{Personalised, Profile, ProfileError, RESIDENT, Travel, anchors, check, resident};
use crate::{
    crypto::Hash,
    lds::{
        AtrInfo, Com, Dg1, Dg2, Dg11, Dg12, Dg14, Dg15, Dir, File, ImageFormat, SecurityInfos,
        oids,
        sod::{self, LdsSecurityObject},
    },
    pki::{Certificate, SignedData, agreement, cvc::PrivateKey, spki},
};

fn read(text: &str) -> Result<Profile, ProfileError> {
    check(text, Path::new("card.toml"))
}

fn travel(card: &Personalised) -> &Travel {
    card.profile.travel.as_ref().unwrap()
}

fn hashes(card: &Personalised) -> LdsSecurityObject {
    let signed = SignedData::parse(sod::unwrap(&card.files[&File::Sod]).unwrap()).unwrap();
    let signer = signed.verify(oids::LDS_SECURITY_OBJECT).unwrap();
    assert_eq!(signer.der(), card.signer.as_ref().unwrap().der());
    LdsSecurityObject::parse(signed.content()).unwrap()
}

#[test]
fn a_key_of_any_length_is_told_in_few_words() {
    let text =
        format!("{}\n{} = 1\n", RESIDENT.split("[person]").next().unwrap(), "k".repeat(5000));
    let error = check(&text, Path::new("long.toml")).unwrap_err().to_string();
    assert!(error.contains("unknown key `kkk") && error.len() < 1000, "{error}");
}

#[test]
fn the_resident_card_is_what_its_description_says() {
    let card = resident().unwrap();
    assert_eq!(card.name(), "resident");
    assert!(card.profile.title.contains("not the government's"));
    let file = |file: File| card.files[&file].as_slice();
    assert_eq!(file(File::Dg2).len(), 15_000);
    assert!(file(File::Dg11).len() <= 300 && file(File::Dg12).len() <= 300);
    assert!(!card.files.contains_key(&File::HolderVerification));

    let dg1 = Dg1::parse(file(File::Dg1)).unwrap();
    let zone = dg1.mrz();
    assert_eq!((zone.document_code.as_str(), zone.issuing_state.as_str()), ("ID", "KOR"));
    assert_eq!((zone.primary.as_str(), zone.secondary.as_str()), ("HONG", "GILDONG"));
    assert_eq!(zone.date_of_birth.as_str(), "070228");
    let dg2 = Dg2::parse(file(File::Dg2)).unwrap();
    assert_eq!(dg2.image().unwrap().format, Some(ImageFormat::Jpeg));
    let dg11 = Dg11::parse(file(File::Dg11)).unwrap();
    assert_eq!(dg11.full_name.as_deref(), Some("홍<<길동"));
    assert_eq!(dg11.personal_number.as_deref(), Some("070228-3980016"));
    let dg12 = Dg12::parse(file(File::Dg12)).unwrap();
    assert_eq!(dg12.date_of_issue.unwrap().as_str(), "20241227");

    let groups = [1, 2, 11, 12, 14, 15];
    let com = Com::parse(file(File::Com)).unwrap();
    assert!(com.files().filter_map(File::data_group).eq(groups));
    assert!(Dir::parse(file(File::Dir)).is_ok());
    let info = AtrInfo::parse(file(File::AtrInfo)).unwrap();
    assert_eq!(info.extended_length(), Some((65_535, 65_535)));
    assert_eq!(SecurityInfos::parse(file(File::CardAccess)).unwrap().pace().count(), 1);

    // The keys in the files are those of the chip.
    let infos = Dg14::parse(file(File::Dg14)).unwrap().infos;
    let key = infos.chip_authentication_keys().next().unwrap();
    assert_eq!(agreement::parse(&key.spki).unwrap(), card.keys.chip_authentication[0].public());
    let dg15 = Dg15::parse(file(File::Dg15)).unwrap();
    let Some(PrivateKey::Ec(key)) = &card.keys.active_authentication else { panic!("a curve") };
    assert_eq!(spki::parse(&dg15.spki).unwrap(), key.public());

    // EF.SOD lists every data group, and the chain ends at the anchor.
    let object = hashes(&card);
    assert!(object.hashes.iter().map(|h| h.number).eq(groups));
    for hash in &object.hashes {
        let file = File::from_data_group(hash.number).unwrap();
        assert_eq!(hash.hash, Hash::Sha256.digest(&[&card.files[&file]]), "{file}");
    }
    let exported = anchors(&card);
    assert_eq!(exported.len(), 1);
    assert!(exported[0].0.starts_with("csca-kr-") && exported[0].0.ends_with(".cer"));
    let anchor = Certificate::from_der(&exported[0].1).unwrap();
    card.signer.as_ref().unwrap().verify_signature(&anchor).unwrap();
    let issued = travel(&card).document.issued.midnight().as_utc();
    assert!(
        card.signer.as_ref().unwrap().validity().contains(issued)
            && anchor.validity().contains(issued)
    );
    for name in [anchor.subject(), card.signer.as_ref().unwrap().subject()] {
        assert!(name.contains("TEST") && name.contains("C=KR"), "{name}");
    }
}

#[test]
fn one_text_is_one_card_and_another_seed_another() {
    let card = |text: &str| read(text).unwrap().personalise().unwrap();
    let (one, again) = (card(RESIDENT), card(RESIDENT));
    assert_eq!(one.files, again.files);
    assert_eq!(one.csca, again.csca);
    let other = card(&RESIDENT.replace("resident 1", "resident 2"));
    assert_ne!(
        one.csca.as_ref().unwrap().public_key().unwrap(),
        other.csca.as_ref().unwrap().public_key().unwrap()
    );
    assert_ne!(one.csca.as_ref().unwrap().serial(), other.csca.as_ref().unwrap().serial());
    for file in [File::Sod, File::Dg2, File::Dg14, File::Dg15] {
        assert_ne!(one.files[&file], other.files[&file], "{file}");
    }
    assert_eq!(one.files[&File::Dg1], other.files[&File::Dg1]);
}

#[test]
fn a_test_can_make_a_sod_that_omits_a_data_group() {
    let mut card = resident().unwrap();
    card.sign(&[File::Dg1, File::Dg2, File::Dg14]).unwrap();
    let object = hashes(&card);
    assert!(object.files().eq([File::Dg1, File::Dg2, File::Dg14]));
}

#[test]
fn parts_of_a_chip_may_be_left_out() {
    let start = RESIDENT.find("[chip_authentication]").unwrap();
    let end = RESIDENT.find("[face]").unwrap();
    let mut text = RESIDENT.to_owned();
    text.replace_range(start..end, "");
    let text = text.replace("pin = \"271224\"\n", "").replace("puk = \"9876543210\"\n", "");
    let text = text.replace("resident_number", "# resident_number");
    let card = read(&text).unwrap().personalise().unwrap();
    assert!(!card.files.contains_key(&File::Dg15));
    assert!(hashes(&card).hash(15).is_none());
    let infos = Dg14::parse(&card.files[&File::Dg14]).unwrap().infos;
    assert_eq!(infos.iter().count(), 1);
    assert!(card.profile.secrets.pin.is_none());
}

// The error that a change to the resident profile leads to, and where `marker` stands in it.
fn refused(from: &str, to: &str, marker: &str) -> (String, String) {
    let text = RESIDENT.replacen(from, to, 1);
    assert_ne!(text, RESIDENT, "{from}");
    let before = &text[..text.find(marker).unwrap()];
    let line = before.lines().count().max(1);
    let line = if before.ends_with('\n') { line + 1 } else { line };
    let column = before.len() - before.rfind('\n').map_or(0, |n| n + 1) + 1;
    (read(&text).unwrap_err().to_string(), format!("card.toml:{line}:{column}: "))
}

#[test]
fn an_error_names_file_line_column_and_key() {
    for (from, to, marker, error) in [
        ("can =", "cann =", "cann =", "unknown key `secrets.cann`; did you mean `can`?"),
        ("[secrets]", "[secret]", "secret]", "unknown key `secret`; did you mean `secrets`?"),
        (
            "pin = \"271224\"",
            "colour = 1",
            "colour",
            "unknown key `secrets.colour`; known here are can, pin, puk",
        ),
        ("can = \"500540\"\n", "", "[secrets]", "key `secrets.can` is missing"),
        ("schema = 1", "schema = 2", "2", "`schema`: a number from 1 to 1 expected, 2 came"),
        ("schema = 1\n", "", "", "key `schema` is missing"),
        (
            "can = \"500540\"",
            "can = 500540",
            "500540",
            "`secrets.can`: a string expected, a value of type integer came",
        ),
        (
            "can = \"500540\"",
            "can = \"5005401\"",
            "\"5005401",
            "`secrets.can`: 6 digits expected, 7 characters came",
        ),
        (
            "birth_date = 2007-02-28",
            "birth_date = \"2007\"",
            "\"2007\"",
            "`person.birth_date`: a date such as 2024-12-27 expected, a value of type string came",
        ),
        (
            "expires = 2034-12-26",
            "expires = 2024-12-26",
            "2024-12-26",
            "`document.expires`: a day after 2024-12-27 expected, 2024-12-26 came",
        ),
        (
            "issued = 2024-12-27",
            "issued = 2024-01-02",
            "2024-01-02",
            "`document.issued`: a day on which the document signer is good expected, 2024-01-02 \
             came",
        ),
        (
            "-3980016",
            "-3110016",
            "\"070228-",
            "`person.resident_number`: a number that nobody can have, with region 97 to 99 in \
             digits 8 and 9, expected, another value came",
        ),
        (
            "-3980016",
            "-3980015",
            "\"070228-",
            "`person.resident_number`: a number whose check digit is right expected, another \
             value came",
        ),
        (
            "country = \"KR\"",
            "country = \"DE\"",
            "\"DE\"",
            "`pki.country`: the issuing state's country code expected, \"DE\" came for KOR",
        ),
        (
            "csca = \"TEST CSCA KR\"",
            "csca = \"A CSCA KR\"",
            "\"A CSCA",
            "`pki.csca`: a name with the word TEST in it expected, another value came",
        ),
        (
            "mapping = \"GM\"\ncurve = \"P-256\"",
            "mapping = \"GM\"\ncurve = \"P-192\"",
            "\"P-192",
            "`pace.curve`: \"P-256\" or \"P-384\" or \"P-521\" or \"brainpoolP256r1\" or \
             \"brainpoolP384r1\" or \"brainpoolP512r1\" expected, \"P-192\" came",
        ),
        (
            "extended_length = true",
            "extended_length = false",
            "false",
            "`limits.extended_length`: true, as the historical bytes say, expected, false came",
        ),
        (
            "[[pace]]",
            "[pace]",
            "[pace]",
            "`pace`: an array of tables expected, a value of type table came",
        ),
    ] {
        let (got, place) = refused(from, to, marker);
        assert_eq!(got, place + error);
    }
}

#[test]
fn what_is_no_toml_is_told_with_its_place() {
    for (from, to, marker) in [
        ("seed = ", "seed ", "\"resident 1"),
        ("[pki]", "[person]\n# again", "person]\n# again"),
        ("2007-02-28", "2007-02-30", "2007-02-30"),
    ] {
        let text = RESIDENT.replacen(from, to, 1);
        assert!(matches!(read(&text), Err(ProfileError::Syntax { .. })), "{from}");
        let (got, place) = refused(from, to, marker);
        let line = place.rsplitn(3, ':').last().unwrap();
        assert!(got.starts_with(line), "{got} {place}");
    }
    assert!(read("").is_err());
}

#[test]
fn secrets_and_persons_stay_out_of_errors_and_debug() {
    let card = resident().unwrap();
    let shown = format!("{card:?} {:?}", card.profile);
    for secret in ["500540", "271224", "9876543210", "HONG", "길동", "TS0000001", "3980016"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let error = read(&RESIDENT.replace("271224", "27122x")).unwrap_err().to_string();
    assert!(!error.contains("27122x"), "{error}");
}
