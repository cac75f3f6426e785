//! A new document signer, before the old one's certificate ends.

use std::io::Write;
use std::path::Path;

use rand_core::CryptoRng;
use time::UtcDateTime;

use super::certificates::{Authority, Holder};
use super::{InitError, Options};
use crate::issuer::config::Config;

/// Makes a new document signer under the IACA, in the place of the one that the configuration
/// names. The issuer takes it when it starts anew; what was signed before stays good.
///
/// # Errors
/// [`InitError`]; then the old one is still there.
pub fn renew(
    config: &Path,
    iaca_key: &Path,
    rng: &mut dyn CryptoRng,
    now: UtcDateTime,
) -> Result<UtcDateTime, InitError> {
    let config = Config::load(config)?;
    let (certificate, path) = config.iaca_and_document()?;
    let iaca = Holder { key: config.private_key(iaca_key)?, certificate };
    let settings = &config.settings;
    let options = Options {
        url: settings.url.clone(),
        name: settings.name.clone(),
        country: settings.country.clone(),
        ..Options::default()
    };
    let document = Authority::new(&options, rng, now).document(&iaca)?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let write = || {
        // Mode 0600, as tempfile makes it.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(document.pem().as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path).map(drop).map_err(|e| e.error)
    };
    write().map_err(|source| InitError::Io { path: path.clone(), source })?;
    Ok(document.certificate.validity().not_after)
}
