//! libeac's `cvc-create` and `cvc-print` (Debian's package openpace) as the outside judges of CV
//! certificates: each side reads and verifies what the other makes.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;
use time::{Duration, UtcDateTime};

/// A folder to work in, or `None` where the tools are not there.
fn workplace(test: &str) -> Option<TempDir> {
    for tool in ["cvc-create", "cvc-print"] {
        if Command::new(tool).arg("--version").output().is_err() {
            crate::support::skipped(test, &format!("there is no {tool} (Debian: openpace)"));
            return None;
        }
    }
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("known")).unwrap();
    Some(dir)
}

fn run(dir: &Path, program: &str, arguments: &str) -> (bool, String) {
    let out =
        Command::new(program).args(arguments.split_whitespace()).current_dir(dir).output().unwrap();
    let text = [out.stdout, out.stderr].concat();
    (out.status.success(), String::from_utf8_lossy(&text).into_owned())
}

pub(crate) fn done(dir: &Path, program: &str, arguments: &str) -> String {
    let (ok, text) = run(dir, program, arguments);
    assert!(ok, "{program} {arguments}: {text}");
    text
}

pub(crate) fn iccard(dir: &Path, arguments: &str) -> Value {
    let arguments = format!("{arguments} --json");
    let text = done(dir, env!("CARGO_BIN_EXE_iccard"), &arguments);
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{arguments}: {e}: {text}"))
}

/// Days around today, for libeac judges at the system's clock: ISO, and as `cvc-create` takes them.
pub(crate) struct Days {
    first: String,
    last: String,
}

impl Days {
    pub(crate) fn new() -> Self {
        let day = |days| (UtcDateTime::now() + Duration::days(days)).date().to_string();
        Self { first: day(-30), last: day(30) }
    }

    pub(crate) fn ours(&self) -> String {
        format!("--effective {} --expires {}", self.first, self.last)
    }

    pub(crate) fn theirs(&self) -> String {
        let short = |day: &str| day[2..].replace('-', "");
        format!("--issued {} --expires {}", short(&self.first), short(&self.last))
    }
}

/// What `cvc-print` says of a certificate is what we say of it.
fn agree(dir: &Path, file: &str, days: &Days) {
    let printed = done(dir, "cvc-print", &format!("--cvc {file} --cvc-dir known"));
    assert!(printed.contains("\ncertificate verified"), "{printed}");
    let shown = iccard(dir, &format!("cvc show {file}"));
    let shown = &shown["certificates"][0];
    let text = |name: &str| shown[name].as_str().unwrap().to_owned();
    let theirs = |label: &str| {
        let line = printed.lines().find_map(|l| l.trim().strip_prefix(label));
        line.unwrap_or_else(|| panic!("{label}: {printed}")).trim().to_owned()
    };
    assert_eq!(theirs("CAR:"), text("authority"));
    assert_eq!(theirs("CHR:"), text("holder"));
    assert_eq!(theirs("Effective Date:"), text("effective"));
    assert_eq!(theirs("Expiration Date:"), text("expires"));
    assert_eq!((text("effective"), text("expires")), (days.first.clone(), days.last.clone()));
    let lower = printed.to_lowercase();
    assert!(lower.contains(&text("terminal_type")), "{printed}");
    let role = match text("role").as_str() {
        "CVCA" => "cvca certificate",
        "domestic DV" | "foreign DV" => "dv certificate",
        _ => "terminal certificate",
    };
    assert!(lower.contains(role), "{role}: {printed}");
    // Newer than libeac, which calls them reserved.
    let newer = ["read-dg22", "write-dg22", "pseudonymous-signature"];
    let ours = shown["rights"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let ours: BTreeSet<_> = ours.filter(|n| !newer.contains(n)).map(str::to_owned).collect();
    let rights = printed.lines().filter_map(|line| line.strip_prefix("      "));
    let theirs: BTreeSet<_> = rights.filter_map(name_of).collect();
    assert_eq!(ours, theirs, "{printed}");
}

/// Our name of a right that `cvc-print` lists.
fn name_of(line: &str) -> Option<String> {
    if let Some((action, group)) = line.split_once(" DG ") {
        let number = group.split(' ').next().unwrap();
        return Some(format!("{}-dg{number}", action.to_lowercase()));
    }
    let name = match line {
        "Read fingerprint" => "read-dg3",
        "Read iris" => "read-dg4",
        "Read eID application" => "read-eid",
        "Age Verification" => "verify-age",
        "Community ID Verification" => "verify-community",
        "Restricted Identification" => "restricted-identification",
        "Privileged Terminal" => "privileged",
        "CAN allowed" => "can-allowed",
        "PIN Management" => "manage-pin",
        "Install Certificate" => "install-certificate",
        "Install Qualified Certificate" => "install-qualified-certificate",
        "Generate electronic signature" => "sign",
        "Generate qualified electronic signature" => "sign-qualified",
        "RFU" => return None,
        role if role.ends_with(" certificate") => return None,
        other => panic!("{other}"),
    };
    Some(name.to_owned())
}

#[test]
fn libeac_verifies_our_certificates() {
    let Some(dir) = workplace("libeac_verifies_our_certificates") else { return };
    let (root, days) = (dir.path(), Days::new());
    for (kind, algorithm, terminal, rights) in [
        ("brainpoolP256r1", "ECDSA-SHA-256", "is", "read-dg3"),
        ("P-224", "ECDSA-SHA-1", "is", "read-dg4"),
        ("brainpoolP320r1", "ECDSA-SHA-224", "is", "none"),
        ("P-384", "ECDSA-SHA-384", "is", "all"),
        ("brainpoolP512r1", "ECDSA-SHA-512", "at", "verify-age,can-allowed,write-dg17"),
        ("rsa2048", "RSA-PSS-SHA-256", "is", "read-dg3"),
        ("rsa1536", "RSA-v1-5-SHA-256", "st", "sign-qualified"),
        ("rsa1024", "RSA-PSS-SHA-1", "st", "sign"),
    ] {
        for entry in ["known/KRCVCA00001", "known/KRDV00001", "is", "cvca.key", "dv.key", "is.key"]
        {
            let _ = fs::remove_file(root.join(entry));
        }
        let create = format!("cvc create {} --algorithm {algorithm}", days.ours());
        iccard(
            root,
            &format!(
                "{create} --role cvca --holder KRCVCA00001 --type {terminal} --rights all \
                 --new {kind} --out-key cvca.key --out known/KRCVCA00001"
            ),
        );
        iccard(
            root,
            &format!(
                "{create} --role dv-domestic --holder KRDV00001 --rights all \
                 --issuer known/KRCVCA00001 --issuer-key cvca.key --out-key dv.key \
                 --out known/KRDV00001"
            ),
        );
        iccard(
            root,
            &format!(
                "{create} --role terminal --holder KRIS00001 --rights {rights} \
                 --issuer known/KRDV00001 --issuer-key dv.key --out-key is.key --out is"
            ),
        );
        agree(root, "known/KRCVCA00001", &days);
        agree(root, "known/KRDV00001", &days);
        agree(root, "is", &days);
        // OpenSSL reads the key file, if it is there.
        if kind.starts_with("rsa") && Command::new("openssl").arg("version").output().is_ok() {
            done(root, "openssl", "pkey -in is.key -noout -check");
        }
        let mut altered = fs::read(root.join("is")).unwrap();
        *altered.last_mut().unwrap() ^= 1;
        fs::write(root.join("altered"), altered).unwrap();
        let (_, printed) = run(root, "cvc-print", "--cvc altered --cvc-dir known");
        assert!(printed.contains("certificate not verified"), "{printed}");
    }
}

#[test]
fn we_verify_the_certificates_of_libeac() {
    let Some(dir) = workplace("we_verify_the_certificates_of_libeac") else { return };
    let (root, days) = (dir.path(), Days::new());
    for (kind, scheme, terminal, right) in [
        ("brainpoolP256r1", "ECDSA_SHA_256", "is", "--read-finger"),
        ("P-256", "ECDSA_SHA_1", "is", "--read-iris"),
        ("brainpoolP384r1", "ECDSA_SHA_384", "at", "--verify-age --write-dg17 --read-dg1"),
        ("P-521", "ECDSA_SHA_512", "st", "--gen-qualified-sig"),
        // Not RSASSA-PSS: libeac signs with as long a salt as fits, and it has to be as long as
        // the digest (ICAO Doc 9303-11 clause 7.1.4.1.1).
        ("rsa2048", "RSA_v1_5_SHA_256", "is", "--read-finger --read-iris"),
    ] {
        for entry in ["cvca.key", "first", "cvca.der", "dv.key", "is.key"] {
            let _ = fs::remove_file(root.join(entry));
        }
        // A key of ours, as cvc-create makes none for a CVCA.
        iccard(
            root,
            &format!(
                "cvc create {} --role cvca --holder KRCVCA00001 --new {kind} --out-key cvca.key \
                 --out first",
                days.ours()
            ),
        );
        let pem = fs::read_to_string(root.join("cvca.key")).unwrap();
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        use base64::{Engine, engine::general_purpose::STANDARD};
        fs::write(root.join("cvca.der"), STANDARD.decode(base64).unwrap()).unwrap();
        let create = format!("{} --scheme {scheme} {right}", days.theirs());
        done(
            root,
            "cvc-create",
            &format!(
                "{create} --role cvca --type {terminal} --chr DECVCA00001 --sign-with cvca.der \
                 --key cvca.der --out-cert known/DECVCA00001"
            ),
        );
        done(
            root,
            "cvc-create",
            &format!(
                "{create} --role dv_foreign --chr DEDV00001 --sign-with cvca.der \
                 --sign-as known/DECVCA00001 --out-cert known/DEDV00001 --out-key dv.key"
            ),
        );
        done(
            root,
            "cvc-create",
            &format!(
                "{create} --role terminal --chr DEIS00001 --sign-with dv.key \
                 --sign-as known/DEDV00001 --out-cert is.cvcert --out-key is.key"
            ),
        );
        agree(root, "known/DECVCA00001", &days);
        agree(root, "known/DEDV00001", &days);
        agree(root, "is.cvcert", &days);
        let verify = "cvc verify --trust known/DECVCA00001 known/DEDV00001";
        let verified = iccard(root, &format!("{verify} is.cvcert"));
        assert_eq!(verified["verified"], true);
        assert_eq!(verified["chain"], serde_json::json!(["DECVCA00001", "DEDV00001", "DEIS00001"]));
        // We issue under their document verifier, with the key file that they wrote.
        iccard(
            root,
            &format!(
                "cvc create {} --role terminal --holder DEIS00002 --issuer known/DEDV00001 \
                 --issuer-key dv.key --key is.key --out ours.cvcert",
                days.ours()
            ),
        );
        agree(root, "ours.cvcert", &days);
        iccard(root, &format!("{verify} ours.cvcert"));
        fs::remove_file(root.join("ours.cvcert")).unwrap();

        let mut altered = fs::read(root.join("is.cvcert")).unwrap();
        *altered.last_mut().unwrap() ^= 1;
        fs::write(root.join("altered"), altered).unwrap();
        let (ok, text) = run(root, env!("CARGO_BIN_EXE_iccard"), &format!("{verify} altered"));
        assert!(!ok && text.contains("DEIS00001: the signature does not verify"), "{text}");
    }
}

#[test]
fn both_refuse_an_expired_terminal_and_another_cvca_of_the_name() {
    const TEST: &str = "both_refuse_an_expired_terminal_and_another_cvca_of_the_name";
    let Some(dir) = workplace(TEST) else { return };
    let (root, days) = (dir.path(), Days::new());
    let create = |arguments: &str| {
        iccard(root, &format!("cvc create {arguments}"));
    };
    for out in ["known/KRCVCA00001", "other"] {
        let new = format!("--new P-256 --out-key {out}.key --out {out}");
        create(&format!("{} --role cvca --holder KRCVCA00001 {new} --rights all", days.ours()));
    }
    create(&format!(
        "{} --role dv-foreign --holder KRDV00001 --rights all --issuer known/KRCVCA00001 \
         --issuer-key known/KRCVCA00001.key --out-key dv.key --out known/KRDV00001",
        days.ours()
    ));
    let yesterday = (UtcDateTime::now() - Duration::days(1)).date();
    let terminal = "--role terminal --issuer known/KRDV00001 --issuer-key dv.key --rights all";
    for (name, last) in [("good", days.last.clone()), ("old", yesterday.to_string())] {
        create(&format!(
            "--effective {} --expires {last} {terminal} --holder KRIS00001 --out-key {name}.key \
             --out {name}",
            days.first
        ));
    }
    let refused = |file: &str, reason: Option<&str>| {
        let (_, printed) = run(root, "cvc-print", &format!("--cvc {file} --cvc-dir known"));
        assert_eq!(printed.contains("\ncertificate verified"), reason.is_none(), "{printed}");
        let verify = format!("cvc verify --trust known/KRCVCA00001 known/KRDV00001 {file}");
        let (ok, text) = run(root, env!("CARGO_BIN_EXE_iccard"), &verify);
        assert_eq!(ok, reason.is_none(), "{text}");
        assert!(text.contains(reason.unwrap_or("VERIFIED")), "{text}");
    };
    refused("good", None);
    refused("old", Some("KRIS00001 expired on"));
    fs::copy(root.join("other"), root.join("known/KRCVCA00001")).unwrap();
    refused("good", Some("KRDV00001: the signature does not verify with the key of KRCVCA00001"));
}
