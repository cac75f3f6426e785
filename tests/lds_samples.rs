//! Files of specimen and real documents, read and written again.

use iccard::lds::{
    Com, Dg1, Dg2, Dg3, Dg4, Dg14, Dg15, File, FingerRecord, ImageFormat, IrisRecord, SecurityInfo,
    SecurityInfos, edl,
    sod::{self, LdsSecurityObject},
};
use iccard::protocol::bac::AccessKey;
use iccard::tlv::{Tag, find};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::support::data;

#[test]
fn specimen_files_come_back_byte_for_byte() {
    let Some(folder) = data::samples("specimen_files_come_back_byte_for_byte", 10) else { return };
    for file in ["bsi2008/Datagroup1.bin", "loes2006/ef0101.bin"] {
        let bytes = data::read(&folder, file);
        let dg1 = Dg1::parse(&bytes).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(dg1.encode(), bytes, "{file}");
        assert_eq!(Dg1::new(dg1.mrz().clone()).unwrap().encode(), bytes, "{file}: built anew");
    }
    for (file, bytes_of_image) in
        [("bsi2008/Datagroup2.bin", 14_999), ("loes2006/ef0102.bin", 13_701)]
    {
        let bytes = data::read(&folder, file);
        let dg2 = Dg2::parse(&bytes).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(dg2.encode(), bytes, "{file}");
        let face = dg2.image().unwrap();
        assert_eq!(face.format, Some(ImageFormat::Jpeg2000), "{file}");
        assert_eq!(face.bytes.len(), bytes_of_image, "{file}");
    }
    for file in ["bsi2008/EF_COM.bin", "loes2006/ef011E.bin"] {
        let bytes = data::read(&folder, file);
        let com = Com::parse(&bytes).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(com.encode(), bytes, "{file}");
        assert!(com.files().any(|f| f == File::Dg2), "{file}");
    }
    for file in ["bsi2008/Datagroup14.bin", "doc9303/dg14_sample.bin"] {
        let bytes = data::read(&folder, file);
        let dg14 = Dg14::parse(&bytes).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(dg14.encode(), bytes, "{file}");
        assert_eq!(dg14.infos.chip_authentication().count(), 1, "{file}");
        assert_eq!(dg14.infos.chip_authentication_keys().count(), 1, "{file}");
    }
    for file in ["bsi2008/Datagroup15.bin", "loes2006/ef010F.bin"] {
        let bytes = data::read(&folder, file);
        let dg15 = Dg15::parse(&bytes).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(dg15.encode(), bytes, "{file}");
    }
}

#[test]
fn fingers_and_irises_come_back_byte_for_byte() {
    let Some(folder) = data::samples("fingers_and_irises_come_back_byte_for_byte", 2) else {
        return;
    };
    let bytes = data::read(&folder, "bsi2008/Datagroup3.bin");
    let dg3 = Dg3::parse(&bytes).unwrap();
    assert_eq!(dg3.encode(), bytes);
    let fingers: Vec<_> = dg3
        .fingers
        .iter()
        .map(|finger| match &finger.record {
            FingerRecord::Iso19794(record) => (finger.header.subtype(), record),
            other => panic!("{other:?}"),
        })
        .collect();
    let [(Some(9), right), (Some(10), left)] = fingers.as_slice() else { panic!("{fingers:?}") };
    for (record, position) in [(right, 2), (left, 7)] {
        let [view] = record.views.as_slice() else { panic!("{record:?}") };
        assert_eq!((record.compression, record.scan_resolution), (2, (500, 500)));
        assert_eq!((view.position, view.width, view.height), (position, 620, 620));
        assert_eq!(ImageFormat::detect(&view.image), Some(ImageFormat::Wsq));
    }
    let bytes = data::read(&folder, "bsi2008/Datagroup4.bin");
    let dg4 = Dg4::parse(&bytes).unwrap();
    assert_eq!(dg4.encode(), bytes);
    for (iris, subtype) in dg4.irises.iter().zip([1, 2]) {
        let IrisRecord::Iso19794(record) = &iris.record else { panic!("{iris:?}") };
        let [eye] = record.eyes.as_slice() else { panic!("{record:?}") };
        assert_eq!((eye.subtype, eye.images.len()), (subtype, 1));
        assert_eq!(ImageFormat::detect(&eye.images[0].image), Some(ImageFormat::Jpeg2000));
    }
    assert_eq!(dg4.irises.len(), 2);
}

#[test]
fn a_driving_licence_is_read() {
    let Some(folder) = data::samples("a_driving_licence_is_read", 8) else { return };
    let read = |file: &str| data::read(&folder, &format!("edl_nl_specimen/{file}"));
    for (file, surname, given_names) in
        [("DG_1_TEST.bin", "Bassie", "Barrie"), ("DG_1_DIACRITICS_TEST.bin", "Bâssié", "Daniël")]
    {
        let bytes = read(file);
        let dg1 = edl::Dg1::parse(&bytes).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(dg1.encode(), bytes, "{file}");
        assert_eq!(dg1.encoding, edl::Encoding::Eu);
        assert_eq!(dg1.type_approval.as_ref().unwrap().as_str(), "e4-DL00 00001");
        let holder = &dg1.demographic;
        assert_eq!(holder.issuing_state, "NLD");
        assert_eq!((holder.surname.as_str(), holder.given_names.as_str()), (surname, given_names));
        assert_eq!(holder.document_number.as_str(), "1234567890");
        assert_eq!(holder.date_of_birth.full().as_str(), "19961217");
        let codes: Vec<_> = dg1.categories.iter().map(|c| c.code.as_str()).collect();
        assert_eq!(codes, ["AM", "B"]);
        assert_eq!(dg1.categories[1].expires.unwrap().full().as_str(), "20270714");
    }
    let dg1 = edl::Dg1::parse(&read("DG_1_EMPTY_ISSUE_DATE.bin")).unwrap();
    assert_eq!(dg1.categories[1].issued, None);
    assert_eq!(dg1.encode(), read("DG_1_EMPTY_ISSUE_DATE.bin"));
    assert_eq!(
        edl::Dg1::parse(&read("DG_1_MALFORMED_CATEGORY.bin")).unwrap_err().to_string(),
        "eDL EF.DG1, date of issue of a category: a date in four bytes of BCD expected, four other \
         bytes came"
    );

    let bytes = read("DG_5_TEST.bin");
    let dg5 = edl::Dg5::parse(&bytes).unwrap();
    assert_eq!((dg5.image_type, dg5.image.len()), (ImageFormat::Jpeg, 1_583));
    assert_eq!(dg5.encode(), bytes);
    // Its record states a length that is not there: the picture was exchanged.
    let dg6 = edl::Dg6::parse(&read("DG_6_TEST.bin")).unwrap();
    let face = dg6.image().unwrap();
    assert_eq!((face.format, face.width), (Some(ImageFormat::Jpeg), Some(337)));
    assert_eq!((face.height, face.bytes.len()), (Some(449), 17_621));
    assert_eq!(edl::Dg6::parse(&dg6.encode()).unwrap(), dg6);
    let bytes = read("DG12.bin");
    let dg12 = edl::Dg12::parse(&bytes).unwrap();
    let line = dg12.line().unwrap();
    assert_eq!(line.as_str(), "D1NLD11234567890AG5R98GT5IN2L4");
    assert_eq!(line.bap_input(), "1NLD11234567890AG5R98GT5IN2L");
    // SHA-1 of that, cut to 16 bytes, as another reader of these licences has it.
    for key in [AccessKey::bap_input(line.bap_input()), AccessKey::bap(line.as_str())] {
        assert_eq!(hex::encode(key.seed()), "77a0ae7ddb1b901f4a5965b9a8fb0f84");
    }
    assert_eq!((dg12.input_method, dg12.encode()), (Some(b'A'), bytes));
    let bytes = read("DG13.bin");
    let dg13 = edl::Dg13::parse(&bytes).unwrap();
    assert_eq!((dg13.spki.len(), dg13.encode()), (161, bytes));
}

#[test]
fn security_objects_list_the_hashes_of_their_files() {
    let Some(folder) = data::samples("security_objects_list_the_hashes_of_their_files", 7) else {
        return;
    };
    let sha1 = |bytes: &[u8]| Sha1::digest(bytes).to_vec();
    let object = security_object(&data::read(&folder, "bsi2008/EF_SOD.bin"));
    for number in [1, 2, 3, 14] {
        let file = data::read(&folder, &format!("bsi2008/Datagroup{number}.bin"));
        assert_eq!(object.hash(number), Some(&sha1(&file)[..]), "DG{number}");
    }
    let object = security_object(&data::read(&folder, "loes2006/ef011D.bin"));
    for number in [1, 2, 15] {
        let file = data::read(&folder, &format!("loes2006/ef01{number:02X}.bin"));
        assert_eq!(object.hash(number), Some(&Sha256::digest(&file)[..]), "DG{number}");
    }
}

#[test]
fn security_objects_of_seven_issuers_are_read() {
    let Some(folder) = data::samples("security_objects_of_seven_issuers_are_read", 7) else {
        return;
    };
    for country in ["AT", "AU", "DE", "FR", "NZ", "RU", "US"] {
        let file = data::read(&folder, &format!("real_sod/{country}_EF_SOD.bin"));
        let object = security_object(&file);
        assert!(object.hash(1).is_some() && object.hash(2).is_some(), "{country}");
        let again = LdsSecurityObject::parse(&object.encode()).unwrap();
        assert_eq!(again, object, "{country}");
    }
}

#[test]
fn card_access_of_five_cards_is_read() {
    let Some(folder) = data::vectors("card_access_of_five_cards_is_read", 6) else { return };
    let json = data::read(&folder, "cardaccess_samples.json");
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let file = |name: &str| hex::decode(json["files"][name].as_str().unwrap()).unwrap();
    // Entries, PACEInfos, ChipAuthenticationInfos, entries of kinds without a type of their own.
    for (name, expected) in [
        ("ef_cardaccess_old_testcard", (6, 1, 1, 0)),
        ("ef_cardaccess_new_testcard", (5, 1, 1, 0)),
        ("ef_cardaccess_dan", (7, 1, 2, 0)),
        ("ef_cardaccess_slowenia", (4, 0, 1, 1)),
        ("ef_cardaccess_ca3", (10, 2, 2, 1)),
    ] {
        let bytes = file(name);
        let infos = SecurityInfos::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        let unknown = infos.iter().filter(|i| matches!(i, SecurityInfo::Unknown(_))).count();
        let counts = (
            infos.iter().count(),
            infos.pace().count(),
            infos.chip_authentication().count(),
            unknown,
        );
        assert_eq!(counts, expected, "{name}: {infos:#?}");
        assert!(bytes.starts_with(&infos.encode()), "{name}");
        for info in &infos {
            if let SecurityInfo::PrivilegedTerminal(inner) = info {
                assert_eq!(inner.infos(File::CardAccess).unwrap().iter().count(), 2, "{name}");
            }
        }
    }
    // EF.CardSecurity: the same kind of set, signed, and with the key that goes with it.
    let signed = content(&file("ef_cardsecurity_dan"));
    let infos = SecurityInfos::parse_in(File::CardSecurity, &signed).unwrap();
    assert_eq!(infos.chip_authentication_keys().next().unwrap().key_id, Some(0x41));
    assert_eq!(infos.encode(), signed);
}

fn security_object(file: &[u8]) -> LdsSecurityObject {
    LdsSecurityObject::parse(&content(sod::unwrap(file).unwrap())).unwrap()
}

/// The eContent of a CMS SignedData, whose OCTET STRING may come in parts.
fn content(cms: &[u8]) -> Vec<u8> {
    let path = [0x30, 0xA0, 0x30, 0x30, 0xA0].map(Tag::new);
    let e_content = find(cms, &path).unwrap().unwrap();
    let octets = e_content.children().unwrap().next().unwrap().unwrap();
    if octets.tag.is_constructed() {
        octets.children().unwrap().flat_map(|part| part.unwrap().value.to_vec()).collect()
    } else {
        octets.value.to_vec()
    }
}
