//! The device's keys, to which a credential will be bound.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::jwk::{JwkError, RawJwk, thumbprint};
use super::value::{Commitment, Thumbprint};
use crate::crypto::{Curve, Hash, PublicKey, SecretKey};

/// The most keys that one request carries.
pub const MAX_DEVICE_KEYS: usize = 16;
const MAX_FILE: u64 = 64 << 10;

/// H_dev of these keys, in whatever order they come.
pub fn commitment<'a>(keys: impl IntoIterator<Item = &'a PublicKey>) -> Commitment {
    let mut all: Vec<Thumbprint> = keys.into_iter().map(thumbprint).collect();
    all.sort_unstable();
    let parts: Vec<&[u8]> = all.iter().map(|t| &t.as_bytes()[..]).collect();
    let mut out = [0; 32];
    out.copy_from_slice(&Hash::Sha256.digest(&parts));
    Commitment::new(out)
}

/// The private keys of a device: one or more on P-256, all different. The first signs requests.
#[derive(Clone)]
pub struct DeviceKeys(Vec<SecretKey>);

/// Why a file of device keys cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// It is there already, and keys are never overwritten.
    #[error("{}: there is a file already, and keys are not overwritten", .path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// It is no JSON Web Key Set of this form. The text is not quoted: it is secret.
    #[error("{}: no set of private P-256 keys (RFC 7517), line {line}, column {column}", .path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Where, counted from one.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// One of its keys is refused.
    #[error("{}, key {index}: {source}", .path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// Which key, counted from one.
        index: usize,
        /// Why.
        source: JwkError,
    },
    /// None, too many, or one twice.
    #[error("{}: 1 to {MAX_DEVICE_KEYS} different keys expected, {got} came{}", .path.display(), if *.twice { ", one of them twice" } else { "" })]
    Count {
        /// Which file.
        path: PathBuf,
        /// How many there are.
        got: usize,
        /// Whether the fault is that one stands twice.
        twice: bool,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySet {
    keys: Vec<RawJwk>,
}

impl DeviceKeys {
    /// Fresh keys: `count` of them, at least one and at most [`MAX_DEVICE_KEYS`].
    pub fn generate(count: usize, rng: &mut dyn CryptoRng) -> Self {
        let count = count.clamp(1, MAX_DEVICE_KEYS);
        Self((0..count).map(|_| SecretKey::generate(Curve::P256, rng)).collect())
    }

    /// Reads a JSON Web Key Set of private keys (RFC 7517 clause 5).
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let own = || path.to_owned();
        let io = |source| KeyFileError::Io { path: own(), source };
        let file = std::fs::File::open(path).map_err(io)?;
        let mut json = Zeroizing::new(Vec::new());
        file.take(MAX_FILE).read_to_end(&mut json).map_err(io)?;
        let set: KeySet = serde_json::from_slice(&json).map_err(|e| KeyFileError::Malformed {
            path: own(),
            line: e.line(),
            column: e.column(),
        })?;
        let mut keys: Vec<SecretKey> = Vec::new();
        let got = set.keys.len();
        if got == 0 || got > MAX_DEVICE_KEYS {
            return Err(KeyFileError::Count { path: own(), got, twice: false });
        }
        for (i, jwk) in set.keys.iter().enumerate() {
            let key = jwk.to_private();
            let key =
                key.map_err(|source| KeyFileError::Key { path: own(), index: i + 1, source })?;
            if keys.iter().any(|k| k.public() == key.public()) {
                return Err(KeyFileError::Count { path: own(), got, twice: true });
            }
            keys.push(key);
        }
        Ok(Self(keys))
    }

    /// Writes the set to a new file that only its owner may read (mode 0600 where there are
    /// modes), whole or not at all.
    ///
    /// # Errors
    /// [`KeyFileError::Exists`], [`KeyFileError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), KeyFileError> {
        let io = |source| KeyFileError::Io { path: path.to_owned(), source };
        let set = KeySet { keys: self.0.iter().map(RawJwk::private).collect() };
        let json = serde_json::to_vec_pretty(&set).map_err(|e| io(e.into()))?;
        let json = Zeroizing::new(json);
        // tempfile makes its files with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder_of(path)).map_err(io)?;
        file.write_all(&json).and_then(|()| file.write_all(b"\n")).map_err(io)?;
        file.as_file().sync_all().map_err(io)?;
        file.persist_noclobber(path).map(drop).map_err(|e| {
            if e.error.kind() == std::io::ErrorKind::AlreadyExists {
                KeyFileError::Exists { path: path.to_owned() }
            } else {
                io(e.error)
            }
        })
    }

    /// The key that signs requests.
    pub fn signing_key(&self) -> &SecretKey {
        &self.0[0]
    }

    /// The public keys, that of the signing key first.
    pub fn public(&self) -> Vec<PublicKey> {
        self.0.iter().map(SecretKey::public).collect()
    }

    /// H_dev of these keys.
    pub fn commitment(&self) -> Commitment {
        commitment(&self.public())
    }

    /// jkt: the thumbprint of the key that signs requests.
    pub fn jkt(&self) -> Thumbprint {
        thumbprint(&self.signing_key().public())
    }
}

impl std::fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeviceKeys({})", self.0.len())
    }
}

/// The folder a file stands in, for temporary files that will be renamed to it.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededRng;

    fn keys(count: usize) -> DeviceKeys {
        DeviceKeys::generate(count, &mut SeededRng::new(b"keys", "device"))
    }

    #[test]
    fn a_file_gives_the_same_keys_back_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("device.jwks");
        let keys = keys(3);
        keys.save(&path).unwrap();
        let again = DeviceKeys::load(&path).unwrap();
        assert_eq!(again.public(), keys.public());
        assert_eq!(again.commitment(), keys.commitment());
        assert!(matches!(keys.save(&path), Err(KeyFileError::Exists { .. })));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn files_that_are_no_keys_are_refused_without_quoting_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("device.jwks");
        keys(2).save(&path).unwrap();
        let json = std::fs::read_to_string(&path).unwrap();
        let mut set: serde_json::Value = serde_json::from_str(&json).unwrap();
        let secret = set["keys"][0]["d"].as_str().unwrap().to_owned();
        let load = |set: &serde_json::Value| {
            std::fs::write(&path, set.to_string()).unwrap();
            let error = DeviceKeys::load(&path).unwrap_err();
            assert!(!error.to_string().contains(&secret), "{error}");
            error
        };
        set["keys"][1] = set["keys"][0].clone();
        assert!(matches!(load(&set), KeyFileError::Count { twice: true, .. }));
        set["keys"][1]["d"] = secret.to_uppercase().into();
        assert!(matches!(load(&set), KeyFileError::Key { index: 2, .. }));
        set["keys"] = serde_json::json!([]);
        assert!(matches!(load(&set), KeyFileError::Count { got: 0, .. }));
        set["keys"] = secret.as_str().into();
        assert!(matches!(load(&set), KeyFileError::Malformed { .. }));
    }

    #[test]
    fn the_commitment_does_not_depend_on_the_order() {
        let mut public = keys(4).public();
        let h_dev = commitment(&public);
        public.reverse();
        assert_eq!(commitment(&public), h_dev);
        public.pop();
        assert_ne!(commitment(&public), h_dev);
    }
}
