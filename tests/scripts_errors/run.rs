//! Every error of a run and of an export, as the program shows it.
//!
//! Each script in `run` is run on the emulated card, or on that of its `# card:` line; what is shown
//! stands beside it in a file ending in `.txt`. `ICCARD_BLESS=1` writes those anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use iccard::script::Code;

/// What no script can bring about: a program that is loaded has its files, and a signal ends a run in
/// a test of its own.
const WITHOUT_FILE: [Code; 2] = [Code::NOT_LOADED, Code::STOPPED];

// How long an answer took is another time each run.
fn without_times(text: &str) -> String {
    let words = text.split_inclusive([' ', '\n', ',']);
    let shown = words.map(|word| {
        let bare = word.trim_end_matches([' ', '\n', ',']);
        let number = bare.strip_suffix("µs").or_else(|| bare.strip_suffix("ms"));
        let is_time =
            number.is_some_and(|number| !number.is_empty() && number.parse::<f64>().is_ok());
        if is_time { word.replacen(bare, "[time]", 1) } else { word.to_owned() }
    });
    shown.collect()
}

#[test]
fn every_error_of_a_run_is_shown_as_it_was() {
    let mut shown = golden("run", |folder, name, text| {
        let card = text.lines().find_map(|line| line.strip_prefix("# card: "));
        let mut iccard = Command::cargo_bin("iccard").unwrap();
        iccard.current_dir(folder).env("NO_COLOR", "1").env_remove("ICCARD_CARD");
        iccard.args(["run", name, "--seed", "golden", "--non-interactive", "--max-steps", "1000"]);
        iccard.args(["--card", card.unwrap_or("emulated")]);
        let output = iccard.output().unwrap();
        let drawn = without_times(&String::from_utf8(output.stdout).unwrap());
        format!("{drawn}exit {}\n", output.status.code().unwrap())
    });
    shown.extend(WITHOUT_FILE);
    assert_eq!(shown, codes(70..100));
}

/// Each script in `export` says in its first line for which program it cannot be written.
#[test]
fn every_error_of_an_export_is_shown_as_it_was() {
    let shown = golden("export", |folder, name, text| {
        let to = text.lines().find_map(|line| line.strip_prefix("# to: ")).unwrap();
        let mut iccard = Command::cargo_bin("iccard").unwrap();
        iccard.current_dir(folder).args(["script", "export", name, "--to", to]);
        let output = iccard.output().unwrap();
        assert!(output.stdout.is_empty(), "{name}");
        let drawn = String::from_utf8(output.stderr).unwrap();
        format!("{drawn}exit {}\n", output.status.code().unwrap())
    });
    assert_eq!(shown, codes(100..u16::MAX));
}

fn codes(range: std::ops::Range<u16>) -> BTreeSet<Code> {
    Code::all().map(|(code, _)| code).filter(|code| range.contains(&code.0)).collect()
}

/// Compares what `show` gives for each script of the folder with the file beside it, and gives the
/// codes that the scripts are named after.
fn golden(folder: &str, show: impl Fn(&Path, &str, &str) -> String) -> BTreeSet<Code> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts_errors").join(folder);
    let bless = std::env::var_os("ICCARD_BLESS").is_some();
    let (mut shown, mut different) = (BTreeSet::new(), Vec::new());
    let mut scripts: Vec<_> = fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|end| end == "apdu"));
    scripts.sort();
    for path in &scripts {
        let name = path.file_name().unwrap().to_str().unwrap();
        let drawn = show(&folder, name, &fs::read_to_string(path).unwrap());
        let own: u16 = name.split('-').next().unwrap().parse().unwrap();
        assert!(drawn.contains(&format!("error[E{own}]")), "{name}: {drawn}");
        shown.insert(Code(own));
        let golden = path.with_extension("txt");
        if bless {
            fs::write(&golden, &drawn).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != drawn {
            different.push(format!("{name} now gives\n{drawn}"));
        }
    }
    assert!(different.is_empty(), "ICCARD_BLESS=1 keeps these:\n{}", different.join("\n"));
    shown
}
