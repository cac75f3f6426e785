//! A new issuer is whole, private, and never made over another.

use std::collections::BTreeMap;
use std::path::Path;

use time::Duration;
use time::macros::utc_datetime;

use super::{CARDS, InitError, Options, PEOPLE, create, renew};
use crate::crypto::{Hash, SeededRng};
use crate::issuer::config::Config;
use crate::issuer::ports::{CsvPopulation, Lookup, Population};
use crate::profile;

const NOW: time::UtcDateTime = utc_datetime!(2026-01-02 3:04:05);

fn make(dir: &Path) -> Result<super::Made, InitError> {
    create(dir, &Options::default(), &mut SeededRng::new(b"init", "issuer"), NOW)
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                all.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    all
}

#[test]
fn nothing_is_ever_made_over_what_is_there() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("issuer");
    // An empty folder may be there.
    std::fs::create_dir(&dir).unwrap();
    let made = make(&dir).unwrap();
    let before = files(&dir);
    assert!(matches!(make(&dir), Err(InitError::Exists { .. })));
    assert_eq!(files(&dir), before);
    // The token stands nowhere, its hash in the configuration.
    let token = made.clerk_token.as_str();
    let hash = hex::encode(Hash::Sha256.digest(&[token.as_bytes()]));
    assert_eq!(token.len(), 43);
    let texts = || before.values().map(|bytes| String::from_utf8_lossy(bytes));
    assert!(!texts().any(|text| text.contains(token)));
    assert!(String::from_utf8_lossy(&before["issuer.toml"]).contains(&hash));

    let other = parent.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("mine"), b"mine").unwrap();
    assert!(matches!(make(&other), Err(InitError::Exists { .. })));
    assert_eq!(files(&other).len(), 1);

    // What cannot be made leaves nothing behind.
    let third = parent.path().join("third");
    let rng = &mut SeededRng::new(b"init", "third");
    for wrong in [
        Options { url: "https://issuer.example/".into(), ..Options::default() },
        Options { url: "issuer.example".into(), ..Options::default() },
        Options { country: "kr".into(), ..Options::default() },
        Options { name: "a\"\nurl = \"x".into(), ..Options::default() },
        Options { hosts: vec!["no name".into()], ..Options::default() },
    ] {
        create(&third, &wrong, rng, NOW).unwrap_err();
    }
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 2);
}

#[cfg(unix)]
#[test]
fn what_is_secret_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("issuer");
    make(&dir).unwrap();
    let mut secret = 0;
    for (name, bytes) in files(&dir) {
        let mode = std::fs::metadata(dir.join(&name)).unwrap().permissions().mode() & 0o777;
        let key = String::from_utf8_lossy(&bytes).contains("PRIVATE")
            || name.starts_with("keys/")
            || name == "people.csv";
        secret += usize::from(key);
        assert_eq!(mode & 0o077 == 0, key, "{name}: {mode:o}");
    }
    assert_eq!(secret, 14);
    assert_eq!(std::fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn the_persons_are_the_holders_of_the_emulated_cards() {
    let people = CsvPopulation::from_csv(PEOPLE.as_bytes()).unwrap();
    for name in CARDS {
        let text = profile::BUILT_IN.iter().find(|(n, _)| *n == name).unwrap().1;
        let value = |key: &str| {
            let line = text.lines().find(|l| l.starts_with(&format!("{key} = ")))?;
            Some(line.split_once(" = ")?.1.trim_matches('"').to_owned())
        };
        let Some(number) = value("number") else {
            // A key-only card says nothing of its holder.
            let serial = value("serial").unwrap();
            assert!(people.find(Lookup::KeyOnlyCard(&serial)).unwrap().is_some());
            continue;
        };
        let person = people.find(Lookup::Document(&number)).unwrap().unwrap();
        assert_eq!(value("surname"), Some(person.family_name));
        assert_eq!(value("given_names"), Some(person.given_name));
        assert_eq!(value("national_surname"), person.family_name_national);
        assert_eq!(value("national_given_names"), person.given_name_national);
        assert_eq!(value("birth_date"), Some(person.birth_date.to_string()));
        assert_eq!(value("address"), Some(person.address));
        assert_eq!(value("resident_number"), person.personal_number.map(|n| n.to_string()));
    }
    assert!(people.find(Lookup::Id("P-0005")).unwrap().unwrap().card.is_none());
}

struct At(time::UtcDateTime);

impl crate::issuer::Clock for At {
    fn now(&self) -> time::UtcDateTime {
        self.0
    }
}

#[test]
fn a_new_document_signer_takes_the_old_ones_place() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("issuer");
    let made = make(&dir).unwrap();
    assert!(made.signer_until - NOW <= Duration::days(457));
    let document = || std::fs::read_to_string(dir.join("keys/document.pem")).unwrap();
    let old = document();
    let rng = &mut SeededRng::new(b"init", "renew");
    // By its IACA's key alone.
    let other = dir.join("keys/encryption.pem");
    renew(&made.config, &other, rng, NOW).unwrap_err();
    assert_eq!(document(), old);
    let later = NOW + Duration::days(1095);
    let until = renew(&made.config, &dir.join("keys/iaca.pem"), rng, later).unwrap();
    assert!(until > later + Duration::days(400));
    assert_ne!(document(), old);
    let issuer = Config::load(&made.config).unwrap().open(Box::new(At(later))).unwrap();
    assert_eq!(issuer.keys.document.certificate().validity().not_after, until);
}
