//! Every error of a script's text and of a check without a card, as it is drawn.
//!
//! For each file in `files` that is no `lib`, what is found in it stands beside it in a file ending
//! in `.txt`. `ICCARD_BLESS=1` writes those anew.

mod run;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use iccard::script::{
    Code, Diagnostic, Files, Loader, Program, Sources,
    check::{Known, check},
    syntax::{MAX_TEXT, SourceId, parse},
};

/// What no file shows: it would be too large.
const WITHOUT_FILE: [Code; 4] =
    [Code::TOO_LARGE, Code::INCLUDE_DEPTH, Code::TOO_MANY_FILES, Code::TOO_MANY_PARTS];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts_errors/files")
}

// The scripts, by their names.
fn scripts() -> Vec<PathBuf> {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.filter(|p| p.extension().is_some_and(|e| e == "apdu")).collect();
    files.sort();
    assert!(files.len() > 50, "{} scripts", files.len());
    files
}

// Files beside the script, under names without a path of this machine.
struct Beside;

impl Loader for Beside {
    fn load(&mut self, from: &str, path: &str) -> Result<(String, String), String> {
        let from = folder().join(from);
        let (name, text) = Files.load(&from.to_string_lossy(), path).map_err(|why| {
            // What an operating system says differs between them.
            if why.contains("UTF-8") { why } else { "no such file".to_owned() }
        })?;
        let name = Path::new(&name).strip_prefix(folder()).unwrap().to_string_lossy().into_owned();
        Ok((name, text))
    }
}

fn found(name: &str, text: &str) -> (Sources, Vec<Diagnostic>) {
    match Program::load(name, text, &mut Beside, false) {
        Ok(program) => {
            let found = check(&program, &Known::default());
            (program.sources, found)
        }
        Err(wrong) => wrong,
    }
}

#[test]
fn every_error_is_drawn_as_it_was() {
    let bless = std::env::var_os("ICCARD_BLESS").is_some();
    let mut different = Vec::new();
    for path in scripts() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (sources, found) = found(&name, &fs::read_to_string(&path).unwrap());
        assert!(!found.is_empty(), "{name}: nothing is found in it");
        let own: u16 = name.get(..2).unwrap().parse().unwrap();
        assert!(found.iter().any(|one| one.code.0 == own), "{name}: E{own:02} is not found in it");
        let mut drawn: Vec<_> = found.iter().map(|one| one.draw(&sources, false)).collect();
        // Of very many, the first and the last.
        if drawn.len() > 50 {
            drawn.drain(1..drawn.len() - 1);
        }
        let drawn = drawn.join("\n");
        let golden = path.with_extension("txt");
        if bless {
            fs::write(&golden, &drawn).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != drawn {
            different.push(format!("{name} now gives\n{drawn}"));
        }
    }
    assert!(different.is_empty(), "ICCARD_BLESS=1 keeps these:\n{}", different.join("\n"));
}

#[test]
fn every_kind_of_error_has_a_script() {
    let mut shown: BTreeSet<Code> = WITHOUT_FILE.into();
    for path in scripts() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        shown.extend(found(&name, &fs::read_to_string(&path).unwrap()).1.iter().map(|d| d.code));
    }
    // Those of a run need a card.
    let all: BTreeSet<Code> = Code::all().map(|(code, _)| code).filter(|c| c.0 < 70).collect();
    assert_eq!(shown, all);
    let page = include_str!("../../docs/script-errors.md");
    for (code, sentence) in Code::all() {
        assert!(page.contains(&format!("| {code} | {sentence} |\n")), "docs lack {code}");
        assert!(sentence.ends_with('.'), "{code}: {sentence}");
        assert_eq!(code.sentence(), sentence, "{code} stands twice");
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let code = |text: &str, loader: &mut dyn Loader| {
        let (sources, found) = Program::load("big.apdu", text, loader, false).unwrap_err();
        assert_eq!(found.len(), 1);
        assert!(found[0].draw(&sources, false).len() < 2000);
        found[0].code
    };
    let large = " ".repeat(MAX_TEXT + 1);
    assert_eq!(code(&large, &mut Beside), Code::TOO_LARGE);
    drop(large);
    let parts = format!("00B0 0000 00 [{}]", "00".repeat(9 << 20));
    assert_eq!(code(&parts, &mut Beside), Code::TOO_MANY_PARTS);
    drop(parts);

    // Each includes the next one, for ever.
    struct Deeper(usize);
    impl Loader for Deeper {
        fn load(&mut self, _: &str, _: &str) -> Result<(String, String), String> {
            self.0 += 1;
            Ok((format!("{}.apdu", self.0), "include \"next\"\n".to_owned()))
        }
    }
    let mut deeper = Deeper(0);
    assert_eq!(code("include \"next\"\n", &mut deeper), Code::INCLUDE_DEPTH);
    assert!(deeper.0 < 20);

    // Side by side, more than have a number.
    struct Many(usize);
    impl Loader for Many {
        fn load(&mut self, _: &str, path: &str) -> Result<(String, String), String> {
            self.0 += 1;
            Ok((path.to_owned(), String::new()))
        }
    }
    let all: String = (0..u16::MAX).map(|n| format!("include \"{n}\"\n")).collect();
    let mut many = Many(0);
    assert_eq!(code(&all, &mut many), Code::TOO_MANY_FILES);
    assert_eq!(many.0, usize::from(u16::MAX));
}

// A place far to the right of a long line is shown with what stands around it, and its own column.
#[test]
fn a_long_line_is_cut_around_its_place() {
    let text = format!("{}OO{}\n", "00".repeat(1 << 20), "00".repeat(1 << 20));
    let (sources, found) = found("long.apdu", &text);
    let drawn = found[0].draw(&sources, false);
    assert!(drawn.len() < 2000, "{} bytes", drawn.len());
    assert!(drawn.contains("long.apdu:1:1\n"), "{drawn}");
    let json = found[0].json(&sources);
    assert_eq!(json["line"], 1);
    let text = format!("let a = {} zz(\n", "01 ".repeat(1000));
    let (sources, found) = self::found("long.apdu", &text);
    assert!(found[0].draw(&sources, false).contains("long.apdu:1:3010\n"));
}

#[test]
fn places_are_in_characters_and_json_has_every_fact() {
    let text = "# 한글\necho \"한글\" nonsense\n";
    let (sources, found) = found("k.apdu", text);
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(sources.position(one.span), (2, 11));
    let json = one.json(&sources);
    assert_eq!(json["file"], "k.apdu");
    assert_eq!((&json["line"], &json["column"]), (&2.into(), &11.into()));
    assert_eq!(json["level"], "error");
    for key in ["code", "message", "label", "expected", "got", "help"] {
        assert!(json[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {json}");
    }
    assert!(one.draw(&sources, true).contains("\u{1b}["));
    assert!(!one.draw(&sources, false).contains('\u{1b}'));
}

// What a terminal would obey never gets there.
#[test]
fn no_control_characters_are_drawn() {
    for text in ["\u{1b}[31m", "echo \u{9b}31m", "let \u{202e} = 01", "00A4 \u{7f}"] {
        let parsed = parse(SourceId(0), text, false);
        let mut sources = Sources::default();
        sources.add("x\u{1b}.apdu", text.into());
        for one in &parsed.diagnostics {
            let drawn = one.draw(&sources, false);
            let turned = |c: char| ('\u{202a}'..='\u{202e}').contains(&c);
            let obeyed = |c: char| c.is_control() && c != '\n' || turned(c);
            assert!(!drawn.contains(obeyed), "{drawn:?}");
        }
        assert!(!parsed.diagnostics.is_empty(), "{text:?}");
    }
}
