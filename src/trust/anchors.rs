//! Trust anchors: the country signing CAs that a judge believes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::lists::{self, OpenedList};
use super::source::{self, Found, Item};
use super::{Fault, FaultReason};
use crate::crypto::Hash;
use crate::pki::{Certificate, Crl};

const MAX_ANCHORS: usize = 10_000;
const MAX_CRLS: usize = 2_000;

/// Certificates of country signing CAs, and their revocation lists. A certificate that signed
/// itself is believed because it was given; a link certificate, in which a CA signs its next key
/// with the one before, with the CA that signed it. Nothing else is: there is no list of the
/// system's.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    source: String,
    certificates: Vec<Certificate>,
    fingerprints: BTreeSet<[u8; 32]>,
    crls: Vec<Crl>,
    faults: Vec<Fault>,
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
    /// A file that is not what it should be, or not to be believed.
    #[error("{0}")]
    Refused(Box<Fault>),
    /// A folder without a certificate.
    #[error("{}: no certificate (*.cer, *.crt, *.der, *.pem) and no master list (*.ml, *.ldif)", .path.display())]
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

impl AnchorError {
    fn refused(name: &str, reason: impl Into<FaultReason>) -> Self {
        Self::Refused(Box::new(Found::fault(name, reason)))
    }
}

impl Anchors {
    /// An empty set with a name for verdicts: a path, or `emulated:resident`.
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), ..Self::default() }
    }

    /// What stands in a folder's files: certificates (`*.cer`, `*.crt`, `*.der`, `*.pem`), master
    /// lists (`*.ml`), revocation lists (`*.crl`) and directories (`*.ldif`). Other files and
    /// folders in it are passed over. One file that is not what it should be makes the whole set
    /// fail; of what stands in master lists and directories, the rest counts, and
    /// [`Self::faults`] names what does not.
    ///
    /// A master list counts where its signature leads to a certificate of the folder, or to one
    /// that came with it.
    ///
    /// # Errors
    /// [`AnchorError`], always with the file's name.
    pub fn from_dir(dir: &Path) -> Result<Self, AnchorError> {
        let mut anchors = Self::new(dir.display().to_string());
        anchors.read(&source::files_of(dir)?)?;
        if anchors.is_empty() {
            return Err(AnchorError::Empty { path: dir.to_owned() });
        }
        Ok(anchors)
    }

    fn read(&mut self, files: &[PathBuf]) -> Result<(), AnchorError> {
        let (mut lists, mut first) = (Vec::new(), None);
        for path in files {
            source::read(path, &mut |found| {
                let Found { name, item } = found;
                // The entries of a directory have names of their own.
                let directory = name != path.display().to_string();
                let result = match item {
                    Ok(Item::Certificate(certificate)) => self.insert(&name, *certificate),
                    Ok(Item::Crl(crl)) => self.insert_crl(&name, *crl),
                    Ok(Item::List(list)) => {
                        lists.push((name, directory, list));
                        Ok(())
                    }
                    Ok(Item::Signer) => Ok(()),
                    Err(reason) => Err(AnchorError::refused(&name, reason)),
                };
                match result {
                    Err(AnchorError::Refused(fault)) if directory => self.faults.push(*fault),
                    Err(error) => first = first.take().or(Some(error)),
                    Ok(()) => {}
                }
            })?;
        }
        if let Some(error) = first {
            return Err(error);
        }
        for (name, directory, list) in lists {
            match lists::open(&name, &list, self) {
                Ok(OpenedList { certificates, faults, .. }) => {
                    self.faults.extend(faults);
                    for (name, certificate) in certificates {
                        self.insert(&name, certificate)?;
                    }
                }
                Err(fault) if directory => self.faults.push(fault),
                Err(fault) => return Err(AnchorError::Refused(Box::new(fault))),
            }
        }
        Ok(())
    }

    /// Adds what a file holds: DER, or all of a PEM text. Master lists are not taken here. `name`
    /// is for errors.
    ///
    /// # Errors
    /// [`AnchorError::Refused`], [`AnchorError::TooMuch`].
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), AnchorError> {
        for item in source::parts(bytes) {
            match item.map_err(|reason| AnchorError::refused(name, reason))? {
                Item::Certificate(certificate) => self.insert(name, *certificate)?,
                Item::Crl(crl) => self.insert_crl(name, *crl)?,
                Item::List(_) | Item::Signer => {
                    return Err(AnchorError::refused(name, FaultReason::Unknown));
                }
            }
        }
        Ok(())
    }

    /// Adds everything that another set has.
    ///
    /// # Errors
    /// [`AnchorError::TooMuch`].
    pub fn extend(&mut self, other: Self) -> Result<(), AnchorError> {
        for certificate in other.certificates {
            self.insert(&other.source, certificate)?;
        }
        for crl in other.crls {
            self.insert_crl(&other.source, crl)?;
        }
        self.faults.extend(other.faults);
        Ok(())
    }

    pub(super) fn insert(
        &mut self,
        name: &str,
        certificate: Certificate,
    ) -> Result<(), AnchorError> {
        if !certificate.may_issue() {
            let subject = certificate.subject();
            return Err(AnchorError::refused(name, FaultReason::NotCa { subject }));
        }
        if self.certificates.len() == MAX_ANCHORS {
            let (name, limit) = (self.source.clone(), MAX_ANCHORS as u64);
            return Err(AnchorError::TooMuch { name, what: "anchors", limit });
        }
        if self.fingerprints.insert(certificate.fingerprint()) {
            self.certificates.push(certificate);
        }
        Ok(())
    }

    pub(super) fn insert_crl(&mut self, _name: &str, crl: Crl) -> Result<(), AnchorError> {
        if self.crls.len() == MAX_CRLS {
            let (name, limit) = (self.source.clone(), MAX_CRLS as u64);
            return Err(AnchorError::TooMuch { name, what: "revocation lists", limit });
        }
        if !self.crls.contains(&crl) {
            self.crls.push(crl);
        }
        Ok(())
    }

    pub(super) fn contains(&self, certificate: &Certificate) -> bool {
        self.fingerprints.contains(&certificate.fingerprint())
    }

    /// The certificates, those of CAs and those that link them.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The revocation lists. Whether one is signed by whom it names is checked when it is used.
    pub fn crls(&self) -> &[Crl] {
        &self.crls
    }

    /// What stands in master lists and directories and is not taken.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// How many certificates there are.
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
            crls: CrlSet {
                count: self.crls.len(),
                sha256: hex::encode(of_set(self.crls.iter().map(Crl::fingerprint))),
            },
        }
    }

    /// SHA-256 over the certificates' own SHA-256 fingerprints in ascending order: the same for
    /// the same set, whatever the files are called.
    pub fn fingerprint(&self) -> [u8; 32] {
        of_set(self.fingerprints.iter().copied())
    }
}

fn of_set(fingerprints: impl Iterator<Item = [u8; 32]>) -> [u8; 32] {
    let all: BTreeSet<_> = fingerprints.collect();
    let parts: Vec<&[u8]> = all.iter().map(|f| &f[..]).collect();
    let mut out = [0; 32];
    out.copy_from_slice(&Hash::Sha256.digest(&parts));
    out
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
    /// The revocation lists beside them.
    pub crls: CrlSet,
}

/// The revocation lists of an anchor set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrlSet {
    /// How many there are.
    pub count: usize,
    /// SHA-256 over their own SHA-256 fingerprints in ascending order, hexadecimal.
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
