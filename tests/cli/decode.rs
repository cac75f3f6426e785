//! `iccard decode`: what is given is recognised, explained, and refused in words.

use super::{iccard, json, text};

#[test]
fn the_likeliest_reading_comes_first_and_the_others_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let printed = text(dir, &["decode", "00A4040C07A0000002471001"], 0);
    for line in [
        "read as   apdu",
        "command  SELECT by DF name A0000002471001 (eMRTD application)",
        "  CLA 00      interindustry, channel 0, no secure messaging",
    ] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
    let read = json(dir, &["decode", "63", "c1"], 0);
    assert_eq!(read["readings"][0]["kind"], "sw");
    assert_eq!(read["readings"][0]["tree"]["value"], "warning, 1 try left");
    let read = json(
        dir,
        &["decode", "6F098407A00000024710019000", "--to", "00A4040007A000000247100100"],
        0,
    );
    assert!(
        read["readings"][0]["kind"].as_str().unwrap().starts_with("answer to SELECT"),
        "{read}"
    );
    let mut command = iccard(dir);
    command.args(["decode", "-"]).write_stdin("3B8A80018031F873F741E082900075\n");
    let output = command.assert().code(0).get_output().stdout.clone();
    assert!(
        String::from_utf8(output).unwrap().starts_with("read as   atr\nATR  ISO 14443-4 type A")
    );
}

#[test]
fn files_and_certificates_are_read_as_the_card_has_them() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    text(dir, &["tap", "--card", "emulated", "--evidence", "E", "--face", "f.jpg"], 0);
    text(dir, &["profile", "anchors", "resident", "--out", "A"], 0);
    let anchor = std::fs::read_dir(dir.join("A")).unwrap().next().unwrap().unwrap().path();
    let read = json(dir, &["decode", "--file", anchor.to_str().unwrap()], 0);
    assert_eq!(read["readings"][0]["kind"], "x509");
    assert!(read["readings"][0]["tree"]["value"].as_str().unwrap().contains("TEST CSCA KR"));
    let evidence: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.join("E")).unwrap()).unwrap();
    let mut seen = 0;
    for (name, bytes) in evidence["files"].as_object().unwrap() {
        let read = json(dir, &["decode", bytes.as_str().unwrap()], 0);
        let tree = &read["readings"][0]["tree"];
        assert_ne!(tree["value"].as_str().unwrap_or_default().get(..7), Some("refused"), "{name}");
        let printed = read.to_string();
        seen += match name.as_str() {
            "EF.DG1" => usize::from(printed.contains("all check digits are right")),
            "EF.DG2" => usize::from(printed.contains("JPEG")),
            "EF.DG11" => usize::from(printed.contains("홍<<길동")),
            "EF.DG14" => usize::from(printed.contains("ChipAuthenticationPublicKeyInfo")),
            "EF.DG15" => usize::from(printed.contains("P-256")),
            "EF.SOD" => usize::from(printed.contains("TEST Document Signer 1")),
            "EF.CardAccess" => usize::from(printed.contains("id-PACE-ECDH-GM-AES-CBC-CMAC-128")),
            _ => 0,
        };
    }
    assert_eq!(seen, 7, "{:?}", evidence["files"].as_object().unwrap().keys());
}

#[test]
fn what_cannot_be_read_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let error = json(dir, &["decode", "00A4040C07A00000024710G"], 2);
    assert_eq!(error["error"]["step"], "decode");
    let printed = text(dir, &["decode", "--as", "cvc", "7F210102"], 1);
    assert!(printed.contains("refused: "), "{printed}");
    let printed = text(dir, &["decode", "--as", "sw", "00A40400"], 2);
    assert!(printed.contains("looks like"), "{printed}");
    let printed = text(dir, &["decode", "--as", "nonsense", "9000"], 2);
    assert!(printed.contains("security-infos"), "{printed}");
    text(dir, &["decode", "--file", "none"], 7);
    text(dir, &["decode"], 2);
    let printed = text(dir, &["decode", "00200003 06 393837363534"], 0);
    assert!(!printed.contains("393837") && !printed.contains("987654"), "{printed}");
}
