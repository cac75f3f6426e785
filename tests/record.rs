//! Recordings through the program: what stands in them, what they answer, and that one seed is one
//! dialogue, whichever way it goes.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Output},
};

use iccard::{
    lds::File,
    profile::{self, BUILT_IN},
    transport::{Masked, Recording},
};
use serde_json::Value;

use crate::support::card;

const PROGRAM: &str = env!("CARGO_BIN_EXE_iccard");

fn iccard(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.current_dir(dir).args(args).env("ICCARD_DATA", dir.join("data"));
    for variable in ["CARD", "CAN", "PIN", "PUK", "MRZ", "BAP"] {
        command.env_remove(format!("ICCARD_{variable}"));
    }
    command.output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("{e}: {:?} {}", output.status, String::from_utf8_lossy(&output.stderr))
    })
}

fn load(path: &Path) -> Recording {
    Recording::load(path).unwrap()
}

fn wire(recording: &Recording) -> Vec<(String, String)> {
    let text = |masked: &Masked| masked.to_string();
    let pair = |exchange: &iccard::transport::RecordedExchange| {
        (text(&exchange.command), exchange.response.as_ref().map(text).unwrap_or_default())
    };
    recording.exchanges().map(pair).collect()
}

/// Every built-in card: its secrets, every stretch of its files and of what was said.
#[test]
fn a_redacted_recording_tells_no_secret_and_a_full_one_is_the_same_tap() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (name, _) in BUILT_IN {
        let card = format!("emulated:{name}");
        let (full, redacted) = (format!("{name}.full"), format!("{name}.redacted"));
        let mut tap = vec!["tap", "--json", "--card", &card, "--seed", "s", "--record", &full];
        let live = iccard(dir, &[&tap[..], &["--record-secrets"]].concat());
        tap[7] = &redacted;
        let again = iccard(dir, &tap);
        assert_eq!(live.status.code(), again.status.code(), "{name}");
        if *name == "iso-files" {
            // None to tap: what it was asked is recorded all the same.
            assert!(!live.status.success() && load(&dir.join(full)).exchanges().count() > 0);
            continue;
        }
        let (full, redacted) = (dir.join(full), dir.join(redacted));

        // The same seed, so the same bytes but for what is left out.
        let (all, cut) = (load(&full), load(&redacted));
        assert_eq!(all.exchanges().count(), cut.exchanges().count(), "{name}");
        let mut seen = BTreeSet::new();
        for (a, b) in all.exchanges().zip(cut.exchanges()) {
            assert_eq!((a.n, &a.step, a.command.len()), (b.n, &b.step, b.command.len()), "{name}");
            seen.extend(b.meant().and_then(|(_, response)| response.bytes()).map(<[u8]>::to_vec));
        }
        let text = std::fs::read_to_string(&redacted).unwrap();
        let personalised = card::built_in(name);
        let secrets = &personalised.profile.secrets;
        let mrz = personalised.mrz.as_ref().map(|mrz| mrz.as_str().to_owned());
        let can = Some(secrets.can.to_string());
        let pin = secrets.pin.as_ref().map(|pin| pin.to_string());
        for secret in [mrz, can, pin].into_iter().flatten().filter(|s| s.len() >= 6) {
            let hex = hex::encode_upper(&secret);
            assert!(!text.contains(&secret) && !text.contains(&hex), "{name}: {secret}");
        }
        for (file, bytes) in &personalised.files {
            if matches!(file, File::CardAccess | File::AtrInfo) {
                continue;
            }
            // Object identifiers are in many files; what is longer is in one.
            for window in bytes.windows(16).step_by(8) {
                let hex = hex::encode_upper(window);
                let public = seen.iter().any(|bytes| hex::encode_upper(bytes).contains(&hex));
                assert!(public || !text.contains(&hex), "{name}: {file} has {hex}");
            }
        }
        // Of what went over the wire only choices, EF.CardAccess, EF.ATR/INFO and statuses.
        for exchange in cut.exchanges() {
            let (command, response) = exchange.meant().unwrap();
            let step = exchange.step.as_deref().unwrap_or_default();
            let plain_file = step == "EF.CardAccess" || step == "EF.ATR/INFO";
            let hidden = response.len() == 2 || response.bytes().is_none();
            assert!(plain_file || hidden, "{name}: {step}: {response:?}");
            let chosen = step.contains("SELECT") || step.contains("MSE:Set AT");
            let short = command.bytes().is_none_or(|bytes| bytes.len() <= 7);
            assert!(chosen || short, "{name}: {step}: {command}");
        }

        // Without the card, and judged alike.
        let replay = format!("replay:{}", full.display());
        let replayed = iccard(dir, &["tap", "--json", "--card", &replay]);
        let judged = matches!(replayed.status.code(), Some(0 | 1));
        let (live, replayed) = (json(&live), json(&replayed));
        if live.get("error").is_some() {
            // A card that is none to tap says the same again.
            assert_eq!(live["error"]["message"], replayed["error"]["message"], "{name}");
            continue;
        }
        assert!(judged, "{name}: {replayed}");
        for field in ["access", "pace", "holder", "apdus", "bytes_to_card", "bytes_from_card"] {
            assert_eq!(live[field], replayed[field], "{name}: {field}");
        }
        assert_eq!(live["verdict"]["passive"], replayed["verdict"]["passive"], "{name}");
        // Who wrote the recording held the keys: it shows nothing of a chip that is there.
        assert_eq!(replayed["verdict"]["level"], "L1", "{name}");
        assert_eq!(replayed["card"]["replayed"]["card"], card.as_str());
        assert_eq!(replayed["card"]["emulated"], false);
        let refused =
            iccard(dir, &["tap", "--json", "--card", &format!("replay:{}", redacted.display())]);
        assert_eq!(refused.status.code(), Some(2));
        let help = json(&refused)["error"]["help"].to_string();
        assert!(help.contains("record with --record-secrets"), "{help}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_argument_that_is_no_text_is_recorded_without_harm() {
    use std::os::unix::ffi::OsStrExt as _;
    let dir = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"\xFF.rec");
    let mut command = Command::new(PROGRAM);
    command.current_dir(dir.path()).env("ICCARD_DATA", dir.path().join("data"));
    command.args(["tap", "--card", "emulated", "--record-secrets", "--record"]).arg(name);
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("--record-secrets: passwords"), "{told}");
    assert!(load(&dir.path().join(name)).exchanges().count() > 0);
}

#[test]
fn another_dialogue_is_refused_with_line_expected_got_and_why() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let made = iccard(dir, &["tap", "--record", "r", "--record-secrets"]);
    assert!(made.status.success());
    let warned = String::from_utf8(made.stderr).unwrap();
    assert!(warned.contains("WITH SECRETS"), "{warned}");
    let error = |args: &[&str]| {
        let output = iccard(dir, &[&["tap", "--json", "--card", "replay:r"], args].concat());
        assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stdout));
        json(&output)["error"].clone()
    };
    let seed = error(&["--seed", "another"]);
    assert_eq!(seed["step"], "PACE 2 of 4, mapping");
    let (expected, got) = (seed["expected"].to_string(), seed["got"].to_string());
    assert!(expected.contains("10860000 of 75 bytes with byte "), "{expected}");
    assert!(got.contains("10860000 of 75 bytes with another one"), "{got}");
    let message = seed["message"].as_str().unwrap();
    assert!(message.contains("r:6: ") && message.contains("another seed, password"), "{message}");
    // The CAN is first used for what the terminal answers with.
    assert_eq!(error(&["--can", "000000"])["step"], "PACE 3 of 4, key agreement");
    assert_eq!(error(&["--max-apdu", "short"])["step"], "SELECT eMRTD application");

    // Of another version, it says so.
    let text = std::fs::read_to_string(dir.join("r")).unwrap();
    let version = format!("\"program\":\"{}\"", env!("CARGO_PKG_VERSION"));
    std::fs::write(dir.join("r"), text.replacen(&version, "\"program\":\"0.0.1\"", 1)).unwrap();
    let version = error(&["--seed", "another"])["message"].to_string();
    assert!(version.contains("recorded by version 0.0.1, this is"), "{version}");
    // Cut off, it answers as far as it goes.
    let cut: Vec<_> = text.lines().take(12).collect();
    std::fs::write(dir.join("r"), cut.join("\n")).unwrap();
    let cut = error(&[])["message"].to_string();
    assert!(cut.contains("r:13: nothing more expected") && cut.contains("cut off"), "{cut}");
}

#[test]
fn the_time_of_judging_is_the_recorded_one_unless_asked() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    assert!(iccard(dir, &["tap", "--record", "r", "--record-secrets"]).status.success());
    let text = std::fs::read_to_string(dir.join("r")).unwrap();
    let header: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let time = header["recording"]["time"].as_str().unwrap();
    // A day on which the certificates were good, and one on which they are no more.
    std::fs::write(dir.join("r"), text.replacen(time, "2025-03-04T05:06:07Z", 1)).unwrap();
    let tap = |args: &[&str], code: i32| {
        let output = iccard(dir, &[&["tap", "--json", "--card", "replay:r"], args].concat());
        assert_eq!(output.status.code(), Some(code));
        json(&output)
    };
    let then = tap(&["--evidence", "e"], 0);
    assert_eq!(then["card"]["replayed"]["time"], "2025-03-04T05:06:07Z");
    let evidence = std::fs::read_to_string(dir.join("e")).unwrap();
    assert!(evidence.contains("2025-03-04T05:06:07"), "{evidence}");
    let late = tap(&["--at", "2090-01-01"], 1);
    assert_eq!(late["verdict"]["verified"], false);
    let output = iccard(dir, &["tap", "--at", "2090-01-01"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn recordings_are_private_new_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let apdu = ["apdu", "00A40000023F00", "00B09C0000", "0020000106313233343536", "--record", "r"];
    assert!(iccard(dir, &apdu).status.success());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir.join("r")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let text = std::fs::read_to_string(dir.join("r")).unwrap();
    assert!(!text.contains("3132333435"), "{text}");
    let twice = iccard(dir, &apdu);
    assert_eq!(twice.status.code(), Some(7), "never over a file that is there");
    assert_eq!(std::fs::read_to_string(dir.join("r")).unwrap(), text);
    let idle = iccard(dir, &["profile", "check", "resident", "--record", "x"]);
    assert_eq!(idle.status.code(), Some(2));
    let absent = iccard(dir, &["tap", "--card", "emulated:none.toml", "--record", "x"]);
    assert!(!absent.status.success() && !dir.join("x").exists());

    let shown = json(&iccard(dir, &["record", "show", "r", "--json"]));
    assert_eq!((&shown["redacted"], &shown["complete"]), (&true.into(), &true.into()));
    assert_eq!(shown["entries"].as_array().unwrap().len(), 3);
    assert_eq!(shown["entries"][2]["name"], "VERIFY");
    let printed = String::from_utf8(iccard(dir, &["record", "show", "r"]).stdout).unwrap();
    assert!(printed.contains("no secrets and no personal data"), "{printed}");
    let damaged = text.replacen("\"n\":2", "\"n\":7", 1);
    std::fs::write(dir.join("damaged"), damaged).unwrap();
    let error = json(&iccard(dir, &["record", "show", "damaged", "--json"]));
    assert_eq!(error["error"]["code"], 7);
    assert!(error["error"]["message"].as_str().unwrap().starts_with("damaged:3:1: "));
}

#[test]
fn exports_are_lines_in_plain_and_a_dump_of_the_wire() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (file, secrets) in [("full", Some("--record-secrets")), ("redacted", None)] {
        let args = ["tap", "--seed", "s", "--record", file];
        assert!(iccard(dir, &args.into_iter().chain(secrets).collect::<Vec<_>>()).status.success());
    }
    let wire = wire(&load(&dir.join("full")));
    let export = |file, format| {
        let output = iccard(dir, &["record", "export", file, "--format", format]);
        String::from_utf8(output.stdout).unwrap()
    };
    let dump = export("full", "dump");
    let hex: Vec<_> = dump.lines().filter(|line| !line.starts_with('#')).collect();
    let pairs: Vec<_> = hex.chunks(2).map(|p| (p[0].to_owned(), p[1].to_owned())).collect();
    assert_eq!(pairs, wire);
    assert!(dump.contains("\n# ATR: 3B8A80018031F873F741E082900075\n"), "{dump}");
    let partly = export("redacted", "dump");
    assert!(partly.lines().all(|line| line.starts_with('#') || !line.contains('[')), "{partly}");

    let lines: Vec<Value> =
        export("full", "lines").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), wire.len());
    let dg1 = lines.iter().find(|line| line["step"] == "EF.DG1").unwrap();
    assert_eq!(dg1["protected"], true);
    let read = hex::encode_upper(&profile::resident().unwrap().files[&File::Dg1]);
    assert_eq!(dg1["response"], format!("{read}6282"));
}

#[test]
fn one_seed_is_one_dialogue_on_two_runs_and_no_seed_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for name in ["resident", "passport-eac", "passport-bac"] {
        let card = format!("emulated:{name}");
        let tap = |file: &str, seed: Option<&str>| {
            let mut args = vec!["tap", "--card", &card, "--record", file, "--record-secrets"];
            args.extend(seed.iter().flat_map(|seed| ["--seed", seed]));
            assert!(iccard(dir, &args).status.success(), "{name}");
            wire(&load(&dir.join(file)))
        };
        let file = |run: &str| format!("{name}-{run}");
        let one = tap(&file("1"), Some("a seed"));
        assert_eq!(one, tap(&file("2"), Some("a seed")), "{name}");
        assert_ne!(one, tap(&file("3"), Some("another")), "{name}");
        assert_ne!(tap(&file("4"), None), tap(&file("5"), None), "{name}");
    }
}

/// The copy of a card has its files byte for byte, opens as it does, and cannot prove to be it.
#[test]
fn a_recording_becomes_a_profile_whose_chip_proves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for name in ["resident", "passport-pace-gm", "passport-pace-cam", "passport-bac"] {
        let (card, full) = (format!("emulated:{name}"), format!("{name}.rec"));
        let tap = ["tap", "--json", "--card", &card, "--record", &full, "--record-secrets"];
        let original = json(&iccard(dir, &[&tap[..], &["--evidence", "original"]].concat()));
        let copy = format!("{name}.toml");
        let made = iccard(dir, &["profile", "from-recording", &full, "--out", &copy]);
        let said = String::from_utf8(made.stdout).unwrap();
        assert!(made.status.success(), "{name}: {said}");
        let warned = String::from_utf8(made.stderr).unwrap();
        assert!(warned.contains("Profiles are for synthetic persons"), "{warned}");
        let text = std::fs::read_to_string(dir.join(&copy)).unwrap();
        assert!(text.contains("PROFILES ARE FOR SYNTHETIC PERSONS"));
        assert!(text.contains("the private keys of the chip are in no recording"));

        let trust = format!("{name}.anchors");
        assert!(iccard(dir, &["profile", "anchors", name, "--out", &trust]).status.success());
        let card = format!("emulated:{copy}");
        let tap = ["tap", "--json", "--card", &card, "--trust", &trust, "--evidence", "copied"];
        let tapped = iccard(dir, &tap);
        assert_eq!(tapped.status.code(), Some(1), "{}", String::from_utf8_lossy(&tapped.stderr));
        let copied = json(&tapped);
        assert_eq!(copied["holder"], original["holder"], "{name}");
        assert_eq!(copied["verdict"]["passive"]["result"], "passed", "{copied:#}");
        assert_ne!(copied["verdict"]["chip"]["result"], "passed", "{copied:#}");
        let files = |file: &str| {
            let text = std::fs::read_to_string(dir.join(file)).unwrap();
            let mut files = serde_json::from_str::<Value>(&text).unwrap()["files"].clone();
            files.as_object_mut().unwrap().remove("EF.HolderVerification");
            files
        };
        assert_eq!(files("copied"), files("original"), "{name}");
    }
    // Without the bytes there is nothing to copy.
    assert!(iccard(dir, &["tap", "--record", "redacted"]).status.success());
    let refused = iccard(dir, &["profile", "from-recording", "redacted"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[cfg(has_pcsc)]
#[test]
fn one_seed_is_one_dialogue_over_both_transports() {
    use std::process::Stdio;

    use crate::support::pcscd::{self, Pcscd, Running, VPCD};

    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let cards = [("resident", "--can"), ("passport-bac", "--mrz")];
    for (name, flag) in cards {
        // A daemon each: the card that is not the first in a reader has other dialogues behind it.
        let pcscd = match Pcscd::start() {
            Ok(pcscd) => pcscd,
            Err(why) => return pcscd::skip("one_seed_is_one_dialogue_over_both_transports", &why),
        };
        let mut emulate = pcscd.command(PROGRAM);
        emulate.args(["emulate", name, "--vpcd", VPCD, "--seed", "a seed"]).stdin(Stdio::null());
        let _card = Running(emulate.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap());
        let trust = dir.join(name);
        let anchors = ["profile", "anchors", name, "--out", trust.to_str().unwrap()];
        assert!(iccard(dir, &anchors).status.success());

        let personalised = card::built_in(name);
        let password = match flag {
            "--can" => personalised.profile.secrets.can.to_string(),
            _ => personalised.mrz.as_ref().unwrap().as_str().to_owned(),
        };
        let tap = ["tap", "--seed", "a seed", "--record-secrets", flag, &password, "--record"];
        let emulated = format!("emulated:{name}");
        let near = iccard(dir, &[&tap[..], &["near", "--card", &emulated]].concat());
        assert!(near.status.success(), "{}", String::from_utf8_lossy(&near.stderr));
        let mut far = pcscd.client(PROGRAM);
        far.current_dir(dir).args(tap).args(["far", "--card", "pcsc:00 00", "--wait", "30"]);
        far.arg("--trust").arg(&trust).env_remove("ICCARD_CARD");
        let far = far.output().unwrap();
        assert!(far.status.success(), "{}", String::from_utf8_lossy(&far.stderr));
        let (near, far) = (dir.join("near"), dir.join("far"));
        assert_eq!(wire(&load(&near)), wire(&load(&far)), "{name}");
        for file in [near, far] {
            std::fs::remove_file(file).unwrap();
        }
    }
}
