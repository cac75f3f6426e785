//! What a client may get wrong, over TLS: the standard's code, never with success, and the register
//! is as it was.

mod credential;
mod office;
mod tap;
mod token;

use std::path::Path;

use crate::support::hand::{Answered, Headers};
use crate::support::register;
use crate::support::rig::{Person, Rig, Running};

/// An issuer with so many people and a configuration that differs in these places. Whatever is made
/// at the beginning of a test is good to its end.
fn started(folder: &Path, people: usize, changes: &[(&str, &str)]) -> (Rig, Running) {
    let people = (0..people).map(|number| Person::new(number, |text| text)).collect();
    started_with(folder, people, changes)
}

/// The same with these people.
fn started_with(folder: &Path, people: Vec<Person>, changes: &[(&str, &str)]) -> (Rig, Running) {
    let rig = Rig::of(folder, people, None);
    let path = rig.folder.join("issuer.toml");
    let mut text = std::fs::read_to_string(&path).unwrap();
    let lasting = [
        ("clock_skew = 60", "clock_skew = 600"),
        ("nonce = 300", "nonce = 900"),
        ("token = 300", "token = 900"),
    ];
    for (from, to) in lasting.iter().chain(changes) {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    std::fs::write(path, text).unwrap();
    let running = rig.start();
    (rig, running)
}

/// A request that is refused: what is wrong with it, head, type, body, and under which code.
struct Case {
    what: String,
    headers: Headers,
    content_type: &'static str,
    body: String,
    refusal: (u16, &'static str),
}

impl Case {
    fn new(
        what: &str,
        headers: Headers,
        content_type: &'static str,
        body: &str,
        refusal: (u16, &'static str),
    ) -> Self {
        Self { what: what.into(), headers, content_type, body: body.into(), refusal }
    }
}

/// Refused under that code, and the register is as it was but for these tables.
fn refused_but_for(
    rig: &Rig,
    what: &str,
    (status, code): (u16, &str),
    tables: &[&str],
    ask: impl FnOnce() -> Answered,
) -> String {
    let before = register::rows(&rig.folder);
    let (got, body) = ask();
    assert_eq!((got, body["error"].as_str()), (status, Some(code)), "{what}: {body}");
    assert!((400..500).contains(&status) && body["credentials"].is_null(), "{what}: {body}");
    let after = register::rows(&rig.folder);
    let changed = register::changed(&before, &after);
    assert_eq!(changed, tables, "{what}: {:?}", register::differences(&before, &after));
    body["error_description"].as_str().unwrap().to_owned()
}

/// Refused under that code, and the register is as it was.
fn refused(rig: &Rig, what: &str, refusal: (u16, &str), ask: impl FnOnce() -> Answered) -> String {
    refused_but_for(rig, what, refusal, &[], ask)
}
