//! The house rules that a compiler does not know: an arrow between floors points down only, and
//! nothing but the command line prints, exits or uses `anyhow`. See ARCHITECTURE.md.

mod scan;

use std::fs;
use std::path::{Path, PathBuf};

use scan::{clean, mentions};

/// The modules of each floor, the ground floor first, as in ARCHITECTURE.md.
const FLOORS: [&[&str]; 9] = [
    &["tlv", "apdu", "atr"],
    &["crypto"],
    &["pki"],
    &["sm", "lds", "transport"],
    &["protocol", "profile", "explain"],
    &["session", "trust", "emulator"],
    &[
        "tap", "issuance", "policy", "ledger", "registry", "script", "conform", "control",
        "testing", "trace",
    ],
    &["issuer", "wallet"],
    &["cli"],
];

/// Edges between neighbours on one floor, from and to. The ground floor has none.
const SAME_FLOOR: &[(&str, &str)] = &[
    // A profile names the protocols and domain parameters that its card offers.
    ("profile", "protocol"),
    // A card for a test is tapped.
    ("testing", "tap"),
    // What a script asks for in a word (`access`, `auth`) is decided as a tap decides it.
    ("script", "tap"),
    // What is registered is what was committed to, and the way that the policy let it come.
    ("registry", "issuance"),
    ("registry", "policy"),
];

/// What prints, exits or blurs errors. Allowed in `src/cli` and `src/main.rs`.
const COMMAND_LINE_ONLY: [&str; 9] = [
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
    "dbg!",
    "stdout",
    "stderr",
    "anyhow",
    "process::exit",
];

#[test]
fn arrows_point_down() {
    let mut used = Vec::new();
    let mut wrong = Vec::new();
    for file in sources() {
        for mention in mentions(&file.code, file.depth()) {
            match judge(file.module(), &mention.module) {
                Ok(Edge::Down) => {}
                Ok(Edge::Level) => used.push((file.module().to_string(), mention.module)),
                Err(why) => wrong.push(format!("{}:{}: {why}", file.path, mention.line)),
            }
        }
    }
    let stale = SAME_FLOOR
        .iter()
        .filter(|(from, to)| !used.iter().any(|(f, t)| f == from && t == to))
        .map(|(from, to)| format!("tests/floors.rs: no file of {from} uses {to} any more"));
    wrong.extend(stale);
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn only_the_command_line_prints_and_exits() {
    let mut wrong = Vec::new();
    for file in sources().filter(|file| !matches!(file.module(), "cli" | "main")) {
        for (line, text) in file.code.lines().enumerate() {
            for word in COMMAND_LINE_ONLY {
                if has_word(text, word) {
                    wrong.push(format!("{}:{}: {word}", file.path, line + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn an_edge_is_judged_by_its_floors() {
    assert_eq!(judge("sm", "crypto"), Ok(Edge::Down));
    assert_eq!(judge("lds", "lds"), Ok(Edge::Down));
    assert_eq!(judge("main", "cli"), Ok(Edge::Down));
    for (from, to) in [("crypto", "sm"), ("apdu", "tlv"), ("tlv", "crypto"), ("lds", "transport")] {
        assert!(judge(from, to).is_err(), "{from} -> {to}");
    }
    assert!(judge("lds", "nowhere").is_err());
}

#[test]
fn the_scanner_finds_every_path_and_nothing_else() {
    let code = r##"
        use crate::apdu::{Command, Response};
        use crate::{lds::{self, dg1}, session::Session, self as root};
        use super::super::trust;
        /// Not [`crate::tap::Tap`].
        fn f<'a>(quote: char) -> &'a str {
            let _ = ('\'', '"', crate::pki::oid::X); /* crate::cli /* nested */ crate::cli */
            let _ = r#"crate::cli " "#; "\" crate::cli // "
        }
        pub(crate) mod inner {}
        #[cfg(test)]
        mod helpers { use crate::wallet::A; }
        macro_rules! m { () => { $crate::emulator::Card } }
        #[cfg(test)]
        mod tests {
            use crate::cli::B;
            fn g() { println!("}}"); }
        }
    "##;
    let found: Vec<_> = mentions(&clean(code), 2).into_iter().map(|m| (m.module, m.line)).collect();
    let expected = [
        ("apdu", 2),
        ("lds", 3),
        ("session", 3),
        ("trust", 4),
        ("pki", 7),
        ("wallet", 12),
        ("emulator", 13),
    ];
    assert_eq!(found, expected.map(|(module, line)| (module.to_string(), line)));
    assert!(!has_word(&clean("// println!\n"), "println!"));
    assert!(!has_word("let stdout_is_terminal = 1;", "stdout"));
    assert!(has_word("std::println!(\"\")", "println!"));
}

/// An edge that may stand.
#[derive(Debug, PartialEq)]
enum Edge {
    /// To a lower floor, or within one module.
    Down,
    /// One of [`SAME_FLOOR`].
    Level,
}

fn judge(from: &str, to: &str) -> Result<Edge, String> {
    if from == to || matches!(from, "lib" | "main") {
        return Ok(Edge::Down);
    }
    let floor = |module| FLOORS.iter().position(|floor| floor.contains(&module));
    let Some(above) = floor(from) else {
        return Err(format!(
            "{from} stands on no floor: ARCHITECTURE.md and FLOORS must say where"
        ));
    };
    let Some(below) = floor(to) else {
        return Err(format!("{from} uses crate::{to}, which stands on no floor"));
    };
    if above > below {
        return Ok(Edge::Down);
    }
    if above == below && above > 0 && SAME_FLOOR.contains(&(from, to)) {
        return Ok(Edge::Level);
    }
    Err(format!("{from} (floor {above}) uses {to} (floor {below})"))
}

/// A source file without comments, literals and its test module.
struct Source {
    path: String,
    code: String,
}

impl Source {
    /// The path's parts below `src`, without `mod.rs` and the file's suffix.
    fn parts(&self) -> Vec<&str> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inner.split('/').filter(|part| *part != "mod").collect()
    }

    /// The top-level module; `lib` and `main` for the roots.
    fn module(&self) -> &str {
        self.parts().first().copied().unwrap_or_default()
    }

    /// How many `super::` lead to the crate's root.
    fn depth(&self) -> usize {
        self.parts().len()
    }
}

fn sources() -> impl Iterator<Item = Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    assert!(files.len() > 10, "found only {} source files", files.len());
    files.into_iter().map(move |file| {
        let path = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        Source { path, code: clean(&fs::read_to_string(&file).unwrap()) }
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            // What only tests see lies above everything, as a `tests.rs` does.
            if path.file_name().unwrap() != "tests" {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|e| e == "rs")
            && path.file_stem().unwrap() != "tests"
        {
            files.push(path);
        }
    }
}

/// Whether `word` stands in `text` with no other identifier character around it.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(is_part)
            && (word.ends_with('!') || !text[at + word.len()..].starts_with(is_part))
    })
}
