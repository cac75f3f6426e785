//! The trust store: a folder of anchors and revocation lists that outlives the command that filled
//! it.
//!
//! It holds one file a certificate and one a revocation list, named by country and fingerprint,
//! and nothing else: it can be given wherever a folder of anchors can. Every file is written
//! whole or not at all, and an import that is cut off has taken a part of what it was given.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::anchors::AnchorError;
use super::chain::{self, Purpose};
use super::lists::{self, Vouched};
use super::source::{self, Item};
use super::{Anchors, Fault, FaultReason};
use crate::pki::{Certificate, Crl, Name, PkiError};

/// A trust store.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
}

/// What an import did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ImportReport {
    /// Certificates that the store has now and had not before.
    pub added: usize,
    /// Certificates that it had.
    pub known: usize,
    /// Revocation lists that it has now and had not before; older ones of their issuers are gone.
    pub crls_added: usize,
    /// Revocation lists that it had.
    pub crls_known: usize,
    /// Certificates of document signers in a directory: EF.SOD carries its own, so they are not
    /// kept.
    pub signers: usize,
    /// The master lists, and who stands for each.
    pub lists: Vec<ImportedList>,
    /// What was not taken, each with the reason.
    #[serde(serialize_with = "faults")]
    pub faults: Vec<Fault>,
}

/// One master list of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedList {
    /// The file, or the entry of a directory.
    pub name: String,
    /// Who stands for it.
    #[serde(flatten)]
    pub vouched: Vouched,
}

fn faults<S: serde::Serializer>(faults: &[Fault], s: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Shown<'a> {
        name: &'a str,
        reason: String,
    }
    s.collect_seq(faults.iter().map(|f| Shown { name: &f.name, reason: f.reason.to_string() }))
}

/// Why the trust store cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or folder that cannot be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// What is in the store, or given to it, cannot be read.
    #[error(transparent)]
    Anchors(#[from] AnchorError),
}

impl Store {
    /// The store in that folder, which need not be there yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Everything in it; nothing where it is not there. A file in it that is not what it should be
    /// makes the whole store fail.
    ///
    /// # Errors
    /// [`StoreError::Anchors`], with the file's name.
    pub fn anchors(&self) -> Result<Anchors, StoreError> {
        match Anchors::from_dir(&self.dir) {
            Ok(anchors) => Ok(anchors),
            Err(AnchorError::Empty { .. }) => Ok(self.none()),
            Err(AnchorError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound && !self.dir.exists() =>
            {
                Ok(self.none())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn none(&self) -> Anchors {
        Anchors::new(self.dir.display().to_string())
    }

    /// Takes what stands in these files, and in the known files of these folders: certificates,
    /// master lists, revocation lists and directories. What is broken, or signed by nobody, is
    /// named and left out; the rest is taken. With `anchored`, a master list is taken only where a
    /// certificate that is believed already, or is given along with it, stands above its signer.
    ///
    /// # Errors
    /// [`StoreError`] for files that cannot be read or written.
    pub fn import(&self, paths: &[PathBuf], anchored: bool) -> Result<ImportReport, StoreError> {
        let mut import = Import {
            anchored,
            believed: self.anchors()?,
            certificates: Vec::new(),
            crls: Vec::new(),
            report: ImportReport::default(),
        };
        import.read(paths)?;
        let Import { believed, certificates, crls, mut report, .. } = import;
        self.make_dir()?;
        for certificate in certificates {
            self.write(
                &name_of(certificate.subject_name(), certificate.fingerprint(), "cer"),
                certificate.der(),
            )?;
            report.added += 1;
        }
        for crl in crls {
            self.write(&name_of(crl.issuer(), crl.fingerprint(), "crl"), crl.der())?;
            report.crls_added += 1;
            for old in believed.crls().iter().filter(|old| replaces(&crl, old)) {
                self.remove(&name_of(old.issuer(), old.fingerprint(), "crl"))?;
            }
        }
        Ok(report)
    }

    fn make_dir(&self) -> Result<(), StoreError> {
        std::fs::create_dir_all(&self.dir).map_err(|source| self.io(&self.dir, source))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.dir.join(name);
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|e| e.error)?;
            Ok(())
        };
        write().map_err(|source| self.io(&path, source))
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.dir.join(name);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(self.io(&path, e)),
            _ => Ok(()),
        }
    }

    fn io(&self, path: &Path, source: std::io::Error) -> StoreError {
        StoreError::Io { path: path.to_owned(), source }
    }
}

// KR-<the first half of the fingerprint>.cer: two certificates never share it, and a person finds
// a country.
fn name_of(subject: &Name, fingerprint: [u8; 32], extension: &str) -> String {
    let country = subject
        .country()
        .filter(|c| (2..=3).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_uppercase()));
    let fingerprint = hex::encode(&fingerprint[..16]);
    format!("{}-{fingerprint}.{extension}", country.unwrap_or_else(|| "XX".into()))
}

// Of one issuer and one key there is one list, the newest.
fn replaces(new: &Crl, old: &Crl) -> bool {
    new.issuer().same(old.issuer())
        && new.authority_key_id() == old.authority_key_id()
        && new.is_partial() == old.is_partial()
        && new.this_update() >= old.this_update()
        && new != old
}

struct Import {
    anchored: bool,
    /// What the store has, and what was taken so far.
    believed: Anchors,
    certificates: Vec<Certificate>,
    crls: Vec<Crl>,
    report: ImportReport,
}

impl Import {
    // Certificates before the lists they stand above, and those before what their certificates
    // sign: the order of the files does not matter.
    fn read(&mut self, paths: &[PathBuf]) -> Result<(), StoreError> {
        let (mut certificates, mut lists, mut crls) = (Vec::new(), Vec::new(), Vec::new());
        for path in paths {
            let files = if path.is_dir() { source::files_of(path)? } else { vec![path.clone()] };
            for file in files {
                let report = &mut self.report;
                let read = source::read(&file, &mut |found| match found.item {
                    Ok(Item::Certificate(c)) => certificates.push((found.name, *c)),
                    Ok(Item::List(list)) => lists.push((found.name, list)),
                    Ok(Item::Crl(crl)) => crls.push((found.name, *crl)),
                    Ok(Item::Signer) => report.signers += 1,
                    Err(reason) => report.faults.push(Fault { name: found.name, reason }),
                });
                read?;
            }
        }
        self.take_certificates(certificates)?;
        for (name, list) in lists {
            let opened = lists::open(&name, &list, &self.believed);
            let opened = opened.and_then(|opened| match opened.vouched.believed {
                false if self.anchored => {
                    let (signer, issuer) =
                        (opened.vouched.signer.subject, opened.vouched.anchor.subject);
                    let anchors = self.believed.len();
                    let reason = super::Reason::UnknownIssuer { signer, issuer, anchors };
                    Err(Fault { name: name.clone(), reason: FaultReason::List(Box::new(reason)) })
                }
                _ => Ok(opened),
            });
            match opened {
                Ok(opened) => {
                    self.report.lists.push(ImportedList { name, vouched: opened.vouched });
                    self.report.faults.extend(opened.faults);
                    self.take_certificates(opened.certificates)?;
                }
                Err(fault) => self.report.faults.push(fault),
            }
        }
        for (name, crl) in crls {
            self.take_crl(name, crl)?;
        }
        Ok(())
    }

    fn take_certificates(&mut self, all: Vec<(String, Certificate)>) -> Result<(), StoreError> {
        let mut taken = Vec::new();
        // A link under the name of its CA needs to be told from a self-signed certificate whose
        // signature is broken: by the key that signed it, which may be given along.
        let given: Vec<_> = all.iter().map(|(_, c)| c.clone()).collect();
        for (name, certificate) in all {
            if self.believed.contains(&certificate) {
                self.report.known += 1;
                continue;
            }
            match self.examine(&certificate, &given) {
                Ok(()) => taken.push(certificate),
                Err(reason) => self.report.faults.push(Fault { name, reason }),
            }
        }
        for certificate in taken {
            if self.believed.contains(&certificate) {
                self.report.known += 1;
                continue;
            }
            self.believed.insert("", certificate.clone())?;
            self.certificates.push(certificate);
        }
        Ok(())
    }

    // Whether a certificate could ever stand above a signer.
    fn examine(&self, certificate: &Certificate, given: &[Certificate]) -> Result<(), FaultReason> {
        let subject = || certificate.subject();
        let broken = |source: PkiError| FaultReason::Certificate {
            subject: subject(),
            source: Box::new(source),
        };
        if !certificate.may_issue() {
            return Err(FaultReason::NotCa { subject: subject() });
        }
        if let Some(oid) = certificate.unknown_critical_extension() {
            return Err(FaultReason::UnknownExtension { subject: subject(), oid });
        }
        let key = certificate.subject_key().map_err(broken)?;
        key.check_strength().map_err(broken)?;
        certificate.signature_algorithm().map_err(broken)?;
        let known = self.believed.certificates().iter().chain(given);
        let mut fault = None;
        if certificate.is_self_issued() {
            match certificate.verify_signature(certificate) {
                Ok(()) => return Ok(()),
                Err(error) => fault = Some(error),
            }
        }
        let mut named = false;
        for issuer in known.filter(|c| *c != certificate && certificate.names_as_issuer(c)) {
            named = true;
            match certificate.verify_signature(issuer) {
                Ok(()) => return Ok(()),
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        match fault {
            // A link whose CA is not there says nothing wrong, and counts for nothing until it is.
            Some(error) if named || certificate.key_id_agrees(certificate) != Some(false) => {
                Err(broken(error))
            }
            _ => Ok(()),
        }
    }

    fn take_crl(&mut self, name: String, crl: Crl) -> Result<(), StoreError> {
        if self.believed.crls().contains(&crl) {
            self.report.crls_known += 1;
            return Ok(());
        }
        let issuer = crl.issuer().to_string();
        let at = crl.this_update();
        let mut signers = self.believed.certificates().iter().filter(|c| {
            c.subject_name().same(crl.issuer())
                || (c.subject_key_id().is_some() && c.subject_key_id() == crl.authority_key_id())
        });
        // A forged list must not push a true one out.
        let signed = signers.any(|c| {
            let purpose = Purpose::of_issuer(c);
            crl.verify_signature(c).is_ok() && chain::is_believed(c, &self.believed, purpose, at)
        });
        if !signed {
            let reason = FaultReason::CrlIssuer { issuer };
            self.report.faults.push(Fault { name, reason });
            return Ok(());
        }
        if let Some(newer) = self.believed.crls().iter().find(|known| replaces(known, &crl)) {
            let reason = FaultReason::CrlOlder { issuer, newer: newer.this_update() };
            self.report.faults.push(Fault { name, reason });
            return Ok(());
        }
        self.crls.retain(|known| !replaces(&crl, known));
        self.believed.insert_crl(&name, crl.clone())?;
        self.crls.push(crl);
        Ok(())
    }
}
