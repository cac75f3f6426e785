//! The wallet's file: one at a time has it open, and it is replaced whole.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::error::WalletError;
use super::sealed::{Cost, Seal, SealError};
use super::state::State;

/// The most bytes of a wallet's file that are read.
const MAX_FILE: u64 = 4 << 20;

/// A wallet that is open. What is changed in [`Self::state`] is kept by [`Self::save`].
pub struct Wallet {
    /// What it holds.
    pub state: State,
    place: Option<Place>,
}

struct Place {
    path: PathBuf,
    seal: Seal,
    lock: File,
}

impl Wallet {
    /// A new wallet in a new file that only its owner may read.
    ///
    /// # Errors
    /// [`WalletError::Exists`], [`WalletError::InUse`], [`WalletError::Io`].
    pub fn create(
        path: &Path,
        passphrase: &str,
        cost: Cost,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, WalletError> {
        let lock = lock(path)?;
        if path.try_exists().map_err(|e| io_at(path, "look for it", e))? {
            return Err(WalletError::Exists { path: path.to_owned() });
        }
        let seal = Seal::new(passphrase, cost, rng).map_err(|e| unsealed(path, e))?;
        let place = Place { path: path.to_owned(), seal, lock };
        let wallet = Self { state: State::new(rng), place: Some(place) };
        wallet.save(rng)?;
        Ok(wallet)
    }

    /// Opens a wallet.
    ///
    /// # Errors
    /// [`WalletError::Passphrase`], [`WalletError::NotAWallet`], [`WalletError::InUse`],
    /// [`WalletError::Io`].
    pub fn open(path: &Path, passphrase: &str) -> Result<Self, WalletError> {
        // The lock first: what was opened before may have been replaced by whoever had it.
        let lock = lock(path)?;
        let file = File::open(path).map_err(|e| io_at(path, "open it", e))?;
        let mut sealed = Vec::new();
        file.take(MAX_FILE + 1).read_to_end(&mut sealed).map_err(|e| io_at(path, "read it", e))?;
        let none = |detail: String| WalletError::NotAWallet { path: path.to_owned(), detail };
        if sealed.len() as u64 > MAX_FILE {
            return Err(none(format!("more than {MAX_FILE} bytes")));
        }
        let (seal, plain) = Seal::open(passphrase, &sealed).map_err(|e| unsealed(path, e))?;
        // serde_json quotes nothing of what is secret: values are named by place.
        let state: State = serde_json::from_slice(&plain)
            .map_err(|e| none(format!("line {}, column {}", e.line(), e.column())))?;
        if state.holders.is_empty() {
            return Err(none("it has no holder keys".into()));
        }
        Ok(Self { state, place: Some(Place { path: path.to_owned(), seal, lock }) })
    }

    /// A wallet without a file, which is gone with the process: for tests and measurements.
    pub fn in_memory(rng: &mut dyn CryptoRng) -> Self {
        Self { state: State::new(rng), place: None }
    }

    /// Keeps what was changed: the file is replaced whole, and is on the disk when this returns.
    ///
    /// # Errors
    /// [`WalletError::Io`].
    pub fn save(&self, rng: &mut dyn CryptoRng) -> Result<(), WalletError> {
        let Some(place) = &self.place else { return Ok(()) };
        let path = &place.path;
        let plain = serde_json::to_vec(&self.state)
            .map(Zeroizing::new)
            .map_err(|e| io_at(path, "write it", e.into()))?;
        let sealed = place.seal.seal(&plain, rng).map_err(|e| unsealed(path, e))?;
        replace(path, &sealed).map_err(|e| io_at(path, "write it", e))
    }
}

impl Drop for Place {
    // Closing is not enough: a child that is being started may have the file open for a moment.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl std::fmt::Debug for Wallet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wallet")
            .field("path", &self.place.as_ref().map(|place| &place.path))
            .finish_non_exhaustive()
    }
}

fn io_at(path: &Path, step: &'static str, source: io::Error) -> WalletError {
    WalletError::Io { step, path: path.to_owned(), source }
}

fn unsealed(path: &Path, error: SealError) -> WalletError {
    let path = path.to_owned();
    match error {
        SealError::Closed => WalletError::Passphrase { path },
        SealError::Form(detail) => WalletError::NotAWallet { path, detail: detail.into() },
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

// On a file beside it that stays, for the wallet itself is another file after each replacement.
fn lock(path: &Path) -> Result<File, WalletError> {
    let beside = beside(path, ".lock");
    let file = private().create(true).truncate(false).open(&beside);
    let file = file.map_err(|e| io_at(&beside, "lock the wallet", e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(WalletError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(e)) => Err(io_at(&beside, "lock the wallet", e)),
    }
}

// The bytes are on the disk before the name is theirs, and the name is before this returns.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let next = beside(path, ".new");
    // Left by a process that was killed in here.
    match fs::remove_file(&next) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let written = private().create_new(true).open(&next).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&next, path)) {
        let _ = fs::remove_file(&next);
        return Err(error);
    }
    #[cfg(unix)]
    File::open(
        path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new(".")),
    )?
    .sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededRng;

    #[test]
    fn a_wallet_is_kept_sealed_and_one_process_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("phone.wallet");
        let mut rng = SeededRng::new(b"store", "wallet");
        let mut wallet = Wallet::create(&path, "test", Cost::TEST, &mut rng).unwrap();
        wallet.state.issuer = Some("https://issuer.example".into());
        wallet.save(&mut rng).unwrap();
        assert!(matches!(Wallet::open(&path, "test"), Err(WalletError::InUse { .. })));
        let key = wallet.state.dpop.secret().public();
        drop(wallet);
        let again = Wallet::open(&path, "test").unwrap();
        assert_eq!(again.state.dpop.secret().public(), key);
        assert_eq!(again.state.issuer.as_deref(), Some("https://issuer.example"));
        drop(again);
        assert!(matches!(Wallet::open(&path, "toast"), Err(WalletError::Passphrase { .. })));
        let other = Wallet::create(&path, "test", Cost::TEST, &mut rng);
        assert!(matches!(other, Err(WalletError::Exists { .. })));
        let file = fs::read(&path).unwrap();
        assert!(!file.windows(6).any(|w| w == b"issuer"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        // What a kill has left of a replacement is in nobody's way.
        fs::write(beside(&path, ".new"), b"half").unwrap();
        Wallet::open(&path, "test").unwrap().save(&mut rng).unwrap();
        assert!(!beside(&path, ".new").exists());
        fs::write(&path, b"nothing of the kind").unwrap();
        assert!(matches!(Wallet::open(&path, "test"), Err(WalletError::NotAWallet { .. })));
    }
}
