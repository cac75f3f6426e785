//! `iccard cvc` as a person meets it: what it prints, refuses and exits with.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn run(dir: &Path, arguments: &str, code: i32) -> (String, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iccard"));
    command.current_dir(dir).args(arguments.split_whitespace());
    let output = command.assert().code(code).get_output().clone();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let json = serde_json::from_str(&text).unwrap_or_default();
    (text, json)
}

const DAYS: &str = "--effective 2025-01-01 --expires 2027-12-31";

/// A CVCA, a document verifier and a terminal, made from seeds.
fn country(dir: &Path) {
    let create = |arguments: &str| {
        run(dir, &format!("cvc create {DAYS} {arguments}"), 0);
    };
    create(
        "--role cvca --holder KRCVCA00001 --rights all --seed a --out-key cvca.pem --out \
         cvca.cvcert",
    );
    create(
        "--role dv-foreign --holder KRDV00001 --rights read-dg3,read-dg4 --seed b --issuer \
         cvca.cvcert --issuer-key cvca.pem --out-key dv.pem --out dv.cvcert",
    );
    create(
        "--role terminal --holder KRIS00001 --rights read-dg3,read-eid --seed c --issuer dv.cvcert \
         --issuer-key dv.pem --out-key is.pem --out is.cvcert",
    );
}

#[test]
fn a_seed_makes_the_same_files_again() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    country(one.path());
    country(two.path());
    for name in ["cvca.cvcert", "dv.cvcert", "is.cvcert", "cvca.pem", "is.pem"] {
        let read = |dir: &Path| std::fs::read(dir.join(name)).unwrap();
        assert_eq!(read(one.path()), read(two.path()), "{name}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name| std::fs::metadata(one.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("is.pem") & 0o777, 0o600);
        assert_eq!(mode("is.cvcert") & 0o400, 0o400);
    }
}

#[test]
fn a_chain_is_shown_and_verified() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    country(dir);
    let (text, _) = run(dir, "cvc show is.cvcert", 0);
    assert_eq!(
        text,
        "file        is.cvcert\n\
         holder      KRIS00001\n\
         issuer      KRDV00001\n\
         role        terminal for inspection systems\n\
         rights      read-dg3                  read EF.DG3 (fingerprints)\n\
         \x20           read-eid                  read the eID application (deprecated)\n\
         key         id-TA-ECDSA-SHA-256, on its issuer's curve\n\
         valid       2025-01-01 to 2027-12-31\n"
    );
    let (_, json) = run(dir, "cvc show . --json", 0);
    let all = json["certificates"].as_array().unwrap();
    let holders: Vec<_> = all.iter().map(|c| c["holder"].as_str().unwrap()).collect();
    assert_eq!(
        (holders, &json["schema"]),
        (vec!["KRCVCA00001", "KRDV00001", "KRIS00001"], &1.into())
    );
    assert_eq!((&all[0]["self_signed"], &all[1]["self_signed"]), (&true.into(), &Value::Null));
    assert_eq!(all[0]["curve"], "brainpoolP256r1");

    let verify = "cvc verify --trust cvca.cvcert --at 2026-01-01";
    let (text, _) = run(dir, &format!("{verify} is.cvcert dv.cvcert"), 0);
    assert_eq!(
        text,
        "chain       KRCVCA00001 > KRDV00001 > KRIS00001\n\
         role        terminal for inspection systems\n\
         rights      read-dg3                  read EF.DG3 (fingerprints)\n\
         verdict     VERIFIED KRIS00001 on 2026-01-01\n"
    );
    // A folder, and one certificate alone.
    run(dir, &format!("{verify} ."), 0);
    let (_, json) = run(dir, &format!("{verify} dv.cvcert --json"), 0);
    assert_eq!((&json["role"], &json["holder"]), (&"foreign DV".into(), &"KRDV00001".into()));
    run(dir, &format!("{verify} . --holder KRDV00001"), 0);
    for (arguments, reason) in [
        ("is.cvcert", "KRDV00001, who issued KRIS00001, is no trust point (1 given)"),
        (". --at 2028-01-01", "KRCVCA00001 expired on 2027-12-31; it is 2028-01-01"),
        (". --at 2024-12-31", "KRCVCA00001 is good from 2025-01-01; it is 2024-12-31"),
        (". --holder KRIS00009", "no certificate of a terminal is there"),
    ] {
        let verify = format!("cvc verify --trust cvca.cvcert {arguments} --json");
        let verify = if verify.contains("--at") { verify } else { verify + " --at 2026-01-01" };
        let (_, json) = run(dir, &verify, 1);
        assert_eq!((&json["verified"], &json["reason"]), (&false.into(), &reason.into()));
    }
}

#[test]
fn mistakes_have_their_codes() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    country(dir);
    std::fs::write(dir.join("junk.cvcert"), "junk").unwrap();
    std::fs::write(dir.join("long.cvcert"), vec![0x30; 100_000]).unwrap();
    let create = format!("cvc create {DAYS} --out new.cvcert");
    let under_dv = "--issuer dv.cvcert --issuer-key dv.pem --out-key new.pem";
    for (arguments, code, message) in [
        ("cvc show nothing".to_owned(), 7, "nothing: read the certificate: "),
        ("cvc show junk.cvcert".into(), 7, "junk.cvcert: CV certificate, structure: "),
        ("cvc show long.cvcert".into(), 7, "long.cvcert: bytes of a CV certificate: at most 8192"),
        ("cvc show is.pem".into(), 7, "is.pem: CV certificate, structure: "),
        (
            "cvc verify --trust dv.cvcert is.cvcert".into(),
            7,
            "dv.cvcert: KRDV00001 is no trust point",
        ),
        ("cvc verify is.cvcert".into(), 2, "the following required arguments were not provided:"),
        (
            format!("{create} --role terminal --holder KRIS00002 --out-key new.pem"),
            2,
            "only a CVCA signs itself",
        ),
        (
            format!("{create} --role dv-domestic --holder KRDV00002 {under_dv}"),
            2,
            "KRDV00001 is a foreign DV and must not issue KRDV00002, a domestic DV",
        ),
        (
            format!("{create} --role terminal --holder KRIS00002 --rights read-dg5 {under_dv}"),
            2,
            "--rights read-dg5: no right of inspection systems",
        ),
        (
            format!("{create} --role terminal --holder KRIS00002 --new P-384 {under_dv}"),
            2,
            "issuing KRIS00002: its key is not on the curve of its issuer",
        ),
        (
            format!("{create} --role terminal --holder KRIS00002 --new rsa512 {under_dv}"),
            2,
            "CV certificate: RSA key: a modulus of 1,024",
        ),
        (
            format!("{create} --role terminal --holder KRIS00002 --new curve25519 {under_dv}"),
            2,
            "--new curve25519: no such kind of key",
        ),
        (
            format!("{create} --role terminal --holder KRIS00002 --algorithm md5 {under_dv}"),
            2,
            "--algorithm md5: no such algorithm",
        ),
        (
            format!(
                "{create} --role terminal --holder KRIS00002 --algorithm RSA-PSS-SHA-256 {under_dv}"
            ),
            2,
            "CV certificate, public key: id-TA-RSA-PSS-SHA-256 is not for this key",
        ),
        (
            format!("{create} --role cvca --holder KR1 --out-key new.pem"),
            2,
            "invalid value 'KR1' for '--holder",
        ),
        (
            format!("{create} --role cvca --holder KRCVCA00002 --out-key is.pem"),
            7,
            "is.pem: write the private key: ",
        ),
    ] {
        let (_, json) = run(dir, &format!("{arguments} --json"), code);
        let told = json["error"]["message"].as_str().unwrap();
        assert!(told.starts_with(message), "{arguments}: {told}");
        assert_eq!(json["error"]["code"], code);
    }
    // Nothing was written on the way, and what is there stays.
    assert!(!dir.join("new.cvcert").exists() && !dir.join("new.pem").exists());
    let again = format!("{create} --role terminal --holder KRIS00002 {under_dv}");
    run(dir, &again, 0);
    let key = std::fs::read(dir.join("new.pem")).unwrap();
    let (text, _) = run(dir, &again.replace("KRIS00002", "KRIS00003"), 7);
    assert!(text.contains("new.pem: write the private key"), "{text}");
    assert_eq!(std::fs::read(dir.join("new.pem")).unwrap(), key);
    // The password of a key file is not asked for.
    std::fs::write(dir.join("locked.pem"), "-----BEGIN ENCRYPTED PRIVATE KEY-----\n").unwrap();
    let (text, _) =
        run(dir, &format!("{create} --role cvca --holder KRCVCA00002 --key locked.pem"), 7);
    assert!(text.contains("locked.pem: private key: no unencrypted private key"), "{text}");
}

#[test]
fn the_terminal_of_a_card_profile_is_a_chain_and_a_key() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (_, json) = run(dir, "profile terminal passport-eac --out terminal --json", 0);
    assert_eq!(json["files"].as_array().unwrap().len(), 3);
    let verify = "cvc verify --trust terminal/KRCVCATST001.cvcert terminal/KRDVTST00001.cvcert \
                  terminal/KRISTST00001.cvcert --at 2026-01-01";
    let (text, _) = run(dir, verify, 0);
    assert!(text.contains("VERIFIED KRISTST00001") && text.contains("read-dg4"), "{text}");
    // The key is that of the last certificate: it may issue nothing, but it is read.
    let key = iccard::pki::cvc::PrivateKey::from_bytes(
        &std::fs::read(dir.join("terminal/terminal.pem")).unwrap(),
    );
    let iccard::pki::cvc::PrivateKey::Ec(key) = key.unwrap() else { panic!("a curve's key") };
    let own = std::fs::read(dir.join("terminal/KRISTST00001.cvcert")).unwrap();
    assert!(own.windows(65).any(|w| w == key.public().sec1()));
    // Nothing is written over, and a card that asks no terminal has none.
    run(dir, "profile terminal passport-eac --out terminal", 7);
    let (text, _) = run(dir, "profile terminal resident --out none", 2);
    assert!(text.contains("resident has no Terminal Authentication"), "{text}");
    assert!(!dir.join("none").exists());
}
