//! `iccard conform` on every card of the library: no case fails, what does not apply is what was
//! reviewed, and a chip with a mistake is found out by a named case.

use std::{fs, path::Path, process::Command, time::Duration};

use iccard::{
    conform::{Capabilities, Capability, Outcome, Plan, Report, Secrets, cases, junit, run},
    emulator::{Card, Defect, SeededEnv},
    lds::File,
    profile::{BUILT_IN, Personalised},
    protocol::pace::Password,
    transport::Loopback,
};
use serde_json::Value;

use crate::support::card::built_in;

fn chip(card: &Personalised, defects: &[Defect]) -> Loopback<Card> {
    let chip = Card::from_profile(card, Box::new(SeededEnv::new(b"conform"))).unwrap();
    Loopback::new(chip.with_defects(defects.iter().copied()))
}

fn judge(card: &Personalised, defects: &[Defect], plan: &Plan) -> Report {
    run(&mut chip(card, defects), &Capabilities::of_profile(card), plan, &mut |_| {}).unwrap()
}

// The ids of a reviewed file, or of a report.
fn ids(list: &str) -> Vec<&str> {
    list.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

#[test]
fn no_case_fails_on_a_card_of_the_library() {
    let all = std::thread::scope(|scope| {
        let runs: Vec<_> = BUILT_IN
            .iter()
            .filter(|(name, _)| reviewed(name).exists())
            .map(|(name, _)| (*name, scope.spawn(|| judge(&built_in(name), &[], &Plan::default()))))
            .collect();
        runs.into_iter().map(|(name, run)| (name, run.join().unwrap())).collect::<Vec<_>>()
    });
    assert!(all.len() >= 9);
    let mut applied = std::collections::BTreeSet::new();
    for (name, report) in &all {
        println!(
            "{name}: {} passed, {} failed, {} not applicable",
            report.passed(),
            report.failed(),
            report.not_applicable()
        );
        for case in &report.cases {
            match &case.outcome {
                Outcome::Failed(failure) => panic!("{name}, {}: {failure}", case.id),
                Outcome::Passed => {
                    assert!(!case.exchanges.is_empty(), "{name}, {}: nothing was done", case.id);
                    applied.insert(case.id.clone());
                }
                Outcome::NotApplicable(missing) => assert!(!missing.is_empty()),
            }
        }
        let text = fs::read_to_string(reviewed(name)).unwrap();
        assert_eq!(ids(&report.not_applicable_list()), ids(&text), "{name}");
    }
    // A case that applies to no card is a case that nobody has seen pass.
    for (name, report) in others() {
        for case in &report.cases {
            match &case.outcome {
                Outcome::Failed(failure) => panic!("{name}, {}: {failure}", case.id),
                Outcome::Passed => _ = applied.insert(case.id.clone()),
                Outcome::NotApplicable(_) => {}
            }
        }
    }
    let ids = cases().into_iter().map(|case| case.id);
    let never: Vec<_> =
        ids.filter(|id| id.starts_with("ISO7816_") && !applied.contains(id)).collect();
    assert_eq!(never, [""; 0]);
}

// What no card of the library has: MODP groups for PACE and for CA by MSE:Set AT, PACE-CAM with CA
// by MSE:Set KAT, and the data groups that stand empty.
fn others() -> Vec<(&'static str, Report)> {
    let with = |name: &str, changes: &[(&str, &str)]| {
        let (_, text) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name).unwrap();
        let changed = changes.iter().fold((*text).to_owned(), |text, (old, new)| {
            assert_eq!(text.matches(old).count(), 1, "{old}");
            text.replace(old, new)
        });
        iccard::profile::check(&changed, "other.toml".as_ref()).unwrap().personalise().unwrap()
    };
    let aes = "cipher = \"AES-128\"\n";
    let group = format!("group = \"MODP-1024-160\"\n{aes}");
    let groups = with(
        "passport-eac",
        &[
            (
                &format!("mapping = \"GM\"\ncurve = \"brainpoolP256r1\"\n{aes}"),
                &format!("mapping = \"GM\"\n{group}"),
            ),
            (&format!("curve = \"P-256\"\n{aes}"), &group),
        ],
    );
    let key = format!("curve = \"P-256\"\n{aes}");
    let mapping = with("passport-pace-cam", &[(&key, "curve = \"P-256\"\ncipher = \"3DES\"\n")]);
    let mut full = built_in("passport-eac");
    let empty = [4, 5, 6, 7, 8, 9, 10, 13, 15, 16].map(|n| File::from_data_group(n).unwrap());
    for file in empty {
        full.files.insert(file, vec![file.tag().unwrap().value() as u8, 0x04, 1, 2, 3, 4]);
    }
    let units = |names: &[&str]| Plan {
        units: names.iter().map(|unit| format!("ISO7816_{unit}")).collect(),
        ..Plan::default()
    };
    vec![
        ("MODP groups", judge(&groups, &[], &units(&["P", "I"]))),
        ("PACE-CAM with MSE:Set KAT", judge(&mapping, &[], &units(&["I"]))),
        ("all data groups", judge(&full, &[], &units(&["B", "D", "E", "O"]))),
    ]
}

fn reviewed(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("card-profiles/conformance");
    folder.join(format!("{name}.txt"))
}

/// Which case finds which mistake, on which card.
const CAUGHT: [(Defect, &str, &str); 25] = [
    (Defect::PlainSelect, "ISO7816_C_16", "passport-bac"),
    (Defect::AnyToken, "ISO7816_P_35", "resident"),
    (Defect::OldKeysAlive, "ISO7816_I_17", "resident"),
    (Defect::ShortChallenge, "ISO7816_R_6", "passport-bac"),
    (Defect::AnyMac, "ISO7816_C_13", "passport-bac"),
    (Defect::AnyCounter, "ISO7816_C_14", "passport-bac"),
    (Defect::MissingMac, "ISO7816_C_12", "passport-bac"),
    (Defect::Do97Ignored, "ISO7816_D_1", "passport-bac"),
    (Defect::CardSecurityOpen, "ISO7816_S_5", "eid-pin"),
    (Defect::FilesOpen, "ISO7816_B_21", "passport-bac"),
    (Defect::SelectOpen, "ISO7816_O_1", "resident"),
    (Defect::StaleChallenge, "ISO7816_C_4", "passport-bac"),
    (Defect::OffCurve, "ISO7816_P_30", "resident"),
    (Defect::ZeroPoint, "ISO7816_I_22", "resident"),
    (Defect::DhAbovePrime, "ISO7816_I_13", "passport-rsa-legacy"),
    (Defect::MissingDo80, "ISO7816_P_64", "resident"),
    (Defect::UnknownPassword, "ISO7816_P_8", "resident"),
    (Defect::Do8aInGm, "ISO7816_P_78", "resident"),
    (Defect::ChainingIgnored, "ISO7816_P_55", "resident"),
    (Defect::CommandBetween, "ISO7816_P_59", "resident"),
    (Defect::FailedCaEnds, "ISO7816_I_18", "resident"),
    (Defect::AnyChallengeLength, "ISO7816_R_3", "passport-bac"),
    (Defect::ExtraObject, "ISO7816_P_22", "resident"),
    (Defect::StatusNotProtected, "ISO7816_C_10", "passport-bac"),
    (Defect::RightsAfterSmError, "ISO7816_C_18", "passport-bac"),
];

#[test]
fn each_mistake_of_a_chip_is_found_by_its_case() {
    let named: Vec<_> = CAUGHT.iter().map(|(defect, ..)| *defect).collect();
    assert_eq!(named, Defect::ALL);
    for (defect, case, profile) in CAUGHT {
        let card = built_in(profile);
        let plan = Plan::case(case);
        let right = judge(&card, &[], &plan);
        assert_eq!((right.passed(), right.cases.len()), (1, 1), "{case} on {profile}");
        let wrong = judge(&card, &[defect], &plan);
        let Outcome::Failed(failure) = &wrong.cases[0].outcome else {
            panic!("{case} does not find {defect} on {profile}")
        };
        println!("{defect}: {case} on {profile}: {failure}");
    }
}

#[test]
fn a_seed_repeats_a_run_to_the_byte() {
    let card = built_in("resident");
    let dialogue = |seed: &str| {
        let plan = Plan { seed: seed.into(), ..Plan::default() };
        let plan = Plan { units: vec!["ISO7816_I".into(), "LDS_D".into()], ..plan };
        let report = judge(&card, &[], &plan);
        report.cases.into_iter().map(|case| (case.id, case.exchanges)).collect::<Vec<_>>()
    };
    assert_eq!(dialogue("one"), dialogue("one"));
    assert_ne!(dialogue("one"), dialogue("two"));
}

#[test]
fn a_card_declares_by_itself_what_its_profile_says() {
    for name in ["passport-eac", "resident", "passport-pace-cam"] {
        let card = built_in(name);
        let secrets = Secrets {
            mrz_information: card.mrz.as_ref().map(|mrz| mrz.as_str().to_owned().into()),
            can: Some(Password::can(&card.profile.secrets.can)),
            ..Secrets::default()
        };
        let timeout = Duration::from_secs(60);
        let own = Capabilities::of_card(&mut chip(&card, &[]), secrets, timeout).unwrap();
        // What no card tells: whether it knows odd INS, and what the terminal can show.
        let untold = [Capability::OddIns, Capability::Ta, Capability::Csca];
        let told = |capabilities: &Capabilities| {
            let all = capabilities.all().into_iter();
            all.filter(|c| !untold.contains(c)).collect::<Vec<_>>()
        };
        assert_eq!(told(&own), told(&Capabilities::of_profile(&card)), "{name}");
        // By its own declaration no case fails either.
        let plan = Plan { units: vec!["ISO7816_R".into(), "LDS_E".into()], ..Plan::default() };
        let report = run(&mut chip(&card, &[]), &own, &plan, &mut |_| {}).unwrap();
        assert_eq!(report.failed(), 0, "{name}");
        assert!(report.passed() > 0, "{name}");
    }
}

#[test]
fn the_command_tells_each_case_and_its_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let iccard = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iccard"));
        for variable in ["ICCARD_CARD", "ICCARD_CAN", "ICCARD_MRZ", "ICCARD_PIN"] {
            command.env_remove(variable);
        }
        command.current_dir(dir.path()).arg("conform").args(args).output().unwrap()
    };
    let json = |args: &[&str], code: i32| -> Value {
        let output = iccard(&[args, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let card = ["--card", "emulated:passport-bac"];
    let one = json(&[&card[..], &["--case", "ISO7816_C_16"]].concat(), 0);
    assert_eq!((&one["schema"], &one["counts"]["passed"]), (&1.into(), &1.into()));
    assert_eq!(one["declared"]["by"], "the profile passport-bac");
    let exchange = &one["cases"][0]["exchanges"][0];
    assert_eq!(exchange["command"], "00A4040C07A0000002471001");
    assert_eq!((&exchange["expected"], &exchange["got"]), (&"9000".into(), &"9000".into()));

    let wrong = ["--case", "ISO7816_C_16", "--defect", "plain-select-keeps-channel"];
    let found = json(&[&card[..], &wrong].concat(), 1);
    assert_eq!(found["cases"][0]["result"], "failed");
    assert_eq!(found["cases"][0]["failure"]["expected"], "an error 64xx-6Fxx");

    // The reviewed file of a profile is what --not-applicable writes.
    let files = ["--unit", "ISO7816_A", "--not-applicable", "na.txt"];
    json(&[&card[..], &files].concat(), 0);
    assert_eq!(ids(&fs::read_to_string(dir.path().join("na.txt")).unwrap()).len(), 2);
    let again = ["--unit", "ISO7816_A", "--reviewed", "na.txt"];
    assert_eq!(json(&[&card[..], &again].concat(), 0)["reviewed"]["same"], true);
    let other = ["--unit", "ISO7816_B", "--reviewed", "na.txt"];
    assert_eq!(json(&[&card[..], &other].concat(), 1)["reviewed"]["same"], false);

    for (args, step) in [
        (&["--unit", "ISO7816_Z"][..], "read the arguments"),
        (&["--defect", "no-such"], "read the arguments"),
        (&["--card", "vpcd:127.0.0.1:0"], "access"),
        (&["--card", "vpcd:127.0.0.1:0", "--defect", "files-open"], "open the card"),
    ] {
        let error = json(args, 2)["error"].clone();
        assert_eq!(error["step"], step, "{args:?}");
        assert!(
            error["expected"].is_string() && error["help"].is_string() || step == "open the card"
        );
    }
    assert_eq!(json(&["--list"], 0)["defects"].as_array().unwrap().len(), 25);
}

// The check is that of a reader of XML which is not ours.
#[test]
fn junit_is_read_by_python() {
    if Command::new("python3").arg("--version").output().is_err() {
        return crate::support::skipped("junit_is_read_by_python", "no python3");
    }
    let card = built_in("passport-bac");
    let plan = Plan { units: vec!["ISO7816_C".into(), "LDS_B".into()], ..Plan::default() };
    let report = judge(&card, &[Defect::AnyMac], &plan);
    assert!(report.failed() > 0 && report.passed() > 0);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("junit.xml");
    fs::write(&path, junit(&report, "a <card> & \"more\"")).unwrap();
    let script = "\
import sys, xml.etree.ElementTree as E
root = E.parse(sys.argv[1]).getroot()
assert root.tag == 'testsuites' and root.get('name') == 'a <card> & \"more\"', root.attrib
suites = root.findall('testsuite')
cases = [c for s in suites for c in s.findall('testcase')]
count = lambda tag: sum(c.find(tag) is not None for c in cases)
assert [s.get('name') for s in suites] == ['ISO7816_C', 'LDS_B']
for s in suites: assert int(s.get('tests')) == len(s.findall('testcase'))
print(len(cases), count('failure'), count('skipped'), root.get('tests'), root.get('failures'))
try:
    import junitparser
    xml = junitparser.JUnitXml.fromfile(sys.argv[1])
    assert (xml.tests, xml.failures, xml.errors) == (len(cases), count('failure'), 0)
except ImportError:
    pass
";
    let output = Command::new("python3").arg("-c").arg(script).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (all, failed) = (report.cases.len(), report.failed());
    let skipped = report.not_applicable();
    let told = format!("{all} {failed} {skipped} {all} {failed}\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), told);
}
