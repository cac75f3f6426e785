//! Cards of files that are declared one by one.

use super::{super::RESIDENT, read};
use crate::{
    lds::File,
    profile::{FileKind, KeyMaterial, KeyUse, Rule, Structure, check_all},
};

const CARD: &str = r#"
schema = 1
name = "files"
title = "Files (TEST)"
seed = "files 1"
[limits]
extended_length = false
[atr]
historical = "80 31 F8 73 D6 00 02 90 00"

[[file]]
path = "5015/4401"
kind = "transparent"
sfi = 1
text = "hello"
size = 8
update = "verified(0x81) or key(2)"
[[file]]
path = "5015"
kind = "df"
aid = "A0 00 00 00 63 01"
create = "pin"
[[file]]
path = "A00000006301/4402"
kind = "cyclic"
record_size = 4
records = ["01 02", "03040506"]
max_records = 9
[[file]]
path = "5015/4403"
kind = "linear-variable"
records = ["01 02", "03040506"]

[[password]]
reference = 0x81
text = "123456"
pin = true
unblocked_by = 0x82
padding = 0xFF
[[password]]
reference = 0x82
hex = "3132333435363738"

[[key]]
number = 2
cipher = "AES-128"
uses = { external = "always" }
[[key]]
number = 3
curve = "P-256"
uses = { sign = "pin" }

[[data_object]]
tag = "0101"
text = "label"
update = "verified(0x82)"
"#;

#[test]
fn files_passwords_and_keys_are_values() {
    let card = read(CARD).unwrap().personalise().unwrap();
    let layout = &card.profile.layout;
    assert!(card.files.keys().eq(&[File::AtrInfo, File::Dir]));
    let paths: Vec<_> = layout.files.iter().map(|file| file.path.as_slice()).collect();
    assert_eq!(paths, [&[0x5015][..], &[0x5015, 0x4401], &[0x5015, 0x4402], &[0x5015, 0x4403]]);
    assert_eq!(layout.files[0].rules.create, Rule::Pin);
    let bytes = FileKind::Transparent { sfi: Some(1), content: b"hello\0\0\0".to_vec() };
    assert!(layout.files[1].kind == bytes);
    assert_eq!(layout.files[1].rules.update, Rule::Any(vec![Rule::Verified(0x81), Rule::Key(2)]));
    let records = FileKind::Records {
        sfi: None,
        structure: Structure::Cyclic,
        record_size: 4,
        most: 9,
        records: vec![vec![1, 2, 0, 0], vec![3, 4, 5, 6]],
    };
    assert!(layout.files[2].kind == records);
    let FileKind::Records { records, .. } = &layout.files[3].kind else { panic!("records") };
    assert_eq!(records[0], [1, 2]);
    let pin = &layout.passwords[0];
    assert_eq!(pin.value.as_slice(), b"123456\xFF\xFF");
    assert_eq!((pin.tries, pin.lengths, pin.is_pin), (3, (4, 8), true));
    // Keys that are not given follow from the seed.
    let key = |text: &str, index: usize| {
        let card = read(text).unwrap().personalise().unwrap();
        match &card.profile.layout.keys[index].key {
            KeyMaterial::Symmetric { value, .. } => value.clone(),
            KeyMaterial::Ec { value, .. } => value.clone().unwrap(),
        }
    };
    let other = CARD.replace("files 1", "files 2");
    for index in [0, 1] {
        assert_eq!(key(CARD, index), key(CARD, index));
        assert_ne!(key(CARD, index), key(&other, index));
    }
    assert_eq!(layout.keys[1].uses, [(KeyUse::Sign, Rule::Pin)]);
    assert_eq!(
        (layout.data_objects[0].tag, layout.data_objects[0].value.as_slice()),
        (0x0101, &b"label"[..])
    );
}

#[test]
fn files_may_stand_in_a_travel_document_and_replace_its_own() {
    let more = r#"
[[file]]
path = "A0000002471001/010C"
kind = "transparent"
hex = "6C 00"
[[file]]
path = "A0000002471001/0150"
kind = "transparent"
hex = "AA"
read = "pace(can)"
"#;
    let card = read(&format!("{RESIDENT}{more}")).unwrap().personalise().unwrap();
    assert_eq!(card.files[&File::Dg12], [0x6C, 0x00]);
    let layout = &card.profile.layout;
    assert!(layout.files.is_empty());
    assert_eq!(layout.inside[1].1.path, [0x0150]);
    // EF.SOD is over what stands there.
    let object = super::hashes(&card);
    assert_eq!(object.hash(12).unwrap(), crate::crypto::Hash::Sha256.digest(&[&[0x6C, 0x00]]));
}

#[test]
fn what_cannot_be_is_told_with_its_place() {
    for (from, to, marker, error) in [
        (
            "verified(0x81) or key(2)",
            "verified(0x81) or verified(0x85)",
            "verified(0x85)",
            "`file.update`: conditions that the card can fulfil expected, `verified(0x85)` never \
             holds: the card has the passwords 0x81, 0x82",
        ),
        (
            "or key(2)",
            "or key(3)",
            "key(3)",
            "`file.update`: conditions that the card can fulfil expected, `key(3)` never holds: the \
             card has the keys of EXTERNAL or MUTUAL AUTHENTICATE 0x02",
        ),
        ("or key(2)", "or pace(can)", "can)", "never holds: the card has no PACE"),
        ("or key(2)", "or terminal(1)", "terminal(1)", "the card has no Terminal Authentication"),
        ("or key(2)", "or bac", "bac", "the card has no BAC"),
        ("or key(2)", "or sm", "sm\"", "the card has neither PACE nor BAC"),
        ("pin = true\n", "", "pin\" }", "the card has no PIN; `pin = true` makes one"),
        ("or key(2)", "or verifed(0x81)", "verifed", "came; did you mean `verified`?"),
        (
            "\"transparent\"",
            "\"transparant\"",
            "\"transparant",
            "`file.kind`: \"df\" or \"transparent\" or \"linear-fixed\" or \"linear-variable\" or \
             \"cyclic\" expected, \"transparant\" came; did you mean \"transparent\"?",
        ),
        ("sfi = 1", "sfy = 1", "sfy", "unknown key `file.sfy`; did you mean `sfi`?"),
        ("sfi = 1", "sfi = 31", "31\ntext", "`file.sfi`: a number from 1 to 30 expected, 31 came"),
        ("/4403", "/4401", "\"5015/4401\"\nkind = \"lin", "a path that no other file has"),
        ("\"5015/4403\"", "\"5016/4403\"", "\"5016", "a `file` 5016 of the kind \"df\""),
        ("\"5015/4403\"", "\"3FFF\"", "\"3FFF", "identifiers that a file can have"),
        ("\"5015/4403\"", "\"A0000000639999/4403\"", "A00000006399", "declared by `aid`"),
        ("size = 8", "size = 4", "4\nup", "`file.size`: at least 5, the bytes of its content,"),
        ("text = \"hello\"", "from = \"x\"", "\"x\"", "only a profile that is a file has files"),
        (
            "max_records = 9",
            "max_records = 1",
            "1\n[[file]]\npath = \"5015/4403",
            "`file.max_records`: at least 2",
        ),
        (
            "record_size = 4",
            "record_size = 3",
            "\"03040506\"]\nmax",
            "1 to 3 bytes expected, 4 bytes came",
        ),
        ("unblocked_by = 0x82", "unblocked_by = 0x81", "0x81\npad", "the reference of another"),
        ("number = 3", "number = 2", "2\ncurve", "a value that no other has"),
        ("reference = 0x82", "reference = 0x20", "0x20\nhex", "0x81 to 0x9F"),
        (
            "external = \"always\"",
            "sign = \"always\"",
            "\"always\" }",
            "a use that this kind of key",
        ),
    ] {
        let text = CARD.replacen(from, to, 1);
        assert_ne!(text, CARD, "{from}");
        let got = check_all(&text, "card.toml".as_ref()).unwrap_err();
        let found = got.iter().map(ToString::to_string).find(|got| got.contains(error));
        let found = found.unwrap_or_else(|| panic!("{error}: {got:#?}"));
        let at = text.rfind(marker).unwrap();
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |n| n + 1) + 1;
        assert!(found.starts_with(&format!("card.toml:{line}:{column}: ")), "{marker}: {found}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let text = CARD
        .replace("sfi = 1", "sfi = 77")
        .replace("seed =", "sed =")
        .replace("\"cyclic\"", "\"round\"")
        .replace("tag = \"0101\"", "tag = 5");
    let errors = check_all(&text, "card.toml".as_ref()).unwrap_err();
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    for part in [
        "`sed`; did you mean `seed`?",
        "`seed` is missing",
        "file.sfi",
        "file.kind",
        "data_object.tag",
    ] {
        assert_eq!(errors.iter().filter(|e| e.contains(part)).count(), 1, "{part}: {errors:#?}");
    }
    assert_eq!(errors.len(), 5, "{errors:#?}");
}
