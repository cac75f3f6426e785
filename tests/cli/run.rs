//! `iccard run`: what comes out of it, and what bad input does to it.

use std::{fs, path::PathBuf};

use super::*;

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("run-{name}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    for (file, text) in files {
        fs::write(dir.join(file), text).unwrap();
    }
    dir
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scripts")
}

#[test]
fn tests_are_told_as_they_end() {
    let dir = folder(
        "told",
        &[(
            "a.apdu",
            "test \"ISO7816_A_01 select\"\n  00A4 040C #(A0000002471001)\nend\n\
             test \"read\"\n  00B0 9E00 04\nend\nassert false \"the end\"\ntest \"never\"\nend\n",
        )],
    );
    let told = text(&dir, &["run", "a.apdu"], 1);
    for words in [
        "ok ISO7816_A_01 select  ",
        "not ok read\n",
        "error[E70]: status 6982, expected 9000",
        "a.apdu:5:3",
        "READ BINARY",
        "`access pace can ..`",
        "error[E76]: the end",
        "1 passed, 2 failed, 1 not run",
    ] {
        assert!(told.contains(words), "{words:?} is not in\n{told}");
    }
    let object = json(&dir, &["run", "a.apdu"], 1);
    assert_eq!(object["files"][0]["tests"][1]["failure"]["sw"], "6982");
    assert_eq!(object["counts"]["not_run"], 1);
}

#[test]
fn passwords_of_the_emulated_card_need_not_be_set_and_appear_nowhere() {
    let script = "secret can = env:ICCARD_CAN or prompt \"CAN\"\nsecret mrz = env:ICCARD_MRZ\n\
                  test \"a\"\naccess pace can %can\nread ef EF.DG1 -> dg1\necho %can\n\
                  assert len(%dg1) > 90\nend\n\
                  test \"b\"\nassert %can == %mrz\nend\n00D6 0000 #(%can)\n";
    let dir = folder("secrets", &[("a.apdu", script)]);
    let args = ["run", "-v", "--junit", "j.xml", "--tap-out", "t.tap", "a.apdu"];
    let mut all = text(&dir, &args, 1);
    assert!(all.contains("•••") && all.contains("1 passed, 2 failed"), "{all}");
    all.push_str(&text(&dir, &["run", "--json", "-v", "a.apdu"], 1));
    for file in ["j.xml", "t.tap"] {
        all.push_str(&fs::read_to_string(dir.join(file)).unwrap());
    }
    // The CAN of card-profiles/resident.toml and what identifies its holder, as text and as bytes.
    let profile = include_str!("../../card-profiles/resident.toml");
    let profile: toml::Table = profile.parse().unwrap();
    let can = profile["secrets"]["can"].as_str().unwrap();
    let number = profile["document"]["number"].as_str().unwrap();
    for secret in [can, number] {
        let hex = hex::encode(secret);
        for form in [secret, &hex, &hex.to_uppercase()] {
            assert!(!all.contains(form), "{form}\n{all}");
        }
    }
}

#[test]
fn bad_input_stops_with_its_place_and_the_report_is_written() {
    let dir = folder(
        "bad",
        &[
            ("endless.apdu", "test \"a\"\nend\nwhile true\nend\n"),
            ("cycle.apdu", "include \"other.apdu\"\n"),
            ("other.apdu", "include \"cycle.apdu\"\n"),
            ("unset.apdu", "00A4 040C #(%aid)\n"),
            ("longer.apdu", "00B0 9C00 02 [31 XX XX XX]\n"),
            ("asks.apdu", "prompt \"number\" -> n\n"),
            ("leaves.apdu", "00B0 9C00 02\nfault tear after 0 apdus\n00B0 9C00 02\n"),
            ("good.apdu", "00B0 9C00 02\n"),
        ],
    );
    fs::write(dir.join("binary.apdu"), [0x30, 0x30, 0x0A, 0xFF, 0xFE]).unwrap();
    let large = fs::File::create(dir.join("large.apdu")).unwrap();
    large.set_len(100 << 20).unwrap();
    for (file, code, words) in [
        ("endless.apdu", 2, &["more than 1000 steps", "endless.apdu:3:", "1 passed, 1 failed"][..]),
        ("cycle.apdu", 2, &["includes itself", "other.apdu:1:"]),
        ("unset.apdu", 2, &["aid", "unset.apdu:1:"]),
        ("longer.apdu", 1, &["the pattern is longer than the answer", "longer.apdu:1:14"]),
        ("asks.apdu", 2, &["asked for", "asks.apdu:1:1"]),
        ("leaves.apdu", 4, &["the card left", "leaves.apdu:3:1"]),
        ("binary.apdu", 7, &["not UTF-8", "line 2"]),
        ("large.apdu", 7, &["larger than"]),
        ("missing.apdu", 7, &["missing.apdu"]),
    ] {
        let junit = format!("{file}.xml");
        let args = ["run", "--max-steps", "1000", "--junit", &junit, file];
        let told = text(&dir, &args, code);
        for words in words {
            assert!(told.contains(words), "{words:?} is not in\n{told}");
        }
        let junit = fs::read_to_string(dir.join(junit)).unwrap();
        assert!(junit.contains(file) && junit.contains("<testcase"), "{junit}");
    }
    let told = text(&dir, &["run", "--non-interactive", "asks.apdu"], 2);
    assert!(told.contains("--non-interactive allows no question"), "{told}");
    // One report of several files, and the worst of their codes.
    let object = json(&dir, &["run", "good.apdu", "leaves.apdu", "longer.apdu"], 4);
    let codes: Vec<_> = object["files"].as_array().unwrap().iter().map(|f| &f["code"]).collect();
    assert_eq!(codes, [0, 4, 1]);
}

// Once the script says that it is there, a signal ends it: in a loop, in a wait. No later file is run.
#[cfg(unix)]
#[test]
fn a_signal_ends_the_run_and_its_report_is_written() {
    use std::io::{BufRead, BufReader};

    for (name, signal, rest) in [
        ("loop", "-INT", "while true\n  sleep 0ms\nend\n"),
        ("wait", "-INT", "sleep 60min\n"),
        ("term", "-TERM", "sleep 60min\n"),
    ] {
        let script = format!(
            "test \"before\"\n  00B0 9C00 02\nend\ntest \"within\"\n  echo \"here\"\n  {rest}end\n\
             test \"after\"\nend\n"
        );
        let dir = folder(name, &[("a.apdu", &script), ("b.apdu", "echo \"later\"\n")]);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_iccard"));
        command.current_dir(&dir).env_remove("ICCARD_CARD").stdout(std::process::Stdio::piped());
        command.args(["run", "--max-steps", &u64::MAX.to_string(), "--junit", "junit.xml"]);
        let mut run = command.args(["a.apdu", "b.apdu"]).spawn().unwrap();
        let mut lines = BufReader::new(run.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.by_ref().any(|line| line == "here"), "{name}");
        let kill = ["kill", signal, &run.id().to_string()].map(str::to_owned);
        assert!(std::process::Command::new("env").args(kill).status().unwrap().success());
        let told = lines.collect::<Vec<_>>().join("\n");
        assert_eq!(run.wait().unwrap().code(), Some(2), "{name}: {told}");
        for words in
            ["not ok within", "error[E92]: the run was stopped", "1 passed, 1 failed, 1 not run"]
        {
            assert!(told.contains(words), "{name}: {words:?} is not in\n{told}");
        }
        assert!(!told.contains("later"), "{name}: {told}");
        let junit = fs::read_to_string(dir.join("junit.xml")).unwrap();
        assert!(junit.contains("the run was stopped") && junit.contains("after"), "{junit}");
    }
}

#[test]
fn files_of_other_programs_run_as_they_are() {
    let (dir, fixtures) = (folder("old", &[]), fixtures());
    let card = ["--card", "emulated:iso-files"];
    let file = |name| fixtures.join(name).display().to_string();
    let (scriptor, pcom) = (file("plain-files.scriptor"), file("plain-files.pcom"));
    let told = text(&dir, &[&["run", "--lenient", &scriptor][..], &card].concat(), 0);
    assert_eq!(told, "1 passed, 0 failed\n");
    let object = json(&dir, &[&["run", &pcom][..], &card].concat(), 0);
    assert!(object["files"][0]["apdus"].as_u64().unwrap() > 20, "{object}");
    // What such a file expects counts.
    let wrong = fs::read_to_string(&pcom).unwrap().replace("names.var", &file("names.var"));
    let dir = folder("pcom", &[("x.pcom", &wrong.replace("[68656C6C6F]", "[68656C6C70]"))]);
    let told = text(&dir, &[&["run", "x.pcom"][..], &card].concat(), 1);
    assert!(told.contains("byte 5 of the answer is"), "{told}");
}

#[test]
fn values_from_the_command_line() {
    let dir = folder(
        "set",
        &[("a.apdu", "00A4 040C #(%aid)\necho %aid %word %pin\nassert len(%pin) == 4\n")],
    );
    let mut command = iccard(&dir);
    command.env("THE_PIN", "8642");
    command.args(["run", "--set", "aid=A0 000002471001", "--set", "word=five", "a.apdu"]);
    command.args(["--set-secret", "pin=env:THE_PIN"]);
    let output = command.assert().code(0).get_output().clone();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told, "A0000002471001 five •••\n1 passed, 0 failed\n");
    text(&dir, &["run", "--set", "8=1", "a.apdu"], 2);
    text(&dir, &["run", "--set-secret", "pin=1234", "a.apdu"], 2);
}
