//! A card's state over restarts: what is kept, for whom, and what files of each version say.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use iccard::emulator::{CardId, Change, Counter, FileStore, Store, StoreError};
use serde_json::Value;

use crate::support::card::built_in;

fn fixture(version: u32) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state");
    folder.join(format!("version-{version}.state"))
}

fn iccard(dir: &Path, args: &[&str]) -> (Output, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iccard"));
    command.current_dir(dir).args(args).arg("--json").stdin(Stdio::null());
    for name in ["ICCARD_CARD", "ICCARD_PIN", "ICCARD_CAN", "ICCARD_PUK", "ICCARD_STATE"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    (output, value)
}

#[test]
fn states_of_every_earlier_version_are_read_and_written_as_the_latest() {
    let card = CardId::of_profile(&built_in("eid-pin"));
    let folder = tempfile::tempdir().unwrap();
    for version in [0, 1] {
        let path = folder.path().join(format!("{version}.state"));
        std::fs::copy(fixture(version), &path).unwrap();
        let mut store = FileStore::open(&path, &card).unwrap();
        assert_eq!(store.counter(Counter::PinTries), Some(2), "version {version}");
        assert_eq!(store.counter(Counter::PukUses), Some(9), "version {version}");
        assert_eq!(store.counter(Counter::HolderVerification), Some(7), "version {version}");
        store.set_counter(Counter::PinTries, 3).unwrap();
        store.set_counter(Counter::PinTries, 2).unwrap();
        drop(store);
        let written = std::fs::read_to_string(&path).unwrap();
        assert_eq!(written, std::fs::read_to_string(fixture(1)).unwrap(), "version {version}");
    }
    let newer = folder.path().join("2.state");
    std::fs::copy(fixture(2), &newer).unwrap();
    for _ in 0..2 {
        let error = FileStore::open(&newer, &card).unwrap_err();
        assert!(matches!(error, StoreError::Newer { .. }));
        let said = error.to_string();
        assert!(said.contains("2.state") && said.contains("version 2"), "{said}");
    }
}

#[test]
fn a_pin_stays_blocked_over_restarts_and_a_puk_wears_out() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let secrets = built_in("eid-pin").profile.secrets;
    let (pin, puk) = (secrets.pin.unwrap(), secrets.puk.unwrap());
    let tap = |more: &[&str]| {
        let card = ["tap", "--card", "emulated:eid-pin", "--state", "card.state"];
        iccard(dir, &[&card[..], more].concat())
    };
    // Each is a process of its own.
    for tries in ["63C2", "63C1"] {
        let (output, told) = tap(&["--pin", "000000"]);
        assert_eq!(output.status.code(), Some(5), "{told:#}");
        assert_eq!(told["error"]["got"], tries);
    }
    let (_, told) = tap(&["--pin", "000000", "--can", &secrets.can, "--last-try"]);
    assert_eq!(told["error"]["step"], "PACE");
    let (output, told) = tap(&["--pin", &pin]);
    assert_eq!((output.status.code(), &told["error"]["got"]), (Some(5), &"6983".into()), "{told}");
    let (output, told) = tap(&["--pin", &pin, "--puk", &puk]);
    assert!(output.status.success(), "{told:#}");
    let (output, told) = tap(&["--pin", &pin]);
    assert!(output.status.success(), "{told:#}");

    let card = CardId::of_profile(&built_in("eid-pin"));
    let store = FileStore::open(&dir.join("card.state"), &card).unwrap();
    assert_eq!(store.counter(Counter::PukUses), Some(9));
    assert_eq!(store.counter(Counter::PinTries), Some(3));
    // While it is open here, nobody else has it.
    let (output, told) = tap(&["--pin", &pin]);
    assert_eq!(output.status.code(), Some(7), "{told:#}");
    let by = format!("in use by process {}", std::process::id());
    assert_eq!(
        (&told["error"]["got"], &told["error"]["step"]),
        (&by.into(), &"open the card's state".into())
    );
    let (_, told) = iccard(dir, &["emulate", "eid-pin", "--state", "card.state"]);
    assert_eq!(told["error"]["expected"], "a state that nobody uses");
    drop(store);

    let (output, told) =
        iccard(dir, &["tap", "--card", "emulated:resident", "--state", "card.state"]);
    assert_eq!(output.status.code(), Some(7), "{told:#}");
    for (field, name) in [("got", "eid-pin"), ("expected", "resident")] {
        assert!(told["error"][field].as_str().unwrap().contains(name), "{told:#}");
    }
    let (output, told) =
        iccard(dir, &["apdu", "--card", "vpcd:127.0.0.1:0", "--state", "f", "00A4"]);
    assert_eq!((output.status.code(), &told["error"]["step"]), (Some(2), &"open the card".into()));
}

#[test]
fn whoever_reads_meanwhile_finds_a_whole_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.state");
    let card = CardId::new("mix", &[]);
    let mut store = FileStore::open(&path, &card).unwrap();
    let pair = |n: u64| ["a", "b"].map(|name| Change::set(name, vec![n as u8; 2000]));
    store.commit(&pair(0)).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    let copy = folder.path().join("copy.state");
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = std::collections::BTreeSet::new();
            while !done.load(std::sync::atomic::Ordering::Relaxed) || seen.is_empty() {
                std::fs::copy(&path, &copy).unwrap();
                let copied = FileStore::open(&copy, &card).unwrap();
                let (a, b) = (copied.entry("a").unwrap(), copied.entry("b").unwrap());
                assert!(a == b && a.len() == 2000);
                seen.insert(a[0]);
            }
            seen
        });
        for n in 1..200 {
            store.commit(&pair(n)).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(!reader.join().unwrap().is_empty());
    });
}
