//! A new configuration is read as its comments say, and what is wrong with one is told by its line.

use std::path::{Path, PathBuf};

use super::{Config, ConfigError};
use crate::crypto::SeededRng;
use crate::issuer::http::HttpSettings;
use crate::issuer::{Clock, Settings, init};
use time::macros::utc_datetime;
use time::{Duration, UtcDateTime};

const NOW: UtcDateTime = utc_datetime!(2026-01-02 3:04:05);

struct At(UtcDateTime);

impl Clock for At {
    fn now(&self) -> UtcDateTime {
        self.0
    }
}

struct Folder {
    _dir: tempfile::TempDir,
    path: PathBuf,
    text: String,
}

fn folder() -> Folder {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("issuer");
    let rng = &mut SeededRng::new(b"config", "issuer");
    let made = init::create(&path, &init::Options::default(), rng, NOW).unwrap();
    let text = std::fs::read_to_string(&made.config).unwrap();
    Folder { _dir: dir, path: made.config, text }
}

#[test]
fn a_new_configuration_says_the_usual_values() {
    let folder = folder();
    let config = Config::load(&folder.path).unwrap();
    let usual = Settings::new("https://localhost:8443");
    let (mut read, http) = (config.settings, config.http);
    assert_eq!(read.clerks.len(), 1);
    read.clerks.clear();
    assert_eq!(format!("{read:?}"), format!("{usual:?}"));
    let mut usual = HttpSettings::new("https://localhost:8443", "127.0.0.1:8443");
    usual.tls = http.tls.clone();
    assert_eq!(format!("{http:?}"), format!("{usual:?}"));
    // Relative to the file, whatever the current folder is.
    let tls = http.tls.unwrap();
    assert_eq!(tls.key, folder.path.parent().unwrap().join("tls/server-key.pem"));
    // What is left out has the same values as what a new one says.
    let short: String = folder.text.split("[credential]").next().unwrap().to_owned();
    let config = Config::of(&folder.path, &short).unwrap();
    assert_eq!(
        format!("{:?}", config.settings),
        format!("{:?}", Settings::new("https://localhost:8443"))
    );
    assert_eq!(config.rates, Config::load(&folder.path).unwrap().rates);
}

#[test]
fn what_is_wrong_is_told_by_its_line() {
    let folder = folder();
    for (from, to, says) in [
        ("listen =", "lissen =", "unknown field `lissen`"),
        ("offer = 180", "offer = \"3m\"", "invalid type"),
        ("offer = 180", "offer = 0", "offer: 1 to 86400 seconds expected"),
        ("offer = 180", "offer = 100000", "offer: 1 to 86400 seconds expected"),
        ("status = 86400", "status = 1199", "status: twice status_ttl or more expected"),
        ("batch_size = 10", "batch_size = 1", "batch_size: 2 to 16 expected"),
        ("life_days = 365", "life_days = 0", "life_days: 1 or more expected"),
        ("status_list_size = 1048576", "status_list_size = 8", "1024 to 16777216 expected"),
        ("country = \"KR\"", "country = \"kr\"", "country: two capitals"),
        ("name = \"TEST iccard issuer\"", "name = \" \"", "name: a name for people"),
        (
            "url = \"https://localhost:8443\"",
            "url = \"http://issuer.example\"",
            "url: an https URL",
        ),
        (
            "url = \"https://localhost:8443\"",
            "url = \"https://a.example/x?y\"",
            "url: an https URL",
        ),
        (
            "url = \"https://localhost:8443\"",
            "url = \"https://u:p@a.example\"",
            "url: an https URL",
        ),
        ("url = \"https://localhost:8443\"", "url = \"https://a.example/\"", "url: an https URL"),
        ("listen = \"127.0.0.1:8443\"", "listen = \"127.0.0.1\"", "listen: ADDRESS:PORT"),
        (
            "listen = \"127.0.0.1:8443\"",
            "listen = \"127.0.0.1:8443\"\nbehind_proxy = true",
            "either [tls]",
        ),
        ("token_sha256 = \"", "token_sha256 = \"00", "clerks.token_sha256: SHA-256"),
        ("sqlite = \"data/register.db\"\n\n", "sqlite = 7\n\n", "invalid type"),
    ] {
        let at = folder.text.find(&format!("\n{from}")).unwrap_or_else(|| panic!("{from}")) + 1;
        let line = 1 + folder.text[..at].matches('\n').count();
        let text = format!("{}{to}{}", &folder.text[..at], &folder.text[at + from.len()..]);
        let error = Config::of(&folder.path, &text).unwrap_err().to_string();
        assert!(error.contains(&format!("line {line}: ")), "{to}: {error}");
        assert!(error.contains(says), "{to}: {error}");
    }
    let twice = folder.text.clone() + &folder.text[folder.text.find("[[clerks]]").unwrap()..];
    let error = Config::of(&folder.path, &twice).unwrap_err().to_string();
    assert!(error.contains("a name that no other has"), "{error}");
    // A line that cannot be read may be one with a password.
    let secret = folder
        .text
        .replace("sqlite = \"data/register.db\"\n\n", "postgres = \"postgresql://u:hunter2@db\n\n");
    let error = Config::of(&folder.path, &secret).unwrap_err();
    assert!(matches!(error, ConfigError::Syntax { .. }));
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let right = secret.replace("hunter2@db", "hunter2@db\"");
    let config = Config::of(&folder.path, &right).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

fn open(folder: &Folder) -> Result<crate::issuer::Issuer, ConfigError> {
    Config::load(&folder.path).unwrap().open(Box::new(At(NOW)))
}

#[test]
fn an_issuer_is_opened_and_wrong_files_are_named() {
    let folder = folder();
    let issuer = open(&folder).unwrap();
    assert_eq!(issuer.wallet_anchors.len(), 1);
    assert!(issuer.card_anchors.len() >= 3);
    drop(issuer);
    let at = |name: &str| folder.path.parent().unwrap().join(name);
    let put = |name: &str, bytes: &[u8]| std::fs::write(at(name), bytes).unwrap();
    let old = |name: &str| std::fs::read(at(name)).unwrap();
    for (name, bytes) in [
        ("keys/document.pem", b"no key".to_vec()),
        ("keys/document.pem", old("keys/encryption.pem")),
        // Another key than the certificate's, and a chain under another root.
        ("keys/document.pem", [old("keys/encryption.pem"), old("iaca.pem")].concat()),
        (
            "keys/status.pem",
            [old("wallet-provider/key.pem"), old("wallet-provider/cert.pem")].concat(),
        ),
        ("keys/nonce.hex", b"00".to_vec()),
        ("keys/seal.hex", vec![b'x'; 64]),
        ("keys/log.key", b"PRIVATE+KEY+x+00000000+AA==".to_vec()),
        ("iaca.pem", [old("iaca.pem"), old("iaca.pem")].concat()),
        ("policy.toml", b"name = 1".to_vec()),
        ("people.csv", b"id,name\n1,2\n".to_vec()),
        ("wallet-providers/test.pem", b"".to_vec()),
        ("trust/broken.cer", b"".to_vec()),
    ] {
        let before = std::fs::read(at(name)).ok();
        put(name, &bytes);
        let error = open(&folder).err().unwrap_or_else(|| panic!("{name} passed")).to_string();
        assert!(
            error.contains(Path::new(name).file_name().unwrap().to_str().unwrap())
                || name.starts_with("trust"),
            "{name}: {error}"
        );
        match before {
            Some(before) => put(name, &before),
            None => std::fs::remove_file(at(name)).unwrap(),
        }
    }
    open(&folder).unwrap();
    // The register knows the key of its names.
    put("keys/names.hex", "11".repeat(32).as_bytes());
    assert!(matches!(open(&folder), Err(ConfigError::Registry(_))));
}

#[test]
fn an_issuer_whose_credentials_nobody_would_believe_does_not_start() {
    let folder = folder();
    let open = |text: &str, after: Duration| {
        let config = Config::of(&folder.path, text).unwrap();
        config.open(Box::new(At(NOW + after)))
    };
    let refused = |text: &str, after: Duration, says: &str| {
        let error = open(text, after).err().unwrap_or_else(|| panic!("{says} passed"));
        assert!(matches!(error, ConfigError::Trial { .. }), "{error}");
        assert!(error.to_string().contains(says), "{says}: {error}");
    };
    let hour = Duration::HOUR;
    let with = |from: &str, to: &str| {
        assert!(folder.text.contains(from));
        folder.text.replace(from, to)
    };
    refused(&with("country = \"KR\"", "country = \"US\""), hour, "issuing_country");
    refused(&with("doc_type = \"kr.example.resident.1\"", "doc_type = \"\""), hour, "docType");
    refused(&with("vct = \"urn:kr.example:resident:1\"", "vct = \"\""), hour, "vct");
    // A signer for something else.
    let (document, status) = ("document = \"keys/document.pem\"", "status = \"keys/status.pem\"");
    refused(&with(document, "document = \"keys/status.pem\""), hour, "not for this use");
    refused(&with(status, "status = \"keys/document.pem\""), hour, "not for this use");
    // Not begun, and over: an hour is taken off at the beginning.
    refused(&folder.text, -Duration::DAY, "not valid at");
    refused(&folder.text, Duration::days(455), "not valid at");
    let issuer = open(&folder.text, Duration::days(454)).unwrap();
    let ends = issuer.keys.document.certificate().validity().not_after.unix_timestamp();
    let line = format!("iccard_document_signer_not_after_timestamp_seconds {ends}");
    assert!(issuer.metrics.text().1.lines().any(|l| l == line), "{line}");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let key = folder.path.parent().unwrap().join("keys/document.pem");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = open(&folder).err().unwrap();
    assert!(matches!(error, ConfigError::Open { mode: 0o640, .. }), "{error}");
}
