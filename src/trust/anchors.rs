//! Trust anchors: the country signing CAs that a judge believes.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::crypto::Hash;
use crate::pki::{Certificate, PkiError};

const MAX_FILE: u64 = 1 << 20;
const MAX_ANCHORS: usize = 10_000;
const EXTENSIONS: [&str; 4] = ["cer", "crt", "der", "pem"];

/// Certificates of country signing CAs, believed without a signature above them. Nothing else is:
/// there is no list of the system's.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    source: String,
    certificates: Vec<Certificate>,
}

/// Why anchors cannot be had from a file or a folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// The file or folder cannot be read.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A file that should hold a certificate does not.
    #[error("{name}: {source}")]
    Certificate {
        /// The file's name.
        name: String,
        /// What is wrong.
        source: PkiError,
    },
    /// A certificate that must not sign others, such as a document signer's.
    #[error("{name}: {subject} is no CA, a country signing CA is expected")]
    NotCa {
        /// The file's name.
        name: String,
        /// Whom it names.
        subject: String,
    },
    /// A folder without a certificate.
    #[error("{}: no certificate (*.cer, *.crt, *.der or *.pem)", .path.display())]
    Empty {
        /// Which folder.
        path: PathBuf,
    },
    /// More than is read.
    #[error("{name}: at most {limit} {what} are read")]
    TooMuch {
        /// The file's or set's name.
        name: String,
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
}

impl Anchors {
    /// An empty set with a name for verdicts: a path, or `emulated:resident`.
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), certificates: Vec::new() }
    }

    /// The certificates of a folder's `*.cer`, `*.crt`, `*.der` and `*.pem` files. Other files and
    /// folders in it are passed over; one certificate that is none makes the whole set fail.
    ///
    /// # Errors
    /// [`AnchorError`], always with the file's name.
    pub fn from_dir(dir: &Path) -> Result<Self, AnchorError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| AnchorError::Io { path, source }
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(io(dir))? {
            let path = entry.map_err(io(dir))?.path();
            let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if EXTENSIONS.iter().any(|e| e.eq_ignore_ascii_case(extension)) && path.is_file() {
                files.push(path);
            }
        }
        // The order of a folder is nobody's choice; that of names is everybody's.
        files.sort();
        let mut anchors = Self::new(dir.display().to_string());
        for path in files {
            let name = path.display().to_string();
            let file = std::fs::File::open(&path).map_err(io(&path))?;
            let mut bytes = Vec::new();
            file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(io(&path))?;
            if bytes.len() as u64 > MAX_FILE {
                return Err(AnchorError::TooMuch { name, what: "bytes", limit: MAX_FILE });
            }
            anchors.add(&name, &bytes)?;
        }
        if anchors.is_empty() {
            return Err(AnchorError::Empty { path: dir.to_owned() });
        }
        Ok(anchors)
    }

    /// Adds one DER certificate or all of a PEM text. `name` is for errors.
    ///
    /// # Errors
    /// [`AnchorError::Certificate`], [`AnchorError::NotCa`], [`AnchorError::TooMuch`].
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), AnchorError> {
        let certificates = if bytes.first() == Some(&0x30) {
            Certificate::from_der(bytes).map(|c| vec![c])
        } else {
            Certificate::all_from_pem(bytes)
        };
        let certificates = certificates
            .map_err(|source| AnchorError::Certificate { name: name.to_owned(), source })?;
        for certificate in certificates {
            if !certificate.is_ca() {
                let subject = certificate.subject();
                return Err(AnchorError::NotCa { name: name.to_owned(), subject });
            }
            if self.certificates.contains(&certificate) {
                continue;
            }
            if self.certificates.len() == MAX_ANCHORS {
                let (name, limit) = (self.source.clone(), MAX_ANCHORS as u64);
                return Err(AnchorError::TooMuch { name, what: "anchors", limit });
            }
            self.certificates.push(certificate);
        }
        Ok(())
    }

    /// The certificates.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// Whether nobody is believed.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// What a verdict says about the set.
    pub fn summary(&self) -> AnchorSet {
        AnchorSet {
            source: self.source.clone(),
            count: self.len(),
            sha256: hex::encode(self.fingerprint()),
        }
    }

    /// SHA-256 over the certificates' own SHA-256 fingerprints in ascending order: the same for
    /// the same set, whatever the files are called.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut all: Vec<_> = self.certificates.iter().map(Certificate::fingerprint).collect();
        all.sort_unstable();
        let parts: Vec<&[u8]> = all.iter().map(|f| &f[..]).collect();
        let mut out = [0; 32];
        out.copy_from_slice(&Hash::Sha256.digest(&parts));
        out
    }
}

/// An anchor set, named so that a verdict can be traced to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnchorSet {
    /// Where it came from: a folder, or the profile of an emulated card.
    pub source: String,
    /// How many certificates it has.
    pub count: usize,
    /// [`Anchors::fingerprint`] in hexadecimal.
    pub sha256: String,
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::crypto::{Curve, SecretKey, SeededRng};
    use crate::pki::{DistinguishedName, Profile};

    fn profile(cn: &str) -> Profile {
        Profile {
            subject: DistinguishedName::new("KR", "TEST", cn),
            serial: vec![1],
            not_before: utc_datetime!(2025-01-01 0:00),
            not_after: utc_datetime!(2040-01-01 0:00),
        }
    }

    fn key(label: &str) -> SecretKey {
        SecretKey::generate(Curve::P256, &mut SeededRng::new(b"anchors", label))
    }

    #[test]
    fn a_folder_is_read_in_any_form_and_faults_name_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let write =
            |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
        assert!(matches!(Anchors::from_dir(dir.path()), Err(AnchorError::Empty { .. })));
        let (a, b) = (profile("A").csca(&key("a")).unwrap(), profile("B").csca(&key("b")).unwrap());
        write("README.md", b"no certificate, and not asked for one");
        write("a.cer", a.der());
        write("both.PEM", format!("words\n{}\n{}", a.to_pem(), b.to_pem()).as_bytes());
        let anchors = Anchors::from_dir(dir.path()).unwrap();
        assert_eq!(anchors.certificates(), [a.clone(), b.clone()]);

        // The fingerprint is that of the set, not of names or order.
        let mut other = Anchors::new("elsewhere");
        other.add("b", b.der()).unwrap();
        assert_ne!(other.fingerprint(), anchors.fingerprint());
        other.add("a", a.to_pem().as_bytes()).unwrap();
        assert_eq!(other.fingerprint(), anchors.fingerprint());

        let signer = profile("S").document_signer(&key("s").public(), &a, &key("a")).unwrap();
        write("signer.crt", signer.der());
        let error = Anchors::from_dir(dir.path()).unwrap_err().to_string();
        assert!(error.contains("signer.crt") && error.contains("no CA"), "{error}");
        std::fs::remove_file(dir.path().join("signer.crt")).unwrap();
        for broken in [&a.der()[..40], b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n", &[0xFF]] {
            write("broken.der", broken);
            let error = Anchors::from_dir(dir.path()).unwrap_err().to_string();
            assert!(error.contains("broken.der"), "{error}");
        }
        assert!(matches!(
            Anchors::from_dir(&dir.path().join("nowhere")),
            Err(AnchorError::Io { .. })
        ));
    }
}
