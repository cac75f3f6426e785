//! The command line: the README's blocks run as they are printed, and every kind of failure has
//! its message and its exit code.

#[cfg(feature = "credentials")]
mod credential;
mod decode;
mod key_only;
#[cfg(feature = "issuer")]
mod ledger;
#[cfg(feature = "issuer")]
mod office;
mod policy;
mod profile;
mod report;
mod run;
mod trust;

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn iccard(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iccard"));
    command.current_dir(dir);
    for variable in [
        "ICCARD_CARD",
        "ICCARD_CAN",
        "ICCARD_PIN",
        "ICCARD_PUK",
        "ICCARD_MRZ",
        "ICCARD_BAP",
        "ICCARD_ISSUER",
        "ICCARD_CA",
        "ICCARD_CLERK_TOKEN",
    ] {
        command.env_remove(variable);
    }
    // Not the trust store of whoever runs the tests.
    command.env("ICCARD_DATA", dir.join("data"));
    command.env("ICCARD_CACHE", dir.join("cache"));
    command
}

fn json(dir: &Path, args: &[&str], code: i32) -> Value {
    let output = iccard(dir).args(args).arg("--json").assert().code(code).get_output().clone();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stdout)))
}

fn text(dir: &Path, args: &[&str], code: i32) -> String {
    let output = iccard(dir).args(args).assert().code(code).get_output().clone();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_readme_runs_as_printed() {
    // In a folder of its own, for some commands write files.
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    let _ = std::fs::remove_dir_all(&dir);
    for sandbox in ["README.in", "README.out"] {
        std::fs::create_dir_all(dir.join(sandbox)).unwrap();
    }
    std::fs::copy("README.md", dir.join("README.md")).unwrap();
    copy(Path::new("apdu-scripts"), &dir.join("README.in/apdu-scripts"));
    let cases = trycmd::TestCases::new();
    cases.env("ICCARD_CARD", "emulated").case(dir.join("README.md").to_str().unwrap());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

#[test]
#[cfg(unix)]
fn the_readmes_shell_blocks_run_as_printed() {
    let readme = include_str!("../../README.md");
    let program = Path::new(env!("CARGO_BIN_EXE_iccard")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let blocks: Vec<_> = readme.split("```sh\n").skip(1).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let script = block.split("```").next().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut sh = Command::new("sh");
        sh.current_dir(dir.path()).env("PATH", &path).env_remove("ICCARD_CARD");
        let output = sh.args(["-euc", script]).assert().success().get_output().clone();
        let printed = String::from_utf8(output.stdout).unwrap();
        // What is said to be printed last stands in the next block.
        let said = readme.split(script).nth(1).unwrap().split("```text\n").nth(1).unwrap();
        assert!(printed.ends_with(said.split("```").next().unwrap()), "{printed}");
    }
}

// As printed, but for the port, which has to be a free one.
#[test]
#[cfg(all(unix, feature = "issuer", feature = "wallet"))]
fn the_readmes_issuer_runs_as_printed() {
    let readme = include_str!("../../README.md");
    let program = Path::new(env!("CARGO_BIN_EXE_iccard")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let block = readme.split("```sh issuing\n").nth(1).unwrap().split("```").next().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let script = block.replace("8443", &free.to_string());
    let dir = tempfile::tempdir().unwrap();
    let mut sh = Command::new("sh");
    sh.current_dir(dir.path()).env("PATH", &path).env_remove("ICCARD_CARD");
    sh.env("ICCARD_DATA", dir.path().join("data")).env("ICCARD_CACHE", dir.path().join("cache"));
    let trap = "trap 'kill $! 2>/dev/null' EXIT\n";
    let output =
        sh.args(["-euc", &format!("{trap}{script}")]).assert().success().get_output().clone();
    let printed = String::from_utf8(output.stdout).unwrap();
    for word in ["listening https://", "VERIFIED", "revoked", "the old phone is revoked"] {
        assert!(printed.contains(word), "{word}: {printed}");
    }
}

#[test]
fn a_tap_writes_the_face() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("face.jpg"), "an older one").unwrap();
    let printed = text(dir.path(), &["tap", "--face", "face.jpg"], 0);
    let face = std::fs::read(dir.path().join("face.jpg")).unwrap();
    assert!(face.starts_with(&[0xFF, 0xD8, 0xFF]) && face.ends_with(&[0xFF, 0xD9]));
    let row = format!("face      face.jpg   JPEG, 240 x 320, {} B", face.len());
    assert!(printed.contains(&row), "{printed}");
    let tap = json(dir.path(), &["tap", "--face", "portrait"], 0);
    assert_eq!(tap["face"], "portrait");
    assert_eq!(std::fs::read(dir.path().join("portrait")).unwrap(), face);

    let wrong = json(dir.path(), &["tap", "--face", "face.png"], 2);
    assert_eq!(
        (&wrong["error"]["expected"], &wrong["error"]["got"]),
        (&".jpg, .jpeg".into(), &".png".into())
    );
    assert_eq!(wrong["error"]["help"], "give --face face.jpg");
    // What can be no picture is said before the card is asked.
    let wrong = json(dir.path(), &["tap", "--face", "face.txt", "--can", "000000"], 2);
    assert_eq!(wrong["error"]["step"], "write the face");
    assert!(!dir.path().join("face.png").exists() && !dir.path().join("face.txt").exists());

    // A face that nobody vouches for is written too, and said to be such.
    let dir = dir.path();
    text(dir, &["profile", "new", "other.toml", "--seed", "other"], 0);
    text(dir, &["profile", "anchors", "other.toml", "--out", "others"], 0);
    let printed = text(dir, &["tap", "--trust", "others", "--face", "unknown.jpg"], 1);
    assert!(printed.contains("the face is not shown to be genuine"), "{printed}");
    assert_eq!(std::fs::read(dir.join("unknown.jpg")).unwrap(), face);
}

#[test]
fn every_test_that_the_readme_names_exists() {
    let readme = include_str!("../../README.md");
    let named: Vec<_> = readme
        .split('`')
        .filter_map(|word| word.split_once("::"))
        .filter(|(module, _)| {
            ["vectors_", "interop_", "passive_"].iter().any(|kind| module.starts_with(kind))
        })
        .collect();
    assert!(named.len() > 30, "{}", named.len());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for (module, test) in named {
        let files = [root.join(format!("{module}.rs")), root.join(module).join("mod.rs")];
        let found = files.iter().filter_map(|file| std::fs::read_to_string(file).ok());
        let wanted = format!("#[test]\nfn {test}()");
        assert!(found.into_iter().any(|text| text.contains(&wanted)), "{module}::{test}");
    }
}

#[test]
fn a_tap_says_the_same_in_json() {
    let dir = tempfile::tempdir().unwrap();
    let tap = json(dir.path(), &["tap"], 0);
    assert_eq!(tap["schema"], 1);
    assert_eq!(tap["verdict"]["passive"]["result"], "passed");
    assert_eq!(tap["verdict"]["chip"]["result"], "passed");
    assert_eq!(tap["verdict"]["level"], "L3");
    assert_eq!(tap["access"], "pace-can");
    assert_eq!(tap["card"]["source"], "emulated:resident");
    assert_eq!(tap["trust"]["source"], "emulated:resident");
    assert_eq!(tap["holder"]["name"], "홍길동");
    assert_eq!(tap["apdus"], 19);
    for field in ["bytes_to_card", "bytes_from_card", "micros"] {
        assert!(tap[field].as_u64().is_some_and(|n| n > 0), "{field}");
    }
    assert!(tap["steps"].as_array().unwrap().iter().all(|step| step["micros"].is_u64()));
    assert!(json(dir.path(), &["tap", "--max-apdu", "short"], 0)["apdus"].as_u64().unwrap() <= 99);
}

#[test]
fn each_failure_has_its_exit_code_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let misspelt = iccard::profile::RESIDENT.replace("\ncan = ", "\ncann = ");
    std::fs::write(dir.join("misspelt.toml"), misspelt).unwrap();
    std::fs::create_dir(dir.join("empty")).unwrap();
    for (args, code, step, said) in [
        (&["tap", "--can", "000000"][..], 5, "PACE", "the CAN is wrong"),
        (&["tap", "--pin", "000000"], 5, "PACE", "2 tries left"),
        (&["tap", "--mrz", "short"], 2, "read the MRZ", "too short"),
        (&["tap", "--card", "replay:file"], 7, "read the recording", "file"),
        (&["tap", "--card", "emulated:misspelt.toml"], 2, "", "cann"),
        (&["tap", "--card", "emulated:nowhere.toml"], 7, "read the profile", "nowhere.toml"),
        (&["tap", "--trust", "empty"], 7, "read the trust anchors", "empty"),
        (&["tap", "--card", "vpcd:127.0.0.1:0", "--wait", "0", "--can", "1"], 3, "transport", ""),
        (&["tap", "--card", "vpcd:127.0.0.1:0"], 2, "access", "--can"),
        (&["apdu", "00A"], 2, "parse the command", "hexadecimal"),
        (&["apdu", "00B00004078A"], 2, "parse the command", "--raw"),
        (&["request", "challenge", "--commit", "zz", "--out", "S"], 2, "read H_dev", "H_dev"),
        (&["request", "verify", "F", "--session", "S", "--trust", "."], 7, "read the request", "F"),
    ] {
        let error = json(dir, args, code)["error"].clone();
        assert_eq!(error["code"], code, "{args:?}");
        if !step.is_empty() {
            assert_eq!(error["step"], step, "{args:?}: {error}");
        }
        let told = text(dir, args, code);
        assert!(told.contains(said), "{args:?}: {told}");
    }
    let unknown = json(dir, &["tap", "--nonsense"], 2);
    assert_eq!(unknown["error"]["code"], 2);
}

#[test]
fn a_misspelt_key_is_named_with_its_line_and_the_right_one() {
    let dir = tempfile::tempdir().unwrap();
    let misspelt = iccard::profile::RESIDENT.replace("\ncan = ", "\ncann = ");
    let line = 1 + misspelt.lines().position(|line| line.starts_with("cann")).unwrap();
    std::fs::write(dir.path().join("card.toml"), misspelt).unwrap();
    let told = text(dir.path(), &["profile", "check", "card.toml"], 2);
    assert!(told.contains(&format!("card.toml:{line}")), "{told}");
    assert!(told.contains("cann") && told.contains("`can`"), "{told}");
}

#[test]
fn a_stranger_is_not_verified() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    text(dir, &["profile", "new", "other.toml", "--seed", "other"], 0);
    text(dir, &["profile", "anchors", "resident", "--out", "A"], 0);
    let verified = json(dir, &["tap", "--card", "emulated:other.toml"], 0);
    assert_eq!(verified["verdict"]["verified"], true);
    let refused = text(dir, &["tap", "--card", "emulated:other.toml", "--trust", "A"], 1);
    assert!(refused.contains("NOT VERIFIED"), "{refused}");
    // A profile is never written over.
    text(dir, &["profile", "new", "other.toml"], 7);
}

#[test]
fn a_request_is_good_once_and_for_its_own_session_and_keys() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let commit = |out: &str| json(dir, &["request", "keys", "--out", out], 0)["h_dev"].clone();
    let (h_dev, other) = (commit("K"), commit("K2"));
    for (commit, out) in [(&h_dev, "S"), (&h_dev, "S2"), (&other, "S3")] {
        let commit = format!("--commit={}", commit.as_str().unwrap());
        text(dir, &["request", "challenge", &commit, "--out", out], 0);
    }
    text(dir, &["profile", "anchors", "resident", "--out", "A"], 0);
    text(dir, &["tap", "--request", "F", "--keys", "K", "--session", "S"], 0);
    let verify = |request: &str, session: &str, code| {
        json(dir, &["request", "verify", request, "--session", session, "--trust", "A"], code)
    };
    let reason =
        |verdict: &Value, check: &str| verdict[check]["reason"].as_str().unwrap().to_owned();
    // Another session of the same keys, another device's session: refused, and nothing is used up.
    assert!(reason(&verify("F", "S2", 1), "binding").contains("session"));
    assert!(reason(&verify("F", "S3", 1), "binding").contains("session"));
    let mut tampered = std::fs::read_to_string(dir.join("F")).unwrap();
    let middle = tampered.len() / 2;
    let flipped = if tampered.as_bytes()[middle] == b'A' { "B" } else { "A" };
    tampered.replace_range(middle..=middle, flipped);
    std::fs::write(dir.join("T"), tampered).unwrap();
    assert_eq!(verify("T", "S", 1)["signature"]["result"], "failed");
    let accepted = verify("F", "S", 0);
    assert_eq!((&accepted["verdict"], &accepted["level"]), (&"ACCEPT".into(), &"L2".into()));
    assert!(reason(&verify("F", "S", 1), "binding").contains("used again"));
    // Keys that were made after the challenge do not even tap.
    let late = text(dir, &["tap", "--request", "G", "--keys", "K2", "--session", "S2"], 1);
    assert!(late.contains("other device keys"), "{late}");
    assert!(!dir.join("G").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for secret in ["F", "K"] {
            let mode = std::fs::metadata(dir.join(secret)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{secret} is for its owner alone");
        }
    }
}

#[test]
fn the_dialogue_shown_has_no_secret_and_no_person() {
    let dir = tempfile::tempdir().unwrap();
    let shown = text(dir.path(), &["tap", "-v", "--json"], 0);
    let dialogue: String = shown.lines().filter(|l| l.starts_with(['>', '<', '#'])).collect();
    assert!(dialogue.contains("READ BINARY, short EF identifier 02 (EF.DG2) (secure messaging)"));
    let card = iccard::profile::resident().unwrap();
    let secrets = &card.profile.secrets;
    for secret in [secrets.can.as_bytes(), secrets.pin.as_ref().unwrap().as_bytes()] {
        assert!(!dialogue.contains(&hex::encode_upper(secret)));
        assert!(!dialogue.contains(std::str::from_utf8(secret).unwrap()));
    }
    for file in [iccard::lds::File::Dg1, iccard::lds::File::Dg11] {
        assert!(!dialogue.contains(&hex::encode_upper(&card.files[&file][8..24])));
    }
}

#[test]
fn completions_and_manual_pages_come_from_one_source() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(text(dir.path(), &["completions", shell], 0).contains("iccard"));
    }
    text(dir.path(), &["man", "--out", "man"], 0);
    assert!(dir.path().join("man/iccard-tap.1").exists());
}

#[test]
fn every_way_into_a_card_has_its_flags() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let tap = |card: &'static str, flags: &[&'static str]| {
        let address = format!("emulated:{card}");
        let args = ["tap", "--card", &address].into_iter().chain(flags.iter().copied());
        args.map(str::to_owned).collect::<Vec<_>>()
    };
    let printed = ["--doc-no", "TB0000001", "--birth", "1999-07-15", "--expiry", "350101"];
    let wrong = ["--doc-no", "TB0000001", "--birth", "1999-07-16", "--expiry", "350101"];
    let no_date = ["--doc-no", "TB0000001", "--birth", "1999-13-16", "--expiry", "350101"];
    let line = "D1UTO2L898902C36A7XQ49KD2M5R<9";
    for (args, code, expected) in [
        (tap("passport-bac", &printed), 0, "VERIFIED"),
        (tap("passport-bac", &wrong), 5, "date of birth"),
        (tap("passport-bac", &no_date), 2, "--birth"),
        (tap("passport-bac", &printed[..4]), 2, "--expiry"),
        (tap("passport-bac", &["--can", "271828"]), 2, "give --mrz, or --doc-no"),
        (tap("passport-eac", &["--allow-bac"]), 2, "for BAC the MRZ is expected"),
        (tap("eid-pin", &["--pin", ""]), 2, "--pin: not made of digits"),
        (tap("driving-licence-bap", &[]), 0, "BAP, 3DES"),
        (tap("driving-licence-bap", &["--bap", line]), 5, "machine-readable line"),
        (tap("driving-licence-bap", &["--bap", "D1UTO"]), 2, "30 characters"),
        (tap("eid-pin", &[]), 0, "password PIN"),
        (tap("eid-pin", &["--pin", "000000"]), 5, "2 tries left"),
        (tap("eid-pin", &["--puk", "2236067977"]), 1, "--pin"),
        (tap("eid-pin", &["--puk", "0000000000"]), 5, "PUK"),
        (tap("passport-eac", &["--terminal-key", "none.pem"]), 2, "--cvc-chain"),
    ] {
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let said = text(dir, &args, code);
        assert!(said.contains(expected), "{args:?}: {said}");
    }
}

#[test]
fn a_terminals_certificates_come_from_files() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for profile in ["passport-eac", "eid-pin"] {
        text(dir, &["profile", "terminal", profile, "--out", profile], 0);
    }
    let tap = |own: &str, key: &str, code| {
        let key = format!("{key}/terminal.pem");
        let card = "emulated:passport-eac";
        let args = ["tap", "--card", card, "--cvc-chain", own, "--terminal-key", &key];
        json(dir, &args, code)
    };
    let said = tap("passport-eac", "passport-eac", 0);
    assert_eq!(said["terminal_authentication"]["result"], "passed");
    assert_eq!(said["terminal_authentication"]["rights"][0], "read-dg3");
    // Another country's: the passport is read all the same, but for the fingers.
    let said = tap("eid-pin", "eid-pin", 0);
    assert_eq!(said["terminal_authentication"]["result"], "failed");
    assert_eq!(said["verdict"]["passive"]["groups"]["unread"][0], "EF.DG3");
    // A key that belongs to none of the certificates.
    let said = tap("passport-eac", "eid-pin", 2);
    assert_eq!(said["error"]["step"], "read the terminal's certificates");
    let said = json(dir, &["profile", "terminal", "passport-bac", "--out", "none"], 2);
    assert!(said["error"]["message"].as_str().unwrap().contains("no Terminal Authentication"));
}

#[test]
fn a_request_is_written_only_where_a_verifier_could_take_it() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let commitment = text(dir, &["request", "keys", "--out", "K"], 0);
    let commit = format!("--commit={}", commitment.trim());
    text(dir, &["request", "challenge", &commit, "--out", "S"], 0);
    for (card, code, expected) in [
        ("passport-eac", 1, "no Active Authentication"),
        ("driving-licence-bap", 1, "driving licence"),
        ("passport-rsa-legacy", 0, "request"),
    ] {
        let (address, file) = (format!("emulated:{card}"), format!("{card}.jwt"));
        let args = ["tap", "--card", &address, "--request", &file, "--keys", "K", "--session", "S"];
        let said = text(dir, &args, code);
        assert!(said.contains(expected), "{card}: {said}");
        assert_eq!(dir.join(&file).exists(), code == 0, "{card}");
    }
}
