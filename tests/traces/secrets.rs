//! What must stand nowhere: passwords, keys, and what tells of the person.

use std::{collections::BTreeMap, path::Path};

use iccard::{
    apdu::Response,
    crypto::{Cipher, KeyPurpose, SeededRng, derive_key},
    lds::{File, SecurityInfos},
    profile::Personalised,
    protocol::{
        Initiator, Next,
        bac::{self, AccessKey},
        pace::{self, Parameters, Password, TerminalOptions},
    },
    tlv::{self, Tag},
    transport::Recording,
};

use super::{FORMS, iccard};
use crate::support::card;

/// A secret in the ways that it could be written: as it is, as text in any case, in hexadecimal,
/// and in base64 wherever it begins.
struct Needle {
    name: String,
    bytes: Vec<u8>,
    texts: Vec<String>,
}

impl Needle {
    fn new(name: impl Into<String>, bytes: &[u8]) -> Self {
        use base64::Engine as _;
        let mut texts = vec![hex::encode(bytes)];
        for before in 0..3 {
            let shifted = [&vec![0; before], bytes].concat();
            let coded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&shifted);
            // Without the digits that hang on what stands before and behind.
            let start = before + usize::from(before > 0);
            let end = coded.len() - usize::from(shifted.len() % 3 != 0);
            texts.push(coded[start..end].to_owned());
            texts.push(coded[start..end].replace('+', "-").replace('/', "_"));
        }
        texts.retain(|text| text.len() >= 6);
        Self { name: name.into(), bytes: bytes.to_vec(), texts }
    }

    fn is_in(&self, hay: &[u8]) -> bool {
        // A number of six digits may be part of a longer one, a time.
        let digits = self.bytes.iter().all(u8::is_ascii_digit);
        let raw = hay.windows(self.bytes.len()).enumerate().any(|(at, window)| {
            let beside = [at.checked_sub(1), Some(at + window.len())];
            let is_part = || {
                let beside = beside.iter().flatten().filter_map(|at| hay.get(*at));
                digits && beside.into_iter().any(u8::is_ascii_digit)
            };
            window.eq_ignore_ascii_case(&self.bytes) && !is_part()
        });
        let hay = String::from_utf8_lossy(hay);
        let lower = hay.to_ascii_lowercase();
        raw || lower.contains(&self.texts[0])
            || self.texts.iter().skip(1).any(|text| hay.contains(text))
    }
}

fn secrets(card: &Personalised) -> Vec<Needle> {
    let known = &card.profile.secrets;
    let mut needles = vec![Needle::new("CAN", known.can.as_bytes())];
    let pin = known.pin.as_ref().map(|pin| ("PIN", pin.as_bytes()));
    let puk = known.puk.as_ref().map(|puk| ("PUK", puk.as_bytes()));
    needles.extend(pin.into_iter().chain(puk).map(|(name, text)| Needle::new(name, text)));
    if let Some(mrz) = &card.mrz {
        let key = AccessKey::mrz(mrz.as_str());
        needles.push(Needle::new("MRZ_information", mrz.as_str().as_bytes()));
        needles.push(Needle::new("K_seed", key.seed()));
        for purpose in [KeyPurpose::Enc, KeyPurpose::Mac] {
            let key = derive_key(key.seed(), purpose, Cipher::TripleDes);
            needles.push(Needle::new("document basic access key", &key));
        }
    }
    needles
}

fn person(card: &Personalised) -> Vec<Needle> {
    let travel = card.profile.travel.as_ref().unwrap();
    let holder = &travel.person;
    let mut needles = Vec::new();
    for (name, text) in [("surname", &holder.surname), ("given names", &holder.given_names)] {
        // Three letters are in words, too; the MRZ has them all.
        if text.len() > 3 {
            needles.push(Needle::new(name, text.as_bytes()));
        }
    }
    needles.push(Needle::new("document number", travel.document.number.as_bytes()));
    if let Some(dg1) = card.files.get(&File::Dg1) {
        let path = [Tag::new(0x61), Tag::new(0x5F1F)];
        let mrz = tlv::find(dg1, &path).unwrap().unwrap().value;
        let line = if mrz.len() == 90 { 30 } else { 44 };
        needles.extend(mrz.chunks(line).map(|line| Needle::new("line of the MRZ", line)));
    }
    if let Some(dg2) = card.files.get(&File::Dg2) {
        needles.push(Needle::new("face", &dg2[dg2.len() / 2..][..32]));
    }
    needles
}

/// Goes through a protocol again with the randomness of the seed and the recorded answers.
fn again<T: Initiator>(mut terminal: T, recording: &Recording, first: &str) -> Option<T::Output> {
    let mut rng = SeededRng::new(b"s", "terminal");
    let exchanges = recording.exchanges();
    let mut said = exchanges.skip_while(|exchange| exchange.step.as_deref() != Some(first));
    let mut next = terminal.start(&mut rng).ok()?;
    loop {
        match next {
            Next::Done(output) => return Some(output),
            Next::Send(command) => {
                let exchange = said.next()?;
                if exchange.command.bytes()? != command.to_bytes().unwrap() {
                    return None;
                }
                let answer = exchange.response.as_ref()?.bytes()?;
                next = terminal.receive(&Response::parse(answer).unwrap(), &mut rng).ok()?;
            }
        }
    }
}

/// The session keys of the first channel.
fn session_keys(card: &Personalised, recording: &Recording) -> Option<Vec<Needle>> {
    let mrz = card.mrz.as_ref()?.as_str();
    let by_bac = || {
        let terminal = bac::Terminal::new(AccessKey::mrz(mrz));
        again(terminal, recording, "GET CHALLENGE").map(|established| established.keys)
    };
    let by_pace = || {
        let infos = SecurityInfos::parse(card.files.get(&File::CardAccess)?).ok()?;
        let passwords = [Password::can(&card.profile.secrets.can), Password::mrz(mrz)];
        infos
            .pace()
            .flat_map(|info| passwords.iter().map(move |password| (info, password)))
            .find_map(|(info, password)| {
                let params = Parameters::new(info.protocol, info.parameter_id).ok()?;
                let options = TerminalOptions::default();
                let terminal = pace::Terminal::new(params, password.clone(), options);
                again(terminal, recording, "PACE MSE:Set AT").map(|established| established.keys)
            })
    };
    let keys = by_pace().or_else(by_bac)?;
    Some(vec![Needle::new("KS_Enc", &keys.enc), Needle::new("KS_MAC", &keys.mac)])
}

fn written(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.is_file());
    files
        .map(|path| {
            (path.file_name().unwrap().display().to_string(), std::fs::read(&path).unwrap())
        })
        .collect()
}

#[test]
fn nothing_that_runs_by_default_writes_a_secret() {
    for name in ["resident", "passport-pace-gm", "passport-bac"] {
        let personalised = card::built_in(name);
        let address = format!("emulated:{name}");
        // The same dialogue with all that there is, to know its keys.
        let full = tempfile::tempdir().unwrap();
        let tap = ["tap", "--card", &address, "--seed", "s", "--record", "full"];
        assert!(iccard(full.path(), &[&tap[..], &["--record-secrets"]].concat()).status.success());
        let recording = Recording::load(&full.path().join("full")).unwrap();
        let mut secrets = secrets(&personalised);
        match session_keys(&personalised, &recording) {
            Some(keys) => secrets.extend(keys),
            // Its terminal has a role to play in PACE.
            None => assert_eq!(name, "resident", "no session keys were found"),
        }
        let person = person(&personalised);

        // By default: in no file, and on stderr neither; the answer shows the holder, by design.
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        for (form, options) in FORMS {
            let record = format!("{form}.rec");
            let mut args = vec!["tap", "-v", "--json", "--card", &address, "--seed", "s"];
            args.extend(["--trace", form, "--record", &record]);
            args.extend(options);
            let tapped = iccard(dir, &args);
            assert!(tapped.status.success(), "{name}");
            std::fs::write(dir.join(format!("{form}.stderr")), tapped.stderr).unwrap();
            let shown = iccard(dir, &["trace", "show", form]);
            std::fs::write(dir.join(format!("{form}.shown")), shown.stdout).unwrap();
            for needle in &secrets {
                // The answer has the MRZ's fields, and with them what keys follow from.
                let shows = needle.name == "MRZ_information";
                assert!(shows || !needle.is_in(&tapped.stdout), "{name}, stdout: {}", needle.name);
            }
        }
        let files = written(dir);
        assert_eq!(files.len(), 4 * FORMS.len());
        for (file, bytes) in &files {
            for needle in secrets.iter().chain(&person) {
                assert!(!needle.is_in(bytes), "{name}: {file} has the {}", needle.name);
            }
        }

        // That they would be found: what leaves nothing out has the person, in its own way.
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        for (form, options) in FORMS {
            let mut args = vec!["tap", "--card", &address, "--seed", "s", "--trace", form];
            args.extend(options);
            assert!(iccard(dir, &[&args[..], &["--unsafe-trace"]].concat()).status.success());
            let bytes = std::fs::read(dir.join(form)).unwrap();
            for needle in &person {
                assert!(needle.is_in(&bytes), "{name}: {form} has not the {}", needle.name);
            }
        }
        // And the passwords, where they are kept.
        let whole = std::fs::read(full.path().join("full")).unwrap();
        let kept: Vec<_> = secrets.iter().filter(|needle| needle.is_in(&whole)).collect();
        assert!(!kept.is_empty(), "{name}");
    }
}

/// Scripts that open the card and read the person, tests that fail of them among them: in no report,
/// on no stream, in no trace, recording or shown trace.
#[test]
fn no_report_of_a_run_has_a_secret_or_the_person() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("apdu-scripts");
    let included = library.join("lib/emrtd.apdu");
    for (name, access) in [
        ("resident", "secret key = env:ICCARD_CAN\naccess pace can %key\n"),
        ("passport-pace-gm", "secret key = env:ICCARD_MRZ\naccess pace mrz %key\n"),
        ("passport-bac", "secret key = env:ICCARD_MRZ\naccess bac %key\n"),
    ] {
        let personalised = card::built_in(name);
        let mut needles = secrets(&personalised);
        needles.extend(person(&personalised));
        let address = format!("emulated:{name}");
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        // What is wrong of what was read, and of what is secret, stands in messages.
        let script = format!(
            "include {:?}\n{access}read ef EF.DG1 -> dg1\nread ef EF.DG2 -> dg2\n\
             test \"the person\"\n  assert %dg1 == 00 \"another person\"\nend\n\
             test \"the face\"\n  assert %dg2 matches [00 *]\nend\n\
             test \"a file\"\n  00B0 8100 10 [00 *]\nend\n\
             test \"a value of it\"\n  expect tlv 61/5F1F == 00\nend\n\
             test \"the key\"\n  assert %key == \"x\"\nend\n\
             test \"the key as bytes\"\n  00D6 8100 #(%key)\nend\necho %key\n",
            included.display().to_string(),
        );
        std::fs::write(dir.join("own.apdu"), script).unwrap();
        let mut scripts = vec![dir.join("own.apdu")];
        if name == "resident" {
            scripts.push(library.join("read-resident-card.apdu"));
        }
        let mut commands = 0;
        for (form, options) in FORMS {
            let record = format!("{form}.rec");
            let [junit, tap] = ["xml", "tap"].map(|end| format!("{form}.{end}"));
            let mut args = vec!["run", "-v", "--json", "--card", &address, "--seed", "s"];
            args.extend(["--junit", &junit, "--tap-out", &tap]);
            args.extend(["--trace", form, "--record", &record]);
            args.extend(options);
            args.extend(scripts.iter().map(|path| path.to_str().unwrap()));
            let ran = iccard(dir, &args);
            let told = String::from_utf8(ran.stdout.clone()).unwrap();
            assert_eq!(ran.status.code(), Some(1), "{name}: {told}");
            let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
            assert_eq!(report["files"][0]["counts"]["failed"], 6, "{name}: {told}");
            commands += report["files"][0]["apdus"].as_u64().unwrap();
            std::fs::write(dir.join(format!("{form}.stdout")), ran.stdout).unwrap();
            std::fs::write(dir.join(format!("{form}.stderr")), ran.stderr).unwrap();
            let shown = iccard(dir, &["trace", "show", form]);
            std::fs::write(dir.join(format!("{form}.shown")), shown.stdout).unwrap();
        }
        assert!(commands > 20, "{name}: the files were not read");
        let mut files = written(dir);
        files.remove("own.apdu");
        assert_eq!(files.len(), 7 * FORMS.len());
        for (file, bytes) in &files {
            for needle in &needles {
                assert!(!needle.is_in(bytes), "{name}: {file} has the {}", needle.name);
            }
        }
    }
}

/// A command with a PIN in plain, as `apdu` sends it.
#[test]
fn a_pin_is_in_no_trace_but_an_unsafe_one() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let pin = Needle::new("PIN", b"271224");
    for (form, options) in FORMS {
        for (kind, flags) in [("redacted", [].as_slice()), ("unsafe", &["--unsafe-trace"])] {
            let file = format!("{kind}-{form}");
            let args = ["apdu", "0020000106323731323234", "--trace", &file];
            assert!(iccard(dir, &[&args[..], options, flags].concat()).status.success());
            let bytes = std::fs::read(dir.join(&file)).unwrap();
            assert_eq!(pin.is_in(&bytes), kind == "unsafe", "{file}");
        }
    }
}

#[test]
fn needles_are_found_however_they_are_written() {
    use base64::Engine as _;
    let needle = Needle::new("key", &[0xDE, 0xAD, 0xBE, 0xEF, 0xFB, 0xFF, 0x01, 0x02]);
    let base64 = &base64::engine::general_purpose::STANDARD;
    for before in 0..4 {
        let inside = [&vec![7; before], &needle.bytes[..], &[1, 2, 3]].concat();
        let hex = hex::encode_upper(&inside);
        for text in [hex.clone(), hex.to_lowercase(), base64.encode(&inside)] {
            assert!(needle.is_in(format!("\"{text}\"").as_bytes()), "{before}: {text}");
        }
        assert!(needle.is_in(&inside));
    }
    let can = Needle::new("CAN", b"500540");
    assert!(can.is_in(b"can 500540.") && !can.is_in(b"at 15005401 us") && !can.is_in(b""));
}
