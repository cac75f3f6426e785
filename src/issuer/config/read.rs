//! Files that a configuration names.

use std::fs;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::ConfigError;
use crate::crypto::SecretKey;
use crate::issuance::Signer;
use crate::pki::Certificate;
use crate::pki::cvc::PrivateKey;
use crate::pki::pem;

const MAX_FILE: usize = 1 << 20;

/// A file that is no secret.
pub(super) fn bytes(path: &Path, most: usize) -> Result<Vec<u8>, ConfigError> {
    let wrong = |source| ConfigError::File { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(wrong)?;
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(wrong)?;
    if bytes.len() > most {
        return Err(content(path, "a shorter file", &format!("at most {most} bytes are read")));
    }
    Ok(bytes)
}

pub(super) fn text(path: &Path, most: usize) -> Result<String, ConfigError> {
    let bytes = bytes(path, most)?;
    String::from_utf8(bytes).map_err(|e| content(path, "text in UTF-8", &e.utf8_error()))
}

/// A file that its owner alone may read.
pub(super) fn secret(path: &Path) -> Result<Zeroizing<String>, ConfigError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let wrong = |source| ConfigError::File { path: path.to_owned(), source };
        let mode = fs::metadata(path).map_err(wrong)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(ConfigError::Open { path: path.to_owned(), mode });
        }
    }
    text(path, MAX_FILE).map(Zeroizing::new)
}

/// 32 bytes in hexadecimal digits.
pub(super) fn key32(path: &Path) -> Result<Zeroizing<[u8; 32]>, ConfigError> {
    let text = secret(path)?;
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), key.as_mut())
        .map_err(|_| content(path, "64 hexadecimal digits", &"other text came"))?;
    Ok(key)
}

/// A private key on an elliptic curve, PEM.
pub(super) fn key(path: &Path) -> Result<SecretKey, ConfigError> {
    key_of(path, &secret(path)?)
}

/// A private key and the certificates that go with it, its own first, in one PEM text.
pub(super) fn signer(path: &Path) -> Result<Signer, ConfigError> {
    const EXPECTED: &str = "a private key and its certificate, PEM";
    let text = secret(path)?;
    let key = key_of(path, &text)?;
    let chain = Certificate::all_from_pem(text.as_bytes());
    let chain = chain.map_err(|e| content(path, EXPECTED, &e))?;
    Signer::new(key, chain).map_err(|e| content(path, EXPECTED, &e))
}

fn key_of(path: &Path, text: &str) -> Result<SecretKey, ConfigError> {
    const EXPECTED: &str = "a private key on P-256, PEM (PKCS#8)";
    let blocks = pem::blocks(text.as_bytes()).map_err(|e| content(path, EXPECTED, &e))?;
    let block = blocks.into_iter().find(|b| b.label.ends_with("PRIVATE KEY"));
    let der = Zeroizing::new(block.ok_or_else(|| content(path, EXPECTED, &"there is none"))?.der);
    match PrivateKey::from_bytes(&der) {
        Ok(PrivateKey::Ec(key)) if key.curve() == crate::crypto::Curve::P256 => Ok(key),
        Ok(_) => Err(content(path, EXPECTED, &"a key of another kind came")),
        Err(e) => Err(content(path, EXPECTED, &e)),
    }
}

/// Certificates, PEM.
pub(super) fn certificates(path: &Path) -> Result<Vec<Certificate>, ConfigError> {
    let bytes = bytes(path, MAX_FILE)?;
    Certificate::all_from_pem(&bytes).map_err(|e| content(path, "certificates in PEM", &e))
}

pub(super) fn content(
    path: &Path,
    expected: &'static str,
    detail: &dyn std::fmt::Display,
) -> ConfigError {
    ConfigError::Content { path: path.to_owned(), expected, detail: detail.to_string() }
}
