//! The pages that say which test shows what name tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

/// The names of all tests, and a page that names some.
struct Page {
    tests: BTreeSet<String>,
    text: String,
}

impl Page {
    fn read(name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut tests = BTreeSet::new();
        for folder in ["src", "tests"] {
            collect(&root.join(folder), &mut tests);
        }
        assert!(tests.len() > 100, "only {} tests found", tests.len());
        Self { tests, text: std::fs::read_to_string(root.join("docs").join(name)).unwrap() }
    }

    /// What stands there names a test, and none that there is not.
    fn has_tests(&self, title: &str, shown: &str) {
        // In code, and with nothing but the letters of a name: not a path, and not a setting.
        let names = shown.split('`').skip(1).step_by(2).filter(|name| {
            name.contains('_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        let names: Vec<_> = names.collect();
        assert!(!names.is_empty(), "{title}: no test");
        for name in names {
            assert!(self.tests.contains(name), "{title}: there is no test {name}");
        }
    }
}

#[test]
fn every_test_that_the_page_names_is_one() {
    let page = Page::read("threat-model.md");
    let mut sections = 0;
    for section in page.text.split("\n### ").skip(1) {
        let title = section.lines().next().unwrap();
        let shown = section.split("- **Shown by**:").nth(1);
        let shown = shown.and_then(|rest| rest.split("- **Left**:").next());
        let shown = shown.unwrap_or_else(|| panic!("{title}: no Shown by, or no Left"));
        assert!(section.contains("- **Stops it**:"), "{title}: no Stops it");
        page.has_tests(title, shown);
        sections += 1;
    }
    assert!(sections > 15, "{sections}");
}

#[test]
fn every_refusal_has_a_test() {
    let page = Page::read("refusals.md");
    let mut tables = Vec::new();
    for line in page.text.lines() {
        let Some(row) = line.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")) else {
            continue;
        };
        let (rest, shown) = row.rsplit_once(" | ").unwrap();
        if shown == "Shown by" {
            tables.push(0);
            continue;
        }
        page.has_tests(rest, shown);
        *tables.last_mut().unwrap() += 1;
    }
    // Bad input, what a refusal leaves, and the reports of others, of which there are 28.
    assert!(tables.len() == 3 && tables[0] > 15 && tables[2] == 28, "{tables:?}");
}

/// The names of the functions under `#[test]`.
fn collect(folder: &Path, tests: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, tests);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for rest in text.split("#[test]").skip(1) {
                let name = rest.split("fn ").nth(1).and_then(|rest| rest.split('(').next());
                tests.extend(name.map(ToOwned::to_owned));
            }
        }
    }
}
