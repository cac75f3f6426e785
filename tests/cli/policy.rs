//! `iccard policy explain`.

use super::{json, text};

const HONG: [&str; 6] = ["policy", "explain", "--birth", "2007-02-28", "--address", "Sejong"];

fn with<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [&HONG[..], rest].concat()
}

#[test]
fn yes_and_no_have_their_reasons_fees_and_exit_codes() {
    let dir = tempfile::tempdir().unwrap();
    let at = |rest: &[&str], code| json(dir.path(), &with(rest), code);
    let ic = at(&["--date", "2024-12-27", "--way", "ic"], 0);
    assert_eq!(
        (&ic["allowed"], &ic["fee"], &ic["visit"]),
        (&true.into(), &10000.into(), &false.into())
    );
    assert_eq!(ic["term_until"], "2027-12-27T14:59:59Z");
    let first = at(&["--date", "2024-12-27", "--way", "ic", "--first-card"], 0);
    assert_eq!((&first["fee"], &first["fees"]), (&0.into(), &serde_json::json!([])));
    let early = at(&["--date", "2024-12-26", "--way", "qr"], 1);
    assert_eq!(early["reasons"], serde_json::json!(["place: Sejong begins on 2024-12-27"]));
    let no_card = text(dir.path(), &with(&["--date", "2025-04-01", "--way", "qr", "--no-card"]), 1);
    assert!(
        no_card.starts_with("answer    NO\nwhy       card: a resident card is needed first\n"),
        "{no_card}"
    );
    // A moment instead of a day: the last second of the day before in Korea.
    at(&["--date", "2024-12-26T14:59:59Z", "--way", "ic"], 1);
    at(&["--date", "2024-12-26T15:00:00Z", "--way", "ic"], 0);
    at(&["--date", "2025-03-01", "--way", "qr", "--office", "Busan"], 1);
}

#[test]
fn other_rules_come_from_a_file_and_mistakes_in_it_have_their_line() {
    let dir = tempfile::tempdir().unwrap();
    let rules = include_str!("../../policy/korea-2024.toml");
    let write = |text: String| std::fs::write(dir.path().join("rules.toml"), text).unwrap();
    let ask = with(&["--date", "2024-12-27", "--way", "ic", "--policy", "rules.toml"]);
    write(rules.replace("min_age = 17", "min_age = 18"));
    assert_eq!(json(dir.path(), &ask, 1)["reasons"][0], "age: under 18 on 2024-12-27 (UTC+9)");
    write(rules.replace("min_age = 17", "min_age = 17\nshoe_size = 42"));
    let line = rules.split("min_age").next().unwrap().matches('\n').count() + 2;
    let error = &json(dir.path(), &ask, 2)["error"];
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with(&format!("rules.toml: policy, line {line}: ")), "{message}");
    std::fs::remove_file(dir.path().join("rules.toml")).unwrap();
    json(dir.path(), &ask, 7);
    for wrong in ["2024-13-01", "yesterday", "27.12.2024"] {
        let error = &json(dir.path(), &with(&["--way", "ic", "--date", wrong]), 2)["error"];
        assert_eq!((&error["expected"], &error["got"]), (&"YYYY-MM-DD".into(), &wrong.into()));
    }
}
