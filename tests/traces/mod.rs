//! Traces through the program: that all forms say what the recording says, and what comes of files
//! that are none.

mod secrets;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use iccard::{
    trace::{Format, Link, Trace},
    transport::{Counts, Entry, RecordedExchange, Recording},
};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_iccard");
/// The forms, by the names of their files, with the options that they want.
const FORMS: [(&str, &[&str]); 4] = [
    ("t.pcapng", &[]),
    ("b.pcapng", &["--trace-link", "iso14443"]),
    ("t.jsonl", &[]),
    ("t.dump", &[]),
];

fn iccard(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.current_dir(dir).args(args).env("ICCARD_DATA", dir.join("data"));
    for variable in ["CARD", "CAN", "PIN", "PUK", "MRZ", "BAP"] {
        command.env_remove(format!("ICCARD_{variable}"));
    }
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn parts(exchange: &RecordedExchange) -> [Option<String>; 4] {
    // Without an answer nothing is known to be meant.
    let plain = exchange.plain.as_ref().filter(|_| exchange.response.is_some());
    [
        Some(exchange.command.to_string()),
        exchange.response.as_ref().map(ToString::to_string),
        plain.map(|plain| plain.command.to_string()),
        plain.map(|plain| plain.response.to_string()),
    ]
}

/// The forms do not tell all alike, but what they tell is the same.
#[test]
fn every_form_says_what_the_recording_says_redacted_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (at, (form, options)) in FORMS.iter().enumerate() {
        for (kind, flags) in [("redacted", [].as_slice()), ("unsafe", &["--unsafe-trace"])] {
            let (trace, record) = (format!("{kind}-{form}"), format!("{kind}-{at}.rec"));
            let mut args =
                vec!["tap", "--card", "emulated:resident", "--trace", &trace, "--record", &record];
            args.extend(*options);
            args.extend(flags);
            if kind == "unsafe" {
                args.push("--record-secrets");
            }
            let tapped = iccard(dir, &args);
            assert!(tapped.status.success(), "{form}: {}", text(&tapped.stderr));
            let told = text(&tapped.stderr);
            assert_eq!(told.contains("NOTHING IS LEFT OUT"), kind == "unsafe", "{told}");

            let recording = Recording::load(&dir.join(&record)).unwrap();
            let trace = Trace::load(&dir.join(&trace)).unwrap();
            assert_eq!(trace.recording().header().atr, recording.header().atr, "{form}");
            assert_eq!(trace.recording().header().redacted, kind == "redacted", "{form}");
            let (got, said) = (trace.recording().exchanges(), recording.exchanges());
            assert_eq!(got.count(), said.count(), "{form}");
            for (got, said) in trace.recording().exchanges().zip(recording.exchanges()) {
                assert_eq!(got.n, said.n, "{form}");
                if *form == "t.dump" {
                    assert_eq!(parts(got)[..2], parts(said)[..2], "{form}, {}", said.n);
                    assert_eq!(got.us / 1000, said.us / 1000, "{form}, {}", said.n);
                } else {
                    assert_eq!(parts(got), parts(said), "{form}, {}", said.n);
                    assert_eq!((&got.step, got.us), (&said.step, said.us), "{form}, {}", said.n);
                }
            }
            if *form != "t.dump" {
                assert_eq!(trace.recording().counts(), recording.counts(), "{form}");
                let times: Vec<_> = trace.times().iter().map(|at| at.unwrap()).collect();
                assert!(times.is_sorted() && times.last() > times.first(), "{form}: {times:?}");
            }
        }
    }
}

/// Faults and resets are part of a dialogue.
#[test]
fn what_was_not_answered_stands_in_a_trace() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (form, options) in FORMS {
        let args = ["tap", "--fault", "tear after 5 apdus", "--trace", form];
        let tapped = iccard(dir, &[&args[..], options].concat());
        assert!(!tapped.status.success());
        let trace = Trace::load(&dir.join(form)).unwrap();
        let torn = trace.recording().entries().iter().find_map(|(_, entry)| match entry {
            Entry::Exchange(exchange) if exchange.response.is_none() => Some(exchange),
            _ => None,
        });
        let torn = torn.unwrap_or_else(|| panic!("{form}: {trace:?}"));
        assert!(torn.error.is_some() && torn.command.len() > 4, "{form}");
        let shown = iccard(dir, &["trace", "show", form, "--brief"]);
        assert!(text(&shown.stdout).contains("no answer"), "{form}: {}", text(&shown.stdout));
    }
}

#[test]
fn traces_are_private_new_and_told_where_they_cannot_be() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let tap = |args: &[&str]| iccard(dir, &[&["apdu", "00A40000023F00", "--json"], args].concat());
    assert!(tap(&["--trace", "t.jsonl"]).status.success());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir.join("t.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let before = std::fs::read(dir.join("t.jsonl")).unwrap();
    // A file that is there stays, and no other one is begun.
    let twice = tap(&["--record", "r", "--trace", "t.jsonl"]);
    assert_eq!(twice.status.code(), Some(7));
    assert_eq!(std::fs::read(dir.join("t.jsonl")).unwrap(), before);
    assert!(!dir.join("r").exists());
    for (args, told) in [
        (&["--trace", "t.txt"][..], "--trace-format"),
        (&["--trace", "x.jsonl", "--trace-link", "upper"], "only pcapng has packets"),
        (&["--trace-link", "upper"], "required arguments"),
        (&["--unsafe-trace"], "required arguments"),
    ] {
        let refused = tap(args);
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        let error: Value = serde_json::from_slice(&refused.stdout).unwrap();
        assert!(error["error"].to_string().contains(told), "{error}");
    }
    assert!(tap(&["--trace", "t.txt", "--trace-format", "dump"]).status.success());
    assert_eq!(Trace::load(&dir.join("t.txt")).unwrap().form(), "dump");
    let idle = iccard(dir, &["profile", "check", "resident", "--trace", "x.dump"]);
    assert_eq!(idle.status.code(), Some(2));
    let absent = iccard(dir, &["tap", "--card", "emulated:none.toml", "--trace", "x.dump"]);
    assert!(!absent.status.success() && !dir.join("x.dump").exists());
}

#[test]
fn a_trace_is_shown_with_names_steps_and_trees() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let args = ["tap", "--card", "emulated:passport-pace-gm", "--trace", "t.pcapng"];
    assert!(iccard(dir, &[&args[..], &["--unsafe-trace"]].concat()).status.success());
    let shown = text(&iccard(dir, &["trace", "show", "t.pcapng"]).stdout);
    for words in [
        "form      pcapng",
        "PACE 2 of 4, mapping",
        "GENERAL AUTHENTICATE",
        "MANAGE SECURITY ENVIRONMENT",
        "READ BINARY",
        "9000 (success)",
        "7C",
        "EF.DG1",
        "secure messaging",
        "exchanges, 0 resets, 0 errors",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let json = iccard(dir, &["trace", "show", "t.pcapng", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["form"], &json["redacted"]), (&"pcapng".into(), &false.into()));
    let first = &json["entries"][0];
    assert_eq!((&first["n"], &first["sw"]), (&1.into(), &"9000".into()));
    assert!(first["explained"][0]["label"].is_string() && first["at_us"].is_number(), "{first}");
    let none = iccard(dir, &["trace", "show", "data", "--json"]);
    assert_eq!(none.status.code(), Some(7));
}

/// A script does the same, without what is a secret.
#[test]
fn a_trace_becomes_a_script() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (form, options) in FORMS {
        let tap = ["tap", "--card", "emulated:passport-pace-gm", "--trace", form];
        assert!(iccard(dir, &[&tap[..], options].concat()).status.success());
        let made = iccard(dir, &["trace", "to-script", form]);
        let script = text(&made.stdout);
        assert!(made.status.success() && script.contains("access pace "), "{form}: {script}");
        assert!(script.contains("secret ") && !script.contains("271828"), "{form}: {script}");
        let file = format!("{form}.apdu");
        assert!(iccard(dir, &["trace", "to-script", form, "--out", &file]).status.success());
        assert_eq!(std::fs::read_to_string(dir.join(file)).unwrap(), script);
    }
}

/// Nobody says the steps of a capture of others: the commands tell them.
#[test]
fn traces_of_others_are_read_and_their_steps_found() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let clf = "# cardpeek trace file\nR:3B8001\n\
               C:00A4040C07A0000002471001:9000:\nC:00B09E0000:6982:\nC:00B0810004:9000:615F5F1F\n";
    let dump = "# ATR: 3B8001\n# PROTOCOL: T=1\n#\n00A4040C07A0000002471001\n# 24ms\n9000\n\
                00B09E0000\n# 2ms\n6982\n00B0810004\n# 3ms\n615F5F1F9000\n";
    for (name, content) in [("a.clf", clf), ("a.dump", dump)] {
        std::fs::write(dir.join(name), content).unwrap();
        let shown = iccard(dir, &["trace", "show", name, "--json"]);
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        let entries = shown["entries"].as_array().unwrap();
        let of = |key: &str| entries.iter().map(|entry| entry[key].clone()).collect::<Vec<_>>();
        assert_eq!(of("step"), ["SELECT eMRTD application", "EF.COM", "EF.DG1"], "{name}");
        assert_eq!(of("sw"), ["9000", "6982", "9000"], "{name}");
        assert_eq!(shown["atr"], "3B8001", "{name}");
        assert_eq!(entries[2]["response"], "615F5F1F9000", "{name}");
    }
}

// ---- bad input ----

/// A file in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Whatever was read, it is written and read again as the same.
fn says_the_same_in_each_form(trace: &Trace) {
    let said: Vec<_> = trace.recording().exchanges().map(parts).collect();
    if said.is_empty() {
        return;
    }
    let links = [Link::Upper, Link::Iso14443].map(|link| (Format::Pcapng, link));
    for (format, link) in links.into_iter().chain([(Format::Jsonl, Link::Upper)]) {
        let file = Memory::default();
        let mut sink = iccard::trace::sink(format, link, Box::new(file.clone()));
        sink.begin(trace.recording().header()).unwrap();
        for ((_, entry), at) in trace.recording().entries().iter().zip(trace.times()) {
            sink.entry(entry, at.unwrap_or_default()).unwrap();
        }
        sink.end(Counts::default()).unwrap();
        let bytes = file.0.lock().unwrap().clone();
        let again = Trace::parse("again", &bytes).unwrap();
        let again: Vec<_> = again.recording().exchanges().map(parts).collect();
        assert_eq!(again, said, "{format:?} {link:?}");
    }
}

#[test]
fn whatever_is_no_trace_is_refused_with_its_place_and_nothing_panics() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let apdus = ["apdu", "00A4040C07A0000002471001", "00B0810004", "0020000106313233343536"];
    let mut wholes = Vec::new();
    for (form, options) in FORMS {
        assert!(iccard(dir, &[&apdus[..], &["--trace", form], options].concat()).status.success());
        wholes.push((form, std::fs::read(dir.join(form)).unwrap()));
    }
    // Cut anywhere, it gives what is whole, or says what it is not.
    for (form, whole) in &wholes {
        for cut in 0..whole.len() {
            if let Ok(trace) = Trace::parse(form, &whole[..cut]) {
                assert!(trace.recording().exchanges().count() <= 3, "{form}: {cut}");
            }
        }
        // One byte wrong, at each place: never more than what was there, never a panic.
        for at in 0..whole.len() {
            for bit in [0x01, 0x80] {
                let mut wrong = whole.clone();
                wrong[at] ^= bit;
                if let Ok(trace) = Trace::parse(form, &wrong) {
                    says_the_same_in_each_form(&trace);
                }
            }
        }
    }
    let pcapng = &wholes[0].1;
    let mut huge = pcapng.clone();
    // A block that says it is larger than any, with as much behind it.
    huge.extend([6, 0, 0, 0, 0, 0, 0x20, 0]);
    huge.resize(huge.len() + (1 << 21), 0);
    let deep = format!("{{\"trace\":{}\n", "[".repeat(100_000));
    let ethernet = {
        let mut bytes = pcapng.clone();
        let at = bytes.windows(4).position(|w| w == [0xFC, 0, 0, 0]).unwrap();
        bytes[at] = 1;
        bytes
    };
    for (name, bytes, expected) in [
        ("empty", Vec::new(), "the file is empty"),
        ("text", b"hello\n".to_vec(), "it begins with 68656C6C6F0A"),
        ("huge", huge, "a block of at most 1 MiB expected"),
        ("deep", deep.into_bytes(), "deep:1: a header, an exchange"),
        ("ethernet", ethernet, "packets of link type 252"),
        ("odd.dump", b"00A4\n9000\n00B\n".to_vec(), "odd.dump:3: hexadecimal digits in pairs"),
        ("utf8.dump", b"00A4\n\xFF\n".to_vec(), "utf8.dump:2: text in UTF-8"),
        ("a.clf", b"R:3B00\nC:00A4:90:\n".to_vec(), "a.clf:2: a status word of four digits"),
        ("b.clf", b"R:3B00\nX\n".to_vec(), "b.clf:2: R:ATR or C:COMMAND"),
    ] {
        let error = Trace::parse(name, &bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\nfor {expected}");
    }
    let much = vec![b'0'; iccard::transport::MAX_RECORDING + 1];
    assert!(Trace::parse("much", &much).unwrap_err().to_string().contains("at most"));
}
