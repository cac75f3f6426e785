//! Machine readable zones, JSON and TOML.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use iccard::issuance::{SessionStore, UsedSessions};
use iccard::profile::{BUILT_IN, new_profile};
use iccard::trace::{Format, Link, sink};
use iccard::transport::{Counts, Recording};
use iccard_fuzz::cards::{NOW, tapped};
use iccard_fuzz::scratch;

use crate::folder::Folder;

// The specimens of ICAO Doc 9303 parts 5, 6 and 4, appendices.
const ZONES: &[&str] = &[
    "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6",
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
];

const RECORDED: &str = r#"{"exchange":{"n":1,"step":"EF.CardAccess","us":82,"command":"00B09C0000","response":"31143012060A04007F0007020204020202010202010C9000"}}
{"exchange":{"n":2,"us":8,"command":"00A4040C07A0000002471001","response":"9000"}}
{"exchange":{"n":3,"step":"EF.DG1","us":9,"command":"0CB08100","response":"9000","plain":{"command":"00B0810005","response":"61035F1F009000"}}}
{"exchange":{"n":4,"us":9,"command":"00B1000004540200030A","response":"530241429000"}}
{"reset":{"kind":"warm","us":5,"atr":"3B00"}}
{"exchange":{"n":5,"us":1,"command":"00B0000000","error":{"kind":"card_removed","text":"gone"}}}
{"end":{"exchanges":5,"resets":1,"errors":1,"bytes_to_card":40,"bytes_from_card":30}}
"#;
const REDACTED: &str = r#"{"recording":{"format":1,"program":"0.1.0","redacted":true,"time":"2026-01-02T03:04:05Z","card":"c","atr":"3B00","limits":{"command_data":255,"response_data":256},"arguments":["tap","\u2026"]}}
{"exchange":{"n":1,"us":8,"command":"0020000106[6]","response":"[7]9000"}}
"#;

// By the order of `import::Format::ALL`.
const SCRIPTS: &[(u8, &str)] = &[
    (0, "# select\n00 A4 04 0C 07 \\\nA0 00 00 02 47 10 01\nreset\nexit\n"),
    (1, "opensc-tool -r 0 --reset -s 00:A4:00:0C:02:3F:00 -s '00 B0 9E 00 00'\n"),
    (2, "cd aid:A0000002471001\ncat 011E\napdu 00A4040C 05 \"HELLO\"\nverify CHV1 31:32\n"),
    (
        3,
        ".DEFINE %X 3132 ; x\n.POWER_ON\nA020 0001 02 %X (63CX)\nA0C0 0000 02 [3FXX] (9000)\n.DEFINE %F R(3;2)\n",
    ),
    (4, "/set-var a A000\n/send 00A40400#(${a} |x| #{01})00 6F*9000\n/select ${a}\n/atr\n"),
    (5, "powerup;\n0x00 0xB0 0x9C 0x00 0x00 0x7F; // read\nextended on; delay 5;\n"),
    (6, "# cardpeek trace file\nR:3B00\nC:00B09C0000:9000:3104\n"),
    (7, "# ATR: 3B00\n00A4040C023F00\n# 24ms\n9000\n"),
    (8, "card_connect -reader \"ACS\"\nselect -AID A000\nsend_apdu -sc 0 -APDU 80CA${T}00\n"),
    (9, "log => e001000000\n<= 01029000\n"),
    (10, REDACTED),
];

pub fn write(folder: &mut Folder) {
    folder.add("recording", 0, REDACTED.as_bytes());
    folder.add("recording", 1, RECORDED.as_bytes());
    traces(folder);
    scripts(folder);
    for (format, script) in SCRIPTS {
        folder.add("script_import", *format, script.as_bytes());
    }
    for zone in ZONES {
        folder.add("mrz", 0, zone.as_bytes());
        folder.add("explain", 0, zone.as_bytes());
    }
    folder.add(
        "mrz",
        1,
        b"\x00\x30\x00\x31\x00ID\x00KOR\x00AB1234567890\x00KOR\x00HONG\x00GILDONG\x00X",
    );
    folder.add("mrz", 4, b"1UTO2L898902C36");
    folder.add("mrz", 5, b"740812");
    folder.add("mrz", 5, b"19740812");
    folder.add("mrz", 5, b"L898902C3/740812/120415");

    let tapped = tapped();
    let mut evidence = tapped.evidence.clone();
    folder.add("evidence", 0, evidence.to_json().expect("evidence").as_bytes());
    // Without the face, which makes it long.
    evidence.files.remove(&iccard::lds::File::Dg2);
    folder.add("evidence", 0, evidence.to_json().expect("evidence").as_bytes());
    folder.add("evidence", 1, tapped.token.as_bytes());
    for (_, text) in BUILT_IN {
        folder.add("evidence", 2, text.as_bytes());
    }
    folder.add("evidence", 2, new_profile("fuzz", "fuzz").as_bytes());

    let dir = scratch::folder();
    let read = |path: &Path| std::fs::read(path).expect("a file that was written");
    let session = dir.join("session");
    tapped.session.save(&session).expect("a session");
    folder.add("evidence", 3, &read(&session));
    let keys = dir.join("keys");
    tapped.keys.save(&keys).expect("keys");
    folder.add("evidence", 4, &read(&keys));
    let used = dir.join("used");
    UsedSessions::new(&used).consume(&tapped.session, NOW).expect("a record");
    folder.add("evidence", 5, &read(&used));
    let _ = std::fs::remove_dir_all(dir);
}

/// A file in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// Those of the library, and those that the tests keep for their errors.
fn scripts(folder: &mut Folder) {
    for place in ["../apdu-scripts", "../tests/scripts_errors/files"] {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(place);
        let files = std::fs::read_dir(place).expect("a folder of the project");
        let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "apdu")) {
            folder.add("script", 0, &std::fs::read(file).expect("a script"));
        }
    }
    for (_, script) in SCRIPTS {
        folder.add("script", 1, script.as_bytes());
    }
    for value in
        ["tlv(resp, 6F/84) == A000", "%n - 1 < 3 and not sw matches (63CX)", "resp[2..=-1]"]
    {
        folder.add("script", 2, value.as_bytes());
    }
}

fn traces(folder: &mut Folder) {
    const DUMP: &[u8] = b"# ATR: 3B8001\n# Sent\n00A40000023F00\n# 24ms\n9000\n";
    const CLF: &[u8] = b"# cardpeek trace file\nR:3B8001\nC:00A40000023F00:9000:6F00\n";
    for text in [DUMP, CLF, REDACTED.as_bytes()] {
        folder.add("trace", 0, text);
    }
    let recording = Recording::parse("seed", REDACTED.as_bytes()).expect("a recording");
    for (choice, format, link) in [
        (0, Format::Pcapng, Link::Upper),
        (1, Format::Pcapng, Link::Iso14443),
        (2, Format::Jsonl, Link::Upper),
    ] {
        let file = Memory::default();
        let mut sink = sink(format, link, Box::new(file.clone()));
        sink.begin(recording.header()).expect("memory");
        for (_, entry) in recording.entries() {
            sink.entry(entry, Duration::from_micros(7)).expect("memory");
        }
        sink.end(Counts::default()).expect("memory");
        folder.add("trace", choice, &file.0.lock().expect("nobody panics"));
    }
}
