//! What a profile cannot be: told with its line and key.

use super::{
    super::{BUILT_IN, anchors},
    read,
};
use crate::lds::{Dir, File};

// The error that a change to a built-in profile leads to, without the file's name.
fn refused(name: &str, from: &str, to: &str) -> String {
    let (_, text) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name).unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(&changed, text, "{from}");
    let error = read(&changed).unwrap_err().to_string();
    let (place, error) = error.split_once(": ").unwrap();
    let line: usize = place.split(':').nth(1).unwrap().parse().unwrap();
    let key = error.split('`').nth(1).unwrap().rsplit('.').next().unwrap();
    let at = changed.lines().nth(line - 1).unwrap();
    assert!(at.contains(key) || at.starts_with('['), "{key} is not in line {line}: {at}");
    error.to_owned()
}

#[test]
fn protocols_that_need_each_other_are_asked_for() {
    let no_terminals = |name: &str| {
        let (_, text) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name).unwrap();
        let start = text.find("[terminal_authentication]").unwrap();
        let end = text.find("[face]").unwrap();
        text[start..end].to_owned()
    };
    for (name, from, to, error) in [
        (
            "passport-eac",
            no_terminals("passport-eac"),
            "",
            "`fingers`: `terminal_authentication`, which opens EF.DG3, beside it expected",
        ),
        (
            "eid-pin",
            no_terminals("eid-pin"),
            "",
            "`fingers`: `terminal_authentication`, which opens EF.DG3, beside it expected",
        ),
        (
            "eid-pin",
            "[terminal_authentication]\nversion = 2".into(),
            "[terminal_authentication]\nversion = 1",
            "`chip_authentication`: `terminal_authentication` of version 2",
        ),
        (
            "passport-eac",
            "[terminal_authentication]\nversion = 1".into(),
            "[terminal_authentication]\nversion = 2",
            "`terminal_authentication`: `pace` and `chip_authentication` of version 2",
        ),
        (
            "eid-pin",
            "version = 2\ncurve = \"brainpoolP256r1\"\ncipher = \"AES-128\"".into(),
            "version = 1\ncurve = \"brainpoolP256r1\"\ncipher = \"AES-128\"",
            "`terminal_authentication`: `pace` and `chip_authentication` of version 2",
        ),
        (
            "eid-pin",
            "key_id = 41".into(),
            "key_id = 41\ninfo = false",
            "`chip_authentication.info`: true, which version 2 needs, expected",
        ),
        ("eid-pin", "required = true".into(), "required = true\n[x]", "unknown key `x`"),
        (
            "eid-pin",
            "pin = \"173205\"\n".into(),
            "",
            "`pin.required`: false, as the card has no PIN, expected",
        ),
        (
            "eid-pin",
            "seed = \"eid 1\"".into(),
            "seed = \"eid 1\"\nbac = true",
            "`pin.required`: false, as only PACE knows a PIN, expected",
        ),
        (
            "eid-pin",
            "cvca = \"KRCVCAEID001\"".into(),
            "cvca = \"a CVCA\"",
            "`terminal_authentication.cvca`: a reference such as KRCVCA00001",
        ),
        (
            "eid-pin",
            "\"read-dg4\"".into(),
            "\"read-dg5\"",
            "`terminal_authentication.rights`: \"read-dg3\" or \"read-dg4\" or \"read-eid\" expected",
        ),
        (
            "eid-pin",
            "positions = [2, 7]".into(),
            "positions = [2, 2]",
            "`fingers.positions`: each position once, and at most nine, expected",
        ),
        (
            "eid-pin",
            "positions = [2, 7]".into(),
            "positions = [11]",
            "`fingers.positions`: numbers from 1 to 10 expected, 11 came",
        ),
    ] {
        let got = refused(name, &from, to);
        assert!(got.starts_with(error), "{got}");
    }
}

#[test]
fn keys_and_their_names_are_looked_at() {
    for (name, from, to, error) in [
        (
            "passport-eac",
            "key_id = 2",
            "key_id = 1",
            "`chip_authentication.cipher`: a key_id of its own beside it expected",
        ),
        (
            "passport-eac",
            "key_id = 2\n",
            "",
            "`chip_authentication.cipher`: a key_id beside it, as there are several keys, expected",
        ),
        (
            "passport-pace-cam",
            "key_id = 1",
            "key_id = 13",
            "`chip_authentication.cipher`: the curve of the PACE whose number is its key_id",
        ),
        (
            "passport-pace-cam",
            "curve = \"brainpoolP256r1\"",
            "group = \"MODP-1024-160\"",
            "`pace.mapping`: a PACE that this library speaks expected",
        ),
        (
            "passport-pace-cam",
            "cipher = \"AES-128\"",
            "cipher = \"3DES\"",
            "`pace.mapping`: a PACE that this library speaks expected",
        ),
        (
            "passport-rsa-legacy",
            "group = \"MODP-1024-160\"",
            "group = \"MODP-1024-160\"\ncurve = \"P-256\"",
            "`chip_authentication.group`: a curve or a group, not both, expected",
        ),
        (
            "passport-rsa-legacy",
            "rsa = 1792",
            "rsa = 1792\ncurve = \"P-256\"",
            "`active_authentication.curve`: a curve or RSA, not both, expected",
        ),
        (
            "passport-rsa-legacy",
            "rsa = 1792",
            "rsa = 1000",
            "`active_authentication.rsa`: a number from 1024 to 4096 expected, 1000 came",
        ),
        (
            "passport-rsa-legacy",
            "\"RSA-2048\"",
            "\"RSA-2047\"",
            "`pki.key`: RSA with 1024 to 4096 bits, a multiple of 64, expected",
        ),
        (
            "passport-rsa-legacy",
            "\"RSA-PSS\"",
            "\"ECDSA\"",
            "`pki.signature`: RSA-PKCS1 or RSA-PSS, which RSA keys make, expected",
        ),
        (
            "passport-pace-cam",
            "hash = ",
            "signature = \"RSA-PSS\"\nhash = ",
            "`pki.signature`: ECDSA, which elliptic-curve keys make, expected",
        ),
    ] {
        let got = refused(name, from, to);
        assert!(got.starts_with(error), "{got}");
    }
}

#[test]
fn a_licence_has_nothing_of_a_passport() {
    let name = "driving-licence-bap";
    for (from, to, error) in [
        ("[licence]", "[secrets]\ncan = \"123456\"\n[licence]", "`secrets`: no such key"),
        ("[licence]", "[fingers]\n[licence]", "`fingers`: no such key beside `licence`"),
        ("seed = ", "bac = true\nseed = ", "`bac`: no such key beside `licence`"),
        ("number = ", "code = \"P\"\nnumber = ", "`document.code`: no such key"),
        ("categories = [\"AM\", \"B\"]\n", "", "key `licence.categories` is missing"),
        ("[\"AM\", \"B\"]", "[\"AM\", \"Bus!\"]", "`licence.categories`: a category such as B"),
        ("[\"AM\", \"B\"]", "[\"AM\", 1]", "`licence.categories`: an array of strings expected"),
        ("\"EU\"", "\"ISO\"", "`licence.place_of_birth`: no such key, as the encoding ISO"),
        ("\"EU\"", "\"EU\"\nconfiguration = \"9\"", "`licence.configuration`: 1, the config"),
        ("\"EU\"", "\"EU\"\ndiscretionary = \"a\"", "`licence.discretionary`: at most 27"),
    ] {
        let got = refused(name, from, to);
        assert!(got.starts_with(error), "{got}");
    }
    // What the line says may be chosen.
    let (_, text) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name).unwrap();
    let chosen = text.replace("\"EU\"", "\"EU\"\ndiscretionary = \"KORTEST\"");
    let line = read(&chosen).unwrap().travel.unwrap().licence.unwrap().line;
    assert!(line.as_str().starts_with("D1KORTEST<<"), "{}", line.as_str());
}

// A card that has a key and no personal data, and a file that says no more than it must.
const KEY_ONLY: &str = r#"
schema = 1
name = "key"
title = "A key (TEST)"
seed = "key 1"
[limits]
extended_length = true
[atr]
historical = "80 31 F8 73 F7 41 E0 82 90 00"
[key_only]
serial = "TS0000001"
country = "KR"
organization = "TEST iccard"
ca = "TEST Card CA"
ca_from = 2024-01-01
ca_until = 2049-12-31
card_from = 2024-12-27
card_until = 2034-12-26
"#;

#[test]
fn a_card_need_not_be_a_travel_document() {
    let card = read(KEY_ONLY).unwrap().personalise().unwrap();
    let again = read(KEY_ONLY).unwrap().personalise().unwrap();
    assert!(card.csca.is_none() && card.mrz.is_none());
    let [(name, der)] = &anchors(&card)[..] else { panic!() };
    assert!(name.starts_with("card-ca-kr-"), "{name}");
    assert_eq!(der, card.card_ca.as_ref().unwrap().der());
    let own = [File::AtrInfo, File::Dir, File::CardLabel, File::CardCertificate];
    assert!(card.files.keys().eq(&own), "{:?}", card.files.keys());
    let dir = Dir::parse(&card.files[&File::Dir]).unwrap();
    assert_eq!(dir.applications[0].aid, hex::decode("F049434341524401").unwrap());
    let (keys, same) = (card.keys.key_only.unwrap(), again.keys.key_only.unwrap());
    assert_eq!(keys.card.public(), same.card.public());
    assert_ne!(keys.card.public(), keys.ca.public());

    let pace = "[[pace]]\nmapping = \"GM\"\ncurve = \"P-256\"\ncipher = \"AES-128\"\n";
    let with = |more: &str| read(&format!("{KEY_ONLY}{more}")).map(|_| ());
    with(&format!("{pace}[secrets]\npin = \"123456\"\n")).unwrap();
    for (more, error) in [
        (pace.to_owned(), "key `secrets` is missing"),
        (format!("{pace}[secrets]\n"), "key `secrets.can` is missing"),
        (
            format!("{}[secrets]\ncan = \"123456\"\n", pace.replace("GM", "CAM")),
            "`pace`: \"GM\" or \"IM\", as there is no document signer for EF.CardSecurity, expected",
        ),
        (
            "[chip_authentication]\ncurve = \"P-256\"\ncipher = \"AES-128\"\n".into(),
            "`chip_authentication`: no such key on a card without `document` expected",
        ),
        ("[face]\n".into(), "key `document` is missing"),
        ("[pin]\nrequired = true\n".into(), "`pin.required`: false, as the card has no PIN,"),
    ] {
        let got = with(&more).unwrap_err().to_string();
        assert!(got.contains(error), "{got}");
    }
    for (from, to, error) in [
        ("\"TS0000001\"", "\"ts\"", "`key_only.serial`: 1 to 16 characters A to Z and 0 to 9"),
        ("2034-12-26", "2054-12-26", "`key_only.card_from`: days within those of the card CA's"),
        ("TEST Card", "Card", "`key_only.ca`: a name with the word TEST in it"),
        ("serial =", "aid = \"F0\"\nserial =", "`key_only.aid`: 5 to 16 bytes expected, 1 bytes"),
    ] {
        let got = read(&KEY_ONLY.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(got.contains(error), "{got}");
    }
}
