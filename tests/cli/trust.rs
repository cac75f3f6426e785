//! The trust store and evidence from the command line.

use std::path::Path;

use serde_json::Value;

use super::{iccard, json, text};

// The resident card's CSCA in a folder `A`, another card's in `B`.
fn anchors(dir: &Path) {
    text(dir, &["profile", "anchors", "resident", "--out", "A"], 0);
    text(dir, &["profile", "new", "other.toml", "--seed", "other"], 0);
    text(dir, &["profile", "anchors", "other.toml", "--out", "B"], 0);
}

#[test]
fn evidence_is_judged_again_by_whoever_is_in_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    anchors(dir);
    let tap = json(dir, &["tap", "--evidence", "E"], 0);
    assert_eq!(tap["evidence"], "E");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir.join("E")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // Nobody is believed yet, then somebody else, then the right one.
    let nobody = text(dir, &["verify", "E"], 1);
    assert!(nobody.contains("no trust anchor was given"), "{nobody}");
    assert!(nobody.contains("nobody is believed"), "{nobody}");
    text(dir, &["trust", "import", "B"], 0);
    assert_eq!(json(dir, &["verify", "E"], 1)["verdict"]["passive"]["chain"]["result"], "failed");
    text(dir, &["trust", "import", "A"], 0);
    let verified = json(dir, &["verify", "E"], 0);
    let verdict = &verified["verdict"];
    assert_eq!((&verdict["verified"], &verdict["level"]), (&true.into(), &"L1".into()));
    assert_eq!(verdict["judged_at"], tap["verdict"]["judged_at"]);
    assert_eq!(
        (&verdict["trust"]["count"], &verdict["trust"]["crls"]["count"]),
        (&2.into(), &0.into())
    );
    assert_eq!(verdict["weak"], Value::Array(vec![]));
    let reason = verdict["chip"]["chip_authentication"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("not provable to a third party"), "{reason}");
    // A folder given overrides the store.
    assert_eq!(json(dir, &["verify", "E", "--trust", "B"], 1)["verdict"]["trust"]["source"], "B");

    let said = text(dir, &["verify", "E", "--at", "2090-01-01"], 1);
    assert!(said.contains("not at 2090-01-01T00:00:00Z"), "{said}");
    assert!(said.contains("judged at 2090-01-01T00:00:00Z"), "{said}");
    let now = json(dir, &["verify", "E", "--at", "now"], 0);
    assert_ne!(now["verdict"]["judged_at"], verdict["judged_at"]);
    assert_eq!(json(dir, &["verify", "E", "--at", "soon"], 2)["error"]["code"], 2);
}

#[test]
fn altered_evidence_is_not_verified_and_what_is_none_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    anchors(dir);
    text(dir, &["tap", "--evidence", "E"], 0);
    let good: Value = serde_json::from_slice(&std::fs::read(dir.join("E")).unwrap()).unwrap();
    let judged = |value: &Value, code| {
        std::fs::write(dir.join("F"), value.to_string()).unwrap();
        json(dir, &["verify", "F", "--trust", "A"], code)
    };
    judged(&good, 0);
    for file in ["EF.DG1", "EF.DG2", "EF.SOD"] {
        let mut bad = good.clone();
        let text = bad["files"][file].as_str().unwrap();
        let at = text.len() - 10;
        let with = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
        bad["files"][file] = format!("{}{with}{}", &text[..at], &text[at + 1..]).into();
        assert_eq!(judged(&bad, 1)["verdict"]["verified"], false, "{file}");
    }
    let mut bad = good.clone();
    bad["active_authentication"]["challenge"] = "AAAAAAAAAAA".into();
    assert_eq!(judged(&bad, 1)["verdict"]["chip"]["result"], "failed");
    let mut bad = good;
    bad["schema"] = 2.into();
    let error = judged(&bad, 1);
    assert!(error["error"]["message"].as_str().unwrap().contains("schema 1 expected, 2 came"));
    assert_eq!(json(dir, &["verify", "nowhere"], 7)["error"]["step"], "read the evidence");
    std::fs::write(dir.join("F"), vec![b' '; 2 << 20]).unwrap();
    assert!(text(dir, &["verify", "F"], 1).contains("too large"));
}

#[test]
fn the_store_says_what_it_took_and_what_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    anchors(dir);
    let empty = json(dir, &["trust", "list"], 0);
    assert_eq!(empty["certificates"], Value::Array(vec![]));
    // A broken file beside a good one, and one of no kind.
    std::fs::write(dir.join("A/broken.cer"), b"0").unwrap();
    std::fs::write(dir.join("A/words.txt"), b"passed over").unwrap();
    let report = json(dir, &["trust", "import", "A", "B"], 0);
    assert_eq!((&report["added"], &report["known"]), (&2.into(), &0.into()));
    let faults = report["faults"].as_array().unwrap();
    assert!(faults.len() == 1 && faults[0]["name"].as_str().unwrap().ends_with("broken.cer"));
    let said = text(dir, &["trust", "import", "A"], 0);
    assert!(said.contains("0 certificates, 1 that were there already, 1 left out"), "{said}");
    let list = json(dir, &["trust", "list"], 0);
    let store = dir.join("data/trust");
    assert_eq!(list["store"], store.display().to_string());
    assert_eq!(list["certificates"].as_array().unwrap().len(), 2);
    let first = &list["certificates"][0];
    assert_eq!((&first["country"], &first["link"]), (&"KR".into(), &false.into()));
    assert_eq!(first["key"], "P-256");
    let said = text(dir, &["trust", "list", "--country", "kr"], 0);
    assert!(said.contains("CN=TEST CSCA KR,O=TEST iccard,C=KR"), "{said}");
    assert!(
        json(dir, &["trust", "list", "--country", "JP"], 0)["certificates"] == Value::Array(vec![])
    );

    // Nothing to take, nothing there, and a store that is broken.
    let nothing = json(dir, &["trust", "import", "A/broken.cer"], 1);
    assert_eq!(nothing["added"], 0);
    assert_eq!(json(dir, &["trust", "import", "nowhere.cer"], 7)["error"]["code"], 7);
    let kept = std::fs::read_dir(&store).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&kept, b"0").unwrap();
    let error = json(dir, &["trust", "list"], 7);
    assert_eq!(error["error"]["step"], "read the trust store");
    text(dir, &["tap", "--evidence", "E"], 0);
    assert_eq!(json(dir, &["verify", "E"], 7)["error"]["code"], 7);
    // Its place is the platform's where none is given.
    let home = dir.join("home");
    let mut command = iccard(dir);
    command.env_remove("ICCARD_DATA").env("HOME", &home).env("XDG_DATA_HOME", home.join("share"));
    let output = command.args(["trust", "list"]).assert().success().get_output().clone();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!cfg!(target_os = "linux") || said.contains("home/share/iccard/trust"), "{said}");
}
