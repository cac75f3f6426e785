//! Everything a first run needs: keys, certificates, configuration, and synthetic persons.
//!
//! All or nothing: it is made beside the folder and renamed to it, and never over what is there.
//! What it makes is for trials. In earnest the IACA's key stays off line, the wallet providers are
//! real, and the persons come from the population registry.

mod certificates;
mod error;
mod renew;
#[cfg(test)]
mod tests;

pub use error::InitError;
pub use renew::renew;

use std::path::{Path, PathBuf};

use rand_core::CryptoRng;
use time::UtcDateTime;
use zeroize::Zeroizing;

use crate::crypto::{Curve, Hash, SecretKey};
use crate::ledger::NoteSigner;
use crate::pki::cvc::PrivateKey;
use crate::profile;
use crate::trust::encoding::base64url;
use certificates::Authority;

const TEMPLATE: &str = include_str!("issuer.toml");
const PEOPLE: &str = include_str!("people.csv");
const POLICY: &str = include_str!("../../../policy/korea-2024.toml");
/// The emulated cards whose holders are in `people.csv`.
const CARDS: [&str; 3] = ["resident", "resident-key-only", "eid-pin"];

/// What the new issuer is.
#[derive(Clone, Debug)]
pub struct Options {
    /// credential_issuer, without a slash at the end.
    pub url: String,
    /// Address and port to listen at.
    pub listen: String,
    /// More names and addresses of the server, beside the URL's and those of this machine.
    pub hosts: Vec<String>,
    /// Name for people.
    pub name: String,
    /// ISO 3166-1, two capitals.
    pub country: String,
    /// Name of the clerk.
    pub clerk: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            url: "https://localhost:8443".into(),
            listen: "127.0.0.1:8443".into(),
            hosts: Vec::new(),
            name: "TEST iccard issuer".into(),
            country: "KR".into(),
            clerk: "clerk-1".into(),
        }
    }
}

/// What was made.
pub struct Made {
    /// The configuration.
    pub config: PathBuf,
    /// The clerk's bearer token: it stands nowhere else.
    pub clerk_token: Zeroizing<String>,
    /// The last second of the document signer's certificate.
    pub signer_until: UtcDateTime,
}

/// Makes the folder of an issuer.
///
/// # Errors
/// [`InitError`]; then there is no folder, or the one that was there as it was.
pub fn create(
    dir: &Path,
    options: &Options,
    rng: &mut dyn CryptoRng,
    now: UtcDateTime,
) -> Result<Made, InitError> {
    let io = |source| InitError::Io { path: dir.to_owned(), source };
    match std::fs::read_dir(dir).map(|mut entries| entries.next().is_some()) {
        Ok(true) => return Err(InitError::Exists { path: dir.to_owned() }),
        Ok(false) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(io(error)),
    }
    let parent =
        dir.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut new = tempfile::Builder::new();
    // For its owner alone.
    #[cfg(unix)]
    new.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let new = new.tempdir_in(parent).map_err(io)?;
    let made = fill(new.path(), options, rng, now)?;
    // Over an empty folder at most: what came into it meanwhile makes it fail.
    #[cfg(windows)]
    let _ = std::fs::remove_dir(dir);
    std::fs::rename(new.path(), dir).map_err(|source| match source.kind() {
        std::io::ErrorKind::DirectoryNotEmpty => InitError::Exists { path: dir.to_owned() },
        _ => io(source),
    })?;
    // It is not temporary any more.
    let _ = new.keep();
    Ok(Made { config: dir.join("issuer.toml"), ..made })
}

fn fill(
    dir: &Path,
    options: &Options,
    rng: &mut dyn CryptoRng,
    now: UtcDateTime,
) -> Result<Made, InitError> {
    let host = checked(options)?;
    let folder = Folder(dir);
    for name in ["keys", "tls", "trust", "wallet-providers", "wallet-provider", "data"] {
        let path = dir.join(name);
        std::fs::create_dir(&path).map_err(|source| InitError::Io { path, source })?;
    }
    let mut authority = Authority::new(options, rng, now);
    let iaca = authority.iaca()?;
    folder.public("iaca.pem", iaca.certificate.to_pem().as_bytes())?;
    folder.secret("keys/iaca.pem", &pem_of(&iaca.key))?;
    let document = authority.document(&iaca)?;
    let signer_until = document.certificate.validity().not_after;
    folder.secret("keys/document.pem", &document.pem())?;
    folder.secret("keys/status.pem", &authority.status(&iaca)?.pem())?;
    folder.secret("keys/metadata.pem", &authority.metadata(&iaca)?.pem())?;

    let (ca, provider) = authority.wallet_provider()?;
    folder.public("wallet-providers/test.pem", ca.certificate.to_pem().as_bytes())?;
    folder.secret("wallet-provider/ca-key.pem", &pem_of(&ca.key))?;
    folder.public("wallet-provider/cert.pem", provider.certificate.to_pem().as_bytes())?;
    folder.secret("wallet-provider/key.pem", &pem_of(&provider.key))?;

    let mut names = vec!["localhost", "127.0.0.1", "::1"];
    names.extend(std::iter::once(host).chain(options.hosts.iter().map(String::as_str)));
    names.sort_unstable();
    names.dedup();
    let (ca, server) = authority.tls(&names)?;
    folder.public("tls/ca.pem", ca.certificate.to_pem().as_bytes())?;
    folder.secret("tls/ca-key.pem", &pem_of(&ca.key))?;
    folder.public("tls/server.pem", server.certificate.to_pem().as_bytes())?;
    folder.secret("tls/server-key.pem", &pem_of(&server.key))?;

    let encryption = SecretKey::generate(Curve::P256, authority.rng);
    folder.secret("keys/encryption.pem", &pem_of(&encryption))?;
    for name in ["keys/nonce.hex", "keys/seal.hex", "keys/names.hex"] {
        let mut key = Zeroizing::new([0; 32]);
        authority.rng.fill_bytes(key.as_mut());
        folder.secret(name, &Zeroizing::new(format!("{}\n", hex::encode(*key))))?;
    }
    // A URL without its scheme (C2SP signed-note).
    let origin = options.url.split_once("://").map_or(options.url.as_str(), |(_, rest)| rest);
    let log = NoteSigner::generate(&format!("{origin}/ledger"), authority.rng)
        .map_err(|e| InitError::Made { what: "the key of the log", detail: e.to_string() })?;
    folder.secret("keys/log.key", &Zeroizing::new(format!("{}\n", log.to_text().as_str())))?;
    folder.public("log.pub", format!("{}\n", log.verifier()).as_bytes())?;

    for name in CARDS {
        for (file, der) in anchors_of(name)? {
            folder.public(&format!("trust/{file}"), &der)?;
        }
    }
    folder.secret("people.csv", PEOPLE)?;
    folder.public("policy.toml", POLICY.as_bytes())?;

    let mut token = Zeroizing::new([0; 32]);
    authority.rng.fill_bytes(token.as_mut());
    let clerk_token = Zeroizing::new(base64url::encode(token.as_slice()));
    let hash = hex::encode(Hash::Sha256.digest(&[clerk_token.as_bytes()]));
    let config = [
        ("@URL@", options.url.as_str()),
        ("@NAME@", &options.name),
        ("@COUNTRY@", &options.country),
        ("@LISTEN@", &options.listen),
        ("@CLERK@", &options.clerk),
        ("@CLERK_HASH@", &hash),
    ]
    .iter()
    .fold(TEMPLATE.to_owned(), |text, (mark, value)| text.replace(mark, value));
    folder.public("issuer.toml", config.as_bytes())?;
    Ok(Made { config: PathBuf::new(), clerk_token, signer_until })
}

// What goes into TOML, certificates and a URL; the host of the URL.
fn checked(options: &Options) -> Result<&str, InitError> {
    let wrong = |what, expected| Err(InitError::Option { what, expected });
    let plain = |text: &str| {
        !text.is_empty() && !text.contains(['"', '\\', '@']) && !text.chars().any(char::is_control)
    };
    for (what, text) in [
        ("name", &options.name),
        ("listen", &options.listen),
        ("clerk", &options.clerk),
        ("url", &options.url),
    ] {
        if !plain(text) {
            return wrong(
                what,
                "text without quotation marks, @, backslashes and control characters",
            );
        }
    }
    if options.country.len() != 2 || !options.country.bytes().all(|b| b.is_ascii_uppercase()) {
        return wrong("country", "two capitals (ISO 3166-1)");
    }
    let authority = options.url.split_once("://").map(|(_, rest)| rest).unwrap_or_default();
    let authority = authority.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => v6,
        None => authority.split(':').next().unwrap_or_default(),
    };
    if host.is_empty() || options.url.ends_with('/') {
        return wrong("url", "a URL without a slash at the end");
    }
    Ok(host)
}

fn anchors_of(name: &str) -> Result<Vec<(String, Vec<u8>)>, InitError> {
    let made = |detail: String| InitError::Made { what: "the anchors of the test cards", detail };
    let row = profile::BUILT_IN.iter().find(|(known, _)| *known == name);
    let (_, text) = row.ok_or_else(|| made(format!("no card {name}")))?;
    let card = profile::check(text, Path::new(name)).and_then(|p| p.personalise());
    Ok(profile::anchors(&card.map_err(|e| made(e.to_string()))?))
}

fn pem_of(key: &SecretKey) -> Zeroizing<String> {
    PrivateKey::Ec(key.clone()).to_pem()
}

// Each file is new: nothing is there before.
struct Folder<'a>(&'a Path);

impl Folder<'_> {
    fn public(&self, name: &str, bytes: &[u8]) -> Result<(), InitError> {
        write_new(&self.0.join(name), bytes, 0o644)
    }

    fn secret(&self, name: &str, text: &str) -> Result<(), InitError> {
        write_new(&self.0.join(name), text.as_bytes(), 0o600)
    }
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), InitError> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let write = || {
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| InitError::Io { path: path.to_owned(), source })
}

impl std::fmt::Debug for Made {
    // The token is secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").field("config", &self.config).finish_non_exhaustive()
    }
}
