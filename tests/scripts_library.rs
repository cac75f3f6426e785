//! The scripts of `apdu-scripts`, every block of their manual, and scripts that come from elsewhere,
//! through the program: each runs on the emulated card that it is for.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use iccard::{profile, script::Code};

const PROGRAM: &str = env!("CARGO_BIN_EXE_iccard");
const MANUAL: &str = include_str!("../apdu-scripts/README.md");

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("apdu-scripts")
}

fn iccard(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(dir).args(args);
    for variable in ["CARD", "CAN", "PIN", "PUK", "MRZ", "BAP", "NEW_PIN"] {
        command.env_remove(format!("ICCARD_{variable}"));
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn done(mut command: Command) -> Output {
    command.output().unwrap()
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{:?}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}

// What a script says in its first lines: `# card: emulated:resident`.
fn headed<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("# {name}: ");
    text.lines().take_while(|line| line.starts_with('#')).find_map(|l| l.strip_prefix(&start))
}

fn scripts(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "apdu"))
        .collect();
    found.sort();
    found
}

#[test]
fn every_script_passes_its_check_and_runs_on_its_card() {
    let mut all = scripts(&folder());
    all.extend(scripts(&folder().join("conformance")));
    assert!(all.len() >= 10);
    for path in all {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.to_str().unwrap();
        let short = path.strip_prefix(folder()).unwrap().display().to_string();
        assert!(MANUAL.contains(&format!("`{short}`")), "{short} is not in the manual");
        let checked = done(iccard(&folder(), &["run", name, "--check"]));
        assert_eq!(checked.status.code(), Some(0), "{short}: {}", told(&checked));
        let card = headed(&text, "card").unwrap();
        let args = ["run", name, "--card", card, "--non-interactive", "--seed", "library"];
        let mut command = iccard(&folder(), &args);
        for given in headed(&text, "env").unwrap_or_default().split_whitespace() {
            let (variable, value) = given.split_once('=').unwrap();
            command.env(variable, value);
        }
        let ran = done(command);
        assert_eq!(ran.status.code(), Some(0), "{short}: {}", told(&ran));
        let told = told(&ran);
        assert!(!told.contains("skipped\n") || short == "ef-dir-walk.apdu", "{short}: {told}");
    }
}

#[test]
fn libraries_pass_their_check() {
    for path in scripts(&folder().join("lib")) {
        let checked = done(iccard(&folder(), &["run", path.to_str().unwrap(), "--check"]));
        assert_eq!(checked.status.code(), Some(0), "{}: {}", path.display(), told(&checked));
    }
}

// Blocks that are marked `apdu`, each with the line it begins at, its marks and its text.
fn blocks() -> Vec<(usize, Vec<&'static str>, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, Vec<&str>, String)> = None;
    for (at, line) in MANUAL.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, _, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, Some(marks)) => {
                open = Some((at + 1, marks.split(',').collect(), String::new()));
            }
            (None, None) => {}
        }
    }
    blocks.retain(|(_, marks, _)| marks.first() == Some(&"apdu"));
    blocks
}

#[test]
fn every_block_of_the_manual_does_what_it_says() {
    let blocks = blocks();
    assert!(blocks.len() >= 30, "{}", blocks.len());
    for (line, marks, text) in blocks {
        let card = marks.iter().find_map(|mark| mark.strip_prefix("card=")).unwrap_or("resident");
        let card = format!("emulated:{card}");
        let mut args = vec!["run", "-", "--card", &card, "--non-interactive", "--seed", "manual"];
        let (checks, fails) = (marks.contains(&"check"), marks.contains(&"fails"));
        if checks {
            args.push("--check");
        }
        let mut command = iccard(&folder(), &args);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let ran = child.wait_with_output().unwrap();
        let code = ran.status.code().unwrap();
        assert_eq!(code != 0, fails, "README.md:{line}: {}", told(&ran));
        assert!(code <= 6, "README.md:{line}: {}", told(&ran));
    }
}

#[test]
fn the_manual_has_every_kind_of_diagnostic() {
    let kinds = Code::all();
    let rows: Vec<String> = kinds.map(|(code, what)| format!("| {code} | {what} |")).collect();
    let table = format!("| code | |\n|---|---|\n{}\n", rows.join("\n"));
    let (_, rest) = MANUAL.split_once("<!-- codes -->\n").unwrap();
    let (written, _) = rest.split_once("<!-- /codes -->").unwrap();
    if std::env::var_os("ICCARD_BLESS").is_some() {
        let text = MANUAL.replace(written, &table);
        fs::write(folder().join("README.md"), text).unwrap();
        return;
    }
    assert_eq!(written, table, "ICCARD_BLESS=1 writes it");
}

// A tap that was recorded is a script that does the same again, whichever card it was, and no secret
// and nothing of the person stands in it.
#[test]
fn a_recorded_tap_runs_again_as_a_script() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let cards = [
        "resident",
        "resident-key-only",
        "passport-bac",
        "passport-eac",
        "passport-pace-cam",
        "eid-pin",
        "driving-licence-bap",
    ];
    for name in cards {
        let card = format!("emulated:{name}");
        for secrets in [false, true] {
            let (recording, script) =
                (format!("{name}-{secrets}.rec"), format!("{name}-{secrets}.apdu"));
            let mut args = vec!["tap", "--card", &card, "--seed", "s", "--record", &recording];
            if secrets {
                args.push("--record-secrets");
            }
            let tapped = done(iccard(dir, &args));
            assert_eq!(tapped.status.code(), Some(0), "{name}: {}", told(&tapped));
            let made = done(iccard(dir, &["script", "import", &recording, "-o", &script]));
            assert_eq!(made.status.code(), Some(0), "{name}: {}", told(&made));
            let ran = done(iccard(dir, &["run", &script, "--card", &card, "--non-interactive"]));
            let text = fs::read_to_string(dir.join(&script)).unwrap();
            assert_eq!(ran.status.code(), Some(0), "{name}: {text}{}", told(&ran));
            assert!(text.contains("access "), "{name}: {text}");
            for secret in secrets_of(name) {
                assert!(!text.contains(&secret), "{name}: {text}");
            }
        }
    }
}

fn secrets_of(name: &str) -> Vec<String> {
    let (_, text) = profile::BUILT_IN.iter().find(|(built_in, _)| *built_in == name).unwrap();
    let values: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(key, value)| (key, value.trim_matches('"')))
        .collect();
    let keys = ["can", "pin", "puk", "number", "surname", "national_surname", "resident_number"];
    let found: Vec<_> = keys.iter().filter_map(|key| values.get(key)).collect();
    assert!(!found.is_empty(), "{name}");
    found.iter().flat_map(|value| [(**value).to_owned(), hex::encode_upper(value)]).collect()
}

#[test]
fn other_programs_files_come_and_go() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let put = |name: &str, text: &str| fs::write(dir.join(name), text).unwrap();
    put(
        "walk.jcsh",
        "/card\n/set-var app A0000002471001\n/send 00A40400#(${app})00 6F*9000\n/atr\n/upload x\n",
    );
    put(
        "walk.pcom",
        ".DEFINE %A A0000002471001\n.POWER_ON\n00A4 040C 07 %A (9000)\n00B0 9E00 00 (69XX)\n",
    );
    put("list.txt", "00:A4:04:0C:07:A0:00:00:02:47:10:01\n00:B0:9E:00:00\n");
    put("two.scr", "powerup;\n0x00 0xB0 0x9C 0x00 0x00 0x00;\npowerdown;\n");
    for (name, format) in [
        ("walk.jcsh", "jcshell"),
        ("walk.pcom", "pcom"),
        ("list.txt", "opensc-tool"),
        ("two.scr", "apdutool"),
    ] {
        let out = format!("{name}.apdu");
        let made = done(iccard(dir, &["script", "import", name, "-o", &out, "--json"]));
        assert_eq!(made.status.code(), Some(0), "{name}: {}", told(&made));
        let answer: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
        assert_eq!(answer["from"], format, "{answer}");
        assert_eq!(answer["notes"].as_array().unwrap().len(), usize::from(name == "walk.jcsh"));
        let ran = done(iccard(dir, &["run", &out, "--card", "emulated:resident"]));
        assert_eq!(ran.status.code(), Some(0), "{name}: {}", told(&ran));
    }
    // A file of a person that was imported is for its owner alone, and never over another.
    let again = done(iccard(dir, &["script", "import", "walk.pcom", "-o", "walk.pcom.apdu"]));
    assert_eq!(again.status.code(), Some(7), "{}", told(&again));

    let gone = done(iccard(dir, &["script", "export", "walk.pcom.apdu", "--to", "scriptor"]));
    assert_eq!(gone.status.code(), Some(0), "{}", told(&gone));
    let text = String::from_utf8(gone.stdout).unwrap();
    assert!(
        text.ends_with("00 A4 04 0C 07 A0 00 00 02 47 10 01\n# expected: 69XX\n00 B0 9E 00 00\n"),
        "{text}"
    );
    put("back.txt", &text);
    let ran = done(iccard(dir, &["run", "back.txt", "--lenient", "--card", "emulated:resident"]));
    assert_eq!(ran.status.code(), Some(0), "{}", told(&ran));

    // Each failure says its step, what was expected, what came, and what to do.
    put("bad.jcsh", "/send 00A4\n/send 00A\n");
    put("if.apdu", "00B0 9C00 00\nif sw == 9000\nend\n");
    put("wrong.apdu", "00B0 9C0\n");
    put("no.txt", "hello there\n");
    for (args, code, place) in [
        (&["script", "import", "bad.jcsh"][..], 2, "line 2, column 7"),
        (&["script", "import", "no.txt"], 2, "none of the formats"),
        (&["script", "import", "missing"], 7, "missing"),
        (&["script", "export", "if.apdu", "--to", "scriptor"], 2, "if.apdu:2:1"),
        (&["script", "export", "wrong.apdu", "--to", "pcom"], 2, "wrong.apdu:1:6"),
    ] {
        let failed = done(iccard(dir, args));
        assert_eq!(failed.status.code(), Some(code), "{args:?}: {}", told(&failed));
        assert!(told(&failed).contains(place), "{args:?}: {}", told(&failed));
        let failed = done(iccard(dir, &[args, &["--json"]].concat()));
        let answer: serde_json::Value = serde_json::from_slice(&failed.stdout).unwrap();
        assert_eq!(answer["error"]["code"], code, "{answer}");
        assert!(answer["error"]["step"].is_string(), "{answer}");
    }
}
