//! docs/threat-model.md names tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_test_that_the_page_names_is_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let mut tests = BTreeSet::new();
    for folder in ["src", "tests"] {
        collect(&root.join(folder), &mut tests);
    }
    assert!(tests.len() > 100, "only {} tests found", tests.len());
    let mut sections = 0;
    for section in page.split("\n### ").skip(1) {
        let title = section.lines().next().unwrap();
        let shown = section.split("- **Shown by**:").nth(1);
        let shown = shown.and_then(|rest| rest.split("- **Left**:").next());
        let shown = shown.unwrap_or_else(|| panic!("{title}: no Shown by, or no Left"));
        assert!(section.contains("- **Stops it**:"), "{title}: no Stops it");
        // In code, and with nothing but the letters of a name: not a path, and not a setting.
        let names = shown.split('`').skip(1).step_by(2).filter(|name| {
            name.contains('_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        let names: Vec<_> = names.collect();
        assert!(!names.is_empty(), "{title}: no test");
        for name in names {
            assert!(tests.contains(name), "{title}: there is no test {name}");
        }
        sections += 1;
    }
    assert!(sections > 15, "{sections}");
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
