//! Profiles from the command line: a card is added by files alone.

use std::fs;

use serde_json::Value;

use super::{json, text};

#[test]
fn a_card_is_added_without_a_line_of_rust() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    // A part of the library's text, as a file of one's own.
    let base = text(dir, &["profile", "show", "passport-pace-gm"], 0);
    fs::create_dir(dir.join("parts")).unwrap();
    fs::write(dir.join("parts/passport.toml"), base).unwrap();
    fs::write(dir.join("parts/note.txt"), "hello, reader").unwrap();
    let mine = r#"
include = ["parts/passport.toml"]
name = "mine"
seed = "mine 1"
[[file]]
path = "0201"
kind = "transparent"
from = "parts/note.txt"
[[file]]
path = "0202"
kind = "transparent"
text = "for readers with the CAN"
read = "pace(can)"
"#;
    fs::write(dir.join("mine.toml"), mine).unwrap();
    let checked = json(dir, &["profile", "check", "mine.toml"], 0);
    assert_eq!((&checked["name"], &checked["files"]["0201"]), (&"mine".into(), &13.into()));
    let tapped = json(dir, &["tap", "--card", "emulated:mine.toml"], 0);
    assert_eq!(tapped["verdict"]["verified"], true);
    let read = |file: &str, most: &str| {
        let select = format!("00A4020C02{file}");
        text(dir, &["apdu", "--card", "emulated:mine.toml", &select, most], 0).replace(' ', "")
    };
    assert!(read("0201", "00B000000D").contains(&hex::encode_upper("hello, reader")));
    let refused = read("0202", "00B0000005");
    assert!(
        !refused.contains(&hex::encode_upper("for r")) && refused.contains("6982"),
        "{refused}"
    );

    // What is wrong is told with the file that it stands in, all at once.
    let wrong = mine.replace("pace(can)", "pace(can) or pinn").replace("seed =", "sed =");
    fs::write(dir.join("wrong.toml"), wrong).unwrap();
    fs::write(dir.join("parts/passport.toml"), "schema = 2\n").unwrap();
    let findings = json(dir, &["profile", "check", "wrong.toml"], 2)["findings"].clone();
    let find = |part: &str| -> Value {
        let mut all = findings.as_array().unwrap().iter();
        all.find(|f| f["message"].as_str().unwrap().contains(part)).unwrap().clone()
    };
    let rule = find("did you mean `pin`?");
    assert_eq!(
        (&rule["line"], &rule["column"], &rule["key"]),
        (&13.into(), &22.into(), &"file.read".into())
    );
    assert_eq!(find("did you mean `seed`?")["file"], "wrong.toml");
    assert_eq!(find("2 came")["file"], "parts/passport.toml");
    let told = text(dir, &["profile", "check", "wrong.toml"], 2);
    assert_eq!(told.matches("error: ").count(), findings.as_array().unwrap().len(), "{told}");
}

#[test]
fn built_in_profiles_are_listed_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let listed = json(dir, &["profile", "list"], 0)["profiles"].clone();
    for profile in listed.as_array().unwrap() {
        let name = profile["name"].as_str().unwrap();
        let shown = json(dir, &["profile", "show", name], 0)["text"].clone();
        assert!(shown.as_str().unwrap().contains(&format!("name = \"{name}\"")), "{name}");
    }
    let unknown = json(dir, &["profile", "show", "residant"], 2)["error"].clone();
    assert!(unknown["expected"].as_str().unwrap().contains("iso-files"), "{unknown}");
    let schema: Value = serde_json::from_str(&text(dir, &["profile", "schema"], 0)).unwrap();
    assert_eq!(schema["properties"]["secrets"]["properties"]["can"]["pattern"], "^[0-9]{6}$");
}
